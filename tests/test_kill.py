"""kill -9 at any moment of a writing command leaves what was there before, or all of what should be there."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
HERE = Path(__file__).parent
CONFIG = HERE.parent / "notebooks" / "sanitize.cfg"


def kill_everywhere(case, folder):
    """States before, after, and after each kill; see killing.py."""
    command = [sys.executable, HERE / "killing.py", case, folder]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=HERE)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("case", "steps"), [("fetch_write", 14), ("fetch_again", 18), ("new", 20), ("guide", 2), ("export", 2)]
)
def test_old_or_new_never_a_mixture(tmp_path, case, steps):
    found = kill_everywhere(case, tmp_path)
    assert found["old"] != found["new"]
    assert set(found["steps"]) <= {found["old"], found["new"]}
    assert set(found["random"]) <= {found["old"], found["new"]}
    assert len(found["steps"]) >= steps
    assert found["steps"][0] == found["old"]


def test_a_mixture_would_be_seen(tmp_path):
    found = kill_everywhere("one_by_one", tmp_path)
    assert set(found["steps"]) - {found["old"], found["new"]} != set()


KILLED_RERUN = """
import os, signal, sys
from pathlib import Path
top, step, seen = Path(sys.argv[1]), int(sys.argv[2]), 0
def hook(event, arguments):
    global seen
    if event == "os.rename" and str(arguments[1]).endswith(".ipynb"):
        seen += 1
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
from evidence.cli import main
sys.exit(main(["rerun", "--write", "--notebooks", str(top / "notebooks"), "--build", str(top / "build")]))
"""


@pytest.mark.parametrize("step", [1, 2])
def test_a_killed_rerun_leaves_whole_notebooks(tmp_path, step):
    """Each notebook is replaced whole; a second run brings the others up to date."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (folder / "sanitize.cfg").write_text(CONFIG.read_text("utf-8"), "utf-8")
    for name in ("one", "two"):
        nbformat.write(new_notebook(cells=[new_code_cell("1 + 1", id="a")]), folder / f"{name}.ipynb")
    done = subprocess.run([sys.executable, "-c", KILLED_RERUN, tmp_path, str(step)], capture_output=True)
    assert done.returncode == -signal.SIGKILL
    outputs = [len(nbformat.read(path, 4).cells[0].outputs) for path in sorted(folder.glob("*.ipynb"))]
    assert sum(outputs) == step - 1
