"""Spoiled bytes, records and command lines: a reader reports a fault, and nothing is left half written."""

import sys

import pytest
from fuzzing import (
    CHANGES,
    EDITS,
    FILES,
    RECORDS,
    WORDS,
    fuzz_command,
    fuzz_loader,
    fuzz_metapsy,
    spoiled_record,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st
from registry_records import data_with_trial

from evidence.data.validate import check
from evidence.errors import DataError
from evidence.registry.proposals import apply, merge
from evidence.registry.propose import propose
from evidence.review.metapsy import write_metapsy


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return data_with_trial(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def original(folder):
    return {name: (folder / name).read_bytes() for name in FILES}


@settings(max_examples=150)
@given(name=st.sampled_from(FILES), edits=EDITS)
@example(name="corrections.yml", edits=[(0, 3, b"[" * 5000)])
@example(name="datapackage.json", edits=[(0, 0, b"[" * 100_000)])
def test_loader(folder, original, name, edits):
    faults = fuzz_loader(folder, original[name], name, edits)
    assert all(isinstance(fault, DataError) and "\n" not in str(fault) for fault in faults)


@pytest.fixture(scope="module")
def metapsy(tmp_path_factory):
    import pandas as pd

    path = tmp_path_factory.mktemp("metapsy") / "some.csv"
    frame = pd.DataFrame({"study": ["Doe 2099", "Roe 2098"], ".g": [-0.5, None], ".g_se": [0.25, None]})
    write_metapsy(frame, path)
    return path, path.read_bytes()


@settings(max_examples=150)
@given(edits=EDITS)
def test_metapsy_reader(metapsy, edits):
    path, data = metapsy
    rows = fuzz_metapsy(path, data, edits)
    assert rows is None or rows >= 1


@settings(max_examples=60)
@given(name=st.sampled_from(RECORDS), changes=CHANGES)
def test_data_stay_valid_whatever_a_record_proposes(folder, name, changes):
    """The rows are merged, or the merge is refused and nothing changes."""
    before = bytes_of(folder)
    refused = refusal(folder, propose(spoiled_record(name, changes), check(folder)).rows)
    faults, after = check(folder).faults, bytes_of(folder)
    for path in folder.iterdir():
        path.write_bytes(before[path.name])
    assert faults == []
    assert refused is None or after == before


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refusal(folder, rows):
    """The error that stopped a merge, if one did."""
    try:
        apply(folder, merge(folder, rows))
    except DataError as error:
        return error
    return None


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """An empty working folder, no data, no network, no repository."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVIDENCE_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("EVIDENCE_REGISTRY_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setattr(sys, "argv", ["evidence"])
    return tmp_path


@settings(max_examples=100, suppress_health_check=["function_scoped_fixture"])
@given(arguments=st.lists(st.sampled_from(WORDS) | st.text(max_size=5), max_size=4))
def test_command_line(nowhere, arguments):
    code, out, err = fuzz_command(arguments)
    assert code in (0, 1, 2)
    assert "Traceback" not in out + err
    assert (code == 0) or out + err != ""
    assert list(nowhere.iterdir()) == []
