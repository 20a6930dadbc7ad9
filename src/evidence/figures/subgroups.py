"""Figure of the differences between groups of trials."""

from __future__ import annotations

from ..plots.intervalplots import interval_chart
from ..prose.wording import join_words
from ..report.statements import WINDOW_NAMES
from ..review.subgroups import group_tests

TESTED, SILENT = "tested difference, 95% interval", "nothing can be said"


def group_difference_figure(review, choices=None):
    """
    Every comparison of groups: its difference with interval, or why nothing can be said.

    Returns
    -------
    Figure
        With `alt_text`.
    """
    rows = []
    for t in group_tests(review, choices):
        fit = t.difference
        who = f"{join_words(t.trials_a)} v {join_words(t.trials_b)}" if t.trials_a and t.trials_b else ""
        rows.append(
            {
                "label": f"{t.group_a} v {t.group_b}",
                "detail": ": ".join(filter(None, [WINDOW_NAMES.get(t.window, ""), who])),
                "block": t.dimension.capitalize(),
                "estimate": fit.estimate if fit else None,
                "low": fit.ci_low if fit else None,
                "high": fit.ci_high if fit else None,
                "kind": "tested" if fit else "silent",
                "words": t.reason,
            }
        )
    return interval_chart(
        rows,
        {"tested": TESTED, "silent": SILENT},
        title="Do groups of trials differ? Differences in effect, not effects",
        xlabel="difference in g",
        sides=("former gain more", "latter gain more"),
    )
