"""Joint posterior of several means as weighted points, and what is read off it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class JointResult:
    """
    Joint posterior of the mean effects of W windows, `windows` giving their order in every array.

    Attributes
    ----------
    windows : tuple of str
    estimate, mean, sd, ci_low, ci_high, p_benefit : array of shape (W,)
        Posterior median, mean, SD and equal-tail interval of each mu, and P(mu < 0). NaN for a window on
        which no trial bears (independent prior).
    correlation : array of shape (W, W)
        Posterior correlation of the means.
    tau, tau_ci_low, tau_ci_high : float
        SD of true effects between trials within a window.
    omega : float
        Posterior mean of the share of tau^2 that a trial's windows have in common.
    k : array of shape (W,)
        Trials that say anything, by window.
    rho, level : float
    prior : str
    effective : float
        Share of the quadrature points that carry the weight; above 0.2 the fit is comfortable.
    """

    windows: tuple
    estimate: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    p_benefit: np.ndarray
    correlation: np.ndarray
    tau: float
    tau_ci_low: float
    tau_ci_high: float
    omega: float
    k: np.ndarray
    rho: float
    level: float
    prior: str
    effective: float
    _mu: np.ndarray = field(repr=False, compare=False)
    _weight: np.ndarray = field(repr=False, compare=False)

    def prob_below(self, x):
        """P(mu < x) in each window, shape (W,)."""
        return np.where(np.isnan(self.sd), np.nan, self._weight @ (self._mu < x))

    def prob(self, event):
        """
        Probability of an event on the means.

        Parameters
        ----------
        event : callable
            Maps means of shape (N, W) to truth values of shape (N,): ``lambda mu: mu[:, 2] < mu[:, 0]``.
        """
        return float(self._weight @ np.asarray(event(self._mu), bool))

    def quantile(self, function, p):
        """
        Quantiles of a function of the means.

        Parameters
        ----------
        function : callable
            Maps means of shape (N, W) to numbers of shape (N,): ``lambda mu: mu[:, 0] / mu[:, 2]``.
        p : float or array
            Probabilities.
        """
        return weighted_quantile(np.asarray(function(self._mu), float), self._weight, p)


def weighted_quantile(values, weight, p):
    """
    Quantiles of weighted points, interpolated between the middles of their weights.

    Parameters
    ----------
    values, weight : array of shape (N,)
        Weights add to 1.
    p : float or array

    Examples
    --------
    >>> print(f"{weighted_quantile(np.array([3.0, 1.0, 2.0]), np.array([0.25, 0.25, 0.5]), 0.5):.1f}")
    2.0
    """
    order = np.argsort(values, kind="stable")
    middle = np.cumsum(weight[order]) - 0.5 * weight[order]
    return np.interp(p, middle, values[order])
