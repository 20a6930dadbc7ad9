"""Changes without a control group: what happened to treated people, never what the treatment did."""

from __future__ import annotations

import math

import pandas as pd

from ..choices import Choices
from ..measures.arms import sd_from_ci, sd_from_se
from ..measures.paired import smcr

# Cohorts of one clinic: the one with the most numbers stands for all.
SAME_PEOPLE = {"bentley_2022": "artin_2022", "titone_2023": "artin_2022", "zhang_2025": "artin_2022"}
COLUMNS = [
    "trial_id",
    "label",
    "arm",
    "role",
    "scale",
    "day",
    "n",
    "baseline",
    "end",
    "change",
    "basis",
    "yi",
    "vi",
    "included",
    "exclusion_reason",
    "source_key",
    "fact_ids",
]


def prepost_changes(review, choices=None) -> pd.DataFrame:
    """
    Standardised change from baseline of every arm with the numbers for one.

    Change over the baseline SD (SMCR) where a baseline SD is known, else over the SD of the change (SMCC);
    `basis` says which. The correlation of scores before and after is `choices.prepost_r` where it is needed.

    Parameters
    ----------
    review : Review
    choices : Choices, optional

    Returns
    -------
    DataFrame
        One row per arm, scale and later time; `role` is "active" or "comparator"; `yi` negative = lower
        scores; `included` is False for cohorts that share people with another.

    References
    ----------
    Becker (1988); Morris (2000): standardised mean change.
    """
    choices = choices or Choices()
    scales = review.scales.loc[review.scales["domain"] == "ptsd", "scale"]
    rows = review.outcomes[review.outcomes["scale"].isin(scales)]
    baseline = rows[rows["timepoint_days"] == 0].set_index(["trial_id", "arm", "scale"])
    records = [_record(row, baseline, choices) for row in rows[rows["timepoint_days"] != 0].itertuples()]
    frame = pd.DataFrame([r for r in records if r])
    labels = review.trials.set_index("trial_id")["label"]
    roles = review.arms.set_index(["trial_id", "arm"])["role"]
    frame["label"] = frame["trial_id"].map(labels)
    frame["role"] = [
        roles[(t, a)].replace("_secondary", "") for t, a in zip(frame["trial_id"], frame["arm"], strict=True)
    ]
    shared = frame["trial_id"].map(SAME_PEOPLE)
    frame["included"] = shared.isna()
    frame["exclusion_reason"] = [f"shares people with {s}" if isinstance(s, str) else "" for s in shared]
    return frame[COLUMNS]


def _record(row, baseline, choices):
    key = (row.trial_id, row.arm, row.scale)
    before = baseline.loc[key] if key in baseline.index else None
    change = row.mean_change
    if math.isnan(change) and before is not None:
        change = row.mean - before["mean"]
    out = {
        "trial_id": row.trial_id,
        "arm": row.arm,
        "scale": row.scale,
        "day": row.timepoint_days,
        "n": row.n,
        "baseline": math.nan if before is None else before["mean"],
        "end": row.mean,
        "change": change,
        "source_key": row.source_key,
        "fact_ids": row.fact_ids,
    }
    sd_before, sd_change = _baseline_sd(before), _change_sd(row)
    if not math.isnan(sd_before) and row.n >= 3:
        yi, vi = smcr(change, 0.0, sd_before, row.n, choices.prepost_r)
        return {**out, "basis": "baseline SD", "yi": float(yi), "vi": float(vi)}
    if not math.isnan(sd_change) and row.n >= 3:
        yi, vi = _over_change_sd(change, sd_change, row.n)
        return {**out, "basis": "SD of the change", "yi": yi, "vi": vi}
    return {**out, "basis": "points only", "yi": math.nan, "vi": math.nan}


def _over_change_sd(change, sd_change, n):
    """
    SMCC when the SD of the change is printed: `smcc` with both scores' SDs chosen to give that SD at r = 0.5.

    With equal SDs s and r = 0.5 the SD of the change is s, so the correlation drops out.
    """
    from ..measures.paired import smcc

    yi, vi = smcc(change, 0.0, sd_change, sd_change, n, 0.5)
    return float(yi), float(vi)


def _baseline_sd(before):
    if before is None:
        return math.nan
    if not math.isnan(before["sd"]):
        return before["sd"]
    return math.nan if math.isnan(before["se"]) else float(sd_from_se(before["se"], before["n"]))


def _change_sd(row):
    if not math.isnan(row.sd_change):
        return row.sd_change
    if not math.isnan(row.se_change):
        return float(sd_from_se(row.se_change, row.n))
    if not math.isnan(row.mean_change_ci_low):
        return float(sd_from_ci(row.mean_change_ci_low, row.mean_change_ci_high, row.n))
    return math.nan


def control_share(changes, trial_id) -> float:
    """
    Change of a trial's comparator arm as a share of its active arm's, by points, at the first rating.

    Parameters
    ----------
    changes : DataFrame
        From `prepost_changes`.
    trial_id : str

    Returns
    -------
    float
        NaN if the trial has no comparator arm with a change.
    """
    rows = changes[(changes["trial_id"] == trial_id) & changes["day"].notna()]
    if not {"active", "comparator"} <= set(rows["role"]):
        return math.nan
    first = rows[rows["day"] == rows["day"].min()].set_index("role")["change"]
    return float(first["comparator"] / first["active"])
