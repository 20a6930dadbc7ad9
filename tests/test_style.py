"""Style and types, as tests, so that one closing line speaks for every check."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    "command", ["ruff check --quiet .", "ruff format --check --quiet .", "mypy --no-error-summary"]
)
def test_tool_finds_nothing(command):
    done = subprocess.run([sys.executable, "-m", *command.split()], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


def test_no_module_is_longer_than_400_lines():
    sizes = {p.name: len(p.read_text(encoding="utf-8").splitlines()) for p in (ROOT / "src").rglob("*.py")}
    assert {name: lines for name, lines in sizes.items() if lines > 400} == {}
