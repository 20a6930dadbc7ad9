"""
Mean effects of several windows at once, from trials that report in one or more of them.

The windows borrow from each other through the trials they share: joint probabilities, such as that of more
effect late than early, need the correlation that separate pools leave out. Computed by quasi-Monte Carlo
importance sampling on fixed points, hence without random numbers: the same call gives the same result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from .._arrays import _as_float as as_float
from .._arrays import require, require_choice, require_level
from ..errors import ConvergenceError
from .joint_likelihood import Reports
from .joint_result import JointResult, weighted_quantile
from .likelihood import FAR
from .pool import as_rows, check_rows

PRIORS = ("independent", "random-walk")
TAILS = 7.0  # degrees of freedom of the t distributions that propose points
ROUNDS, PILOT = 20, 2**12  # most rounds in which the proposal learns, and points of each
ENOUGH = 0.05  # smallest share of points that must carry the weight


@dataclass(frozen=True)
class _Model:
    """Log posterior on coordinates in which it is close to standard normal."""

    reports: Reports
    tau_scale: float
    mu_prior_sd: float
    walk_scale: float
    gaps: np.ndarray | None
    omega: float | None

    @property
    def dimension(self):
        """Means, tau, and omega and the walk's SD where they are unknown."""
        return self.reports.se.shape[1] + 1 + (self.omega is None) + (self.gaps is not None)

    def evaluate(self, point):
        """Means, tau and omega at each of N points, and the log posterior density of the point."""
        w = self.reports.se.shape[1]
        frame, rest = point[:, :w], list(point[:, w:].T)
        out = -0.5 * (point[:, w:] ** 2).sum(1)
        tau = self.tau_scale * _half_normal(rest.pop(0))
        omega = np.full(len(point), self.omega) if self.omega is not None else ndtr(rest.pop(0))
        precision = self._prior_precision(rest, len(point), w)
        mean, factor = self.reports.stand_in(tau, omega, precision)
        mu = mean + (factor @ frame[:, :, None])[:, :, 0]
        out += np.log(np.einsum("nii->ni", factor)).sum(1) - 0.5 * np.einsum(
            "ni,nij,nj->n", mu, precision, mu
        )
        if rest:
            out -= (w - 1) * np.log(self._walk_sd(rest[0]))
        return mu, tau, omega, out + self.reports.log_likelihood(mu, tau, omega)

    def _walk_sd(self, z):
        return np.maximum(self.walk_scale * _half_normal(z), 1e-4 * self.walk_scale)

    def _prior_precision(self, rest, n, w):
        level = self.mu_prior_sd**-2.0
        if self.gaps is None:
            return np.broadcast_to(level * np.eye(w), (n, w, w))
        steps = np.diff(np.eye(w), axis=0) / np.sqrt(self.gaps)[:, None]
        out = self._walk_sd(rest[0])[:, None, None] ** -2.0 * (steps.T @ steps)
        out[:, 0, 0] += level
        return out


def _half_normal(z):
    """Half-normal number whose prior probability is that of the standard normal `z`."""
    return -ndtri(0.5 * ndtr(-z))


def _cube(n, dimension):
    """The first `n` points of the Sobol sequence, moved off the edges of the unit cube."""
    from scipy.stats import qmc  # slow to import

    return qmc.Sobol(dimension, scramble=False).random(n) + 0.5 / n


def _propose(model, mean, factor, n):
    """Points proposed around `mean`, what they stand for, and the log of their importance."""
    t = stdtrit(TAILS, _cube(n, model.dimension))
    point = mean + t @ factor.T
    mu, tau, omega, height = model.evaluate(point)
    return point, mu, tau, omega, height + 0.5 * (TAILS + 1) * np.log1p(t**2 / TAILS).sum(1)


def _weights(height, power=1.0):
    """Weights proportional to exp(power * height), and the share of points that carry them."""
    weight = np.exp(power * (height - height.max()))
    weight /= weight.sum()
    return weight, float(1 / (len(weight) * (weight**2).sum()))


