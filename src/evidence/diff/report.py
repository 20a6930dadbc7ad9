"""
Differences between two versions of the data as text, JSON and a web page.

JSON: ``old``, ``new`` (what was compared), ``equal``, ``problem`` (text, empty when results were compared),
and the lists ``cells``, ``files`` and one per kind in ``results``; an entry has ``where``, ``name``,
``field`` (empty for a whole row), ``old``, ``new`` (null where there is none) and ``difference`` (null unless
both are numbers). Infinite limits are the texts ``inf`` and ``-inf``.
"""

from __future__ import annotations

import html
import math

from ..data.files import shown
from ..prose.tables import table

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }}
th, td {{ border-bottom: 1px solid #ccc; padding: .25rem .75rem; vertical-align: top; }}
caption {{ text-align: left; font-weight: bold; }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""
_COLUMNS = ["name", "field", "old", "new", "difference"]
_MISSING = {"old": "none", "new": "none", "difference": ""}


def _tables(difference):
    """Caption and rows of each part that differs."""
    parts = {"cells": difference.cells, "other files": difference.files, **difference.results}
    for kind, changes in parts.items():
        if changes:
            named = kind in ("cells", "other files")
            columns = ["where", *_COLUMNS[:-1]] if named else _COLUMNS
            caption = f"{kind}: {len(changes)} differ{'s' * (len(changes) == 1)}"
            yield table(
                [_shown_row(change) for change in changes], columns, caption=caption, missing=_MISSING
            )


def _shown_row(change):
    whole = "new" if change.old is None else "gone" if change.new is None else "changed"
    return {
        "where": change.where,
        "name": shown(change.name, 300),
        "field": shown(change.field, 60) or whole,
        "old": _shown(change.old),
        "new": _shown(change.new),
        "difference": "" if math.isnan(change.difference) else f"{change.difference:+.4g}",
    }


def _shown(value):
    """A value as text: numbers to six digits, blanks by name."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if value is None else shown(value, 300) or "blank"


def as_text(difference, old, new) -> str:
    """
    Differences for a terminal.

    Examples
    --------
    >>> from evidence.diff.compare import Change, Difference
    >>> print(as_text(Difference((), ()), "HEAD", "data"))
    HEAD and data: no difference
    """
    if not difference:
        return f"{old} and {new}: no difference"
    parts = [f"From {old} to {new}", *(part.text() for part in _tables(difference))]
    return "\n\n".join([*parts, *filter(None, [_closing(difference)])])


def _closing(difference):
    """What the reader should know about results that are not listed."""
    if difference.problem:
        return difference.problem
    still = [kind for kind, changes in difference.results.items() if not changes]
    return f"unchanged: {', '.join(still)}" if still else ""


def as_html(difference, old, new) -> str:
    """Differences as one page without scripts or outside files."""
    title = html.escape(shown(f"Changes from {old} to {new}", 300))
    body = [part.html() for part in _tables(difference)] or ["<p>No difference.</p>"]
    closing = _closing(difference)
    body += [f"<p>{html.escape(closing)}</p>"] if closing else []
    return _PAGE.format(title=title, body="\n".join(body))


def as_json(difference, old, new) -> dict:
    """Differences as plain values; see the description of this module."""
    return {
        "old": str(old),
        "new": str(new),
        "equal": not difference,
        "problem": difference.problem,
        "cells": [_entry(change) for change in difference.cells],
        "files": [_entry(change) for change in difference.files],
        "results": {kind: [_entry(c) for c in changes] for kind, changes in difference.results.items()},
    }


def _entry(change):
    return {
        "where": change.where,
        "name": change.name,
        "field": change.field,
        "old": _json(change.old),
        "new": _json(change.new),
        "difference": _json(change.difference),
    }


def _json(value):
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value
