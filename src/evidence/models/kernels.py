"""
One analysis at a time: the tau2 searches as plain loops over studies.

The functions below are ordinary Python on floats, fast enough for a handful of studies and readable as the
definition of what is computed. `compiled` hands the same source to numba (optional extra ``fast``) for large
jobs, so both give the same bits. `tau2` holds the vectorised NumPy form of the same search.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from math import inf, isnan, log, nan, sqrt

SURE = 1.0 + 1e-9  # factor by which a bound must hold to outweigh rounding
NARROW = 1e-5  # relative width of a cell in which no second maximum can matter
STEP_RTOL = 1e-10  # a Newton step this small leaves an error of the order of its square
BISECTION_RTOL = 1e-15  # bisection gains only its own step, so it runs to rounding error
NEWTON_STEPS = 40  # afterwards only bisection, which cannot cycle
MAX_STEPS = 160
MAX_CELLS = 20_000


def score_parts(y, v, t, restricted, w):
    """
    Parts of the score of the (restricted) likelihood at tau2 = t, and of its slope.

    Twice the score is ``a - b`` and twice its derivative ``d - 2 c``. Each part is a sum of
    ``1 / (eigenvalue + t)**p`` with positive coefficients, hence positive and decreasing in t.

    Parameters
    ----------
    y, v : sequence of float, length k
        Effects and their sampling variances.
    t : float
        Between-study variance.
    restricted : bool
        REML when true, ML otherwise.
    w : list or array of length >= k
        Work space, overwritten with the weights.

    Returns
    -------
    a, b, c, d : float
        y'PPy, tr(P) or tr(V^-1), y'PPPy, tr(PP) or tr(V^-2).
    """
    s1 = s2 = s3 = sy = 0.0
    for i in range(len(y)):
        x = 1.0 / (v[i] + t)
        w[i] = x
        s1 += x
        s2 += x * x
        s3 += x * x * x
        sy += x * y[i]
    mu = sy / s1
    a = c = su = 0.0
    for i in range(len(y)):
        x = w[i]
        u = x * (y[i] - mu)
        a += u * u
        c += x * u * u
        su += x * u
    c -= su * su / s1
    if restricted:
        ratio = s2 / s1
        return a, s1 - ratio, c, s2 - 2.0 * s3 / s1 + ratio * ratio
    return a, s1, c, s2


def log_likelihood(y, v, t, restricted):
    """(Restricted) log-likelihood at tau2 = t, up to a constant."""
    s1 = sy = logs = 0.0
    for i in range(len(y)):
        x = 1.0 / (v[i] + t)
        s1 += x
        sy += x * y[i]
        logs += log(x)
    mu = sy / s1
    q = 0.0
    for i in range(len(y)):
        r = y[i] - mu
        q += r * r / (v[i] + t)
    if restricted:
        logs -= log(s1)
    return 0.5 * (logs - q)


def upper_bound(y, v, restricted):
    """
    A tau2 above which the (restricted) likelihood only falls, and the smallest variance.

    From y'PPy <= SS / (t + min v)^2 and tr(P) >= (k - 1) / (t + max v).
    """
    k = len(y)
    total = 0.0
    low = high = v[0]
    for i in range(k):
        total += y[i]
        low = min(low, v[i])
        high = max(high, v[i])
    mean = total / k
    ss = 0.0
    for i in range(k):
        ss += (y[i] - mean) * (y[i] - mean)
    s = 1.001 * ss / (max(k - 1, 1) if restricted else k)  # beyond the bound, which equal variances attain
    return 0.5 * (s + sqrt(s * s + 4.0 * s * (high - low))) - low, low


def polish(y, v, left, left_parts, right, floor, restricted, w):
    """
    Root of ``b / a = 1`` in [left, right], by Newton steps that never leave the bracket.

    The ratio is linear in t when all variances are equal, so a few steps suffice.

    Returns
    -------
    float
        The maximum of the likelihood in the bracket, NaN when the search did not end.
    """
    low, high, t = left, right, left
    a, b, c, d = left_parts
    for step in range(MAX_STEPS):
        if a >= b:
            low = t
        else:
            high = t
        slope = 2.0 * b * c - d * a
        new = t + (a - b) * a / slope if slope > 0.0 and step < NEWTON_STEPS else -1.0
        tolerance = STEP_RTOL
        if not low <= new <= high:
            new = 0.5 * (low + high)
            tolerance = BISECTION_RTOL
        if abs(new - t) <= tolerance * (new + floor):
            return new
        t = new
        a, b, c, d = score_parts(y, v, t, restricted, w)
    return nan


def likelihood_tau2(y, v, restricted, w):
    """
    The tau2 >= 0 with the highest (restricted) likelihood, found by exclusion.

    The range that can hold a maximum is cut into cells. A cell is dismissed when the bounds below prove the
    score to have one sign in it, polished when they prove the likelihood concave in it, and halved otherwise;
    no maximum can be missed. All maxima and tau2 = 0 are then compared by their likelihood.

    Returns
    -------
    float
        tau2, NaN when the search did not end.

    References
    ----------
    Patterson and Thompson (1971) for the restricted likelihood; Hansen (1992), Global Optimization Using
    Interval Analysis, for search by exclusion.
    """
    top, floor = upper_bound(y, v, restricted)
    best = 0.0
    if not top > 0.0:
        return best
    best_value = log_likelihood(y, v, best, restricted)
    t0 = 0.0
    p0 = score_parts(y, v, t0, restricted, w)
    ends = [(top, score_parts(y, v, top, restricted, w))]
    for _ in range(MAX_CELLS):
        if len(ends) == 0:
            return best
        t1, p1 = ends[-1]
        verdict = judge_cell(t0 + floor, p0, t1 + floor, p1)
        if verdict == 0:
            middle = sqrt((t0 + floor) * (t1 + floor)) - floor
            ends.append((middle, score_parts(y, v, middle, restricted, w)))
            continue
        if verdict == 1:
            root = polish(y, v, t0, p0, t1, floor, restricted, w)
            if isnan(root):
                return nan
            value = log_likelihood(y, v, root, restricted)
            if value > best_value:
                best, best_value = root, value
        t0, p0 = ends.pop()
    return nan


def judge_cell(s0, p0, s1, p1):
    """
    What the parts at both ends of a cell prove: -1 no maximum inside, 1 exactly one, 0 nothing yet.

    With s = tau2 + min v, each part falls with s, yet a s^2, b s, c s^3 and d s^2 rise with it.
    """
    a0, b0, c0, d0 = p0
    a1, b1, c1, d1 = p1
    if a0 * SURE < b1 or a1 * s1 * s1 * SURE < b0 * s0 * s0:  # likelihood falls throughout
        return -1
    if a1 > b0 * SURE or a0 * s0 * s0 > b1 * s1 * s1 * SURE:  # likelihood rises throughout
        return -1
    concave = d0 < 2.0 * c1 or d1 * s1 * s1 * s1 < 2.0 * c0 * s0 * s0 * s0
    if concave or s1 - s0 <= NARROW * s0:
        return 1 if a0 >= b0 and a1 < b1 else -1
    return 0


def q_parts(y, v, t, w):
    """Generalised Q statistic at tau2 = t, and minus its derivative; `w` is work space."""
    s1 = sy = 0.0
    for i in range(len(y)):
        x = 1.0 / (v[i] + t)
        w[i] = x
        s1 += x
        sy += x * y[i]
    mu = sy / s1
    q = a = 0.0
    for i in range(len(y)):
        r = y[i] - mu
        u = w[i] * r
        q += u * r
        a += u * u
    return q, a


def q_root(y, v, target, start, w):
    """
    The tau2 >= start at which the generalised Q statistic falls to `target`, or `start` when it already has.

    1/Q is concave and rising in tau2, so Newton steps on it approach the root from below.

    Parameters
    ----------
    y, v : sequence of float, length k
    target : float
        k - 1 for Paule-Mandel, a chi-squared quantile for the Q-profile interval.
    start : float
        A tau2 not above the root, or 0.
    w : list or array of length >= k
        Work space.

    Returns
    -------
    float
        tau2, NaN when the search did not end.

    References
    ----------
    Paule and Mandel (1982); Viechtbauer (2007), Statistics in Medicine 26:37-52.
    """
    floor = v[0]
    for i in range(len(y)):
        floor = min(floor, v[i])
    t = start
    for _ in range(MAX_STEPS):
        q, a = q_parts(y, v, t, w)
        if not q > target:
            return t
        step = q * (q / target - 1.0) / a
        t += step
        if step <= STEP_RTOL * (t + floor):
            return t
    return nan


def likelihood_columns(y, v, restricted, out):
    """`likelihood_tau2` of every column of (k, m) arrays, entries with infinite `v` being absent."""
    for j in range(y.shape[1]):
        yj, vj, w = present(y, v, j)
        out[j] = likelihood_tau2(yj, vj, restricted, w)


def q_root_columns(y, v, target, start, out):
    """`q_root` of every column of (k, m) arrays, entries with infinite `v` being absent."""
    for j in range(y.shape[1]):
        yj, vj, w = present(y, v, j)
        out[j] = q_root(yj, vj, target[j], start[j], w)


def present(y, v, j):
    """Studies of column j with finite variance, as lists, and work space of their length."""
    pairs = [pair for pair in zip(y[:, j].tolist(), v[:, j].tolist(), strict=True) if pair[1] < inf]
    return [yi for yi, _ in pairs], [vi for _, vi in pairs], [0.0] * len(pairs)


def loaded():
    """Whether `compiled` has been called, so that machine code costs nothing more."""
    return compiled.cache_info().currsize > 0


HAS_NUMBA = find_spec("numba") is not None


@cache
def compiled():
    """
    Machine-code twins of `likelihood_columns` and `q_root_columns`, cached on disk by numba.

    Returns
    -------
    dict of str to callable

    Raises
    ------
    ImportError
        If numba is not installed; the extra ``fast`` brings it.
    """
    import numpy as np
    from numba import boolean, float64, njit, types, void
    from numba.extending import overload, register_jitable

    helpers = score_parts, log_likelihood, upper_bound, judge_cell, polish, likelihood_tau2, q_parts, q_root
    for helper in helpers:
        register_jitable(helper)

    def present_arrays(y, v, j):
        n = 0
        yj, vj = np.empty(y.shape[0]), np.empty(y.shape[0])
        for i in range(y.shape[0]):
            if v[i, j] < inf:
                yj[n], vj[n] = y[i, j], v[i, j]
                n += 1
        return yj[:n], vj[:n], np.empty(n)

    overload(present)(lambda y, v, j: present_arrays)
    matrix, vector = (types.Array(float64, n, "C", readonly=True) for n in (2, 1))
    signatures = {
        likelihood_columns: void(matrix, matrix, boolean, float64[::1]),
        q_root_columns: void(matrix, matrix, vector, vector, float64[::1]),
    }
    return {
        f.__name__: njit(signature, cache=True, nogil=True, error_model="numpy")(f)
        for f, signature in signatures.items()
    }
