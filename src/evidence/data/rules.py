"""
Rules of the data that no Table Schema can state: each looks across columns, rows or tables.

A rule takes the tables by name and yields `DataError`. Rows with a faulty cell are left to the schema's
faults. Values are read through `_number`, so a rule holds for any type a changed descriptor may declare.
"""

from __future__ import annotations

import math

from .derive import DERIVATIONS

# Columns that say where a number stands.
_PROVENANCE = ("source_key", "source_location", "seen_in", "fact_ids")
_REMARKS = {*_PROVENANCE, "derived_by", "note", "definition"}
# table: (estimate, lower, upper)
_INTERVALS = {
    "outcomes": [("mean", "ci_low", "ci_high"), ("mean_change", "mean_change_ci_low", "mean_change_ci_high")],
    "contrasts": [("estimate", "ci_low", "ci_high")],
    "published_pools": [("estimate", "ci_low", "ci_high")],
    "facts": [("value", "ci_low", "ci_high")],
    "context": [("value", "interval_low", "interval_high")],
}
# table: (smaller, larger, why)
_AT_MOST = {
    "events": [("events", "n", "people with the event are among the people at risk")],
    "arms": [
        ("n_completed", "n_randomised", "who completes was randomised"),
        ("female", "n_randomised", "women are among the people randomised"),
    ],
    "trials": [("last_dose_day", "end_of_treatment_day", "treatment ends after its last dose")],
    "published_pools": [("k", "n", "each study has participants")],
    "scales": [("minimum", "maximum", "a scale goes up")],
}
# statistic: (lowest, highest value it can take)
_RANGES = {"percent": (0, 100), "proportion": (0, 1), "p_value": (0, 1)}
_REPEATABLE = ("outcomes", "contrasts", "events", "timing", "published_pools")
_UNUSABLE = "no: low confidence"
_AGAIN = "copy the numbers from the source again"


def _number(row, name):
    value = row.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _rows(tables, name):
    """Table, line and row of each sound row of a table, if the table could be read."""
    if name in tables:
        table = tables[name]
        yield from ((table, line, row) for line, row in table.sound())


def provenance(tables):
    """A row with a number says where it stands: source, place, what was read, and facts or a derivation."""
    for name, table in tables.items():
        columns = set(table.schema.columns)
        if not columns.issuperset(_PROVENANCE):
            continue
        numeric = [f.name for f in table.schema.fields if f.type in ("integer", "number")]
        for _, line, row in _rows(tables, name):
            if all(row[column] is None for column in numeric):
                continue
            for column in _PROVENANCE:
                if row[column] is None and not (column == "fact_ids" and row.get("derived_by")):
                    allowed = "a value in every row that holds a number"
                    fix = "say where the number is printed, or blank the number"
                    yield table.fault(line, row, column, allowed, fix, "provenance")


def usable_facts(tables):
    """No row rests on a fact that its extraction calls unsafe."""
    unsafe = {row.get("fact_id") for _, _, row in _rows(tables, "facts") if row.get("status") == _UNUSABLE}
    for name in tables:
        for table, line, row in _rows(tables, name):
            for fact in str(row.get("fact_ids") or "").split("; "):
                if fact in unsafe:
                    allowed = f"facts whose status is not '{_UNUSABLE}'"
                    fix = "delete the row, or cite a fact that can be trusted"
                    yield table.fault(line, row, "fact_ids", allowed, fix, "usable facts", found=fact)


def derivations(tables):
    """What a row names in `derived_by` is a documented function of `evidence.derive`."""
    for name in tables:
        for table, line, row in _rows(tables, name):
            for function in str(row.get("derived_by") or "").split("; "):
                if function and function not in DERIVATIONS:
                    allowed = f"functions of evidence.derive: {', '.join(DERIVATIONS)}"
                    fix = "name the function that derives the cell, or write it there with a test"
                    yield table.fault(line, row, "derived_by", allowed, fix, "derivation", found=function)


