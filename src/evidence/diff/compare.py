"""
Two versions of the data compared: cells, effect sizes, answers. The command `evidence diff`.

A row is the same row in both versions when its primary key is. What is computed from the data is compared by
name through `RESULTS`, one function a kind.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from ..atomic import replace_file
from ..data.descriptor import read_package
from ..data.files import read_records
from ..errors import DataError, DataErrors, EvidenceError
from .sources import NoRevision, find_side

# A change of a result below this is rounding of the last digits, not news.
_TOLERANCE = 1e-9
_EFFECT_KEY = (
    "window", "trial_id", "active_arm", "comparator_arm", "scale", "timepoint_days", "metric", "analysis",
)  # fmt: skip
_EFFECT_FIELDS = ("finding", "yi", "se", "lower", "upper", "n1", "n2", "included")


@dataclass(frozen=True)
class Change:
    """
    One difference between two versions.

    Attributes
    ----------
    where : str
        Table, file, or kind of result.
    name : str
        Key of the row or result, in words.
    field : str
        Column or number; empty when the whole row is new or gone.
    old, new : str, float, bool or None
        Values; None where there is none.
    """

    where: str
    name: str
    field: str
    old: object
    new: object

    @property
    def difference(self):
        """New minus old; NaN unless both are numbers."""

        numbers = [v for v in (self.old, self.new) if isinstance(v, int | float) and not isinstance(v, bool)]
        return numbers[1] - numbers[0] if len(numbers) == 2 else math.nan


@dataclass(frozen=True)
class Difference:
    """
    Everything in which two versions of the data differ; made by `compare`.

    Attributes
    ----------
    cells : tuple of Change
        Cells, rows, columns and tables.
    files : tuple of Change
        Files that are no table: new, gone or changed.
    results : dict of str to tuple of Change
        By kind of result; empty while no cell differs.
    problem : str
        Why results could not be computed; empty when they could.
    """

    cells: tuple[Change, ...]
    files: tuple[Change, ...]
    results: dict[str, tuple[Change, ...]] = field(default_factory=dict)
    problem: str = ""

    def __bool__(self):
        return bool(self.cells or self.files or any(self.results.values()))


def effects(review):
    """Effect sizes of all windows under the default choices, one record a comparison."""
    from ..choices import WINDOWS
    from ..review.effects import effect_sizes

    rows = [row for window in WINDOWS for row in effect_sizes(review, window).to_dict("records")]
    return {_words(row[name] for name in _EFFECT_KEY): {f: row[f] for f in _EFFECT_FIELDS} for row in rows}


def answers(review):
    """Answers of the review under the default choices."""
    from ..report.statements import answer_table

    return answer_table(review=review).to_dict("index")


# What is computed from a loaded review: its kind, and a function that gives {name: {field: value}}.
# Verdicts on claims are added here.
RESULTS = {"effect sizes": effects, "answers": answers}


def compare(old, new) -> Difference:
    """
    Compare two data folders.

    Parameters
    ----------
    old, new : str or Path
        Data folders.

    Returns
    -------
    Difference

    Raises
    ------
    DataErrors
        If a descriptor or a table cannot be read at all; faulty values are no obstacle, but then nothing is
        computed and `problem` says so.

    Examples
    --------
    >>> from evidence.data.load import find_data
    >>> bool(compare(find_data(), find_data()))
    False
    """
    old, new = Path(old), Path(new)
    (before, tables_before), (after, tables_after) = _tables(old), _tables(new)
    cells = [change for name in before | after for change in _table(name, before.get(name), after.get(name))]
    files = tuple(_files(old, new, tables_before | tables_after))
    if not cells and not any(change.name in ("corrections.yml", "datapackage.json") for change in files):
        return Difference(tuple(cells), files)
    try:
        return Difference(tuple(cells), files, _results(old, new))
    except (EvidenceError, ValueError, ArithmeticError) as error:
        reason = str(error.faults[0] if isinstance(error, DataError) else error)
        return Difference(tuple(cells), files, {}, f"results not compared; {reason}")


def _tables(folder):
    """Rows of every table by key in words, and the names of their files."""
    schemas, faults = read_package(folder)
    if faults:
        raise DataErrors(faults)
    tables = {}
    for name, schema in schemas.items():
        records, faults = read_records(folder / schema.file)
        if not records:
            raise DataErrors(faults)
        (_, header), *rest = records
        rows: dict[str, dict[str, str]] = {}
        for line, cells in rest:
            row = dict(zip(header, cells, strict=False))
            key = _words(row.get(column, "") for column in schema.primary_key) or f"line {line}"
            rows[key if key not in rows else f"{key} (line {line})"] = row
        tables[name] = (header, rows)
    return tables, {schema.file for schema in schemas.values()}


def _table(name, old, new):
    """Differences of one table: itself, its columns, its rows, its cells."""
    if old is None or new is None:
        there = [None if side is None else "there" for side in (old, new)]
        yield Change(name, "the table", "", *there)
        return
    (header, before), (header_after, after) = old, new
    for column in dict.fromkeys([*header, *header_after]):
        pair = (column in header, column in header_after)
        if pair != (True, True):
            yield Change(name, f"column {column}", "", *("there" if there else None for there in pair))
    for key in dict.fromkeys([*before, *after]):
        if key not in before or key not in after:
            yield Change(name, key, "", _row(before.get(key)), _row(after.get(key)))
            continue
        for column in [c for c in header_after if c in header]:
            pair = (before[key].get(column, ""), after[key].get(column, ""))
            if pair[0] != pair[1]:
                yield Change(name, key, column, *pair)


def _row(row):
    return row and "; ".join(f"{column} {text}" for column, text in row.items() if text)


def _words(values):
    kept = [v for v in values if v == v and v not in (None, "")]
    return ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in kept)


def _files(old, new, tables):
    """Files other than tables that are new, gone or changed."""
    sides = [
        {path.relative_to(side).as_posix(): path for path in sorted(side.rglob("*")) if path.is_file()}
        for side in (old, new)
    ]
    for name in dict.fromkeys([*sides[0], *sides[1]]):
        if name in tables or any(part.startswith(".") for part in name.split("/")):
            continue
        before, after = (side.get(name) for side in sides)
        if before is None or after is None or before.read_bytes() != after.read_bytes():
            sizes = [None if path is None else f"{path.stat().st_size} bytes" for path in (before, after)]
            yield Change("files", name, "", *sizes)


def _results(old, new):
    from ..data.load import load

    one, other = load(old), load(new)
    return {kind: tuple(moved(kind, compute(one), compute(other))) for kind, compute in RESULTS.items()}


def moved(kind, old, new):
    """
    Results that differ between two versions.

    Parameters
    ----------
    kind : str
    old, new : dict of str to dict
        Name to field to value.

    Yields
    ------
    Change

    Examples
    --------
    >>> for change in moved("answers", {"24h": {"g": -0.4, "k": 3}}, {"24h": {"g": -0.5, "k": 3}}):
    ...     print(change.name, change.field, f"{change.difference:.1f}")
    24h g -0.1
    """
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name, {}), new.get(name, {})
        for column in dict.fromkeys([*before, *after]):
            pair = (_plain(before.get(column)), _plain(after.get(column)))
            if not _same(*pair):
                yield Change(kind, name, column, *pair)


def _plain(value):
    """A Python value; None for a missing one."""
    value = value.item() if hasattr(value, "item") else value
    return None if value != value else value


def _same(old, new):
    if isinstance(old, float) and isinstance(new, float) and not math.isinf(old) and not math.isinf(new):
        return abs(old - new) <= _TOLERANCE
    return old == new


def run(args) -> int:
    """
    Compare two versions and print, or write, what differs.

    Parameters
    ----------
    args : argparse.Namespace
        old, new, json, html, if_changed.

    Returns
    -------
    int
        0 when equal, or with ``--if-changed``; 1 when something differs; 2 when a side cannot be read.
    """
    from .report import as_html, as_json, as_text

    with tempfile.TemporaryDirectory() as scratch:
        try:
            sides = [_side(args, name, Path(scratch) / str(i)) for i, name in enumerate((args.old, args.new))]
            difference = compare(*sides)
        except NoRevision as error:
            print(error if not args.if_changed else f"no comparison: {error.found}", file=sys.stderr)
            return 0 if args.if_changed else 2
        except DataError as error:
            print(error, file=sys.stderr)
            return 2
    if args.if_changed and not difference:
        return 0
    if args.html:
        try:
            replace_file(args.html, as_html(difference, args.old, args.new))
        except OSError as error:
            print(f"{args.html}: {error.strerror}. Fix: give a file that can be written", file=sys.stderr)
            return 2
    else:
        print(json.dumps(as_json(difference, args.old, args.new), indent=1, allow_nan=False) if args.json
              else as_text(difference, args.old, args.new))  # fmt: skip
    return 1 if difference and not args.if_changed else 0


def _side(args, name, scratch):
    scratch.mkdir()
    return find_side(name, scratch)
