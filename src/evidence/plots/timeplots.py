"""Figures over time: which trial was rated when and said what, and courses without a control group."""

from __future__ import annotations

from itertools import cycle

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator
from matplotlib.transforms import blended_transform_factory

from ..prose.numerals import count, days, join_words, number
from .drawing import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PALE,
    PURPLE,
    SKY,
    VERMILLION,
    WIDTH,
    axes,
    draw_keys,
    figure,
    key_height,
    literal,
    plain_ticks,
    rows_of,
    styled,
    with_alt,
    wrap,
)

# Colour and shape both tell the findings apart; an arrow head points to the side that is favoured.
FINDING_MARKS = {
    "estimate": ("o", BLUE, "a number"),
    "not_significant": ("s", ORANGE, "no difference"),
    "favours_active": ("<", GREEN, "direction: favours ketamine"),
    "favours_comparator": (">", VERMILLION, "direction: favours comparator"),
    "unknown": ("x", GREY, "rated, nothing reported"),
}
_TICKS = {0: "0", 1 / 24: "1 h", 4 / 24: "4 h", 0.5: "12 h", 1: "24 h", 2: "2 d", 7: "7 d", 14: "14 d",
          28: "28 d", 56: "56 d", 90: "90 d", 180: "180 d", 365: "1 y"}  # fmt: skip
_SHADE = (0.004, 0.87)  # days; short of 24 h, so that a mark at 24 h stands clear of the shading
_BEND = 0.1  # days: about linear below, logarithmic above, so that hours and months share an axis
_ROW, _STACK = 0.36, 0.12  # inches
_COURSE_LINES = [(BLUE, "o", "-"), (VERMILLION, "s", "--"), (GREEN, "^", "-."), (PURPLE, "D", ":"),
                 (ORANGE, "v", "-"), (SKY, "P", "--"), (GREY, "X", "-.")]  # fmt: skip


def _squeeze(t):
    return np.log10(np.maximum(1 + np.asarray(t) / _BEND, 1e-9))


def _stretch(x):
    return _BEND * (10.0 ** np.asarray(x) - 1)


def _time_axis(ax, longest) -> None:
    """Scale a time axis in days so that hours, days and months can be told apart."""
    ax.set_xscale("function", functions=(_squeeze, _stretch))
    ax.set_xlim(-0.02, longest * 1.25)
    shown = [day for day in _TICKS if day <= longest * 1.15]
    ax.xaxis.set_major_locator(FixedLocator(shown))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticks(shown, [_TICKS[day] for day in shown])


@styled
def schedule(assessments, trials=(), title="", alt=None):
    """
    Draw when each trial rated symptoms and what it said about each rating.

    Parameters
    ----------
    assessments : DataFrame or sequence of records
        `label`, `timepoint_days` (days since the first dose; missing where the time was not seen), `finding`.
        Trials appear in the order of their first rating here. Several findings at one time are stacked.
    trials : DataFrame or sequence of records, optional
        `label`, `n_doses`, `last_dose_day`: the first and the last dose as ticks, joined by a bar when the
        days between were not seen; `dose_days` (a list) draws every dose.
    title : str
    alt : str, optional
        Alternative text instead of the one made from the rows.

    Returns
    -------
    Figure
        7.2 inches wide, with `alt_text`.

    Raises
    ------
    ValueError
        If there is no row, a column is missing, a finding is unknown or a time is negative.
    """
    rows = rows_of(assessments, "assessments", ["label", "timepoint_days", "finding"])
    columns = ["label", "n_doses", "last_dose_day"]
    trials = rows_of(trials, "trials", columns, ["dose_days"], allow_empty=True)
    doses = {row["label"]: row for row in trials}
    stacks = _stacked(rows)
    heights = [_ROW + _STACK * (max(map(len, stack.values())) - 1) for stack in stacks.values()]
    keys = _finding_keys(stacks, doses)
    foot, body = 0.42 + key_height(keys), sum(heights)
    fig = figure(body + foot + 0.22, title)
    untimed = any(None in stack for stack in stacks.values())
    ax = axes(fig, 1.55, foot, WIDTH - (0.95 if untimed else 0.15), foot + body)
    ax.set(ylim=(0, body), yticks=[])
    words = _schedule_frame(ax, stacks, untimed)
    top = body
    for (label, stack), height in zip(stacks.items(), heights, strict=True):
        _schedule_row(ax, label, stack, doses.get(label), top, height)
        top -= height
    draw_keys(fig, keys)
    return with_alt(fig, alt or _schedule_alt(title, stacks, words))


