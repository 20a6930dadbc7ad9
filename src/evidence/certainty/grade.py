"""
Certainty of evidence by GRADE, from stated rules: five reasons to lower it, each counted once.

A rule takes numbers and gives levels with their reason in words; docs/adr/0010-grade.md says why these rules.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from ..prose.wording import answer, interval, number, percent

LEVELS = ("very low", "low", "moderate", "high")
START = 4  # evidence from randomised trials starts at high
MOST = 0.5  # "most of the people": more than half
FEWEST_FOR_INCONSISTENCY = 5
MANY_UNREPORTED = 0.25  # completed without report, as a share of them and the people in the pool
FAR_BELOW = 1 / 3  # of the optimal information size


@dataclass(frozen=True)
class Step:
    """
    One reason for or against lowering the certainty.

    Attributes
    ----------
    domain : str
        "risk of bias", "inconsistency", "indirectness", "imprecision" or "missing results".
    levels : int
        Levels taken off, >= 0.
    reason : str
        Why, in words with the numbers behind it.
    """

    domain: str
    levels: int
    reason: str


@dataclass(frozen=True)
class Trial:
    """
    What the rules need to know of a trial in a pool.

    Attributes
    ----------
    trial_id : str
    n : int
        People behind its effect.
    weaknesses : int
        Separate weaknesses in risk of bias, selective reporting apart.
    high : int
        Domains at high risk, selective reporting apart.
    direct : bool
        False when it answers a neighbouring question.
    """

    trial_id: str
    n: int
    weaknesses: int
    high: int
    direct: bool


@dataclass(frozen=True)
class Rating:
    """
    Certainty of one outcome.

    Attributes
    ----------
    outcome, name : str
        Key and words.
    measure : str
        "g" or "log odds ratio".
    estimate, ci_low, ci_high : float
    k, n : int
        Trials and people behind it.
    steps : tuple of Step
    """

    outcome: str
    name: str
    measure: str
    estimate: float
    ci_low: float
    ci_high: float
    k: int
    n: int
    steps: tuple[Step, ...]

    @property
    def points(self) -> int:
        """Four less the levels taken off, at least one; zero when there is nothing to rate."""
        if math.isnan(self.estimate):
            return 0
        return max(1, START - sum(step.levels for step in self.steps))

    @property
    def level(self) -> str:
        """Certainty in words: high, moderate, low, very low, or "no evidence"."""
        return LEVELS[self.points - 1] if self.points else "no evidence"


def risk_of_bias_step(trials) -> Step:
    """
    Lower by one if most people are in trials not at low risk; by two if most are in trials with two or more
    domains at high risk. Selective reporting is left to `missing_step`.

    Parameters
    ----------
    trials : sequence of Trial

    References
    ----------
    Cochrane Handbook, table 14.2.a: where most information comes from; one crucial limitation or several.

    Examples
    --------
    >>> risk_of_bias_step([Trial("a", 30, 2, 0, True), Trial("b", 100, 2, 1, True)]).levels
    1
    """
    flawed = _share(trials, lambda trial: trial.weaknesses > 0)
    grave = _share(trials, lambda trial: trial.high >= 2)
    high = _share(trials, lambda trial: trial.high >= 1)
    levels = 2 if grave > MOST else 1 if flawed > MOST else 0
    return Step(
        "risk of bias",
        levels,
        answer(
            "{flawed:percent} of the people are in trials not at low risk, {high:percent} in trials with a "
            "domain at high risk, {grave:percent} with two or more",
            flawed=flawed,
            high=high,
            grave=grave,
        ),
    )


def _share(trials, holds) -> float:
    people = sum(trial.n for trial in trials)
    return sum(trial.n for trial in trials if holds(trial)) / people if people else np.nan


def inconsistency_step(k, ci, pi, threshold) -> Step:
    """
    Lower by one for each border of relevance that the predictive interval crosses and the interval of the
    mean does not; not assessable below five trials.

    Parameters
    ----------
    k : int
        Trials in the pool.
    ci, pi : tuple of float
        Interval of the mean and predictive interval.
    threshold : float
        Smallest relevant effect, > 0; the borders are plus and minus it.

    References
    ----------
    IntHout et al. (2016), BMJ Open 6:e010247, on predictive intervals; what the interval of the mean already
    crosses counts as imprecision.

    Examples
    --------
    >>> inconsistency_step(4, (-0.6, -0.3), (-1.5, 0.9), 0.2).reason
    'not assessable: fewer than five trials'
    >>> inconsistency_step(5, (-0.6, -0.3), (-1.5, 0.9), 0.2).levels
    2
    """
    if k < FEWEST_FOR_INCONSISTENCY:
        return Step("inconsistency", 0, "not assessable: fewer than five trials")
    levels = len(borders_crossed(*pi, threshold) - borders_crossed(*ci, threshold))
    return Step(
        "inconsistency",
        levels,
        f"a new trial's effect would lie in {interval(*pi)}, the mean in {interval(*ci)}; the former crosses "
        f"{_borders(levels)} that the latter does not",
    )


def indirectness_step(trials) -> Step:
    """
    Lower by one if most people are in trials that answer a neighbouring question.

    Parameters
    ----------
    trials : sequence of Trial

    Examples
    --------
    >>> indirectness_step([Trial("a", 30, 0, 0, True), Trial("b", 30, 0, 0, False)]).levels
    0
    """
    share = _share(trials, lambda trial: not trial.direct)
    reason = f"{percent(share)} of the people had the drug added to a psychotherapy that both arms received"
    return Step("indirectness", int(share > MOST), reason)


def borders_crossed(low, high, threshold) -> set[float]:
    """
    Borders of relevance strictly inside an interval.

    Examples
    --------
    >>> sorted(borders_crossed(-0.5, 0.3, 0.2)), borders_crossed(-0.2, 0.2, 0.2)
    ([-0.2, 0.2], set())
    """
    return {border for border in (-threshold, threshold) if low < border < high}


def information_size(threshold) -> int:
    """
    People that one trial of two equal arms needs to find an effect of `threshold` SD (power 80%, 5% level).

    References
    ----------
    Guyatt et al. (2011), J Clin Epidemiol 64:1283 (optimal information size); normal approximation.

    Examples
    --------
    >>> information_size(0.5)
    126
    """
    return math.ceil(4 * (float(ndtri(0.975)) + float(ndtri(0.8))) ** 2 / threshold**2)


def imprecision_step(low, high, n, threshold, size=None) -> Step:
    """
    Lower by one for each border of relevance inside the interval; where none is, by one below the optimal
    information size and by two below a third of it.

    Parameters
    ----------
    low, high : float
        Interval of the mean.
    n : int
        People in the pool.
    threshold : float
        Smallest relevant effect in the unit of the interval, > 0.
    size : int, optional
        Optimal information size; by default for `threshold` in SD.

    References
    ----------
    Zeng et al. (2022), J Clin Epidemiol 150:216 (GRADE guidance 34): intervals against thresholds first, the
    information size where no threshold is crossed. The fractions are ours.

    Examples
    --------
    >>> imprecision_step(-1.0, 0.5, 134, 0.2).levels, imprecision_step(-1.0, 0.1, 161, 0.2).levels
    (2, 1)
    """
    if math.isnan(low):
        return Step("imprecision", 2, "no interval can be estimated")
    size = size or information_size(threshold)
    crossed = len(borders_crossed(low, high, threshold))
    reason = (
        f"the interval {interval(low, high)} crosses {_borders(crossed)} of relevance (plus and minus "
        f"{number(threshold)})"
    )
    if crossed:
        return Step("imprecision", crossed, reason)
    levels = 2 if n < FAR_BELOW * size else int(n < size)
    return Step("imprecision", levels, f"{reason}; {n} people, where one adequate trial needs {size}")


def _borders(crossed) -> str:
    return ("neither border", "one border", "both borders")[crossed]


def missing_step(available, n, switched=0) -> Step:
    """
    Lower by one if at most half of the randomised people stand behind numbers, or if completed trials
    without report are a quarter or more of them and the people in the pool.

    Parameters
    ----------
    available : Availability
        Randomised people by what can be read of them.
    n : int
        People in the pool.
    switched : int
        Trials in the pool at high risk of selective reporting; said, and counted here only.

    Returns
    -------
    Step
        At most one level: selective reporting and missing trials are one weakness.

    References
    ----------
    Guyatt et al. (2011), J Clin Epidemiol 64:1277 (GRADE guidelines 5); Chan and Altman (2005), BMJ 330:753.
    """
    absent = available.unreported / (available.unreported + n) if available.unreported + n else 0.0
    few, many = not available.share > MOST, absent >= MANY_UNREPORTED
    return Step(
        "missing results",
        int(few or many),
        answer(
            "numbers cover {share:percent} of {total:count randomised person}; {gone:count person} are in "
            "completed trials without report ({absent:percent} of these and the pool together); "
            "{switched:count trial} in the pool at high risk of selective reporting",
            share=available.share,
            total=available.total,
            gone=available.unreported,
            absent=absent,
            switched=switched,
        ),
    )
