"""
Between-study variance for many analyses at once.

Arrays have shape (k, m): studies down, analyses across. A study missing from an analysis has ``y = 0`` and
``v = inf``, hence weight 0. Iterative estimators run compiled, as NumPy over all analyses, or as plain Python
for one small analysis; all three take the same steps.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from . import kernels

METHODS = ("FE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM")

# Sizes k * m at which the next engine is the faster one (loading numba costs about half a second, once).
PYTHON_LIMIT = 100
COMPILED_FROM = 20_000


def column_sums(x):
    """
    Sum of each column, added up in row order.

    NumPy adds a lone column pairwise. With one order for all, the result of an analysis has the same bits
    whatever it is computed beside.
    """
    return x.sum(0) if x.shape[1] != 1 else x.cumsum(0)[-1]


def weighted_mean(y, v, tau2):
    """
    Inverse-variance mean of each column.

    Parameters
    ----------
    y, v : array of shape (k, m)
        Effects and sampling variances; absent studies have ``y = 0`` and ``v = inf``.
    tau2 : float or array of shape (m,)

    Returns
    -------
    w : array of shape (k, m)
        Weights ``1 / (v + tau2)``.
    total, mean : array of shape (m,)
        Sum of the weights and the weighted mean.
    residual : array of shape (k, m)
        ``y - mean``; meaningless, but finite, for absent studies, whose weight is 0.
    """
    w = 1.0 / (v + tau2)
    total = column_sums(w)
    mean = column_sums(w * y) / total
    return w, total, mean, y - mean


def choose_engine(size):
    """Name of the engine for k * m = `size` numbers: python, numpy or compiled."""
    if kernels.loaded() or (size >= COMPILED_FROM and kernels.HAS_NUMBA):
        return "compiled"  # also for small jobs, once it is loaded
    return "python" if size <= PYTHON_LIMIT else "numpy"


def estimate_tau2(y, v, method, engine="numpy"):
    """
    Between-study variance of each analysis.

    Parameters
    ----------
    y, v : array of shape (k, m)
        Effects and sampling variances; absent studies have ``y = 0`` and ``v = inf``.
    method : {"FE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"}
        FE sets it to 0. EB solves the same equation as PM.
    engine : {"numpy", "compiled", "python"}

    Returns
    -------
    array of shape (m,)
        tau2 >= 0, 0 where only one study is present, NaN where a search did not end (`pool` then raises).

    References
    ----------
    Viechtbauer (2005), J Educ Behav Stat 30:261-293 (HE, HS, DL, ML, REML); Sidik and Jonkman (2005),
    J R Stat Soc C 54:367-384 (SJ); Paule and Mandel (1982) (PM); Morris (1983) (EB).

    Examples
    --------
    >>> y = np.array([[-0.9], [-0.2], [-0.6]])
    >>> v = np.array([[0.04], [0.05], [0.10]])
    >>> print(f"{estimate_tau2(y, v, 'DL')[0]:.4f}")
    0.0997
    """
    present = np.isfinite(v)
    k = present.sum(0)
    if method in ("EB", "PM"):
        tau2 = q_profile_root(y, v, np.maximum(k - 1.0, 0.5), engine=engine)
    elif method in ("ML", "REML"):
        tau2 = _likelihood(y, v, method == "REML", engine)
    else:
        tau2 = _closed_form(y, v, present, k, method)
    return np.where(k > 1, np.maximum(tau2, 0.0), 0.0)


def _closed_form(y, v, present, k, method):
    if method == "FE":
        return np.zeros(y.shape[1])
    if method in ("DL", "HS"):
        w, total, _, r = weighted_mean(y, v, 0.0)
        q = column_sums(w * r * r)
        if method == "HS":
            return (q - k) / total
        return (q - (k - 1)) / np.maximum(total - column_sums(w * w) / total, np.finfo(float).tiny)
    residual = np.where(present, y - column_sums(y) / k, 0.0)
    ss = column_sums(residual * residual)
    if method == "HE":
        return ss / np.maximum(k - 1, 1) - column_sums(np.where(present, v, 0.0)) / k
    crude = ss / k  # SJ: the crude variance of the effects, refined once
    w, _, _, r = weighted_mean(y, v, crude)
    return crude * column_sums(w * r * r) / np.maximum(k - 1, 1)


def q_profile_root(y, v, target, start=None, engine="numpy"):
    """
    The tau2 at which the generalised Q statistic equals `target`, or 0 when it never reaches it.

    Parameters
    ----------
    y, v : array of shape (k, m)
    target : array of shape (m,)
        k - 1 for Paule-Mandel, a chi-squared quantile for a bound of the Q-profile interval; > 0.
    start : array of shape (m,), optional
        A tau2 known not to exceed the root.
    engine : {"numpy", "compiled", "python"}

    Returns
    -------
    array of shape (m,)
        NaN where the search did not end.
    """
    m = y.shape[1]
    target, start = np.zeros(m) + target, np.zeros(m) + (0.0 if start is None else start)
    if engine == "numpy":
        return _q_root(y, v, target, start)
    out = np.empty(m)
    run = kernels.compiled()["q_root_columns"] if engine == "compiled" else kernels.q_root_columns
    run(y, v, target, start, out)
    return out


def _likelihood(y, v, restricted, engine):
    if engine == "numpy":
        return _search(y, v, restricted)
    out = np.zeros(y.shape[1])
    run = kernels.compiled()["likelihood_columns"] if engine == "compiled" else kernels.likelihood_columns
    run(y, v, restricted, out)
    return out


def _q_root(y, v, target, t):
    """`kernels.q_root` of every column."""
    floor = v.min(0)
    active = np.arange(t.size)
    for _ in range(kernels.MAX_STEPS):
        w, _, _, r = weighted_mean(y, v, t[active])
        u = w * r
        q, a = column_sums(u * r), column_sums(u * u)
        above = q > target[active]
        step = np.where(above, q * (q / target[active] - 1.0), 0.0) / np.where(above, a, 1.0)
        t[active] += step
        left = above & ~(step <= kernels.STEP_RTOL * (t[active] + floor))
        if not left.any():
            return t
        if not left.all():
            active, y, v, floor = active[left], y.compress(left, 1), v.compress(left, 1), floor[left]
    t[active] = np.nan
    return t


def _score_parts(y, v, t, restricted):
    """`kernels.score_parts` of every column, shape (4, n)."""
    w, s1, _, r = weighted_mean(y, v, t)
    w2, u = w * w, w * r
    s2, wu = column_sums(w2), w * u
    c = column_sums(wu * u) - column_sums(wu) ** 2 / s1
    a = column_sums(u * u)
    if not restricted:
        return np.stack([a, s1, c, s2])
    ratio = s2 / s1
    return np.stack([a, s1 - ratio, c, s2 - 2.0 * column_sums(w2 * w) / s1 + ratio * ratio])


def _log_likelihood(y, v, t, restricted):
    """`kernels.log_likelihood` of every column."""
    w, total, _, r = weighted_mean(y, v, t)
    q = column_sums(w * r * r)
    logs = column_sums(np.log(np.where(w > 0.0, w, 1.0)))
    return 0.5 * (logs - (np.log(total) if restricted else 0.0) - q)


def _upper_bound(y, v, restricted):
    """`kernels.upper_bound` of every column."""
    present = np.isfinite(v)
    k = present.sum(0)
    residual = np.where(present, y - column_sums(y) / k, 0.0)
    low, high = v.min(0), np.where(present, v, 0.0).max(0)
    s = 1.001 * column_sums(residual * residual) / np.maximum(k - 1 if restricted else k, 1)
    return 0.5 * (s + np.sqrt(s * s + 4.0 * s * (high - low))) - low, low


def _search(y, v, restricted):
    """`kernels.likelihood_tau2` of every column: all columns' cells are judged and halved together."""
    top, floor = _upper_bound(y, v, restricted)
    best = np.zeros(top.size)
    rows = np.flatnonzero(top > 0.0)
    if rows.size == 0:
        return best
    parts = partial(_score_parts, restricted=restricted)
    lo, hi = np.zeros(rows.size), top[rows]
    p_lo, p_hi = parts(y.take(rows, 1), v.take(rows, 1), lo), parts(y.take(rows, 1), v.take(rows, 1), hi)
    maxima = []  # (column, tau2)
    for _ in range(kernels.MAX_STEPS):
        verdict = _judge_cells(lo + floor[rows], p_lo, hi + floor[rows], p_hi)
        one = verdict == 1
        if one.any():
            columns = rows[one]
            bracket = lo[one], p_lo[:, one], hi[one]
            maxima.append(
                (columns, _polish(y.take(columns, 1), v.take(columns, 1), *bracket, floor[columns], parts))
            )
        cut = verdict == 0
        if not cut.any():
            return _highest(y, v, restricted, rows, maxima, best)
        rows, lo, hi, p_lo, p_hi = rows[cut], lo[cut], hi[cut], p_lo[:, cut], p_hi[:, cut]
        middle = np.sqrt((lo + floor[rows]) * (hi + floor[rows])) - floor[rows]
        p_mid = parts(y.take(rows, 1), v.take(rows, 1), middle)
        lo, hi = np.concatenate([lo, middle]), np.concatenate([middle, hi])
        p_lo, p_hi = np.hstack([p_lo, p_mid]), np.hstack([p_mid, p_hi])
        rows = np.concatenate([rows, rows])
    best[rows] = np.nan
    return best


