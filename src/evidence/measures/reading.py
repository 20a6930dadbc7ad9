"""What a report lets us know about an effect: an exact value, an interval, a side, or nothing."""

from __future__ import annotations

import math

from scipy.special import chdtri

Z95 = 1.959963984540054  # standard normal quantile at 0.975
NOTHING = (-math.inf, math.inf)


def scheffe_multiplier(df: int) -> float:
    """
    Widest |effect| / se that a non-significant omnibus test of `df` degrees of freedom allows.

    Parameters
    ----------
    df : int
        Degrees of freedom of the omnibus test, >= 1.

    Returns
    -------
    float
        Square root of the 95% quantile of chi-square with `df` degrees of freedom.

    References
    ----------
    Scheffe (1953): every contrast covered by an omnibus test lies within this many standard errors.

    Examples
    --------
    >>> print(f"{scheffe_multiplier(1):.4f} {scheffe_multiplier(6):.4f}")
    1.9600 3.5485
    """
    return math.sqrt(chdtri(df, 0.05))


def interval_of(finding, test, significance, se, null_rule="omnibus", omnibus_df=6, test_df=None):
    """
    Interval for a standardised effect (negative favours the active arm) that a report without a number
    implies.

    Parameters
    ----------
    finding : {"not_significant", "favours_active", "favours_comparator", "unknown"}
    test : {"pairwise", "group_by_time", "text_only"} or missing
        Kind of test behind a report of no difference.
    significance : {"significant", "not_significant", "not_stated"} or missing
        Significance behind a direction.
    se : float
        Standard error of the effect if it were zero, > 0.
    null_rule : {"omnibus", "pairwise", "ignore"}
        Reading of a report of no difference: by its own test (words alone say nothing), as if every one
        came from a pairwise test, or not at all.
    omnibus_df : int
        Degrees of freedom used when an omnibus test prints none.
    test_df : int, optional
        Printed degrees of freedom.

    Returns
    -------
    lower, upper : float
        Interval; infinite ends where nothing is known.

    References
    ----------
    Radua et al. (2015) and Albajes-Eizagirre et al. (2019), MetaNSUE: statistically non-significant
    unreported
    effects kept as intervals; Chan and Altman (2005) on why they matter.

    Examples
    --------
    >>> low, high = interval_of("not_significant", "pairwise", None, 0.2)
    >>> print(f"{low:.3f} {high:.3f}")
    -0.392 0.392
    >>> interval_of("favours_active", None, "not_stated", 0.2)
    (-inf, 0.0)
    """
    if finding == "not_significant":
        return _null(test, se, null_rule, omnibus_df, test_df)
    if finding == "favours_active":
        return _side(significance, se)
    if finding == "favours_comparator":
        low, high = _side(significance, se)
        return -high, -low
    return NOTHING


def _null(test, se, null_rule, omnibus_df, test_df):
    if null_rule == "ignore" or (test == "text_only" and null_rule == "omnibus"):
        return NOTHING
    if test == "group_by_time" and null_rule == "omnibus":
        bound = scheffe_multiplier(test_df if test_df and test_df > 0 else omnibus_df) * se
    else:
        bound = Z95 * se
    return -bound, bound


def _side(significance, se):
    if significance == "significant":
        return -math.inf, -Z95 * se
    if significance == "not_significant":
        return -Z95 * se, 0.0
    return -math.inf, 0.0
