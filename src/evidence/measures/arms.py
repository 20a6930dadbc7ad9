"""One arm's mean, SD and n from what is printed of it: SE, CI, two time points, or several arms."""

from __future__ import annotations

import numpy as np

from .._arrays import as_arrays, plain, require, require_at_least, require_correlation, require_positive
from .conversions import se_from_ci


def sd_from_se(se, n):
    """
    SD of a group from the standard error of its mean.

    Parameters
    ----------
    se : float or array of shape (k,)
        Standard error of one group's mean, scale points, > 0.
    n : int or array of shape (k,)
        Participants behind the mean, >= 2.

    Returns
    -------
    float or array of shape (k,)
        se * sqrt(n).

    Raises
    ------
    ValueError
        If an SE is not positive or an n is below 2.

    References
    ----------
    Cochrane Handbook, section 6.5.2.2.

    Examples
    --------
    >>> print(f"{sd_from_se(2, 25):.1f}")
    10.0
    """
    se, n = as_arrays(se=se, n=n)
    require_positive(se=se)
    require_at_least(2, n=n)
    return plain(se * np.sqrt(n))[0]


def sd_from_ci(ci_low, ci_high, n, level=0.95):
    """
    SD of a group from the t-based confidence interval of its mean.

    Parameters
    ----------
    ci_low, ci_high : float or array of shape (k,)
        Limits of the interval of one group's mean, scale points.
    n : int or array of shape (k,)
        Participants behind the mean, >= 2.
    level : float
        Confidence level of the interval.

    Returns
    -------
    float or array of shape (k,)
        The SD, scale points.

    Raises
    ------
    ValueError
        If the limits are not in order or an n is below 2.

    References
    ----------
    Cochrane Handbook, section 6.5.2.2.

    Examples
    --------
    >>> print(f"{sd_from_ci(30.0, 34.2, 25):.2f}")
    5.09
    """
    ci_low, ci_high, n = as_arrays(ci_low=ci_low, ci_high=ci_high, n=n)
    require_at_least(2, n=n)
    return sd_from_se(se_from_ci(ci_low, ci_high, level, df=n - 1), n)


def change_from_baseline(m_baseline, sd_baseline, m_end, sd_end, r):
    """
    Mean and SD of the change from baseline, from both time points and their correlation.

    Parameters
    ----------
    m_baseline, m_end : float or array of shape (k,)
        Mean scores at baseline and at the end, scale points.
    sd_baseline, sd_end : float or array of shape (k,)
        Their SDs, scale points, > 0.
    r : float or array of shape (k,)
        Correlation of one person's two scores, between -1 and 1.

    Returns
    -------
    mean_change, sd_change : float or array of shape (k,)
        End minus baseline (negative when scores fall), and the SD of that change.

    Raises
    ------
    ValueError
        If an SD is not positive or r is not a correlation.

    References
    ----------
    Cochrane Handbook, section 6.5.2.8.

    Examples
    --------
    >>> mean_change, sd_change = change_from_baseline(140, 10, 125, 12, r=0.6)
    >>> print(f"{mean_change:.0f} {sd_change:.1f}")
    -15 10.0
    """
    m_baseline, sd_baseline, m_end, sd_end, r = as_arrays(
        m_baseline=m_baseline, sd_baseline=sd_baseline, m_end=m_end, sd_end=sd_end, r=r
    )
    require_positive(sd_baseline=sd_baseline, sd_end=sd_end)
    require_correlation(r=r)
    variance = sd_baseline**2 + sd_end**2 - 2 * r * sd_baseline * sd_end
    return plain(m_end - m_baseline, np.sqrt(variance))


