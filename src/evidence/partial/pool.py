"""
Random effects from exact values, intervals and one-sided reports: no measured trial is left out.

A trial that reports only "no difference" or a direction still says where its effect can lie. One likelihood
takes all rows: exact ones are normal(mu, se^2 + tau^2), partly reported ones have the probability
Phi((upper - mu) / s) - Phi((lower - mu) / s), s^2 = se^2 + tau^2. Computed by quadrature, without sampling.
"""

from __future__ import annotations

import numpy as np

from .._arrays import _as_float as as_float
from .._arrays import require, require_choice, require_level
from .grid import posteriors
from .likelihood import FAR, SLIVER, Rows
from .mixture import INTERVALS
from .result import COLUMNS, PartialFit, PartialMany, PartialResult


def pool_partial(lower, upper, se, tau_prior_scale=0.5, mu_prior_sd=None, level=0.95, interval="equal-tail"):
    """
    Random-effects posterior from exact values, intervals and one-sided reports.

    Parameters
    ----------
    lower, upper : array of shape (k,)
        Limits within which the trial's estimate is known to lie, in the unit of the effect: equal when it was
        reported exactly, -inf or inf where nothing bounds it. Both open: measured, nothing reported.
    se : array of shape (k,)
        Standard error of each estimate, > 0 (not needed, may be NaN, where both limits are open).
    tau_prior_scale : float
        Scale of the half-normal prior of tau, > 0, in the unit of the effect.
    mu_prior_sd : float, optional
        SD of a normal prior of mu around 0. None: flat.
    level : float
        Probability of the intervals.
    interval : {"equal-tail", "shortest"}
        Kind of all intervals. The shortest one of tau starts at 0 where its density falls from there.

    Returns
    -------
    PartialResult
        Medians, intervals, P(mu < 0); methods `prob_below`, `prob_new_below`; each trial's own effect.

    Raises
    ------
    ValueError
        For bad numbers, naming argument and position, and when with a flat prior no row bounds mu from below
        or none from above: the posterior would not be a distribution.

    Notes
    -----
    Distribution functions are within 1e-6 of much finer quadrature for se from 1e-3 to 1e3 and k up to 200
    (typically 1e-9). Only where the limit of a row is over 10,000 times sharper than the posterior is wide do
    probabilities right at that limit lose digits (1e-4).

    References
    ----------
    Radua et al. (2015), doi:10.1001/jamapsychiatry.2015.2196, and Albajes-Eizagirre et al. (2019),
    doi:10.1177/0962280218811349 (intervals for unreported effects, there by multiple imputation).
    Roever (2020), doi:10.18637/jss.v093.i06 (the Bayesian model for exact rows). Roever et al. (2021),
    doi:10.1002/jrsm.1475 (half-normal priors of tau). Pinned by tests/reference/bayes_mdma.json.

    Examples
    --------
    Two trials with numbers, one that reports "no significant difference" (within 1.96 se):

    >>> part = pool_partial([-0.8, -0.5, -0.6], [-0.8, -0.5, 0.6], [0.3, 0.25, 0.306])
    >>> print(f"{part.estimate:.2f} ({part.ci_low:.2f} to {part.ci_high:.2f}), P = {part.p_benefit:.3f}")
    -0.52 (-1.06 to 0.09), P = 0.960
    """
    lower, upper, se = as_rows(lower, upper, se)
    if lower.ndim != 1:
        raise ValueError(f"lower has shape {lower.shape}. Fix: one row per trial, or call pool_partial_many")
    check_rows(lower, upper, se, absent=np.zeros(lower.shape, bool))
    scale, prior_sd = _check_priors(tau_prior_scale, mu_prior_sd, ())
    _check_choices(level, interval)
    bounds = tuple(x[None] for x in (lower, upper, se))
    if not _proper(*bounds[:2], prior_sd)[0]:
        side = "below" if not (lower > -np.inf).any() else "above"
        raise ValueError(
            f"lower, upper: no row bounds mu from {side}, so with a flat prior (mu_prior_sd=None) mu has no "
            "posterior. Fix: set mu_prior_sd, for instance 1, or report the trials in words"
        )
    [(_, fit)] = _fits(*bounds, scale[None], prior_sd[None])
    columns = fit.summary(level, interval)
    return PartialResult(
        **{name: float(column[0]) for name, column in columns.items()},
        k=len(lower), k_exact=int((lower == upper).sum()), level=level, interval=interval, _fit=fit,
    )  # fmt: skip


