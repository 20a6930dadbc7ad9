"""Proposed rows as reviewable CSV files, and their merge into the data after the whole has been validated."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from ..data.descriptor import read_package
from ..data.files import quoted, read_records
from ..data.guide import GUIDE, render
from ..data.pending import commit, finish
from ..data.validate import check
from ..errors import DataError, DataErrors

# Where a row comes from: united when a row is filled up, never a difference between two rows.
_PLACE = ("source_key", "source_location", "seen_in", "fact_ids", "derived_by", "note")


@dataclass
class Merge:
    """
    What a merge does: new text of files, rows added and filled up, rows there already, rows that differ.
    """

    files: dict[str, str] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    filled: list[str] = field(default_factory=list)
    same: int = 0
    differs: list[str] = field(default_factory=list)


def csv_text(columns, rows):
    """
    Rows as CSV text with minimal quoting.

    Examples
    --------
    >>> print(csv_text(["a", "b"], [{"a": "1", "b": "x, y"}, {"b": "z"}]), end="")
    a,b
    1,"x, y"
    ,z
    """
    lines = [columns, *([row.get(column, "") for column in columns] for row in rows)]
    return "".join(",".join(map(quoted, cells)) + "\n" for cells in lines)


def read_rows(path, columns):
    """
    Rows of a CSV file as text, by column.

    Raises
    ------
    DataErrors
        If the file cannot be read, or has other columns.
    """
    records, faults = read_records(path)
    if faults:
        raise DataErrors(faults)
    (line, header), *rest = records
    if header != list(columns):
        raise DataError(path, line, None, ",".join(header)[:80], ",".join(columns), "restore the header")
    for line, cells in rest:
        if len(cells) != len(header):
            found, allowed = f"{len(cells)} cells", f"{len(header)} cells"
            raise DataError(path, line, None, found, allowed, "mend the row, or delete it")
    return [dict(zip(header, cells, strict=True)) for _, cells in rest]


def write_proposal(folder, schemas, rows, extra):
    """
    Write proposed rows, one CSV file a table, and further files; all of them or none.

    Parameters
    ----------
    folder : str or Path
        Made if missing.
    schemas : dict of str to TableSchema
    rows : dict of str to list of dict
        Table to its proposed rows, cells as text.
    extra : dict of str to str
        Further files and their text.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        found = error.strerror or type(error).__name__
        fix = "choose another folder with --out"
        raise DataError(folder, None, None, found, "a folder to write to", fix) from None
    files = {schemas[table].file: csv_text(schemas[table].columns, found) for table, found in rows.items()}
    commit(folder, files | extra)


def read_proposal(folder, schemas):
    """
    Read the proposed rows of a folder as they stand, edited by hand or not.

    Returns
    -------
    dict of str to list of dict

    Raises
    ------
    DataError
        If the folder has no table, or one that cannot be read.
    """
    folder = Path(folder)
    finish(folder)
    found = {name: folder / schema.file for name, schema in schemas.items()}
    rows = {name: read_rows(path, schemas[name].columns) for name, path in found.items() if path.exists()}
    if not rows:
        raise DataError(folder, None, None, "no proposed table", "a folder with proposals", "fetch it first")
    return rows


def merge(folder, proposed):
    """
    Work out the data folder with proposed rows in it.

    A row whose key is new is added. One whose key is there fills its blank cells, unless any cell differs:
    then it is listed and nothing of it is used. Facts get new ids where theirs are taken; a fact that only
    rows not used rest on is left out.

    Parameters
    ----------
    folder : str or Path
        The data folder.
    proposed : dict of str to list of dict
        Table to rows, cells as text.

    Returns
    -------
    Merge

    Raises
    ------
    DataErrors
        If the data have faults already.
    """
    folder = Path(folder)
    schemas, faults = read_package(folder)
    if faults:
        raise DataErrors(faults)
    tables = {name: read_rows(folder / schemas[name].file, schemas[name].columns) for name in schemas}
    proposed = _renumbered(tables["facts"], proposed)
    result = Merge()
    cited: set[str] = set()
    unused: set[str] = set()
    for name in (n for n in schemas if n in proposed and n != "facts"):
        for row in proposed[name]:
            used = _merge_row(schemas[name], tables[name], row, result)
            (cited if used else unused).update(filter(None, row.get("fact_ids", "").split("; ")))
    ids = {row["fact_id"] for row in tables["facts"]}
    for row in proposed.get("facts", []):
        if row["fact_id"] not in ids and row["fact_id"] not in unused - cited:
            tables["facts"].append({**dict.fromkeys(schemas["facts"].columns, ""), **row})
            result.added["facts"] = result.added.get("facts", 0) + 1
    changed = {*result.added, *(text.partition(":")[0] for text in result.filled)}
    result.files = {schemas[n].file: csv_text(schemas[n].columns, tables[n]) for n in schemas if n in changed}
    return result


