"""Figures of how the methods were checked."""

from __future__ import annotations

from ..plots.intervalplots import interval_chart
from ..plots.validationplots import agreement_plot, coverage_plot
from ..prose.wording import number
from ..validation.agreement import AGREED, PRINTED, TRUTHS
from ..validation.coverage import HEADLINE
from ..validation.hidden import SCENARIOS

INTERVALS = {
    ("REML", "wald"): "REML, Wald",
    ("REML", "hksj"): "REML, Hartung-Knapp",
    ("REML", "hksj_adhoc"): "REML, ad hoc Hartung-Knapp",
    (HEADLINE, "equal-tail"): "headline model",
}


def agreement_figure(cells):
    """Every number of the reference fits: how far ours is from metafor's."""
    lines = {"rounding of the reference values": PRINTED, "called agreement": AGREED}
    return agreement_plot(
        cells, lines, title="Our pooled results against metafor's", xlabel="relative difference"
    )


def coverage_figure(rows):
    """Coverage of the intervals by number of trials and heterogeneity."""
    shown = [
        {
            "panel": f"tau = {number(row.tau, 1)}",
            "method": INTERVALS[row.tau2_method, row.ci_method],
            "k": row.k,
            "coverage": row.coverage,
            "mcse": row.mcse,
        }
        for row in rows
        if (row.tau2_method, row.ci_method) in INTERVALS
    ]
    return coverage_plot(shown, title="How often a 95% interval holds the true mean effect")


def hidden_null_figure(rows):
    """Bias of the pools when results are hidden, with its Monte Carlo error."""
    mu, tau, _ = TRUTHS[0]
    shown = [
        {
            "block": f"{row.scenario[:1].upper()}{row.scenario[1:]}: {SCENARIOS[row.scenario]}",
            "label": row.method,
            "estimate": row.bias,
            "low": row.bias - 1.96 * row.bias_mcse,
            "high": row.bias + 1.96 * row.bias_mcse,
            "kind": "complete" if row.method.startswith("complete") else "partial",
        }
        for row in rows
        if (row.mu, row.tau) == (mu, tau)
    ]
    kinds = {"complete": "numbers only", "partial": "all reports"}
    title = f"Bias when results are hidden (true mean {number(mu, 1)}, tau {number(tau, 1)})"
    return interval_chart(
        shown, kinds, title=title, xlabel="bias in g", sides=("too favourable", "too unfavourable"), digits=3
    )
