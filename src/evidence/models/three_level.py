"""Restricted likelihood of the three-level model, and the search for its highest maximum."""

from __future__ import annotations

import numpy as np

from ..errors import ConvergenceError

# Values per factor of ten, and per variance component, of the grid that looks for the highest maximum.
_GRID_PER_DECADE = 4
_MAX_STARTS = 6
_MAX_NEWTON = 100
# Newton decrement (expected fall of -2 log-likelihood) at which a search has arrived; the components
# are then good to about its square root, relative to their own standard error.
_ARRIVED = 1e-20
# Below this decrement the rounding of the function hides descent, and Newton is trusted alone.
_TRUSTED = 1e-9
_MACHINE_STEP = 1e-30


class Likelihood:
    """
    Minus twice the restricted log-likelihood as a function of (sigma2_study, sigma2_effect).

    The covariance of a study is diagonal plus rank two, ``A + B diag(1, sigma2_study) B'`` with
    ``B = [sqrt(rho vi), 1]``, so each value needs sums over rows and 2 x 2 inverses only (Woodbury).
    Columns of the design are made orthonormal first, and y is centred on them: neither changes the
    function, both keep digits.

    Parameters
    ----------
    yi, vi : array of shape (k,)
        Effects and sampling variances.
    codes : int array of shape (k,)
        Study of each effect, 0 to J - 1.
    rho : float
        Correlation of the sampling errors of a study.
    design : array of shape (k, p)
        Design matrix of full column rank.

    References
    ----------
    Harville (1977), Journal of the American Statistical Association 72, 320-338.
    """

    def __init__(self, yi, vi, codes, rho, design):
        self.order = np.argsort(codes, kind="stable")
        self.codes, self.vi, self.rho = codes, vi, rho
        basis, self.triangle = np.linalg.qr(design[self.order])
        y = yi[self.order]
        self.start = basis.T @ y
        self.centred = y - basis @ self.start
        columns = np.column_stack([np.sqrt(rho * vi[self.order]), np.ones(len(y)), basis, self.centred])
        self.products = columns[:, :, None] * columns[:, None, :]
        self.diagonal = (1 - rho) * vi[self.order]
        self.firsts = np.flatnonzero(np.diff(codes[self.order], prepend=-1))

    def parts(self, study, effect):
        """Log-determinants (g,) and weighted cross-products (g, p + 1, p + 1) of [basis, y] at g points."""
        study, effect = np.atleast_1d(study), np.atleast_1d(effect)
        scale = self.diagonal + effect[:, None]
        sums = np.add.reduceat(self.products / scale[..., None, None], self.firsts, axis=1)
        e11, e12, e22 = sums[..., 0, 0], sums[..., 0, 1], sums[..., 1, 1]
        s = study[:, None]
        det = 1 + e11 + s * (e22 + e11 * e22 - e12**2)
        middle = np.array([[1 + e22 * s, -e12 * s], [-e12 * s, s * (1 + e11)]]) / det
        cross = sums[..., :2, 2:]
        removed = np.swapaxes(cross, -1, -2) @ np.moveaxis(middle, (0, 1), (-2, -1)) @ cross
        logdet = np.log(scale).sum(axis=1) + np.log(det).sum(axis=1)
        return logdet, (sums[..., 2:, 2:] - removed).sum(axis=1)

    def at(self, study, effect):
        """Minus twice the restricted log-likelihood, without its constant, at g points: shape (g,)."""
        logdet, inner = self.parts(study, effect)
        xwx, xwy = inner[:, :-1, :-1], inner[:, :-1, -1:]
        rss = inner[:, -1, -1] - (np.swapaxes(xwy, 1, 2) @ np.linalg.solve(xwx, xwy))[:, 0, 0]
        return logdet + np.log(np.linalg.det(xwx)) + rss

    def __call__(self, sigma2):
        return float(self.at(*sigma2)[0])

    def gradient(self, points):
        """Gradient at (g, 2) points, exact to rounding (complex step: Squire and Trapp 1998, SIAM Review)."""
        step = 1j * _MACHINE_STEP
        study, effect = points.T.astype(complex)
        along = [self.at(study + step, effect), self.at(study, effect + step)]
        return np.stack(along, axis=1).imag / _MACHINE_STEP

    def hessian(self, sigma2):
        """Symmetric central differences of the gradient."""
        reach = np.array([self.diagonal.min() / np.bincount(self.codes).max(), self.diagonal.min()])
        step = 1e-4 * (sigma2 + reach)
        ahead, behind = self.gradient(sigma2 + np.diag(step)), self.gradient(sigma2 - np.diag(step))
        hessian = (ahead - behind) / (2 * step[:, None])
        return (hessian + hessian.T) / 2

    def coefficients(self, sigma2):
        """Coefficients and their model-based covariance in the columns of the design."""
        _, inner = self.parts(*sigma2)
        bread = np.linalg.inv(inner[0, :-1, :-1])
        back = np.linalg.inv(self.triangle)
        return back @ (self.start + bread @ inner[0, :-1, -1]), back @ bread @ back.T

    def rss(self, sigma2):
        """Weighted residual sum of squares."""
        _, inner = self.parts(*sigma2)
        xwy = inner[0, :-1, -1]
        return float(inner[0, -1, -1] - xwy @ np.linalg.solve(inner[0, :-1, :-1], xwy))

    def covariance(self, sigma2):
        """Covariance (k, k) of the effects, in the order they were given."""
        together = self.codes[:, None] == self.codes
        sampling = self.rho * np.sqrt(np.outer(self.vi, self.vi)) + np.diag((1 - self.rho) * self.vi)
        return together * (sampling + sigma2[0]) + sigma2[1] * np.eye(len(self.vi))


