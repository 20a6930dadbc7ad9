"""The Table Schema engine on a made-up package: parts of each fault, and agreement with frictionless."""

import copy
import json

import pytest
from badfiles import DATA, parts
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.data.descriptor import read_package
from evidence.data.schema import Field, ForeignKey, all_key_faults, did_you_mean, key_faults, read_table

V2 = "https://datapackage.org/profiles/2.0/datapackage.json"
PEOPLE = [
    {
        "name": "id",
        "type": "string",
        "description": "Who",
        "constraints": {"required": True, "pattern": "[a-z]+\\d"},
    },
    {"name": "group", "type": "string", "constraints": {"required": True, "enum": ["red", "blue"]}},
    {"name": "score", "type": "number", "constraints": {"minimum": 0, "maximum": 10}},
    {"name": "n", "type": "integer", "constraints": {"minimum": 1}},
    {"name": "sd", "type": "number", "constraints": {"exclusiveMinimum": 0}},
    {"name": "born", "type": "date"},
    {"name": "alive", "type": "boolean"},
    {"name": "code", "type": "string", "constraints": {"unique": True}},
    {"name": "mentor", "type": "string"},
    {"name": "team", "type": "string"},
    {"name": "role", "type": "string"},
]
TEAMS = [{"name": "team", "type": "string"}, {"name": "role", "type": "string"}]
PACKAGE = {
    "$schema": V2,
    "name": "made-up",
    "resources": [
        {
            "name": "people",
            "path": "people.csv",
            "schema": {
                "fields": PEOPLE,
                "primaryKey": "id",
                "foreignKeys": [
                    {"fields": "mentor", "reference": {"resource": "", "fields": "id"}},
                    {
                        "fields": ["team", "role"],
                        "reference": {"resource": "teams", "fields": ["team", "role"]},
                    },
                ],
            },
        },
        {"name": "teams", "path": "teams.csv", "schema": {"fields": TEAMS, "primaryKey": ["team", "role"]}},
    ],
}
HEADER = "id,group,score,n,sd,born,alive,code,mentor,team,role"
ROWS = [
    "a1,red,1.5,3,2,2020-02-29,true,x,,alpha,lead",
    "b2,blue,,,,,,,a1,alpha,aide",
    "c3,red,10,1,0.1,,false,y,,,",
]
LINES = {"people": [HEADER, *ROWS], "teams": ["team,role", "alpha,lead", "alpha,aide"]}


def write(folder, people=LINES["people"], package=PACKAGE):
    (folder / "datapackage.json").write_text(json.dumps(package) + "\n", "utf-8")
    (folder / "teams.csv").write_text("\n".join(LINES["teams"]) + "\n", "utf-8")
    (folder / "people.csv").write_text("\n".join(people) + "\n", "utf-8")
    return folder


def faults_of(folder):
    """Faults of the tables of a package, keys included."""
    schemas, faults = read_package(folder)
    read = {name: read_table(folder, schema) for name, schema in schemas.items()}
    tables = {name: table for name, (table, _) in read.items() if table is not None}
    for _, found in read.values():
        faults += found
    for table in tables.values():
        faults += all_key_faults(table, table.schema.foreign_keys, tables)
    return faults


def swapped(line, column, text):
    """The made-up table with one cell changed; the header is line 1."""
    people = list(LINES["people"])
    cells = people[line - 1].split(",")
    cells[HEADER.split(",").index(column)] = text
    people[line - 1] = ",".join(cells)
    return people


