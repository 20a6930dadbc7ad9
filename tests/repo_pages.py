"""The Markdown of the repository, read once for the tests of links and of prose."""

import json
import os
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
OUTSIDE = {".git", ".venv", "build", "site", "dist", "node_modules", ".pytest_cache", ".ipynb_checkpoints"}
FENCE = re.compile(r"^(```|~~~).*?^\1\s*?$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")


def _files(*suffixes):
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(set(folders) - OUTSIDE)
        yield from (Path(folder) / name for name in sorted(names) if name.endswith(suffixes))


def _text(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return text
    cells = json.loads(text)["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def pages():
    """Text of each Markdown file and of each notebook's Markdown cells, by path below the top folder."""
    return {str(path.relative_to(ROOT)): _text(path) for path in _files(".md", ".ipynb")}


def blanked(text, *patterns):
    """The text with every match of the patterns turned into blanks, so that line numbers stay."""
    for pattern in patterns:
        text = pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)
    return text


def prose(text):
    """Text without code."""
    return blanked(text, FENCE, CODE)