def _posterior(model, points):
    """
    Weighted points of the posterior, once the proposal has learnt its mean and covariance.

    While few points carry the weight, the proposal learns from flattened weights, so that it widens or moves
    by steps.
    """
    mean, factor = np.zeros(model.dimension), np.eye(model.dimension)
    for done in range(ROUNDS):
        point, *_, height = _propose(model, mean, factor, PILOT)
        powers = (_weights(height, 0.5**halved) for halved in range(12))
        weight, _ = next((pair for pair in powers if pair[1] > 2 * ENOUGH), _weights(height, 0.0))
        mean = weight @ point
        covariance = (weight[:, None] * (point - mean)).T @ (point - mean)
        factor = np.linalg.cholesky(covariance + 1e-6 * np.eye(len(mean)))
        if done >= 3 and _weights(height)[1] > 0.4:
            break
    _, mu, tau, omega, height = _propose(model, mean, factor, points)
    weight, share = _weights(height)
    if share < ENOUGH:
        raise ConvergenceError(f"only {share:.1%} of the points carry the weight; the fit is not reliable")
    return mu, tau, omega, weight, share


def pool_joint(
    lower, upper, se, windows=None, rho=0.6, tau_prior_scale=0.5, mu_prior_sd=None, prior="independent",
    walk_prior_scale=0.5, gaps=None, omega=None, level=0.95, points=2**15,
):  # fmt: skip
    """
    Joint posterior of the mean effects of several windows.

    Parameters
    ----------
    lower, upper, se : array of shape (k, W)
        As in `pool_partial`, a row per trial and a column per window; NaN in all three where the trial did
        not measure. Each trial has at most one effect per window.
    windows : sequence of str, optional
        Names of the columns, in order of time.
    rho : float
        Correlation of a trial's sampling errors between windows, in [0, 1).
    tau_prior_scale : float
        Scale of the half-normal prior of tau, as in `pool_partial`.
    mu_prior_sd : float, optional
        SD of a normal prior around 0 of each mean ("random-walk": of the first one). None: flat.
    prior : {"independent", "random-walk"}
        Whether each mean stands for itself, or steps of the means from window to window are normal around 0.
    walk_prior_scale : float
        "random-walk": scale of the half-normal prior of the SD of a step.
    gaps : array of shape (W - 1,), optional
        "random-walk": lengths of the steps, which multiply the variance; 1 each by default.
    omega : float, optional
        Share of tau^2 that a trial's windows have in common. None: unknown, uniform between 0 and 1.
    level : float
        Probability of the intervals.
    points : int
        Quadrature points, a power of 2. At the default (half a second) probabilities are within 0.002.

    Returns
    -------
    JointResult

    Raises
    ------
    ValueError
        For bad numbers, and when nothing bounds a mean that no prior bounds.
    ConvergenceError
        When too few points carry the weight.

    References
    ----------
    Pustejovsky and Tipton (2022), doi:10.1007/s11121-021-01246-3 (correlated and hierarchical effects).

    Examples
    --------
    Two windows; the second trial reports only "no difference" in the first one:

    >>> lower, upper = [[-0.6, -0.8], [-0.5, -0.4]], [[-0.6, -0.8], [0.5, -0.4]]
    >>> fit = pool_joint(lower, upper, [[0.3, 0.3], [0.26, 0.26]], windows=("24h", "week1"))
    >>> print(" ".join(f"{x:.2f}" for x in fit.estimate), f"{fit.prob(lambda mu: mu[:, 1] < mu[:, 0]):.2f}")
    -0.35 -0.58 0.79
    """
    lower, upper, se = np.atleast_2d(*as_rows(lower, upper, se))
    absent = np.isnan(lower) & np.isnan(upper) & np.isnan(se)
    check_rows(lower, upper, se, absent)
    windows = tuple(windows) if windows is not None else tuple(range(lower.shape[1]))
    flat = np.inf if mu_prior_sd is None else mu_prior_sd
    _check(windows, lower.shape[1], rho, omega, tau_prior_scale, walk_prior_scale, flat, prior, points)
    require_level(level)
    reports = _reports(lower, upper, se, absent, rho)
    keep = _bounded(reports, windows, flat, prior)
    steps = None if prior == "independent" else _gaps(gaps, len(windows))
    model = _Model(reports.take(keep), tau_prior_scale, flat, walk_prior_scale, steps, omega)
    return _result(model, windows, keep, level, prior, *_posterior(model, points))


