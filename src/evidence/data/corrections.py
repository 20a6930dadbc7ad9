"""
Known errors and conflicts of the sources: `corrections.yml`, read, checked against the tables and applied.

The tables hold what a source prints. A correction of kind ``replace`` puts another value into one cell when
the data are loaded; one of kind ``conflict`` changes nothing and says which of two printed values counts; one
of kind ``quirk`` changes nothing and acknowledges what the named extraction checks say of a printed value.
A guard, `expect`, fails loudly once the source row no longer looks wrong.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError
from .cells import Refused
from .plainyaml import Mapping, YamlFault, read_yaml
from .schema import did_you_mean, printed_text

FILE = "corrections.yml"
KINDS = ("replace", "conflict", "quirk")
STATUSES = ("open", "settled")
_KEYS = ("id", "kind", "where", "printed", "use", "why", "source", "status", "expect", "checks")
_REQUIRED = _KEYS[:-2]
_WHERE = ("table", "key", "column")
_TESTS = {
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge,
    "eq": operator.eq, "ne": operator.ne, "between": lambda value, ends: ends[0] <= value <= ends[1],
}  # fmt: skip


@dataclass(frozen=True)
class Correction:
    """
    One entry of `corrections.yml`, checked against the data.

    Attributes
    ----------
    id, kind, why, source, status : str
        `kind` is ``replace``, ``conflict`` or ``quirk``, `status` is ``open`` or ``settled``; `source` holds
        keys of references, separated by '; '.
    table, column : str
        The cell meant, in the row that `key` finds.
    key : tuple of (str, value)
        Columns and values that find exactly one row.
    line : int
        Line of that row in its table.
    printed : tuple
        Value in the cell (replace, quirk), or the values that sources print (conflict).
    use : value
        Value that counts; None blanks the cell.
    expect : tuple of (str, value)
        Conditions that the printed cell meets, such as ``("lt", 5.0)``.
    checks : tuple of str
        Names of the extraction checks that a quirk acknowledges for this cell.
    """

    id: str
    kind: str
    table: str
    key: tuple
    column: str
    line: int
    printed: tuple
    use: object
    why: str
    source: str
    status: str
    expect: tuple = ()
    checks: tuple = ()


def read_corrections(folder, tables):
    """
    Read `corrections.yml` and check each entry against the tables.

    Parameters
    ----------
    folder : str or Path
    tables : dict of str to Table
        Tables as printed.

    Returns
    -------
    corrections : tuple of Correction
        Those without fault.
    faults : list of DataError
    """
    path = Path(folder) / FILE
    entries, faults = read_yaml(path)
    if faults:
        return (), faults
    if not isinstance(entries, list):
        fix = "start each entry with '- id:'; write [] when there is none"
        return (), [DataError(path, 1, None, "no list", "a list of corrections", fix)]
    corrections, seen = [], set()
    for entry in entries:
        try:
            correction = _correction(entry, tables)
            for mark in (("id", correction.id), (correction.table, correction.line, correction.column)):
                if mark in seen:
                    what = "this id" if mark[0] == "id" else "a correction of this cell"
                    raise _fault(
                        entry, "id", f"{what} again", "one correction a cell, each id once", "merge them"
                    )
                seen.add(mark)
            corrections.append(correction)
        except YamlFault as fault:
            faults.append(fault.located(path))
    return tuple(corrections), faults


def _fault(entry, key, found, allowed, fix):
    name = entry.get("id")
    row = name if isinstance(name, str) else ""
    return YamlFault(entry.lines.get(key, entry.line), key, found, allowed, fix, row)


def _correction(entry, tables):
    """One entry to a Correction; the first fault found is raised."""
    if not isinstance(entry, Mapping):
        raise YamlFault(None, None, f"the entry '{entry}'", "a mapping", "start the entry with '- id:'")
    _only(entry, entry, _KEYS, _REQUIRED)
    text = {key: _text(entry, entry, key) for key in ("id", "kind", "why", "source", "status")}
    _one_of(entry, "kind", KINDS)
    _one_of(entry, "status", STATUSES)
    _sources(entry, tables)
    table, key, column, line, row = _target(entry, tables)
    printed = _printed_values(entry, column)
    use = _parse(entry, "use", column, entry["use"])
    expect = _expectations(entry, column)
    value = row[column.name]
    if text["kind"] == "conflict":
        _check_conflict(entry, value, printed, use)
    _check_guard(entry, value, expect, column)
    if text["kind"] == "quirk" and use != printed[0]:
        raise _fault(
            entry, "use", entry["use"], "the printed value of a quirk", "use kind: replace to change it"
        )
    if text["kind"] != "conflict" and printed[0] != value:
        found = f"{printed_text(value)} on line {line} of {table.path.name}"
        fix = "correct 'printed', or delete the correction if the cell was mended"
        raise _fault(entry, "printed", found, f"the printed value {printed_text(printed[0])}", fix)
    return Correction(
        text["id"], text["kind"], table.schema.name, key, column.name, line, printed, use, text["why"],
        text["source"], text["status"], expect, _checks(entry),
    )  # fmt: skip


def _only(entry, mapping, keys, required):
    """Refuse unknown and absent keys."""
    for key in mapping:
        if key not in keys:
            fix = did_you_mean(key, keys)
            raise YamlFault(
                mapping.lines[key], key, "an unknown key", ", ".join(keys), fix, entry.get("id", "")
            )
    for key in required:
        if key not in mapping:
            raise YamlFault(mapping.line, key, "no such key", ", ".join(keys), "add it", entry.get("id", ""))


def _text(entry, mapping, key):
    if not isinstance(mapping[key], str) or not mapping[key].strip():
        raise _fault(entry, key, mapping[key], "text", "write it as one line of text")
    return mapping[key]


def _one_of(entry, key, choices):
    if entry[key] not in choices:
        raise _fault(
            entry, key, entry[key], f"one of {', '.join(choices)}", did_you_mean(entry[key], choices)
        )


def _sources(entry, tables):
    known = {row.get("key") for row in tables["references"].rows} if "references" in tables else None
    for source in entry["source"].split("; "):
        if known is not None and source not in known:
            fix = did_you_mean(source, tuple(sorted(k for k in known if isinstance(k, str))))
            raise _fault(entry, "source", source, "keys of references, separated by '; '", fix)


def _target(entry, tables):
    """The table, key, column, line and row that `where` means: exactly one row."""
    where = entry["where"]
    if not isinstance(where, Mapping):
        raise _fault(
            entry, "where", where, f"a mapping with {', '.join(_WHERE)}", "write where: {table: ...}"
        )
    _only(entry, where, _WHERE, _WHERE)
    table, name = tables.get(_text(entry, where, "table")), _text(entry, where, "column")
    if table is None:
        raise _fault(entry, "where", where["table"], f"one of {', '.join(tables)}", "name a table that loads")
    if (column := table.schema.field(name)) is None:
        fix = did_you_mean(name, tuple(table.schema.columns))
        raise _fault(entry, "where", f"column {name}", f"a column of {where['table']}", fix)
    if not isinstance(where["key"], Mapping) or not where["key"]:
        raise _fault(entry, "where", where["key"], "key: a mapping of columns to values", "write key: {...}")
    key = []
    for part, text in where["key"].items():
        if (field := table.schema.field(part)) is None:
            fix = did_you_mean(part, tuple(table.schema.columns))
            raise _fault(entry, "where", f"column {part}", f"a column of {where['table']}", fix)
        key.append((part, _parse(entry, "where", field, text)))
    hits = [(line, row) for line, row in table.sound() if all(row[part] == value for part, value in key)]
    if len(hits) != 1:
        fix = "name the columns of the primary key, and the values as the table has them"
        raise _fault(entry, "where", f"{len(hits)} rows", "a key that finds one row", fix)
    return table, tuple(key), column, *hits[0]


def _parse(entry, key, column, text):
    """A value of the entry, read as the column reads it."""
    if not isinstance(text, str):
        raise _fault(entry, key, text, "a single value", "write one value")
    try:
        return column.parse(text)
    except Refused as error:
        raise _fault(entry, key, text, error.allowed, error.fix) from None


def _printed_values(entry, column):
    printed = entry["printed"]
    listed = entry["kind"] == "conflict"
    if isinstance(printed, list) != listed or (listed and len(printed) < 2):
        allowed = "a list of the values printed" if listed else "the value in the cell"
        raise _fault(
            entry, "printed", printed, allowed, "write printed: [a, b] for a conflict, else one value"
        )
    return tuple(_parse(entry, "printed", column, text) for text in (printed if listed else [printed]))


def _expectations(entry, column):
    expect = entry.get("expect")
    if expect is None:
        if entry["kind"] != "conflict":
            allowed = f"a guard for a {'replaced cell' if entry['kind'] == 'replace' else 'quirk'}"
            raise _fault(entry, "expect", "no expect", allowed, "add expect: {lt: ...}")
        return ()
    if not isinstance(expect, Mapping) or not expect:
        raise _fault(entry, "expect", expect, f"a mapping with {', '.join(_TESTS)}", "write expect: {lt: 5}")
    _only(entry, expect, tuple(_TESTS), ())
    conditions = []
    for test, text in expect.items():
        if column.type not in ("integer", "number", "date") and test not in ("eq", "ne"):
            raise _fault(
                entry, "expect", test, f"eq or ne for a column of type {column.type}", "use eq or ne"
            )
        texts = text if test == "between" and isinstance(text, list) and len(text) == 2 else [text]
        if (test == "between") != (len(texts) == 2):
            raise _fault(entry, "expect", text, "between: [low, high]", "write the two ends")
        values = [_guard_value(entry, column, t) for t in texts]
        conditions.append((test, tuple(values) if test == "between" else values[0]))
    return tuple(conditions)


def _checks(entry):
    """Names of the checks that a quirk acknowledges; no other kind has any."""
    names, is_quirk = entry.get("checks"), entry["kind"] == "quirk"
    if (names is not None) != is_quirk or (is_quirk and not (isinstance(names, list) and names)):
        allowed = "a list of check names for a quirk, nothing for another kind"
        raise _fault(entry, "checks", names or "no checks", allowed, "write checks: [name]")
    return tuple(names or ())


def _guard_value(entry, column, text):
    """A bound of the guard: of the column's type, though perhaps outside its range."""
    value = _parse(entry, "expect", column.unbounded(), text)
    if value is None:
        raise _fault(entry, "expect", "a blank", "a value", "write the bound")
    return value


def _check_conflict(entry, value, printed, use):
    if use not in printed:
        raise _fault(
            entry, "use", entry["use"], "one of the printed values", "use a value that a source prints"
        )
    if value != use:
        fix = "put the value that counts into the table, or correct 'use'"
        raise _fault(entry, "use", printed_text(value), f"the table to hold {printed_text(use)}", fix)


def _check_guard(entry, value, expect, column):
    for test, bound in expect:
        if value is None or not _TESTS[test](value, bound):
            allowed = f"{column.name} {test} {entry['expect'][test]}, the reason for the correction"
            fix = "the source row no longer looks wrong: delete the correction, or restore the printed value"
            raise _fault(entry, "expect", printed_text(value), allowed, fix)


def apply_corrections(tables, corrections):
    """
    Put the value of each ``replace`` correction into its cell.

    Parameters
    ----------
    tables : dict of str to Table
        Changed in place.
    corrections : sequence of Correction
    """
    for correction in corrections:
        if correction.kind == "replace":
            table = tables[correction.table]
            table.rows[table.lines.index(correction.line)][correction.column] = correction.use
