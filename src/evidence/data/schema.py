"""
Table Schema: columns, keys, and the tables checked against them.

The contract is a Frictionless Data Package; the checks are our own, because each fault must carry file, line,
column, what was found, what is allowed and the fix (docs/adr/0002-own-table-schema-engine.md).
"""

from __future__ import annotations

import difflib
import functools
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import DataError
from .cells import PARSERS, Refused
from .files import first_faults, read_records, shown


@dataclass(frozen=True)
class Field:
    """A column: its type and constraints, as the descriptor declares them."""

    name: str
    type: str
    required: bool = False
    unique: bool = False
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    enum: tuple = ()
    pattern: re.Pattern | None = None
    unit: str = ""
    description: str = ""

    def parse(self, text):
        """
        Value of a cell; None for a blank.

        Parameters
        ----------
        text : str

        Returns
        -------
        str, int, float, bool, datetime.date or None

        Raises
        ------
        Refused
            With what the column admits and the fix.
        """
        if text == "":
            if self.required:
                raise Refused("a value in every row", "fill the cell in, or delete the row")
            return None
        value = PARSERS[self.type](text)
        if self.enum and value not in self.enum:
            raise Refused(f"one of {', '.join(map(str, self.enum))}", did_you_mean(text, self.enum))
        if self.pattern and not self.pattern.fullmatch(text):
            raise Refused(f"text of the form {self.pattern.pattern}", f"see the column: {self.description}")
        if not self._in_bounds(value):
            raise Refused(self.bounds, "copy the value as the source prints it")
        return value

    def unbounded(self):
        """The column without its constraints: its type alone."""
        return replace(self, required=False, minimum=None, maximum=None, above=None, enum=(), pattern=None)

    def _in_bounds(self, value):
        return (
            (self.minimum is None or value >= self.minimum)
            and (self.maximum is None or value <= self.maximum)
            and (self.above is None or value > self.above)
        )

    @property
    def bounds(self):
        """Admitted range in words, such as ``a number > 0``; empty for a column without one."""
        kind = "a whole number" if self.type == "integer" else "a number"
        limits = [
            f"{sign} {limit:g}"
            for sign, limit in ((">", self.above), (">=", self.minimum), ("<=", self.maximum))
            if limit is not None
        ]
        return f"{kind} {' and '.join(limits)}" if limits else ""


@dataclass(frozen=True)
class ForeignKey:
    """Columns whose values must stand in columns of another table; `separator` for lists in one cell."""

    columns: tuple[str, ...]
    table: str
    targets: tuple[str, ...]
    separator: str = ""


@dataclass(frozen=True)
class TableSchema:
    """A table as declared: its file, columns and keys."""

    name: str
    file: str
    title: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()

    @property
    def columns(self):
        """Column names in file order."""
        return [f.name for f in self.fields]

    def field(self, name):
        """The column called `name`, or None."""
        return next((f for f in self.fields if f.name == name), None)


@dataclass
class Table:
    """A table as read: one dict of values a row, the line of each row, and the faulty cells of a line."""

    schema: TableSchema
    path: Path
    lines: list[int] = field(default_factory=list)
    rows: list[dict] = field(default_factory=list)
    faulty: dict[int, set] = field(default_factory=dict)

    def sound(self, columns=None):
        """Line and values of each row that has no faulty cell (in `columns`, when these are given)."""
        return [
            (line, row)
            for line, row in zip(self.lines, self.rows, strict=True)
            if line not in self.faulty or (columns and not self.faulty[line].intersection(columns))
        ]

    def fault(self, line, row, column, allowed, fix, check="", found=None):
        """A fault of one cell, with the key of its row in words."""
        found = printed_text(row.get(column)) if found is None else found
        return DataError(
            self.path, line, column, shown(found), allowed, fix, row=self.describe(row), check=check
        )

    def describe(self, row):
        """Key of a row in words, such as ``feder_2014, IES-R, day 1``."""
        parts = []
        for name in self.schema.primary_key:
            if (value := row.get(name)) is not None:
                parts.append(f"day {value:g}" if name == "timepoint_days" else printed_text(value))
        return shown(", ".join(parts), 100)


