"""Figures on bias: judgements by trial and domain, and where unreported trials tip the answer."""

from __future__ import annotations

import numpy as np

from ..certainty.bias import risk_of_bias
from ..certainty.unreported import tipping, unreported
from ..plots.figures import line_intervals, rob_summary, traffic_light
from ..report.statements import WINDOW_NAMES

SHOWN, STEP = 1.5, 5  # common effects shown run from minus to plus this; every fifth of those tried


def rob_figure(review):
    """Traffic light of every randomised report, with its overall judgement."""
    return traffic_light(risk_of_bias(review), title="Risk of bias in the randomised trials")


def rob_summary_figure(review):
    """Number of reports at each judgement, by domain."""
    return rob_summary(risk_of_bias(review), title="Risk of bias by domain")


def tipping_figure(result, review, choices=None):
    """Headline of a window as the common effect of the unreported trials moves."""
    tip = tipping(result, unreported(review), choices)
    shown = np.flatnonzero(abs(tip.g) <= SHOWN)[::STEP]
    title = f"{WINDOW_NAMES[result.window].capitalize()}: the pooled effect by what unreported trials found"
    first, last = tip.estimate[shown][[0, -1]]
    alt = f"{title}: with g from {-SHOWN:g} to {SHOWN:g} the estimate runs from {first:.2f} to {last:.2f}."
    return line_intervals(
        tip.g[shown],
        *(values[shown] for values in (tip.estimate, tip.ci_low, tip.ci_high)),
        title=title,
        xlabel="common effect of the unreported trials, g",
        alt=alt,
    )
