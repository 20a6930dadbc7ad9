"""Every number of a table against the facts that its row cites: the second copy of each number."""

from __future__ import annotations

import math

from ..data.schema import printed_text
from .dossier import days_in, names_end, numbers_in
from .recompute import RECOMPUTED, recomputed
from .slots import METRICS, SLOTS, arm_of, arms_of, same_day, study_of, text_of

AGAIN = "compare the cell with the facts named in fact_ids, and both with the source"
_PLACES = ("source_key", "seen_in")


def _same(a, b) -> bool:
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


def _slots_by_column(name):
    columns = {}
    for slot in SLOTS[name]:
        columns.setdefault(slot.column, []).append(slot)
    return columns


_BY_COLUMN = {name: _slots_by_column(name) for name in SLOTS}


def value_differs(dossier):
    """A cell holds the number that the fact cited for it prints."""
    for table, line, row, column, value, printed in _cells(dossier):
        slots = _BY_COLUMN[table.schema.name][column]
        agree = (all if any(s.every for s in slots) else any)(
            _same(value, x) for x in printed if value is not None
        )
        if value is None or not printed or agree:
            continue
        facts = dossier.cited(row)
        others = [*_worded(slots, row, facts), *recomputed(column, row, facts, dossier)[1]]
        if not any(_same(value, x) and x not in [-p for p in printed] for x in others):
            allowed = f"{listed(printed)}, as the cited facts print it"
            yield table.fault(line, row, column, allowed, AGAIN)


def value_untraced(dossier):
    """A number stands in a cited fact, or a derivation that the row names gives it."""
    for table, line, row, column, value, printed in _cells(dossier):
        if value is None or printed:
            continue
        facts = dossier.cited(row)
        names, values = recomputed(column, row, facts, dossier)
        known = [*_worded(_BY_COLUMN[table.schema.name][column], row, facts), *values]
        if not any(_same(value, x) for x in known):
            how = f"{' or '.join(names)} of them, or " if names else ""
            allowed = (
                f"a number of the cited facts ({row['fact_ids']}), {how}a derivation named in derived_by"
            )
            yield table.fault(line, row, column, allowed, "cite the fact that prints it, or correct the cell")


def value_unused(dossier):
    """A number that a cited fact prints, or a named derivation gives, is in its cell."""
    for table, line, row, column, value, printed in _cells(dossier):
        if value is not None or _blank_by_design(row, table.schema.name, column):
            continue
        values = printed or _unwritten(column, row, dossier)
        if not values and _is_told(row, column):
            values = _worded(_BY_COLUMN[table.schema.name][column], row, dossier.cited(row))
        if len(set(values)) == 1:
            allowed = f"{listed(values)}, which a cited fact or derivation gives"
            yield table.fault(
                line, row, column, allowed, "fill the cell in, or cite another fact", found="blank"
            )


def _is_told(row, column):
    """Columns whose numbers stand in the prose of facts only."""
    if column in ("se", "p_value"):
        return row.get("metric") in ("mean_difference", "mean_difference_of_change")
    return column in ("dose_mg_per_kg", "items", "item_maximum", "infusion_minutes")


def _blank_by_design(row, name, column):
    """Findings in words hold no number but the people compared; who is behind a percentage may be unclear."""
    if name == "contrasts":
        return row["finding"] != "estimate" and column not in ("n1", "n2")
    statistic = row.get("statistic", "")
    return statistic == "finding" or (column == "n" and statistic.startswith("percent"))


def _unwritten(column, row, dossier):
    """Value of a derivation that the row names and none of whose cells is filled in."""
    names, values = recomputed(column, row, dossier.cited(row), dossier)
    columns = {c for name in names for c in RECOMPUTED[name][0]}
    return values[:1] if all(row.get(c) is None for c in columns) else []


def _cells(dossier):
    """Table, line, row, column, value and fitting printed numbers of every numeric cell with slots."""
    for table, line, row in dossier.rows(*SLOTS):
        facts = dossier.cited(row)
        for column, slots in _BY_COLUMN[table.schema.name].items():
            if facts:
                yield table, line, row, column, row[column], _printed(slots, row, facts)


def _printed(slots, row, facts):
    """Numbers that fitting facts print for a cell: those of the first slot which any fact fits."""
    for slot in slots:
        fitting = [f[slot.part] for f in facts if slot.fits(f, row) and f[slot.part] is not None]
        if fitting and (row[slot.column] is not None or not slot.optional):
            return fitting
    return []


def _worded(slots, row, facts):
    """Numbers that stand for a cell in the prose of its facts."""
    numbers = []
    for slot in slots:
        for fact in facts:
            if slot.text is not None and (not slot.arm or arm_of(fact) in ("", row[slot.arm])):
                groups = (g for m in slot.text.finditer(text_of(fact)) for g in m.groups() if g)
                numbers += [x for group in groups for x in (*numbers_in(group), *_single(group))]
    return numbers


def _single(word):
    return (1.0,) if word.lower() == "single" else ()


def listed(values):
    return " or ".join(dict.fromkeys(printed_text(float(v)) for v in values))


