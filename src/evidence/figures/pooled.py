"""Figures of the review: results in, one matplotlib figure with alternative text out."""

from __future__ import annotations

import math

from ..plots.figures import forest, forest_rows, line_intervals, schedule, tornado
from ..report.pooled import schedule_rows
from ..report.statements import WINDOW_NAMES, WINDOW_WORDS
from ..review.efficacy import pool_window, published_anchors, sensitivity


def window_forest(result, review=None):
    """
    Forest plot of one window: trials, headline, complete cases and, given the review, published pools.

    Parameters
    ----------
    result : WindowPool
    review : Review, optional

    Returns
    -------
    Figure
    """
    rows = result.effects
    if not math.isnan(result.partial.estimate):
        rows = forest_rows(rows, result.partial)
    rows = rows.assign(comparator=rows["comparator_arm"].str.replace("+TIMBER", "", regex=False))
    pools = [
        _pool("All reports", "partial", result.partial, result.k),
        _pool("Numbers only", "complete", result.complete, result.k_exact),
    ]
    if review is not None:
        for anchor in published_anchors(review, result.window).to_dict("records"):
            pools.append({**anchor, "kind": "published"})
    return forest(rows, pools, title=f"PTSD symptoms, {WINDOW_WORDS[result.window]}")


def _pool(label, kind, fit, k) -> dict:
    names = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high")
    return {"label": label, "kind": kind, "k": k, **{name: getattr(fit, name) for name in names}}


def schedule_figure(review):
    """When each randomised trial dosed and rated, and what it reported then."""
    rows = schedule_rows(review)
    return schedule(
        rows, rows.drop_duplicates("label"), title="Ratings of PTSD symptoms in the randomised trials"
    )


def sensitivity_figure(review, window, choices=None):
    """How far each assumption, moved alone, moves the headline of a window."""
    base = pool_window(review, window, choices).partial
    title = f"{WINDOW_NAMES[window].capitalize()}: the headline under other choices"
    rows = sensitivity(review, window, choices)
    return tornado(rows, base.estimate, base.ci_low, base.ci_high, title=title)


def windows_figure(pools, review):
    """Headline of every window in time order, beside the published pools of the same windows."""
    x = [WINDOW_NAMES[window] for window in pools]
    fits = [result.partial for result in pools.values()]
    title = "Pooled effect by time, all reports"
    ends = ([getattr(fit, name) for fit in fits] for name in ("estimate", "ci_low", "ci_high"))
    return line_intervals(x, *ends, title=title)