def intervals(tables):
    """Lower limits are not above upper limits, and an interval contains its estimate."""
    for name, triples in _INTERVALS.items():
        for table, line, row in _rows(tables, name):
            for estimate, low, high in triples:
                value, lower, upper = (_number(row, column) for column in (estimate, low, high))
                if lower is not None and upper is not None and lower > upper:
                    allowed = f"a number <= {high} ({upper:g})"
                    yield table.fault(line, row, low, allowed, f"swap the limits, or {_AGAIN}", "interval")
                elif value is not None and (
                    (lower is not None and value < lower) or (upper is not None and value > upper)
                ):
                    ends = [
                        f"{lower:g}" if lower is not None else "",
                        f"{upper:g}" if upper is not None else "",
                    ]
                    allowed = f"a value inside its interval, {' to '.join(ends)}"
                    yield table.fault(line, row, estimate, allowed, _AGAIN, "interval")


def at_most(tables):
    """Counts and days that cannot exceed another of the same row."""
    for name, pairs in _AT_MOST.items():
        for table, line, row in _rows(tables, name):
            for small, large, why in pairs:
                value, limit = _number(row, small), _number(row, large)
                if value is not None and limit is not None and value > limit:
                    allowed = f"a number <= {large} ({limit:g}): {why}"
                    yield table.fault(line, row, small, allowed, _AGAIN, "order")


def statistic_ranges(tables):
    """Percentages within 0 to 100, proportions and p values within 0 to 1."""
    for name in ("facts", "context"):
        for table, line, row in _rows(tables, name):
            low, high = _RANGES.get(row.get("statistic"), (-math.inf, math.inf))
            for column in ("value", *_INTERVALS[name][0][1:]):
                value = _number(row, column)
                if value is not None and not low <= value <= high:
                    allowed = f"a {row['statistic']} within {low} to {high}"
                    yield table.fault(line, row, column, allowed, _AGAIN, "range")


def scale_ranges(tables):
    """Means, changes, mean differences and SDs that the instrument's range allows."""
    ranges = {}
    for _, _, row in _rows(tables, "scales"):
        low, high = _number(row, "minimum"), _number(row, "maximum")
        if low is not None and high is not None and low < high:
            ranges[row["scale"]] = (low, high)
    for table, line, row in [*_rows(tables, "outcomes"), *_rows(tables, "contrasts")]:
        if row.get("scale") in ranges:
            yield from _beyond_range(table, line, row, *ranges[row["scale"]])


def _beyond_range(table, line, row, low, high):
    width, name = high - low, row["scale"]
    limits = [("mean", low, high), ("mean_change", -width, width)]
    if row.get("metric") in ("mean_difference", "mean_difference_of_change"):
        limits.append(("estimate", -width, width))
    for column, least, most in limits:
        value = _number(row, column)
        if value is not None and not least <= value <= most:
            allowed = f"{least:g} to {most:g}, which {name} ({low:g} to {high:g}) can give"
            yield table.fault(line, row, column, allowed, f"correct the scale, or {_AGAIN}", "scale range")
    n = _number(row, "n")
    for sd, se, span in (("sd", "se", width), ("sd_change", "se_change", 2 * width)):
        yield from _spread_faults(table, line, row, n, sd, se, largest_sd(span, n))


def largest_sd(span, n=None):
    """
    Largest sample SD of n scores that lie within `span` points: half at either end.

    Parameters
    ----------
    span : float
        Highest minus lowest possible score.
    n : int, optional
        Number of scores; 2, which allows the most, when unknown.

    Returns
    -------
    float

    References
    ----------
    Popoviciu (1935) for the variance of a bounded variable; n / (n - 1) turns it into the sample variance.

    Examples
    --------
    >>> print(f"{largest_sd(80, 2):.2f} {largest_sd(80, 1000):.2f}")
    56.57 40.02
    """
    n = 2 if n is None or n < 2 else n
    return span / 2 * math.sqrt(n / (n - 1))


def _spread_faults(table, line, row, n, sd, se, largest):
    if (value := _number(row, sd)) is not None and value > largest * (1 + 1e-9):
        allowed = f"an SD <= {largest:.4g}, the most that {row['scale']} can give with this n"
        yield table.fault(line, row, sd, allowed, _AGAIN, "scale range")
    value = _number(row, se)
    if value is not None and n is not None and value * math.sqrt(n) > largest * (1 + 1e-9):
        allowed = f"an SE <= {largest / math.sqrt(n):.4g}, the most that {row['scale']} can give with this n"
        yield table.fault(
            line, row, se, allowed, f"an SD belongs into column '{sd}'; else {_AGAIN}", "scale range"
        )


