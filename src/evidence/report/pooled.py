"""Results to tables, and the sentences beside them."""

from __future__ import annotations

import math

from ..choices import WINDOWS, Choices
from ..prose.tables import table
from ..prose.wording import interval, join_words, number
from ..review.effects import effect_sizes
from ..review.efficacy import leave_one_out, pool_window, published_anchors, sensitivity
from ..review.wanted import wanted
from .statements import (
    WINDOW_NAMES,
    answer_table,
    data_answer,
    data_version,
    effects_answer,
    main_answer,
    prose,
    sensitivity_sentence,
    validation_sentence,
    verdict,
    what_would_change,
    window_sentence,
)

__all__ = [
    "answer_table",
    "assumed_inputs_table",
    "availability",
    "choices_table",
    "contrasts_table",
    "corrections_table",
    "crossover_table",
    "data_answer",
    "data_version",
    "effects_answer",
    "left_out_table",
    "main_answer",
    "metric_table",
    "null_rule_table",
    "pools_table",
    "prose",
    "rows_used",
    "schedule_rows",
    "sensitivity_sentence",
    "sensitivity_table",
    "trials_table",
    "validation_sentence",
    "verdict",
    "wanted_table",
    "what_would_change",
    "window_sentence",
]
POOL_COLUMNS = {
    "window": "window",
    "model": "model",
    ("estimate", "ci_low", "ci_high"): "g (95% interval)",
    "p_benefit": "P(benefit)",
    "k": "trials",
    "n": "participants",
}
FINDING_WORDS = {
    "estimate": "number",
    "not_significant": "no difference",
    "favours_active": "better, no number",
    "favours_comparator": "worse, no number",
    "unknown": "nothing reported",
}


def pools_table(pools, review):
    """Show, per window, the headline beside complete cases and published pools."""
    rows = []
    for window, result in pools.items():
        name = {"window": WINDOW_NAMES[window]}
        complete = (
            "numbers only, REML with Hartung-Knapp" if result.k_exact > 1 else "numbers only, one trial"
        )
        rows.append(
            {
                **name,
                "model": "all reports (headline)",
                **_numbers(result.partial),
                "k": result.k,
                "n": result.n,
            }
        )
        rows.append(
            {**name, "model": complete, **_numbers(result.complete), "k": result.k_exact, "n": result.n_exact}
        )
        for anchor in published_anchors(review, window).to_dict("records"):
            rows.append({**anchor, **name, "model": f"published: {anchor['label']}"})
    return table(rows, POOL_COLUMNS, missing="-")


def _numbers(fit) -> dict:
    return {
        "estimate": fit.estimate,
        "ci_low": fit.ci_low,
        "ci_high": fit.ci_high,
        "p_benefit": getattr(fit, "p_benefit", math.nan),
    }


def rows_used(result):
    """Show the rows of a window: what each report says, what was made of it, and its source."""
    rows = result.effects.assign(
        says=result.effects["finding"].map(FINDING_WORDS),
        reading=[_reading(r) for r in result.effects.itertuples()],
        used=result.effects["included"].map({True: "yes", False: "no"}),
    )
    columns = {
        "label": "trial",
        "active_arm": "arm",
        "scale": "scale",
        "timepoint_days": "day",
        "says": "report",
        "reading": "read as g",
        "used": "used",
        "exclusion_reason": "why not",
        "source_key": "source",
        "fact_ids": "facts",
    }
    return table(rows, columns, digits={"timepoint_days": 0}, missing="-")


def _reading(row) -> str:
    if row.finding == "estimate":
        return f"{number(row.yi)} (SE {number(row.se)})"
    if math.isinf(row.lower) and math.isinf(row.upper):
        return "nothing"
    if math.isinf(row.lower):
        return f"below {number(row.upper)}"
    if math.isinf(row.upper):
        return f"above {number(row.lower)}"
    return interval(row.lower, row.upper)


