"""
Effects of one or many 2x2 tables, each on its own, with metafor's rules for zero cells.

Arm 1 is the active drug. Every function takes numbers or arrays of one shape.
"""

from __future__ import annotations

import numpy as np

from .._arrays import as_arrays, plain, require, require_choice, require_events


def log_odds_ratio(a, n1, c, n2, *, add=0.5, to="only0", drop00=False):
    """
    Log odds ratio of an event, with metafor's rules for zero cells.

    Parameters
    ----------
    a, c : float or array of shape (k,)
        People with the event in arm 1 and arm 2, 0 <= events <= n. Not percentages.
    n1, n2 : float or array of shape (k,)
        People in each arm, >= 1.
    add : float
        What is added to all four cells of a table, and so twice to each n.
    to : {"only0", "all", "if0all", "none"}
        Which tables get it: those with a zero cell; all; all if any of them has a zero cell; none.
    drop00 : bool
        True makes trials without an event, or without a non-event, in both arms NaN: they say nothing about
        a ratio.

    Returns
    -------
    yi, vi : float or array of shape (k,)
        Negative when the event is rarer in arm 1; the sum of the inverse cells. NaN where undefined (a zero
        cell left alone by ``to="none"``, or a dropped trial).

    Raises
    ------
    ValueError
        If events are negative or exceed n, or an option is unknown.

    References
    ----------
    As metafor escalc(measure="OR", add=1/2, to="only0", drop00=FALSE). The choice of `add` can decide a pool
    of rare events: `dichotomous.exact_odds_ratio` needs none.

    Examples
    --------
    >>> yi, vi = log_odds_ratio(0, 12, 3, 13)
    >>> print(f"{yi:.3f} {vi:.3f}")
    -2.120 2.461
    """
    a, b, c, d = corrected_cells(a, n1, c, n2, add, to, drop00)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _defined(np.log(a * d) - np.log(b * c), 1 / a + 1 / b + 1 / c + 1 / d)


def log_risk_ratio(a, n1, c, n2, *, add=0.5, to="only0", drop00=False):
    """
    Log risk ratio of an event, with metafor's rules for zero cells.

    Parameters
    ----------
    a, n1, c, n2, add, to, drop00
        As in `log_odds_ratio`; a table whose only zeros are non-events is corrected, too.

    Returns
    -------
    yi, vi : float or array of shape (k,)
        Negative when the event is rarer in arm 1; 1/a - 1/n1 + 1/c - 1/n2. NaN where undefined.

    Raises
    ------
    ValueError
        As `log_odds_ratio`.

    References
    ----------
    As metafor escalc(measure="RR").

    Examples
    --------
    >>> yi, vi = log_risk_ratio(4, 20, 2, 21)
    >>> print(f"{yi:.3f} {vi:.3f}")
    0.742 0.652
    """
    a, b, c, d = corrected_cells(a, n1, c, n2, add, to, drop00)
    with np.errstate(divide="ignore", invalid="ignore"):
        yi = np.log(a / (a + b)) - np.log(c / (c + d))
        return _defined(yi, 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))


def risk_difference(a, n1, c, n2, *, add=0.5, to="only0", drop00=False):
    """
    Difference of two risks, with metafor's rules for zero cells.

    Parameters
    ----------
    a, n1, c, n2, add, to, drop00
        As in `log_odds_ratio`. By default a zero cell moves the estimate itself; ``to="none"`` leaves it, at
        the price of a variance that is too small and may be 0.

    Returns
    -------
    yi, vi : float or array of shape (k,)
        a/n1 - c/n2; p1 (1 - p1)/n1 + p2 (1 - p2)/n2. NaN where dropped.

    Raises
    ------
    ValueError
        As `log_odds_ratio`.

    References
    ----------
    As metafor escalc(measure="RD"). For the interval of a single trial see `absolute_risk.newcombe_interval`.

    Examples
    --------
    >>> yi, vi = risk_difference(4, 20, 2, 21)
    >>> print(f"{yi:.3f} {vi:.4f}")
    0.105 0.0121
    """
    a, b, c, d = corrected_cells(a, n1, c, n2, add, to, drop00)
    return plain(a / (a + b) - c / (c + d), a * b / (a + b) ** 3 + c * d / (c + d) ** 3)


def corrected_cells(a, n1, c, n2, add=0.5, to="only0", drop00=False):
    """Checked and corrected cells (a, b, c, d) of 2x2 tables; the rules are those of `log_odds_ratio`."""
    a, n1, c, n2, add = as_arrays(a=a, n1=n1, c=c, n2=n2, add=add)
    require_events(a, n1, c, n2)
    require(add >= 0, "add", add, "a number >= 0", "give 0.5, or 0 for no correction")
    require_choice("to", to, ("only0", "all", "if0all", "none"))
    table = np.array([a, n1 - a, c, n2 - c])
    if drop00:
        table = np.where((a + c == 0) | (n1 - a + n2 - c == 0), np.nan, table)
    has_zero = (table == 0).any(axis=0)
    gets = {"only0": has_zero, "all": True, "if0all": has_zero.any(), "none": False}[to]
    return table + np.where(gets, add, 0)


def _defined(yi, vi):
    ok = np.isfinite(yi) & np.isfinite(vi)
    return plain(np.where(ok, yi, np.nan), np.where(ok, vi, np.nan))
