"""The checks themselves fail when they should: notebooks whose outputs changed, tools that are missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from evidence.rerun.run import rerun

ROOT = Path(__file__).parent.parent
SOURCE = """import matplotlib.pyplot as plt
from evidence.rerun.nbstyle import show
fig, ax = plt.subplots(figsize=(2, 1))
_ = ax.plot([0, 1], [0.0, 0.5])
show(fig)"""


def run_pytest(folder, *options, **environment):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir=.", *options]
    surroundings = os.environ | {"EVIDENCE_REQUIRE_ALL": "0"} | environment
    return subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True)


def run_notebooks(folder, *names):
    return run_pytest(folder, "-c", str(ROOT / "pyproject.toml"), "-rA", *(names or ["."]))


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """A notebook with its outputs, beside the settings of this repository's notebooks."""
    folder = tmp_path_factory.mktemp("review") / "notebooks"
    folder.mkdir()
    for name in ("conftest.py", "sanitize.cfg"):
        shutil.copy(ROOT / "notebooks" / name, folder)
    cells = [new_code_cell(SOURCE, id="figure"), new_code_cell("1 + 1", id="number")]
    nbformat.write(new_notebook(cells=cells), folder / "same.ipynb")
    assert rerun(folder, folder, report=lambda line: None)
    return folder / "same.ipynb"


def altered(notebook, change, name):
    """Copy of a notebook with changed outputs."""
    stored = nbformat.read(notebook, as_version=4)
    change(stored.cells)
    nbformat.write(stored, notebook.with_name(name))
    return notebook.with_name(name)


def recolour(cells):
    pixels = cells[0].outputs[0].data["image/png"]
    cells[0].outputs[0].data["image/png"] = pixels.replace("A", "B", 1)


def renumber(cells):
    cells[1].outputs[0].data["text/plain"] = "3"


def strip(cells):
    for cell in cells:
        cell.outputs, cell.execution_count = [], None


def test_changed_figure_and_changed_number_fail(notebook):
    altered(notebook, recolour, "recoloured.ipynb")
    altered(notebook, renumber, "renumbered.ipynb")
    done = run_notebooks(notebook.parent)
    lines = [line.split(" - ")[0] for line in done.stdout.splitlines()]
    outcomes = sorted(line for line in lines if line.startswith(("PASSED", "FAILED")))
    assert outcomes == [
        "FAILED recoloured.ipynb::Cell 0",
        "FAILED renumbered.ipynb::Cell 1",
        "PASSED recoloured.ipynb::Cell 1",
        "PASSED renumbered.ipynb::Cell 0",
        "PASSED same.ipynb::Cell 0",
        "PASSED same.ipynb::Cell 1",
    ]


def test_stripped_notebook_is_refused(notebook):
    done = run_notebooks(notebook.parent, altered(notebook, strip, "stripped.ipynb").name)
    assert done.returncode == 4
    assert "cells never run" in done.stderr


TOOL_TESTS = """import pytest

@pytest.mark.requires_tool("no-such-program")
def test_with_tool():
    assert True

def test_without():
    assert True
"""


def run_tool_tests(folder, **environment):
    (folder / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "tests")
    (folder / "tests" / "test_tool.py").write_text(TOOL_TESTS, encoding="utf-8")
    return run_pytest(folder, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", **environment)


def test_missing_tool_is_listed_as_not_run(tmp_path):
    done = run_tool_tests(tmp_path)
    assert done.returncode == 0
    assert "tests/test_tool.py::test_with_tool: no-such-program not found" in done.stdout
    assert "1 passed, 1 skipped" in done.stdout


def test_missing_tool_fails_when_all_are_required(tmp_path):
    done = run_tool_tests(tmp_path, EVIDENCE_REQUIRE_ALL="1")
    assert done.returncode == 1
    assert "EVIDENCE_REQUIRE_ALL=1, but Skipped: no-such-program not found" in done.stdout
    assert "1 passed, 1 error" in done.stdout