TENTH = "a number >= 0 and <= 10"
POINT = "a number with a decimal point"
COPY = "copy the value as the source prints it"
PAIR = "a value of team, role in teams for alpha"
CELLS = "11 cells, as in the header"
# name: line, column and text of the one cell that is changed; found if other than the text, allowed, fix
CHANGED = {
    "below minimum": (2, "score", "-1", None, TENTH, COPY),
    "above maximum": (4, "score", "10.5", None, TENTH, COPY),
    "zero sd": (2, "sd", "0", None, "a number > 0", COPY),
    "zero n": (2, "n", "0", None, "a whole number >= 1", COPY),
    "not whole": (2, "n", "3.5", None, "a whole number", "a count has no decimals; copy it as printed"),
    "word": (2, "score", "high", None, POINT, "copy the number as printed; words go into note"),
    "comma": (2, "score", '"1,5"', "1,5", POINT, "write 1.5 (a decimal point, not a comma)"),
    "blank": (3, "group", "", None, "a value in every row", "fill the cell in, or delete the row"),
    "enum": (3, "group", "bleu", None, "one of red, blue", "did you mean 'blue'?"),
    "pattern": (4, "id", "c33", None, "text of the form [a-z]+\\d", "see the column: Who"),
    "no such day": (2, "born", "2021-02-29", None, "a date as YYYY-MM-DD", "there is no such day; copy it"),
    "not boolean": (2, "alive", "yes", None, "true or false", "write true or false"),
    "repeated key": (4, "id", "a1", "a1 again", "each primary key once; first on line 2", "delete the copy"),
    "not unique": (4, "code", "x", "x again", "each unique once; first on line 2", "delete the copy"),
    "stray key": (3, "mentor", "a11", None, "a value of id in people", "did you mean 'a1'?"),
    "stray pair": (3, "role", "boss", None, PAIR, "correct it, or add the row to teams"),
    "half a pair": (3, "role", "", None, PAIR, "correct it, or add the row to teams"),
}
# name: lines of people.csv; line, column, found, allowed and fix of their one fault
BROKEN = {
    name: (swapped(line, column, text), line, column, text if found is None else found, allowed, fix)
    for name, (line, column, text, found, allowed, fix) in CHANGED.items()
} | {
    "short row": ([HEADER, ROWS[0], "b2,blue", ROWS[2]], 3, None, "2 cells", CELLS, "add the missing cells"),
    "long row": ([HEADER, ROWS[0], ROWS[1] + ",9"], 3, None, "12 cells", CELLS, "put quotes around a cell"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_fault_has_its_parts(tmp_path, name):
    people, line, column, found, allowed, fix = BROKEN[name]
    faults = faults_of(write(tmp_path, people))
    assert [parts(fault) for fault in faults] == [("people.csv", line, column, found)]
    assert faults[0].allowed == allowed
    assert faults[0].fix.startswith(fix)


def test_the_made_up_package_is_clean(tmp_path):
    assert faults_of(write(tmp_path)) == []


MOVED = HEADER.replace("score,n", "n,score")
UNDECLARED = ("an undeclared column", "delete the column, or declare it in datapackage.json")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (HEADER.replace(",sd", ""), {"sd": ("no such column", "add the column after 'n'")}),
        (HEADER.replace("id,", ""), {"id": ("no such column", "add the column at the start")}),
        (
            HEADER.replace("alive", "alife"),
            {"alive": ("no such column", "rename 'alife'"), "alife": UNDECLARED},
        ),
        (HEADER + ",extra", {"extra": UNDECLARED}),
        (HEADER * 20, {None: ("201 columns", "restore the file with git")}),
        (HEADER + ",id", {"id": ("the column 2 times", "delete the copy")}),
        (MOVED, {"n": ("a column out of order", f"put the columns in the order {HEADER}")}),
        (HEADER.replace(",", ";"), {None: ("semicolons between cells", "save as CSV with commas")}),
        (HEADER.replace(",", "\t"), {None: ("tabs between cells", "save as CSV with commas")}),
    ],
)
def test_the_header_is_exactly_the_declared_columns(tmp_path, header, expected):
    faults = faults_of(write(tmp_path, [header, *ROWS]))
    assert {fault.column: (fault.found, fault.fix) for fault in faults} == expected
    assert {fault.line for fault in faults} == {1}


def test_a_table_with_a_wrong_header_is_not_read(tmp_path):
    write(tmp_path, [HEADER.replace(",sd", ""), *ROWS])
    schemas, _ = read_package(tmp_path)
    assert read_table(tmp_path, schemas["people"])[0] is None


def test_a_table_may_have_no_rows(tmp_path):
    assert faults_of(write(tmp_path, [HEADER])) == []


