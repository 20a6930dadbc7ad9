"""Harms counted by arm: differences of risk, odds ratios, and what no event among few people leaves open."""

from __future__ import annotations

import math
import re
from functools import cache

import numpy as np
import pandas as pd

from ..measures.absolute_risk import newcombe_interval, zero_event_upper_bound
from ..models.dichotomous import exact_odds_ratio
from .subgroup_anchors import join_facts

# Counts of benefit; every other outcome of the events table is a harm, so that a new one is never lost.
BENEFITS = ("response", "remission", "ptsd_screen_negative", "flashbacks_resolved")
KINDS = {
    "dropout": "discontinuation",
    "stopped": "discontinuation",
    "serious": "serious",
    "death": "serious",
    "pollakiuria": "urinary",
    "renal_or_urinary": "urinary",
}  # by the beginning of the outcome; anything else is an acute effect
# People who had already done well on the drug and were randomised to go on or stop: a second course.
ENRICHED = ("sustain1_2019",)
# Harms of long or heavy use, by words of a context row's subject; other adverse effects are acute ones.
LONG_TERM = {
    "bladder and urine": r"urin|bladder|cystitis",
    "thinking": r"cognit|reaction time|memory",
    "dependence": r"dependence|craving|misuse",
    "liver and bile": r"liver|bile",
    "long-term safety as a whole": r"long-term safety",
}


def harm_kind(outcome) -> str:
    """
    Sort an outcome: "acute effect", "discontinuation", "serious" or "urinary".

    Examples
    --------
    >>> print(harm_kind("dropout_week1"), "|", harm_kind("nausea"))
    discontinuation | acute effect
    """
    return next((kind for start, kind in KINDS.items() if outcome.startswith(start)), "acute effect")


def long_term_topic(subject) -> str:
    """
    Topic of a long-term harm, "" for anything else.

    Examples
    --------
    >>> long_term_topic("Urinary symptoms after stopping"), long_term_topic("Heart rate")
    ('bladder and urine', '')
    """
    found = (topic for topic, words in LONG_TERM.items() if re.search(words, subject, re.IGNORECASE))
    return next(found, "")


def harms(review) -> pd.DataFrame:
    """
    Counts of harm in each arm, with what is known of the trial and the arm.

    Returns
    -------
    DataFrame
        The harm rows of the events table with label, design, arm_role ("active", "active_secondary",
        "comparator", "all"), kind, and `evidence`: "direct" (people with PTSD, randomised), "no control"
        (people with PTSD, one arm) or "indirect" (depression programmes).
    """
    rows = review.events[~review.events["outcome"].str.startswith(BENEFITS)]
    trials = review.trials[["trial_id", "label", "design", "population"]]
    arms = review.arms[["trial_id", "arm", "role"]].rename(columns={"role": "arm_role"})
    rows = rows.merge(trials, on="trial_id").merge(arms, on=["trial_id", "arm"])
    rows["kind"] = rows["outcome"].map(harm_kind)
    indirect = rows["population"] == "depression_programme"
    randomised = rows["design"].str.startswith("rct")
    rows["evidence"] = np.select([indirect, randomised], ["indirect", "direct"], "no control")
    return rows


def harm_contrasts(review) -> pd.DataFrame:
    """
    Every harm that one trial counts in an active arm and in its comparator, one row for each active arm.

    Rows are never added up: a pooled programme holds its parts, two active arms share one comparator, and
    programmes differ in people, dose and length.

    Parameters
    ----------
    review : Review

    Returns
    -------
    DataFrame
        trial_id, label, outcome, kind, evidence, enriched (second course of people who did well on the
        first), timepoint_label, active_arm, comparator_arm, a, n1, c, n2 (events and people, active and
        comparator), rd, rd_low, rd_high (difference of risks, Newcombe 95% interval), odds_ratio, or_low,
        or_high (exact conditional; infinite or 0 when one arm has no event, NaN when neither has), clear
        (whether the exact interval excludes 1), source_key, fact_ids, note.

    References
    ----------
    Newcombe (1998), Stat Med 17: 873; Gart (1970), Biometrika 57: 471.

    Examples
    --------
    >>> from evidence import load
    >>> rows = harm_contrasts(load()).set_index(["trial_id", "outcome"])
    >>> row = rows.loc[("aspire_pooled_2021", "dissociation")]
    >>> print(f"{100 * row.rd:.1f} ({100 * row.rd_low:.1f} to {100 * row.rd_high:.1f})")
    28.1 (21.1 to 34.9)
    """
    rows = harms(review)
    active = rows[rows["arm_role"].isin(["active", "active_secondary"])]
    comparator = rows[rows["arm_role"] == "comparator"]
    keys = ["trial_id", "outcome", "timepoint_label"]
    pairs = active.merge(comparator, on=keys, suffixes=("", "_2"), validate="many_to_one")
    return pd.DataFrame([_contrast(pair) for pair in pairs.to_dict("records")], columns=COLUMNS)


