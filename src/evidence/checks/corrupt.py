"""
Wrong cells made on purpose: the errors of data extraction, one at a time, to measure what the checks catch.

Each function yields every corruption of its kind that a set of tables admits, in file order; `sample` draws
from them with a seed. A corruption is text typed into cells, as an extractor would type it.
"""

from __future__ import annotations

import itertools
import math
import random
import re
from collections import defaultdict
from dataclasses import dataclass

from ..data.schema import printed_text
from .grim import decimals
from .slots import arm_of, study_of

_TIMES = ("0", "1", "2", "7", "14", "28", "30", "56", "84", "90")
_PEOPLE = {"n", "n1", "n2", "n_randomised", "n_completed", "female", "k"}
_DAYS = {"timepoint_days", "last_dose_day", "end_of_treatment_day", "median_days"}
_INTERVALS = (
    ("ci_low", "ci_high"),
    ("mean_change_ci_low", "mean_change_ci_high"),
    ("interval_low", "interval_high"),
)
_SPREADS = (("sd", "se"), ("sd_change", "se_change"))
_BLANKABLE = (
    "arm active_arm comparator_arm scale timepoint_label metric favours_active_when finding source_key"
)


@dataclass(frozen=True)
class Corruption:
    """
    Cells of one row, or of two rows that are swapped, with what is typed into them.

    Attributes
    ----------
    kind, table : str
    edits : tuple of (int, str, str)
        Line, column and new text. For an added row the line is the one copied.
    added : bool
        Whether the edits go into a copy of the row, put at the end of the table.
    """

    kind: str
    table: str
    edits: tuple[tuple[int, str, str], ...]
    added: bool = False

    def __str__(self):
        cells = "; ".join(f"line {line} {column} = '{text}'" for line, column, text in self.edits)
        return f"{self.kind}: {self.table} {'copy of ' if self.added else ''}{cells}"


def _cells(tables):
    """Table, line, row, field and value of every number."""
    for name, table in tables.items():
        fields = [f for f in table.schema.fields if f.type in ("number", "integer")]
        for line, row in table.sound():
            for field in fields:
                if row[field.name] is not None:
                    yield name, line, row, field, row[field.name]


def _one(kind, name, line, column, value):
    return Corruption(kind, name, ((line, column, value if isinstance(value, str) else printed_text(value)),))


def _like(value, pattern):
    """A number rounded to the decimals of another, at least two."""
    return round(value, max(decimals(pattern), 2))


def sign_flips(tables):
    """A minus sign lost or added; the favoured direction turned round."""
    for name, line, _, field, value in _cells(tables):
        if value:
            yield _one("sign flip", name, line, field.name, -value)
    turned = {
        "negative": "positive",
        "positive": "negative",
        "above_one": "below_one",
        "below_one": "above_one",
    }
    for name in ("contrasts", "published_pools"):
        for line, row in tables[name].sound():
            if row["favours_active_when"] in turned:
                yield _one("sign flip", name, line, "favours_active_when", turned[row["favours_active_when"]])


def factors_of_ten(tables):
    """A decimal point moved by one place."""
    for name, line, _, field, value in _cells(tables):
        for factor in (10, 0.1):
            moved = round(value * factor, decimals(value) + 1)
            if value and (field.type == "number" or float(moved).is_integer()):
                yield _one("factor 10", name, line, field.name, moved)


def spreads_mistaken(tables):
    """An SE given as an SD and the other way round: converted by n, or typed into the other column."""
    for line, row in tables["outcomes"].sound():
        for pair in _SPREADS:
            for column, other, power in ((*pair, -0.5), (*pair[::-1], 0.5)):
                if row[column] is not None:
                    swapped = ((line, column, ""), (line, other, printed_text(row[column])))
                    yield Corruption("SE as SD", "outcomes", swapped)
                    if (row["n"] or 0) > 1:
                        value = _like(row[column] * row["n"] ** power, row[column])
                        yield _one("SE as SD", "outcomes", line, column, value)
    for line, row in tables["contrasts"].sound():
        if None not in (row["se"], row["n1"], row["n2"]):
            value = row["se"] / math.sqrt(1 / row["n1"] + 1 / row["n2"])
            yield _one("SE as SD", "contrasts", line, "se", _like(value, row["se"]))
    for line, row in tables["timing"].sound():
        if row["sd_days"] is not None and row["n"]:
            value = _like(row["sd_days"] / math.sqrt(row["n"]), row["sd_days"])
            yield _one("SE as SD", "timing", line, "sd_days", value)
    yield from _fact_spreads(tables["facts"])


