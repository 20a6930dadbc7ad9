"""
Everything `pool` reports, for many analyses at once: the engine under `pool` and `pool_many`.

Arrays have shape (k, m), studies down and analyses across; an absent study has ``y = 0`` and ``v = inf``.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
from scipy.special import chdtrc, chdtri, ndtr, ndtri, stdtr, stdtrit

from .tau2 import column_sums, estimate_tau2, q_profile_root, weighted_mean

# What `fit_columns` computes for an analysis, one number each, in the order of `table`.
NUMBERS = (
    "estimate", "se", "ci_low", "ci_high", "p_value", "pi_low", "pi_high", "tau2",
    "tau2_ci_low", "tau2_ci_high", "i2", "h2", "q", "q_df", "q_p", "k",
)  # fmt: skip
BLOCK_NUMBERS = 16_384  # numbers in an array of one block, so that its work space stays in cache


def fit_columns(y, v, tau2_method, ci_method, level, pi_method, engine):
    """
    Fit every column; see `pool` for the choices and the sources of the formulas.

    Parameters
    ----------
    y, v : array of shape (k, m)
        Effects and sampling variances; absent studies have ``y = 0`` and ``v = inf``.
    tau2_method, ci_method, level, pi_method
        As for `pool`.
    engine : {"python", "numpy", "compiled"}

    Returns
    -------
    fit : dict of str to array of shape (m,)
        The names of NUMBERS. NaN in `tau2` or its interval where a search did not end.
    weights : array of shape (k, m)
        Percent, NaN for absent studies.
    """
    k = np.isfinite(v).sum(0)
    empty = k == 0
    if empty.any():  # a placeholder keeps the arithmetic defined; its results are blanked below
        v = v.copy()
        v[0, empty] = 1.0
    t_crit, t_hts, chi_high, chi_low = _critical_values(k, level)
    df, single = np.maximum(k - 1, 1), k < 2
    wald = single | (ci_method == "wald")
    crit = np.where(wald, ndtri((1.0 + level) / 2.0), t_crit)

    tau2 = estimate_tau2(y, v, tau2_method, engine)
    w, total, estimate, r = weighted_mean(y, v, tau2)
    plain_se = se = 1.0 / np.sqrt(total)
    if ci_method != "wald":
        inflation = column_sums(w * r * r) / df
        if ci_method == "hksj_adhoc":
            inflation = np.maximum(inflation, 1.0)
        se = np.where(wald, se, se * np.sqrt(inflation))
    fit = {"estimate": estimate, "se": se, "ci_low": estimate - crit * se, "ci_high": estimate + crit * se}
    fit["p_value"] = _two_sided_p(np.abs(estimate), se, df, wald)

    pi_crit = {"metafor": crit, "hts": t_hts, "meta": t_crit}[pi_method]
    pi_se = plain_se if pi_method == "meta" else se
    half = pi_crit * np.sqrt(pi_se * pi_se + tau2) if tau2_method != "FE" else np.full(k.size, np.nan)
    fit |= {"pi_low": estimate - half, "pi_high": estimate + half, "tau2": tau2}
    fit["tau2_ci_low"], fit["tau2_ci_high"] = _q_profile(y, v, single, chi_high, chi_low, engine)
    fit |= _heterogeneity(y, v, df, single, tau2, tau2_method)
    if empty.any():
        fit = {name: np.where(empty, np.nan, values) for name, values in fit.items()}
    return fit | {"q_df": np.maximum(k - 1, 0), "k": k}, np.where(w > 0.0, 100.0 * w / total, np.nan)


def _critical_values(k, level):
    least = int(k.min())
    return np.array([_quantiles(n, level) for n in range(least, int(k.max()) + 1)])[k - least].T


@lru_cache(maxsize=4096)
def _quantiles(k, level):
    """For k studies: t(k - 1), t(max(k - 2, 1)), upper and lower chi-squared(k - 1)."""
    tail = (1.0 - level) / 2.0
    hts = float(stdtrit(max(k - 2, 1), 1.0 - tail))
    if k < 2:
        return np.nan, hts, np.nan, np.nan
    return (
        float(stdtrit(k - 1, 1.0 - tail)),
        hts,
        float(chdtri(k - 1, tail)),
        float(chdtri(k - 1, 1.0 - tail)),
    )


def _two_sided_p(size, se, df, wald):
    with np.errstate(divide="ignore", invalid="ignore"):  # se is 0 when all effects are equal
        ratio = size / se
    return 2.0 * np.where(wald, ndtr(-ratio), stdtr(df, -ratio))


def _q_profile(y, v, single, chi_high, chi_low, engine):
    low = q_profile_root(y, v, np.where(single, 1.0, chi_high), engine=engine)
    high = q_profile_root(y, v, np.where(single, 1.0, chi_low), start=low, engine=engine)
    return np.where(single, np.nan, low), np.where(single, np.nan, high)


def _heterogeneity(y, v, df, single, tau2, tau2_method):
    """Q and its p; I2 and H2 from tau2 and the typical sampling variance, or from Q under FE."""
    w, total, _, r = weighted_mean(y, v, 0.0)
    q = column_sums(w * r * r)
    if tau2_method == "FE":
        h2 = np.where(single, 1.0, q / df)
        i2 = 100.0 * np.maximum(0.0, 1.0 - df / np.maximum(q, df))
    else:
        spread = np.where(single, 1.0, total * total - column_sums(w * w))
        typical = np.where(single, 1.0, df * total / spread)
        h2 = 1.0 + tau2 / typical
        i2 = 100.0 * tau2 / (tau2 + typical)
    return {"i2": i2, "h2": h2, "q": q, "q_p": np.where(single, 1.0, chdtrc(df, q))}


def table(yi, vi, engine, **choices):
    """
    Numbers and weights of every row of (m, k) arrays, block by block on the cores at hand.

    Parameters
    ----------
    yi, vi : array of shape (m, k)
        Effects and sampling variances, NaN in both for an absent study.
    engine : {"python", "numpy", "compiled"}
    **choices
        The remaining arguments of `fit_columns`.

    Returns
    -------
    array of shape (m, len(NUMBERS) + k)
    """
    m, k = yi.shape
    out = np.empty((m, len(NUMBERS) + k))
    rows = max(BLOCK_NUMBERS // k, 1)

    def block(start):
        part = slice(start, start + rows)
        y, v = yi[part].T.copy(), vi[part].T.copy()  # studies down, analyses contiguous
        absent = np.isnan(y)
        y[absent], v[absent] = 0.0, np.inf
        fit, weights = fit_columns(y, v, engine=engine, **choices)
        for i, name in enumerate(NUMBERS):
            out[part, i] = fit[name]
        out[part, len(NUMBERS) :] = weights.T

    starts = range(0, m, rows)
    if len(starts) < 2:  # not worth a thread
        list(map(block, starts))
        return out
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(block, starts))
    return out