def fact_day(dossier):
    """The day of a row is the day of its facts, of its label or of a derivation; a blank day has none."""
    for table, line, row in dossier.rows("outcomes", "contrasts", "events"):
        facts = [f for f in dossier.cited(row) if f["kind"] not in ("arm", "design")]
        printed = [f["timepoint_days"] for f in facts if f["timepoint_days"] is not None and _meant(f, row)]
        known = printed or _days_of_row(row, facts, dossier)
        day = row["timepoint_days"]
        known += recomputed("timepoint_days", row, facts, dossier)[1] if day is not None else []
        if known and (day is None or not any(_same(day, x) for x in known)):
            allowed = f"day {listed(known)}, as the facts or the label say"
            yield table.fault(line, row, "timepoint_days", allowed, AGAIN)


def _meant(fact, row):
    """A fact of the same scale or outcome: n of an arm at another time is no witness of the day."""
    return fact["outcome"] == row["scale"] if "scale" in row else fact["statistic"] == "n_events"


def _days_of_row(row, facts, dossier):
    label, trial = row["timepoint_label"], dossier.trials.get(row["trial_id"], {})
    if names_end(label):
        days = [trial.get("end_of_treatment_day")]
    else:
        days = [days_in(label)]
        if "follow-up" in label and days[0] is not None:  # some sources count it from the end of treatment
            days.append(days[0] + (trial.get("end_of_treatment_day") or 0))
    return [d for d in days if d is not None]


def fact_place(dossier):
    """Source and kind of source of a row are those of one of its facts."""
    for table, line, row in dossier.rows(*SLOTS, "rob"):
        facts = dossier.cited(row)
        for column in _PLACES:
            known = {fact[column] for fact in facts}
            if known and row[column] not in known:
                allowed = f"{', '.join(sorted(known))}, as in the cited facts"
                yield table.fault(
                    line, row, column, allowed, "name the source of the number, or cite its fact"
                )
        if facts and not any(all(f[c] == row[c] for c in _PLACES) for f in facts):
            allowed = "source_key and seen_in of one and the same fact"
            yield table.fault(line, row, "seen_in", allowed, "copy both from the fact of the number")


def fact_subject(dossier):
    """Cited facts are about the study and the arms of the row."""
    for table, line, row in dossier.rows("outcomes", "contrasts", "events", "timing", "arms", "trials"):
        arms = {row.get(c) for c in ("arm", "active_arm", "comparator_arm")} - {None}
        for fact in dossier.cited(row):
            if study_of(fact) not in ("", row["trial_id"]) and not _shared(row, fact, dossier):
                allowed = f"facts about {row['trial_id']}"
                found = f"{fact['fact_id']}, about {study_of(fact)}"
                yield table.fault(line, row, "fact_ids", allowed, "cite the facts of this study", found=found)
            elif arms and not arms_of(fact) & {"", "all", *arms} and "all" not in arms:
                allowed = f"facts about {' or '.join(sorted(arms))}"
                found = f"{fact['fact_id']}, about {fact['arm']}"
                yield table.fault(
                    line, row, "fact_ids", allowed, "correct the arm, or cite its facts", found=found
                )


def _shared(row, fact, dossier):
    """Facts of a review, and of a study that shares people, may speak about a trial."""
    overlaps = dossier.trials.get(row["trial_id"], {}).get("overlaps_with")
    return fact["kind"] == "meta" or overlaps == study_of(fact)


def fact_same_cell(dossier):
    """A row with scores cites facts of its own arm, scale and day."""
    for table, line, row in dossier.rows("outcomes"):
        for fact in dossier.cited(row):
            same = fact["outcome"] in (None, row["scale"]) and arm_of(fact) in ("", row["arm"])
            if not (same and same_day(fact, row)):
                allowed = (
                    f"facts about {row['arm']}, {row['scale']}, day {printed_text(row['timepoint_days'])}"
                )
                fix = "correct arm, scale or day, or cite the right fact"
                yield table.fault(line, row, "fact_ids", allowed, fix, found=fact["fact_id"])


def fact_used_twice(dossier):
    """No two rows of a table draw their numbers from the same facts."""
    seen = {}
    for table, line, row in dossier.rows("outcomes", "contrasts", "events", "timing", "published_pools"):
        numbers = [
            row.get(c) for c in ("mean", "mean_change", "estimate", "events", "mean_days", "median_days")
        ]
        key = (table.schema.name, row["fact_ids"])
        if any(x is not None for x in numbers) and seen.setdefault(key, line) != line:
            allowed = f"facts of its own; line {seen[key]} rests on the same ones"
            yield table.fault(
                line, row, "fact_ids", allowed, "delete the copy, or cite the facts of this row"
            )


def fact_total(dossier):
    """The n of a fact about a comparison is the people of both arms, or of one in a crossover."""
    for table, line, row in dossier.rows("contrasts"):
        for fact in dossier.cited(row):
            if (
                fact["statistic"] in METRICS.get(row["metric"], ())
                and None
                not in (
                    fact["n"],
                    row["n1"],
                    row["n2"],
                )
                and fact["n"] not in (row["n1"] + row["n2"], row["n1"] if row["n1"] == row["n2"] else None)
            ):
                allowed = f"n1 and n2 that make {fact['n']:g}, the n of {fact['fact_id']}"
                found = f"{row['n1']:g} and {row['n2']:g}"
                yield table.fault(line, row, "n1", allowed, AGAIN, found=found)
