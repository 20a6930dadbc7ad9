"""Estimates with intervals in blocks, of kinds that must not be mistaken for one another."""

from __future__ import annotations

import math

from matplotlib.lines import Line2D
from matplotlib.transforms import blended_transform_factory

from ..prose.numerals import with_interval
from .drawing import (
    BLUE,
    GREY,
    PALE,
    PURPLE,
    VERMILLION,
    WIDTH,
    axes,
    draw_keys,
    figure,
    key_height,
    literal,
    named,
    plain_ticks,
    rows_of,
    styled,
    with_alt,
    wrap,
)

LINE, PAD = 0.14, 0.09  # inches: height of a line of text, space between two rows
LABEL, PLOT, PLOT_END, RIGHT = 0.1, 2.65, 5.3, WIDTH - 0.08  # places of the columns, inches
# Colour, marker and filling differ together, so that the kinds stay apart in greyscale, too.
LOOKS = ((VERMILLION, "s", True), (BLUE, "o", False), (PURPLE, "D", True), (GREY, "^", False))


@styled
def interval_chart(rows, kinds, title="", xlabel="", sides=("", ""), digits=2, alt=None):
    """
    Draw one estimate with its interval a row, or the words that stand in its place.

    Parameters
    ----------
    rows : DataFrame or sequence of records
        `label`, `estimate`, `low`, `high`, `kind`; optional `block` (heading above the first row that has
        it), `detail` (smaller, under the label) and `words` (shown where the estimate is missing). Order is
        kept.
    kinds : mapping of str to str
        Kinds in the order of their looks, at most four, and their words in the key.
    title, xlabel : str
    sides : tuple of str
        Words under the axis to the left and to the right of zero.
    digits : int
        Decimals of the numbers beside the rows.
    alt : str, optional
        Alternative text instead of the one made from the rows.

    Returns
    -------
    Figure
        7.2 inches wide, with `alt_text`.

    Raises
    ------
    ValueError
        If there is no row, a column is missing, or a kind is not among `kinds`.
    """
    rows = rows_of(rows, "rows", ["label", "estimate", "low", "high", "kind"], ["block", "detail", "words"])
    if unknown := {row["kind"] for row in rows} - set(kinds):
        found = ", ".join(sorted(map(str, unknown)))
        raise ValueError(f"rows: found kind {found}; allowed: {', '.join(kinds)}. Fix: name it in kinds")
    looks = dict(zip(kinds, LOOKS, strict=False))
    lines, body = _lay_out(rows)
    drawn = {row["kind"] for row in rows if row["estimate"] is not None}
    keys = [_key(looks[kind], words) for kind, words in kinds.items() if kind in drawn]
    foot = key_height(keys) + (0.62 if any(sides) else 0.47)
    fig = figure(body + foot + 0.05, title)
    ax = axes(fig, PLOT, foot, PLOT_END, foot + body)
    ax.set(ylim=(0, body), yticks=[], xlim=_limits(rows), xlabel=xlabel)
    ax.spines["left"].set_visible(False)
    ax.axvline(0, color=GREY, lw=0.9, zorder=1)
    plain_ticks(ax.xaxis)
    for row, y, labels in lines:
        _draw(ax, row, y, labels, looks, digits)
    _name_sides(ax, sides)
    draw_keys(fig, keys)
    return with_alt(fig, alt or _alt_text(title, rows, kinds, digits))


def _lay_out(rows):
    """Each row or heading with the place of its first line and its label lines; height of all in inches."""
    items: list[tuple] = []
    block = None
    for row in rows:
        if row["block"] and row["block"] != block:
            block = row["block"]
            items.append(
                (block, [(piece, 8, "black") for piece in wrap(block, WIDTH - 2 * LABEL, 8, "bold")])
            )
        labels = [(piece, 8, "black") for piece in wrap(row["label"], PLOT - LABEL - 0.15, 8)]
        labels += [(piece, 7, GREY) for piece in wrap(row["detail"] or "", PLOT - LABEL - 0.15, 7) if piece]
        items.append((row, labels))
    heights = [LINE * len(labels) + PAD for _, labels in items]
    body = sum(heights) + PAD
    lines, top = [], body - PAD / 2
    for (row, labels), height in zip(items, heights, strict=True):
        lines.append((row, top - LINE / 2 - PAD / 2, labels))
        top -= height
    return lines, body