def printed_text(value):
    """A value as a person would write it in the cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, float) else str(value)


@functools.lru_cache(maxsize=1000)
def did_you_mean(text, choices):
    """Advice that names the nearest of the choices (a tuple), where one is near."""
    near = difflib.get_close_matches(text, [str(c) for c in choices], n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else "use one of the allowed values"


def read_table(folder, schema):
    """
    Read one CSV file and check it against its schema: bytes, header, cells, unique values, primary key.

    Parameters
    ----------
    folder : str or Path
    schema : TableSchema

    Returns
    -------
    table : Table or None
        None when the file could not be read as a table of these columns.
    faults : list of DataError
    """
    path = Path(folder) / schema.file
    records, faults = read_records(path)
    if not records:
        return None, faults
    line, header = records[0]
    if wrong := _header_faults(path, line, header, schema.columns):
        return None, faults + wrong
    table = Table(schema, path)
    found, whole = first_faults(path, _read_rows(table, records[1:], header))
    return table if whole else None, sorted(faults + found, key=lambda fault: fault.line or 0)


def _read_rows(table, records, header):
    """Append the rows to the table; yield the faults of rows and cells, then those of keys."""
    for line, cells in records:
        if len(cells) != len(header):
            yield _ragged(table.path, line, cells, header)
        else:
            yield from _read_row(table, line, cells)
    if table.schema.primary_key:
        yield from _duplicates(table, table.schema.primary_key, "primary key")
    for column in table.schema.fields:
        if column.unique:
            yield from _duplicates(table, (column.name,), "unique")


def _header_faults(path, line, header, columns):
    """What is wrong with the header: separator, missing, unknown, repeated or moved columns."""
    if len(header) > 10 * len(columns):
        found, allowed = f"{len(header)} columns", f"{len(columns)} columns"
        return [DataError(path, line, None, found, allowed, "restore the file with git")]
    if len(header) == 1 < len(columns) and (other := re.search(r"[;\t|]", header[0])):
        name = {";": "semicolons", "\t": "tabs", "|": "bars"}[other.group()]
        return [DataError(path, line, None, f"{name} between cells", "commas", "save as CSV with commas")]
    extra = [name for name in header if name not in columns]
    missing = [name for name in columns if name not in header]
    faults = []
    for name in missing:
        near = difflib.get_close_matches(name, extra, n=1)
        fix = f"rename '{shown(near[0])}'" if near else f"add the column {_place(columns, name)}"
        faults.append(DataError(path, line, name, "no such column", "every declared column", fix))
    for name in extra:
        fix = "delete the column, or declare it in datapackage.json"
        faults.append(DataError(path, line, shown(name), "an undeclared column", ", ".join(columns), fix))
    for name in dict.fromkeys(n for n in header if n in columns and header.count(n) > 1):
        found = f"the column {header.count(name)} times"
        faults.append(DataError(path, line, name, found, "each column once", "delete the copy"))
    if not faults and header != columns:
        name = next(h for h, c in zip(header, columns, strict=True) if h != c)
        fix = f"put the columns in the order {','.join(columns)}"
        faults.append(DataError(path, line, name, "a column out of order", "the declared order", fix))
    return faults


def _place(columns, name):
    place = columns.index(name)
    return f"after '{columns[place - 1]}'" if place else "at the start"


def _ragged(path, line, cells, header):
    found, allowed = f"{len(cells)} cells", f"{len(header)} cells, as in the header"
    if len(cells) > len(header):
        fix = "put quotes around a cell that has a comma in it, or delete the surplus cell"
    else:
        fix = "add the missing cells (a blank cell is still a comma)"
    return DataError(path, line, None, found, allowed, fix, row=shown(cells[0]))


def _read_row(table, line, cells):
    """Append a row to the table; yield the faults of its cells."""
    row: dict[str, object] = {}
    refused = []
    for column, text in zip(table.schema.fields, cells, strict=True):
        row[column.name] = None
        try:
            row[column.name] = column.parse(text)
        except Refused as error:
            refused.append((column.name, text, error))
    if refused:
        table.faulty[line] = {name for name, _, _ in refused}
    table.lines.append(line)
    table.rows.append(row)
    for name, text, error in refused:
        yield table.fault(line, row, name, error.allowed, error.fix, "cell", found=text)


def _duplicates(table, columns, check):
    """Rows whose values in `columns` stand in an earlier row; a `unique` column may be blank often."""
    first: dict[tuple, int] = {}
    for line, row in table.sound(columns):
        key = tuple(row[name] for name in columns)
        if check == "unique" and key == (None,):
            continue
        if key in first:
            found = f"{', '.join(map(printed_text, key))} again"
            allowed = f"each {check} once; first on line {first[key]}"
            fix = "delete the copy, or correct the key"
            yield table.fault(line, row, ", ".join(columns), allowed, fix, check, found)
        first.setdefault(key, line)


def all_key_faults(table, keys, tables):
    """
    Faults of every foreign key of a table; a key of several columns is silent where one of them is at fault.

    Parameters
    ----------
    table : Table
    keys : iterable of ForeignKey
    tables : dict of str to Table

    Returns
    -------
    list of DataError
    """
    faults: list[DataError] = []
    stray: set[tuple] = set()
    for key in sorted(keys, key=lambda key: len(key.columns)):
        found = key_faults(table, key, tables)
        faults += [f for f in found if not stray.intersection((f.line, column) for column in key.columns)]
        stray |= {(fault.line, fault.column) for fault in found}
    return faults


def key_faults(table, key, tables):
    """
    Values of a foreign key that do not stand in the table it points to.

    Parameters
    ----------
    table : Table
    key : ForeignKey
    tables : dict of str to Table
        Tables that could be read; a key into any other is left unchecked.

    Returns
    -------
    list of DataError
    """
    if key.table not in tables:
        return []
    return first_faults(table.path, _strays(table, key, tables[key.table]))[0]


def _strays(table, key, target):
    known = {tuple(row[name] for name in key.targets) for row in target.rows}
    for line, row in table.sound(key.columns):
        values = tuple(row[name] for name in key.columns)
        if all(value is None for value in values):
            continue
        listed = [(part,) for part in values[0].split(key.separator)] if key.separator else [values]
        yield from (_stray(table, key, line, row, v, known) for v in listed if v not in known)
        if len(set(listed)) < len(listed):
            yield table.fault(line, row, key.columns[0], "each key once", "delete the copy", "foreign key")


def _stray(table, key, line, row, values, known):
    column = key.columns[-1]
    allowed = f"a value of {', '.join(key.targets)} in {key.table}"
    if len(values) > 1:
        fixed = [k[-1] for k in known if k[:-1] == values[:-1]]
        allowed += f" for {', '.join(map(printed_text, values[:-1]))}"
    else:
        fixed = [k[0] for k in known]
    near = did_you_mean(printed_text(values[-1]), tuple(sorted(map(printed_text, fixed))))
    fix = near if near.startswith("did") else f"correct it, or add the row to {key.table}"
    return table.fault(line, row, column, allowed, fix, "foreign key", found=printed_text(values[-1]))
