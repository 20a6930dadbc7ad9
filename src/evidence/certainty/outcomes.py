"""What is rated: symptom severity by window, response and harms, each with the trials behind it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..choices import Choices
from ..measures.conversions import log_odds_ratio_from_smd
from ..measures.two_by_two import log_odds_ratio
from ..review.efficacy import RELEVANT, partial_fit, pool_all
from .bias import judgements, weaknesses
from .grade import (
    Rating,
    Trial,
    imprecision_step,
    inconsistency_step,
    indirectness_step,
    information_size,
    missing_step,
    risk_of_bias_step,
)
from .unreported import availability, count_people

THRESHOLD = abs(RELEVANT)  # SD
SELECTION = "selection"
WINDOWS_RATED = {
    "24h": "PTSD severity, 24 hours",
    "end_of_course": "PTSD severity, end of course",
    "follow_up": "PTSD severity, follow-up",
}
# Outcome codes of the events table that mean the same thing.
EVENTS_RATED = {
    "response": ("Response (30% fewer symptoms), end of treatment", ("response", "response_30pct")),
    "dropout": ("Leaving the trial early", ("dropout",)),
    "serious_adverse_event": ("Serious adverse events", ("serious_adverse_event",)),
}
ACTIVE = {
    "standard": ("active",),
    "low": ("active_secondary",),
    "both": ("active", "active_secondary"),
}


def certainty_ratings(review, choices=None, pools=None) -> list[Rating]:
    """
    Rate the certainty of every outcome.

    Parameters
    ----------
    review : Review
    choices : Choices, optional
    pools : dict of str to WindowPool, optional
        Of the same choices; computed if left out.

    Returns
    -------
    list of Rating
        PTSD severity at 24 hours, end of course and follow-up; response, dropout and serious adverse events.

    References
    ----------
    Guyatt et al. (2008), BMJ 336:924; rules in docs/adr/0010-grade.md.

    Examples
    --------
    >>> from evidence import load
    >>> for rating in certainty_ratings(load())[:2]:
    ...     print(f"{rating.name}: {rating.level}")
    PTSD severity, 24 hours: very low
    PTSD severity, end of course: very low
    """
    choices = choices or Choices()
    pools = pools or pool_all(review, choices)
    severity = [_rate_window(review, pools[window], name, choices) for window, name in WINDOWS_RATED.items()]
    return severity + [_rate_events(review, outcome, choices) for outcome in EVENTS_RATED]


def _rate_window(review, result, name, choices):
    rows = result.included
    once = rows["analysis"] == "crossover"
    people = pd.Series(np.where(once, rows["n1"], rows["n1"] + rows["n2"]), index=rows["trial_id"])
    found = availability(review, result, choices)
    return _rating(review, result.window, name, "g", result.partial, people, found, THRESHOLD)


def event_counts(review, outcome, choices=None) -> pd.DataFrame:
    """
    Counts of an outcome in both arms of each core trial that has them.

    Parameters
    ----------
    review : Review
    outcome : {"response", "dropout", "serious_adverse_event"}
    choices : Choices, optional

    Returns
    -------
    DataFrame
        Indexed by trial_id: a, n1 (active), c, n2 (comparator). Response is counted at the declared end of
        treatment.
    """
    choices = choices or Choices()
    trials = review.trials.set_index("trial_id")
    events = review.events[review.events["outcome"].isin(EVENTS_RATED[outcome][1])]
    events = events.merge(review.arms[["trial_id", "arm", "role"]], on=["trial_id", "arm"])
    events = events[events["trial_id"].map(trials["role"]) == "core"]
    if outcome == "response":
        ends = events["trial_id"].map(trials["end_of_treatment_day"])
        events = events[events["timepoint_days"] == ends]
    left_out = set() if choices.include_duek else {"duek_2023"}
    if choices.exclude_high_risk:
        left_out |= set(review.rob.loc[review.rob["judgement"] == "high", "trial_id"])
    events = events[~events["trial_id"].isin(left_out)]
    chosen = np.where(events["trial_id"] == "abdallah_2022", choices.abdallah_arm, "standard")
    active = [role in ACTIVE[arm] for role, arm in zip(events["role"], chosen, strict=True)]
    one, two = (
        events[rows].groupby("trial_id", sort=False)[["events", "n"]].sum().set_axis(names, axis=1)
        for rows, names in ((active, ["a", "n1"]), (events["role"] == "comparator", ["c", "n2"]))
    )
    return one.join(two, how="inner")


def pool_events(counts, choices=None):
    """
    Pool log odds ratios by the headline's model, its priors turned from SD into log odds.

    Parameters
    ----------
    counts : DataFrame
        As from `event_counts`.
    choices : Choices, optional

    Returns
    -------
    PartialResult
        On the log odds scale, negative when the event is rarer on the active drug; NaN without a trial.

    References
    ----------
    Chinn (2000), Stat Med 19:3127: one SD is pi / sqrt(3) on the log odds scale.
    """
    choices = choices or Choices()
    scale = log_odds_ratio_from_smd(1.0, 1.0)[0]
    prior = choices.mu_prior_sd
    wider = choices.replace(
        tau_prior_scale=min(choices.tau_prior_scale * scale, 5.0),
        mu_prior_sd=None if prior is None else min(prior * scale, 100.0),
    )
    yi, vi = log_odds_ratio(*(counts[name].to_numpy(float) for name in ("a", "n1", "c", "n2")))
    return partial_fit(pd.DataFrame({"lower": yi, "upper": yi, "se": np.sqrt(vi)}), wider)


def _rate_events(review, outcome, choices):
    counts = event_counts(review, outcome, choices)
    core = review.trials.loc[review.trials["role"] == "core", "trial_id"]
    found = count_people(review, set(counts.index), set(), set(core), choices)
    threshold = log_odds_ratio_from_smd(THRESHOLD, 1.0)[0]
    fit = pool_events(counts, choices)
    name = EVENTS_RATED[outcome][0]
    return _rating(
        review, outcome, name, "log odds ratio", fit, counts["n1"] + counts["n2"], found, threshold
    )


def _rating(review, outcome, name, measure, fit, people, found, threshold):
    """Apply every rule to one outcome; `people` are the people behind each trial in its pool."""
    trials = _trials(review, people)
    ci, pi = (fit.ci_low, fit.ci_high), (fit.pi_low, fit.pi_high)
    n = int(people.sum())
    domains = judgements(review)
    switched = sum(domains[trial].get(SELECTION) == "high" for trial in people.index)
    steps = (
        risk_of_bias_step(trials),
        inconsistency_step(len(trials), ci, pi, threshold),
        indirectness_step(trials),
        imprecision_step(*ci, n, threshold, information_size(THRESHOLD)),
        missing_step(found, n, switched),
    )
    return Rating(outcome, name, measure, fit.estimate, *ci, len(trials), n, steps)


def _trials(review, people):
    domains = judgements(review)
    therapy = review.trials.set_index("trial_id")["psychotherapy"]
    trials = []
    for trial, n in people.items():
        judged = {domain: j for domain, j in domains[trial].items() if domain != SELECTION}
        high = sum(j == "high" for j in judged.values())
        trials.append(Trial(trial, int(n), len(weaknesses(judged)), high, therapy[trial] != "both_arms"))
    return trials