def _fact_spreads(table):
    other = {"sd": "se", "se": "sd", "sd_change": "se_change", "se_change": "sd_change"}
    for line, row in table.sound():
        if row["statistic"] in other:
            yield _one("SE as SD", "facts", line, "statistic", other[row["statistic"]])
            if row["n"] and row["value"] and row["n"] > 1:
                power = -0.5 if row["statistic"].startswith("sd") else 0.5
                yield _one(
                    "SE as SD", "facts", line, "value", _like(row["value"] * row["n"] ** power, row["value"])
                )


def arms_swapped(tables):
    """Active and comparator arm exchanged, two rows exchanged, or one row given to another arm."""
    for line, row in tables["contrasts"].sound():
        arms = ((line, "active_arm", row["comparator_arm"]), (line, "comparator_arm", row["active_arm"]))
        yield Corruption("arms swapped", "contrasts", arms)
    known = {(row["trial_id"], row["arm"]) for _, row in tables["arms"].sound() if row["role"] != "all"}
    for name in ("outcomes", "events", "timing", "facts"):
        yield from _rows_of_arms(name, tables[name], known)


def _rows_of_arms(name, table, known):
    """Rows of trials with several arms; in the pack, those whose arm the tables know under some spelling."""
    groups = defaultdict(list)
    for line, row in table.sound():
        study, arm = (study_of(row), arm_of(row)) if name == "facts" else (row["trial_id"], row["arm"])
        if (study, arm) in known:
            groups[study].append((line, row, arm))
    for rows in groups.values():
        arms = {arm: row["arm"] for _, row, arm in rows}
        for i, (line, row, arm) in enumerate(rows):
            yield from (
                _one("arms swapped", name, line, "arm", arms[other]) for other in sorted(arms) if other != arm
            )
            for second, twin, other in rows[i + 1 :]:
                if other != arm and _same_but_arm(row, twin):
                    edits = ((line, "arm", twin["arm"]), (second, "arm", row["arm"]))
                    yield Corruption("arms swapped", name, edits)


def _same_but_arm(row, twin):
    names = [c for c in ("scale", "outcome", "event", "statistic", "timepoint_days", "kind") if c in row]
    return bool(names) and all(row[c] == twin[c] for c in names)


def digits_transposed(tables):
    """Two neighbouring digits exchanged."""
    for name, line, _, field, value in _cells(tables):
        text = printed_text(value)
        for match in re.finditer(r"(?=(\d)(\d))", text):
            i = match.start()
            if match[1] != match[2] and not (match[2] == "0" and i in (0, 1) and not text[:i].strip("-")):
                yield _one(
                    "digits transposed",
                    name,
                    line,
                    field.name,
                    text[:i] + match[2] + match[1] + text[i + 2 :],
                )


def people_miscounted(tables):
    """A number of people wrong by one to ten."""
    for name, line, _, field, value in _cells(tables):
        if field.name in _PEOPLE:
            for step in (-10, -5, -2, -1, 1, 2, 5, 10):
                if value + step >= 1:
                    yield _one("n off by 1 to 10", name, line, field.name, value + step)


def limits_swapped(tables):
    """Limits of an interval exchanged, or one of them replaced by the estimate or turned in sign."""
    for name, table in tables.items():
        columns = [pair for pair in _INTERVALS if pair[0] in table.schema.columns]
        for line, row in table.sound():
            for low, high in columns:
                if None in (row[low], row[high]):
                    continue
                ends = printed_text(row[low]), printed_text(row[high])
                yield Corruption("CI bound", name, ((line, low, ends[1]), (line, high, ends[0])))
                estimate = {"ci_low": ("mean", "estimate", "value"), "interval_low": ("value",)}
                for column in estimate.get(low, ("mean_change",)):
                    if row.get(column) is not None:
                        yield _one("CI bound", name, line, low, row[column])
                        yield _one("CI bound", name, line, high, row[column])


def scales_mistaken(tables):
    """Another instrument."""
    scales = [row["scale"] for _, row in tables["scales"].sound()]
    places = (
        ("outcomes", "scale"),
        ("contrasts", "scale"),
        ("trials", "primary_scale"),
        ("facts", "outcome"),
    )
    for name, column in places:
        for line, row in tables[name].sound():
            for other in scales if row[column] in scales else ():
                if other != row[column]:
                    yield _one("wrong scale", name, line, column, other)


def times_mistaken(tables):
    """Another day, another window, another clock."""
    for name, line, _, field, value in _cells(tables):
        for day in _TIMES if field.name in _DAYS else ():
            if float(day) != value:
                yield _one("wrong time point", name, line, field.name, day)
    for name, column in (("published_pools", "window"), ("timing", "counted_from")):
        for line, row in tables[name].sound():
            for other in tables[name].schema.field(column).enum:
                if other != row[column]:
                    yield _one("wrong time point", name, line, column, other)