def findings(tables):
    """What a contrast says fits the columns it fills in."""
    for table, line, row in _rows(tables, "contrasts"):
        for column, allowed, fix in _finding_faults(row):
            yield table.fault(line, row, column, allowed, fix, "finding")


def _finding_faults(row):
    """Column, what is allowed and fix of each clash in one contrast."""
    finding = row.get("finding")
    numbers = [c for c in ("estimate", "se", "ci_low", "ci_high", "p_value") if row.get(c) is not None]
    if row.get("active_arm") == row.get("comparator_arm"):
        yield "comparator_arm", "another arm than active_arm", "name the arm that was compared"
    if finding == "estimate":
        yield from _estimate_faults(row, numbers)
        return
    for column in numbers:
        if column != "p_value":
            yield (
                column,
                f"blank when finding is '{finding}'",
                "set finding to 'estimate', or blank the number",
            )
    if row.get("metric") not in (None, "none"):
        yield "metric", f"none when finding is '{finding}'", "write none"
    if finding == "not_significant":
        if row.get("test") is None:
            yield "test", "a test when finding is 'not_significant'", "name the test, or text_only"
        if row.get("significance") == "significant":
            yield "significance", "not_significant or not_stated, as in finding", "correct one of the two"
    if finding in ("favours_active", "favours_comparator") and row.get("significance") is None:
        yield (
            "significance",
            "a value when a direction is reported",
            "write not_stated when the source is silent",
        )
    if row.get("test_df") is not None and row.get("test") != "group_by_time":
        yield "test_df", "blank unless test is group_by_time", "blank it, or correct the test"


def _estimate_faults(row, numbers):
    if row.get("estimate") is None:
        yield "estimate", "a number when finding is 'estimate'", "copy it, or change the finding"
    if row.get("metric") in (None, "none"):
        yield "metric", "the metric of the estimate", "name what the number is"
    if row.get("favours_active_when") is None:
        yield "favours_active_when", "the sign that favours the active arm", "write negative or positive"
    precise = {"se", "p_value"}.intersection(numbers) or {"ci_low", "ci_high"}.issubset(numbers)
    from_n = row.get("metric") in ("cohen_d", "hedges_g") and row.get("n1") and row.get("n2")
    if not precise and not from_n:
        yield (
            "se",
            "se, both ci limits or p_value beside an estimate",
            "copy one, or set finding to the direction",
        )


def used_trials(tables):
    """Every trial of the review has a row elsewhere; a trial kept for context may stand alone."""
    used = {
        row.get("trial_id")
        for name in ("arms", "outcomes", "contrasts", "events", "timing")
        if name in tables
        for row in tables[name].rows
    }
    for table, line, row in _rows(tables, "trials"):
        if row.get("trial_id") not in used and row.get("role") != "context":
            allowed = "a trial with rows in arms, outcomes, contrasts, events or timing"
            yield table.fault(line, row, "trial_id", allowed, "add its arms, or set role to context", "use")
        if row.get("overlaps_with") is not None and row.get("overlaps_with") == row.get("trial_id"):
            allowed, fix = "another trial", "name the study that shares participants"
            yield table.fault(line, row, "overlaps_with", allowed, fix, "use")


def repeated_rows(tables):
    """The same values for the same arm, scale and day stand once, whatever the remarks say."""
    for name in _REPEATABLE:
        first: dict[tuple, int] = {}
        for table, line, row in _rows(tables, name):
            skip = _REMARKS | ({"timepoint_label"} if row.get("timepoint_days") is not None else set())
            key = tuple(value for column, value in row.items() if column not in skip)
            if key in first:
                allowed = f"each result once; the same stands on line {first[key]}"
                fix = "delete the copy; name a second source in note"
                found = "the values of an earlier row"
                yield table.fault(line, row, None, allowed, fix, "repeated row", found=found)
            first.setdefault(key, line)


RULES = (
    provenance, usable_facts, derivations, intervals, at_most, statistic_ranges, scale_ranges, findings,
    used_trials, repeated_rows,
)  # fmt: skip
