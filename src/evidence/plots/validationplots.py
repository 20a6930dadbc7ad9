"""Agreement with another program cell by cell, and coverage of interval methods by number of trials."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter

from ..prose.numerals import percent
from .drawing import (
    BLUE,
    GREY,
    ORANGE,
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
)

FLOOR = 1e-17  # where an exact match is drawn on the logarithmic scale
ROW = 0.2  # inches a statistic
COLOURS = (VERMILLION, BLUE, ORANGE, PURPLE)
MARKERS = ("s", "o", "^", "D")


@styled
def agreement_plot(cells, lines, title="", xlabel="difference from the other program, relative", alt=None):
    """
    Draw the difference of every compared number on a logarithmic scale, a row for each statistic.

    Parameters
    ----------
    cells : DataFrame or sequence of records
        One number a row: `statistic`, `gap` (0 or more; exact matches are drawn at the left edge).
    lines : mapping of str to float
        Named values marked across all rows.
    title, xlabel : str
    alt : str, optional
        Alternative text instead of the one made from the cells.

    Returns
    -------
    Figure
        7.2 inches wide, with `alt_text`.

    Raises
    ------
    ValueError
        If there is no row, a column is missing, or a gap is missing, infinite or below 0.
    """
    rows = rows_of(cells, "cells", ["statistic", "gap"])
    gaps: dict[str, list] = {}
    for row in rows:
        gaps.setdefault(row["statistic"], []).append(math.nan if row["gap"] is None else row["gap"])
    values = np.concatenate([np.asarray(v, float) for v in gaps.values()])
    if not np.isfinite(values).all() or (values < 0).any():
        raise ValueError("cells: found a gap that is no number >= 0. Fix: name the cells that are undefined")
    keys = [
        Line2D([], [], color=color, lw=1.2, ls="--", label=name)
        for name, color in zip(lines, (ORANGE, VERMILLION, PURPLE), strict=False)
    ]
    body, foot = ROW * len(gaps) + 0.1, key_height(keys) + 0.5
    fig = figure(foot + body + 0.25, title)
    ax = axes(fig, 1.35, foot, WIDTH - 0.95, foot + body)
    ax.set(
        xscale="log", xlim=(FLOOR / 3, 10 * max(*lines.values(), values.max())), ylim=(len(gaps) - 0.4, -0.6)
    )
    for i, found in enumerate(gaps.values()):
        _draw_strip(ax, i, np.asarray(found, float))
        ax.text(1.01, i, _best(found), transform=ax.get_yaxis_transform(), va="center", size=7)
    ax.text(1.01, -0.75, "all / largest", transform=ax.get_yaxis_transform(), size=7, color=GREY)
    for key, at in zip(keys, lines.values(), strict=True):
        ax.axvline(at, color=key.get_color(), ls="--", lw=1.2, zorder=3)
    ax.set_yticks(range(len(gaps)), [literal(name) for name in gaps])
    ax.xaxis.set_major_locator(FixedLocator([FLOOR, *10.0 ** np.arange(-15, 0, 3)]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: "0" if x < 2 * FLOOR else f"{x:.0e}"))
    ax.xaxis.set_minor_locator(FixedLocator([]))
    ax.set_xlabel(xlabel)
    draw_keys(fig, keys)
    said = "; ".join(
        f"{name}: {len(found):,} numbers, largest {max(found):.0e}" for name, found in gaps.items()
    )
    return with_alt(fig, alt or f"Difference of every number{named(title)}. {said}.")


def _best(found) -> str:
    return f"{len(found):,} / {max(found):.0e}"


def _draw_strip(ax, y, found):
    """Points of one statistic, spread over its row by a fixed sequence that fills it evenly."""
    spread = (np.arange(len(found)) * 0.6180339887) % 1.0 - 0.5
    ax.plot(np.maximum(found, FLOOR), y + 0.6 * spread, ls="none", marker=".", ms=1.6, mew=0, color=BLUE,
            alpha=0.5, zorder=2)  # fmt: skip


@styled
def coverage_plot(rows, title="", level=0.95, alt=None):
    """
    Draw the coverage of interval methods against the number of trials, a panel for each heterogeneity.

    Parameters
    ----------
    rows : DataFrame or sequence of records
        `panel` (words over it), `method` (at most four), `k`, `coverage`, `mcse`.
    title : str
    level : float
        Coverage that is aimed at.
    alt : str, optional
        Alternative text instead of the one made from the rows.

    Returns
    -------
    Figure
        7.2 inches wide, with `alt_text`; bars are 1.96 Monte Carlo standard errors.

    Raises
    ------
    ValueError
        If there is no row, a column is missing, or there are more than four methods.
    """
    rows = rows_of(rows, "rows", ["panel", "method", "k", "coverage", "mcse"])
    panels, methods = (list(dict.fromkeys(row[name] for row in rows)) for name in ("panel", "method"))
    if len(methods) > len(COLOURS):
        raise ValueError(f"rows: found {len(methods)} methods; allowed: {len(COLOURS)}. Fix: show fewer")
    looks = dict(zip(methods, zip(COLOURS, MARKERS, strict=True), strict=False))
    keys = [Line2D([], [], color=c, marker=m, ms=4, label=name) for name, (c, m) in looks.items()]
    foot = key_height(keys) + 0.45
    fig = figure(foot + 2.3, title)
    wide = (WIDTH - 0.65) / len(panels)
    lowest = min(row["coverage"] - 3 * row["mcse"] for row in rows)
    for i, panel in enumerate(panels):
        ax = axes(fig, 0.55 + i * wide, foot, 0.45 + (i + 1) * wide, foot + 2.05)
        _draw_panel(ax, [row for row in rows if row["panel"] == panel], looks, level)
        ax.set(ylim=(min(lowest, level) - 0.01, 1.005), title=literal(panel), xlabel="trials")
        plain_ticks(ax.yaxis)
        if i:
            ax.set_yticklabels([])
        else:
            ax.set_ylabel("coverage")
    draw_keys(fig, keys)
    said = "; ".join(
        f"{row['panel']}, {row['method']}, {row['k']} trials: {percent(row['coverage'], 1)}" for row in rows
    )
    return with_alt(fig, alt or f"Coverage of {percent(level)} intervals{named(title)}. {said}.")


def _draw_panel(ax, rows, looks, level):
    counts = sorted({row["k"] for row in rows})
    ax.axhline(level, color=GREY, lw=0.9, zorder=1)
    for j, (method, (color, marker)) in enumerate(looks.items()):
        mine = [row for row in rows if row["method"] == method]
        x = [counts.index(row["k"]) + 0.08 * (j - 1.5) for row in mine]
        ax.errorbar(x, [row["coverage"] for row in mine], [1.96 * row["mcse"] for row in mine], color=color,
                    marker=marker, ms=4, lw=1.0, elinewidth=1.0, zorder=2)  # fmt: skip
    ax.set_xticks(range(len(counts)), [str(k) for k in counts])