def maximise(likelihood, one_each=False):
    """
    Variances (sigma2_study, sigma2_effect) >= 0 at the highest maximum of the restricted likelihood.

    A grid that includes both zeros is searched first, then Newton's method runs from each of its maxima.

    Parameters
    ----------
    likelihood : Likelihood
    one_each : bool
        Keep sigma2_effect at zero, because no study has two effects.

    Returns
    -------
    array of shape (2,)

    Raises
    ------
    ConvergenceError
        If no search ends at a stationary point at least as high as every point of the grid.
    """
    grid = _grid(likelihood)
    effects = grid[:1] if one_each else grid
    surface = np.stack([likelihood.at(grid, effect) for effect in effects], axis=1)
    free = np.array([True, not one_each])
    starts = [np.array([grid[i], effects[j]]) for i, j in _grid_minima(surface)]
    found = [end for end in (_newton(likelihood, start, free) for start in starts) if end is not None]
    best = min(found, key=likelihood, default=None)
    lowest = surface.min()
    if best is None or likelihood(best) > lowest + 1e-8 * max(1.0, abs(lowest)):
        raise ConvergenceError(
            f"restricted likelihood: no maximum reached from {len(starts)} starts; check yi and vi for scale"
        )
    return best


def _grid(likelihood):
    """Zero, then a geometric run from far below the sampling variances to far above the residuals."""
    low = 1e-2 * likelihood.diagonal.min()
    high = 10 * max(np.max(likelihood.centred**2), likelihood.diagonal.max())
    points = int(np.ceil(_GRID_PER_DECADE * np.log10(high / low))) + 1
    return np.concatenate([[0.0], np.geomspace(low, high, points)])


def _grid_minima(surface):
    """Grid points no higher than their neighbours, the lowest first."""
    padded = np.pad(surface, 1, constant_values=np.inf)
    rows, cols = surface.shape
    neighbours = [padded[i : i + rows, j : j + cols] for i in range(3) for j in range(3)]
    minima = np.argwhere(surface <= np.min(neighbours, axis=0))
    return minima[np.argsort(surface[tuple(minima.T)])][:_MAX_STARTS]


def _newton(likelihood, sigma2, free):
    """
    Newton steps on sigma2 >= 0 with halving; None when no stationary point is reached.

    A component at zero stays there while the likelihood falls off it. Away from a minimum the Hessian's
    eigenvalues are taken in absolute value, so every step descends.
    """
    for _ in range(_MAX_NEWTON):
        gradient = likelihood.gradient(sigma2[None])[0]
        move = free & ((sigma2 > 0) | (gradient < 0))
        if not move.any():
            return sigma2
        values, vectors = np.linalg.eigh(likelihood.hessian(sigma2)[np.ix_(move, move)])
        slopes = vectors.T @ gradient[move]
        direction = np.zeros(2)
        direction[move] = -vectors @ (slopes / np.maximum(np.abs(values), np.finfo(float).tiny))
        decrement = float(-gradient @ direction)
        target = np.maximum(sigma2 + direction, 0.0)
        if decrement < _ARRIVED:
            return target
        if decrement > _TRUSTED or values[0] <= 0:
            target = _halved(likelihood, sigma2, direction)
        if target is None:
            return None
        sigma2 = target
    return None


def _halved(likelihood, sigma2, direction):
    """First of the full, half, quarter ... steps that descends, or None."""
    start = likelihood(sigma2)
    for power in range(60):
        target = np.maximum(sigma2 + direction / 2**power, 0.0)
        if likelihood(target) < start:
            return target
    return None
