"""Cells that are derived: what each function of `evidence.derive` gives for the facts that a row cites."""

from __future__ import annotations

from itertools import combinations

from ..data.derive import DERIVATIONS
from .dossier import numbers_in
from .slots import COUNTS, text_of

CROWD = 100_000  # derivations that try every count stop at this many people


def _numbers(facts, statistics, part="value"):
    return [fact[part] for fact in facts if fact["statistic"] in statistics and fact[part] is not None]


def _counts_from_percent(row, facts, dossier):
    for fact in facts:
        countable = 0 < (fact["n"] or 0) <= CROWD and fact["value"] is not None
        if countable and fact["statistic"] in ("percent", "proportion"):
            percent = fact["value"] * (100 if fact["statistic"] == "proportion" else 1)
            yield from _tried("count_from_percent", percent, int(fact["n"]))


def _tried(name, *arguments):
    """Value of a derivation as a list, empty when its inputs allow none."""
    try:
        return [DERIVATIONS[name](*arguments)]
    except (ValueError, ZeroDivisionError):
        return []


def _schedules(row, facts, dossier):
    for weeks in range(1, 27):
        if row["n_doses"] and row["n_doses"] % weeks == 0 and row["n_doses"] / weeks <= 7:
            yield DERIVATIONS["last_dose_day_from_schedule"](weeks, int(row["n_doses"] // weeks))


def _differences(row, facts, dossier):
    for fact in facts:
        if fact["n"] is None or fact["value"] is None:
            continue
        if fact["statistic"] in COUNTS:
            yield fact["n"] - fact["value"]
        if fact["statistic"] == "proportion":
            yield round(fact["n"] * (1 - fact["value"]), 6)


def _sums(row, facts, dossier):
    for part in ("value", "n"):
        values = _numbers(facts, COUNTS, part)
        for size in range(2, min(len(values), 4) + 1):
            yield from map(sum, combinations(values, size))


def _denominators(row, facts, dossier):
    arm = dossier.arms.get((row["trial_id"], row["arm"]), {})
    for mean in _numbers(facts, {"mean"}):
        if 0 < (arm.get("n_randomised") or 0) <= CROWD:
            yield from _tried("n_from_mean_denominator", mean, int(arm["n_randomised"]))


def _times(name):
    def derive(row, facts, dossier):
        texts = [*(text_of(fact) for fact in facts), row.get("timepoint_label"), row.get("note")]
        yield from (DERIVATIONS[name](x) for text in texts for x in numbers_in(text))

    return derive


def _as_extracted(row, facts, dossier):
    yield from (fact["value"] for fact in facts if fact["status"] == "derived" and fact["value"] is not None)


def _nominal(row, facts, dossier):
    yield from (fact["timepoint_days"] for fact in facts if fact["timepoint_days"] is not None)
    day = 0 if row.get("last_dose_day") is None else row["last_dose_day"]
    yield day + 7  # the week in which a weekly dose acts


# Function: the columns it may fill, and the values that the cited facts give it.
RECOMPUTED = {
    "count_from_percent": (("events",), _counts_from_percent),
    "last_dose_day_from_schedule": (("last_dose_day",), _schedules),
    "single_dose_day_zero": (
        ("last_dose_day",),
        lambda row, facts, dossier: [0] if row["n_doses"] == 1 else [],
    ),
    "total_minus_completed": (("events",), _differences),
    "total_minus_events": (("n_completed",), _differences),
    "sum_of_arms": (("n_randomised", "n_completed"), _sums),
    "n_from_mean_denominator": (("n",), _denominators),
    "weeks_to_days": (("timepoint_days", "last_dose_day", "end_of_treatment_day"), _times("weeks_to_days")),
    "hours_to_days": (("timepoint_days",), _times("hours_to_days")),
    "hours_to_minutes": (("infusion_minutes",), _times("hours_to_minutes")),
    "nominal_day": (("timepoint_days", "end_of_treatment_day"), _nominal),
    "as_extracted": (("events", "age", "mean_change", "n"), _as_extracted),
}


def recomputed(column, row, facts, dossier) -> tuple[list[str], list[float]]:
    """
    Functions that a row names for a column, and the values they give for its facts.

    Parameters
    ----------
    column : str
    row : dict
    facts : list of dict
        Those that the row cites.
    dossier : Dossier

    Returns
    -------
    names : list of str
    values : list of float
    """
    named = [f for f in str(row.get("derived_by") or "").split("; ") if column in RECOMPUTED.get(f, ((),))[0]]
    return named, [value for name in named for value in RECOMPUTED[name][1](row, facts, dossier)]
