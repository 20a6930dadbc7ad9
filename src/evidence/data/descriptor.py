"""
The contract of the data folder: `datapackage.json`, a Frictionless Data Package with Table Schemas.

A descriptor that asks for something `schema` does not check is refused, so nothing is silently unchecked.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from ..errors import DataError
from .files import read_text, shown
from .schema import Field, ForeignKey, TableSchema

DESCRIPTOR = "datapackage.json"
_BOUNDS = {"minimum", "maximum", "exclusiveMinimum"}
_CONSTRAINTS = {
    "string": {"required", "unique", "enum", "pattern"},
    "integer": {"required", "unique", "enum", *_BOUNDS},
    "number": {"required", "unique", *_BOUNDS},
    "boolean": {"required"},
    "date": {"required", "unique"},
}
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FILE = re.compile(r"([A-Za-z0-9_-]+/)*[A-Za-z0-9_-]+\.csv")
_DIALECT = {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True, "header": True}
_KINDS = {dict: "an object", list: "a list", str: "text", bool: "true or false"}


def read_package(folder):
    """
    Read and check `datapackage.json`.

    Parameters
    ----------
    folder : str or Path
        The folder it stands in.

    Returns
    -------
    schemas : dict of str to TableSchema
        Empty when there is any fault.
    faults : list of DataError
    """
    path = Path(folder) / DESCRIPTOR
    text, faults = read_text(path)
    if faults:
        return {}, faults
    try:
        package = _json(path, text)
        resources = _get(path, package, "resources", list, "the package")
    except DataError as fault:
        return {}, [fault]
    schemas, faults = {}, []
    for number, resource in enumerate(resources):
        try:
            schema = _table_schema(path, resource, f"resource {number + 1}")
            if schema.name in schemas:
                raise _wrong(path, schema.name, "a second table of this name", "each name once")
            schemas[schema.name] = schema
        except DataError as fault:
            faults.append(fault)
    faults += (
        [fault for s in schemas.values() for fault in _unknown_keys(path, s, schemas)] if not faults else []
    )
    return ({}, faults) if faults else (schemas, [])


def _wrong(path, place, found, allowed, fix="correct datapackage.json, or restore it with git"):
    return DataError(path, None, None, shown(found), allowed, fix, row=shown(place))


def _no_constant(word):
    """Refuse NaN and Infinity, which Python's JSON reader would take."""
    raise ValueError(word)


def _json(path, text):
    """A JSON object from text; every way in which JSON can be wrong is a fault."""
    try:
        package = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        fix = "correct the JSON, or restore the file with git"
        raise DataError(path, error.lineno, None, error.msg, "JSON (RFC 8259)", fix) from None
    except (RecursionError, ValueError):  # too deep, NaN or Infinity, an integer of over 4,300 digits
        raise _wrong(path, "the package", "JSON too deep or a number out of range", "plain JSON") from None
    if not isinstance(package, dict):
        raise _wrong(path, "the package", type(package).__name__, "a JSON object")
    return package


def _get(path, holder, key, kind, place, default=None):
    """Entry `key` of a JSON object, which must be of one kind; absent only with a default."""
    if not isinstance(holder, dict):
        raise _wrong(path, place, type(holder).__name__, "an object")
    if key not in holder and default is not None:
        return default
    value = holder.get(key)
    if not isinstance(value, kind):
        found = f"{key}: {json.dumps(value)}" if key in holder else f"no {key}"
        raise _wrong(path, place, found, f"{key}: {_KINDS[kind]}")
    return value


def _table_schema(path, resource, place):
    name = _get(path, resource, "name", str, place)
    if not _NAME.fullmatch(name):
        raise _wrong(path, place, name, "a table name of a-z, 0-9 and _")
    file = _get(path, resource, "path", str, name)
    if not _FILE.fullmatch(file):
        raise _wrong(path, name, file, "a CSV file below this folder")
    if not resource.get("encoding", "utf-8") == "utf-8":
        raise _wrong(path, name, f"encoding: {resource['encoding']}", "encoding: utf-8")
    for key, value in _get(path, resource, "dialect", dict, name, {}).items():
        if key not in _DIALECT or _DIALECT[key] != value:
            raise _wrong(path, name, f"dialect {key}: {value!r}", f"the dialect {json.dumps(_DIALECT)}")
    schema = _get(path, resource, "schema", dict, name)
    if schema.get("missingValues", [""]) != [""]:
        raise _wrong(path, name, f"missingValues: {schema['missingValues']}", 'missingValues: [""]')
    fields = tuple(_field(path, f, name) for f in _get(path, schema, "fields", list, name))
    names = [f.name for f in fields]
    if not names or len(set(names)) < len(names):
        raise _wrong(path, name, ", ".join(names) or "no column", "columns, each name once")
    title = _get(path, resource, "title", str, name, name)
    primary = _columns(path, schema, "primaryKey", names, name) if "primaryKey" in schema else ()
    keys = _get(path, schema, "foreignKeys", list, name, [])
    foreign = tuple(_foreign_key(path, key, names, name) for key in keys)
    return TableSchema(name, file, title, fields, primary, foreign)


