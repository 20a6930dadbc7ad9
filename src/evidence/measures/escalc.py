"""
Effect sizes and their sampling variances, as metafor's escalc defines them.

Every function takes numbers or arrays of one shape and returns ``(yi, vi)``: floats for numbers, arrays for
arrays. Arm 1 is the active drug, arm 2 the comparator: ``yi < 0`` means that arm 1 scores lower. Effects of
two arms are written here; those of paired scores and of 2x2 tables are found under the same roof.
"""

from __future__ import annotations

import numpy as np

from .._arrays import as_arrays, plain, require, require_at_least, require_interval, require_positive
from .conversions import se_from_ci, small_sample_j, t_from_ci, t_from_p
from .paired import crossover_g, interval_se_crossover, mean_change, smcc, smcr
from .two_by_two import log_odds_ratio, log_risk_ratio, risk_difference

__all__ = [
    "crossover_g",
    "hedges_g",
    "interval_se_crossover",
    "interval_se_parallel",
    "log_odds_ratio",
    "log_ratio_of_means",
    "log_risk_ratio",
    "mean_change",
    "mean_difference",
    "risk_difference",
    "smcc",
    "smcr",
    "smd_from_ci",
    "smd_from_md_ci",
    "smd_from_md_se",
    "smd_from_p",
    "smd_from_t",
    "t_from_ci",
]


def hedges_g(m1, sd1, n1, m2, sd2, n2):
    """
    Standardised mean difference with the exact small-sample correction.

    Parameters
    ----------
    m1, m2 : float or array of shape (k,)
        Mean score of the active arm (1) and the comparator (2), in scale points.
    sd1, sd2 : float or array of shape (k,)
        Standard deviations, scale points, > 0. Not standard errors.
    n1, n2 : float or array of shape (k,)
        Participants behind each mean, >= 2; fractions are allowed for a shared arm that was split.

    Returns
    -------
    yi, vi : float or array of shape (k,)
        Effect in SD units, negative when arm 1 scores lower; 1/n1 + 1/n2 + yi^2 / (2 (n1 + n2)).

    Raises
    ------
    ValueError
        If an SD is not positive or an n is below 2; the message names argument and position.

    References
    ----------
    Hedges (1982), Psychol Bull 92: 490; as metafor escalc(measure="SMD", vtype="LS").

    Examples
    --------
    >>> yi, vi = hedges_g(10, 4, 20, 8, 5, 25)
    >>> print(f"{yi:.3f} {vi:.3f}")
    0.429 0.092
    """
    m1, sd1, n1, m2, sd2, n2 = _two_arms(m1, sd1, n1, m2, sd2, n2)
    sd_pooled = np.sqrt(((n1 - 1) * sd1**2 + (n2 - 1) * sd2**2) / (n1 + n2 - 2))
    return _g_from_d((m1 - m2) / sd_pooled, n1, n2)


def mean_difference(m1, sd1, n1, m2, sd2, n2):
    """
    Raw difference of two means.

    Parameters
    ----------
    m1, sd1, n1, m2, sd2, n2 : float or array of shape (k,)
        As in `hedges_g`.

    Returns
    -------
    yi, vi : float or array of shape (k,)
        m1 - m2 in scale points; sd1^2/n1 + sd2^2/n2.

    Raises
    ------
    ValueError
        As `hedges_g`.

    References
    ----------
    As metafor escalc(measure="MD", vtype="LS").

    Examples
    --------
    >>> yi, vi = mean_difference(10, 4, 20, 8, 5, 25)
    >>> print(f"{yi:.1f} {vi:.1f}")
    2.0 1.8
    """
    m1, sd1, n1, m2, sd2, n2 = _two_arms(m1, sd1, n1, m2, sd2, n2)
    return plain(m1 - m2, sd1**2 / n1 + sd2**2 / n2)


def log_ratio_of_means(m1, sd1, n1, m2, sd2, n2):
    """
    Log ratio of two means, for scales with a true zero.

    Parameters
    ----------
    m1, sd1, n1, m2, sd2, n2 : float or array of shape (k,)
        As in `hedges_g`; both means > 0.

    Returns
    -------
    yi, vi : float or array of shape (k,)
        log(m1 / m2); sd1^2/(n1 m1^2) + sd2^2/(n2 m2^2).

    Raises
    ------
    ValueError
        As `hedges_g`, and if a mean is not positive.

    References
    ----------
    Hedges, Gurevitch and Curtis (1999), Ecology 80: 1150; as metafor escalc(measure="ROM", vtype="LS").

    Examples
    --------
    >>> yi, vi = log_ratio_of_means(10, 4, 20, 8, 5, 25)
    >>> print(f"{yi:.3f} {vi:.4f}")
    0.223 0.0236
    """
    m1, sd1, n1, m2, sd2, n2 = _two_arms(m1, sd1, n1, m2, sd2, n2)
    for name, mean in (("m1", m1), ("m2", m2)):
        require(mean > 0, name, mean, "a mean > 0", "use hedges_g for scores that can be 0 or negative")
    return plain(np.log(m1 / m2), sd1**2 / (n1 * m1**2) + sd2**2 / (n2 * m2**2))


