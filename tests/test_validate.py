"""Validation of a whole folder: bad input by example, rules across tables, and any bytes at all."""

import json
import shutil
import time

import pytest
from badfiles import DATA, cells, columns_of, make, parts, put, save
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.data.rules import RULES, largest_sd
from evidence.data.validate import CONTRACT, validate
from evidence.errors import DataError

AGAIN = "copy the numbers from the source again"
COPY = "copy the value as the source prints it"


@pytest.fixture
def folder(tmp_path):
    return make(tmp_path / "data")


def only_fault(folder):
    faults = validate(folder)
    assert len(faults) == 1, [str(fault) for fault in faults]
    return faults[0]


def test_the_made_up_data_have_no_fault(folder):
    assert validate(folder) == []


def test_the_data_of_the_review_have_no_fault():
    assert [str(fault) for fault in validate(DATA)] == []


WITHIN = "a value inside its interval"
RANGE = "0 to 80, which DEMO (0 to 80) can give"
WIDTH = "-80 to 80, which DEMO (0 to 80) can give"
SCALE = f"correct the scale, or {AGAIN}"
TRUST = "delete the row, or cite a fact that can be trusted"
# table, line, cells to change, column at fault (its text is what is found), allowed, fix
CELLS = [
    ("outcomes", 2, {"sd": "0"}, "sd", "a number > 0", COPY),
    ("outcomes", 2, {"sd": "-3.1"}, "sd", "a number > 0", COPY),
    (
        "outcomes",
        2,
        {"mean": "1,5"},
        "mean",
        "a number with a decimal point",
        "write 1.5 (a decimal point, not",
    ),
    ("context", 2, {"value": "101"}, "value", "a percent within 0 to 100", AGAIN),
    ("facts", 4, {"ci_high": "167"}, "ci_high", "a percent within 0 to 100", AGAIN),
    ("facts", 5, {"value": "1.2"}, "value", "a proportion within 0 to 1", AGAIN),
    (
        "events",
        2,
        {"events": "16"},
        "events",
        "a number <= n (15): people with the event are among the",
        AGAIN,
    ),
    (
        "outcomes",
        3,
        {"trial_id": "demo_2021"},
        "trial_id",
        "a value of trial_id in trials",
        "did you mean 'demo_2020'?",
    ),
    ("contrasts", 2, {"estimate": "18"}, "estimate", f"{WITHIN}, 0.2 to 15.8", AGAIN),
    (
        "contrasts",
        2,
        {"ci_low": "15.8", "ci_high": "0.2"},
        "ci_low",
        "a number <= ci_high (0.2)",
        "swap the limits",
    ),
    ("outcomes", 2, {"mean": "23"}, "mean", f"{WITHIN}, 23.4 to 36.6", AGAIN),
    ("outcomes", 2, {"mean_change": "-3"}, "mean_change", f"{WITHIN}, -16 to -4", AGAIN),
    ("published_pools", 2, {"estimate": "0.8"}, "estimate", f"{WITHIN}, 0.1 to 0.7", AGAIN),
    ("published_pools", 2, {"k": "201"}, "k", "a number <= n (200): each study has participants", AGAIN),
    ("arms", 2, {"n_completed": "16"}, "n_completed", "a number <= n_randomised (15): who completes", AGAIN),
    ("arms", 2, {"female": "16"}, "female", "a number <= n_randomised (15): women are among", AGAIN),
    (
        "trials",
        2,
        {"last_dose_day": "15"},
        "last_dose_day",
        "a number <= end_of_treatment_day (14): treat",
        AGAIN,
    ),
    ("outcomes", 2, {"timepoint_days": "-14"}, "timepoint_days", "a number >= 0", COPY),
    ("outcomes", 3, {"mean": "81"}, "mean", RANGE, SCALE),
    ("outcomes", 3, {"mean_change": "-81"}, "mean_change", WIDTH, SCALE),
    ("contrasts", 2, {"estimate": "88", "ci_low": "", "ci_high": ""}, "estimate", WIDTH, SCALE),
    ("outcomes", 3, {"sd": "42"}, "sd", "an SD <= 41.4, the most that DEMO can give with this n", AGAIN),
    (
        "outcomes",
        3,
        {"se": "12"},
        "se",
        "an SE <= 10.69, the most that DEMO can",
        "an SD belongs into column 'sd'",
    ),
    ("outcomes", 3, {"sd_change": "83"}, "sd_change", "an SD <= 82.81, the most that DEMO can give", AGAIN),
    ("outcomes", 3, {"scale": "IES"}, "scale", "a value of scale in scales", "correct it, or add the row"),
    (
        "outcomes",
        3,
        {"arm": "midazolan"},
        "arm",
        "a value of trial_id, arm in arms for demo_2020",
        "did you mean",
    ),
    (
        "outcomes",
        3,
        {"source_key": "demo_2002"},
        "source_key",
        "a value of key in references",
        "did you mean",
    ),
    (
        "outcomes",
        3,
        {"fact_ids": "F0009"},
        "fact_ids",
        "a value of fact_id in facts",
        "did you mean 'F0004'?",
    ),
    (
        "outcomes",
        3,
        {"fact_ids": "F0004"},
        "fact_ids",
        "facts whose status is not 'no: low confidence'",
        TRUST,
    ),
    (
        "outcomes",
        3,
        {"derived_by": "weeks"},
        "derived_by",
        "functions of evidence.derive",
        "name the function that",
    ),
    (
        "trials",
        2,
        {"overlaps_with": "demo_2020"},
        "overlaps_with",
        "another trial",
        "name the study that shares",
    ),
    (
        "trials",
        2,
        {"overlaps_with": "dame_2020"},
        "overlaps_with",
        "a value of trial_id in trials",
        "did you mean",
    ),
    ("scales", 2, {"minimum": "81"}, "minimum", "a number <= maximum (80): a scale goes up", AGAIN),
    (
        "scales",
        2,
        {"seen_in": ""},
        "seen_in",
        "a value in every row that holds a number",
        "say where the number",
    ),
    (
        "contrasts",
        2,
        {"estimate": "", "ci_low": ""},
        "estimate",
        "a number when finding is 'estimate'",
        "copy it, or",
    ),
    ("contrasts", 2, {"metric": "none"}, "metric", "the metric of the estimate", "name what the number is"),
    (
        "contrasts",
        2,
        {"favours_active_when": ""},
        "favours_active_when",
        "the sign that favours the active arm",
        "write",
    ),
    (
        "contrasts",
        2,
        {"se": "", "ci_low": "", "p_value": ""},
        "se",
        "se, both ci limits or p_value beside an",
        "copy one",
    ),
    (
        "contrasts",
        2,
        {"comparator_arm": "ketamine"},
        "comparator_arm",
        "another arm than active_arm",
        "name the arm",
    ),
    (
        "contrasts",
        3,
        {"estimate": "2"},
        "estimate",
        "blank when finding is 'not_significant'",
        "set finding to",
    ),
    (
        "contrasts",
        3,
        {"metric": "hedges_g"},
        "metric",
        "none when finding is 'not_significant'",
        "write none",
    ),
    (
        "contrasts",
        3,
        {"test": "", "test_df": ""},
        "test",
        "a test when finding is 'not_significant'",
        "name the test",
    ),
    (
        "contrasts",
        3,
        {"test": "pairwise"},
        "test_df",
        "blank unless test is group_by_time",
        "blank it, or correct",
    ),
    (
        "contrasts",
        3,
        {"significance": "significant"},
        "significance",
        "not_significant or not_stated",
        "correct one",
    ),
    (
        "contrasts",
        4,
        {"significance": ""},
        "significance",
        "a value when a direction is reported",
        "write not_stated",
    ),
]


