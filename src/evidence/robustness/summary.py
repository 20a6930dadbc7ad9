"""What the analyses of a multiverse have in common, and which choices set them apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .multiverse import Multiverse, setting_words

CLEAR = 0.975  # P(benefit) from which a 95% equal-tail interval excludes zero
ROUNDING = 1e-9  # an estimate of exactly zero comes out of quadrature as this or less


@dataclass(frozen=True)
class MultiverseSummary:
    """
    The distinct analyses of a multiverse, each counted once.

    Attributes
    ----------
    combinations, analyses, estimable : int
        Combinations of the choices that matter; distinct analyses; those of them with an estimate.
    low, median, high : float
        Smallest, middle and largest estimate.
    negative : float
        Share of the estimable ones with an estimate below zero.
    favours, against : float
        Shares whose interval lies below zero, in ketamine's favour, and above it.
    excludes_zero : float
        Share whose interval lies on one side of zero.
    clear : float
        Share with P(benefit) > 0.975, of those that have a P(benefit).
    """

    combinations: int
    analyses: int
    estimable: int
    low: float
    median: float
    high: float
    negative: float
    favours: float
    against: float
    excludes_zero: float
    clear: float


def summarise(many: Multiverse) -> MultiverseSummary:
    """
    Count and range the distinct analyses of a multiverse.

    Returns
    -------
    MultiverseSummary
        Estimates and shares are NaN where nothing can be estimated.
    """
    known = many.estimable
    estimate, below, above = known["estimate"], known["ci_high"] < 0, known["ci_low"] > 0
    numbers = (
        estimate.min(),
        estimate.median(),
        estimate.max(),
        (estimate < -ROUNDING).mean(),
        below.mean(),
        above.mean(),
        (below | above).mean(),
        (known["p_benefit"].dropna() > CLEAR).mean(),
    )
    return MultiverseSummary(many.index.size, len(many.analyses), len(known), *map(float, numbers))


def variance_explained(many: Multiverse) -> pd.DataFrame:
    """
    How much of the variance of the estimates each choice accounts for, every combination counted once.

    Parameters
    ----------
    many : Multiverse

    Returns
    -------
    DataFrame
        `knob`; `alone`: share of the variance that lies between the means of its settings; `involved`: share
        that remains when all other choices are made, which adds what it does together with them. Largest
        `involved` first; NaN where all estimates are equal.

    Notes
    -----
    With an estimate for every combination these are the first-order and total Sobol indices of a full
    factorial. Combinations without an estimate are left out of every sum; settings that are often without
    one then no longer compare like with like in `alone`, while `involved` still does.

    References
    ----------
    Saltelli et al. (2010), doi:10.1016/j.cpc.2009.09.018.
    """
    values = many.analyses["estimate"].to_numpy()[many.index]
    axes = tuple(range(values.ndim))
    total = _scatter(values, axes)
    records = [
        {
            "knob": name,
            "alone": 1 - _scatter(values, (*axes[:axis], *axes[axis + 1 :])) / total if total > 0 else np.nan,
            "involved": _scatter(values, (axis,)) / total if total > 0 else np.nan,
        }
        for axis, name in enumerate(many.knobs)
    ]
    frame = pd.DataFrame(records, columns=["knob", "alone", "involved"])
    return frame.sort_values("involved", ascending=False, kind="stable", ignore_index=True)


def _scatter(values, axes) -> float:
    """Sum of squares around the mean of the known values along some axes, over all cells of the others."""
    known = ~np.isnan(values)
    n = np.maximum(known.sum(axes, keepdims=True), 1)
    mean = np.where(known, values, 0.0).sum(axes, keepdims=True) / n
    return float((np.where(known, values - mean, 0.0) ** 2).sum())


def by_setting(many: Multiverse) -> pd.DataFrame:
    """
    What the combinations with one setting of a choice find, each combination counted once.

    Parameters
    ----------
    many : Multiverse

    Returns
    -------
    DataFrame
        `knob`, `setting`, `estimate` (mean), `low`, `high` (range), `excludes_zero` (share of the estimable
        ones with an interval on one side of zero), `estimable` (share with an estimate).
    """
    frame = many.analyses
    estimate = frame["estimate"].to_numpy()[many.index]
    clear = ((frame["ci_high"] < 0) | (frame["ci_low"] > 0)).to_numpy()[many.index]
    records = []
    for axis, (name, settings) in enumerate(many.knobs.items()):
        for i, setting in enumerate(settings):
            known = ~np.isnan(estimate.take(i, axis))
            found, sure = estimate.take(i, axis)[known], clear.take(i, axis)[known]
            none = not known.any()
            numbers = (np.nan,) * 4 if none else (found.mean(), found.min(), found.max(), sure.mean())
            records.append((name, setting_words(name, setting), *map(float, numbers), float(known.mean())))
    return pd.DataFrame(
        records, columns=["knob", "setting", "estimate", "low", "high", "excludes_zero", "estimable"]
    )


def needed_to_exclude_zero(many: Multiverse) -> dict[str, str]:
    """
    Choices that have to take one setting for the interval to exclude zero, whatever the others are.

    Parameters
    ----------
    many : Multiverse

    Returns
    -------
    dict of str to str
        Choice and setting; empty where no interval excludes zero, or no single setting is needed.
    """
    shares = by_setting(many)
    able = shares[shares["excludes_zero"] > 0].groupby("knob", sort=False)["setting"].agg(list)
    return {knob: settings[0] for knob, settings in able.items() if len(settings) == 1}
