"""What a forest plot draws on its axis: marks, intervals, guides, legend. Words and places: `forestplot`."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon, Rectangle
from matplotlib.transforms import blended_transform_factory

from ..measures.reading import Z95
from .drawing import BLUE, GREY, SKY, plain_ticks

LINE, PAD = 0.15, 0.075  # inches: height of a line of text, space between two rows
BAND, EDGE = "#FBE3B3", "#A66F00"  # light and dark orange; the brackets carry the meaning in greyscale
CAP = 2.5  # |g| beyond which an interval is cut by an arrow, so that one wide interval does not hide the rest
# Places of the columns, in inches from the left edge of the page.
FIRST, N_RIGHT, REPORTED, PLOT, PLOT_END, RIGHT = 0.1, 1.83, 1.93, 3.1, 5.58, 7.12


def exact_ends(row):
    """95% interval of an exact row: as given, or 1.96 SE on each side."""
    if row["ci_low"] is not None:
        return row["ci_low"], row["ci_high"]
    return row["yi"] - Z95 * row["se"], row["yi"] + Z95 * row["se"]


def partial_ends(row):
    """What a report allows; a missing end is no bound."""
    low, high = row["lower"], row["upper"]
    return -math.inf if low is None else low, math.inf if high is None else high


def axis_limits(lines):
    """Ends of the axis: every interval in sight up to the cap, and some of each side of zero."""
    points, ends = [-0.5, 0.5], []
    for line in lines:
        row = line.record
        if line.kind == "exact":
            points.append(row["yi"])
            ends += exact_ends(row)
        elif line.kind == "partial":
            points += [v for v in (*partial_ends(row), row["study_estimate"]) if v is not None]
            ends += [v for v in (row["study_ci_low"], row["study_ci_high"]) if v is not None]
        elif line.kind in ("pool", "published"):
            points.append(row["estimate"])
            ends += [row["ci_low"], row["ci_high"]]
    points = [v for v in points if v is not None and math.isfinite(v)]
    ends = [min(max(v, -CAP), CAP) for v in ends if v is not None and not math.isnan(v)]
    low, high = min(points + ends), max(points + ends)
    return low - 0.06 * (high - low), high + 0.06 * (high - low)


def frame(fig, ax, lines, body):
    """Axis, zero line, headline guide, column headings and rules."""
    ax.spines["left"].set_visible(False)
    ax.set_yticks([])
    plain_ticks(ax.xaxis)
    ax.axvline(0, color=GREY, lw=0.9, zorder=1)
    for line in lines:
        if line.record.get("kind") == "partial" and line.record["estimate"] is not None:
            ax.axvline(line.record["estimate"], color=BLUE, lw=0.8, ls=(0, (2, 2)), zorder=1)
    side = blended_transform_factory(fig.dpi_scale_trans, ax.transData)
    heads = [(FIRST, "Trial", "left"), (N_RIGHT, "n", "right"), (REPORTED, "What was reported", "left"),
             (RIGHT, "g (95% interval)", "right")]  # fmt: skip
    for x, words, ha in heads:
        ax.text(x, body + 0.1, words, transform=side, ha=ha, va="center", size=7.5, weight="bold")
    for y in (body, *(line.y + LINE / 2 + PAD / 2 for line in lines if line.record.get("of") == "pool")):
        ax.plot([FIRST, RIGHT], [y, y], transform=side, color=GREY, lw=0.6, clip_on=False)


def _span(ax, low, high, y, color, lw=1.2, caps=0.0):
    """Horizontal interval; an end beyond the axis becomes an arrow, any other a cap of `caps` inches."""
    left, right = ax.get_xlim()
    ax.plot([max(low, left), min(high, right)], [y, y], color=color, lw=lw, solid_capstyle="butt", zorder=3)
    _arrows(ax, low, high, y, color)
    for end in (low, high):
        if caps and left <= end <= right:
            ax.plot([end, end], [y - caps, y + caps], color=color, lw=lw, zorder=3)


def _arrows(ax, low, high, y, color):
    """Arrow heads where an interval leaves the axis."""
    left, right = ax.get_xlim()
    for edge, out, marker in ((left, low < left, "<"), (right, high > right, ">")):
        if out:
            ax.plot([edge], [y], marker=marker, ms=5, color=color, mew=0, clip_on=False, zorder=5)


def _draw_exact(ax, line):
    row = line.record
    _span(ax, *exact_ends(row), line.y, BLUE)
    ax.scatter([row["yi"]], [line.y], s=[line.area], marker="s", color=BLUE, zorder=4, lw=0)


def _draw_partial(ax, line):
    row, half = line.record, 0.045
    (left, right), (low, high) = ax.get_xlim(), partial_ends(row)
    start, stop = max(low, left), min(high, right)
    ax.add_patch(Rectangle((start, line.y - half), stop - start, 2 * half, color=BAND, lw=0, zorder=2))
    tick = 0.018 * (right - left)
    for end, inward, shown in ((low, tick, low >= left), (high, -tick, high <= right)):
        if shown:  # a bracket that opens towards the inside
            ax.plot([end + inward, end, end, end + inward], line.y + np.array([half, half, -half, -half]),
                    color=EDGE, lw=1.2, zorder=3)  # fmt: skip
    _arrows(ax, low, high, line.y, EDGE)
    if row["study_estimate"] is not None:
        y = line.y - LINE
        _span(ax, row["study_ci_low"], row["study_ci_high"], y, EDGE, lw=1.0)
        ax.plot([row["study_estimate"]], [y], marker="D", ms=4.5, mfc="white", mec=EDGE, mew=1.1, zorder=4)


def _draw_pool(ax, line):
    pool = line.record
    if pool["estimate"] is None:
        return
    if pool["ci_low"] is None or pool["ci_high"] is None:
        ax.plot([pool["estimate"]], [line.y], marker="D", ms=5, mfc="white", mec=GREY, mew=1.1, zorder=4)
        return
    low, mid, high, half = pool["ci_low"], pool["estimate"], pool["ci_high"], 0.055
    fill = {"partial": BLUE, "published": "white"}.get(pool["kind"], SKY)
    edge = GREY if pool["kind"] == "published" else BLUE
    corners = [(low, line.y), (mid, line.y + half), (high, line.y), (mid, line.y - half)]
    ax.add_patch(Polygon(corners, closed=True, facecolor=fill, edgecolor=edge, lw=1.0, zorder=4))
    _arrows(ax, low, high, line.y, edge)
    if pool["pi_low"] is not None and pool["pi_high"] is not None:
        _span(ax, pool["pi_low"], pool["pi_high"], line.y - LINE, edge, lw=1.0, caps=0.03)


def _draw_nothing(ax, line):
    """Headings and silent trials have words only."""


DRAW = {"exact": _draw_exact, "partial": _draw_partial, "silent": _draw_nothing, "head": _draw_nothing,
         "pool": _draw_pool, "published": _draw_pool}  # fmt: skip


def directions(ax, active, comparator):
    """Name the two sides of zero under the axis."""
    below = blended_transform_factory(ax.transData, ax.figure.dpi_scale_trans)
    y = ax.get_position().y0 * ax.figure.get_figheight() - 0.34
    gap = 0.02 * (ax.get_xlim()[1] - ax.get_xlim()[0])
    ax.text(-gap, y, f"\u2190 favours {active}", transform=below, ha="right", va="center", size=7.5)
    ax.text(gap, y, f"favours {comparator} \u2192", transform=below, ha="left", va="center", size=7.5)


def legend_keys(lines):
    """Keys that explain the marks that occur."""
    bare = {"linestyle": "none"}
    keys = {
        "exact": Line2D([], [], color=BLUE, marker="s", ms=5, label="number reported, 95% interval"),
        "partial": Patch(facecolor=BAND, edgecolor=EDGE, lw=1, label="effects that the report allows"),
        "posterior": Line2D(
            [], [], color=EDGE, marker="D", ms=4.5, mfc="white", lw=1, label="model's estimate of it"
        ),
        "pool": Line2D([], [], marker="D", ms=6, color=BLUE, **bare, label="pooled, all reports"),
        "complete": Line2D([], [], marker="D", ms=6, mfc=SKY, mec=BLUE, **bare, label="pooled, numbers only"),
        "published": Line2D([], [], marker="D", ms=6, mfc="white", mec=GREY, **bare, label="published pool"),
        "new": Line2D([], [], marker="|", ms=6, color=BLUE, lw=1, label="prediction for a new trial"),
    }
    return [key for name, key in keys.items() if name in _present(lines)]


def _present(lines):
    """Names of the marks that occur."""
    names = {line.kind for line in lines if line.kind in ("exact", "partial", "published")}
    for line in lines:
        if line.kind == "partial" and line.record["study_estimate"] is not None:
            names.add("posterior")
        if line.kind == "pool" and line.record["estimate"] is not None:
            names.add("pool" if line.record["kind"] == "partial" else "complete")
        if line.kind in ("pool", "published") and line.record["pi_low"] is not None:
            names.add("new")
    return names