def availability(review, choices=None):
    """Show what each core trial lets us know in each window."""
    choices = choices or Choices()
    core = review.trials[review.trials["role"] == "core"]
    cells = {
        t: {"trial": label, "n": n}
        for t, label, n in zip(core["trial_id"], core["label"], core["n_randomised"], strict=True)
    }
    for window in WINDOWS:
        effects = effect_sizes(review, window, choices)
        for trial, rows in effects.groupby("trial_id"):
            if trial in cells:
                best = rows.sort_values("included", ascending=False, kind="stable").iloc[0]
                cells[trial][window] = FINDING_WORDS[best["finding"]] + (
                    "" if best["included"] else " (not used)"
                )
    missing = {"n": "not stated", **dict.fromkeys(WINDOW_NAMES, "not rated")}
    return table(list(cells.values()), {"trial": "trial", "n": "people", **WINDOW_NAMES}, missing=missing)


def left_out_table(result, choices=None):
    """Show the headline with each trial left out."""
    frame = leave_one_out(result, choices)
    columns = {
        "label": "pool",
        ("estimate", "ci_low", "ci_high"): "g (95% interval)",
        "p_benefit": "P(benefit)",
    }
    return table(frame, columns, missing="not estimable")


def sensitivity_table(review, window, choices=None):
    """Show how far each knob moves the headline of a window."""
    columns = {
        "knob": "choice",
        "value": "set to",
        ("estimate", "ci_low", "ci_high"): "g (95% interval)",
        "p_benefit": "P(benefit)",
        "moved": "moved by",
        "k": "trials",
    }
    return table(sensitivity(review, window, choices), columns, missing="not estimable")


def wanted_table(review, choices=None):
    """Show the numbers the review would use and does not have."""
    columns = {
        "trial": "trial",
        "scale": "scale",
        "time": "time",
        "statistic": "wanted",
        "n": "people",
        "swing": "could move g by",
        "doi": "DOI",
        "registration": "registration",
    }
    return table(wanted(review, choices), columns, missing="-")


def trials_table(review, role="core"):
    """Show the trials of a role with their design."""
    rows = review.trials[review.trials["role"] == role]
    columns = {
        "label": "trial",
        "design": "design",
        "population": "population",
        "route": "route",
        "dose_mg_per_kg": "mg/kg",
        "n_doses": "doses",
        "comparator": "comparator",
        "psychotherapy": "therapy",
        "n_randomised": "people",
        "registration": "registration",
        "source_key": "source",
    }
    return table(rows, columns, digits=1)


def choices_table(choices=None):
    """Show every assumption with its value, range and decision record."""
    choices = choices or Choices()
    rows = [
        {**knob, "value": "none" if (v := getattr(choices, knob["name"])) is None else str(v).lower()}
        for knob in Choices.describe()
    ]
    columns = {
        "name": "choice",
        "value": "value",
        "allowed": "allowed",
        "reason": "what it stands for",
        "adr": "decision",
    }
    return table(rows, columns)


def contrasts_table(review):
    """Show every comparison as reported, signs as printed."""
    rows = review.contrasts.merge(review.trials[["trial_id", "label"]], on="trial_id")
    rows = rows.assign(says=rows["finding"].map(FINDING_WORDS))
    columns = {
        "label": "trial",
        "active_arm": "arm",
        "comparator_arm": "against",
        "scale": "scale",
        "timepoint_label": "time",
        "says": "report",
        "metric": "metric",
        ("estimate", "ci_low", "ci_high"): "as printed (95% interval)",
        "se": "SE",
        "p_value": "p",
        "test": "test",
        "source_key": "source",
        "source_location": "place",
        "fact_ids": "facts",
    }
    return table(rows, columns, digits={"p_value": 3}, missing="-")


def corrections_table(review):
    """Show every conflict between sources and what counts here."""
    rows = [
        {
            "id": c.id,
            "printed": join_words([str(p) for p in c.printed], "or"),
            "use": str(c.use),
            "why": c.why,
            "status": c.status,
        }
        for c in review.corrections
    ]
    return table(
        rows, {"id": "what", "printed": "printed", "use": "counts here", "why": "why", "status": "status"}
    )


