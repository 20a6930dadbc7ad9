"""datapackage.json: what it may ask for, and that nothing it asks for goes unchecked."""

import copy
import json
import re

import pytest
from badfiles import DATA, parts
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.data.descriptor import read_package

SMALL = {
    "resources": [
        {
            "name": "people",
            "path": "people.csv",
            "schema": {
                "fields": [
                    {"name": "id", "constraints": {"required": True}},
                    {"name": "n", "type": "integer", "constraints": {"minimum": 1, "enum": [1, 2]}},
                ],
                "primaryKey": "id",
                "foreignKeys": [{"fields": "id", "reference": {"resource": "", "fields": "id"}}],
            },
        }
    ]
}


def faults_of(tmp_path, text):
    (tmp_path / "datapackage.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_package(tmp_path)[1]


def changed(path, value):
    """The small descriptor with the entry at `path` replaced, or removed when the value is None."""
    package = copy.deepcopy(SMALL)
    holder = package
    for step in path[:-1]:
        holder = holder[step]
    if value is None:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return json.dumps(package) + "\n"


TABLE = ("resources", 0)
SCHEMA = (*TABLE, "schema")
FOREIGN = (*SCHEMA, "foreignKeys", 0)
COLUMN = (*SCHEMA, "fields", 1)


KEY = "a foreign key of people"
PATTERN = (*SCHEMA, "fields", 0, "constraints", "pattern")


@pytest.mark.parametrize(
    ("path", "value", "row", "found"),
    [
        (("resources",), None, "the package", "no resources"),
        (("resources",), {}, "the package", "resources: {}"),
        (TABLE, 3, "resource 1", "int"),
        ((*TABLE, "name"), None, "resource 1", "no name"),
        ((*TABLE, "name"), "People!", "resource 1", "People!"),
        ((*TABLE, "path"), "../people.csv", "people", "../people.csv"),
        ((*TABLE, "path"), "/etc/people.csv", "people", "/etc/people.csv"),
        ((*TABLE, "path"), ["people.csv"], "people", 'path: ["people.csv"]'),
        ((*TABLE, "encoding"), "latin-1", "people", "encoding: latin-1"),
        ((*TABLE, "dialect"), {"delimiter": ";"}, "people", "dialect delimiter: ';'"),
        ((*SCHEMA, "missingValues"), ["", "NA"], "people", "missingValues: ['', 'NA']"),
        (SCHEMA, None, "people", "no schema"),
        ((*SCHEMA, "fields"), [], "people", "no column"),
        ((*SCHEMA, "primaryKey"), "key", "people", "primaryKey: key"),
        ((*SCHEMA, "primaryKey"), 3, "people", "primaryKey: 3"),
        ((*FOREIGN, "reference"), None, KEY, "no reference"),
        ((*FOREIGN, "reference", "resource"), "x", KEY, "x (id)"),
        ((*FOREIGN, "reference", "fields"), ["id", "n"], KEY, "1 to 2 columns"),
        ((*COLUMN, "name"), "id", "people", "id, id"),
        ((*COLUMN, "name"), "No. of people", "people.No. of people", "No. of people"),
        ((*COLUMN, "type"), "geopoint", "people.n", "type geopoint, format default"),
        ((*COLUMN, "format"), "email", "people.n", "type integer, format email"),
        ((*COLUMN, "constraints", "minLength"), 2, "people.n", "minLength"),
        ((*COLUMN, "constraints", "minimum"), "1", "people.n", 'minimum: "1"'),
        ((*COLUMN, "constraints", "minimum"), True, "people.n", "minimum: true"),
        ((*COLUMN, "constraints", "required"), "yes", "people.n", 'required: "yes"'),
        ((*COLUMN, "constraints", "enum"), ["1"], "people.n", 'enum: ["1"]'),
        ((*COLUMN, "constraints", "enum"), [], "people.n", "enum: []"),
        ((*COLUMN, "constraints"), [], "people.n", "constraints: []"),
        (PATTERN, "(", "people.id", "pattern: ("),
        (PATTERN, "a{9999999999}", "people.id", "pattern: a{9999999999}"),
    ],
)  # fmt: skip
def test_what_is_not_checked_is_not_accepted(tmp_path, path, value, row, found):
    fault = faults_of(tmp_path, changed(path, value))[0]
    assert (fault.row, fault.found) == (row, found)
    assert fault.allowed
    assert fault.fix


def test_the_small_descriptor_is_read(tmp_path):
    assert faults_of(tmp_path, json.dumps(SMALL) + "\n") == []
    schema = read_package(tmp_path)[0]["people"]
    assert schema.columns == ["id", "n"]
    assert (schema.primary_key, schema.foreign_keys[0].table) == (("id",), "people")
    assert (schema.field("n").minimum, schema.field("n").enum, schema.field("x")) == (1, (1, 2), None)


def test_a_table_name_stands_once(tmp_path):
    twice = {"resources": SMALL["resources"] * 2}
    assert faults_of(tmp_path, json.dumps(twice) + "\n")[0].found == "a second table of this name"


def test_faults_of_several_tables_come_together(tmp_path):
    broken = {"resources": [3, {"name": "b"}, *SMALL["resources"]]}
    assert [f.row for f in faults_of(tmp_path, json.dumps(broken) + "\n")] == ["resource 1", "b"]


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ('{\n "resources": [\n}\n', 3, "Expecting value"),
        ("[1]\n", None, "list"),
        ('{"resources": NaN}\n', None, "JSON too deep or a number out of range"),
        ("[" * 100_000 + "\n", None, "JSON too deep or a number out of range"),
        ('{"resources": ' + "9" * 5000 + "}\n", None, "JSON too deep or a number out of range"),
        ("", None, "an empty file"),
        (b'\xef\xbb\xbf{"resources": []}\n', 1, "a byte order mark (BOM)"),
        (b'{"resources": "\xff"}\n', 1, "byte 0xff (ÿ in Windows-1252)"),
    ],
)
def test_a_broken_descriptor_is_a_fault(tmp_path, text, line, found):
    assert [parts(f) for f in faults_of(tmp_path, text)] == [("datapackage.json", line, None, found)]


def test_no_descriptor_is_a_fault(tmp_path):
    assert read_package(tmp_path)[1][0].found == "no such file"


REAL = (DATA / "datapackage.json").read_bytes()


@given(st.integers(0, len(REAL) - 1), st.binary(max_size=3), st.integers(0, 40))
@settings(deadline=None, max_examples=150)
def test_any_edit_of_the_real_descriptor_is_read_or_refused(tmp_path_factory, start, insert, cut):
    folder = tmp_path_factory.mktemp("descriptor")
    schemas, faults = faults_and_schemas(folder, REAL[:start] + insert + REAL[start + cut :])
    assert bool(schemas) != bool(faults)


KEYS = [
    "resources", "name", "path", "schema", "fields", "type", "constraints", "enum", "minimum", "pattern",
    "primaryKey", "foreignKeys", "reference", "resource", "title", "dialect", "encoding", "unit", "format",
]  # fmt: skip
SCALARS = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=25,
)


@given(JSON)
@settings(deadline=None, max_examples=200)
def test_any_json_is_read_or_refused(tmp_path_factory, value):
    folder = tmp_path_factory.mktemp("json")
    schemas, faults = faults_and_schemas(folder, json.dumps(value).encode() + b"\n")
    assert not (schemas and faults)


def faults_and_schemas(folder, data):
    (folder / "datapackage.json").write_bytes(data)
    return read_package(folder)


def test_the_contract_holds_no_hash():
    assert not re.search(r"\b(hash|[0-9a-f]{32,})\b", REAL.decode())
