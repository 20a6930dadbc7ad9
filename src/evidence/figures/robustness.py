"""Figures of the robustness of the answer."""

from __future__ import annotations

from ..plots.figures import specification_curve
from ..report.statements import WINDOW_NAMES
from ..robustness.multiverse import MODELS, Multiverse, of_model
from ..robustness.summary import variance_explained

ABOVE_INTERVALS = 3.5  # drawing order


def curve_figure(many: Multiverse):
    """
    Every distinct analysis of a window by its estimate, over its settings, those that matter most on top.

    Returns
    -------
    Figure
        With `alt_text`.

    Raises
    ------
    ValueError
        If no analysis of the window has an estimate.
    """
    head = variance_explained(of_model(many, MODELS[0]))["knob"].tolist()
    rest = [knob for knob in many.knobs if knob not in head and knob != "model"]
    knobs = {knob: knob.replace("_", " ") for knob in ("model", *head, *rest) if knob in many.knobs}
    title = f"{WINDOW_NAMES[many.window].capitalize()}: every distinct analysis"
    # Equal estimates differ by the rounding of the machine, which must not decide on their order.
    shown = many.estimable.round({"estimate": 9})
    fig = specification_curve(shown, knobs, title=title, base="default")
    fig.axes[0].axhline(0, color="black", lw=0.8, zorder=ABOVE_INTERVALS)
    return fig