COLUMNS = [
    "trial_id", "label", "outcome", "kind", "evidence", "enriched", "timepoint_label", "active_arm",
    "comparator_arm", "a", "n1", "c", "n2", "rd", "rd_low", "rd_high", "odds_ratio", "or_low", "or_high",
    "clear", "source_key", "fact_ids", "note",
]  # fmt: skip


def _contrast(pair) -> dict:
    a, n1, c, n2 = (int(pair[name]) for name in ("events", "n", "events_2", "n_2"))
    low, high = newcombe_interval(a, n1, c, n2)
    odds = _exact_odds(a, n1, c, n2)
    return {
        **{name: pair[name] for name in ("trial_id", "label", "outcome", "kind", "evidence")},
        "enriched": pair["trial_id"] in ENRICHED,
        "timepoint_label": pair["timepoint_label"],
        "active_arm": pair["arm"],
        "comparator_arm": pair["arm_2"],
        "a": a,
        "n1": n1,
        "c": c,
        "n2": n2,
        "rd": a / n1 - c / n2,
        "rd_low": float(low),
        "rd_high": float(high),
        **dict(zip(("odds_ratio", "or_low", "or_high"), odds, strict=True)),
        "clear": odds[1] > 1 or odds[2] < 1,
        "source_key": pair["source_key"],
        "fact_ids": join_facts([pair["fact_ids"], pair["fact_ids_2"]]),
        "note": pair["note"],
    }


@cache  # every sentence and table asks for the same counts
def _exact_odds(a, n1, c, n2) -> tuple[float, float, float]:
    """Odds ratio with its exact interval; NaN when nobody, or everybody, had the event."""
    if a + c in (0, n1 + n2):
        return math.nan, math.nan, math.nan
    fit = exact_odds_ratio([a], [n1], [c], [n2])
    with np.errstate(over="ignore"):
        return float(np.exp(fit.estimate)), float(np.exp(fit.ci_low)), float(np.exp(fit.ci_high))


def single_arm_harms(review) -> pd.DataFrame:
    """
    Harms counted without a comparator, with exact intervals.

    Returns
    -------
    DataFrame
        trial_id, label, outcome, kind, evidence, arm, timepoint_label, events, n, risk, low, high
        (Clopper-Pearson 95%; from 0 with the one-sided bound of `zero_event_upper_bound` when there was no
        event), source_key, fact_ids, note.
    """
    from statsmodels.stats.proportion import proportion_confint

    rows = harms(review)
    paired = harm_contrasts(review)
    compared = set(paired["trial_id"] + "/" + paired["outcome"])
    rows = rows[~(rows["trial_id"] + "/" + rows["outcome"]).isin(compared)].copy()
    rows["risk"] = rows["events"] / rows["n"]
    rows["low"], rows["high"] = proportion_confint(rows["events"], rows["n"], method="beta")
    none = rows["events"] == 0
    rows.loc[none, "low"] = 0.0
    rows.loc[none, "high"] = zero_event_upper_bound(rows.loc[none, "n"].to_numpy(float))
    names = ["trial_id", "label", "outcome", "kind", "evidence", "arm", "timepoint_label", "events", "n",
             "risk", "low", "high", "source_key", "fact_ids", "note"]  # fmt: skip
    return rows[names].reset_index(drop=True)


def zero_events(review) -> pd.DataFrame:
    """
    Arms of people with PTSD on the drug in which nobody had a harm, and the risk that this leaves open.

    Returns
    -------
    DataFrame
        label, outcome, kind, evidence, arm, n, bound (one-sided 95% upper bound of the risk), source_key,
        fact_ids.

    References
    ----------
    Hanley and Lippman-Hand (1983), JAMA 249: 1743.
    """
    rows = harms(review)
    treated = (rows["evidence"] != "indirect") & (rows["arm_role"] != "comparator")
    rows = rows[treated & (rows["events"] == 0)].copy()
    rows["bound"] = zero_event_upper_bound(rows["n"].to_numpy(float))
    names = ["label", "outcome", "kind", "evidence", "arm", "n", "bound", "source_key", "fact_ids"]
    return rows[names].reset_index(drop=True)


def published_harm_ratios(review) -> pd.DataFrame:
    """
    Pooled odds ratios of harms by other reviews of PTSD trials; above 1 is more on ketamine.

    Returns
    -------
    DataFrame
        outcome, estimate, ci_low, ci_high, k, clear (the printed interval excludes 1), review, source_key,
        fact_ids.
    """
    pools = review.published_pools
    rows = pools[
        (pools["metric"] == "odds_ratio") & (pools["favours_active_when"] == "not_applicable")
    ].copy()
    rows["clear"] = (rows["ci_low"] > 1) | (rows["ci_high"] < 1)
    names = ["outcome", "estimate", "ci_low", "ci_high", "k", "clear", "review", "source_key", "fact_ids"]
    return rows[names].reset_index(drop=True)
