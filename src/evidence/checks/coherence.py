"""
Do an estimate, its standard error, interval and p value belong together?

Every function allows for the rounding of the printed digits and, where a t distribution is behind a number,
for a range of degrees of freedom: sources rarely print them.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise

from .grim import EPSILON, half_unit

LEVEL = 0.975  # upper tail of a 95% interval
MANY = 1e6  # degrees of freedom of a normal distribution, for practical purposes


@lru_cache(maxsize=1024)
def t_quantile(df) -> float:
    """The .975 quantile of t with these degrees of freedom."""
    from scipy.special import stdtrit  # only data with intervals need it

    return float(stdtrit(df, LEVEL))


def two_sided_p(t, df) -> float:
    """Two-sided p of a t value."""
    from scipy.special import stdtr

    return 2.0 * float(stdtr(df, -abs(t)))


def degrees(df_low) -> list[float]:
    """
    Degrees of freedom to try: from the fewest that a design leaves to a normal distribution.

    Parameters
    ----------
    df_low : float
        At least 1.

    Returns
    -------
    list of float
        40 values, increasing, evenly spaced in 1/df, so that t quantiles are evenly covered.

    Examples
    --------
    >>> print(f"{degrees(20)[0]:g} {degrees(20)[20]:.0f} {degrees(20)[-1]:g}")
    20 41 1e+06
    """
    first, last = 1.0 / max(df_low, 1.0), 1.0 / MANY
    return [1.0 / (first + (last - first) * i / 39) for i in range(40)]


def fewest_df(n1=None, n2=None) -> float:
    """
    Fewest degrees of freedom that a comparison of two groups can have: Welch's bound, the smaller n - 1.

    Parameters
    ----------
    n1, n2 : float, optional
        People in each group; 10 degrees of freedom when unknown.

    Returns
    -------
    float
    """
    known = [n for n in (n1, n2) if n is not None]
    return max(min(known) - 1.0, 1.0) if known else 10.0


def is_centred(estimate, low, high, ratio=False) -> bool:
    """
    Whether an interval is symmetric about its estimate, on the log scale for a ratio.

    Parameters
    ----------
    estimate, low, high : float
        As printed.
    ratio : bool
        Odds ratio, risk ratio and the like: all three must be positive.

    Returns
    -------
    bool
        True if rounding can explain the distance between estimate and midpoint.

    References
    ----------
    A Wald or t interval is estimate +- quantile x SE by construction; Altman and Bland (2011), BMJ 343:d2090.

    Examples
    --------
    >>> is_centred(12.7, 2.5, 22.8), is_centred(15.74, 3.57, 29.91)
    (True, False)
    >>> is_centred(5.85, 1.32, 25.95, ratio=True)
    True
    """
    ends = [(x - half_unit(x), x + half_unit(x)) for x in (estimate, low, high)]
    if ratio:
        if min(estimate, low, high) <= 0:
            return False
        ends = [(math.log(max(a, 1e-12)), math.log(b)) for a, b in ends]
    (e_low, e_high), (l_low, l_high), (h_low, h_high) = ends
    return (l_low + h_low) / 2 <= e_high + EPSILON and e_low <= (l_high + h_high) / 2 + EPSILON


def interval_fits_se(low, high, se, df_low) -> bool:
    """
    Whether a 95% interval is a t or normal quantile times the SE wide, for some degrees of freedom.

    Parameters
    ----------
    low, high, se : float
        As printed; se > 0.
    df_low : float
        Fewest degrees of freedom to try.

    Returns
    -------
    bool

    Examples
    --------
    >>> interval_fits_se(-21.35, 6.38, 6.70, 12), interval_fits_se(-21.35, 6.38, 67.0, 12)
    (True, False)
    """
    rounding = half_unit(low) + half_unit(high)
    widths = ((high - low - rounding) / 2, (high - low + rounding) / 2)
    least = t_quantile(MANY) * (se - half_unit(se))
    most = t_quantile(max(df_low, 1.0)) * (se + half_unit(se))
    return widths[0] <= most + EPSILON and widths[1] >= least - EPSILON


def p_fits(estimate, p, df_low, se=None, low=None, high=None) -> bool:
    """
    Whether a two-sided p value belongs to an estimate with this SE or 95% interval.

    Parameters
    ----------
    estimate, p : float
        As printed.
    df_low : float
        Fewest degrees of freedom to try; the most is a normal distribution.
    se : float, optional
    low, high : float, optional
        The interval, used when there is no SE; its SE is then width / 2 / t(.975, df) with the same df.

    Returns
    -------
    bool

    References
    ----------
    Altman and Bland (2011), BMJ 343:d2304, and the t form of the Cochrane Handbook, 6.5.2.3.

    Examples
    --------
    An MD of 11.88 with SE 3.96 and p = .004 fits about 55 degrees of freedom, not 28:

    >>> p_fits(11.88, 0.004, 14, se=3.96), p_fits(11.88, 0.04, 14, se=3.96)
    (True, False)
    >>> p_fits(12.7, 0.02, 27, low=2.5, high=22.8)
    True
    """
    size, half = abs(estimate), half_unit(estimate)
    for fewer, more in pairwise(degrees(df_low)):  # whatever lies between two degrees tried counts as tried
        ranges = [_se_range(se, low, high, df) for df in (fewer, more)]
        smallest, largest = min(r[0] for r in ranges), max(r[1] for r in ranges)
        p_high = two_sided_p(max(size - half, 0.0) / largest, fewer)
        p_low = two_sided_p((size + half) / max(smallest, 1e-12), more)
        if p_low - EPSILON <= p + half_unit(p) and p_high + EPSILON >= p - half_unit(p):
            return True
    return False


def _se_range(se, low, high, df):
    """Least and largest SE that the printed SE, or else the printed interval, allows."""
    if se is not None:
        return se - half_unit(se), se + half_unit(se)
    rounding, quantile = half_unit(low) + half_unit(high), 2 * t_quantile(df)
    return (high - low - rounding) / quantile, (high - low + rounding) / quantile


def within_factor(a, b, low, high) -> bool:
    """
    Whether a / b lies from `low` to `high`; True when b is 0.

    Examples
    --------
    >>> within_factor(10.85, 10.51, 0.6, 1.3)
    True
    """
    return b == 0 or low <= abs(a / b) <= high