def _schedule_frame(ax, stacks, untimed) -> str:
    """Time axis, shading of the first day and headings; returns the heading of the first day."""
    timed = [(label, t) for label, stack in stacks.items() for t in stack if t is not None]
    _time_axis(ax, max([*(t for _, t in timed), 28]))
    ax.set_xlabel("time since the first dose (compressed scale)")
    ax.spines["left"].set_visible(False)
    early = sum(0 < t < 1 for _, t in timed)
    words = f"{count(early, 'rating')} before 24 h" if early != 0 else "no rating before 24 h"
    top = ax.get_ylim()[1] + 0.08
    heading = {"ha": "center", "size": 7.5, "weight": "bold", "color": GREY}
    ax.axvspan(*_SHADE, color="#ECECEC", lw=0, zorder=0)
    ax.text(_stretch(_squeeze(_SHADE).mean()), top, words, **heading)
    if untimed:
        side = blended_transform_factory(ax.figure.dpi_scale_trans, ax.transData)
        ax.text(WIDTH - 0.5, top, "time not seen", transform=side, **heading)
    return words


def _stacked(rows):
    """Findings by trial and time, each once, in order of appearance."""
    stacks: dict[str, dict] = {}
    for row in rows:
        day, finding = row["timepoint_days"], row["finding"]
        if finding not in FINDING_MARKS:
            allowed = ", ".join(FINDING_MARKS)
            raise ValueError(f"assessments ({row['label']}): found finding {finding!r}; allowed: {allowed}. "
                             "Fix: correct the finding")  # fmt: skip
        if day is not None and day < 0:
            raise ValueError(f"assessments ({row['label']}): found day {day}; allowed: >= 0. "
                             "Fix: count from the first dose and leave out baseline")  # fmt: skip
        found = stacks.setdefault(row["label"], {}).setdefault(day, [])
        if finding not in found:
            found.append(finding)
    return stacks


def _schedule_row(ax, label, stack, dose, top, height):
    """Name, doses and ratings of one trial, in a band of `height` inches below `top`."""
    y = top - height + 0.09
    side = blended_transform_factory(ax.figure.dpi_scale_trans, ax.transData)
    ax.plot(
        [0.1, WIDTH - 0.1], [top - height] * 2, transform=side, color=PALE, lw=0.6, clip_on=False, zorder=0
    )
    note = count(dose["n_doses"], "dose") if dose and dose["n_doses"] is not None else ""
    lines = wrap(label, 1.4, 8)[:2]
    for i, line in enumerate([*lines, note]):
        small = {"size": 7, "color": GREY} if i == len(lines) else {"size": 8}
        ax.text(0.1, top - 0.12 - 0.14 * i, literal(line), transform=side, va="center", **small)
    if dose:
        _draw_doses(ax, dose, y)
    for day, findings in stack.items():
        for i, finding in enumerate(findings):
            marker, color, _ = FINDING_MARKS[finding]
            edge = {"mec": "black", "mew": 0.5} if marker != "x" else {"mec": color, "mew": 1.6}
            at = {"transform": side, "clip_on": False} if day is None else {}
            ax.plot([WIDTH - 0.5 if day is None else day], [top - 0.12 - _STACK * i], marker=marker, ms=6,
                    color=color, ls="none", zorder=3, **edge, **at)  # fmt: skip


def _draw_doses(ax, dose, y):
    """Ticks under the marks: every dose that has a day, else the first and last joined."""
    known, last = dose["dose_days"], dose["last_dose_day"]
    ticks = list(known) if known is not None else [0] if last is None else sorted({0, last})
    for day in ticks:
        ax.plot([day, day], [y - 0.045, y + 0.045], color="black", lw=1.4, zorder=2)
    if known is None and len(ticks) == 2:
        ax.plot(ticks, [y] * 2, color="black", lw=0.8, zorder=2)


