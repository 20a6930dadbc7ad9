"""From contrasts to one standardised effect per trial and window, oriented once."""

from __future__ import annotations

import math

import pandas as pd

from ..choices import WINDOWS, Choices
from ..measures.conversions import t_from_ci
from ..measures.escalc import interval_se_parallel, smd_from_ci, smd_from_t
from ..measures.paired import crossover_g, interval_se_crossover
from ..measures.reading import NOTHING, interval_of

COLUMNS = [
    "trial_id",
    "label",
    "window",
    "scale",
    "timepoint_days",
    "yi",
    "vi",
    "se",
    "lower",
    "upper",
    "finding",
    "test",
    "source_key",
    "fact_ids",
    "included",
    "exclusion_reason",
    "n1",
    "n2",
    "active_arm",
    "comparator_arm",
    "comparator_kind",
    "metric",
    "analysis",
    "line",
]
METRIC_ORDER = {
    "printed_smd": ("cohen_d", "mean_difference", "mean_difference_of_change", "hedges_g", "none"),
    "raw_difference": ("mean_difference", "cohen_d", "mean_difference_of_change", "hedges_g", "none"),
}


def effect_sizes(review, window, choices=None, domain="ptsd"):
    """
    Effects of all comparisons rated in a window, one of them per trial marked `included`.

    Parameters
    ----------
    review : Review
        Loaded data.
    window : {"24h", "week1", "end_of_course", "follow_up"}
    choices : Choices, optional
        Assumptions; the defaults when left out.
    domain : {"ptsd", "depression"}
        What the instrument measures.

    Returns
    -------
    DataFrame
        One row per comparison rated in the window. `yi` is Hedges' g, negative favouring the active arm, NaN
        unless the report gives a number; `vi` its variance; `se` its standard error (at g = 0 for rows
        without a number); `lower`, `upper` what the report lets us know (equal for exact rows). Rows that do
        not stand for their trial keep `included` False and say why in `exclusion_reason`.

    Raises
    ------
    ValueError
        If the window is unknown.

    Examples
    --------
    >>> from evidence import load
    >>> es = effect_sizes(load(), "end_of_course")
    >>> for row in es[es["included"]].itertuples():
    ...     print(f"{row.trial_id} {row.finding} {row.lower:.2f} {row.upper:.2f}")
    feder_2021 estimate -1.10 -1.10
    abdallah_2022 not_significant -0.69 0.69
    duek_2023 estimate -0.39 -0.39
    """
    if window not in WINDOWS:
        raise ValueError(
            f"window: found {window!r}; allowed: {', '.join(WINDOWS)}. Fix: use one of these codes"
        )
    choices = choices or Choices()
    rows = [row for row in _joined(review, domain) if in_window(row, window, choices)]
    return _effects(rows, window, review, choices)


def effects_between(review, low, high, choices=None, domain="ptsd"):
    """
    Effects rated from `low` to `high` days after the first dose; columns as in `effect_sizes`.

    Parameters
    ----------
    review : Review
    low, high : float
        Days since the first dose, both included.
    choices : Choices, optional
    domain : {"ptsd", "depression"}

    Returns
    -------
    DataFrame

    Raises
    ------
    ValueError
        If the days run backwards.
    """
    if not 0 <= low <= high:
        raise ValueError(
            f"low, high: found {low}, {high}; allowed: 0 <= low <= high. Fix: give days in order"
        )
    choices = choices or Choices()
    timed = [row for row in _joined(review, domain) if row["timepoint_days"] is not None]
    rows = [row for row in timed if low <= row["timepoint_days"] <= high]
    return _effects(rows, f"days {low:g} to {high:g}", review, choices)


def _effects(rows, window, review, choices):
    effects = [_effect(row, rows, window, choices) for row in rows]
    _mark_included(effects, rows, review, choices)
    return pd.DataFrame(effects, columns=COLUMNS).astype({"included": bool})


