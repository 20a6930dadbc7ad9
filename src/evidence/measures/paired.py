"""
Effects of one group measured twice: change from baseline, and the two periods of a crossover trial.

Every function takes numbers or arrays of one shape. A fall in the score is negative.
"""

from __future__ import annotations

import numpy as np

from .._arrays import as_arrays, plain, require_at_least, require_correlation, require_positive
from .conversions import small_sample_j


def smcc(m1, m2, sd1, sd2, n, r):
    """
    Standardised mean change of one group, in units of the SD of the change.

    Parameters
    ----------
    m1, m2 : float or array of shape (k,)
        Mean at the later time (1) and at baseline (2), scale points, so that a fall is negative.
    sd1, sd2 : float or array of shape (k,)
        SDs at the same times, scale points, > 0.
    n : float or array of shape (k,)
        People measured twice, >= 3.
    r : float or array of shape (k,)
        Correlation of one person's two scores, between -1 and 1.

    Returns
    -------
    yi, vi : float or array of shape (k,)
        J(n-1) (m1 - m2) / sd_change; 1/n + yi^2 / (2n).

    Raises
    ------
    ValueError
        If an SD is not positive, an n is below 3 or r is not a correlation.

    References
    ----------
    Gibbons, Hedeker and Davis (1993), J Educ Stat 18: 271; as metafor escalc(measure="SMCC") from m1i, m2i,
    sd1i, sd2i, ni and ri.

    Examples
    --------
    >>> yi, vi = smcc(28.4, 41.2, 11, 9.1, 12, 0.35)
    >>> print(f"{yi:.3f} {vi:.3f}")
    -1.029 0.127
    """
    m1, m2, sd1, sd2, n, r = _two_times(m1=m1, m2=m2, sd1=sd1, sd2=sd2, n=n, r=r)
    sd_change = np.sqrt(sd1**2 + sd2**2 - 2 * r * sd1 * sd2)
    yi = small_sample_j(n - 1) * (m1 - m2) / sd_change
    return plain(yi, 1 / n + yi**2 / (2 * n))


def smcr(m1, m2, sd1, n, r):
    """
    Standardised mean change of one group, in units of the SD of the raw scores.

    Parameters
    ----------
    m1, m2 : float or array of shape (k,)
        Mean at the later time (1) and at baseline (2), scale points, so that a fall is negative.
    sd1 : float or array of shape (k,)
        The SD to divide by, > 0; usually that of baseline, although the name goes with m1. (metafor, too,
        divides by sd1i, whichever time it belongs to.)
    n : float or array of shape (k,)
        People measured twice, >= 3.
    r : float or array of shape (k,)
        Correlation of one person's two scores, between -1 and 1.

    Returns
    -------
    yi, vi : float or array of shape (k,)
        J(n-1) (m1 - m2) / sd1; 2 (1-r)/n + yi^2 / (2n).

    Raises
    ------
    ValueError
        If an SD is not positive, an n is below 3 or r is not a correlation.

    References
    ----------
    Becker (1988), Br J Math Stat Psychol 41: 257; as metafor escalc(measure="SMCR") from m1i, m2i, sd1i, ni
    and ri.

    Examples
    --------
    >>> yi, vi = smcr(28.4, 41.2, 9.1, 12, 0.35)
    >>> print(f"{yi:.3f} {vi:.3f}")
    -1.308 0.180
    """
    m1, m2, sd1, n, r = _two_times(m1=m1, m2=m2, sd1=sd1, n=n, r=r)
    yi = small_sample_j(n - 1) * (m1 - m2) / sd1
    return plain(yi, 2 * (1 - r) / n + yi**2 / (2 * n))


def mean_change(m1, m2, sd1, sd2, n, r):
    """
    Raw mean change of one group.

    Parameters
    ----------
    m1, m2, sd1, sd2, n, r : float or array of shape (k,)
        As in `smcc`.

    Returns
    -------
    yi, vi : float or array of shape (k,)
        m1 - m2 in scale points; (sd1^2 + sd2^2 - 2 r sd1 sd2) / n.

    Raises
    ------
    ValueError
        As `smcc`.

    References
    ----------
    As metafor escalc(measure="MC").

    Examples
    --------
    >>> yi, vi = mean_change(28.4, 41.2, 11, 9.1, 12, 0.35)
    >>> print(f"{yi:.1f} {vi:.3f}")
    -12.8 11.145
    """
    m1, m2, sd1, sd2, n, r = _two_times(m1=m1, m2=m2, sd1=sd1, sd2=sd2, n=n, r=r)
    return plain(m1 - m2, (sd1**2 + sd2**2 - 2 * r * sd1 * sd2) / n)


def _two_times(**named):
    arrays = as_arrays(**named)
    checked = dict(zip(named, arrays, strict=True))
    require_positive(**{name: checked[name] for name in checked if name.startswith("sd")})
    require_at_least(3, n=checked["n"])
    require_correlation(r=checked["r"])
    return arrays


def crossover_g(t, n, r):
    """
    Between-person g from the paired t of a crossover trial.

    t / sqrt(n) is in units of the SD of the differences; sqrt(2 (1 - r)) turns it into units of the SD
    between people, so that crossover and parallel trials can be pooled.

    Parameters
    ----------
    t : float or array of shape (k,)
        Paired t, active minus comparator period, negative when scores are lower on the active drug; from a
        mean difference with its interval by `conversions.t_from_ci` with df = n - 1.
    n : float or array of shape (k,)
        People who gave both periods, >= 3.
    r : float or array of shape (k,)
        Correlation of one person's two period scores, between -1 and 1. Rarely printed: vary it.

    Returns
    -------
    yi, vi : float or array of shape (k,)
        J(n-1) t sqrt(2 (1-r)/n); 2 (1-r)/n + yi^2 / (2n).

    Raises
    ------
    ValueError
        If n is below 3 or r is not a correlation.

    References
    ----------
    Becker (1988), Br J Math Stat Psychol 41: 257; Elbourne et al. (2002), Int J Epidemiol 31: 140. Equal to
    metafor's SMCR when both periods have the same SD.

    Examples
    --------
    >>> yi, vi = crossover_g(-2.56, 29, 0.5)
    >>> print(f"{yi:.3f} {vi:.3f}")
    -0.463 0.038
    """
    t, n, r = as_arrays(t=t, n=n, r=r)
    require_at_least(3, n=n)
    require_correlation(r=r)
    yi = small_sample_j(n - 1) * t * np.sqrt(2 * (1 - r) / n)
    return plain(yi, 2 * (1 - r) / n + yi**2 / (2 * n))


def interval_se_crossover(n, r):
    """
    Standard error of g at g = 0 in a crossover trial, for rows that print no number.

    Parameters
    ----------
    n : float or array of shape (k,)
        People who gave both periods, >= 3.
    r : float or array of shape (k,)
        Correlation of one person's two period scores, between -1 and 1.

    Returns
    -------
    float or array of shape (k,)
        sqrt(2 (1-r)/n), in SD units.

    Raises
    ------
    ValueError
        If n is below 3 or r is not a correlation.

    References
    ----------
    The variance of `crossover_g` at g = 0 (Becker 1988).

    Examples
    --------
    >>> print(f"{interval_se_crossover(29, 0.5):.4f}")
    0.1857
    """
    n, r = as_arrays(n=n, r=r)
    require_at_least(3, n=n)
    require_correlation(r=r)
    return plain(np.sqrt(2 * (1 - r) / n))[0]
