"""
What every figure shares: style, colours, alternative text, measured text and byte-stable files.

Figures are built without pyplot: a `Figure` of this module belongs to its caller alone, and nothing has to be
closed. All figures are 7.2 inches wide, the text width of a page.
"""

from __future__ import annotations

import csv
import html
import inspect
import io
import re
from collections.abc import Mapping
from dataclasses import is_dataclass
from functools import cache, wraps
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..atomic import replace_file
from ..prose.tables import column_names, is_missing, records

WIDTH = 7.2  # inches
EFFECT = "g, negative favours ketamine"  # axis label of every effect
DPI = 144  # sharp on a screen and in a page printed from a notebook
# Okabe and Ito (2008), Color Universal Design: eight colours told apart in every kind of colour vision.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, PALE = "#5A5A5A", "#D9D9D9"  # text on white (contrast above 6), and rules and shading

STYLE = {
    "font.family": "DejaVu Sans", "font.size": 8.0, "axes.titlesize": 8.0, "axes.labelsize": 8.0,
    "xtick.labelsize": 7.5, "ytick.labelsize": 7.5, "legend.fontsize": 7.5, "axes.linewidth": 0.6,
    "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False, "lines.linewidth": 1.2,
    "figure.dpi": DPI, "savefig.dpi": "figure", "figure.facecolor": "white", "axes.facecolor": "white",
    "figure.constrained_layout.use": False, "figure.autolayout": False, "axes.grid": False,
    "text.usetex": False, "axes.unicode_minus": False, "text.color": "black", "axes.labelcolor": "black",
    "axes.edgecolor": GREY, "xtick.color": "black", "ytick.color": "black", "hatch.linewidth": 0.6,
}  # fmt: skip
_FILE_STYLE = {"svg.hashsalt": "evidence", "svg.fonttype": "none", "savefig.bbox": None}
_METADATA = {
    ".svg": {"Date": None, "Creator": None},
    ".png": {"Software": None},
    ".pdf": {"CreationDate": None, "Producer": None, "Creator": None},
}


def styled(draw):
    """
    Decorate a drawing function: its figures look the same whatever the caller's settings are.

    The tables and number sequences that the function was given stay with the figure as ``fig.data``, so that
    `save_data` can write them.
    """

    @wraps(draw)
    def drawn(*args, **kwargs):
        with mpl.rc_context(STYLE):
            fig = draw(*args, **kwargs)
        fig.data = _data(inspect.signature(draw).bind(*args, **kwargs).arguments)
        return fig

    return drawn


def _data(arguments) -> list[dict]:
    """Tables among the arguments of a drawing function as rows, else its sequences side by side."""
    rows, series = [], {}
    for name, value in arguments.items():
        if isinstance(value, (str, Mapping)) or not (hasattr(value, "__len__") and len(value)):
            continue
        first = value.iloc[0] if hasattr(value, "iloc") else value[0]
        if hasattr(value, "columns") or isinstance(first, Mapping) or is_dataclass(first):
            rows += [{"part": name, **row} for row in records(value)]
        else:
            series[name] = list(value)
    return rows or [dict(zip(series, row, strict=True)) for row in zip(*series.values(), strict=False)]


def with_alt(fig, text):
    """
    Attach alternative text to a figure, as ``fig.alt_text`` and as its label.

    Parameters
    ----------
    fig : Figure
    text : str
        States the result in a sentence or more, not only the kind of figure.

    Returns
    -------
    Figure
        The same figure.

    Raises
    ------
    ValueError
        If the text is blank.

    Examples
    --------
    >>> with_alt(Figure(), "Ketamine lowered scores in three of four trials.").alt_text
    'Ketamine lowered scores in three of four trials.'
    """
    if not str(text).strip():
        raise ValueError("text: found ''; allowed: words that state the result. Fix: describe the figure")
    fig.alt_text = " ".join(str(text).split())
    fig.set_label(fig.alt_text)
    return fig


