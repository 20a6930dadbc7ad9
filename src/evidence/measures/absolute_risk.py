"""What an effect on an event means for people: numbers needed to treat, and bounds where events are few."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, isinf

import numpy as np

from .._arrays import (
    as_arrays,
    plain,
    require,
    require_at_least,
    require_choice,
    require_events,
    require_interval,
    require_level,
)


@dataclass(frozen=True)
class NumberNeededToTreat:
    """
    People to treat for one more of them to benefit, at a stated baseline risk.

    Numbers are signed: positive to benefit, negative to harm. An interval that crosses no effect does not
    hold 0 but infinity: from `ci_best` up through infinity, and back from minus infinity to `ci_worst`.

    Attributes
    ----------
    nnt : float
        Estimate; infinite when there is no difference.
    ci_best, ci_worst : float
        At the limit most and least in favour of arm 1; infinite when that limit is no difference.
    crosses_no_effect : bool
        True when the interval holds both benefit and harm.
    risk_difference, rd_ci_low, rd_ci_high : float
        Risk in arm 1 minus `baseline_risk`, and its limits.
    baseline_risk : float
        Risk of the event without the treatment, as stated.
    """

    nnt: float
    ci_best: float
    ci_worst: float
    crosses_no_effect: bool
    risk_difference: float
    rd_ci_low: float
    rd_ci_high: float
    baseline_risk: float

    def __str__(self):
        through = "through infinity to" if self.crosses_no_effect else "to"
        return f"{_in_words(self.nnt)} ({_in_words(self.ci_best)} {through} {_in_words(self.ci_worst)})"


def _in_words(nnt):
    # Rounded up by convention: Cochrane Handbook 5.1, section 12.5.4.
    return (
        "no difference" if isinf(nnt) else f"{ceil(round(abs(nnt), 9))} to {'benefit' if nnt > 0 else 'harm'}"
    )


def number_needed_to_treat(estimate, ci_low, ci_high, baseline_risk, measure, event_is_good=True):
    """
    Number needed to treat, with its interval, from a pooled effect and a stated baseline risk.

    Parameters
    ----------
    estimate, ci_low, ci_high : float
        Log odds ratio, log risk ratio or risk difference, arm 1 against arm 2, with its limits: the scales on
        which this package pools. Take the log of a printed ratio.
    baseline_risk : float
        Risk of the event with the comparator, between 0 and 1. The interval holds for exactly this risk and
        carries no doubt about it: show several.
    measure : {"OR", "RR", "RD"}
    event_is_good : bool
        True for an event such as response, False for one such as relapse or nausea.

    Returns
    -------
    NumberNeededToTreat
        A limit that would take the risk below 0 or above 1 is put at 0 or 1.

    Raises
    ------
    ValueError
        If the estimate lies outside its interval, or implies a risk below 0 or above 1 at this baseline risk.

    References
    ----------
    Altman (1998), BMJ 317: 1309; Cochrane Handbook 5.1, section 12.5.4.

    Examples
    --------
    >>> print(number_needed_to_treat(0.10, -0.05, 0.25, 0.3, "RD"))
    10 to benefit (4 to benefit through infinity to 20 to harm)
    """
    values = as_arrays(estimate=estimate, ci_low=ci_low, ci_high=ci_high, baseline_risk=baseline_risk)
    require_choice("measure", measure, ("OR", "RR", "RD"))
    require_interval("estimate", *values[:3])
    base = values[3]
    require((base > 0) & (base < 1), "baseline_risk", base, "between 0 and 1", "write 0.3 for 30%")
    rd, low, high = (_difference(effect, base, measure) for effect in values[:3])
    possible = (-base <= rd) & (rd <= 1 - base)
    require(
        possible, "estimate", values[0], "one that keeps the risk within 0 to 1", "use an odds ratio here"
    )
    low, high = max(low, -base), min(high, 1 - base)
    gain, worst, best = (rd, low, high) if event_is_good else (-rd, -high, -low)
    crosses = bool(worst < 0 < best)
    parts = _inverse(gain), _inverse(best), _inverse(worst), crosses, float(rd), float(low), float(high)
    return NumberNeededToTreat(*parts, float(base))


def _difference(effect, base, measure):
    """Risk in arm 1 minus the baseline risk, without the loss of digits of subtracting one from the other."""
    if measure == "RD":
        return effect
    if measure == "RR":
        return base * np.expm1(effect)
    return base * (1 - base) * np.expm1(effect) / (1 + base * np.expm1(effect))


def _inverse(gain):
    return 1 / float(gain) if gain else inf


def newcombe_interval(a, n1, c, n2, level=0.95):
    """
    Interval for the risk difference of one trial that holds with few events, zero included.

    Parameters
    ----------
    a, c : float or array of shape (k,)
        People with the event in arm 1 and arm 2.
    n1, n2 : float or array of shape (k,)
        People in each arm.
    level : float
        Confidence level.

    Returns
    -------
    ci_low, ci_high : float or array of shape (k,)
        Limits of a/n1 - c/n2, always within -1 to 1.

    Raises
    ------
    ValueError
        If events are negative or exceed n.

    References
    ----------
    Newcombe (1998), Stat Med 17: 873, method 10 (hybrid Wilson score), from statsmodels.

    Examples
    --------
    >>> low, high = newcombe_interval(0, 20, 0, 25)
    >>> print(f"{low:.3f} {high:.3f}")
    -0.133 0.161
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    a, n1, c, n2 = as_arrays(a=a, n1=n1, c=c, n2=n2)
    require_events(a, n1, c, n2)
    require_level(level)
    limits = confint_proportions_2indep(a, n1, c, n2, method="newcomb", compare="diff", alpha=1 - level)
    return plain(*limits)


def zero_event_upper_bound(n, level=0.95):
    """
    Highest risk that still agrees with no event among n people.

    Parameters
    ----------
    n : float or array of shape (k,)
        People observed, none of whom had the event, >= 1.
    level : float
        One-sided confidence level.

    Returns
    -------
    float or array of shape (k,)
        1 - (1 - level)^(1/n), close to 3/n at 95% (the rule of three). "No event was seen" does not mean "it
        does not happen".

    Raises
    ------
    ValueError
        If n is below 1.

    References
    ----------
    Clopper and Pearson (1934), one-sided; Hanley and Lippman-Hand (1983), JAMA 249: 1743.

    Examples
    --------
    >>> print(f"{zero_event_upper_bound(30):.4f}")
    0.0950
    """
    (n,) = as_arrays(n=n)
    require_at_least(1, n=n)
    require_level(level)
    return plain(-np.expm1(np.log1p(-level) / n))[0]