def pool_partial_many(
    lower, upper, se, tau_prior_scale=0.5, mu_prior_sd=None, level=0.95, interval="equal-tail", cutoffs=()
):
    """
    `pool_partial` for many sets of trials at once, without the trials' own effects.

    Parameters
    ----------
    lower, upper, se : array of shape (m, k)
        As in `pool_partial`, one set of trials in a row; NaN in all three where a set has fewer.
    tau_prior_scale : float or array of shape (m,)
        As in `pool_partial`.
    mu_prior_sd : float or array of shape (m,), optional
        As in `pool_partial`; inf in an array is a flat prior.
    level, interval
        As in `pool_partial`.
    cutoffs : sequence of float
        Effects x for which P(mu < x) is wanted.

    Returns
    -------
    PartialMany
        Arrays of shape (m,); NaN for a set that `pool_partial` would refuse because nothing bounds mu.

    Raises
    ------
    ValueError
        For bad numbers, naming argument and position.

    Examples
    --------
    >>> nan = float("nan")
    >>> lower, upper, se = [[-0.8, -0.5], [-0.8, nan]], [[-0.8, 0.5], [-0.8, nan]], [[0.3, 0.25], [0.3, nan]]
    >>> many = pool_partial_many(lower, upper, se)
    >>> print(" ".join(f"{x:.2f}" for x in many.estimate))
    -0.46 -0.80
    """
    lower, upper, se = np.atleast_2d(*as_rows(lower, upper, se))
    absent = np.isnan(lower) & np.isnan(upper) & np.isnan(se)
    check_rows(lower, upper, se, absent)
    scale, prior_sd = _check_priors(tau_prior_scale, mu_prior_sd, (len(lower),))
    _check_choices(level, interval)
    lower, upper = np.where(absent, -np.inf, lower), np.where(absent, np.inf, upper)
    cutoffs = np.asarray(cutoffs, float)
    proper = np.flatnonzero(_proper(lower, upper, prior_sd))
    out = {name: np.full(len(lower), np.nan) for name in COLUMNS}
    p_below = np.full((len(lower), len(cutoffs)), np.nan)
    for index, fit in _fits(lower[proper], upper[proper], se[proper], scale[proper], prior_sd[proper]):
        for name, column in fit.summary(level, interval).items():
            out[name][proper[index]] = column
        for c, x in enumerate(cutoffs):
            p_below[proper[index], c] = fit.below(fit.mu, x)
    return PartialMany(
        **out, k=(~absent).sum(1), k_exact=(lower == upper).sum(1), level=level, interval=interval,
        cutoffs=cutoffs, p_below=p_below,
    )  # fmt: skip


def _floats(**values):
    return [as_float(name, value) for name, value in values.items()]


def as_rows(lower, upper, se):
    """The three arguments as float arrays of one shape, with at least one axis."""
    lower, upper, se = np.atleast_1d(*_floats(lower=lower, upper=upper, se=se))
    if not lower.shape == upper.shape == se.shape:
        shapes = f"lower {lower.shape}, upper {upper.shape}, se {se.shape}"
        raise ValueError(f"shapes do not match: {shapes}. Fix: give one entry per trial in each")
    return lower, upper, se


