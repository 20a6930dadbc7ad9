"""Pooled effect of independent studies: estimate, intervals, heterogeneity; one analysis or a million."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._arrays import as_arrays, require, require_choice
from ..errors import ConvergenceError
from .columns import NUMBERS, fit_columns, table
from .tau2 import METHODS, choose_engine

CI_METHODS = ("wald", "hksj", "hksj_adhoc")
PI_METHODS = ("metafor", "hts", "meta")
COUNTS = ("q_df", "k")


@dataclass(frozen=True, eq=False)
class PoolResult:
    """
    Result of `pool` (floats) or of `pool_many` (arrays of shape (m,)); what is undefined is NaN.

    Attributes
    ----------
    estimate, se, ci_low, ci_high, p_value
        Pooled effect in the unit of `yi`, its standard error (Hartung-Knapp if asked for), confidence
        interval and two-sided p.
    pi_low, pi_high
        Prediction interval for the effect in a new study; NaN under FE.
    tau2, tau2_ci_low, tau2_ci_high
        Between-study variance and its Q-profile interval. The interval belongs to the data, not to the
        estimator, so FE has one too; NaN when k = 1.
    i2, h2
        Share of the variance between studies in percent, and total over sampling variance.
    q, q_df, q_p
        Cochran's Q, k - 1, and its chi-squared p.
    k
        Number of studies.
    weights
        Percent, shape (k,) or (m, k); NaN for absent studies.
    level, tau2_method, ci_method, pi_method
        The choices made. `ci_method` is "wald" for a single study, whatever was asked for.
    note
        A caution of the function that made it, or "".
    """

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p_value: float
    pi_low: float
    pi_high: float
    tau2: float
    tau2_ci_low: float
    tau2_ci_high: float
    i2: float
    h2: float
    q: float
    q_df: int
    q_p: float
    k: int
    weights: np.ndarray
    level: float
    tau2_method: str
    ci_method: str
    pi_method: str
    note: str = ""


def pool(yi, vi, tau2_method="REML", ci_method="hksj", level=0.95, pi_method="metafor"):
    """
    Pool the effects of independent studies.

    Parameters
    ----------
    yi : array of shape (k,)
        Effects, one a study, finite.
    vi : array of shape (k,)
        Sampling variances (squared standard errors), > 0.
    tau2_method : {"REML", "FE", "DL", "HE", "HS", "SJ", "ML", "EB", "PM"}
        Estimator of the between-study variance; "FE" is the common-effect model with tau2 = 0.
    ci_method : {"hksj", "wald", "hksj_adhoc"}
        Hartung-Knapp-Sidik-Jonkman (t, k - 1), normal, or Hartung-Knapp never narrower than normal errors.
        A single study always gets the normal interval.
    level : float
        Of the confidence, prediction and Q-profile intervals, between 0 and 1.
    pi_method : {"metafor", "hts", "meta"}
        Prediction interval: "metafor" takes se and quantile of the confidence interval; "hts" (Higgins,
        Thompson and Spiegelhalter; metafor's "riley") its se and t with max(k - 2, 1) df; "meta" (R package
        meta) the unadjusted se and t with k - 1 df, NaN for one study.

    Returns
    -------
    PoolResult

    Raises
    ------
    ValueError
        If shapes differ, a value is not finite, a variance is not positive or a choice is unknown; the
        message names argument, position, value and remedy.
    ConvergenceError
        If the search for tau2 did not end.

    References
    ----------
    Definitions follow metafor 3.8 (rma.uni, predict, confint), pinned by tests/reference/metafor_dev.json.
    Hartung and Knapp (2001), Stat Med 20:3875-3889; Higgins, Thompson and Spiegelhalter (2009), J R Stat Soc
    A 172:137-159; Viechtbauer (2007), Stat Med 26:37-52 (Q-profile); Higgins and Thompson (2002), Stat Med
    21:1539-1558 (I2, H2).

    Examples
    --------
    >>> fit = pool([-0.9, -0.2, -0.6], [0.04, 0.05, 0.10])
    >>> print(f"{fit.estimate:.3f} ({fit.ci_low:.3f} to {fit.ci_high:.3f}), tau2 {fit.tau2:.3f}, k {fit.k}")
    -0.573 (-1.488 to 0.343), tau2 0.092, k 3
    """
    y, v = check_effects(yi, vi)
    choices = _check_choices(tau2_method, ci_method, level, pi_method)
    fit, weights = fit_columns(y[:, None], v[:, None], engine=choose_engine(y.size), **choices)
    _require_converged(fit)
    numbers = {name: values.item() for name, values in fit.items()}
    if y.size == 1:
        choices["ci_method"] = "wald"
    return PoolResult(**numbers, weights=weights[:, 0], **choices)


def empty_pool(level=0.95, tau2_method="REML", ci_method="hksj", pi_method="metafor"):
    """The result of pooling nothing: k is 0 and every number NaN."""
    numbers: dict[str, Any] = dict.fromkeys(NUMBERS, np.nan) | {"k": 0, "q_df": 0, "weights": np.empty(0)}
    return PoolResult(**numbers, **_check_choices(tau2_method, ci_method, level, pi_method))


def pool_many(yi, vi, tau2_method="REML", ci_method="hksj", level=0.95, pi_method="metafor"):
    """
    Pool many sets of studies at once; row i of the result is ``pool(yi[i], vi[i])`` without its NaN pads.

    Parameters
    ----------
    yi, vi : array of shape (m, k), or Dask array of that shape
        Effects and sampling variances; a study absent from an analysis is NaN in both. A row without any
        study gives NaN. Dask arrays stay lazy: ``dask.compute(result)[0]`` runs their blocks of rows on the
        active scheduler and gives the same bits.
    tau2_method, ci_method, level, pi_method
        As for `pool`.

    Returns
    -------
    PoolResult
        Fields of shape (m,), `weights` of shape (m, k).

    Raises
    ------
    ValueError, ConvergenceError
        As `pool`; positions are (row, column).

    Examples
    --------
    >>> yi = [[-0.9, -0.2, -0.6], [-0.9, -0.2, np.nan]]
    >>> vi = [[0.04, 0.05, 0.10], [0.04, 0.05, np.nan]]
    >>> many = pool_many(yi, vi)
    >>> print(many.k, many.estimate.round(3))
    [3 2] [-0.573 -0.557]
    """
    choices = _check_choices(tau2_method, ci_method, level, pi_method)
    if "dask" in (type(x).__module__.partition(".")[0] for x in (yi, vi)):
        rows = _dask_table(yi, vi, choices)
    else:
        rows = _checked_table(yi, vi, None, choices)
    numbers = {name: rows[:, i] for i, name in enumerate(NUMBERS)}
    numbers |= {name: numbers[name].astype(int) for name in COUNTS}
    return PoolResult(**numbers, weights=rows[:, len(NUMBERS) :], **choices)


def check_effects(yi, vi, minimum=1):
    """
    `yi` and `vi` as float vectors, or a ValueError that names argument, position, value and remedy.

    Parameters
    ----------
    yi, vi : array of shape (k,)
        Effects and sampling variances.
    minimum : int
        Fewest studies the caller can use.

    Returns
    -------
    yi, vi : array of shape (k,)
    """
    y, v = np.asarray(yi), np.asarray(vi)
    if y.dtype == v.dtype == float and y.shape == v.shape and np.isfinite(y).all() and np.isfinite(v).all():
        yi, vi = y, v  # nothing left to convert or to complain about
    else:
        yi, vi = as_arrays(yi=yi, vi=vi)
    if yi.ndim != 1:
        raise ValueError(f"yi has shape {yi.shape}; allowed: (k,). Fix: give a vector, an effect a study")
    if yi.size < minimum:
        raise ValueError(
            f"yi has {yi.size} studies; allowed: at least {minimum}. Fix: do without this analysis"
        )
    _require_positive(vi)
    return yi, vi


def _require_positive(vi, absent=False):
    good = absent | ((vi > 0.0) & (vi < np.inf))
    require(good, "vi", vi, "a finite variance > 0", "give the squared standard error of the effect")


def _check_choices(tau2_method, ci_method, level, pi_method) -> dict[str, Any]:
    require_choice("tau2_method", tau2_method, METHODS)
    require_choice("ci_method", ci_method, CI_METHODS)
    require_choice("pi_method", pi_method, PI_METHODS)
    if not 0.0 < level < 1.0:
        raise ValueError(f"level is {level!r}; allowed: between 0 and 1. Fix: write 0.95 for 95%")
    return {"tau2_method": tau2_method, "ci_method": ci_method, "level": level, "pi_method": pi_method}


def _require_converged(fit):
    bad = (fit["k"] > 0) & np.isnan(fit["tau2"]) | (fit["k"] > 1) & np.isnan(fit["tau2_ci_high"])
    if bad.any():
        raise ConvergenceError(
            f"the search for tau2 did not end in {bad.sum()} of {bad.size} analyses, first in number "
            f"{bad.argmax()}; look there for vi that differ by many orders of magnitude"
        )


def _checked_table(yi, vi, engine, choices):
    """Check (m, k) arrays and fit their rows; `engine` None chooses by size."""
    yi, vi = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    _require_rows(yi, vi)
    absent = np.isnan(yi)
    require(
        absent == np.isnan(vi), "yi", yi, "NaN where vi is NaN, and only there", "make both NaN, or neither"
    )
    require(
        absent | np.isfinite(yi), "yi", yi, "a finite effect or NaN", "make yi and vi of an absent study NaN"
    )
    _require_positive(vi, absent)
    rows = table(yi, vi, engine or choose_engine(yi.size), **choices)
    _require_converged({name: rows[:, NUMBERS.index(name)] for name in ("k", "tau2", "tau2_ci_high")})
    return rows


def _require_rows(yi, vi):
    if yi.ndim != 2 or yi.shape != vi.shape or yi.shape[1] == 0:
        raise ValueError(
            f"yi has shape {yi.shape} and vi {vi.shape}; allowed: one shape (m, k) with k >= 1. "
            "Fix: give a row an analysis, padded with NaN"
        )


def _dask_table(yi, vi, choices):
    """`_checked_table` of every block of rows of Dask arrays, lazily and with one engine for all."""
    import dask.array as da

    yi, vi = da.asarray(yi), da.asarray(vi)
    _require_rows(yi, vi)
    yi = yi.rechunk({1: -1})
    chunks = yi.chunks[0], (len(NUMBERS) + yi.shape[1],)
    engine = choose_engine(yi.size)
    return da.map_blocks(
        _checked_table, yi, vi.rechunk(yi.chunks), engine, choices, meta=np.empty((0, 0)), chunks=chunks
    )
