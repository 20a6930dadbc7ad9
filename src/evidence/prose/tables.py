"""
Tables for terminals, notebooks and Markdown: the same cells three times, stable byte for byte.

A missing value reads "not reported" unless the caller names another reason, such as "not estimable".
"""

from __future__ import annotations

import html
import math
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from itertools import zip_longest
from numbers import Integral, Real

from .numerals import interval, number, with_interval

MISSING = "not reported"
TEXT_WIDTH = 44  # characters; longer cells wrap in the text form, so that a row fits a terminal
# Columns of counts come as floats from a frame with blanks; their decimals would claim what nobody measured.
_COUNTS = re.compile(r"(n|k)\d?|n_.+|.+_n|year|events|q_df|line")
_ALIGN = {False: ' style="text-align:left"', True: ' style="text-align:right"'}


@dataclass(frozen=True)
class Table:
    """
    Formatted table; `repr` is plain text, Jupyter shows HTML.

    Attributes
    ----------
    header : tuple of str
        Column headings.
    rows : tuple of tuple of str
        Cells as shown.
    numeric : tuple of bool
        Whether each column is right-aligned.
    caption : str
    links : tuple of tuple of str
        Address behind each cell, "" where there is none; shape of `rows`.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    caption: str = ""
    links: tuple[tuple[str, ...], ...] = ()

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()

    def text(self) -> str:
        """Return the table as fixed-width text without trailing spaces or a final newline."""
        cells = [[textwrap.wrap(c, TEXT_WIDTH) or [""] for c in row] for row in (self.header, *self.rows)]
        widths = [max(len(line) for row in cells for line in row[j]) for j in range(len(self.header))]
        lines = [line for row in cells for line in self._text_row(row, widths)]
        rule = "  ".join("-" * w for w in widths)
        head = max(len(c) for c in cells[0])
        body = lines[head:] or ["(no rows)"]
        return "\n".join([*filter(None, [self.caption]), *lines[:head], rule, *body])

    def _text_row(self, row, widths):
        for line in zip_longest(*row, fillvalue=""):
            padded = [c.rjust(w) if right else c.ljust(w)
                      for c, w, right in zip(line, widths, self.numeric, strict=True)]  # fmt: skip
            yield "  ".join(padded).rstrip()

    def html(self) -> str:
        """Return the table as HTML: scoped headings, escaped text, no ids and no scripts."""
        caption = f"<caption>{html.escape(self.caption)}</caption>\n" if self.caption else ""
        head = "".join(f'<th scope="col"{_ALIGN[right]}>{html.escape(name)}</th>'
                       for name, right in zip(self.header, self.numeric, strict=True))  # fmt: skip
        body = "".join(f"<tr>{self._html_row(i)}</tr>\n" for i in range(len(self.rows)))
        none = f'<tr><td colspan="{len(self.header)}">no rows</td></tr>\n' if not self.rows else ""
        return (f'<table class="evidence-table">\n{caption}<thead>\n<tr>{head}</tr>\n</thead>\n'
                f"<tbody>\n{body}{none}</tbody>\n</table>")  # fmt: skip

    def _html_row(self, i) -> str:
        cells = []
        for j, (cell, right) in enumerate(zip(self.rows[i], self.numeric, strict=True)):
            inner, url = html.escape(cell), self.links[i][j] if self.links else ""
            inner = f'<a href="{html.escape(url)}">{inner}</a>' if url else inner
            tag = 'th scope="row"' if j == 0 else "td"
            cells.append(f"<{tag}{_ALIGN[right]}>{inner}</{tag[:2]}>")
        return "".join(cells)

    def markdown(self) -> str:
        """Return the table as GitHub Markdown, with the caption as a paragraph above it."""

        def escaped(text):
            return re.sub(r"([\\|<>*_`\[\]])", r"\\\1", text)

        def shown(i, j):
            text, url = escaped(self.rows[i][j]), self.links[i][j] if self.links else ""
            return f"[{text}](<{url}>)" if url else text

        lines = [list(map(escaped, self.header)), ["---:" if right else ":---" for right in self.numeric]]
        lines += [[shown(i, j) for j in range(len(self.header))] for i in range(len(self.rows))]
        caption = [escaped(self.caption), ""] if self.caption else []
        return "\n".join([*caption, *(f"| {' | '.join(line)} |" for line in lines)])


def table(data, columns=None, digits=2, caption="", missing=MISSING, links=None) -> Table:
    """
    Format records as a table.

    Parameters
    ----------
    data : DataFrame or sequence of mappings or dataclasses
        One record a row; order is kept.
    columns : sequence of str, or mapping, optional
        Columns to show, in order; a mapping gives the heading with its unit: ``{"dose_mg_per_kg": "dose,
        mg/kg"}``. The key may be a tuple: ``("ci_low", "ci_high")`` shows an interval, ``("estimate",
        "ci_low", "ci_high")`` an estimate with its interval. All columns when left out.
    digits : int or mapping of column to int
        Decimals of numbers that are not counts; 2 for columns a mapping leaves out. Whole numbers and columns
        named like counts (``n``, ``n1``, ``k``, ``year`` ...) get none.
    caption : str
        Title of the table; say what a row is.
    missing : str or mapping of column to str
        Words for a missing value; "not reported" for columns a mapping leaves out.
    links : mapping of str to str, optional
        Shown column to the column that holds its web address; blank addresses leave the cell plain.

    Returns
    -------
    Table

    Raises
    ------
    ValueError
        If a column is unknown, a cell is no single value, or a link is neither http(s) nor relative.

    Examples
    --------
    >>> rows = [{"label": "Feder 2021", "n1": 15.0, "g": -1.1}, {"label": "Dadabayev 2020", "g": None}]
    >>> table(rows, {"label": "Trial", "n1": "n", "g": "Hedges' g"}, missing={"n1": "unknown"})
    Trial                 n     Hedges' g
    --------------  -------  ------------
    Feder 2021           15         -1.10
    Dadabayev 2020  unknown  not reported
    """
    rows = records(data)
    known = column_names(data, rows)
    shown = columns if isinstance(columns, Mapping) else {c: c for c in (columns or known)}
    wanted = [name for key in (*shown, *(links or {}), *(links or {}).values())
              for name in (key if isinstance(key, tuple) else (key,))]  # fmt: skip
    if unknown := [name for name in wanted if name not in known]:
        allowed = ", ".join(map(str, known)) or "none, the data have no columns"
        found = ", ".join(map(repr, unknown))
        raise ValueError(f"columns: found {found}; allowed: {allowed}. Fix: correct the name")
    if not shown:
        raise ValueError("columns: found none; allowed: one or more. Fix: name them")
    cells = tuple(tuple(_cell(row, key, digits, missing) for key in shown) for row in rows)
    numeric = tuple(isinstance(key, tuple) or _is_numeric(rows, key) for key in shown)
    urls = tuple(tuple(_url(row, (links or {}).get(key)) for key in shown) for row in rows)
    header = tuple(_one_line(name) for name in shown.values())
    return Table(header, cells, numeric, _one_line(caption), urls if links else ())


def records(data) -> list[dict]:
    """
    Rows of a frame, mappings or dataclasses as plain dictionaries, in order.

    Raises
    ------
    ValueError
        If `data` is none of these.

    Examples
    --------
    >>> records([{"k": 3}])
    [{'k': 3}]
    """
    if hasattr(data, "to_dict"):
        return data.to_dict("records")
    if isinstance(data, (str, Mapping)) or not hasattr(data, "__iter__"):
        found = type(data).__name__
        raise ValueError(f"data: found {found}; allowed: a frame or a sequence of records. Fix: use a list")
    return [_record(i, row) for i, row in enumerate(data)]


def _record(i, row) -> dict:
    if is_dataclass(row) and not isinstance(row, type):
        return {f.name: getattr(row, f.name) for f in fields(row)}
    if isinstance(row, Mapping):
        return dict(row)
    found = type(row).__name__
    raise ValueError(f"data[{i}]: found {found}; allowed: a mapping or a dataclass. Fix: name the fields")


def column_names(data, rows) -> list[str]:
    """Names of all columns, in order of first appearance; those of an empty frame are kept."""
    return list(dict.fromkeys([*getattr(data, "columns", ()), *(name for row in rows for name in row)]))


def is_missing(value) -> bool:
    """
    Tell whether a cell is blank: None, NaN, or the missing values of pandas.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing(0), is_missing("")
    (True, False, True)
    """
    if isinstance(value, Real):
        return math.isnan(value)
    return (
        value is None
        or (isinstance(value, str) and not value)
        or type(value).__name__ in ("NAType", "NaTType")
    )


def _cell(row, key, digits, missing) -> str:
    """Text of one cell."""
    names = key if isinstance(key, tuple) else (key,)
    values = [row.get(name) for name in names]
    blank = missing.get(key, MISSING) if isinstance(missing, Mapping) else missing
    decimals = digits.get(key, 2) if isinstance(digits, Mapping) else digits
    if all(map(is_missing, values)):
        return blank
    if len(names) == 1:
        return _value(names[0], values[0], decimals, digits)
    values = [math.nan if is_missing(v) else v for v in values]
    return interval(*values, decimals) if len(names) == 2 else with_interval(*values, decimals)


def _value(name, value, decimals, digits) -> str:
    if isinstance(value, (bool, Integral)) or type(value).__name__ == "bool":
        return {"True": "yes", "False": "no"}.get(str(value), str(value))
    if isinstance(value, Real):
        counted = _COUNTS.fullmatch(name) and not (isinstance(digits, Mapping) and name in digits)
        return number(value, 0 if counted and float(value).is_integer() else decimals)
    if isinstance(value, (Mapping, list, tuple, set)) or getattr(value, "ndim", 0) > 0:
        raise ValueError(f"column {name!r}: found {value!r}; allowed: one value. Fix: join it into words")
    return _one_line(value)


def _one_line(text) -> str:
    return " ".join(str(text).split())


def _is_numeric(rows, name) -> bool:
    """Right-align a column in which every value that is present is a number."""
    values = [row.get(name) for row in rows]
    kinds = [isinstance(v, Real) and not isinstance(v, bool) for v in values if not is_missing(v)]
    return bool(kinds) and all(kinds)


def _url(row, name) -> str:
    found = row.get(name) if name else None
    if is_missing(found):
        return ""
    url = str(found)
    # Data files are edited by strangers: a "javascript:" address must not reach a page.
    if re.match(r"(?i)https?://", url) or not re.match(r"[^/?#]*:|//", url.strip()):
        return re.sub(r"[\s<>\"]", lambda m: f"%{ord(m[0]):02X}", url.strip())
    raise ValueError(f"links: found {url!r}; allowed: http(s) or a relative address. Fix: correct it")
