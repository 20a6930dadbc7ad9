"""
One-dimensional distributions that a posterior is stored as, for many analyses at once.

Each class has ``density(x)``, which returns the distribution function, the density and its derivative, and
``bracket()``, two points that hold all but a negligible part of the mass. `quantile`, `interval` and
`shortest_interval` need no more. Every array has the analyses, m of them, as its first axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr, ndtri

from ..errors import ConvergenceError

INTERVALS = ("equal-tail", "shortest")
ROOT_2PI = np.sqrt(2 * np.pi)


@dataclass(frozen=True)
class NormalMixture:
    """
    Mixture of normal distributions; single weights may be negative, their sum is 1.

    Parameters
    ----------
    weight, mean, sd : arrays that broadcast to shape (m, J, N)
        J groups of N components each (a group is one value of tau).

    Examples
    --------
    >>> one = NormalMixture(np.ones((1, 1, 1)), np.zeros((1, 1, 1)), np.ones((1, 1, 1)))
    >>> print(f"{quantile(one, 0.975)[0]:.6f}")
    1.959964
    """

    weight: np.ndarray
    mean: np.ndarray
    sd: np.ndarray

    def density(self, x):
        """Distribution function, density and slope of the density at `x`, shape (m,)."""
        z = (np.asarray(x)[..., None, None] - self.mean) / self.sd
        part = self.weight * np.exp(-0.5 * z * z) / (self.sd * ROOT_2PI)
        return (self.weight * ndtr(z)).sum((1, 2)), part.sum((1, 2)), -(part * z / self.sd).sum((1, 2))

    def bracket(self):
        """Points far outside every component."""
        return (self.mean - 12 * self.sd).min((1, 2)), (self.mean + 12 * self.sd).max((1, 2))

    def moments(self):
        """Mean and standard deviation, each of shape (m,)."""
        mean = (self.weight * self.mean).sum((1, 2))
        spread = (self.mean - mean[:, None, None]) ** 2 + self.sd**2
        return mean, np.sqrt((self.weight * spread).sum((1, 2)))

    def near(self, p):
        """Cheap approximate quantile: one normal distribution per group, with the moments of the group."""
        if self.weight.shape[2] == 1:
            mean, sd = self.moments()
            return mean + sd * ndtri(p)
        mass = self.weight.sum(2, keepdims=True)
        safe = np.where(mass > 0, mass, 1.0)
        mean = (self.weight * self.mean).sum(2, keepdims=True) / safe
        spread = (self.weight * (self.mean - mean) ** 2).sum(2, keepdims=True) / safe + self.sd**2
        sd = np.sqrt(np.maximum(spread, self.sd**2).max(2, keepdims=True))
        return quantile(NormalMixture(mass, mean, sd), p)


@dataclass(frozen=True)
class SinhCosine:
    """
    A density on tau >= 0, known at equally spaced x = arcsinh(tau / unit) and interpolated by cosines.

    Parameters
    ----------
    density_x : array of shape (m, J)
        Density of x at the J nodes from `start` to `stop`; it integrates to 1 by the trapezoid rule.
    start, stop, unit : array of shape (m,)
        First and last node; the scale of tau.

    Notes
    -----
    Even at x = 0 and negligible at the other end, the density is periodic and smooth once mirrored, so its
    cosine series converges geometrically and is integrated term by term.
    """

    density_x: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    unit: np.ndarray

    @cached_property
    def _waves(self):
        """Coefficient and rate of each cosine."""
        last = self.density_x.shape[1] - 1
        order = np.arange(last + 1)
        table = np.cos(np.pi * np.outer(order, order) / last) * (2.0 / last)
        table[:, [0, last]] /= 2
        table[[0, last]] /= 2
        return self.density_x @ table.T, np.pi * order / (self.stop - self.start)[:, None]

    def density(self, tau):
        """Distribution function, density and slope of the density at `tau`, shape (m,)."""
        wave, rate = self._waves
        x = np.clip(np.arcsinh(tau / self.unit), self.start, self.stop)
        angle = rate * (x - self.start)[:, None]
        sine, cosine = np.sin(angle), np.cos(angle)
        cdf = wave[:, 0] * (x - self.start) + (wave[:, 1:] * sine[:, 1:] / rate[:, 1:]).sum(1)
        at, along = (wave * cosine).sum(1), -(wave * rate * sine).sum(1)
        stretch = self.unit * np.cosh(x)
        return cdf, at / stretch, (along - at * np.tanh(x)) / stretch**2

    def bracket(self):
        """First and last tau that carry mass."""
        return self.unit * np.sinh(self.start), self.unit * np.sinh(self.stop)

    def near(self, p):
        """Cheap approximate quantile, from the trapezoid sums."""
        nodes = np.linspace(self.start, self.stop, self.density_x.shape[1], axis=1)
        step = 0.5 * (self.density_x[:, 1:] + self.density_x[:, :-1]) * np.diff(nodes, axis=1)
        cdf = np.concatenate([np.zeros((len(step), 1)), np.cumsum(step, axis=1)], axis=1)
        right = np.clip((cdf < np.reshape(p, (-1, 1))).sum(1), 1, cdf.shape[1] - 1)
        rows = np.arange(len(cdf))
        low, high = cdf[rows, right - 1], cdf[rows, right]
        share = np.clip((p - low) / np.where(high > low, high - low, 1.0), 0, 1)
        return self.unit * np.sinh(
            nodes[rows, right - 1] + share * (nodes[rows, right] - nodes[rows, right - 1])
        )


def solve_increasing(function, low, high, start, close=1e-6):
    """
    Root of an increasing function by Halley steps, halving the bracket whenever a step would leave it.

    Parameters
    ----------
    function : callable
        Maps x of shape (m,) to value, slope and second derivative, each of shape (m,). The value should be of
        order 1 away from the root.
    low, high, start : array of shape (m,)
        Bracket of the root and first guess.
    close : float
        The last step is taken from where the value is below this; it leaves about the cube of it, or the
        square if `function` gives no second derivative but 0.

    Raises
    ------
    ConvergenceError
        After 200 steps.
    """
    span, x = high - low, np.clip(start, low, high)
    done = np.zeros(np.shape(x), bool)
    for _ in range(200):
        value, slope, bend = function(x)
        low, high = np.where(value < 0, x, low), np.where(value > 0, x, high)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            newton = value / slope
            halley = x - newton / np.clip(1 - 0.5 * newton * bend / slope, 0.5, 2.0)
        inside, near = (halley > low) & (halley < high), np.abs(value) <= close
        x = np.where(done | (near & ~inside), x, np.where(inside, halley, 0.5 * (low + high)))
        done |= near | (high - low <= 1e-15 * span)
        if done.all():
            return x
    raise ConvergenceError(f"no root after 200 steps in {int((~done).sum())} of {done.size} analyses")


def quantile(dist, p):
    """
    Quantile of each analysis.

    Parameters
    ----------
    dist : NormalMixture or SinhCosine
    p : float or array of shape (m,)
        Probability, between 0 and 1.
    """
    low, high = dist.bracket()
    tail = np.minimum(p, 1 - p)

    def excess(x):
        cdf, pdf, slope = dist.density(x)
        return (cdf - p) / tail, pdf / tail, slope / tail

    return solve_increasing(excess, low, high, dist.near(p), close=1e-4)


def shortest_interval(dist, level):
    """
    Shortest interval with probability `level`, for a distribution with one peak.

    The two ends have the same density; if the density falls from the very start (tau near 0), the interval
    begins there. Found over the probability left below it, between none and ``1 - level``.
    """
    first, _ = dist.bracket()
    spare, shape = 1 - level, np.shape(first)

    def ends(below):
        return quantile(dist, below), quantile(dist, below + level)

    def imbalance(below):
        (_, fa, da), (_, fb, db) = (dist.density(end) for end in ends(below))
        return np.log(fa / fb), da / fa**2 - db / fb**2

    floor, ceiling = np.full(shape, spare * 1e-6), np.full(shape, spare * (1 - 1e-6))
    from_start = imbalance(floor)[0] >= 0

    def excess(below):
        value, slope = imbalance(below)
        return np.where(from_start, 0.0, value), np.where(from_start, 1.0, slope), np.zeros(shape)

    below = solve_increasing(excess, floor, ceiling, np.full(shape, spare / 2))
    low, high = ends(below)
    return np.where(from_start, first, low), np.where(from_start, quantile(dist, level), high)


def interval(dist, level, kind):
    """
    Both ends of the interval of probability `level`.

    Parameters
    ----------
    dist : NormalMixture or SinhCosine
    level : float
    kind : {"equal-tail", "shortest"}
    """
    if kind == "shortest":
        return shortest_interval(dist, level)
    return quantile(dist, (1 - level) / 2), quantile(dist, (1 + level) / 2)