def _highest(y, v, restricted, rows, maxima, best):
    """Of each column's maxima and 0, the tau2 with the highest likelihood."""
    if not maxima:
        return best
    columns, tau2 = (np.concatenate(part) for part in zip(*maxima, strict=True))
    value = _log_likelihood(y.take(columns, 1), v.take(columns, 1), tau2, restricted)
    at_zero = _log_likelihood(y.take(columns, 1), v.take(columns, 1), np.zeros(columns.size), restricted)
    keep = (value > at_zero) | np.isnan(tau2)
    order = np.flatnonzero(keep)[np.argsort(value[keep], kind="stable")]
    best[columns[order]] = tau2[order]  # the last assignment to a column wins: its highest value, or NaN
    return best


def _judge_cells(s0, p0, s1, p1):
    """`kernels.judge_cell` of every cell."""
    a0, b0, c0, d0 = p0
    a1, b1, c1, d1 = p1
    falls = (a0 * kernels.SURE < b1) | (a1 * s1 * s1 * kernels.SURE < b0 * s0 * s0)
    rises = (a1 > b0 * kernels.SURE) | (a0 * s0 * s0 > b1 * s1 * s1 * kernels.SURE)
    concave = (d0 < 2.0 * c1) | (d1 * s1 * s1 * s1 < 2.0 * c0 * s0 * s0 * s0)
    single = concave | (s1 - s0 <= kernels.NARROW * s0)
    one = np.where((a0 >= b0) & (a1 < b1), 1, -1)
    return np.where(falls | rises, -1, np.where(single, one, 0))


def _polish(y, v, low, p, high, floor, parts):
    """`kernels.polish` of every column."""
    root = np.full(low.size, np.nan)
    active, t = np.arange(low.size), low.copy()
    low, high = low.copy(), high.copy()
    for step in range(kernels.MAX_STEPS):
        a, b, c, d = p
        rising = a >= b
        low, high = np.where(rising, t, low), np.where(rising, high, t)
        slope = 2.0 * b * c - d * a
        usable = (slope > 0.0) & (step < kernels.NEWTON_STEPS)
        new = np.where(usable, t + (a - b) * a / np.where(usable, slope, 1.0), -1.0)
        newton = (low <= new) & (new <= high)
        new = np.where(newton, new, 0.5 * (low + high))
        tolerance = np.where(newton, kernels.STEP_RTOL, kernels.BISECTION_RTOL)
        done = np.abs(new - t) <= tolerance * (new + floor)
        root[active[done]] = new[done]
        if done.all():
            return root
        if done.any():
            go = ~done
            active, new, low, high, floor = active[go], new[go], low[go], high[go], floor[go]
            y, v = y.compress(go, 1), v.compress(go, 1)
        t = new
        p = parts(y, v, t)
    return root
