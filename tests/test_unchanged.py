"""Notebooks run again when something they read has changed, and only then."""

import os

import nbformat
import pytest
from badfiles import make, put
from nbformat.v4 import new_code_cell, new_notebook

import evidence as ev
from evidence.data import load as module
from evidence.data.load import READING_LOG
from evidence.rerun.run import rerun
from evidence.rerun.unchanged import Unchanged
from evidence.robustness.multiverse import TABLES

READS = {
    "one": "import evidence as ev\nprint(len(ev.load().trials))",
    "two": "import evidence as ev\nreview = ev.load()\nprint(len(review.trials), len(review.events))",
}


@pytest.fixture
def root(tmp_path):
    """A checkout with data and two notebooks; the second reads one table more."""
    make(tmp_path / "data")
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (folder / "sanitize.cfg").write_text("", encoding="utf-8")
    for name, source in READS.items():
        nbformat.write(new_notebook(cells=[new_code_cell(source, id="a")]), folder / f"{name}.ipynb")
    return tmp_path


def run(root, choices=""):
    """Names of the notebooks that were run."""
    target, record, figures = (root / "build" / name for name in ("notebooks", "kept", "figures"))
    kept = Unchanged(root, target, record, figures, ev.load(root), choices)
    lines = []
    outcomes = rerun(root / "notebooks", target, report=lines.append, kept=kept)
    assert [path.stem for path in outcomes] == ["one", "two"]
    assert all(notebook.cells[0].outputs for notebook in outcomes.values())
    return sorted(line.split(".ipynb")[0].strip() for line in lines if line.endswith("ok"))


def test_only_what_reads_a_changed_table_runs_again(root):
    assert run(root) == ["one", "two"]
    assert run(root) == []
    put(root / "data", "events", 2, note="looked at again")
    assert run(root) == ["two"]
    put(root / "data", "trials", 2, note="looked at again")
    assert run(root) == ["one", "two"]
    put(root / "data", "outcomes", 2, note="read by neither")
    assert run(root) == []


def test_source_choices_and_other_inputs_count(root):
    run(root)
    path = root / "notebooks" / "one.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(READS["one"] + "\n1", id="a")]), path)
    assert run(root) == ["one"]
    assert run(root, "crossover_r = 0.7") == ["one", "two"]
    run(root)
    text = (root / "data" / "datapackage.json").read_text("utf-8")
    (root / "data" / "datapackage.json").write_text(text + "\n", "utf-8")
    assert run(root) == ["one", "two"]


@pytest.mark.parametrize("spoil", ["output", "record", "no output"])
def test_what_cannot_be_trusted_runs_again(root, spoil):
    run(root)
    if spoil == "record":
        (root / "build" / "kept" / "one.json").write_text("{", encoding="utf-8")
    elif spoil == "output":
        (root / "build" / "notebooks" / "one.ipynb").write_text("{}", encoding="utf-8")
    else:
        (root / "build" / "notebooks" / "one.ipynb").unlink()
    assert run(root) == ["one"]


def test_a_missing_figure_runs_its_notebook_again(root):
    figures = root / "build" / "figures"
    figures.mkdir(parents=True)
    (figures / "0123456789ab.svg").touch()
    source = new_code_cell("print('figure data 0123456789ab')", id="a")
    nbformat.write(new_notebook(cells=[source]), root / "notebooks" / "one.ipynb")
    run(root)
    assert run(root) == []
    (figures / "0123456789ab.svg").unlink()
    assert run(root) == ["one"]


def test_the_tables_behind_a_multiverse_are_those_that_effects_read(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_READ", set())
    monkeypatch.setitem(os.environ, READING_LOG, str(tmp_path / "log"))
    for window in ("24h", "week1", "end_of_course", "follow_up"):
        ev.effect_sizes(ev.load(), window, ev.Choices())
    assert set((tmp_path / "log").read_text().split()) == set(TABLES)