@pytest.mark.parametrize("case", CELLS, ids=lambda case: f"{case[0]}-{'-'.join(case[2])}")
def test_a_wrong_cell_is_one_fault_with_its_parts(folder, case):
    table, line, change, column, allowed, fix = case
    put(folder, table, line, **change)
    fault = only_fault(folder)
    there = cells(folder, table)
    assert parts(fault) == (f"{table}.csv", line, column, there[line - 1][there[0].index(column)])
    assert fault.allowed.startswith(allowed)
    assert fault.fix.startswith(fix)
    assert fault.row
    assert fault.severity == "fault"


FILES = {
    "BOM": (lambda data: b"\xef\xbb\xbf" + data, 1, "a byte order mark (BOM)"),
    "CRLF": (lambda data: data.replace(b"\n", b"\r\n"), 1, "CRLF (Windows) line ends, 3 of them"),
    "not UTF-8": (lambda data: data.replace(b"itt", b"\xe9tude", 1), 2, "byte 0xe9 (é in Windows-1252)"),
    "UTF-16": (lambda data: data.decode().encode("utf-16"), None, "UTF-16 text"),
    "empty": (lambda data: b"", None, "an empty file"),
    "cut off": (lambda data: data[:-1], 3, "no newline at the end"),
    "blank row": (lambda data: data + b"," * 23 + b"\n", 4, "a row of empty cells"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_spoilt_file_is_one_fault(folder, name):
    spoil, line, found = FILES[name]
    path = folder / "outcomes.csv"
    path.write_bytes(spoil(path.read_bytes()))
    fault = only_fault(folder)
    assert parts(fault) == ("outcomes.csv", line, None, found)
    assert fault.allowed
    assert fault.fix


def test_a_duplicated_key_names_the_first_line(folder):
    rows = cells(folder, "outcomes")
    save(folder, "outcomes", [*rows, rows[2]])
    faults = [(f.line, f.column, f.found, f.allowed) for f in validate(folder)]
    key = ", ".join(["trial_id", "arm", "scale", "timepoint_label", "analysis"])
    assert faults == [
        (4, key, "demo_2020, midazolam, DEMO, week 2, itt again", "each primary key once; first on line 3"),
        (4, None, "the values of an earlier row", "each result once; the same stands on line 3"),
    ]


def test_the_same_values_under_another_label_are_a_copy(folder):
    rows = cells(folder, "outcomes")
    copy = [*rows[2]]
    copy[rows[0].index("timepoint_label")] = "day 14"
    save(folder, "outcomes", [*rows, copy])
    assert parts(only_fault(folder)) == ("outcomes.csv", 4, None, "the values of an earlier row")


def test_a_missing_column_is_named(folder):
    rows = cells(folder, "outcomes")
    gone = rows[0].index("sd")
    save(folder, "outcomes", [row[:gone] + row[gone + 1 :] for row in rows])
    fault = only_fault(folder)
    assert parts(fault) == ("outcomes.csv", 1, "sd", "no such column")
    assert fault.fix == "add the column after 'mean'"


def test_a_missing_table_is_one_fault(folder):
    (folder / "timing.csv").unlink()
    assert parts(only_fault(folder)) == ("timing.csv", None, None, "no such file")


def test_a_broken_table_does_not_flood_the_tables_that_point_to_it(folder):
    (folder / "references.csv").write_text("", "utf-8")
    assert parts(only_fault(folder)) == ("references.csv", None, None, "an empty file")


def test_an_unused_trial_is_a_fault_unless_kept_for_context(folder):
    rows = cells(folder, "arms")
    save(folder, "arms", rows[:3])
    assert parts(only_fault(folder)) == ("trials.csv", 3, "trial_id", "other_2021")
    put(folder, "trials", 3, role="context")
    assert validate(folder) == []


def test_standardised_effects_may_rest_on_n_alone(folder):
    put(folder, "contrasts", 2, metric="cohen_d", estimate="0.5", se="", ci_low="", ci_high="", p_value="")
    assert validate(folder) == []
    put(folder, "contrasts", 2, n1="")
    assert only_fault(folder).column == "se"


def test_all_faults_of_all_files_come_at_once_in_order(folder):
    put(folder, "events", 2, events="16")
    put(folder, "outcomes", 3, sd="0", mean="x")
    put(folder, "outcomes", 2, scale="NONE")
    put(folder, "facts", 2, value="1,5")
    (folder / "corrections.yml").write_text("{}\n", "utf-8")
    assert [parts(fault)[:3] for fault in validate(folder)] == [
        ("facts.csv", 2, "value"),
        ("outcomes.csv", 2, "scale"),
        ("outcomes.csv", 3, "mean"),
        ("outcomes.csv", 3, "sd"),
        ("events.csv", 2, "events"),
        ("corrections.yml", 1, None),
    ]


def test_a_contract_without_a_needed_table_or_column_is_refused(folder):
    path = folder / "datapackage.json"
    package = json.loads(path.read_text("utf-8"))
    outcomes = next(r for r in package["resources"] if r["name"] == "outcomes")
    outcomes["schema"]["fields"] = [f for f in outcomes["schema"]["fields"] if f["name"] != "sd"]
    package["resources"] = [r for r in package["resources"] if r["name"] != "rob"]
    path.write_text(json.dumps(package) + "\n", "utf-8")
    assert [f.found for f in validate(folder)] == ["no column 'sd' in table 'outcomes'", "no table 'rob'"]
    path.write_text('{"resources": []}\n', "utf-8")
    assert len(validate(folder)) == len(CONTRACT)


def test_the_rules_speak_of_columns_that_the_contract_has():
    for table, columns in CONTRACT.items():
        assert set(columns.split()) <= set(columns_of(table))


def test_each_rule_finds_something_in_the_examples(folder):
    """No rule is idle: each is the origin of a fault in the examples of this module."""
    seen = set()
    for table, line, change, *_ in CELLS:
        make(folder)
        put(folder, table, line, **change)
        seen |= {fault.check for fault in validate(folder)}
    wanted = {
        "provenance",
        "usable facts",
        "derivation",
        "interval",
        "order",
        "range",
        "scale range",
        "finding",
        "use",
    }
    assert wanted <= seen
    assert len(RULES) == len(wanted) + 1  # repeated rows have tests of their own


def test_no_data_folder_raises(tmp_path):
    with pytest.raises(DataError) as error:
        validate(tmp_path / "nothing")
    assert (error.value.check, error.value.found) == ("folder", "no datapackage.json")


@pytest.mark.parametrize(("low", "high", "n"), [(0, 80, 2), (0, 80, 30), (17, 85, 10)])
def test_the_largest_sd_is_that_of_scores_at_both_ends(low, high, n):
    import statistics

    scores = [low, high] * (n // 2)
    assert largest_sd(high - low, n) == pytest.approx(statistics.stdev(scores), rel=1e-12)


def test_validation_is_fast():
    times = []
    for _ in range(3):
        start = time.perf_counter()
        validate(DATA)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.3


# --- any bytes, any cells -----------------------------------------------------------------------------------

FILE_NAMES = ["corrections.yml", *(f"{table}.csv" for table in CONTRACT)]
NASTY = ["", "1,5", "NaN", "\u22121", "1e999", "-0", "\x00", "\ufeff", "\r", '"', "F0001; F0001", "=1+1"]
TEXT = st.sampled_from(NASTY) | st.text(max_size=12) | st.floats().map(str) | st.integers().map(str)


@pytest.fixture(scope="module")
def tidy(tmp_path_factory):
    """Path and bytes of each file of a folder without fault."""
    folder = make(tmp_path_factory.mktemp("spoilable"))
    return {path: path.read_bytes() for path in sorted(folder.iterdir())}


def restored(tidy):
    for path, data in tidy.items():
        path.write_bytes(data)
    return next(iter(tidy)).parent


@given(st.data())
@settings(deadline=None, max_examples=100)
def test_any_cell_is_read_or_refused(tidy, data):
    folder = restored(tidy)
    table = data.draw(st.sampled_from(sorted(CONTRACT)))
    lines = (folder / f"{table}.csv").read_text("utf-8").split("\n")
    line = data.draw(st.integers(0, len(lines) - 2))
    there = lines[line].split(",")
    there[data.draw(st.integers(0, len(there) - 1))] = data.draw(TEXT)  # raw: it may break the line
    lines[line] = ",".join(there)
    (folder / f"{table}.csv").write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    check_faults(folder)


@given(st.sampled_from(FILE_NAMES), st.integers(0, 2000), st.binary(max_size=6), st.integers(0, 40))
@settings(deadline=None, max_examples=100)
def test_any_bytes_are_read_or_refused(tidy, name, start, insert, cut):
    folder = restored(tidy)
    data = tidy[folder / name]
    start %= len(data) + 1
    (folder / name).write_bytes(data[:start] + insert + data[start + cut :])
    check_faults(folder)


def check_faults(folder):
    for fault in validate(folder):
        assert "\n" not in str(fault)
        assert fault.allowed
        assert fault.fix
        assert fault.line is None or fault.line >= 1


def test_a_copy_of_the_data_validates_anywhere(tmp_path):
    shutil.copytree(DATA, tmp_path / "copy")
    assert validate(tmp_path / "copy") == []