def smd_from_t(t, n1, n2):
    """
    Hedges' g from the t statistic of two independent groups.

    Parameters
    ----------
    t : float or array of shape (k,)
        t with pooled variance, negative when arm 1 scores lower.
    n1, n2 : float or array of shape (k,)
        Participants in each arm, >= 2.

    Returns
    -------
    yi, vi : float or array of shape (k,)
        As `hedges_g`, which gives the same numbers from means and SDs.

    Raises
    ------
    ValueError
        If an n is below 2.

    References
    ----------
    As metafor escalc(measure="SMD", ti=, n1i=, n2i=).

    Examples
    --------
    >>> yi, vi = smd_from_t(-2.0, 20, 25)
    >>> print(f"{yi:.3f} {vi:.3f}")
    -0.589 0.094
    """
    t, n1, n2 = as_arrays(t=t, n1=n1, n2=n2)
    require_at_least(2, n1=n1, n2=n2)
    return _g_from_d(t * np.sqrt(1 / n1 + 1 / n2), n1, n2)


def smd_from_p(p, n1, n2, sign=None):
    """
    Hedges' g from the two-sided p value of a t test.

    Parameters
    ----------
    p : float or array of shape (k,)
        p value, 0 < abs(p) <= 1. Without `sign`, its own sign is the direction (metafor's signed p values):
        write it negative when arm 1 scores lower.
    n1, n2 : float or array of shape (k,)
        Participants in each arm, >= 2.
    sign : {-1, 1} or array of shape (k,), optional
        Direction given apart, -1 when arm 1 scores lower; `p` must then be positive.

    Returns
    -------
    yi, vi : float or array of shape (k,)
        As `hedges_g`.

    Raises
    ------
    ValueError
        If p is 0 or beyond 1, sign is not -1 or 1, or both p and sign carry a direction.

    References
    ----------
    Cochrane Handbook, section 6.5.2.3; t with n1 + n2 - 2 degrees of freedom.

    Examples
    --------
    >>> yi, vi = smd_from_p(0.02, 20, 25, sign=-1)
    >>> print(f"{yi:.3f} {vi:.3f}")
    -0.712 0.096
    """
    p, n1, n2 = as_arrays(p=p, n1=n1, n2=n2)
    require_at_least(2, n1=n1, n2=n2)
    if sign is not None:
        p, sign = as_arrays(p=p, sign=sign)
        require(np.abs(sign) == 1, "sign", sign, "-1 or 1", "give -1 when arm 1 scores lower, else 1")
        require(p > 0, "p", p, "above 0 when sign is given", "give the direction once")
        p = sign * p
    return smd_from_t(t_from_p(p, n1 + n2 - 2), n1, n2)


def smd_from_md_se(md, se, n1, n2):
    """
    Hedges' g from a mean difference and its standard error.

    Parameters
    ----------
    md : float or array of shape (k,)
        Mean of arm 1 minus mean of arm 2, scale points.
    se : float or array of shape (k,)
        Standard error of that difference, > 0. An SE adjusted for baseline is smaller than the raw one, and
        the g made from it larger.
    n1, n2 : float or array of shape (k,)
        Participants in each arm, >= 2.

    Returns
    -------
    yi, vi : float or array of shape (k,)
        As `hedges_g`.

    Raises
    ------
    ValueError
        If an SE is not positive or an n is below 2.

    References
    ----------
    Cochrane Handbook, section 6.5.2.3.

    Examples
    --------
    >>> yi, vi = smd_from_md_se(-6.0, 3.0, 20, 25)
    >>> print(f"{yi:.3f} {vi:.3f}")
    -0.589 0.094
    """
    md, se, n1, n2 = as_arrays(md=md, se=se, n1=n1, n2=n2)
    require_positive(se=se)
    return smd_from_t(md / se, n1, n2)


