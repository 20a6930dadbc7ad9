"""Running notebooks: the same bytes each time, all or nothing, and every difference reported."""

import io
import os
import sys
import types
from contextlib import redirect_stdout
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from evidence.cli import main
from evidence.rerun import run as module
from evidence.rerun.notebooks import differences, sanitizers, tidy, write
from evidence.rerun.run import compare, execute, isolate, rerun

CONFIG = Path(__file__).parent.parent / "notebooks" / "sanitize.cfg"
PLOT = """import matplotlib.pyplot as plt
from evidence.rerun.nbstyle import show, versions
fig, ax = plt.subplots(figsize=(2, 1))
_ = ax.plot([0, 1], [0.0, {value}])
show(fig, alt="a line")"""
SURROUNDINGS = """import os, sys, warnings
warnings.warn("the path of this cell differs between runs")
print(object(), sys.executable, os.environ["PYTHONHASHSEED"], {"a", "b", "c"})"""


def notebook_of(*sources, tags=()):
    cells = [new_code_cell(source, id=f"c{number}") for number, source in enumerate(sources)]
    cells[-1].metadata["tags"] = list(tags)
    return new_notebook(cells=[new_markdown_cell("# Question", id="title"), *cells])


def folder_with(path, **notebooks):
    path.mkdir(exist_ok=True)
    (path / "sanitize.cfg").write_text(CONFIG.read_text(encoding="utf-8"), encoding="utf-8")
    for name, notebook in notebooks.items():
        nbformat.write(notebook, path / f"{name}.ipynb")
    return path


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """One notebook run twice, in a folder whose name has a space."""
    top = tmp_path_factory.mktemp("top")
    folder = folder_with(top / "note books", one=notebook_of(SURROUNDINGS, PLOT.format(value=0.5)))
    lines = []
    return folder, [rerun(folder, top / name, report=lines.append) for name in ("first", "second")], lines


def test_second_run_gives_the_same_bytes(twice):
    folder, _, _ = twice
    first, second = ((folder.parent / name / "one.ipynb").read_bytes() for name in ("first", "second"))
    assert first == second
    assert b'execution_count": 1' in first


def test_kernel_is_this_interpreter_with_fixed_hashes(twice):
    _, (outcomes, _), _ = twice
    (notebook,) = outcomes.values()
    text = "".join(output.get("text", "") for output in notebook.cells[1].outputs)
    assert sys.executable in text
    assert "0xADDR" in text
    assert "CELL:2: UserWarning" in text


def test_source_folder_is_left_alone(twice):
    folder, _, _ = twice
    stored = nbformat.read(folder / "one.ipynb", as_version=4)
    assert [cell.outputs for cell in stored.cells[1:]] == [[], []]


def test_progress_line_names_notebook_and_seconds(twice):
    _, _, lines = twice
    assert [line.split()[0] for line in lines] == ["one.ipynb", "one.ipynb"]
    assert [line.split()[2:] for line in lines] == [["s", "ok"], ["s", "ok"]]


def test_figure_has_alternative_text_and_a_digest(twice):
    _, (outcomes, _), _ = twice
    (notebook,) = outcomes.values()
    image, text = notebook.cells[2].outputs
    assert image.metadata["image/png"] == {"alt": "a line"}
    assert text.text.startswith("figure data ")


def test_a_changed_figure_and_number_are_reported(twice):
    folder, (outcomes, _), _ = twice
    changed = folder_with(folder.parent / "changed", one=notebook_of(SURROUNDINGS, PLOT.format(value=0.6)))
    (fresh,) = execute([changed / "one.ipynb"], changed, report=lambda line: None).values()
    (stored,) = outcomes.values()
    fresh.cells[2].source = stored.cells[2].source
    (found,) = differences(stored, fresh)
    assert found.startswith("cell 1 (c1)\n--- stored\n+++ new")
    assert "-[image/png]" in found
    assert "+[image/png]" in found
    assert "+figure data" in found


def test_failing_notebook_stops_everything(tmp_path):
    bad = notebook_of("print('first line')", "x = 1\nraise RuntimeError('the data moved')")
    folder = folder_with(tmp_path / "in", bad=bad, good=notebook_of("1 + 1"))
    lines = []
    assert rerun(folder, tmp_path / "out", report=lines.append) == {}
    assert not (tmp_path / "out").exists()
    assert any("bad.ipynb" in line and "FAILED" in line for line in lines)
    assert "x = 1" in lines[-1]
    assert "RuntimeError: the data moved" in lines[-1]
    assert "\x1b" not in lines[-1]


def test_differences_ignore_tagged_cells():
    one, two = notebook_of("1", tags=["nbval-ignore-output"]), notebook_of("1")
    two.cells[1].outputs = [nbformat.v4.new_output("stream", text="other")]
    assert list(differences(one, two)) == []
    assert len(list(differences(two, one))) == 1


def test_a_change_late_in_a_long_line_is_shown():
    one, two = (notebook_of("1") for _ in range(2))
    for notebook, end in ((one, "old"), (two, "new")):
        notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="x" * 900 + end + "y" * 900)]
    (shown,) = differences(one, two)
    removed, added = shown.splitlines()[-2:]
    assert ("xoldy" in removed, "xnewy" in added) == (True, True)
    assert max(len(removed), len(added)) < 170


def test_differences_see_other_cells():
    assert list(differences(notebook_of("1"), notebook_of("2"))) == ["the code cells themselves differ"]


def table_cell(plain, html):
    notebook = notebook_of("1")
    data = {"text/plain": plain, "text/html": html}
    notebook.cells[1].outputs = [nbformat.v4.new_output("execute_result", data=data, execution_count=1)]
    return notebook


