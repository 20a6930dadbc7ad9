"""Differences that published work bears on itself: two doses in one trial, two comparators in one review."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import pandas as pd
from scipy.special import ndtr

from ..choices import WINDOWS, Choices
from ..measures.escalc import interval_se_parallel
from ..measures.reading import Z95, interval_of
from .effects import in_window
from .efficacy import published_anchors


def dose_bounds(review, choices=None) -> pd.DataFrame:
    """
    What a trial with two doses and one omnibus test lets us know about the difference between its doses.

    A group-by-time test over all arms that is not significant bounds every contrast of the arms, that of the
    two doses included (Scheffe). The reading is always the omnibus one: pairwise tests against the comparator
    would say nothing about it.

    Returns
    -------
    DataFrame
        label, window, scale, higher, lower_dose (arms), n1, n2, lower, upper (limits of g, higher against
        lower dose; negative favours the higher), source_key, fact_ids.
    """
    choices = choices or Choices()
    keep = ["trial_id", "label", "n_doses", "last_dose_day", "end_of_treatment_day", "psychotherapy"]
    rows = review.contrasts.merge(review.trials[keep], on="trial_id")
    ptsd = set(review.scales.loc[review.scales["domain"] == "ptsd", "scale"])
    omnibus = (rows["test"] == "group_by_time") & (rows["finding"] == "not_significant")
    rows = rows[omnibus & rows["scale"].isin(ptsd)]
    arms = rows.groupby(["trial_id", "scale", "timepoint_days"], sort=False)
    pairs = [
        group.sort_values("active_arm", ascending=False).to_dict("records")
        for _, group in arms
        if len(group) == 2
    ]
    return pd.DataFrame([_dose_bound(*pair, choices) for pair in pairs])


def _dose_bound(high, low, choices) -> dict:
    """Limits of the contrast of two doses under one omnibus test."""
    se = float(interval_se_parallel(high["n1"], low["n1"]))
    df = None if pd.isna(high["test_df"]) else int(high["test_df"])
    limits = interval_of("not_significant", "group_by_time", None, se, "omnibus", choices.omnibus_df, df)
    known = {k: None if pd.isna(v) else v for k, v in high.items()}
    return {
        "label": high["label"],
        "window": next((w for w in WINDOWS if in_window(known, w, choices)), ""),
        "scale": high["scale"],
        "higher": high["active_arm"],
        "lower_dose": low["active_arm"],
        "n1": int(high["n1"]),
        "n2": int(low["n1"]),
        "lower": limits[0],
        "upper": limits[1],
        "source_key": high["source_key"],
        "fact_ids": join_facts([high["fact_ids"], low["fact_ids"]]),
    }


def join_facts(cells) -> str:
    """
    Keys of facts from several cells, each once and in order of first mention.

    Examples
    --------
    >>> join_facts(["F0001; F0002", "F0002"])
    'F0001; F0002'
    """
    return "; ".join(dict.fromkeys(key for cell in cells for key in str(cell).split("; ")))


@dataclass(frozen=True)
class AnchorDifference:
    """
    Difference of two independent published estimates.

    Attributes
    ----------
    estimate, ci_low, ci_high : float
        First less second, with its 95% interval.
    z, p : float
        Its test against zero, two-sided.
    """

    estimate: float
    ci_low: float
    ci_high: float
    z: float
    p: float


def anchor_difference(first, second) -> AnchorDifference:
    """
    Test two published pooled effects against each other from their 95% intervals.

    Parameters
    ----------
    first, second : mapping
        With `estimate`, `ci_low`, `ci_high`; 95% intervals, symmetric on this scale. The two must come from
        different people.

    Returns
    -------
    AnchorDifference

    References
    ----------
    Altman and Bland (2003), Interaction revisited, BMJ 326: 219.

    Examples
    --------
    >>> a, b = ({"estimate": e, "ci_low": e - 0.392, "ci_high": e + 0.392} for e in (-0.6, -0.1))
    >>> test = anchor_difference(a, b)
    >>> print(f"{test.estimate:.2f} ({test.ci_low:.2f} to {test.ci_high:.2f}), z = {test.z:.2f}")
    -0.50 (-1.05 to 0.05), z = -1.77
    """
    se = math.hypot(*((x["ci_high"] - x["ci_low"]) / (2 * Z95) for x in (first, second)))
    estimate = first["estimate"] - second["estimate"]
    z = estimate / se
    return AnchorDifference(estimate, estimate - Z95 * se, estimate + Z95 * se, z, float(2 * ndtr(-abs(z))))


def comparator_anchors(review) -> pd.DataFrame:
    """Published pools by kind of comparator, a day after the first dose; negative favours ketamine."""
    rows = published_anchors(review, "24h")
    return rows[rows["comparison"].isin(["passive controls", "active controls"])]


def randomised_between(review) -> dict[str, list[str]]:
    """
    Randomised trials whose active arms differ, by what they differ in.

    Returns
    -------
    dict of str to list of str
        Labels under "dose" (arms named by one drug and two doses) and "other".
    """
    core = review.trials[review.trials["role"] == "core"]
    active = review.arms[review.arms["role"].isin(["active", "active_secondary"])]
    found: dict[str, list[str]] = {"dose": [], "other": []}
    for trial, label in zip(core["trial_id"], core["label"], strict=True):
        arms = list(active.loc[active["trial_id"] == trial, "arm"])
        if len(arms) > 1:
            drugs = {re.sub(r"_[\d.]+$", "", arm) for arm in arms}
            found["dose" if len(drugs) == 1 else "other"].append(label)
    return found