def save(fig, path):
    """
    Write a figure as SVG, PNG or PDF: same figure, same bytes; never half a file.

    Parameters
    ----------
    fig : Figure
        With `alt_text`; an SVG file carries it as its title.
    path : str or Path
        Ends in ``.svg``, ``.png`` or ``.pdf``; the folder exists.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        If the file type is another, or the figure has no alternative text.
    """
    path = Path(path)
    if path.suffix not in _METADATA:
        raise ValueError(f"path: found {str(path)!r}; allowed: {', '.join(_METADATA)}. Fix: rename it")
    if not getattr(fig, "alt_text", ""):
        raise ValueError("fig: found no alt_text; allowed: a figure with one. Fix: call with_alt(fig, text)")
    buffer = io.BytesIO()
    with mpl.rc_context(_FILE_STYLE):
        fig.savefig(buffer, format=path.suffix[1:], metadata=_METADATA[path.suffix])
    data = buffer.getvalue()
    replace_file(path, _titled(data, fig.alt_text) if path.suffix == ".svg" else data)
    return path


def save_data(fig, path):
    """
    Write the data behind a figure as CSV: one line a row, blank where there is no value.

    Parameters
    ----------
    fig : Figure
        Made by a function of this package, so that it carries ``data``.
    path : str or Path
        The folder exists.

    Returns
    -------
    Path
    """
    names = column_names((), fig.data)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_plain(row.get(name)) for name in names] for row in fig.data)
    return replace_file(path, buffer.getvalue())


def _plain(value):
    if isinstance(value, (list, tuple, set)):
        return "; ".join(map(str, value))
    return "" if _blank(value) else value


def _titled(svg: bytes, alt: str) -> bytes:
    """SVG with the role and title that screen readers announce, and spare fonts of the same width."""
    title = f' role="img">\n <title>{html.escape(alt, quote=False)}</title>'
    text = svg.decode("utf-8").replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif")
    return re.sub(r"(<svg\b[^>]*)>", lambda m: m[1] + title, text, count=1).encode("utf-8")


def rows_of(data, name, required=(), optional=(), allow_empty=False) -> list[dict]:
    """
    Records for a figure with every column present and blanks as None.

    Parameters
    ----------
    data : DataFrame or sequence of mappings or dataclasses
    name : str
        Argument name, for the message.
    required, optional : sequence of str
        Columns that must exist, and columns that are filled with None where they do not.
    allow_empty : bool

    Raises
    ------
    ValueError
        If a required column or every row is missing.

    Examples
    --------
    >>> rows_of([{"label": "A", "yi": float("nan")}], "rows", ["label"], ["yi", "se"])
    [{'yi': None, 'se': None, 'label': 'A'}]
    """
    rows = records(data)
    if not rows and not allow_empty:
        raise ValueError(f"{name}: found no rows; allowed: one or more. Fix: pass what is to be shown")
    known = column_names(data, rows)
    if rows and (lost := [c for c in required if c not in known]):
        found, allowed = ", ".join(map(str, known)), ", ".join(lost)
        raise ValueError(f"{name}: found columns {found}; allowed: with {allowed}. Fix: add the column")
    return [dict.fromkeys(optional) | {k: None if _blank(v) else v for k, v in row.items()} for row in rows]


def _blank(value) -> bool:
    return not isinstance(value, (list, tuple, dict)) and not getattr(value, "ndim", 0) and is_missing(value)


def text_width(text, size=8.0, weight="normal") -> float:
    """Width of a line of text in inches, from the advances of DejaVu Sans."""
    return sum(_advance(letter, weight) for letter in text) * size / 72


@cache
def _advance(letter, weight) -> float:
    """Advance of a letter in units of the font size: what it adds between two others."""
    font = FontProperties(family="DejaVu Sans", weight=weight)
    with_letter, without = (TextPath((0, 0), literal(t), size=100, prop=font).get_extents().width
                            for t in (f"n{letter}n", "nn"))  # fmt: skip
    return (with_letter - without) / 100