def test_all_faults_of_a_table_come_at_once_and_name_their_row(tmp_path):
    people = [HEADER, "a1,red,-1,0,,,,,,,", "a1,pink,1,1,,,,,,,", "d4,red,1,x,,,,,zz,,"]
    faults = faults_of(write(tmp_path, people))
    assert [(f.row, f.line, f.column) for f in faults] == [
        ("a1", 2, "score"),
        ("a1", 2, "n"),
        ("a1", 3, "group"),
        ("a1", 3, "id"),
        ("d4", 4, "n"),
        ("d4", 4, "mentor"),
    ]


def test_values_have_the_type_of_their_column(tmp_path):
    write(tmp_path)
    table, _ = read_table(tmp_path, read_package(tmp_path)[0]["people"])
    row = table.rows[0]
    assert (row["score"], row["n"], str(row["born"]), row["alive"]) == (1.5, 3, "2020-02-29", True)
    assert [table.rows[1][c] for c in ("score", "n", "born", "alive", "code")] == [None] * 5
    assert table.lines == [2, 3, 4]


def test_lists_of_keys_are_checked_part_by_part(tmp_path):
    write(tmp_path, swapped(2, "mentor", "c3; b9; c3"))
    schemas, _ = read_package(tmp_path)
    table, _ = read_table(tmp_path, schemas["people"])
    faults = key_faults(table, ForeignKey(("mentor",), "people", ("id",), "; "), {"people": table})
    assert [(f.found, f.allowed) for f in faults] == [
        ("b9", "a value of id in people"),
        ("c3; b9; c3", "each key once"),
    ]


def test_keys_into_an_unreadable_table_are_left_alone(tmp_path):
    folder = write(tmp_path)
    (folder / "teams.csv").write_text("", "utf-8")
    assert [parts(fault) for fault in faults_of(folder)] == [("teams.csv", None, None, "an empty file")]


def test_bounds_in_words():
    assert Field("x", "integer", above=0, maximum=5).bounds == "a whole number > 0 and <= 5"
    assert Field("x", "string").bounds == ""
    assert did_you_mean("qqq", ("abc",)) == "use one of the allowed values"


@given(st.binary(max_size=300))
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_a_table_or_faults(tmp_path_factory, data):
    folder = write(tmp_path_factory.mktemp("bytes"))
    (folder / "people.csv").write_bytes(HEADER.encode() + b"\n" + data)
    for fault in faults_of(folder):
        assert fault.allowed
        assert "\n" not in str(fault)


# --- the other engine ---------------------------------------------------------------------------------------


def frictionless_faults(folder):
    """Line and column of each fault that frictionless finds; None for the column of a row."""
    import frictionless

    report = frictionless.Package(str(folder / "datapackage.json")).validate()
    assert not report.errors
    rows = report.flatten(["rowNumber", "fieldName", "type"])
    return [(line, column, kind) for line, column, kind in rows]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", BROKEN)
def test_frictionless_agrees_on_what_a_table_schema_can_describe(tmp_path, name):
    people, line, column, *_ = BROKEN[name]
    theirs = frictionless_faults(write(tmp_path, people))
    assert {row for row, _, _ in theirs} == {line}
    named = {field for _, field, kind in theirs if kind in ("type-error", "constraint-error")}
    assert named <= {column}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_frictionless_agrees_that_the_made_up_package_is_clean(tmp_path):
    assert frictionless_faults(write(tmp_path)) == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("bad", [HEADER.replace(",sd", ""), HEADER + ",extra", MOVED])
def test_frictionless_agrees_on_headers(tmp_path, bad):
    assert frictionless_faults(write(tmp_path, [bad, *ROWS]))
    assert faults_of(tmp_path)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_data_are_a_valid_data_package_without_a_fault_by_frictionless_too():
    assert frictionless_faults(DATA) == []


def test_the_two_engines_differ_where_ours_is_stricter(tmp_path):
    folder = write(tmp_path)
    (folder / "people.csv").write_bytes(b"\xef\xbb\xbf" + (folder / "people.csv").read_bytes())
    assert [f.found for f in faults_of(folder)] == ["a byte order mark (BOM)"]
    changed = copy.deepcopy(PACKAGE)
    changed["resources"][0]["schema"]["fields"][2]["constraints"]["minLength"] = 1
    assert read_package(write(folder, package=changed))[1][0].found == "minLength"