def percentages_as_counts(tables):
    """A percentage typed as a count, or a count as a percentage."""
    for name, line, row, field, value in _cells(tables):
        if not row.get("n"):
            continue
        percent = str(row.get("statistic", "")) == "percent" and field.name == "value"
        if field.name == "events" or (row.get("statistic") == "n_events" and field.name == "value"):
            typed = round(100 * value / row["n"])
        elif percent:
            typed = round(value * row["n"] / 100)
        else:
            continue
        if typed != value:
            yield _one("percentage as count", name, line, field.name, typed)


def rows_shifted(tables):
    """Numbers of the row below, or numbers moved one column to the right."""
    for name, table in tables.items():
        fields = [f for f in table.schema.fields if f.type in ("number", "integer") and f.name not in _DAYS]
        rows = table.sound()
        for (line, row), (_, below) in itertools.pairwise(rows):
            filled = [f.name for f in fields if row[f.name] is not None or below[f.name] is not None]
            edits = tuple((line, c, printed_text(below[c])) for c in filled if row[c] != below[c])
            if edits and any(row[c] is not None for c in filled):
                yield Corruption("shifted row", name, edits)
            moved = [(a.name, b.name) for a, b in itertools.pairwise(fields) if row[a.name] is not None]
            if moved:
                first = moved[0][0]
                edits = ((line, first, ""), *((line, b, printed_text(row[a])) for a, b in moved))
                yield Corruption("shifted row", name, edits)


def rows_duplicated(tables):
    """A row twice: as it is, or under another arm, label or outcome of its table."""
    for name, table in tables.items():
        keys = [
            c
            for c in ("arm", "timepoint_label", "outcome", "event", "comparison")
            if c in table.schema.columns
        ]
        values = {c: sorted({row[c] for _, row in table.sound() if row[c] is not None}) for c in keys}
        for line, row in table.sound():
            key = table.schema.primary_key[0]
            yield Corruption("duplicated row", name, ((line, key, printed_text(row[key])),), added=True)
            for column in keys if name not in ("facts", "arms") else ():
                others = [v for v in values[column] if v != row[column]]
                if row[column] is not None and others:
                    other = others[line % len(others)]
                    yield Corruption("duplicated row", name, ((line, column, other),), added=True)


def cells_blanked(tables):
    """A cell left empty: a number, or a name that the row needs."""
    for name, line, _, field, _ in _cells(tables):
        yield _one("blanked cell", name, line, field.name, "")
    for name, table in tables.items():
        for column in _BLANKABLE.split():
            for line, row in table.sound() if column in table.schema.columns else ():
                if row[column] is not None and name != "facts":
                    yield _one("blanked cell", name, line, column, "")


def sources_mistaken(tables):
    """Another source: one that the review cites, preferably one of the same trial; another kind of source."""
    keys = [row["key"] for _, row in tables["references"].sound()]
    near = defaultdict(set)
    for _, row in tables["facts"].sound():
        near[row["trial_id"]].add(row["source_key"])
    for name, table in tables.items():
        for line, row in table.sound() if "source_key" in table.schema.columns else ():
            if row["source_key"] is None:
                continue
            others = sorted(near.get(row.get("trial_id") or row.get("review"), set()) - {row["source_key"]})
            for other in (*others[:3], keys[(31 * line) % len(keys)]):
                if other != row["source_key"]:
                    yield _one("wrong source key", name, line, "source_key", other)


KINDS = {
    "sign flip": sign_flips,
    "factor 10": factors_of_ten,
    "SE as SD": spreads_mistaken,
    "arms swapped": arms_swapped,
    "digits transposed": digits_transposed,
    "n off by 1 to 10": people_miscounted,
    "CI bound": limits_swapped,
    "wrong scale": scales_mistaken,
    "wrong time point": times_mistaken,
    "percentage as count": percentages_as_counts,
    "shifted row": rows_shifted,
    "duplicated row": rows_duplicated,
    "blanked cell": cells_blanked,
    "wrong source key": sources_mistaken,
}


def sample(tables, per_kind, seed=7) -> list[Corruption]:
    """
    Draw corruptions, the same ones for the same tables and seed.

    Parameters
    ----------
    tables : dict of str to Table
        Clean tables.
    per_kind : int
        At most this many of each kind; all of a kind that has fewer.
    seed : int

    Returns
    -------
    list of Corruption
        Kind by kind, in file order within a kind.
    """
    places = {name: dict(zip(table.lines, table.rows, strict=True)) for name, table in tables.items()}
    drawn = []
    for kind, find in KINDS.items():
        sites = [site for site in find(tables) if site.added or _changes(site, places[site.table])]
        chosen = random.Random(f"{seed} {kind}").sample(range(len(sites)), min(per_kind, len(sites)))
        drawn += [sites[i] for i in sorted(chosen)]
    return drawn


def _changes(corruption, rows):
    """Whether what is typed differs from what stands there."""
    return any(printed_text(rows[line][column]) != text for line, column, text in corruption.edits)