def _renumbered(facts, proposed):
    """Proposed rows with the ids of facts that are there already, and free ids for those that are new."""
    known = {_content(row): row["fact_id"] for row in facts}
    taken = {row["fact_id"] for row in facts}
    free = max(next_fact(facts), next_fact(proposed.get("facts", [])))
    new_ids: dict[str, str] = {}
    for row in proposed.get("facts", []):
        if _content(row) in known:
            new_ids[row["fact_id"]] = known[_content(row)]
        elif row["fact_id"] in taken:
            new_ids[row["fact_id"]] = f"X{free:04d}"
            free += 1
    return {
        name: [
            {c: re.sub(r"[FX][0-9]{4}", lambda m: new_ids.get(m[0], m[0]), v) if "fact_id" in c else v
             for c, v in row.items()}
            for row in rows
        ]
        for name, rows in proposed.items()
    }  # fmt: skip


def _content(row):
    return tuple(sorted((column, text) for column, text in row.items() if column != "fact_id" and text))


def next_fact(facts):
    """
    Number of the first free ``X`` fact.

    Parameters
    ----------
    facts : iterable of dict
        Rows of `facts`.

    Examples
    --------
    >>> next_fact([{"fact_id": "F0007"}, {"fact_id": "X0002"}])
    3
    """
    ids = [str(row["fact_id"]) for row in facts]
    return 1 + max((int(i[1:]) for i in ids if re.fullmatch("X[0-9]{4}", i)), default=0)


def _merge_row(schema, rows, row, result):
    """Add a row, fill one up, or list how the two differ; tell whether the proposed row was used."""
    key = [row.get(column, "") for column in schema.primary_key]
    there = next((r for r in rows if [r[column] for column in schema.primary_key] == key), None)
    if there is None:
        rows.append({**dict.fromkeys(schema.columns, ""), **row})
        result.added[schema.name] = result.added.get(schema.name, 0) + 1
        return True
    cells = {c: text for c, text in row.items() if text and c not in _PLACE}
    wrong = {c: text for c, text in cells.items() if there[c] and not _equal(there[c], text)}
    fill = {c: text for c, text in cells.items() if not there[c]}
    if schema.name == "references" or not (wrong or fill):
        result.same += 1
        return False
    name = f"{schema.name}: {', '.join(key)}"
    if wrong:
        found = ", ".join(f"{c} is {there[c]}, proposed {text}" for c, text in wrong.items())
        result.differs.append(f"{name}: {found} ({row.get('source_key', '')})")
        return False
    there.update(fill)
    for column, mark in (("fact_ids", "; "), ("derived_by", "; "), ("note", " ")):
        parts = [there.get(column, ""), row.get(column, "")]
        if column == "note":
            place = f"{row.get('source_key', '')}, {row.get('source_location', '')}"
            parts.append(f"{', '.join(fill)} from {place}.")
        if column in there:
            listed = [p for part in parts for p in (part.split(mark) if mark == "; " else [part])]
            there[column] = mark.join(dict.fromkeys(filter(None, listed)))
    result.filled.append(f"{name}: {', '.join(f'{c} {text}' for c, text in fill.items())}")
    return True


def describe(result) -> str:
    """
    Say what a merge changes.

    Examples
    --------
    >>> print(describe(Merge(added={"facts": 2}, same=1)))
    added: 2 facts
    there already: 1 row
    """
    added = ", ".join(f"{count} {table}" for table, count in result.added.items()) or "no row"
    lines = [f"added: {added}", *(f"filled up: {text}" for text in result.filled)]
    lines += [f"there already: {result.same} row{'s' * (result.same != 1)}"] if result.same else []
    lines += [f"differs, not merged: {text}" for text in result.differs]
    return "\n".join(lines)


def _equal(old, new):
    try:
        return old == new or float(old) == float(new)
    except ValueError:
        return False


def apply(folder, result):
    """
    Validate the merged data in a copy; if they have no fault, replace the files, all or none.

    Parameters
    ----------
    folder : str or Path
        The data folder.
    result : Merge

    Raises
    ------
    DataErrors
        With every fault of the merged data; the data folder is untouched then.
    """
    folder = Path(folder)
    if not result.files:
        return
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "merged"
        copy.mkdir()
        for path in folder.iterdir():
            if path.is_file():
                shutil.copy(path, copy)
        for name, text in result.files.items():
            (copy / name).write_text(text, encoding="utf-8", newline="\n")
        if faults := check(copy).faults:
            for fault in faults:
                fault.path = f"merged copy of {folder / Path(fault.path).name}"
            raise DataErrors(faults)
        guide = {GUIDE: render(copy)} if (folder / GUIDE).exists() else {}
    commit(folder, result.files | guide)
