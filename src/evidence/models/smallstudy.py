"""Do small studies report larger effects? Egger's test, the rank correlation, trim and fill."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from .._arrays import require_choice
from ..errors import ConvergenceError
from .influence import few_studies_note
from .pool import PoolResult, check_effects, pool
from .regression import meta_regression

ESTIMATORS = ("L0", "R0", "Q0")
MAX_ROUNDS = 200


@dataclass(frozen=True)
class EggerTest:
    """
    Result of `egger`.

    Attributes
    ----------
    slope, slope_se : float
        Change of the effect per unit of standard error (Egger's bias coefficient).
    intercept, intercept_se : float
        Effect expected of a study without sampling error.
    t, df, p_value : float
        Test of the slope; NaN with two studies.
    k : int
    note : str
        Says so when k is below 10.
    """

    slope: float
    slope_se: float
    intercept: float
    intercept_se: float
    t: float
    df: int
    p_value: float
    k: int
    note: str


def egger(yi, vi):
    """
    Egger's regression test for funnel plot asymmetry.

    Parameters
    ----------
    yi, vi : array of shape (k,)
        Effects and sampling variances, k >= 2, not all of one variance.

    Returns
    -------
    EggerTest

    Raises
    ------
    ValueError
        For input that `pool` would refuse, fewer than two studies, or equal variances.

    References
    ----------
    Egger et al. (1997), BMJ 315:629-634; as metafor regtest(model="lm"). Sterne et al. (2011), BMJ 343:d4002.

    Examples
    --------
    >>> test = egger([-1.2, -0.4, -0.3, -0.1], [0.30, 0.10, 0.04, 0.02])
    >>> print(f"slope {test.slope:.2f}, t({test.df}) = {test.t:.2f}, p = {test.p_value:.3f}")
    slope -2.42, t(2) = -5.45, p = 0.032
    """
    y, v = check_effects(yi, vi, minimum=2)
    _require_unequal(v)
    k, root = y.size, 1.0 / np.sqrt(v)
    design = np.column_stack([root, np.ones(k)])  # (1, sei) times the root of the weight 1 / vi
    q, r = np.linalg.qr(design)
    intercept, slope = np.linalg.solve(r, q.T @ (y * root)).tolist()
    residual = y * root - design @ [intercept, slope]
    df = k - 2
    scale = residual @ residual / df if df > 0 else np.nan
    inverse = np.linalg.inv(r)
    intercept_se, slope_se = np.sqrt(scale * np.sum(inverse * inverse, axis=1)).tolist()
    t = slope / slope_se if slope_se != 0.0 else np.nan
    p_value = float(2.0 * stdtr(df, -abs(t))) if df > 0 else np.nan
    return EggerTest(slope, slope_se, intercept, intercept_se, t, df, p_value, k, few_studies_note(k))


def _require_unequal(v):
    if v.max() - v.min() <= 1e-12 * v.max():
        raise ValueError(
            f"vi is {v[0]:.12g} throughout; allowed: studies of different precision. "
            "Fix: do without this check, which has nothing to go by"
        )


@dataclass(frozen=True)
class RankTest:
    """
    Result of `rank_test`: Kendall's `tau`, its `p_value`, `k`, and a `note` when k is below 10.
    """

    tau: float
    p_value: float
    k: int
    note: str


def rank_test(yi, vi):
    """
    Rank correlation of effects and variances (Begg and Mazumdar).

    Parameters
    ----------
    yi, vi : array of shape (k,)
        Effects and sampling variances, k >= 2, not all of one variance.

    Returns
    -------
    RankTest
        The p value is exact unless there are ties.

    Raises
    ------
    ValueError
        For input that `pool` would refuse, fewer than two studies, or equal variances.

    References
    ----------
    Begg and Mazumdar (1994), Biometrics 50:1088-1101; as metafor ranktest.

    Examples
    --------
    >>> test = rank_test([-1.2, -0.4, -0.3, -0.1], [0.30, 0.10, 0.04, 0.02])
    >>> print(f"{test.tau:.2f} {test.p_value:.3f}")
    -1.00 0.083
    """
    from scipy.stats import kendalltau  # slow to import

    y, v = check_effects(yi, vi, minimum=2)
    _require_unequal(v)
    w = 1.0 / v
    deviate = (y - w @ y / w.sum()) / np.sqrt(v - 1.0 / w.sum())
    ties = np.unique(deviate).size < y.size or np.unique(v).size < y.size
    found = kendalltau(deviate, v, method="asymptotic" if ties else "exact")
    return RankTest(float(found.statistic), float(found.pvalue), y.size, few_studies_note(y.size))


@dataclass(frozen=True, eq=False)
class TrimAndFill:
    """
    Result of `trim_and_fill`.

    Attributes
    ----------
    k0 : int
        Studies judged missing and filled in.
    side : {"left", "right"}
        Side of the funnel they are missing from.
    estimator : str
    estimate, se, ci_low, ci_high, tau2 : float
        Pool of observed and filled studies.
    fit : PoolResult
        The whole of that pool.
    yi, vi : array of shape (k + k0,)
        Observed studies in the order given, then the filled ones.
    k : int
        Observed studies.
    note : str
        Says so when k is below 10.
    """

    k0: int
    side: str
    estimator: str
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    tau2: float
    fit: PoolResult
    yi: np.ndarray
    vi: np.ndarray
    k: int
    note: str


def trim_and_fill(yi, vi, estimator="L0", side=None, tau2_method="REML", ci_method="hksj", level=0.95):
    """
    Fill in the studies that a symmetric funnel plot would have, and pool again.

    A sensitivity check: what the pool would be if small studies were missing for their result and for nothing
    else. It cannot tell whether they are.

    Parameters
    ----------
    yi, vi : array of shape (k,)
        Effects and sampling variances, k >= 3.
    estimator : {"L0", "R0", "Q0"}
        How the number of missing studies is estimated.
    side : {"left", "right"}, optional
        Where they are missing; by default opposite to the lean of the small studies, told by a regression on
        the standard error.
    tau2_method, ci_method, level
        As for `pool`.

    Returns
    -------
    TrimAndFill

    Raises
    ------
    ValueError
        For input or choices that `pool` would refuse, fewer than three studies, or equal variances without
        `side`.
    ConvergenceError
        If the number of missing studies does not settle, or Q0 does not exist.

    References
    ----------
    Duval and Tweedie (2000), J Am Stat Assoc 95:89-98 and Biometrics 56:455-463; as metafor trimfill.

    Examples
    --------
    >>> filled = trim_and_fill([-1.6, -1.2, -0.4, -0.3, -0.1], [0.30, 0.30, 0.10, 0.04, 0.02])
    >>> print(filled.k0, filled.side, f"{filled.estimate:.2f}")
    3 right -0.18
    """
    y, v = check_effects(yi, vi, minimum=3)
    require_choice("estimator", estimator, ESTIMATORS)
    if side is None:
        _require_unequal(v)
        regression_method = "REML" if tau2_method == "ML" else tau2_method
        slope = meta_regression(y, v, np.sqrt(v), regression_method, "wald").estimate[1]
        side = "right" if slope < 0.0 else "left"
    require_choice("side", side, ("left", "right"))
    sign = -1.0 if side == "right" else 1.0
    k0, centre, beyond = _missing(sign * y, v, estimator, tau2_method)
    y, v = np.concatenate([y, sign * (2.0 * centre - sign * y[beyond])]), np.concatenate([v, v[beyond]])
    fit = pool(y, v, tau2_method, ci_method, level)
    numbers = {name: getattr(fit, name) for name in ("estimate", "se", "ci_low", "ci_high", "tau2")}
    k = y.size - k0
    return TrimAndFill(k0, side, estimator, **numbers, fit=fit, yi=y, vi=v, k=k, note=few_studies_note(k))


def _missing(y, v, estimator, tau2_method):
    """Number missing on the left, the centre without their counterparts, and the positions of those."""
    k, order = y.size, np.argsort(y, kind="stable")
    k0 = 0
    for _ in range(MAX_ROUNDS):
        keep = order[: k - k0]
        centre = pool(y[keep], v[keep], tau2_method, "wald").estimate
        deviation = y[order] - centre
        rank = np.empty(k)
        rank[np.argsort(np.abs(deviation), kind="stable")] = np.arange(1, k + 1)
        found = max(0, round(_count(rank * np.sign(deviation), estimator)))
        if found == k0:
            return k0, centre, order[k - k0 :]
        k0 = found
    raise ConvergenceError(
        "trim and fill does not settle on a number of missing studies; try another estimator"
    )


def _count(signed_rank, estimator):
    """Duval and Tweedie's estimators of the number of missing studies."""
    k, positive = signed_rank.size, signed_rank[signed_rank > 0.0].sum()
    if estimator == "R0":
        return k + min(signed_rank.min(), 0.0) - 1.0
    if estimator == "L0":
        return (4.0 * positive - k * (k + 1)) / (2.0 * k - 1.0)
    square = 2.0 * k * k - 4.0 * positive + 0.25
    if square < 0.0:
        raise ConvergenceError("trim and fill: Q0 does not exist for these ranks; use estimator='L0' or 'R0'")
    return k - 0.5 - np.sqrt(square)