def correlation_from_change(sd_baseline, sd_end, sd_change):
    """
    Correlation of baseline and end scores from the three SDs of one group.

    Parameters
    ----------
    sd_baseline, sd_end, sd_change : float or array of shape (k,)
        SDs at both times and of the change, scale points, > 0.

    Returns
    -------
    float or array of shape (k,)
        The correlation.

    Raises
    ------
    ValueError
        If an SD is not positive, or no correlation gives these three SDs (one of them is then not an SD, or
        rests on other people).

    References
    ----------
    Cochrane Handbook, section 6.5.2.8.

    Examples
    --------
    >>> print(f"{correlation_from_change(10, 12, 10):.1f}")
    0.6
    """
    sd_baseline, sd_end, sd_change = as_arrays(sd_baseline=sd_baseline, sd_end=sd_end, sd_change=sd_change)
    require_positive(sd_baseline=sd_baseline, sd_end=sd_end, sd_change=sd_change)
    r = (sd_baseline**2 + sd_end**2 - sd_change**2) / (2 * sd_baseline * sd_end)
    possible = "between abs(sd_baseline - sd_end) and sd_baseline + sd_end"
    require(
        np.abs(r) <= 1, "sd_change", sd_change, possible, "check that all three are SDs of the same people"
    )
    return plain(r)[0]


def combine_arms(m, sd, n):
    """
    Mean, SD and size of several arms taken as one.

    Parameters
    ----------
    m, sd, n : array of shape (..., arms)
        Mean and SD in scale points and people in each arm; the last axis is combined.

    Returns
    -------
    m, sd, n : float or array of shape (...)
        As if all the people had been one arm; the SD includes the spread between the arms.

    Raises
    ------
    ValueError
        If an SD is not positive, an n is below 2 or scalars are given.

    References
    ----------
    Cochrane Handbook, section 6.5.2.10 and table 6.5.a, written for any number of arms.

    Examples
    --------
    >>> m, sd, n = combine_arms([26.5, 32.9, 36.4], [4.5, 5.8, 3.8], [50, 50, 50])
    >>> print(f"{m:.2f} {sd:.2f} {n:.0f}")
    31.93 6.28 150
    """
    m, sd, n = as_arrays(m=m, sd=sd, n=n)
    if m.ndim == 0:
        raise ValueError("m, sd and n are single numbers. Fix: give arrays with one entry an arm")
    require_positive(sd=sd)
    require_at_least(2, n=n)
    total = n.sum(axis=-1)
    mean = (n * m).sum(axis=-1) / total
    squares = ((n - 1) * sd**2 + n * (m - mean[..., None]) ** 2).sum(axis=-1)
    return plain(mean, np.sqrt(squares / (total - 1)), total)


def split_arm(n, parts, events=None):
    """
    Share out an arm that serves several comparisons, so that nobody is counted twice.

    Parameters
    ----------
    n : float or array of shape (k,)
        People in the shared arm.
    parts : int
        Comparisons that use it, >= 2.
    events : float or array of shape (k,), optional
        Events in the shared arm. Means and SDs stay as they are.

    Returns
    -------
    n : float or array of shape (k,)
        People for each comparison, not rounded; with `events` given, a pair (events, n). Splitting keeps the
        comparisons apart but leaves them correlated through the shared mean: `combine_arms` does not.

    Raises
    ------
    ValueError
        If fewer than two people would be left in a part, or events exceed n.

    References
    ----------
    Cochrane Handbook, section 23.3.4.

    Examples
    --------
    >>> print(split_arm(51, 2))
    25.5
    >>> events, n = split_arm(51, 2, events=12)
    >>> print(events, n)
    6.0 25.5
    """
    n, parts = as_arrays(n=n, parts=parts)
    require(
        (parts >= 2) & (parts == np.round(parts)), "parts", parts, "a whole number >= 2", "count comparisons"
    )
    require(n / parts >= 2, "n", n, "at least 2 people a part", "combine the other arms instead")
    if events is None:
        return plain(n / parts)[0]
    events, n, parts = as_arrays(events=events, n=n, parts=parts)
    require(
        (events >= 0) & (events <= n),
        "events",
        events,
        "from 0 to n",
        "count people with the event, once each",
    )
    return plain(events / parts, n / parts)
