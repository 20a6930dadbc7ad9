"""The guide to the data: `data/README.md`, generated from the descriptor, the trials and the corrections."""

from __future__ import annotations

import json
from pathlib import Path

from ..atomic import replace_file
from ..errors import DataErrors
from .derive import DERIVATIONS
from .descriptor import DESCRIPTOR, read_package
from .schema import printed_text
from .validate import check

GUIDE = "README.md"
_PROVENANCE = """\
Every row that holds a number says in `source_key`, `source_location` and `seen_in` where it is printed and
what was read, and in `fact_ids` which rows of `facts` carry it."""
_TRIAL_COLUMNS = {
    "label": "Study", "design": "Design", "drug": "Drug", "route": "Route", "n_doses": "Doses",
    "comparator": "Comparator", "n_randomised": "n", "role": "Role", "source_key": "Source",
}  # fmt: skip


def render(folder):
    """
    Text of the guide.

    Parameters
    ----------
    folder : str or Path
        The data folder.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    DataErrors
        If the data have faults.
    """
    checked = check(Path(folder))
    if checked.faults:
        raise DataErrors(checked.faults)
    package = json.loads((Path(folder) / DESCRIPTOR).read_text("utf-8"))
    schemas, _ = read_package(folder)
    sections = [
        f"# {package.get('title', 'Data')}",
        f"Generated from {DESCRIPTOR} by `make data-docs`; edit the tables, not this page.",
        str(package.get("description", "")),
        _PROVENANCE,
        "## Tables",
        _tables(schemas, checked.tables),
        "## Studies",
        _trials(checked.tables["trials"]),
        "## Known errors and conflicts of sources",
        _corrections(checked.corrections),
        "## Derivations",
        "Functions of `evidence.derive` that a row names in `derived_by`.",
        _derivations(),
        "## Columns",
        *(text for schema in schemas.values() for text in _columns(schema)),
    ]
    return "\n\n".join(text for text in sections if text) + "\n"


def _grid(header, rows):
    """A Markdown table; bars and line breaks in cells are escaped."""
    lines = [header, ["---"] * len(header), *rows]
    cells = ([str(cell).replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _tables(schemas, tables):
    rows = [
        (f"[`{name}`](#{name})", len(tables[name].rows), schema.title, f"[{schema.file}]({schema.file})")
        for name, schema in schemas.items()
    ]
    return _grid(["Table", "Rows", "Content", "File"], rows)


def _trials(table):
    rows = [["" if row.get(c) is None else row[c] for c in _TRIAL_COLUMNS] for row in table.rows]
    return _grid(list(_TRIAL_COLUMNS.values()), rows)


def _corrections(corrections):
    if not corrections:
        return "None."
    rows = [
        (
            c.id,
            f"{c.table}, line {c.line}, {c.column}",
            c.kind,
            _listed(c),
            printed_text(c.use),
            c.status,
            c.why,
            c.source,
        )
        for c in corrections
    ]
    return _grid(["Entry", "Cell", "Kind", "Printed", "Used", "Status", "Why", "Sources"], rows)


def _listed(correction):
    """Printed values of a correction, as they stand in the sources."""
    return "; ".join(map(printed_text, correction.printed))


def _derivations():
    rows = [
        (f"`{name}`", " ".join((function.__doc__ or "").strip().partition("\n\n")[0].split()))
        for name, function in DERIVATIONS.items()
    ]
    return _grid(["Function", "Gives"], rows)


def _columns(schema):
    """Heading, keys and column table of one table."""
    yield f"### {schema.name}"
    keys = [f"Key: {', '.join(f'`{c}`' for c in schema.primary_key)}."] if schema.primary_key else []
    keys += [
        f"{_names(k.columns)} stands in `{k.table}` as {_names(k.targets)}." for k in schema.foreign_keys
    ]
    yield " ".join([f"{schema.title}.", *keys])
    rows = [(f"`{f.name}`", f.type, f.unit, _allowed(f), f.description) for f in schema.fields]
    yield _grid(["Column", "Type", "Unit", "Allowed", "Meaning"], rows)


def _names(columns):
    return " and ".join(f"`{column}`" for column in columns)


def _allowed(field):
    parts = ["required"] if field.required else []
    parts += ["unique"] if field.unique else []
    parts += [", ".join(map(str, field.enum))] if field.enum else []
    parts += [f"form `{field.pattern.pattern}`"] if field.pattern else []
    parts += [field.bounds] if field.bounds else []
    return "; ".join(parts)


def write(folder):
    """
    Write the guide into the data folder; the old one stays whole until the new one is.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    Path
        The file written.
    """
    return replace_file(Path(folder) / GUIDE, render(folder))
