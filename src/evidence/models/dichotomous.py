"""
Common-effect pooling of 2x2 tables, rare events included.

Ratios are pooled and returned as logs. Arm 1 is the active drug.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log, nan

import numpy as np
from scipy.special import chdtrc, gammaln, logsumexp, ndtri

from .._arrays import as_arrays, require, require_choice, require_events, require_level
from ..measures.two_by_two import corrected_cells, log_odds_ratio, log_risk_ratio, risk_difference

_EFFECTS = {"OR": log_odds_ratio, "RR": log_risk_ratio, "RD": risk_difference}
# Beyond exp(+-200) no table that could be printed has an odds ratio.
_LOG_ODDS_BRACKET = (-200.0, 200.0)


@dataclass(frozen=True)
class CommonEffect:
    """
    One effect shared by all trials.

    Attributes
    ----------
    measure : {"OR", "RR", "RD"}
    method : str
        How it was pooled.
    estimate, se, ci_low, ci_high : float
        Log odds ratio, log risk ratio or risk difference. Infinite estimates and limits, with NaN for the SE,
        come from `exact_odds_ratio` alone, when one arm has no event in any trial.
    q, q_df, q_p : float
        Heterogeneity of the single trials about the estimate: 0, 0 and 1 with one trial that counts; NaN
        where the method has none.
    k : int
        Trials given, those without any event included.
    level : float
        Confidence level.
    """

    measure: str
    method: str
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    q: float
    q_df: float
    q_p: float
    k: int
    level: float


def mantel_haenszel(a, n1, c, n2, measure="OR", level=0.95, *, add=0.0, to="only0"):
    """
    Mantel-Haenszel common odds ratio, risk ratio or risk difference.

    Parameters
    ----------
    a, c : array of shape (k,)
        People with the event in arm 1 and arm 2.
    n1, n2 : array of shape (k,)
        People in each arm.
    measure : {"OR", "RR", "RD"}
    level : float
        Confidence level.
    add : float
        Correction added to the cells before pooling. The default is none: the method does not need it, and
        1/2 biases it when events are rare.
    to : {"only0", "all", "if0all", "none"}
        Which tables get `add`; see `log_odds_ratio`.

    Returns
    -------
    CommonEffect
        Trials without events in both arms leave a ratio unchanged, but count for a risk difference.

    Raises
    ------
    ValueError
        If counts are impossible, or the events leave the ratio 0, infinite or undefined.

    References
    ----------
    Mantel and Haenszel (1959). Variances: Robins, Breslow and Greenland (1986) for OR (statsmodels
    StratifiedTable), Greenland and Robins (1985) for RR, Sato (1989) for RD; as metafor rma.mh, whose Q has
    the single trials, corrected by 1/2 where a cell is 0, about the pooled estimate.

    Examples
    --------
    >>> fit = mantel_haenszel([4, 11, 0], [20, 20, 12], [2, 6, 3], [21, 21, 13])
    >>> print(f"{fit.estimate:.3f} ({fit.ci_low:.3f} to {fit.ci_high:.3f})")
    0.508 (-0.409 to 1.425)
    """
    a, n1, c, n2 = _trials(a, n1, c, n2)
    require_choice("measure", measure, tuple(_EFFECTS))
    require_level(level)
    table = corrected_cells(a, n1, c, n2, add, to)
    estimate, se = {"OR": _mh_or, "RR": _mh_rr, "RD": _mh_rd}[measure](*table)
    yi, vi = _EFFECTS[measure](a, n1, c, n2, drop00=True)
    counts = np.isfinite(yi)
    return _wald(measure, "Mantel-Haenszel", estimate, se, yi[counts], vi[counts], len(a), level)


def _trials(a, n1, c, n2):
    arrays = [np.atleast_1d(x) for x in as_arrays(a=a, n1=n1, c=c, n2=n2)]
    if arrays[0].ndim > 1 or arrays[0].size == 0:
        raise ValueError(
            f"a has shape {arrays[0].shape}; allowed: one row of at least 1 trial. Fix: pool one set"
        )
    require_events(*arrays)
    return arrays


def _wald(measure, method, estimate, se, yi, vi, k, level):
    half = float(-ndtri((1 - level) / 2)) * se
    df = len(yi) - 1
    # metafor's convention: one trial is homogeneous.
    q = float(np.sum((yi - estimate) ** 2 / vi)) if df else 0.0
    q_p = float(chdtrc(df, q)) if df else 1.0
    return CommonEffect(measure, method, estimate, se, estimate - half, estimate + half, q, df, q_p, k, level)


def _require_both(numerator, denominator):
    if not (numerator > 0 and denominator > 0):
        raise ValueError(
            "a and c: the events of all trials together leave this ratio 0, infinite or undefined. "
            "Fix: use exact_odds_ratio, or zero_event_upper_bound when nobody had the event"
        )


def _mh_or(a, b, c, d):
    from statsmodels.stats.contingency_tables import StratifiedTable

    total = a + b + c + d
    _require_both(np.sum(a * d / total), np.sum(b * c / total))
    pooled = StratifiedTable(np.array([[a, b], [c, d]]))
    return float(pooled.logodds_pooled), float(pooled.logodds_pooled_se)


def _mh_rr(a, b, c, d):
    n1, n2 = a + b, c + d
    total = n1 + n2
    up, down = np.sum(a * n2 / total), np.sum(c * n1 / total)
    _require_both(up, down)
    spread = np.sum((n1 * n2 * (a + c) - a * c * total) / total**2)
    return float(np.log(up / down)), _root(spread / (up * down))


def _mh_rd(a, b, c, d):
    n1, n2 = a + b, c + d
    total = n1 + n2
    weight = np.sum(n1 * n2 / total)
    estimate = np.sum((a * n2 - c * n1) / total) / weight
    p = np.sum((n1**2 * c - n2**2 * a + n1 * n2 * (n2 - n1) / 2) / total**2)
    q = np.sum((a * d + b * c) / (2 * total))
    return float(estimate), _root(estimate * p + q) / float(weight)


def _root(variance):
    if not variance > 0:
        raise ValueError(
            "a and c: in every arm nobody or everybody had the event, which leaves no variance. "
            "Fix: use exact_odds_ratio, or zero_event_upper_bound when nobody had it"
        )
    return float(np.sqrt(variance))


def peto(a, n1, c, n2, level=0.95):
    """
    Peto's one-step common odds ratio.

    Parameters
    ----------
    a, n1, c, n2 : array of shape (k,)
        As in `mantel_haenszel`.
    level : float
        Confidence level.

    Returns
    -------
    CommonEffect
        Good for rare events, arms of like size and small effects; biased when arms differ much in size or the
        odds ratio is far from 1. Needs no correction.

    Raises
    ------
    ValueError
        If counts are impossible, or no trial has both events and non-events.

    References
    ----------
    Yusuf et al. (1985), Prog Cardiovasc Dis 27: 335; as metafor rma.peto. Limits of the method: Greenland and
    Salvan (1990), Stat Med 9: 247.

    Examples
    --------
    >>> fit = peto([4, 11, 0], [20, 20, 12], [2, 6, 3], [21, 21, 13])
    >>> print(f"{fit.estimate:.3f} ({fit.ci_low:.3f} to {fit.ci_high:.3f})")
    0.515 (-0.404 to 1.434)
    """
    a, n1, c, n2 = _trials(a, n1, c, n2)
    require_level(level)
    total, events = n1 + n2, a + c
    variance = n1 * n2 * events * (total - events) / (total**2 * (total - 1))
    counts = variance > 0
    if not counts.any():
        raise ValueError("a and c: no trial has both events and non-events. Fix: use zero_event_upper_bound")
    surplus, variance = (a - n1 * events / total)[counts], variance[counts]
    estimate, se = float(surplus.sum() / variance.sum()), float(1 / np.sqrt(variance.sum()))
    return _wald("OR", "Peto", estimate, se, surplus / variance, 1 / variance, len(a), level)


def exact_odds_ratio(a, n1, c, n2, level=0.95):
    """
    Common odds ratio by exact conditional likelihood: no correction, no large-sample step.

    Given each trial's number of events, the events of arm 1 follow a noncentral hypergeometric distribution
    that depends on the odds ratio alone. Their sum over the trials is convolved exactly; the estimate has the
    largest conditional likelihood, the limits leave (1 - level)/2 in each tail.

    Parameters
    ----------
    a, n1, c, n2 : array of shape (k,)
        As in `mantel_haenszel`; whole numbers.
    level : float
        Confidence level. The interval covers at least this often.

    Returns
    -------
    CommonEffect
        With no event in one arm of any trial the estimate and one limit are infinite, the SE is NaN, and the
        other limit is the answer. `se` is from the conditional information; q is NaN.

    Raises
    ------
    ValueError
        If counts are impossible or not whole, or no trial has both events and non-events.

    References
    ----------
    Gart (1970), Biometrika 57: 471; Mehta, Patel and Gray (1985), JASA 80: 969; as R
    mantelhaen.test(exact=TRUE).

    Examples
    --------
    >>> fit = exact_odds_ratio([0, 0, 0], [20, 20, 12], [2, 1, 3], [21, 21, 13])
    >>> print(f"{fit.estimate:.1f} ({fit.ci_low:.1f} to {fit.ci_high:.2f})")
    -inf (-inf to -0.15)
    """
    a, n1, c, n2 = _trials(a, n1, c, n2)
    require_level(level)
    for name, counts in (("a", a), ("n1", n1), ("c", c), ("n2", n2)):
        require(counts == np.round(counts), name, counts, "a whole number", "use unsplit arms")
    low, log_ways = _ways(a, n1, c, n2)
    if len(log_ways) == 1:
        raise ValueError("a and c: no trial has both events and non-events. Fix: use zero_event_upper_bound")
    sums, seen = low + np.arange(len(log_ways)), a.sum()
    estimate, se = _conditional_mle(sums, log_ways, seen)
    tail = log((1 - level) / 2)
    ci_low = -inf if seen == sums[0] else _tail_root(sums, log_ways, sums >= seen, tail)
    ci_high = inf if seen == sums[-1] else _tail_root(sums, log_ways, sums <= seen, tail)
    return CommonEffect(
        "OR", "exact conditional", estimate, se, ci_low, ci_high, nan, nan, nan, len(a), level
    )


def _ways(a, n1, c, n2):
    """Smallest possible sum of arm-1 events, and the log number of ways to reach each sum from there."""
    low, log_ways = 0.0, np.zeros(1)
    for n_1, n_2, events in zip(n1, n2, a + c, strict=True):
        first = max(0.0, events - n_2)
        x = np.arange(first, min(events, n_1) + 1)
        trial = _log_choose(n_1, x) + _log_choose(n_2, events - x)
        low, log_ways = low + first, _log_convolve(log_ways, trial)
    return low, log_ways


def _log_choose(n, x):
    return gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)


def _log_convolve(x, y):
    out = np.full(len(x) + len(y) - 1, -inf)
    for shift, value in enumerate(y):
        part = slice(shift, shift + len(x))
        out[part] = np.logaddexp(out[part], x + value)
    return out


def _log_probabilities(sums, log_ways, log_odds):
    weights = log_ways + (sums - sums[0]) * log_odds
    return weights - logsumexp(weights)


def _conditional_mle(sums, log_ways, seen):
    from scipy.optimize import brentq

    if seen in (sums[0], sums[-1]):
        return (-inf if seen == sums[0] else inf), nan

    def excess(log_odds):
        return np.exp(_log_probabilities(sums, log_ways, log_odds)) @ sums - seen

    estimate = float(brentq(excess, *_LOG_ODDS_BRACKET, xtol=1e-13, rtol=1e-14))
    information = np.exp(_log_probabilities(sums, log_ways, estimate)) @ (sums - seen) ** 2
    return estimate, float(1 / np.sqrt(information))


def _tail_root(sums, log_ways, in_tail, log_tail):
    from scipy.optimize import brentq

    def excess(log_odds):
        return logsumexp(_log_probabilities(sums, log_ways, log_odds)[in_tail]) - log_tail

    return float(brentq(excess, *_LOG_ODDS_BRACKET, xtol=1e-13, rtol=1e-14))