def smd_from_md_ci(md, ci_low, ci_high, n1, n2, level=0.95):
    """
    Hedges' g from a mean difference and its t-based confidence interval.

    Parameters
    ----------
    md, ci_low, ci_high : float or array of shape (k,)
        Mean of arm 1 minus mean of arm 2 and its limits, scale points.
    n1, n2 : float or array of shape (k,)
        Participants in each arm, >= 2; the interval is read with n1 + n2 - 2 degrees of freedom.
    level : float
        Confidence level of the interval.

    Returns
    -------
    yi, vi : float or array of shape (k,)
        As `hedges_g`.

    Raises
    ------
    ValueError
        If the difference lies outside its interval or an n is below 2.

    References
    ----------
    Cochrane Handbook, section 6.5.2.3.

    Examples
    --------
    >>> yi, vi = smd_from_md_ci(-6.0, -12.05, 0.05, 20, 25)
    >>> print(f"{yi:.3f} {vi:.3f}")
    -0.589 0.094
    """
    md, ci_low, ci_high, n1, n2 = as_arrays(md=md, ci_low=ci_low, ci_high=ci_high, n1=n1, n2=n2)
    require_at_least(2, n1=n1, n2=n2)
    require_interval("md", md, ci_low, ci_high)
    return smd_from_t(t_from_ci(md, ci_low, ci_high, n1 + n2 - 2, level), n1, n2)


def smd_from_ci(d, ci_low, ci_high, n1, n2, level=0.95, corrected=False):
    """
    Hedges' g from a printed standardised difference and its confidence interval.

    Parameters
    ----------
    d, ci_low, ci_high : float or array of shape (k,)
        Standardised difference (arm 1 minus arm 2) and its normal limits, in SD units.
    n1, n2 : float or array of shape (k,)
        Participants in each arm, >= 2; they set the correction J, the interval sets the variance.
    level : float
        Confidence level of the interval.
    corrected : bool
        True when what was printed is Hedges' g already; J is then 1.

    Returns
    -------
    yi, vi : float or array of shape (k,)
        J d, and (J se)^2 with se = (ci_high - ci_low) / (2 z).

    Raises
    ------
    ValueError
        If d lies outside its interval or an n is below 2.

    References
    ----------
    Borenstein et al. (2009), Introduction to Meta-Analysis, chapter 4: g = J d, Vg = J^2 Vd.

    Examples
    --------
    >>> yi, vi = smd_from_ci(-0.60, -1.20, 0.00, 20, 25)
    >>> print(f"{yi:.3f} {vi:.3f}")
    -0.589 0.090
    """
    d, ci_low, ci_high, n1, n2 = as_arrays(d=d, ci_low=ci_low, ci_high=ci_high, n1=n1, n2=n2)
    require_at_least(2, n1=n1, n2=n2)
    require_interval("d", d, ci_low, ci_high)
    j = 1.0 if corrected else small_sample_j(n1 + n2 - 2)
    return plain(j * d, (j * se_from_ci(ci_low, ci_high, level)) ** 2)


def interval_se_parallel(n1, n2):
    """
    Standard error of g at g = 0 in a parallel trial, for rows that print no number.

    Parameters
    ----------
    n1, n2 : float or array of shape (k,)
        Participants in each arm, >= 2.

    Returns
    -------
    float or array of shape (k,)
        J sqrt(1/n1 + 1/n2), in SD units.

    Raises
    ------
    ValueError
        If an n is below 2.

    References
    ----------
    The variance of `smd_from_t` at t = 0, times J^2; bounds of an unreported effect from the sample sizes are
    the idea of Radua et al. (2015), MetaNSUE.

    Examples
    --------
    >>> print(f"{interval_se_parallel(20, 25):.4f}")
    0.2947
    """
    n1, n2 = as_arrays(n1=n1, n2=n2)
    require_at_least(2, n1=n1, n2=n2)
    return plain(small_sample_j(n1 + n2 - 2) * np.sqrt(1 / n1 + 1 / n2))[0]


def _two_arms(m1, sd1, n1, m2, sd2, n2):
    arrays = as_arrays(m1=m1, sd1=sd1, n1=n1, m2=m2, sd2=sd2, n2=n2)
    require_positive(sd1=arrays[1], sd2=arrays[4])
    require_at_least(2, n1=arrays[2], n2=arrays[5])
    return arrays


def _g_from_d(d, n1, n2):
    """Hedges' g and its variance from uncorrected d; arguments already checked."""
    yi = small_sample_j(n1 + n2 - 2) * d
    return plain(yi, 1 / n1 + 1 / n2 + yi**2 / (2 * (n1 + n2)))
