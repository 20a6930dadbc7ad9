"""Proposed rows into the data: added, filled up, or refused; validated first, all or nothing."""

import shutil

import pytest
from badfiles import cells, columns_of, make, put, save
from registry_records import FOLDER, NCT, data_with_trial, state

from evidence.cli import main
from evidence.data import load as data
from evidence.data import pending
from evidence.errors import DataErrors
from evidence.registry.proposals import Merge, apply, describe, merge, next_fact


@pytest.fixture
def folder(tmp_path):
    return data_with_trial(tmp_path / "data")


def row(folder, table, line):
    """One line of a table, as a dictionary."""
    rows = cells(folder, table)
    return dict(zip(rows[0], rows[line - 1], strict=True))


def fetch(folder, name="sd", *more):
    return main(["fetch", str(FOLDER / f"{name}.json"), "--data", str(folder), *more])


def test_fetch_proposes_beside_the_data_and_changes_nothing(folder, capsys):
    before = state(folder)
    assert fetch(folder) == 0
    target = folder.parent / "proposals" / NCT
    assert state(folder) == before
    tables = ["arms.csv", "contrasts.csv", "events.csv", "facts.csv", "outcomes.csv", "references.csv"]
    assert sorted(path.name for path in target.iterdir()) == sorted([*tables, "README.md", "decisions.toml"])
    assert f"proposed in {target}: 1 references, 14 facts, 6 outcomes, 1 contrasts" in capsys.readouterr().out


def test_fetch_exits_1_when_anything_is_refused(folder, capsys):
    assert fetch(folder, "change") == 1
    assert "refused: outcome measure 2: Change in DEMO score: scores, or changes" in capsys.readouterr().out


def test_a_decision_is_kept_and_used(folder):
    assert fetch(folder, "change") == 1
    path = folder.parent / "proposals" / NCT / "decisions.toml"
    text = path.read_text("utf-8")
    assert '"Change in DEMO score" = ""\n' in text
    path.write_text(text.replace('score" = ""', 'score" = "leave out"'), "utf-8")
    assert fetch(folder, "change") == 0
    assert '"Change in DEMO score" = "leave out"' in path.read_text("utf-8")
    kept = path.read_bytes()
    assert fetch(folder, "change") == 0
    assert path.read_bytes() == kept


def test_decisions_that_cannot_be_read_exit_2(folder, capsys):
    fetch(folder)
    (folder.parent / "proposals" / NCT / "decisions.toml").write_text("[arms\n", "utf-8")
    assert fetch(folder) == 2
    assert "decisions.toml" in capsys.readouterr().err


def test_write_merges_reviewed_rows_and_the_data_load(folder, capsys):
    fetch(folder)
    proposed = folder.parent / "proposals" / NCT
    kept = cells(proposed, "outcomes")[:5]  # a reviewer deletes week 2
    save(proposed, "outcomes", kept)
    assert main(["fetch", NCT, "--write", "--data", str(folder)]) == 0
    outcomes = cells(folder, "outcomes")
    assert outcomes[-4:] == kept[1:]
    assert len(data.load(folder).contrasts) == 4
    assert "added: 1 references, 4 outcomes, 1 contrasts, 14 facts" in capsys.readouterr().out


def test_a_second_write_changes_nothing(folder, capsys):
    fetch(folder, "flow_baseline_harms", "--write")
    before = state(folder)
    capsys.readouterr()
    assert main(["fetch", NCT, "--write", "--data", str(folder)]) == 0
    assert state(folder) == before
    assert "added: no row\nthere already: " in capsys.readouterr().out


def test_old_rows_keep_their_bytes(folder):
    old = (folder / "outcomes.csv").read_bytes()
    fetch(folder, "sd", "--write")
    assert (folder / "outcomes.csv").read_bytes().startswith(old)


def test_faults_after_the_merge_stop_it(folder, capsys):
    fetch(folder)
    proposed = folder.parent / "proposals" / NCT
    put(proposed, "outcomes", 2, mean="999")
    before = state(folder)
    assert main(["fetch", NCT, "--write", "--data", str(folder)]) == 1
    assert state(folder) == before
    err = capsys.readouterr().err
    assert f"merged copy of {folder}/outcomes.csv:4: column 'mean'" in err
    assert err.endswith("nothing was written\n")


def test_faulty_data_are_not_added_to(folder, capsys):
    put(folder, "outcomes", 2, sd="-1")
    assert fetch(folder) == 2
    assert "found '-1'" in capsys.readouterr().err


def test_blank_cells_are_filled_up_with_facts_and_a_note(folder):
    put(folder, "arms", 3, n_completed="")
    fetch(folder, "flow_baseline_harms", "--write")
    arm = row(folder, "arms", 3)
    assert (arm["n_completed"], arm["age"], arm["female"]) == ("13", "55.5", "9")
    assert arm["fact_ids"].startswith("F0001; F0002; X")
    assert arm["note"].startswith("n_completed from nct99999999, participant flow: Overall Study.")
    assert arm["source_key"] == "demo_2020"


