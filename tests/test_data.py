"""Loading: where the data are found, types of columns, and that nothing comes from a faulty folder."""

import copy
import json
import pickle
import subprocess
import sys

import pandas as pd
import pytest
from badfiles import DATA, ROWS, cells, columns_of, make, put

import evidence.data.load
from evidence.data.load import Review, find_data, load
from evidence.errors import DataError, DataErrors


@pytest.fixture
def folder(tmp_path):
    return make(tmp_path / "data")


@pytest.fixture
def away(tmp_path, monkeypatch):
    """A working folder with no data above it, and no variable set."""
    monkeypatch.delenv("EVIDENCE_DATA", raising=False)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "er")
    return tmp_path


def test_all_tables_are_attributes_and_in_order(folder):
    review = load(folder)
    assert list(review.tables) == list(ROWS)
    assert all(len(getattr(review, name)) == len(rows) for name, rows in ROWS.items())
    assert {"trials", "path", "corrections"} <= set(dir(review))
    assert (review.path, review.corrections) == (folder, ())
    assert repr(review) == f"Review({str(folder)!r}: 14 tables, 24 rows)"


def test_columns_and_cells_are_those_of_the_file(folder):
    outcomes = load(folder).outcomes
    assert list(outcomes.columns) == columns_of("outcomes")
    assert outcomes["mean"].tolist() == [30, 38]
    assert outcomes["arm"].tolist() == ["ketamine", "midazolam"]


def test_the_index_is_the_line_in_the_file(folder):
    rows = cells(folder, "outcomes")
    put(folder, "outcomes", 2, note="two\nlines")
    outcomes = load(folder).outcomes
    assert outcomes.index.name == "line"
    assert outcomes.index.tolist() == [2, 4]
    text = (folder / "outcomes.csv").read_text("utf-8").split("\n")
    assert text[outcomes.index[1] - 1] == ",".join(rows[2])


def test_types_come_from_the_descriptor_not_from_the_rows(folder):
    review = load(folder)
    kinds = {
        ("events", "n"): "int64",
        ("outcomes", "n"): "float64",
        ("outcomes", "sd"): "float64",
        ("outcomes", "note"): "object",
        ("scales", "lower_is_better"): "bool",
        ("trials", "year"): "float64",
    }
    assert {key: str(getattr(review, key[0])[key[1]].dtype) for key in kinds} == kinds
    for table in ROWS:
        make(folder)
        (folder / f"{table}.csv").write_text(",".join(columns_of(table)) + "\n", "utf-8")
        dtypes = load_frames(folder)[table].dtypes
        assert dtypes.equals(getattr(review, table).dtypes)


def load_frames(folder):
    """Frames of a folder whose keys may point to nothing."""
    tables = evidence.data.load.check(folder).tables
    return {name: evidence.data.load._frame(table) for name, table in tables.items()}


def test_dates_and_optional_booleans_have_types_too(folder):
    path = folder / "datapackage.json"
    package = json.loads(path.read_text("utf-8"))
    claims = next(r for r in package["resources"] if r["name"] == "claims")["schema"]["fields"]
    claims += [{"name": "seen", "type": "date"}, {"name": "open", "type": "boolean"}]
    path.write_text(json.dumps(package) + "\n", "utf-8")
    lines = (folder / "claims.csv").read_text("utf-8").splitlines()
    lines = [lines[0] + ",seen,open", lines[1] + ",2024-02-29,true", lines[1].replace("S01", "S02") + ",,"]
    (folder / "claims.csv").write_text("\n".join(lines) + "\n", "utf-8")
    frame = load(folder).claims
    assert (str(frame["seen"].dtype), str(frame["open"].dtype)) == ("datetime64[s]", "boolean")
    assert frame["seen"].iloc[0] == pd.Timestamp("2024-02-29")
    assert frame[["seen", "open"]].iloc[1].isna().all()


def test_a_blank_is_missing_never_zero_or_empty_text(folder):
    outcomes = load(folder).outcomes
    blank = outcomes.loc[3, ["se", "note", "derived_by"]]
    assert blank.isna().all()
    assert all(isinstance(value, float) for value in blank)


def test_a_review_cannot_be_changed_by_its_readers(folder):
    review = load(folder)
    outcomes = review.outcomes
    outcomes["mean"] = 0.0
    outcomes.loc[2, "sd"] = -1
    del review.tables["outcomes"]["n"]
    assert review.outcomes["mean"].tolist() == [30, 38]
    assert review.outcomes["sd"].tolist() == [12, 13]
    with pytest.raises(AttributeError):
        review.path = "elsewhere"
    with pytest.raises(AttributeError):
        review.outcomes = outcomes


def test_an_unknown_table_is_named_with_those_there_are(folder):
    with pytest.raises(AttributeError, match=r"no table or attribute 'outcome'; tables: facts, references"):
        _ = load(folder).outcome


def test_a_review_can_be_copied_and_pickled(folder):
    review = load(folder)
    for twin in (copy.deepcopy(review), pickle.loads(pickle.dumps(review))):
        assert isinstance(twin, Review)
        assert twin.outcomes.equals(review.outcomes)


def test_nothing_is_loaded_from_a_faulty_folder_and_all_faults_are_told(folder):
    put(folder, "outcomes", 2, sd="0")
    put(folder, "events", 2, events="16")
    with pytest.raises(DataErrors) as error:
        load(folder)
    assert [(fault.line, fault.column) for fault in error.value.faults] == [(2, "sd"), (2, "events")]
    assert error.value.found == "0"


def test_path_may_be_the_folder_or_the_one_above(folder, away):
    assert find_data(folder) == find_data(folder.parent) == folder
    assert find_data(str(folder)) == folder


def test_the_variable_comes_before_the_working_folder(folder, away, monkeypatch):
    monkeypatch.setenv("EVIDENCE_DATA", str(make(away / "other")))
    assert find_data() == away / "other"
    monkeypatch.setenv("EVIDENCE_DATA", str(away / "nothing"))
    with pytest.raises(DataError) as error:
        find_data()
    assert error.value.check == "folder"
    assert "EVIDENCE_DATA" in error.value.fix


def test_the_nearest_data_folder_above_is_found(folder, away):
    assert find_data() == folder
    nearer = make(away / "deep" / "data")
    assert find_data() == nearer


def test_the_copy_in_the_package_comes_next_then_the_checkout(away, monkeypatch):
    assert find_data() == DATA
    package = away / "lib" / "evidence"
    monkeypatch.setattr(evidence.data.load, "_PACKAGE", package)
    with pytest.raises(DataError) as error:
        find_data()
    assert (error.value.check, error.value.found) == ("folder", "no data folder")
    assert find_data.__doc__
    inside = make(package / "_data")
    assert find_data() == inside


def test_a_deleted_working_folder_is_no_obstacle(away):
    code = (
        "import os; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone');"
        " from evidence.data.load import find_data; print(find_data())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=away)
    assert done.stdout.strip() == str(DATA)


def test_import_starts_no_library():
    code = "import sys, evidence.data.load; print(sorted({'pandas', 'numpy', 'yaml'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_review_loads_with_its_corrections():
    review = load(DATA)
    assert len(review.trials) == review.trials["trial_id"].nunique() > 0
    assert all(correction.why for correction in review.corrections)
    for correction in review.corrections:
        cell = review.tables[correction.table].loc[correction.line, correction.column]
        assert cell == correction.use