def check_rows(lower, upper, se, absent):
    """Raise unless every row that is not absent is a report: limits in order, an se where it is needed."""
    missing = "-inf or inf where nothing bounds the effect"
    require(absent | ~np.isnan(lower), "lower", lower, "a number, or -inf", missing)
    require(absent | ~np.isnan(upper), "upper", upper, "a number, or inf", missing)
    require(absent | (lower < np.inf), "lower", lower, "a number, or -inf", missing)
    require(absent | (upper > -np.inf), "upper", upper, "a number, or inf", missing)
    require(
        absent | (lower <= upper), "lower", lower, "at most upper", "swap the limits, or check their signs"
    )
    silent = absent | (np.isinf(lower) & np.isinf(upper))
    fine = silent | ((se > 0) & (se < np.inf))
    require(fine, "se", se, "a number > 0", "compute the se of a partly reported effect from n at g = 0")


def _check_priors(tau_prior_scale, mu_prior_sd, shape):
    """Both priors as arrays of `shape`; a flat prior of mu is inf."""
    flat = np.inf if mu_prior_sd is None else mu_prior_sd
    scale, sd = _floats(tau_prior_scale=tau_prior_scale, mu_prior_sd=flat)
    require(
        (scale > 0) & (scale < np.inf),
        "tau_prior_scale",
        scale,
        "a number > 0",
        "0.5 suits effects in SD units",
    )
    require(sd > 0, "mu_prior_sd", sd, "None or a number > 0", "write None for a flat prior")
    for name, value in (("tau_prior_scale", scale), ("mu_prior_sd", sd)):
        if value.shape not in ((), shape):
            raise ValueError(f"{name} has shape {value.shape}; allowed: one number or shape {shape}")
    return np.broadcast_to(scale, shape), np.broadcast_to(sd, shape)


def _check_choices(level, interval):
    require_level(level)
    require_choice("interval", interval, INTERVALS)


def _proper(lower, upper, prior_sd):
    """Whether mu has a posterior: bounded from both sides by rows, or by its prior."""
    return np.isfinite(prior_sd) | ((lower > -np.inf).any(1) & (upper < np.inf).any(1))


def _fits(lower, upper, se, scale, prior_sd):
    """Index and PartialFit of analyses of (m, k) rows, in groups with equally many partly reported rows."""
    exact = upper - lower <= SLIVER * se
    partly = ~exact & ~(np.isinf(lower) & np.isinf(upper))
    shift = _middle(lower, upper)
    for q in np.unique(partly.sum(1)):
        same = np.flatnonzero(partly.sum(1) == q)
        bounds = tuple(x[same] for x in (lower, upper, se))
        rows = _rows(*bounds, exact[same], partly[same], shift[same], scale[same], prior_sd[same])
        for index, posterior in posteriors(rows):
            part = same[index]
            yield part, PartialFit(posterior, shift[part], tuple(x[index] for x in bounds))


def _middle(lower, upper):
    """Middle of all finite limits of an analysis; work around it loses no digits to a large offset."""
    ends = np.concatenate([lower, upper], axis=1)
    ends[~np.isfinite(ends).any(1)] = 0.0
    known = np.isfinite(ends)
    return 0.5 * (np.where(known, ends, np.inf).min(1) + np.where(known, ends, -np.inf).max(1))


def _rows(lower, upper, se, exact, partly, shift, scale, prior_sd):
    """Analyses with equally many partly reported rows as Rows; rows open at both ends drop out."""
    first = np.argsort(~exact, axis=1, kind="stable")[:, : exact.sum(1).max()]
    then = np.argsort(~partly, axis=1, kind="stable")[:, : partly[0].sum()]
    used = np.take_along_axis(exact, first, 1)
    middle = 0.5 * (np.where(exact, lower, 0.0) + np.where(exact, upper, 0.0))
    y, v = np.take_along_axis(middle, first, 1), np.take_along_axis(np.where(exact, se**2, 1.0), first, 1)
    low, high = (np.take_along_axis(x, then, 1) - shift[:, None] for x in (lower, upper))
    return Rows(
        y=y - shift[:, None], v=v, used=used.astype(float),
        low=np.maximum(low, -FAR), high=np.minimum(high, FAR), se=np.take_along_axis(se, then, 1),
        prior_mean=-shift, prior_precision=prior_sd**-2.0, tau_scale=scale,
    )  # fmt: skip