def test_a_row_that_differs_is_listed_and_not_used(folder, capsys):
    put(folder, "arms", 2, n_completed="15")
    facts = len(cells(folder, "facts"))
    assert fetch(folder, "flow_baseline_harms", "--write") == 1
    assert row(folder, "arms", 2)["n_completed"] == "15"
    out = capsys.readouterr().out
    assert "not merged: arms: demo_2020, ketamine: n_completed is 15, proposed 14 (nct99999999)" in out
    place = columns_of("facts").index("source_location")
    locations = [line[place] for line in cells(folder, "facts")[facts:]]
    # Both dropouts, and started and completed of midazolam; those of the row that differs are left out.
    assert locations.count("participant flow: Overall Study") == 4


def test_equal_numbers_written_differently_do_not_differ(folder):
    arm = {"trial_id": "demo_2020", "arm": "ketamine", "n_completed": "14.0", "fact_ids": "X0001"}
    result = merge(folder, {"arms": [arm], "facts": [{"fact_id": "X0001"}]})
    assert (result.same, result.files) == (1, {})


def test_taken_fact_ids_are_renumbered_everywhere(folder):
    fetch(folder, "sd", "--write")
    new = {"fact_id": "X0001", "pack": "added", "kind": "design", "statistic": "count", "value": "7"}
    row = {"trial_id": "demo_2020", "domain": "selection", "fact_ids": "X0001; F0001"}
    result = merge(folder, {"facts": [new], "rob": [row]})
    assert result.files["facts.csv"].splitlines()[-1].startswith("X0015,added,")
    assert "X0015; F0001" in result.files["rob.csv"].splitlines()[-1]


def test_the_guide_to_the_data_follows(folder):
    (folder / "README.md").write_text("old\n", "utf-8")
    fetch(folder, "sd", "--write")
    assert "| [`outcomes`](#outcomes) | 8 |" in (folder / "README.md").read_text("utf-8")


def test_a_proposal_that_is_none_exits_2(folder, capsys):
    (folder.parent / "proposals" / NCT).mkdir(parents=True)
    assert main(["fetch", NCT, "--write", "--data", str(folder)]) == 2
    assert "no proposed table" in capsys.readouterr().err


@pytest.fixture(autouse=True)
def no_registry(monkeypatch, tmp_path):
    """Nothing listens at this address."""
    monkeypatch.setenv("EVIDENCE_REGISTRY_URL", "http://127.0.0.1:9/none")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_offline_exits_1(folder, capsys):
    assert main(["fetch", NCT, "--data", str(folder)]) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"{NCT}: cannot reach http://127.0.0.1:9/none/studies/{NCT}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("study", ["NCT1", "nct99999999", "feder_2021", "", "../NCT99999999"])
def test_no_registry_number_exits_2(folder, capsys, study):
    assert main(["fetch", study, "--data", str(folder)]) == 2
    assert "allowed: NCT and eight digits" in capsys.readouterr().err


def test_the_installed_copy_is_not_written_to(tmp_path, capsys):
    make(tmp_path / "_data")
    assert main(["fetch", NCT, "--data", str(tmp_path / "_data")]) == 2
    assert "the installed copy" in capsys.readouterr().err


def test_help_shows_the_line_for_the_five_trials(capsys):
    with pytest.raises(SystemExit):
        main(["fetch", "--help"])
    line = "evidence fetch NCT00749203 NCT02397889 NCT02655692 NCT04322968 NCT02727998"
    assert line in capsys.readouterr().out


def test_headers_of_proposals_are_checked(folder, capsys):
    fetch(folder)
    path = folder.parent / "proposals" / NCT / "outcomes.csv"
    path.write_text(path.read_text("utf-8").replace("trial_id,arm", "trial,arm"), "utf-8")
    assert main(["fetch", NCT, "--write", "--data", str(folder)]) == 2
    assert "restore the header" in capsys.readouterr().err


def test_nothing_to_merge_is_said():
    assert describe(Merge()) == "added: no row"


def test_next_fact_counts_added_facts_only():
    assert next_fact([{"fact_id": "F0881"}]) == 1


def test_apply_names_the_file_of_the_data(folder):
    result = Merge(files={"arms.csv": "nonsense\n"}, added={"arms": 1})
    with pytest.raises(DataErrors) as caught:
        apply(folder, result)
    assert f"merged copy of {folder / 'arms.csv'}" in {fault.path for fault in caught.value.faults}


def test_an_interrupted_change_is_completed_by_the_next_reader(folder):
    new = folder / pending.PENDING
    new.mkdir()
    shutil.copy(folder / "arms.csv", new)
    put(new, "arms", 2, n_completed="13")
    pending.finish(folder)
    assert not new.exists()
    assert row(folder, "arms", 2)["n_completed"] == "13"


def test_what_a_killed_writer_left_is_removed(folder):
    left = folder / ".pending.99999.tmp"
    left.mkdir()
    (left / "arms.csv").write_text("half", "utf-8")
    pending.commit(folder, {"note.txt": "x\n"})
    assert not left.exists()
    assert (folder / "note.txt").read_text("utf-8") == "x\n"


def test_a_folder_that_cannot_be_written_keeps_its_files(tmp_path):
    (tmp_path / "arms.csv").write_text("old", "utf-8")
    (tmp_path / "other.csv").mkdir()
    (tmp_path / "other.csv" / "inside").touch()
    with pytest.raises(pending.DataError, match="while writing"):
        pending.commit(tmp_path / "no folder", {"arms.csv": "new"})
    assert (tmp_path / "arms.csv").read_text("utf-8") == "old"
