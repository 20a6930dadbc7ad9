"""
Likelihood of the mean effects of several windows when trials report in more than one of them.

A trial's effect in window w is mu_w plus a normal deviation with SD tau, of which the share omega (of the
variance) is common to all windows of the trial; its sampling errors are correlated by rho. Both correlations
run through one latent normal per trial, with loading sqrt(omega tau^2 + rho se_w^2) in window w. The
covariance of two windows is the product of their loadings: omega tau^2 + rho se_w^2 when the standard errors
are equal (they nearly are), otherwise within a few percent of the working one, omega tau^2 + rho se_w se_v.

Arrays: trials by windows (k, W); points in parameter space lie along a first axis of length N.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import roots_hermitenorm

from .likelihood import FAR, log_probability

LATENT_NODES = 25  # Gauss-Hermite nodes of a trial's latent normal


@dataclass(frozen=True)
class Reports:
    """
    What each trial says in each window.

    Parameters
    ----------
    lower, upper, se : array of shape (k, W)
        As in `pool_partial`; open ends are -FAR and FAR.
    exact, hidden : bool array of shape (k, W)
        Whether the window holds a number or a bounded report; neither where the trial says nothing.
    rho : float
        Correlation of a trial's sampling errors between windows.
    """

    lower: np.ndarray
    upper: np.ndarray
    se: np.ndarray
    exact: np.ndarray
    hidden: np.ndarray
    rho: float

    def take(self, windows):
        """The same trials in some of the windows."""
        lower, upper, se = self.lower[:, windows], self.upper[:, windows], self.se[:, windows]
        return Reports(lower, upper, se, self.exact[:, windows], self.hidden[:, windows], self.rho)

    def parts(self, i, tau, omega):
        """Loadings and independent variances of trial `i`, each (N, W)."""
        squared, variance = tau[:, None] ** 2, self.se[i] ** 2
        loading = np.sqrt(omega[:, None] * squared + self.rho * variance)
        return loading, squared + variance - loading**2

    def log_likelihood(self, mu, tau, omega):
        """
        Log-likelihood at N points.

        Parameters
        ----------
        mu : array of shape (N, W)
        tau, omega : array of shape (N,)
        """
        out = np.zeros(len(mu))
        for i in range(len(self.se)):
            loading, rest = self.parts(i, tau, omega)
            exact, hidden = np.flatnonzero(self.exact[i]), np.flatnonzero(self.hidden[i])
            residual = self.lower[i, exact] - mu[:, exact]
            value, center, spread = _given_numbers(residual, loading[:, exact], rest[:, exact])
            out += value
            if len(hidden) == 1:
                out += self._one_hidden(i, hidden[0], mu, loading, rest, center, spread)
            elif len(hidden):
                out += self._several_hidden(i, hidden, mu, loading, rest, center, spread)
        return out

    def _one_hidden(self, i, w, mu, loading, rest, center, spread):
        s = np.sqrt(rest[:, w] + loading[:, w] ** 2 * spread)
        middle = mu[:, w] + loading[:, w] * center
        return log_probability((self.lower[i, w] - middle) / s, (self.upper[i, w] - middle) / s)

    def _several_hidden(self, i, windows, mu, loading, rest, center, spread):
        node, weight = roots_hermitenorm(LATENT_NODES)
        latent = center[:, None] + np.sqrt(spread)[:, None] * node
        total = np.log(weight / weight.sum())
        for w in windows:
            s, middle = np.sqrt(rest[:, w, None]), mu[:, w, None] + loading[:, w, None] * latent
            total = total + log_probability((self.lower[i, w] - middle) / s, (self.upper[i, w] - middle) / s)
        top = total.max(1)
        return top + np.log(np.exp(total - top[:, None]).sum(1))

    def stand_in(self, tau, omega, prior_precision):
        """
        Mean and Cholesky factor of mu if every bounded report were a normal one, at N points.

        Only a frame for the quadrature: it centres and scales mu, and does not enter the posterior.

        Parameters
        ----------
        tau, omega : array of shape (N,)
        prior_precision : array of shape (N, W, W)

        Returns
        -------
        mean : array of shape (N, W)
        factor : array of shape (N, W, W)
        """
        value, extra = self._normal_reports()
        precision, pull = prior_precision.copy(), np.zeros(prior_precision.shape[:2])
        known = self.exact | self.hidden
        for i in range(len(self.se)):
            loading, rest = self.parts(i, tau, omega)
            inverse = known[i] / (rest + extra[i])
            scaled = inverse * loading
            shrink = 1 / (1 + (scaled * loading).sum(1))
            block = inverse[:, :, None] * np.eye(inverse.shape[1])
            block = block - shrink[:, None, None] * scaled[:, :, None] * scaled[:, None]
            precision += block
            pull += block @ value[i]
        covariance = np.linalg.inv(precision)
        return (covariance @ pull[:, :, None])[:, :, 0], np.linalg.cholesky(covariance)

    def _normal_reports(self):
        """Middle and extra variance of each report, as if it were a number."""
        left, right = self.lower > -FAR, self.upper < FAR
        middle = np.where(
            left & right, 0.5 * (self.lower + self.upper), np.where(left, self.lower, self.upper)
        )
        middle = middle + self.se * (left & ~right) - self.se * (right & ~left)
        width = np.where(left & right, self.upper - self.lower, 10 * self.se)
        known = self.exact | self.hidden
        return np.where(known, middle, 0.0), np.where(known, width**2 / 12, 0.0)


def _given_numbers(residual, loading, rest):
    """Log density of a trial's numbers, and mean and variance of its latent normal given them."""
    pull = (loading * residual / rest).sum(1)
    spread = 1 / (1 + (loading**2 / rest).sum(1))
    square = (residual**2 / rest).sum(1) - spread * pull**2
    log_det = np.log(2 * np.pi * rest).sum(1) - np.log(spread)
    return -0.5 * (square + log_det), spread * pull, spread