def test_html_is_shown_only_if_it_alone_differs():
    (both,) = differences(table_cell("1", "<b>1</b>"), table_cell("2", "<b>2</b>"))
    (alone,) = differences(table_cell("1", "<b>1</b>"), table_cell("1", "<i>1</i>"))
    assert "html" not in both
    assert "-[text/html] <b>1</b>" in alone


def test_long_difference_is_cut():
    one, two = notebook_of("1"), notebook_of("1")
    two.cells[1].outputs = [nbformat.v4.new_output("stream", text="\n".join(map(str, range(99))))]
    (found,) = differences(one, two)
    assert found.splitlines()[-1].startswith("... and ")


def test_compare_counts_against_the_disk(tmp_path):
    fresh = notebook_of("1")
    nbformat.write(fresh, tmp_path / "a.ipynb")
    assert compare({tmp_path / "a.ipynb": fresh}) == 0
    fresh.cells[1].outputs = [nbformat.v4.new_output("stream", text="new")]
    lines = []
    assert compare({tmp_path / "a.ipynb": fresh}, lines.append) == 1
    assert lines[0].startswith("a.ipynb cell 0 (c0)")


def test_tidy_keeps_ids_tags_and_images():
    notebook = notebook_of("1", tags=["keep"])
    notebook.metadata = {"language_info": {"version": "3.11.7"}, "widgets": {}}
    notebook.cells[1].metadata |= {"collapsed": True, "execution": {"started": "now"}}
    image = {"image/png": "0x1234567", "text/plain": "<Figure at 0x1234567>"}
    notebook.cells[1].outputs = [nbformat.v4.new_output("display_data", data=image)]
    tidy(nbformat.from_dict(notebook), sanitizers(CONFIG))
    cleaned = tidy(nbformat.from_dict(notebook), sanitizers(CONFIG))
    assert list(cleaned.metadata) == ["kernelspec"]
    assert cleaned.cells[1].metadata == {"tags": ["keep"]}
    assert cleaned.cells[1].id == "c0"
    data = cleaned.cells[1].outputs[0].data
    assert data == {"image/png": "0x1234567", "text/plain": "<Figure at 0xADDR>"}


def test_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.ipynb"
    write(notebook_of("1"), path)
    before = path.read_bytes()
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write(notebook_of("2"), path)
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["a.ipynb"]


def test_isolate_keeps_out_of_the_home_folder(tmp_path, monkeypatch):
    for name in [*module.FIXED, *module.HOMES, *module.STRANGERS]:
        monkeypatch.setenv(name, "elsewhere")
    isolate(tmp_path)
    assert {os.environ[name] for name in module.HOMES} == {str(tmp_path / f) for f in module.HOMES.values()}
    assert set(module.STRANGERS) & set(os.environ) == set()


@pytest.fixture
def review(tmp_path, monkeypatch):
    """A folder with one notebook that reads its choices, and an answer table that depends on them."""
    source = "import evidence as ev\nev.Choices.from_environment().crossover_r"
    folder_with(tmp_path / "notebooks", one=notebook_of(source))
    (tmp_path / "mine.toml").write_text("crossover_r = 0.7\n", encoding="utf-8")
    fake = types.ModuleType("evidence.report.pooled")
    fake.answer_table = lambda choices: pd.DataFrame(
        {"r": choices.crossover_r, "g": -0.4 if choices.crossover_r == 0.5 else float("nan")}, index=["24h"]
    )
    monkeypatch.setitem(sys.modules, fake.__name__, fake)
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ)
    yield tmp_path
    left = {name for name in os.environ.keys() | before if os.environ.get(name) != before.get(name)}
    os.environ.update(before)
    assert left <= {*module.HOMES, "PYTEST_CURRENT_TEST"}


def said(*argv):
    text = io.StringIO()
    with redirect_stdout(text):
        code = main(["rerun", *argv])
    return code, text.getvalue()


def test_review_reports_stale_cells_and_keeps_notebooks(review):
    before = (review / "notebooks" / "one.ipynb").read_bytes()
    code, text = said()
    assert code == 0
    assert "one.ipynb cell 0 (c0)" in text
    assert "+[text/plain] 0.5" in text
    assert (review / "notebooks" / "one.ipynb").read_bytes() == before
    assert (review / "build" / "notebooks" / "one.ipynb").exists()


def test_write_makes_the_notebooks_current(review):
    assert said("--write")[0] == 0
    code, text = said()
    assert code == 0
    assert text.endswith("Cells that differ from the committed notebooks\nnone\n")


def test_other_choices_reach_the_notebooks_and_move_answers(review):
    code, text = said("--choices", "mine.toml")
    assert code == 0
    run = nbformat.read(review / "build" / "choices-mine" / "one.ipynb", as_version=4)
    assert run.cells[1].outputs[0].data["text/plain"] == "0.7"
    assert text.splitlines()[-2:] == ["24h, r: 0.5 -> 0.7 (+0.2)", "24h, g: -0.4 -> none"]


@pytest.mark.parametrize(
    "argv", [["--jobs", "0"], ["--jobs", "-1"], ["--jobs", "two"], ["--write", "--choices", "mine.toml"]]
)
def test_wrong_usage_exits_with_2(review, argv, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["rerun", *argv])
    assert stopped.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_a_folder_without_notebooks_is_a_usage_error(review, capsys):
    assert main(["rerun", "--notebooks", "nowhere"]) == 2
    assert "nowhere: found no notebooks. Fix:" in capsys.readouterr().err


def test_choices_that_cannot_be_read_are_a_usage_error(review, capsys):
    assert main(["rerun", "--choices", "no.toml"]) == 2
    assert capsys.readouterr().err.startswith("no.toml:")
    assert not (review / "build" / "choices-no").exists()