def null_rule_table(review, choices=None):
    """Show every window under the three readings of a report of no difference."""
    choices = choices or Choices()
    rows = []
    for window in WINDOWS:
        for rule in ("omnibus", "pairwise", "ignore"):
            result = pool_window(review, window, choices.replace(null_rule=rule))
            rows.append(
                {"window": window, "rule": rule, **_numbers(result.partial), "k": result.k, "n": result.n}
            )
    columns = {
        "window": "window",
        "rule": "reading",
        ("estimate", "ci_low", "ci_high"): "g (95% interval)",
        "p_benefit": "P(benefit)",
        "k": "trials",
        "n": "participants",
    }
    return table(rows, columns, missing="not estimable")


def metric_table(review, choices=None):
    """Show one comparison by every metric its report allows."""
    choices = choices or Choices()
    rows = []
    for window in ("end_of_course", "follow_up"):
        effects = effect_sizes(review, window, choices)
        for row in effects[effects["finding"] == "estimate"].itertuples():
            rows.append(
                {
                    "trial": row.label,
                    "window": window,
                    "timepoint_days": row.timepoint_days,
                    "metric": row.metric,
                    "analysis": row.analysis,
                    "yi": row.yi,
                    "se": row.se,
                    "used": "yes" if row.included else "no",
                    "source_key": row.source_key,
                }
            )
    columns = {
        "trial": "trial",
        "window": "window",
        "timepoint_days": "day",
        "metric": "metric",
        "analysis": "analysis",
        "yi": "g",
        "se": "SE",
        "used": "used",
        "source_key": "source",
    }
    return table(rows, columns, digits={"timepoint_days": 0})


def crossover_table(review, choices=None):
    """Show the first trial's effect for each number of people and correlation that may stand behind it."""
    choices = choices or Choices()
    rows = []
    for n in (29, 35, 41):
        for r in (0.3, 0.5, 0.7):
            effects = effect_sizes(
                review, "24h", choices.replace(feder_2014_n=n, crossover_r=r, feder_2014_analysis="crossover")
            )
            row = effects[(effects["trial_id"] == "feder_2014") & effects["included"]].iloc[0]
            rows.append({"n": n, "r": r, "yi": row["yi"], "se": row["se"]})
    return table(
        rows, {"n": "people", "r": "correlation", "yi": "g", "se": "SE"}, digits={"r": 1, "yi": 2, "se": 2}
    )


def schedule_rows(review):
    """Doses and ratings of each core trial as records for the schedule figure."""
    scales = set(review.scales.loc[review.scales["domain"] == "ptsd", "scale"])
    core = review.trials[review.trials["role"] == "core"]
    rows = review.contrasts[
        review.contrasts["scale"].isin(scales) & review.contrasts["trial_id"].isin(core["trial_id"])
    ]
    best = {"estimate": 0, "favours_active": 1, "favours_comparator": 1, "not_significant": 2, "unknown": 3}
    rows = rows.assign(rank=rows["finding"].map(best)).sort_values(["rank", "line"], kind="stable")
    rows = rows.drop_duplicates(["trial_id", "timepoint_days"])
    return rows.merge(core[["trial_id", "label", "n_doses", "last_dose_day"]], on="trial_id")


def assumed_inputs_table(review, choices=None):
    """Show the 24 h headline for each value of what is assumed about the two trials that leave most open."""
    choices = choices or Choices()
    names = ("feder_2014_analysis", "feder_2014_n", "crossover_r", "dadabayev_n")
    knobs = [knob for knob in Choices.describe() if knob["name"] in names]
    rows = []
    for rule in ("omnibus", "pairwise"):
        for knob in knobs:
            for value in knob["sweep"]:
                result = pool_window(review, "24h", choices.replace(null_rule=rule, **{knob["name"]: value}))
                numbers = _numbers(result.partial)
                rows.append(
                    {"rule": rule, "knob": knob["name"], "value": str(value), **numbers, "k": result.k}
                )
    columns = {
        "rule": "null reports read as",
        "knob": "assumption",
        "value": "set to",
        ("estimate", "ci_low", "ci_high"): "g (95% interval)",
        "p_benefit": "P(benefit)",
        "k": "trials",
    }
    return table(rows, columns, missing="not estimable")