def _finding_keys(stacks, doses):
    present = {finding for stack in stacks.values() for found in stack.values() for finding in found}
    keys = []
    for finding, (marker, color, words) in FINDING_MARKS.items():
        if finding in present:
            edge = {"mec": color, "mew": 1.6} if marker == "x" else {"mec": "black", "mew": 0.5}
            keys.append(Line2D([], [], marker=marker, color=color, ls="none", ms=6, label=words, **edge))
    dose = Line2D([], [], marker="|", color="black", lw=0.8, ms=7, mew=1.4, label="doses, first to last")
    return [*keys, dose] if doses else keys


def _schedule_alt(title, stacks, words):
    parts = [f"Rating schedule{': ' + title.rstrip('.') if title else ''}. {words.capitalize()}."]
    for label, stack in stacks.items():
        said = []
        for day, findings in stack.items():
            found = join_words(FINDING_MARKS[finding][2] for finding in findings)
            said.append(f"{'time not seen' if day is None else days(day)} ({found})")
        parts.append(f"{label}: {'; '.join(said)}.")
    return " ".join(parts)


@styled
def course(records, title="", ylabel="mean score", alt=None):
    """
    Draw courses over time of groups without a control, marked so that nobody reads them as efficacy.

    Parameters
    ----------
    records : DataFrame or sequence of records
        `label`, `timepoint_days`, `mean`; optionally `low`, `high`, an interval of the mean.
    title, ylabel : str
    alt : str, optional
        Alternative text instead of the one made from the rows.

    Returns
    -------
    Figure
        7.2 inches wide, with `alt_text`.

    Raises
    ------
    ValueError
        If there is no row or a column is missing, a time runs backwards or a number is missing.
    """
    rows = rows_of(records, "records", ["label", "timepoint_days", "mean"], ["low", "high"])
    groups: dict[str, list] = {}
    for row in rows:
        if row["timepoint_days"] is None or row["mean"] is None:
            raise ValueError(f"records ({row['label']}): found a blank time or mean; allowed: numbers. "
                             "Fix: leave the row out")  # fmt: skip
        groups.setdefault(row["label"], []).append(row)
    foot = 0.42 + key_height(groups)
    fig = figure(foot + 3.0, title)
    ax = axes(fig, 0.6, foot, WIDTH - 0.15, foot + 2.75)
    _time_axis(ax, max(row["timepoint_days"] for row in rows))
    keys = [_draw_course(ax, label, group, *look)
            for (label, group), look in zip(groups.items(), cycle(_COURSE_LINES), strict=False)]  # fmt: skip
    ax.set(ylabel=ylabel, xlabel="time since the first dose (compressed scale)")
    plain_ticks(ax.yaxis)
    _warn(ax)
    draw_keys(fig, keys)
    return with_alt(fig, alt or _course_alt(title, groups))


def _warn(ax):
    """Say inside the figure, where a copied picture keeps it, that nothing was compared."""
    style = {"transform": ax.transAxes, "weight": "bold"}
    ax.text(0.5, 0.5, "NO CONTROL GROUP", ha="center", va="center", size=26, rotation=12, color="#E4E4E4",
            zorder=0, **style)  # fmt: skip
    words = "Before-after scores only: no control group, not an effect of the drug"
    ax.text(0, 1.03, words, color="#A03F00", size=8, **style)


def _draw_course(ax, label, group, color, marker, dash):
    times = [row["timepoint_days"] for row in group]
    if times != sorted(times):
        raise ValueError(
            f"records ({label}): found days {times}; allowed: increasing. Fix: sort the rows by time"
        )
    style = {"color": color, "marker": marker, "ls": dash, "ms": 5, "mfc": "white", "zorder": 3}
    (line,) = ax.plot(times, [row["mean"] for row in group], label=literal(label), **style)
    for row in group:
        if row["low"] is not None and row["high"] is not None:
            ax.plot([row["timepoint_days"]] * 2, [row["low"], row["high"]], color=color, lw=0.9, zorder=2)
    return line


def _course_alt(title, groups):
    parts = [f"Before-after course without a control group{': ' + title.rstrip('.') if title else ''}."]
    for label, group in groups.items():
        first, last = group[0], group[-1]
        start, end = days(first["timepoint_days"]), days(last["timepoint_days"])
        parts.append(f"{label}: {number(first['mean'], 1)} at {start}, {number(last['mean'], 1)} at {end}.")
    return " ".join(parts)
