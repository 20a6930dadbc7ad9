"""corrections.yml: plain YAML only, targets that exist, guards that hold, cells that are replaced."""

import pytest
from badfiles import make, put
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.data.load import load
from evidence.data.plainyaml import read_yaml
from evidence.data.validate import validate

REPLACE = """\
- id: demo_se_as_sd
  kind: replace
  where: {table: outcomes, key: {trial_id: demo_2020, arm: midazolam}, column: sd}
  printed: 13
  use: 12.5
  why: The table prints 13, its footnote 12.5.
  source: demo_2020; other_2021
  status: settled
  expect: {gt: 12.5, between: [13, 14]}
"""
CONFLICT = """\
- id: demo_n
  kind: conflict
  where: {table: trials, key: {trial_id: demo_2020}, column: n_randomised}
  printed: [30, 31]
  use: 30
  why: Paper and registry differ.
  source: demo_2020
  status: open
"""
NAME = "corrections.yml"


@pytest.fixture
def folder(tmp_path):
    return make(tmp_path / "data")


def write(folder, text):
    (folder / NAME).write_text(text, "utf-8")
    return folder


def only_fault(folder, text):
    faults = validate(write(folder, text))
    assert len(faults) == 1, [str(fault) for fault in faults]
    assert faults[0].path.endswith(NAME)
    return faults[0]


def test_a_replaced_cell_and_the_record_of_it(folder):
    review = load(write(folder, REPLACE + CONFLICT))
    assert list(review.outcomes["sd"]) == [12, 12.5]
    assert list(load(write(folder, "[]\n")).outcomes["sd"]) == [12, 13]
    replaced, conflict = review.corrections
    assert (replaced.id, replaced.kind, replaced.table, replaced.column) == (
        "demo_se_as_sd", "replace", "outcomes", "sd",
    )  # fmt: skip
    assert (replaced.line, replaced.printed, replaced.use) == (3, (13.0,), 12.5)
    assert replaced.key == (("trial_id", "demo_2020"), ("arm", "midazolam"))
    assert replaced.expect == (("gt", 12.5), ("between", (13.0, 14.0)))
    assert (conflict.printed, conflict.use, conflict.status) == ((30, 31), 30, "open")


def test_a_conflict_changes_no_cell(folder):
    before = load(folder).trials
    assert load(write(folder, CONFLICT)).trials.equals(before)


def test_a_cell_may_be_blanked(folder):
    text = REPLACE.replace("use: 12.5", 'use: ""')
    assert load(write(folder, text)).outcomes["sd"].isna().tolist() == [False, True]


def test_rules_see_the_corrected_value(folder):
    put(folder, "outcomes", 3, mean="83")
    text = (
        REPLACE.replace("column: sd", "column: mean").replace("13\n", "83\n").replace("use: 12.5", "use: 38")
    )
    text = text.replace("expect: {gt: 12.5, between: [13, 14]}", "expect: {gt: 80}")
    assert [f.column for f in validate(folder)] == ["mean"]
    assert validate(write(folder, text)) == []
    worse = text.replace("use: 38", "use: 82")
    assert [f.found for f in validate(write(folder, worse))] == ["82"]


