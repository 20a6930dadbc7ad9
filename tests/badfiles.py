"""A small made-up data folder under the real contract, and ways to spoil one file of it."""

import csv
import functools
import json
import shutil
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"
PLACE = {"source_key": "demo_2020", "source_location": "Table 1", "seen_in": "primary_full_text"}

# Every trial, number and source here is made up.
ROWS = {
    "facts": [
        {"fact_id": "F0001", "statistic": "mean", "value": "40", "status": "as printed"},
        {"fact_id": "F0002", "statistic": "sd", "value": "12", "status": "as printed"},
        {"fact_id": "F0003", "statistic": "percent", "value": "67", "ci_low": "50", "ci_high": "80",
         "status": "as printed"},
        {"fact_id": "F0004", "statistic": "proportion", "value": "0.5", "status": "no: low confidence"},
    ],
    "references": [
        {"key": "demo_2020", "title": "A made-up trial", "year": "2020"},
        {"key": "other_2021", "title": "Another", "year": "2021"},
    ],
    "trials": [
        {"trial_id": "demo_2020", "label": "Demo 2020", "year": "2020", "design": "rct_parallel",
         "role": "core", "last_dose_day": "11", "end_of_treatment_day": "14", "n_randomised": "30",
         "primary_scale": "DEMO"},
        {"trial_id": "other_2021", "label": "Other 2021", "design": "single_arm", "role": "supporting"},
    ],
    "arms": [
        {"trial_id": "demo_2020", "arm": "ketamine", "role": "active", "n_randomised": "15",
         "n_completed": "14", "female": "10"},
        {"trial_id": "demo_2020", "arm": "midazolam", "role": "comparator", "n_randomised": "15"},
        {"trial_id": "other_2021", "arm": "all", "role": "all"},
    ],
    "outcomes": [
        {"trial_id": "demo_2020", "arm": "ketamine", "scale": "DEMO", "timepoint_days": "14",
         "timepoint_label": "week 2", "n": "15", "mean": "30", "sd": "12", "se": "3.1", "ci_low": "23.4",
         "ci_high": "36.6", "mean_change": "-10", "sd_change": "11", "se_change": "2.8",
         "mean_change_ci_low": "-16", "mean_change_ci_high": "-4", "analysis": "itt"},
        {"trial_id": "demo_2020", "arm": "midazolam", "scale": "DEMO", "timepoint_days": "14",
         "timepoint_label": "week 2", "n": "15", "mean": "38", "sd": "13", "analysis": "itt"},
    ],
    "contrasts": [
        {"finding": "estimate", "metric": "mean_difference", "estimate": "8", "se": "4", "ci_low": "0.2",
         "ci_high": "15.8", "p_value": "0.045", "favours_active_when": "positive",
         "significance": "significant"},
        {"finding": "not_significant", "metric": "none", "test": "group_by_time", "test_df": "3",
         "timepoint_label": "week 4", "timepoint_days": "28", "significance": "not_significant"},
        {"finding": "favours_active", "metric": "none", "timepoint_label": "week 8", "timepoint_days": "56",
         "significance": "not_stated"},
    ],
    "events": [
        {"trial_id": "demo_2020", "arm": "ketamine", "outcome": "response", "timepoint_days": "14",
         "timepoint_label": "week 2", "events": "10", "n": "15"},
    ],
    "timing": [
        {"trial_id": "demo_2020", "arm": "ketamine", "event": "relapse_ptsd", "median_days": "27.5",
         "counted_from": "end_of_course", "n": "10"},
    ],
    "rob": [
        {"trial_id": "demo_2020", "domain": "randomisation", "judgement": "low", "reason": "Sealed.",
         "basis": "abstract"},
    ],
    "published_pools": [
        {"review": "other_2021", "outcome": "PTSD severity", "window": "24h", "comparison": "any",
         "metric": "hedges_g", "estimate": "0.4", "ci_low": "0.1", "ci_high": "0.7", "k": "4", "n": "200",
         "comparable": "yes"},
    ],
    "registry": [
        {"nct": "NCT00000001", "title": "A made-up trial", "status": "Completed", "randomised": "yes",
         "category": "published"},
    ],
    "scales": [
        {"scale": "DEMO", "name": "Demonstration scale", "domain": "ptsd", "rater": "self", "minimum": "0",
         "maximum": "80", "lower_is_better": "true"},
    ],
    "context": [
        {"context_id": "demo_share", "topic": "adverse_event", "subject": "nausea", "statistic": "percent",
         "value": "12", "unit": "percent", "statement": "Nausea, or worse, in one of eight."},
    ],
    "claims": [
        {"claim_id": "S01", "section": "Intro", "locator": "works fast", "paraphrase": "It works.",
         "claim_class": "onset"},
    ],
}  # fmt: skip
_CONTRAST = {
    "trial_id": "demo_2020", "active_arm": "ketamine", "comparator_arm": "midazolam", "scale": "DEMO",
    "timepoint_days": "14", "timepoint_label": "week 2", "n1": "15", "n2": "15", "analysis": "mixed_model",
}  # fmt: skip
_FILL = {
    "facts": {"pack": "demo", "kind": "continuous", **PLACE},
    "trials": {
        "population": "mixed", "treatment_resistant": "not_stated", "drug": "ketamine", "route": "iv",
        "comparator_kind": "none", "psychotherapy": "none",
    },
    "contrasts": _CONTRAST,
}  # fmt: skip


@functools.cache
def schema_of(table):
    """The real schema of a table, as plain JSON."""
    package = json.loads((DATA / "datapackage.json").read_text("utf-8"))
    return next(r["schema"] for r in package["resources"] if r["name"] == table)


def columns_of(table):
    return [f["name"] for f in schema_of(table)["fields"]]


def make(folder):
    """Write the made-up data folder, which has no fault."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(DATA / "datapackage.json", folder)
    (folder / "corrections.yml").write_text("[]\n", "utf-8")
    for table, rows in ROWS.items():
        columns = columns_of(table)
        fill = dict(_FILL.get(table, {}))
        if "fact_ids" in columns:
            fill |= PLACE | {"fact_ids": "F0001; F0002"}
        save(folder, table, [columns, *([{**fill, **row}.get(c, "") for c in columns] for row in rows)])
    return folder


def cells(folder, table):
    """Cells of a table, as lists; the header first."""
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def put(folder, table, line, **values):
    """Write other text into cells of one line."""
    rows = cells(folder, table)
    for column, text in values.items():
        rows[line - 1][rows[0].index(column)] = text
    save(folder, table, rows)


def save(folder, table, rows):
    """Write a table, with minimal quotes."""
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def parts(fault):
    """What a test compares: file name, line, column, found."""
    return Path(fault.path).name, fault.line, fault.column, fault.found
