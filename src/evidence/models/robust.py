"""Cluster-robust (CR2) standard errors with Satterthwaite degrees of freedom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from .._arrays import as_arrays, require_level

# Eigenvalues of an adjustment matrix below this share of what they are without a design are zero up to
# rounding: a coefficient that a single cluster determines leaves one, and the pseudo-inverse drops it.
_EIGEN_RTOL = 1e-10


@dataclass(frozen=True)
class RobustFit:
    """
    Cluster-robust inference for the coefficients of a weighted regression.

    Attributes
    ----------
    estimate, se, df, t, p_value, ci_low, ci_high : array of shape (p,)
        Coefficients; CR2 standard errors; Satterthwaite degrees of freedom; t, two-sided p and interval.
    vcov : array of shape (p, p)
        CR2 covariance matrix of the coefficients.
    """

    estimate: np.ndarray
    se: np.ndarray
    df: np.ndarray
    t: np.ndarray
    p_value: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    vcov: np.ndarray


def cr2(yi, design, covariance, cluster, level=0.95) -> RobustFit:
    """
    Generalised least squares with bias-reduced linearisation (CR2) standard errors.

    The working model is ``yi ~ N(design @ beta, covariance)`` and the weights are the inverse of
    `covariance`. The adjustment makes the variance estimator exactly unbiased when that model is right
    and keeps it consistent, in the number of clusters, when it is wrong.

    Parameters
    ----------
    yi : array of shape (k,)
        Effects.
    design : array of shape (k, p)
        Design matrix of full column rank, intercept included where one is wanted.
    covariance : array of shape (k,) or (k, k)
        Working covariance of `yi`: its diagonal, or the whole matrix, which must be zero between clusters.
    cluster : sequence of length k
        Cluster label of each row.
    level : float, default 0.95
        Level of the intervals.

    Returns
    -------
    RobustFit

    Raises
    ------
    ValueError
        If shapes differ, `covariance` is not positive definite, fewer than two clusters remain or the
        design is singular.

    References
    ----------
    Bell and McCaffrey (2002), Survey Methodology 28, 169-181; Pustejovsky and Tipton (2018), Journal of
    Business and Economic Statistics 36, 672-683, doi:10.1080/07350015.2016.1247004. Pinned to clubSandwich
    0.5.8 and robumeta 2.0 by tests/reference/multilevel.json.

    Examples
    --------
    >>> fit = cr2([-0.9, -0.5, -0.2, -0.6], np.ones((4, 1)), [0.1, 0.1, 0.2, 0.1], ["a", "a", "b", "c"])
    >>> print(f"{fit.estimate[0]:.3f} {fit.se[0]:.3f} {fit.df[0]:.2f}")
    -0.600 0.107 1.55
    """
    (yi,), (design,) = as_arrays(yi=yi), as_arrays(design=design)
    (covariance,) = as_arrays(covariance=covariance)
    require_level(level)
    blocks = _blocks(yi, design, covariance, cluster)
    # Orthonormal columns: year-like moderators would otherwise cost half the digits.
    basis, triangle = np.linalg.qr(design)
    weighted = [(rows, phi, np.linalg.solve(phi, basis[rows])) for rows, phi, _ in blocks]
    bread = np.linalg.inv(sum(basis[rows].T @ wx for rows, _, wx in weighted))
    gamma = bread @ sum(wx.T @ yi[rows] for rows, _, wx in weighted)
    back = np.linalg.inv(triangle)  # coefficient = back @ gamma
    contrasts = bread @ back.T
    residuals = yi - basis @ gamma
    # Columns s_j = A_j' W_j X_j (X'WX)^-1 c of each cluster, one per coefficient; A_j is symmetric.
    adjusted = [_adjustment(basis[rows], phi, lower, bread) for rows, phi, lower in blocks]
    loadings = [a @ wx @ contrasts for a, (_, _, wx) in zip(adjusted, weighted, strict=True)]
    scores = np.array([s.T @ residuals[rows] for s, (rows, _, _) in zip(loadings, weighted, strict=True)])
    vcov = scores.T @ scores
    df = _satterthwaite(loadings, weighted, basis, bread)
    return _inference(back @ gamma, vcov, df, level)


def _blocks(yi, design, covariance, cluster):
    k = len(yi)
    if design.ndim != 2 or len(design) != k or covariance.shape not in {(k,), (k, k)} or len(cluster) != k:
        raise ValueError(
            f"shapes do not match: yi {yi.shape}, design {design.shape}, covariance {covariance.shape}, "
            f"{len(cluster)} cluster labels. Fix: give (k,), (k, p), (k,) or (k, k), and k labels"
        )
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise ValueError(f"design of shape {design.shape} is singular. Fix: drop columns that repeat others")
    members: dict = {}
    for row, label in enumerate(cluster):
        members.setdefault(label, []).append(row)
    if len(members) < 2:
        raise ValueError(
            f"cluster has {len(members)} distinct label(s). Fix: a robust variance needs 2 or more"
        )
    full = np.diag(covariance) if covariance.ndim == 1 else covariance
    blocks = [(rows, full[np.ix_(rows, rows)]) for rows in members.values()]
    if sum(np.count_nonzero(phi) for _, phi in blocks) < np.count_nonzero(full):
        raise ValueError(
            "covariance is not zero between clusters. Fix: join the clusters that are correlated"
        )
    return [(rows, phi, _root(phi)) for rows, phi in blocks]


def _root(phi):
    try:
        return np.linalg.cholesky(phi)
    except np.linalg.LinAlgError:
        raise ValueError("covariance is not positive definite. Fix: keep correlations below 1") from None


def _adjustment(design, phi, lower, bread):
    """Adjustment A of one cluster: A (phi - X bread X') A' = phi on the space the residuals span."""
    values, vectors = np.linalg.eigh(lower.T @ (phi - design @ bread @ design.T) @ lower)
    kept = values > _EIGEN_RTOL * np.sum(phi**2)  # its trace is sum(phi**2) without a design
    root = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
    return lower @ root @ lower.T


def _satterthwaite(loadings, weighted, basis, bread):
    """Degrees of freedom (p,): trace squared over squared norm of p_i' Phi p_j, a J x J matrix."""
    pairs = list(zip(loadings, weighted, strict=True))
    own = np.array([np.einsum("ic,ij,jc->c", s, phi, s) for s, (_, phi, _) in pairs])
    shared = np.array([basis[rows].T @ s for s, (rows, _, _) in pairs])
    df = np.full(own.shape[1], np.nan)
    for c in range(len(df)):
        gram = np.diag(own[:, c]) - shared[:, :, c] @ bread @ shared[:, :, c].T
        if (norm := np.sum(gram**2)) > 0:
            df[c] = np.trace(gram) ** 2 / norm
    return df


def _inference(estimate, vcov, df, level):
    se = np.sqrt(np.diag(vcov))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = estimate / se
    half = stdtrit(df, 0.5 + level / 2) * se
    return RobustFit(
        estimate=estimate, se=se, df=df, t=t, p_value=2 * stdtr(df, -np.abs(t)),
        ci_low=estimate - half, ci_high=estimate + half, vcov=vcov,
    )  # fmt: skip