# text to replace, with what: line of the fault, column, found, allowed, fix
GUARD = "expect: {gt: 12.5, between: [13, 14]}"
WHERE = "where: {table: outcomes, key: {trial_id: demo_2020, arm: midazolam}, column: sd}"
WHY = "  why: The table prints 13, its footnote 12.5.\n"
ONE_ROW = "a key that finds one row"
ENTRIES = [
    (GUARD, "expect: {lt: 5}", 9, "expect", "13", "sd lt 5, the reason for the", "the source row no longer"),
    (
        "printed: 13",
        "printed: 12",
        4,
        "printed",
        "13 on line 3 of outcomes.csv",
        "the printed value 12",
        "correct",
    ),
    ("table: outcomes", "table: outcome", 3, "where", "outcome", "one of facts, references", "name a table"),
    ("column: sd", "column: SD", 3, "where", "column SD", "a column of outcomes", "use one of"),
    ("arm: midazolam", "arm: ketamin", 3, "where", "0 rows", ONE_ROW, "name the columns"),
    (", arm: midazolam", "", 3, "where", "2 rows", ONE_ROW, "name the columns"),
    ("arm: m", "arms: m", 3, "where", "column arms", "a column of outcomes", "did you mean 'arm'?"),
    (WHERE, "where: {table: outcomes, key: x, column: sd}", 3, "where", "x", "key: a mapping", "write key"),
    (WHERE, "where: outcomes", 3, "where", "outcomes", "a mapping with table", "write where"),
    ("use: 12.5", "use: 0", 5, "use", "0", "a number > 0", "copy the value as"),
    ("use: 12.5", "use: 12,5", 5, "use", "12,5", "a number with a decimal point", "write 12.5"),
    ("use: 12.5", "use: [12.5]", 5, "use", "['12.5']", "a single value", "write one value"),
    ("  why: The", "  reason: The", 6, "reason", "an unknown key", "id, kind, where", "use one of"),
    (WHY, "", 1, "why", "no such key", "id, kind, where", "add it"),
    (WHY, "  why: ''\n", 6, "why", "", "text", "write it as one line"),
    ("kind: replace", "kind: swap", 2, "kind", "swap", "one of replace, conflict", "use one of"),
    ("settled", "settles", 8, "status", "settles", "one of open, settled", "did you mean 'settled'?"),
    (
        "other_2021",
        "other_2022",
        7,
        "source",
        "other_2022",
        "keys of references",
        "did you mean 'other_2021'?",
    ),
    (f"  {GUARD}\n", "", 1, "expect", "no expect", "a guard for a replaced cell", "add expect"),
    (GUARD, "expect: {over: 12.5}", 9, "over", "an unknown key", "lt, le, gt", "use one of"),
    ("[13, 14]", "[13]", 9, "expect", "['13']", "between: [low, high]", "write the two ends"),
    ("gt: 12.5", "gt: high", 9, "expect", "high", "a number with a decimal point", "copy the number"),
    ("gt: 12.5", "gt: ''", 9, "expect", "a blank", "a value", "write the bound"),
    (GUARD, "expect: []", 9, "expect", "[]", "a mapping with lt", "write expect"),
    (
        "printed: 13",
        "printed: [13, 1]",
        4,
        "printed",
        "['13', '1']",
        "the value in the cell",
        "write printed",
    ),
]


@pytest.mark.parametrize("case", ENTRIES, ids=lambda case: case[1][:20] or "absent")
def test_each_wrong_entry_is_one_fault_with_its_parts(folder, case):
    old, new, line, column, found, allowed, fix = case
    assert old in REPLACE
    fault = only_fault(folder, REPLACE.replace(old, new))
    assert (fault.line, fault.column, fault.found) == (line, column, found)
    assert fault.allowed.startswith(allowed)
    assert fault.fix.startswith(fix)
    assert fault.row == "demo_se_as_sd"


@pytest.mark.parametrize(
    ("old", "new", "column", "found"),
    [
        ("use: 30", "use: 32", "use", "32"),
        ("use: 30", "use: 31", "use", "30"),
        ("[30, 31]", "30", "printed", "30"),
        ("[30, 31]", "[30]", "printed", "['30']"),
        ("column: n_randomised", "column: label", "use", "Demo 2020"),
    ],
)
def test_a_conflict_uses_a_printed_value_that_is_in_the_table(folder, old, new, column, found):
    fault = only_fault(folder, CONFLICT.replace(old, new))
    assert (fault.column, fault.found) == (column, found)