def wrap(text, inches, size=8.0, weight="normal") -> list[str]:
    """
    Break text into lines that fit a width; a word wider than that is cut.

    Examples
    --------
    >>> wrap("midazolam 0.045 mg/kg intravenously", 1.0)
    ['midazolam 0.045', 'mg/kg', 'intravenously']
    """
    lines = [""]
    for word in re.split(r"[ \t\r\n]+", str(text).strip()):  # a no-break space stays inside its word
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size, weight) <= inches:
            lines[-1] = longer
            continue
        *pieces, word = _pieces(word, inches, size, weight)
        lines += [*pieces, word] if lines[-1] else []
        lines = [*lines[:-1], *pieces, word] if lines == [""] else lines
    return lines


def _pieces(word, inches, size, weight) -> list[str]:
    """A word cut to pieces no wider than `inches`."""
    pieces = [""]
    for letter in word:
        fits = text_width(pieces[-1] + letter, size, weight) <= inches
        pieces[-1:] = [pieces[-1] + letter] if fits or not pieces[-1] else [pieces[-1], letter]
    return pieces


def literal(text) -> str:
    """Text that Matplotlib draws as it stands; a pair of dollar signs would start a formula."""
    return str(text).replace("$", r"\$")


def figure(height, title, left=0.1):
    """
    Make a figure of page width with a wrapped title at its top left.

    Parameters
    ----------
    height : float
        Inches below the title.
    title : str
        May be empty.
    left : float
        Inches from the left edge to the title.

    Returns
    -------
    Figure
        `height` inches plus the title's.
    """
    lines = wrap(title, WIDTH - 2 * left, 9.5, "bold") if title else []
    extra = 0.17 * len(lines) + (0.14 if lines else 0.05)
    fig = Figure(figsize=(WIDTH, height + extra))
    if lines:
        fig.text(left / WIDTH, 1 - 0.07 / (height + extra), literal("\n".join(lines)), va="top", ha="left",
                 size=9.5, weight="bold", linespacing=1.25)  # fmt: skip
    return fig


def plain_ticks(axis, integer=False) -> None:
    """Place and write ticks the same way whatever the caller's settings are; minus is the plain hyphen."""
    axis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10], integer=integer))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{round(value, 10) + 0.0:g}"))


def axes(fig, left, bottom, right, top):
    """Add axes between four edges, in inches from the bottom left corner of a figure."""
    width, height = fig.get_size_inches()
    return fig.add_axes((left / width, bottom / height, (right - left) / width, (top - bottom) / height))


def key_height(keys) -> float:
    """Inches that `draw_keys` needs."""
    return 0.16 * -(-len(keys) // 3) + 0.04


def draw_keys(fig, keys) -> None:
    """Put the keys of a figure at its lower left, three in a row."""
    fig.legend(handles=keys, loc="lower left", bbox_to_anchor=(0.05 / WIDTH, 0), ncols=3, borderaxespad=0.3,
               columnspacing=1.4, handlelength=2.4)  # fmt: skip


def finite(name, values, shape=None):
    """
    Check that values are numbers without blanks, of a given shape, and return them as an array.

    Raises
    ------
    ValueError
        The message names the argument.
    """
    array = np.asarray(values, dtype=float)
    if array.ndim != 1 or not array.size or not np.isfinite(array).all() or (shape and array.shape != shape):
        length = f"{shape[0]} numbers" if shape else "one or more numbers"
        raise ValueError(
            f"{name}: found {values!r}; allowed: {length}, none of them blank. Fix: correct {name}"
        )
    return array


def named(title) -> str:
    """Title inside a sentence of alternative text, after a colon."""
    return f": {title.rstrip('.')}" if title else ""
