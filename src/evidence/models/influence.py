"""Which studies carry a pooled result: leave one out, and all subsets."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .pool import check_effects, pool_many

FEW_STUDIES = 10  # Sterne et al. (2011), BMJ 343:d4002


def few_studies_note(k):
    """
    What to say beside a diagnostic of `k` studies; "" when there are enough.

    Examples
    --------
    >>> print(few_studies_note(6))
    k = 6: fewer than 10 studies are too few to tell a pattern from chance (Sterne et al. 2011).
    """
    if k >= FEW_STUDIES:
        return ""
    few = f"k = {k}: fewer than {FEW_STUDIES} studies"
    return f"{few} are too few to tell a pattern from chance (Sterne et al. 2011)."


def leave_one_out(yi, vi, tau2_method="REML", ci_method="hksj", level=0.95, pi_method="metafor"):
    """
    Pool again without each study in turn.

    Parameters
    ----------
    yi, vi : array of shape (k,)
        Effects and sampling variances, k >= 2.
    tau2_method, ci_method, level, pi_method
        As for `pool`.

    Returns
    -------
    PoolResult
        Fields of shape (k,); entry i is the pool of all studies but i. `note` says when k is below 10.

    Raises
    ------
    ValueError, ConvergenceError
        As `pool`.

    References
    ----------
    Viechtbauer and Cheung (2010), Res Synth Methods 1:112-125.

    Examples
    --------
    >>> without = leave_one_out([-0.9, -0.2, -0.6], [0.04, 0.05, 0.10])
    >>> print(without.estimate.round(2), without.k)
    [-0.34 -0.81 -0.56] [2 2 2]
    """
    y, v = check_effects(yi, vi, minimum=2)
    rows = np.where(np.eye(y.size, dtype=bool), np.nan, 1.0)
    many = pool_many(rows * y, rows * v, tau2_method, ci_method, level, pi_method)
    return replace(many, note=few_studies_note(y.size))


@dataclass(frozen=True, eq=False)
class Gosh:
    """
    Result of `gosh`: one entry a subset.

    Attributes
    ----------
    included : bool array of shape (m, k)
        Studies in each subset.
    estimate, tau2, i2 : array of shape (m,)
        Pooled effect, between-study variance, and I2 in percent.
    k : int array of shape (m,)
        Size of each subset.
    note : str
        Says so when there are fewer than 10 studies, or when the subsets are a random sample.
    """

    included: np.ndarray
    estimate: np.ndarray
    tau2: np.ndarray
    i2: np.ndarray
    k: np.ndarray
    note: str


def gosh(yi, vi, tau2_method="REML", max_subsets=2**17, seed=0):
    """
    Pool every non-empty subset of the studies (graphical display of study heterogeneity).

    Parameters
    ----------
    yi, vi : array of shape (k,)
        Effects and sampling variances, k >= 2.
    tau2_method : str
        As for `pool`.
    max_subsets : int
        With more subsets than this (by default from k = 18 on) as many random ones are drawn, each study
        being in or out with even odds.
    seed : int
        Of that draw.

    Returns
    -------
    Gosh
        All 2^k - 1 subsets in binary order, study 0 being the lowest bit, or the random ones as drawn.

    Raises
    ------
    ValueError, ConvergenceError
        As `pool`.

    References
    ----------
    Olkin, Dahabreh and Trikalinos (2012), Res Synth Methods 3:214-223.

    Examples
    --------
    >>> subsets = gosh([-0.9, -0.2, -0.6], [0.04, 0.05, 0.10])
    >>> print(subsets.k, subsets.estimate.round(2))
    [1 1 2 1 2 2 3] [-0.9  -0.2  -0.56 -0.6  -0.81 -0.34 -0.57]
    """
    y, v = check_effects(yi, vi, minimum=2)
    k, note = y.size, few_studies_note(y.size)
    if 2**k - 1 <= max_subsets:
        included = (np.arange(1, 2**k)[:, None] >> np.arange(k)) & 1 == 1
    else:
        included = _random_subsets(k, max_subsets, seed)
        note = f"{note} A random {max_subsets} of 2^{k} - 1 subsets.".strip()
    fits = pool_many(np.where(included, y, np.nan), np.where(included, v, np.nan), tau2_method, "wald")
    return Gosh(included, fits.estimate, fits.tau2, fits.i2, fits.k, note)


def _random_subsets(k, m, seed):
    rng = np.random.default_rng(seed)
    included = rng.random((m, k)) < 0.5
    while (empty := ~included.any(1)).any():
        included[empty] = rng.random((int(empty.sum()), k)) < 0.5
    return included
