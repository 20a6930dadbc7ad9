"""
Every figure of the review, from one place: results in, a Matplotlib `Figure` with `alt_text` out.

No number is made here. `forest`, `schedule`, `course`, `traffic_light` and `rob_summary` live in modules of
their own; the plots of how an answer moves are below.
"""

from __future__ import annotations

import math

import numpy as np

from ..prose.numerals import interval, number, with_interval
from .drawing import (
    BLUE,
    EFFECT,
    GREY,
    ORANGE,
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
    save,
    styled,
    with_alt,
    wrap,
)
from .forestplot import forest, forest_rows
from .robplots import rob_summary, traffic_light
from .sensitivityplots import specification_curve, tornado
from .timeplots import course, schedule

__all__ = [
    "course", "forest", "forest_rows", "line_intervals", "posterior_density", "rob_summary", "save",
    "schedule", "specification_curve", "tornado", "traffic_light", "with_alt",
]  # fmt: skip


@styled
def line_intervals(x, est, low, high, title="", xlabel="", ylabel=EFFECT, zero=0.0, alt=None):
    """
    Draw an estimate with its interval over a number (line and band) or over names (points and bars).

    Parameters
    ----------
    x : sequence of float or str, shape (k,)
        A setting of a knob, a day, or the names of windows; order is kept.
    est, low, high : sequence of float, shape (k,)
        Estimates and interval ends; NaN over names leaves a gap marked "not estimable".
    title, xlabel, ylabel : str
    zero : float or None
        Place of the line of no difference; None for none.
    alt : str, optional
        Alternative text instead of the one made from the numbers.

    Returns
    -------
    Figure
        7.2 inches wide, with `alt_text`.

    Raises
    ------
    ValueError
        If the lengths differ, or a number is missing over a numeric `x`.
    """
    names = [str(v) for v in x] if any(isinstance(v, str) for v in x) else None
    shape = (len(x),)
    est, low, high = (np.asarray(v, dtype=float) for v in (est, low, high))
    if names is None or any(v.shape != shape for v in (est, low, high)):
        est, low, high = (finite(n, v, shape) for n, v in (("est", est), ("low", low), ("high", high)))
    fig = figure(3.0, title)
    ax = axes(fig, 0.65, 0.55, WIDTH - 0.15, 2.95)
    if names is None:
        _band(ax, finite("x", x), est, low, high)
    else:
        _bars(ax, names, est, low, high)
    if zero is not None:
        ax.axhline(zero, color=GREY, lw=0.9, zorder=1)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    plain_ticks(ax.yaxis)
    labels = names or [f"{v:g}" for v in x]
    said = "; ".join(f"{a} {with_interval(*v)}" for a, *v in zip(labels, est, low, high, strict=True))
    return with_alt(fig, alt or f"Estimate with interval{named(title)}. {xlabel or 'At'}: {said}.")


def _band(ax, x, est, low, high):
    ax.fill_between(x, low, high, color="#CFE3F1", lw=0, zorder=1)
    ax.plot(x, est, color=BLUE, marker="o", ms=4, zorder=3)
    plain_ticks(ax.xaxis)


def _bars(ax, names, est, low, high):
    for i, (mid, a, b) in enumerate(zip(est, low, high, strict=True)):
        if math.isnan(mid):
            ax.text(
                i, 0.5, "not\nestimable", transform=ax.get_xaxis_transform(), ha="center", size=7, color=GREY
            )
            continue
        ax.plot([i, i], [a, b], color=BLUE, zorder=2)
        ax.plot([i], [mid], marker="s", ms=5.5, color=BLUE, zorder=3)
    ax.set_xlim(-0.6, len(names) - 0.4)
    wide = (WIDTH - 0.8) / len(names) - 0.08
    ax.set_xticks(range(len(names)), [literal("\n".join(wrap(name, wide, 7.5)[:2])) for name in names])


@styled
def posterior_density(x, density, marks=None, title="", xlabel=EFFECT, shade_below=0.0, alt=None):
    """
    Draw a density with the region of benefit shaded, and marks for values and intervals.

    Parameters
    ----------
    x, density : sequence of float, shape (m,)
        Increasing values and the density there.
    marks : mapping of str to float or (float, float), optional
        Named values (vertical lines) and named intervals (bars under the curve).
    title, xlabel : str
    shade_below : float or None
        Upper end of the shaded region; None for none.
    alt : str, optional
        Alternative text instead of the one made from the marks.

    Returns
    -------
    Figure
        7.2 inches wide, with `alt_text`.

    Raises
    ------
    ValueError
        If `x` does not increase, a density is negative, or lengths differ.
    """
    x = finite("x", x)
    density = finite("density", density, x.shape)
    if (np.diff(x) <= 0).any() or (density < 0).any():
        found = "x not increasing or a density below 0"
        raise ValueError(f"x, density: found {found}; allowed: a density on a grid. Fix: sort by x")
    marks = dict(marks or {})
    keys_high = key_height(marks) if marks else 0.05
    foot = keys_high + 0.42
    fig = figure(foot + 2.45, title)
    ax = axes(fig, 0.35, foot, WIDTH - 0.15, foot + 2.4)
    ax.plot(x, density, color=BLUE, zorder=3)
    if shade_below is not None:
        left = np.append(x[x < shade_below], np.clip(shade_below, x[0], x[-1]))
        ax.fill_between(left, np.interp(left, x, density), color="#CFE3F1", lw=0, zorder=1)
    ax.axvline(0, color=GREY, lw=0.9, zorder=2)
    draw_keys(fig, _draw_marks(ax, marks, density.max()))
    ax.set(yticks=[], xlabel=xlabel, xlim=(x[0], x[-1]))
    ax.spines["left"].set_visible(False)
    plain_ticks(ax.xaxis)
    said = "; ".join(f"{k} {interval(*v) if np.ndim(v) else number(v)}" for k, v in marks.items())
    return with_alt(fig, alt or f"Density{named(title)}. {said or 'No marks'}.")


def _draw_marks(ax, marks, peak):
    """Lines for values over the curve, bars for intervals below it; returns their keys."""
    keys, below = [], 0
    looks = [("black", "-"), (VERMILLION, "--"), (ORANGE, "-."), (GREY, ":")]
    for i, (label, value) in enumerate(marks.items()):
        color, dash = looks[i % len(looks)]
        if np.ndim(value):
            below += 1
            keys += ax.plot(
                value, [-0.06 * below * peak] * 2, color=color, lw=3.5, solid_capstyle="butt", label=label
            )
        else:
            keys += ax.plot(
                [value, value], [0, 1.05 * peak], color=color, ls=dash, lw=1.3, label=label, zorder=4
            )
    ax.set_ylim(-0.06 * (below + 0.7) * peak if below else 0, 1.1 * peak)
    return keys
