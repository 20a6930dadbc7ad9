"""
Value of information: what a further trial, or a number that exists and was not printed, would do to a pool.

Nothing is simulated. What would be found has a distribution, given what is known: the predictive one of a
trial's estimate. The pool is updated at the nodes of a quadrature over it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache

import numpy as np
import pandas as pd

from ..choices import WINDOWS, Choices
from ..measures.escalc import interval_se_parallel
from ..partial.mixture import NormalMixture, quantile
from ..partial.pool import pool_partial, pool_partial_many
from ..review.effects import effect_sizes
from ..review.efficacy import pool_effects, pool_window
from ..review.wanted import SPREAD, wanted

SIZES = (100, 200, 400)
NODES = 96
TAIL = 1e-6  # probability left out at each end of the predictive distribution


@dataclass(frozen=True)
class Learning:
    """
    What one more estimate is expected to do to a pool.

    Attributes
    ----------
    width : float
        Expected width of the interval of the mean effect once it is known.
    favours, against : float
        Probability that the interval then lies below zero, in ketamine's favour, or above it.
    p_benefit : float
        Expected P(mean effect < 0): what it is now, by the law of total probability (a check).
    """

    width: float
    favours: float
    against: float
    p_benefit: float


def expected_learning(
    lower, upper, se, new_se, low=-np.inf, high=np.inf, tau_prior_scale=0.5, mu_prior_sd=None, level=0.95
) -> Learning:
    """
    Expected effect on a pool of learning one trial's estimate.

    Parameters
    ----------
    lower, upper, se : array of shape (k,)
        The other rows, as in `pool_partial`.
    new_se : float
        Standard error of the estimate to be learned, > 0.
    low, high : float
        Where the estimate is already known to lie; everywhere for a trial not yet done.
    tau_prior_scale, mu_prior_sd, level
        As in `pool_partial`.

    Returns
    -------
    Learning

    Raises
    ------
    ValueError
        As `pool_partial`, for the other rows; if `new_se` is not above 0 or `low` not below `high`.

    Notes
    -----
    Given the other rows the estimate is distributed as the effect of a new trial plus a normal error, cut to
    `low` to `high`: what a report in words says of it is exactly this cut. Gauss-Legendre quadrature over
    that distribution; where the updated interval touches zero is interpolated between the nodes. Widths are
    good to 1e-4, probabilities to 2e-4.

    References
    ----------
    Ades, Lu and Claxton (2004), doi:10.1177/0272989X04263162 (expected value of sample information).

    Examples
    --------
    >>> more = expected_learning([-0.4], [-0.4], [0.3], new_se=0.2)
    >>> print(f"width {more.width:.2f}, P(excludes zero) = {more.favours + more.against:.2f}")
    width 1.57, P(excludes zero) = 0.05
    """
    if not new_se > 0:
        raise ValueError(f"new_se: found {new_se}; allowed: a number > 0. Fix: give the standard error")
    if not low < high:
        raise ValueError(
            f"low, high: found {low}, {high}; allowed: low < high. Fix: give the limits in order"
        )
    priors = {"tau_prior_scale": tau_prior_scale, "mu_prior_sd": mu_prior_sd}
    predictive, shift = _predictive(lower, upper, se, new_se, priors)
    low, high = (max(low - shift, _at(predictive, TAIL)), min(high - shift, _at(predictive, 1 - TAIL)))
    node, share = _legendre()
    y = 0.5 * (low + high) + 0.5 * (high - low) * node
    density = share * predictive.density(y)[1]
    weight = density / density.sum()
    rows = [
        np.column_stack([np.broadcast_to(np.asarray(known, float), (NODES, len(known))), new])
        for known, new in ((lower, y + shift), (upper, y + shift), (se, np.full(NODES, new_se)))
    ]
    fits = pool_partial_many(*rows, tau_prior_scale, mu_prior_sd, level)
    return Learning(
        float(weight @ (fits.ci_high - fits.ci_low)),
        _probability_below_zero(predictive, y, fits.ci_high),
        _probability_below_zero(predictive, y, -fits.ci_low),
        float(weight @ fits.p_benefit),
    )


def _predictive(lower, upper, se, new_se, priors):
    """Distribution of the estimate of a new trial around a shift, and the shift."""
    fit = pool_partial(lower, upper, se, **priors)._fit
    new = fit.new
    return NormalMixture(new.weight, new.mean, np.hypot(new.sd, new_se)), fit.shift[0]


def _at(dist, p):
    return quantile(dist, p)[0]


@cache
def _legendre():
    return np.polynomial.legendre.leggauss(NODES)


def _probability_below_zero(dist, y, values) -> float:
    """Probability that a smooth function of the estimate, known at nodes, is below zero."""
    from scipy.interpolate import PchipInterpolator  # slow to import

    cuts = np.concatenate([[y[0]], PchipInterpolator(y, values, extrapolate=False).roots(), [y[-1]]])
    middle = PchipInterpolator(y, values)(0.5 * (cuts[1:] + cuts[:-1]))
    mass = np.diff(dist.density(cuts)[0])
    return float(mass[middle < 0].sum() / mass.sum())


def next_trials(review, choices=None, sizes=SIZES) -> pd.DataFrame:
    """
    What one further trial of each size would be expected to do to the headline of each window.

    Parameters
    ----------
    review : Review
    choices : Choices, optional
    sizes : sequence of int
        Participants, half of them in each of two parallel arms.

    Returns
    -------
    DataFrame
        `window`, `n`, `width_now`, `width`, `favours`, `against`, one row a window that can be estimated and
        size; see `Learning`.
    """
    choices = choices or Choices()
    records = []
    for window in WINDOWS:
        result = pool_window(review, window, choices)
        if np.isnan(result.partial.estimate):
            continue
        for n in sizes:
            new_se = float(interval_se_parallel(n / 2, n / 2))
            found = _learned(result.included, new_se, choices)
            records.append({"window": window, "n": n, "width_now": _width(result.partial), **found})
    return pd.DataFrame(records, columns=["window", "n", "width_now", "width", "favours", "against"])


def _learned(rows, new_se, choices, low=-np.inf, high=np.inf) -> dict:
    """Expected learning given pooled rows, as a record; NaN where the other rows bound nothing."""
    lower, upper = rows["lower"].to_numpy(float), rows["upper"].to_numpy(float)
    bounded = np.isfinite(lower).any() and np.isfinite(upper).any()
    if (not bounded and choices.mu_prior_sd is None) or not new_se > 0:
        return dict.fromkeys(("width", "favours", "against"), np.nan)
    found = expected_learning(
        lower, upper, rows["se"].to_numpy(float), new_se, low, high,
        choices.tau_prior_scale, choices.mu_prior_sd, choices.level,
    )  # fmt: skip
    return {name: value for name, value in asdict(found).items() if name != "p_benefit"}


def _width(fit) -> float:
    return fit.ci_high - fit.ci_low


def filled_in(review, choices=None) -> pd.DataFrame:
    """
    What each number on the wanted list would be expected to do to the headline of its window.

    Parameters
    ----------
    review : Review
    choices : Choices, optional

    Returns
    -------
    DataFrame
        The rows of `wanted` that have a swing, with `width_now`, `width`, `favours`, `against`. For a number
        that rests on assumptions every setting of their sweep counts the same.
    """
    choices = choices or Choices()
    frame = wanted(review, choices)
    frame = frame[frame["swing"].notna()].reset_index(drop=True)
    found = [
        _of_assumptions(review, row.window, choices)
        if row.statistic == SPREAD
        else _of_missing(review, row.window, row.trial_id, choices)
        for row in frame.itertuples()
    ]
    return frame.join(pd.DataFrame(found, columns=["width_now", "width", "favours", "against"]))


def _of_missing(review, window, trial, choices) -> dict:
    """Learning the estimate of a trial that the window knows from words, or not at all."""
    effects = effect_sizes(review, window, choices)
    result = pool_effects(effects, window, choices)
    row = (
        effects[effects["trial_id"] == trial].sort_values("included", ascending=False, kind="stable").iloc[0]
    )
    others = result.included[result.included["trial_id"] != trial]
    return {
        "width_now": _width(result.partial),
        **_learned(others, row["se"], choices, row["lower"], row["upper"]),
    }


def _of_assumptions(review, window, choices) -> dict:
    """Learning the size and the correlation behind the crossover estimate."""
    sweep = {knob["name"]: knob["sweep"] for knob in Choices.describe()}
    fits = [
        pool_window(review, window, choices.replace(feder_2014_n=n, crossover_r=r)).partial
        for n in sweep["feder_2014_n"]
        for r in sweep["crossover_r"]
    ]
    return {
        "width_now": _width(pool_window(review, window, choices).partial),
        "width": float(np.mean([_width(fit) for fit in fits])),
        "favours": float(np.mean([fit.ci_high < 0 for fit in fits])),
        "against": float(np.mean([fit.ci_low > 0 for fit in fits])),
    }