def _check(windows, columns, rho, omega, tau_scale, walk_scale, mu_prior_sd, prior, points):
    if len(windows) != columns:
        raise ValueError(f"windows has {len(windows)} names for {columns} columns. Fix: name each column")
    if len(set(windows)) < columns:
        twice = next(name for name in windows if windows.count(name) > 1)
        raise ValueError(
            f"windows names {twice!r} twice. Fix: a trial has one effect per window, in one column"
        )
    require_choice("prior", prior, PRIORS)
    rho = as_float("rho", rho)
    require((rho >= 0) & (rho < 1), "rho", rho, "from 0 to below 1", "0.6 is usual; run 0.3 and 0.8 too")
    share = as_float("omega", 0.5 if omega is None else omega)
    require((share >= 0) & (share <= 1), "omega", share, "None or from 0 to 1", "write None if unknown")
    scales = {"tau_prior_scale": tau_scale, "walk_prior_scale": walk_scale, "mu_prior_sd": mu_prior_sd}
    for name, value in scales.items():
        value = as_float(name, value)
        fine = (value > 0) & ((value < np.inf) | (name == "mu_prior_sd"))
        require(fine, name, value, "a number > 0", "0.5 suits effects in SD units")
    if points < 2**10 or points & (points - 1):
        raise ValueError(f"points is {points}; allowed: a power of 2, at least 1024. Fix: choose 2**15")


def _gaps(gaps, w):
    gaps = np.ones(w - 1) if gaps is None else as_float("gaps", gaps)
    if gaps.shape != (w - 1,):
        raise ValueError(f"gaps has shape {gaps.shape}; allowed: ({w - 1},), one per step between windows")
    require(gaps > 0, "gaps", gaps, "a number > 0", "put the windows in order of time")
    return gaps


def _reports(lower, upper, se, absent, rho):
    exact = lower == upper
    hidden = ~exact & ~absent & ~(np.isinf(lower) & np.isinf(upper))
    known = exact | hidden
    low, high = (np.where(known, np.clip(x, -FAR, FAR), 0.0) for x in (lower, upper))
    return Reports(low, high, np.where(known, se, 1.0), exact, hidden, float(rho))


def _bounded(reports, windows, mu_prior_sd, prior):
    """Which windows have a posterior; an error where reports are there but leave a mean unbounded."""
    known = reports.exact | reports.hidden
    below, above = (known & (reports.lower > -FAR)).any(0), (known & (reports.upper < FAR)).any(0)
    if mu_prior_sd < np.inf:
        return np.ones(len(windows), bool)
    if prior == "random-walk":
        below, above = (np.broadcast_to(side.any(), side.shape) for side in (below, above))
        open_ = ~(below & above)
    else:
        open_ = known.any(0) & ~(below & above)
    if open_.any() or not known.any():
        name = windows[int(np.argmax(open_))]
        side = "from both sides" if not known.any() else "from below" if not below[open_][0] else "from above"
        raise ValueError(
            f"window {name!r}: no report bounds its mean {side}, so with a flat prior (mu_prior_sd=None) "
            "it has no posterior. Fix: set mu_prior_sd, or leave the window out"
        )
    return known.any(0) if prior == "independent" else np.ones(len(windows), bool)


def _result(model, windows, keep, level, prior, mu, tau, omega, weight, effective):
    """JointResult with NaN for windows that have no posterior."""
    tails = [0.5, (1 - level) / 2, (1 + level) / 2]
    middle, low, high = np.transpose([weighted_quantile(x, weight, tails) for x in mu.T])
    mean = weight @ mu
    covariance = (weight[:, None] * (mu - mean)).T @ (mu - mean)
    sd = np.sqrt(np.diag(covariance))
    tau_middle, tau_low, tau_high = weighted_quantile(tau, weight, tails)
    full, said = np.full((len(windows),) * 2, np.nan), model.reports.exact | model.reports.hidden
    full[np.ix_(keep, keep)] = covariance / np.outer(sd, sd)
    spread = [_spread(x, keep) for x in (middle, mean, sd, low, high, weight @ (mu < 0))]
    k = np.zeros(len(windows), int)
    k[keep] = said.sum(0)
    return JointResult(
        windows, *spread, correlation=full, tau=float(tau_middle), tau_ci_low=float(tau_low),
        tau_ci_high=float(tau_high), omega=float(weight @ omega), k=k, rho=model.reports.rho, level=level,
        prior=prior, effective=effective, _mu=_spread(mu, keep), _weight=weight,
    )  # fmt: skip


def _spread(values, keep):
    """Values of the kept windows in their places, NaN in the others."""
    out = np.full((*np.shape(values)[:-1], len(keep)), np.nan)
    out[..., keep] = values
    return out
