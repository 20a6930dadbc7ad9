"""How an answer moves: one assumption at a time (tornado), and all of them together (specification curve)."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.transforms import blended_transform_factory

from ..prose.numerals import count, interval, number, with_interval
from .drawing import (
    BLUE,
    EFFECT,
    GREY,
    ORANGE,
    PALE,
    VERMILLION,
    WIDTH,
    axes,
    draw_keys,
    figure,
    finite,
    key_height,
    literal,
    named,
    plain_ticks,
    rows_of,
    styled,
    text_width,
    with_alt,
    wrap,
)


@styled
def tornado(records, base, base_low=None, base_high=None, title="", xlabel=EFFECT, alt=None):
    """
    Draw how far each assumption, moved alone, moves the estimate; widest first.

    Parameters
    ----------
    records : DataFrame or sequence of records
        One setting a row: `knob`, `value` (the setting), `estimate` (NaN where nothing can be estimated).
        Optional `label`: the knob in words.
    base : float
        Estimate under the default settings.
    base_low, base_high : float, optional
        Its interval, shaded.
    title, xlabel : str
    alt : str, optional
        Alternative text instead of the one made from the numbers.

    Returns
    -------
    Figure
        7.2 inches wide, with `alt_text`; the settings are listed at the right.

    Raises
    ------
    ValueError
        If there is no row, a column is missing or `base` is no number.
    """
    rows = rows_of(records, "records", ["knob", "value", "estimate"], ["label"])
    base = float(finite("base", [base])[0])
    knobs: dict[str, list] = {}
    for row in rows:
        knobs.setdefault(row["label"] or str(row["knob"]).replace("_", " "), []).append(row)
    order = sorted(knobs, key=lambda knob: -_reach(knobs[knob], base))
    said = {knob: _settings(knobs[knob]) for knob in order}
    heights = [max(0.135 * max(len(said[k]), len(wrap(k, 1.75, 8))) + 0.12, 0.28) for k in order]
    body, foot = sum(heights), 0.5
    fig = figure(body + foot + 0.22, title)
    ax = axes(fig, 2.0, foot, 5.0, foot + body)
    ax.set(ylim=(0, body), yticks=[], xlabel=xlabel)
    ax.spines["left"].set_visible(False)
    if base_low is not None and base_high is not None:
        ax.axvspan(base_low, base_high, color="#EAF2F8", lw=0, zorder=0)
    ax.axvline(0, color=GREY, lw=0.9, zorder=1)
    ax.axvline(base, color=BLUE, lw=1.0, ls=(0, (2, 2)), zorder=1)
    ax.text(base, body + 0.07, f"default {number(base)}", ha="center", size=7.5, color=BLUE, weight="bold")
    top = body
    for knob, height in zip(order, heights, strict=True):
        _tornado_row(ax, knob, knobs[knob], said[knob], base, top, height)
        top -= height
    plain_ticks(ax.xaxis)
    words = "; ".join(f"{knob}: {' '.join(said[knob])}" for knob in order)
    ends = f" ({interval(base_low, base_high)})" if base_low is not None and base_high is not None else ""
    return with_alt(fig, alt or f"How each assumption moves the estimate{named(title)}. "
                    f"Default {number(base)}{ends}. Widest first: {words}.")  # fmt: skip


def _reach(rows, base):
    return max((abs(row["estimate"] - base) for row in rows if row["estimate"] is not None), default=math.inf)


def _settings(rows):
    """Settings and their estimates, from low to high, as lines of text."""
    ranked = sorted(rows, key=lambda row: math.inf if row["estimate"] is None else row["estimate"])
    pieces = [
        f"{row['value']} \u2192 {number(math.nan if row['estimate'] is None else row['estimate'])}"
        for row in ranked
    ]
    return wrap("; ".join(piece.replace(" ", "\u00a0") for piece in pieces), 2.0, 7)


def _tornado_row(ax, knob, rows, said, base, top, height):
    y = top - height / 2
    side = blended_transform_factory(ax.figure.dpi_scale_trans, ax.transData)
    rule = {"color": PALE, "lw": 0.6, "clip_on": False, "zorder": 0}
    ax.plot([0.1, WIDTH - 0.1], [top - height] * 2, transform=side, **rule)
    ax.text(0.1, y, literal("\n".join(wrap(knob, 1.75, 8))), transform=side, va="center")
    ax.text(5.12, y, literal("\n".join(said)), transform=side, va="center", size=7)
    found = [row["estimate"] for row in rows if row["estimate"] is not None]
    if found:
        ax.plot([min([*found, base]), max([*found, base])], [y, y], color=ORANGE, lw=6, solid_capstyle="butt",
                zorder=2)  # fmt: skip
        ax.plot(found, [y] * len(found), ls="none", marker="o", ms=4.5, color="black", zorder=3)


@styled
def specification_curve(specs, knobs, title="", base=None, ylabel="g", alt=None):
    """
    Draw every analysis that was run, sorted by its estimate, over a grid of the settings behind it.

    Parameters
    ----------
    specs : DataFrame or sequence of records
        One analysis a row: `estimate`, `ci_low`, `ci_high`, and one column for each knob.
    knobs : mapping of str to str, or sequence of str
        Columns of the grid, with their words.
    title : str
    base : str, optional
        Column that is True for the analysis under the default settings.
    ylabel : str
    alt : str, optional
        Alternative text instead of the one made from the numbers.

    Returns
    -------
    Figure
        7.2 inches wide, with `alt_text`.

    Raises
    ------
    ValueError
        If there is no row or a column is missing, or an estimate is blank.
    """
    knobs = dict(knobs) if hasattr(knobs, "items") else {knob: str(knob).replace("_", " ") for knob in knobs}
    needed = ["estimate", "ci_low", "ci_high", *knobs, *([base] if base else [])]
    rows = rows_of(specs, "specs", needed)
    estimates = finite(
        "estimate", [row["estimate"] if row["estimate"] is not None else math.nan for row in rows]
    )
    rows = [rows[i] for i in np.argsort(estimates, kind="stable")]
    chosen = [i for i, row in enumerate(rows) if base and row[base]]
    levels = [(knob, value) for knob in knobs for value in _levels(rows, knob)]
    grid = 0.15 * len(levels) + 0.06 * len(knobs)
    keys = _curve_keys(bool(chosen))
    foot = key_height(keys) + 0.3
    fig = figure(foot + grid + 2.15, title)
    top = axes(fig, 2.3, foot + grid + 0.1, WIDTH - 0.15, foot + grid + 2.1)
    _draw_curve(top, rows, chosen, ylabel)
    _draw_grid(axes(fig, 2.3, foot, WIDTH - 0.15, foot + grid), rows, knobs, levels, chosen)
    draw_keys(fig, keys)
    return with_alt(fig, alt or _curve_alt(title, rows, chosen))


def _levels(rows, knob):
    """Settings of a knob as text, numbers in their own order before words."""

    def rank(text):
        try:
            return (0, float(text), text)
        except ValueError:
            return (1, 0.0, text)

    return sorted({str(row[knob]) for row in rows}, key=rank)


def _curve_keys(has_base):
    keys = [Line2D([], [], marker="o", ms=3, color=BLUE, lw=1, label="estimate and 95% interval")]
    default = Line2D([], [], marker="D", ms=5, color=VERMILLION, lw=1, label="default settings")
    return [*keys, default] if has_base else keys


def _draw_curve(ax, rows, chosen, ylabel):
    for i, row in enumerate(rows):
        color = VERMILLION if i in chosen else "#9DBFD6"
        if row["ci_low"] is not None and row["ci_high"] is not None:
            ax.plot(
                [i, i], [row["ci_low"], row["ci_high"]], color=color, lw=1.6 if i in chosen else 0.7, zorder=2
            )
    ax.plot(
        range(len(rows)),
        [row["estimate"] for row in rows],
        ls="none",
        marker="o",
        ms=2.5,
        color=BLUE,
        zorder=3,
    )
    for i in chosen:
        ax.plot(
            [i], [rows[i]["estimate"]], marker="D", ms=6, color=VERMILLION, mec="black", mew=0.5, zorder=4
        )
    ax.axhline(0, color=GREY, lw=0.9, zorder=1)
    ax.set(xlim=(-1, len(rows)), ylabel=ylabel, xticks=[])
    ax.spines["bottom"].set_visible(False)
    plain_ticks(ax.yaxis)


def _draw_grid(ax, rows, knobs, levels, chosen):
    """One line a setting, a tick where an analysis used it."""
    ax.set(xlim=(-1, len(rows)), yticks=[])
    ax.spines["left"].set_visible(False)
    side = blended_transform_factory(ax.figure.dpi_scale_trans, ax.transData)
    y = 0.0
    for knob, words in knobs.items():
        values = [value for name, value in levels if name == knob]
        y += 0.06
        ax.plot([0.1, WIDTH - 0.15], [y + 0.055] * 2, transform=side, color=PALE, lw=0.6, clip_on=False)
        room = 2.22 - 0.2 - max(text_width(literal(value), 7) for value in values)
        for i, line in enumerate(wrap(words, room, 7.5, "bold")[: len(values)]):
            style = {"va": "center", "size": 7.5, "weight": "bold"}
            ax.text(0.1, y + 0.15 * (i + 1), literal(line), transform=side, **style)
        for value in values:
            y += 0.15
            ax.text(2.22, y, literal(value), transform=side, ha="right", va="center", size=7)
            _draw_setting(
                ax, [i for i, row in enumerate(rows) if str(row[knob]) == value], len(rows), chosen, y
            )
    ax.set_ylim(y + 0.075, 0)
    ax.set_xlabel(f"{count(len(rows), 'analysis', spell=False)}, sorted by estimate", labelpad=3)
    ax.set_xticks([])


def _draw_setting(ax, used, n, chosen, y):
    """A tick for each analysis that used a setting; a diamond where it is the default one."""
    ax.vlines(used, y - 0.05, y + 0.05, color=BLUE, lw=min(2.0, 300 / n))
    mine = [i for i in used if i in chosen]
    ax.plot(mine, [y] * len(mine), ls="none", marker="D", ms=4, color=VERMILLION, mec="black", mew=0.4)


def _curve_alt(title, rows, chosen):
    low, mid, high = rows[0]["estimate"], rows[len(rows) // 2]["estimate"], rows[-1]["estimate"]
    text = (f"Specification curve{named(title)}. {count(len(rows), 'analysis', spell=False)}: estimates from "
            f"{number(low)} to {number(high)}, the middle one {number(mid)}.")  # fmt: skip
    for i in chosen[:1]:
        ends = [math.nan if rows[i][c] is None else rows[i][c] for c in ("estimate", "ci_low", "ci_high")]
        text += f" Default settings: {with_interval(*ends)}."
    return text
