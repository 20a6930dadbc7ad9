"""From what a report prints about a comparison (CI, t, F, p, odds ratio) to its SE, t, SD or effect."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri, poch, stdtrit

from .._arrays import (
    as_arrays,
    plain,
    require,
    require_at_least,
    require_choice,
    require_interval,
    require_level,
    require_positive,
)

# SD of the standard logistic distribution: Hasselblad and Hedges (1995), Chinn (2000).
_LOGISTIC_SD = np.pi / np.sqrt(3)
# Cox and Snell (1989), as in Sanchez-Meca et al. (2003).
_COX = 1.65


def se_from_ci(ci_low, ci_high, level=0.95, df=None):
    """
    Standard error from a symmetric confidence interval.

    Parameters
    ----------
    ci_low, ci_high : float or array of shape (k,)
        Limits, on the scale on which the interval is symmetric (logs for ratios).
    level : float
        Confidence level of the interval.
    df : float or array of shape (k,), optional
        Degrees of freedom of a t interval; None for a normal one. In small trials the difference is large:
        width / 3.92 overstates the SE that a t interval was made from.

    Returns
    -------
    float or array of shape (k,)
        The standard error, same unit as the limits.

    Raises
    ------
    ValueError
        If a lower limit is not below its upper limit, or df is not positive.

    References
    ----------
    Cochrane Handbook, section 6.5.2.2.

    Examples
    --------
    >>> print(f"{se_from_ci(2.5, 22.8):.2f} {se_from_ci(2.5, 22.8, df=27):.2f}")
    5.18 4.95
    """
    ci_low, ci_high = as_arrays(ci_low=ci_low, ci_high=ci_high)
    require_level(level)
    require(ci_low < ci_high, "ci_low", ci_low, "below ci_high", "swap the limits, or check their signs")
    return plain((ci_high - ci_low) / 2 / _two_sided_quantile(1 - level, df))[0]


def _two_sided_quantile(p, df):
    """|z| or |t| with two-sided p value p; taken in the lower tail, where a small p keeps its digits."""
    if df is None:
        return -ndtri(p / 2)
    (df,) = as_arrays(df=df)
    require_positive(df=df)
    return -stdtrit(df, np.asarray(p) / 2)


def t_from_ci(estimate, ci_low, ci_high, df, level=0.95):
    """
    t statistic of a mean difference printed with a t-based confidence interval.

    Parameters
    ----------
    estimate, ci_low, ci_high : float or array of shape (k,)
        Mean difference and its limits, in scale points.
    df : float or array of shape (k,)
        Degrees of freedom behind the interval: n1 + n2 - 2 in parallel arms, n - 1 in pairs.
    level : float
        Confidence level of the interval.

    Returns
    -------
    float or array of shape (k,)
        estimate / SE.

    Raises
    ------
    ValueError
        If an estimate lies outside its interval.

    References
    ----------
    Cochrane Handbook, section 6.5.2.3.

    Examples
    --------
    >>> print(f"{t_from_ci(12.7, 2.5, 22.8, df=28):.3f}")
    2.563
    """
    estimate, ci_low, ci_high = as_arrays(estimate=estimate, ci_low=ci_low, ci_high=ci_high)
    require_interval("estimate", estimate, ci_low, ci_high)
    return plain(estimate / se_from_ci(ci_low, ci_high, level, df))[0]


def t_from_p(p, df):
    """
    t statistic from a two-sided p value, with the sign of p.

    Parameters
    ----------
    p : float or array of shape (k,)
        Two-sided p value, 0 < abs(p) <= 1. A p value has no direction: write it negative when arm 1 scored
        lower.
    df : float or array of shape (k,)
        Degrees of freedom of the test.

    Returns
    -------
    float or array of shape (k,)
        The t statistic.

    Raises
    ------
    ValueError
        If p is 0 ("p < 0.001" is a bound, not 0) or beyond 1.

    References
    ----------
    Cochrane Handbook, section 6.5.2.3.

    Examples
    --------
    >>> print(f"{t_from_p(0.008, df=45):.2f}")
    2.78
    """
    p, df = as_arrays(p=p, df=df)
    require_positive(df=df)
    allowed = (p != 0) & (np.abs(p) <= 1)
    require(allowed, "p", p, "0 < abs(p) <= 1", "give the exact p; for 'p < 0.001' its bound, 0.001")
    return plain(np.sign(p) * _two_sided_quantile(np.abs(p), df))[0]


def t_from_f(f, sign):
    """
    t statistic from an F statistic with one numerator degree of freedom (two groups).

    Parameters
    ----------
    f : float or array of shape (k,)
        F(1, df), >= 0. An F with two or more numerator degrees of freedom has no t.
    sign : {-1, 1} or array of shape (k,)
        -1 when arm 1 scored lower; F itself has no direction.

    Returns
    -------
    float or array of shape (k,)
        The t statistic.

    Raises
    ------
    ValueError
        If f is negative or sign is not -1 or 1.

    References
    ----------
    Cochrane Handbook, section 6.5.2.3.

    Examples
    --------
    >>> print(f"{t_from_f(6.25, sign=-1):.1f}")
    -2.5
    """
    f, sign = as_arrays(f=f, sign=sign)
    require(f >= 0, "f", f, "a number >= 0", "copy F; it is never negative")
    require(np.abs(sign) == 1, "sign", sign, "-1 or 1", "give -1 when arm 1 scored lower, else 1")
    return plain(sign * np.sqrt(f))[0]


def se_from_p(estimate, p, df=None):
    """
    Standard error from an estimate and its two-sided p value.

    Parameters
    ----------
    estimate : float or array of shape (k,)
        The estimate, not 0, on the scale that was tested (logs for ratios).
    p : float or array of shape (k,)
        Two-sided p value, 0 < p < 1.
    df : float or array of shape (k,), optional
        Degrees of freedom of a t test; None for a normal one.

    Returns
    -------
    float or array of shape (k,)
        The standard error, same unit as the estimate.

    Raises
    ------
    ValueError
        If the estimate is 0 or p is not strictly between 0 and 1: no SE follows from them.

    References
    ----------
    Cochrane Handbook, section 6.5.2.3; Altman and Bland (2011), BMJ 343: d2090.

    Examples
    --------
    >>> print(f"{se_from_p(3.8, 0.008, df=45):.2f}")
    1.37
    """
    estimate, p = as_arrays(estimate=estimate, p=p)
    require(estimate != 0, "estimate", estimate, "not 0", "take the SE from a CI instead")
    require((p > 0) & (p < 1), "p", p, "0 < p < 1", "give the exact p; for 'p < 0.001' its bound, 0.001")
    return plain(np.abs(estimate) / _two_sided_quantile(p, df))[0]


def sd_from_md_se(se, n1, n2):
    """
    SD common to two groups from the standard error of their mean difference.

    Parameters
    ----------
    se : float or array of shape (k,)
        Standard error of the difference of two independent means, scale points, > 0.
    n1, n2 : int or array of shape (k,)
        Participants behind each mean, >= 2.

    Returns
    -------
    float or array of shape (k,)
        se / sqrt(1/n1 + 1/n2). The SE of an adjusted difference gives too small an SD.

    Raises
    ------
    ValueError
        If an SE is not positive or an n is below 2.

    References
    ----------
    Cochrane Handbook, section 6.5.2.3.

    Examples
    --------
    >>> print(f"{sd_from_md_se(1.37, 25, 22):.2f}")
    4.69
    """
    se, n1, n2 = as_arrays(se=se, n1=n1, n2=n2)
    require_positive(se=se)
    require_at_least(2, n1=n1, n2=n2)
    return plain(se / np.sqrt(1 / n1 + 1 / n2))[0]


def small_sample_j(df):
    """
    Exact factor that makes a standardised mean difference unbiased.

    Parameters
    ----------
    df : float or array of shape (k,)
        Degrees of freedom of the SD in the denominator, > 1.

    Returns
    -------
    float or array of shape (k,)
        Gamma(df/2) / (sqrt(df/2) Gamma((df-1)/2)); the usual 1 - 3/(4 df - 1) is its approximation.

    Raises
    ------
    ValueError
        If df is not above 1, where the factor does not exist.

    References
    ----------
    Hedges (1981), J Educ Stat 6: 107.

    Examples
    --------
    >>> print(f"{small_sample_j(10):.4f} {1 - 3 / 39:.4f}")
    0.9227 0.9231
    """
    (df,) = as_arrays(df=df)
    require(df > 1, "df", df, "above 1", "a trial this small has no unbiased standardised difference")
    # The ratio of gammas in one call: differences of log-gammas lose digits in large samples.
    return plain(poch((df - 1) / 2, 0.5) / np.sqrt(df / 2))[0]


def smd_from_log_odds_ratio(yi, vi, method="logistic"):
    """
    Standardised mean difference from a log odds ratio.

    Parameters
    ----------
    yi, vi : float or array of shape (k,)
        Log odds ratio and its variance, > 0. The sign is kept: turn it round when the event is a response and
        the scale counts symptoms.
    method : {"logistic", "cox"}
        What the scores behind the yes or no are taken to follow: a logistic distribution (Hasselblad and
        Hedges; Chinn: division by 1.81) or a normal one (Cox: division by 1.65).

    Returns
    -------
    yi, vi : float or array of shape (k,)
        Difference in SD units and its variance.

    Raises
    ------
    ValueError
        If a variance is not positive.

    References
    ----------
    Hasselblad and Hedges (1995); Chinn (2000); Sanchez-Meca et al. (2003); as metafor escalc measures "OR2DL"
    and "OR2DN".

    Examples
    --------
    >>> yi, vi = smd_from_log_odds_ratio(1.8138, 0.5)
    >>> print(f"{yi:.3f} {vi:.3f}")
    1.000 0.152
    """
    return _rescale(yi, vi, 1 / _sd_behind(method))


def log_odds_ratio_from_smd(yi, vi, method="logistic"):
    """
    Log odds ratio from a standardised mean difference, the inverse of `smd_from_log_odds_ratio`.

    Parameters
    ----------
    yi, vi : float or array of shape (k,)
        Difference in SD units and its variance, > 0.
    method : {"logistic", "cox"}
        As in `smd_from_log_odds_ratio`.

    Returns
    -------
    yi, vi : float or array of shape (k,)
        Log odds ratio and its variance.

    Raises
    ------
    ValueError
        If a variance is not positive.

    References
    ----------
    As `smd_from_log_odds_ratio`; metafor escalc measures "D2ORL" and "D2ORN".

    Examples
    --------
    >>> yi, vi = log_odds_ratio_from_smd(-0.5, 0.04)
    >>> print(f"{yi:.3f} {vi:.3f}")
    -0.907 0.132
    """
    return _rescale(yi, vi, _sd_behind(method))


def _sd_behind(method):
    require_choice("method", method, ("logistic", "cox"))
    return _LOGISTIC_SD if method == "logistic" else _COX


def _rescale(yi, vi, factor):
    yi, vi = as_arrays(yi=yi, vi=vi)
    require_positive(vi=vi)
    return plain(yi * factor, vi * factor**2)