def test_text_columns_have_no_order(folder):
    text = (
        CONFLICT.replace("n_randomised", "role").replace("[30, 31]", "[core, context]").replace("30", "core")
    )
    assert validate(write(folder, text + "  expect: {ne: context}\n")) == []
    assert only_fault(folder, text + "  expect: {lt: context}\n").found == "lt"
    assert only_fault(folder, text + "  expect: {eq: context}\n").found == "core"


def test_one_correction_for_a_cell_and_one_entry_for_an_id(folder):
    again = REPLACE.replace("demo_se_as_sd", "demo_again")
    assert only_fault(folder, REPLACE + again).found == "a correction of this cell again"
    assert only_fault(folder, CONFLICT + REPLACE.replace("demo_se_as_sd", "demo_n")).found == "this id again"


def test_faults_of_several_entries_come_together(folder):
    text = REPLACE.replace("printed: 13", "printed: 1") + CONFLICT.replace("use: 30", "use: 3")
    assert [(f.line, f.row) for f in validate(write(folder, text))] == [(4, "demo_se_as_sd"), (14, "demo_n")]


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("", None, "an empty file"),
        ("{}\n", 1, "no list"),
        ("# nothing\n", 1, "no list"),
        ("- 3\n", None, "the entry '3'"),
        ("- [\n", 2, "expected the node content, but found '<stream end>'"),
        ("- a: b: c\n", 1, "mapping values are not allowed here"),
        ("- a: 1\n  a: 2\n", 2, "the key 'a' twice"),
        ("- ? [a]\n  : 1\n", 1, "a list or mapping as key"),
        ("- &x a\n- *x\n", 1, "an anchor, alias or tag"),
        ("- !!python/object/apply:os.system [echo]\n", 1, "an anchor, alias or tag"),
        ("[]\n---\n[]\n", 2, "a second document"),
        ("- [[[[[[[[1]]]]]]]]\n", 1, "deep nesting"),
        ("[" * 90_000 + "\n", 1, "deep nesting"),
        ('- "\\UFFFFFFFF"\n', None, "an escape or a directive out of range"),
        ("%YAML 1." + "9" * 5000 + "\n---\n[]\n", None, "an escape or a directive out of range"),
        ("- \x07\n", None, "special characters are not allowed"),
        ("- id: x\r\n", 1, "CRLF (Windows) line ends, 1 of them"),
        ("\ufeff[]\n", 1, "a byte order mark (BOM)"),
        ("#" * 200_001, None, "200001 bytes"),
    ],
)
def test_a_broken_file_is_a_fault_and_never_runs_or_hangs(folder, text, line, found):
    (folder / NAME).write_bytes(text.encode())
    (fault,) = validate(folder)
    assert fault.line == line
    assert fault.found.startswith(found)
    assert fault.allowed
    assert fault.fix


def test_a_missing_file_is_a_fault(folder):
    (folder / NAME).unlink()
    assert [(f.path.rsplit("/")[-1], f.found) for f in validate(folder)] == [(NAME, "no such file")]


def test_scalars_stay_text(tmp_path):
    path = tmp_path / "x.yml"
    path.write_text("{a: no, b: 1e3, c: 2024-13-45, d: 0o17, e: ~, f: 'x', g: 1:20}\n", "utf-8")
    value, faults = read_yaml(path)
    assert faults == []
    assert value == {"a": "no", "b": "1e3", "c": "2024-13-45", "d": "0o17", "e": "~", "f": "x", "g": "1:20"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return make(tmp_path_factory.mktemp("yaml"))


@given(st.integers(0, len(REPLACE)), st.text(max_size=4), st.integers(0, 12))
@settings(deadline=None, max_examples=150)
def test_any_edit_is_read_or_refused(shared, start, insert, cut):
    text = REPLACE[:start] + insert + REPLACE[start + cut :]
    (shared / NAME).write_bytes(text.encode("utf-8", "surrogatepass"))
    for fault in validate(shared):
        assert fault.allowed
        assert "\n" not in str(fault)