def _joined(review, domain):
    """Contrasts with the properties of their trial and scale, as records."""
    keep = [
        "trial_id",
        "label",
        "design",
        "n_doses",
        "last_dose_day",
        "end_of_treatment_day",
        "psychotherapy",
        "comparator_kind",
        "role",
        "primary_scale",
        "overlaps_with",
        "n_randomised",
    ]
    scales = review.scales[["scale", "domain", "rater"]]
    contrasts = review.contrasts
    contrasts = contrasts.assign(line=contrasts.index)
    frame = contrasts.merge(review.trials[keep], on="trial_id").merge(scales, on="scale")
    frame = frame[frame["domain"] == domain].sort_values("line")
    return [{k: None if pd.isna(v) else v for k, v in row.items()} for row in frame.to_dict("records")]


def in_window(row, window, choices) -> bool:
    """Tell whether a comparison was rated in a window, by docs/adr/0008-windows.md."""
    day, last, end = row["timepoint_days"], row["last_dose_day"], row["end_of_treatment_day"]
    if day is None:
        untimed = row["trial_id"] == "beaglehole_2025" and window == "24h"
        return untimed and choices.beaglehole_untimed == "24h"
    if window == "24h":
        return choices.window_24h_low <= day <= choices.window_24h_high
    if window == "week1":
        return choices.window_week1_low <= day <= choices.window_week1_high
    if last is None:
        return False
    if window == "end_of_course":
        course = (row["n_doses"] or 0) >= 2 or row["psychotherapy"] in ("both_arms", "with_drug")
        return course and end is not None and day == end and day - last <= choices.end_of_course_gap
    return day - last >= choices.follow_up_gap


def _effect(row, rows, window, choices):
    """One output record: exact, interval, one-sided or uninformative."""
    out = {c: row.get(c) for c in COLUMNS}
    out.update(window=window, yi=math.nan, vi=math.nan, included=False, exclusion_reason="")
    out["n1"], out["n2"] = _group_sizes(row, rows, choices)
    if row["finding"] == "estimate":
        yi, vi = _exact(row, out["n1"], out["n2"], choices)
        out.update(yi=yi, vi=vi, se=math.sqrt(vi), lower=yi, upper=yi)
        return out
    se = _se_at_zero(row, out["n1"], out["n2"], choices)
    low, high = interval_of(
        row["finding"],
        row["test"],
        row["significance"],
        se,
        choices.null_rule,
        choices.omnibus_df,
        row["test_df"],
    )
    out.update(se=se, lower=low, upper=high)
    return out


def _group_sizes(row, rows, choices):
    """People behind a comparison, from the row or from the choice that stands in for a missing number."""
    if row["trial_id"] == "feder_2014" and row["analysis"] == "crossover":
        first = [r for r in rows if r["trial_id"] == "feder_2014" and r["analysis"] == "first_period"]
        if choices.feder_2014_analysis == "between_people" and first:
            return first[0]["n1"], first[0]["n2"]
        return choices.feder_2014_n, choices.feder_2014_n
    if row["trial_id"] == "dadabayev_2020":
        return choices.dadabayev_n, choices.dadabayev_n
    if row["trial_id"] == "abdallah_2022" and choices.abdallah_arm == "both":
        same = [r for r in rows if all(r[k] == row[k] for k in ("trial_id", "scale", "timepoint_days"))]
        return sum(r["n1"] for r in same), row["n2"]
    return row["n1"] or math.nan, row["n2"] or math.nan


def orient(estimate, favours_active_when):
    """
    Turn a printed difference so that negative favours the active arm.

    Examples
    --------
    >>> orient(12.7, "positive"), orient(-7.48, "negative")
    (-12.7, -7.48)
    """
    return -estimate if favours_active_when == "positive" else estimate


def _paired(row, choices):
    """Whether one person's two periods are compared."""
    between = row["trial_id"] == "feder_2014" and choices.feder_2014_analysis == "between_people"
    return row["design"] == "rct_crossover" and row["analysis"] == "crossover" and not between


def _exact(row, n1, n2, choices):
    """Hedges' g and its variance of a row with a number."""
    est, low, high = row["estimate"], row["ci_low"], row["ci_high"]
    if row["metric"] in ("mean_difference", "mean_difference_of_change"):
        if _paired(row, choices):
            yi, vi = crossover_g(t_from_ci(est, low, high, n1 - 1), n1, choices.crossover_r)
        else:
            t = est / row["se"] if row["se"] is not None else t_from_ci(est, low, high, n1 + n2 - 2)
            yi, vi = smd_from_t(t, n1, n2)
    elif low is not None and high is not None:
        yi, vi = smd_from_ci(est, low, high, n1, n2, corrected=row["metric"] == "hedges_g")
    else:
        yi, vi = smd_from_t(est / math.sqrt(1 / n1 + 1 / n2), n1, n2)
    return orient(float(yi), row["favours_active_when"]), float(vi)