def _field(path, entry, table):
    name = _get(path, entry, "name", str, f"a column of {table}")
    place = f"{table}.{name}"
    if not _NAME.fullmatch(name):
        raise _wrong(path, place, name, "a column name of a-z, 0-9 and _")
    kind = _get(path, entry, "type", str, place, "string")
    if kind not in _CONSTRAINTS or entry.get("format", "default") != "default":
        found = f"type {kind}, format {entry.get('format', 'default')}"
        raise _wrong(path, place, found, f"type {', '.join(_CONSTRAINTS)}; no other format")
    limits = _get(path, entry, "constraints", dict, place, {})
    if unknown := sorted(set(limits) - _CONSTRAINTS[kind]):
        allowed = f"constraints {', '.join(sorted(_CONSTRAINTS[kind]))} for type {kind}"
        raise _wrong(path, place, ", ".join(unknown), allowed)
    return Field(
        name=name,
        type=kind,
        required=_get(path, limits, "required", bool, place, False),
        unique=_get(path, limits, "unique", bool, place, False),
        minimum=_bound(path, limits, "minimum", place),
        maximum=_bound(path, limits, "maximum", place),
        above=_bound(path, limits, "exclusiveMinimum", place),
        enum=_enum(path, limits, kind, place),
        pattern=_pattern(path, limits, place),
        unit=_get(path, entry, "unit", str, place, ""),
        description=_get(path, entry, "description", str, place, ""),
    )


def _bound(path, limits, key, place):
    value = limits.get(key)
    if key in limits and not (type(value) in (int, float) and abs(value) < 1e15):
        raise _wrong(path, place, f"{key}: {json.dumps(value)}", f"{key}: a number")
    return value


def _enum(path, limits, kind, place):
    values = _get(path, limits, "enum", list, place, [])
    wanted = int if kind == "integer" else str
    if "enum" in limits and not (values and all(type(v) is wanted for v in values)):
        raise _wrong(path, place, f"enum: {json.dumps(values)}", f"enum: a list of {kind} values")
    return tuple(values)


def _pattern(path, limits, place):
    pattern = _get(path, limits, "pattern", str, place, "")
    try:
        return re.compile(pattern) if pattern else None
    except (re.error, OverflowError, RecursionError):
        raise _wrong(path, place, f"pattern: {pattern}", "a regular expression") from None


def _columns(path, holder, key, names, place):
    """One column name or a list of them, as Table Schema allows for keys."""
    value = holder.get(key)
    value = [value] if isinstance(value, str) else value
    if not (isinstance(value, list) and value and all(isinstance(v, str) for v in value)):
        raise _wrong(path, place, f"{key}: {json.dumps(value)}", f"{key}: column names")
    if names is not None and (unknown := [v for v in value if v not in names]):
        raise _wrong(path, place, f"{key}: {', '.join(unknown)}", f"columns of the table: {', '.join(names)}")
    return tuple(value)


def _foreign_key(path, key, names, table):
    place = f"a foreign key of {table}"
    reference = _get(path, key, "reference", dict, place)
    columns = _columns(path, key, "fields", names, place)
    targets = _columns(path, reference, "fields", None, place)
    if len(columns) != len(targets):
        raise _wrong(
            path, place, f"{len(columns)} to {len(targets)} columns", "as many columns on both sides"
        )
    return ForeignKey(columns, _get(path, reference, "resource", str, place) or table, targets)


def _unknown_keys(path, schema, schemas):
    for key in schema.foreign_keys:
        target = schemas.get(key.table)
        if target is None or not set(key.targets) <= set(target.columns):
            found = f"{key.table} ({', '.join(key.targets)})"
            yield _wrong(path, f"a foreign key of {schema.name}", found, "a declared table and its columns")
