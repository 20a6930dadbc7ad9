"""A new trial as a person would add it: templates, blanks refused, rows merged, the diff shown."""

import json

import pytest
from badfiles import cells, make, put, save
from registry_records import state

from evidence.cli import main
from evidence.data.load import load
from evidence.data.validate import check
from evidence.registry.templates import TABLES, is_untouched, template_rows

TRIAL = "doe_2099"
PLACE = {"source_location": "Table 1", "seen_in": "primary_full_text"}
FILLED = {
    "references": [{"title": "A made-up trial", "year": "2099"}],
    "facts": [
        {"statistic": "mean_difference", "value": "-9.9", "kind": "contrast", "status": "as printed"} | PLACE,
        {"statistic": "se", "value": "3.3", "kind": "contrast", "status": "as printed"} | PLACE,
    ],
    "trials": [
        {"label": "Doe 2099", "design": "rct_parallel", "population": "mixed",
         "treatment_resistant": "not_stated", "drug": "ketamine",
         "route": "iv", "n_doses": "1", "last_dose_day": "0", "comparator": "midazolam",
         "comparator_kind": "active_psychoactive", "psychotherapy": "none", "n_randomised": "44",
         "primary_scale": "CAPS-5", "fact_ids": "X1", **PLACE},
    ],
    "arms": [
        {"arm": "ketamine_0.5", "n_randomised": "22", "fact_ids": "X1", **PLACE},
        {"arm": "midazolam", "n_randomised": "22", "fact_ids": "X1", **PLACE},
    ],
    "contrasts": [
        {"active_arm": "ketamine_0.5", "comparator_arm": "midazolam", "scale": "CAPS-5",
         "timepoint_days": "1", "timepoint_label": "24 h",
         "finding": "estimate", "metric": "mean_difference", "estimate": "-9.9",
         "se": "3.3", "n1": "22", "n2": "22", "favours_active_when": "negative", "analysis": "post_scores",
         "fact_ids": "X1; X2", **PLACE},
    ],
}  # fmt: skip


def fill_in(folder):
    """Fill in the templates as a person would; X1 and X2 stand for the ids the template gave."""
    ids = [line[0] for line in cells(folder, "facts")[1:]]
    for table, rows in FILLED.items():
        for line, values in enumerate(rows, start=2):
            texts = {c: t.replace("X1", ids[0]).replace("X2", ids[1]) for c, t in values.items()}
            put(folder, table, line, **texts)


@pytest.fixture
def copy(tmp_path):
    """A copy of the real data."""
    folder = tmp_path / "data"
    folder.mkdir()
    for path in load().path.iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())
    return folder


def new(folder, *more):
    return main(["new", TRIAL, "--data", str(folder), *more])


def test_templates_have_every_table_with_what_is_known(tmp_path, capsys):
    folder = make(tmp_path / "data")
    before = state(folder)
    assert new(folder, "--registration", "NCT99999999") == 0
    target = tmp_path / "proposals" / TRIAL
    names = ["README.md", *(f"{table}.csv" for table in TABLES)]
    assert sorted(path.name for path in target.iterdir()) == sorted(names)
    assert state(folder) == before
    facts = [line[0] for line in cells(target, "facts")]
    assert facts == ["fact_id", "X0001", "X0002", "X0003", "X0004", "X0005", "X0006"]
    assert len(cells(target, "rob")) == 6
    assert f"then evidence new {TRIAL} --write" in capsys.readouterr().out
    guide = (target / "README.md").read_text("utf-8")
    assert "- `design`: Design (rct_parallel, rct_crossover, single_arm, cohort; required)" in guide


def test_adding_a_trial_moves_the_answers_and_the_diff_shows_it(copy, tmp_path, capsys):
    assert new(copy) == 0
    fill_in(tmp_path / "proposals" / TRIAL)
    assert new(copy, "--write") == 0
    assert "added: 1 references, 1 trials, 2 arms, 1 contrasts, " in capsys.readouterr().out
    assert check(copy).faults == []
    assert main(["diff", str(load().path), str(copy), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    whole = [change["name"] for change in report["cells"] if change["where"] == "trials"]
    assert whole == [TRIAL]
    effect = [c for c in report["results"]["effect sizes"] if TRIAL in c["name"] and c["field"] == "yi"]
    # g = J t sqrt(2 / 22) with t = -3 and J of 42 df: -0.9045 x 0.9820
    assert effect[0]["new"] == pytest.approx(-0.8883, abs=5e-4)
    moved = {(c["name"], c["field"]): c["difference"] for c in report["results"]["answers"]}
    assert moved["effect, 24h", "k"] == moved["effect, 24h", "k_exact"] == 1
    assert moved["effect, 24h", "n"] == 44
    assert moved["effect, 24h", "estimate"] < 0
    assert {name for name, _ in moved} == {"effect, 24h"}


def test_blanks_are_named_and_nothing_is_written(tmp_path, capsys):
    folder = make(tmp_path / "data")
    new(folder)
    put(tmp_path / "proposals" / TRIAL, "arms", 2, arm="ketamine_0.5")
    before = state(folder)
    assert new(folder, "--write") == 1
    err = capsys.readouterr().err
    assert "arms.csv:5: column 'source_location' (doe_2099, ketamine_0.5): found ''; allowed: a value" in err
    assert err.endswith("nothing was written\n")
    assert state(folder) == before


def test_untouched_templates_are_not_merged(tmp_path, capsys):
    folder = make(tmp_path / "data")
    new(folder)
    before = state(folder)
    assert new(folder, "--write") == 0
    assert state(folder) == before
    assert "added: no row" in capsys.readouterr().out


@pytest.mark.parametrize("table", TABLES)
def test_untouched_rows_are_known_whatever_their_fact_ids(table):
    for row in template_rows(TRIAL, "NCT99999999", 77)[table]:
        assert is_untouched(table, row)
        assert not is_untouched(table, row | {"note": "x"})


def test_templates_are_not_overwritten(tmp_path, capsys):
    folder = make(tmp_path / "data")
    new(folder)
    target = tmp_path / "proposals" / TRIAL
    save(target, "arms", [["mine"]])
    assert new(folder) == 2
    assert cells(target, "arms") == [["mine"]]
    assert "templates already" in capsys.readouterr().err


@pytest.mark.parametrize("trial", ["demo_2020", "Doe 2099", "", "../doe", "ä", "x" * 61])
def test_a_key_that_is_taken_or_no_key_exits_2(tmp_path, capsys, trial):
    folder = make(tmp_path / "data")
    assert main(["new", trial, "--data", str(folder)]) == 2
    assert "allowed: " in capsys.readouterr().err
    assert not (tmp_path / "proposals").exists()
