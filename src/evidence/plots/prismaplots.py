"""The PRISMA flow as a figure: boxes by stage, what left the flow beside it."""

from __future__ import annotations

from matplotlib.patches import Rectangle

from ..review.prisma import STAGES
from .drawing import GREY, PALE, WIDTH, axes, figure, literal, styled, with_alt, wrap

_LEFT, _MID, _RIGHT = 1.15, 4.1, 7.1  # inches: left edge of the flow, of what left it, and right edge
_LINE, _PAD, _GAP, _SIZE = 0.145, 0.07, 0.14, 7.5


@styled
def flow_figure(boxes, title="", alt=None):
    """
    Draw the flow of records, registered trials and reports.

    Parameters
    ----------
    boxes : sequence of Box
        As from `evidence.prisma.flow`.
    title : str
    alt : str, optional
        Alternative text instead of the one made from the boxes.

    Returns
    -------
    Figure
        7.2 inches wide, with `alt_text`.
    """
    columns = {stage: _columns(boxes, stage) for stage in STAGES}
    heights = {stage: max(map(_high, sides)) for stage, sides in columns.items()}
    total = sum(heights.values()) + _GAP * len(STAGES)
    fig = figure(total, title)
    ax = axes(fig, 0, 0, WIDTH, total)
    ax.set(xlim=(0, WIDTH), ylim=(0, total))
    ax.set_axis_off()
    top = total
    for i, (stage, sides) in enumerate(columns.items()):
        bottom = top - heights[stage]
        _band(ax, stage, bottom, heights[stage])
        for left, right, side in zip((_LEFT, _MID), (_MID - 0.25, _RIGHT), sides, strict=True):
            _stack(ax, side, left, right, top)
        if i + 1 < len(STAGES):
            middle = (_LEFT + _MID - 0.25) / 2
            arrow = {"arrowstyle": "->", "color": GREY, "lw": 1}
            ax.annotate("", (middle, bottom - _GAP), (middle, top - _high(sides[0]) + 0.02), arrowprops=arrow)
        top = bottom - _GAP
    return with_alt(fig, alt or _alt_text(boxes, title))


def _columns(boxes, stage):
    """Boxes of a stage in the flow, and those that left it, each with its wrapped lines."""
    sides: tuple[list, list] = ([], [])
    for box in (b for b in boxes if b.stage == stage):
        wide = (_RIGHT - _MID if box.aside else _MID - 0.25 - _LEFT) - 0.16
        lines = wrap(f"{box.words}: {box.shown}", wide, _SIZE, "bold")
        for name, n in box.parts:
            lines += wrap(f"{name}: {n}", wide, _SIZE)
        sides[box.aside].append((box, lines))
    return sides


def _high(side) -> float:
    return sum(len(lines) * _LINE + 2 * _PAD + 0.06 for _, lines in side)


def _band(ax, stage, bottom, high):
    ax.add_patch(Rectangle((0.1, bottom), 0.9, high, facecolor=PALE, edgecolor="none"))
    ax.text(0.55, bottom + high / 2, stage, ha="center", va="center", size=_SIZE, weight="bold")


def _stack(ax, side, left, right, top):
    for box, lines in side:
        high = len(lines) * _LINE + 2 * _PAD
        dash = "--" if box.shown == "not kept" else "-"
        ax.add_patch(
            Rectangle((left, top - high), right - left, high, facecolor="white", edgecolor=GREY, ls=dash)
        )
        bold = len(lines) - len(_plain(box, lines))
        for i, line in enumerate(lines):
            weight = "bold" if i < bold else "normal"
            y = top - _PAD - (i + 0.5) * _LINE
            ax.text(left + 0.08, y, literal(line), va="center", size=_SIZE, weight=weight)
        top -= high + 0.06


def _plain(box, lines):
    """Lines after the heading of a box."""
    for i in range(1, len(lines) + 1):
        if " ".join(lines[:i]) == f"{box.words}: {box.shown}":
            return lines[i:]
    return []


def _alt_text(boxes, title) -> str:
    parts = [f"{title.rstrip('.') or 'Flow'}."]
    for stage in STAGES:
        said = [_said(box) for box in boxes if box.stage == stage]
        parts.append(f"{stage}: {', '.join(said)}.")
    return " ".join(parts)


def _said(box) -> str:
    parts = "; ".join(f"{name} {n}" for name, n in box.parts)
    return f"{box.words}: {box.shown}" + (f" ({parts})" if parts else "")