def _se_at_zero(row, n1, n2, choices):
    if _paired(row, choices):
        return float(interval_se_crossover(n1, choices.crossover_r))
    return float(interval_se_parallel(n1, n2)) if not math.isnan(n1 + n2) else math.nan


def _mark_included(effects, rows, review, choices):
    """Mark the one row that stands for each trial; give every other row its reason."""
    high_risk = set(review.rob.loc[review.rob["judgement"] == "high", "trial_id"])
    best: dict[str, tuple] = {}
    for i, (effect, row) in enumerate(zip(effects, rows, strict=True)):
        effect["exclusion_reason"] = _ineligible(effect, row, choices, high_risk)
        if not effect["exclusion_reason"]:
            rank = _rank(row, effect, choices)
            if row["trial_id"] not in best or rank < best[row["trial_id"]][0]:
                best[row["trial_id"]] = (rank, i)
    chosen = {i for _, i in best.values()}
    for i, effect in enumerate(effects):
        effect["included"] = i in chosen
        if not effect["exclusion_reason"] and i not in chosen:
            effect["exclusion_reason"] = "another row stands for this trial in this window"
    _drop_overlaps(effects, rows)


def _ineligible(effect, row, choices, high_risk) -> str:
    trial = row["trial_id"]
    standard = {"standard": ("ketamine_0.5",), "low": ("ketamine_0.2",), "both": ("ketamine_0.5",)}
    if row["role"] != "core" or not row["design"].startswith("rct"):
        return "not a randomised comparison of the drug with a control"
    if trial == "abdallah_2022" and row["active_arm"] not in standard[choices.abdallah_arm]:
        return f"dose not chosen (abdallah_arm = {choices.abdallah_arm})"
    if row["timepoint_label"] == "after first infusion" and choices.abdallah_first_infusion == "leave_out":
        return "left out by choice (abdallah_first_infusion = leave_out)"
    if trial == "duek_2023" and not choices.include_duek:
        return "left out by choice (include_duek = false)"
    if choices.exclude_high_risk and trial in high_risk:
        return "high risk of bias (exclude_high_risk = true)"
    wanted = "first_period" if choices.feder_2014_analysis == "first_period" else "crossover"
    if trial == "feder_2014" and row["analysis"] != wanted:
        return f"analysis not chosen (feder_2014_analysis = {choices.feder_2014_analysis})"
    if (effect["lower"], effect["upper"]) == NOTHING:
        return "no information: " + (
            "rated, nothing reported"
            if row["finding"] == "unknown"
            else f"{row['test']} report read as nothing (null_rule = {choices.null_rule})"
        )
    return ""


def _rank(row, effect, choices):
    """Order of preference among the rows of one trial in one window; smaller is better."""
    rater = {"clinician": "clinician", "self": "self"}.get(choices.instrument_priority)
    scale = row["rater"] != rater if rater else row["scale"] != row["primary_scale"]
    day = row["timepoint_days"] or 0
    return (
        row["finding"] != "estimate",
        scale,
        row["rater"] != "clinician",
        METRIC_ORDER[choices.metric].index(row["metric"]),
        row["active_arm"] != "ketamine_1.0",
        day if choices.follow_up_pick == "earliest" else -day,
    )


def _drop_overlaps(effects, rows):
    """Of two included trials that share people keep the larger."""
    included = {e["trial_id"]: (e, r) for e, r in zip(effects, rows, strict=True) if e["included"]}
    for trial, (effect, row) in included.items():
        other = included.get(row["overlaps_with"])
        if other and (row["n_randomised"] or 0, trial) < (
            other[1]["n_randomised"] or 0,
            other[0]["trial_id"],
        ):
            effect["included"], effect["exclusion_reason"] = (
                False,
                f"shares people with {other[0]['trial_id']}",
            )