def _limits(rows):
    ends = [0.0] + [row[c] for row in rows for c in ("estimate", "low", "high") if row[c] is not None]
    ends = [v for v in ends if math.isfinite(v)]
    low, high = min(ends), max(ends)
    margin = 0.05 * (high - low) or 1.0
    return low - margin, high + margin


def _draw(ax, row, y, labels, looks, digits):
    """One line of the chart: its words, its mark and its number; a heading has words only."""
    side = blended_transform_factory(ax.figure.dpi_scale_trans, ax.transData)
    if isinstance(row, str):
        for i, (piece, *_) in enumerate(labels):
            ax.text(LABEL, y - i * LINE, literal(piece), transform=side, va="center", weight="bold")
        return
    for i, (piece, size, color) in enumerate(labels):
        ax.text(LABEL, y - i * LINE, literal(piece), transform=side, va="center", size=size, color=color)
    ax.plot([LABEL, RIGHT], [y + LINE / 2 + PAD / 2] * 2, transform=side, color=PALE, lw=0.5, clip_on=False,
            zorder=0)  # fmt: skip
    if row["estimate"] is None:
        for i, piece in enumerate(wrap(row["words"] or "not estimable", RIGHT - PLOT, 7)):
            ax.text(PLOT, y - i * LINE, literal(piece), transform=side, va="center", size=7, color=GREY,
                    style="italic", bbox={"facecolor": "white", "lw": 0, "pad": 0.5}, zorder=3)  # fmt: skip
        return
    color, marker, filled = looks[row["kind"]]
    ax.plot([row["low"], row["high"]], [y, y], color=color, lw=1.3, solid_capstyle="butt", zorder=2)
    ax.plot([row["estimate"]], [y], marker=marker, ms=5.5, color=color, mfc=color if filled else "white",
            mew=1.2, zorder=3)  # fmt: skip
    text = with_interval(row["estimate"], row["low"], row["high"], digits)
    ax.text(RIGHT, y, text, transform=side, va="center", ha="right", size=7.5)


def _key(look, words):
    color, marker, filled = look
    inside = color if filled else "white"
    return Line2D([], [], color=color, marker=marker, ms=5.5, mfc=inside, mew=1.2, lw=1.3, label=words)


def _name_sides(ax, sides):
    """Name the two sides of zero under the axis label."""
    below = blended_transform_factory(ax.transData, ax.figure.dpi_scale_trans)
    y = ax.get_position().y0 * ax.figure.get_figheight() - 0.47
    gap = 0.02 * (ax.get_xlim()[1] - ax.get_xlim()[0])
    for words, x, ha, arrow in ((sides[0], -gap, "right", "\u2190 {}"), (sides[1], gap, "left", "{} \u2192")):
        if words:
            ax.text(x, y, arrow.format(words), transform=below, ha=ha, va="center", size=7.5)


def _alt_text(title, rows, kinds, digits) -> str:
    """The rows in words, kind by kind."""
    parts = [f"Estimates with intervals{named(title)}."]
    for kind, words in kinds.items():
        said = [
            f"{row['label']}{', ' + row['detail'] if row['detail'] else ''}: "
            + (
                row["words"] or "not estimable"
                if row["estimate"] is None
                else with_interval(row["estimate"], row["low"], row["high"], digits)
            )
            for row in rows
            if row["kind"] == kind
        ]
        parts += [f"{words[:1].upper()}{words[1:]}: {'; '.join(said)}."] if said else []
    return " ".join(parts)
