"""Notebook files: take out what means nothing, write them whole, say which outputs changed."""

from __future__ import annotations

import configparser
import difflib
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from ..atomic import replace_file

SHOWN_DIFF_LINES = 20
SHOWN_DIFF_WIDTH = 160
# The rest of a cell's metadata is a trace of the editor.
KEPT_CELL_METADATA = ("tags", "jupyter")


def sanitizers(path) -> list[tuple[re.Pattern, str]]:
    """
    Patterns for the meaningless parts of outputs, and what replaces them.

    Parameters
    ----------
    path : str or Path
        File in the format of nbval's ``--nbval-sanitize-with``.

    Returns
    -------
    list of (re.Pattern, str)
    """
    config = configparser.RawConfigParser()
    config.read_string(Path(path).read_text(encoding="utf-8"))
    return [(re.compile(config[name]["regex"]), config[name]["replace"]) for name in config.sections()]


def _sanitized(value, patterns):
    """Apply the patterns to every text inside an output; images stay as they are."""
    if isinstance(value, str):
        for pattern, replacement in patterns:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, dict):
        return type(value)(
            {k: v if k.startswith("image/") else _sanitized(v, patterns) for k, v in value.items()}
        )
    if isinstance(value, list):
        return [_sanitized(item, patterns) for item in value]
    return value


def tidy(notebook, patterns):
    """
    Remove what differs between machines and runs from an executed notebook, in place.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Executed notebook.
    patterns : list of (re.Pattern, str)
        From `sanitizers`.

    Returns
    -------
    nbformat.NotebookNode
        The same notebook: cell ids kept, metadata reduced to the kernel's name and the cells' tags.
    """
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = type(notebook.metadata)(kernelspec=kernel)
    for number, cell in enumerate(notebook.cells):
        cell.setdefault("id", f"cell-{number:02d}")
        cell.metadata = type(cell.metadata)(
            {k: v for k, v in cell.metadata.items() if k in KEPT_CELL_METADATA}
        )
        if cell.cell_type == "code":
            cell.outputs = _sanitized(cell.outputs, patterns)
    return notebook


def write(notebook, path) -> None:
    """
    Write a notebook so that `path` holds the old or the new version, never a part of one.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        What to write.
    path : str or Path
        Where; its folder is made if missing.
    """
    import nbformat

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, nbformat.writes(notebook) + "\n")


def differences(stored, fresh) -> Iterator[str]:
    """
    Describe each code cell whose output changed.

    Parameters
    ----------
    stored, fresh : nbformat.NotebookNode
        Committed and newly executed version of one notebook. Cells tagged ``nbval-ignore-output`` are
        left out; cells are counted as nbval counts them, code cells from 0.

    Yields
    ------
    str
        A unified diff of one cell's outputs, or a line saying that the cells themselves differ.
    """
    old, new = ([cell for cell in notebook.cells if cell.cell_type == "code"] for notebook in (stored, fresh))
    if [cell.source for cell in old] != [cell.source for cell in new]:
        yield "the code cells themselves differ"
        return
    for number, (before, after) in enumerate(zip(old, new, strict=True)):
        if "nbval-ignore-output" in before.metadata.get("tags", []):
            continue
        # A table has a text and an HTML form; the second is shown only if it alone differs.
        for kinds in ("text/plain", "image/"), ("",):
            if lines := _unified(_output_lines(before, kinds), _output_lines(after, kinds)):
                yield "\n".join([f"cell {number} ({before.get('id', 'no id')})", *lines])
                break


def _unified(before, after):
    """Unified diff without file names, cut to a readable length around what differs."""
    lines = list(difflib.unified_diff(before, after, "stored", "new", lineterm="", n=1))
    old, new = ([k for k, line in enumerate(lines) if k > 1 and line[0] == sign] for sign in "-+")
    starts = {k: _start(lines[a], lines[b]) for a, b in zip(old, new, strict=False) for k in (a, b)}
    lines = [_cut(line, starts.get(k, 0)) for k, line in enumerate(lines)]
    if len(lines) > SHOWN_DIFF_LINES:
        hidden = len(lines) - SHOWN_DIFF_LINES
        return [*lines[:SHOWN_DIFF_LINES], f"... and {hidden} more lines"]
    return lines


def _start(old, new) -> int:
    """Where to begin so that the first difference of two long lines is seen."""
    same = next((i for i, pair in enumerate(zip(old[1:], new[1:], strict=False)) if pair[0] != pair[1]), 0)
    return max(0, same - SHOWN_DIFF_WIDTH // 2) if max(len(old), len(new)) > SHOWN_DIFF_WIDTH else 0


def _cut(line, start) -> str:
    return line[:1] + "..." * (start > 0) + line[1 + start :][: SHOWN_DIFF_WIDTH - 1]


def _output_lines(cell, kinds) -> list[str]:
    """Outputs of some kinds as lines of text; an image is shown by its type, length and hash."""
    lines = []
    for output in cell.outputs:
        if output.output_type == "stream":
            lines += output.text.splitlines()
        elif output.output_type == "error":
            lines.append(f"{output.ename}: {output.evalue}")
        else:
            for kind, content in sorted(output.data.items()):
                lines += _content_lines(kind, content) if kind.startswith(kinds) else []
    return lines


def _content_lines(kind, content):
    text = content if isinstance(content, str) else repr(content)
    if kind.startswith("image/"):
        return [f"[{kind}] {len(text)} characters, sha256 {hashlib.sha256(text.encode()).hexdigest()[:12]}"]
    return [f"[{kind}] {line}" for line in text.splitlines()]
