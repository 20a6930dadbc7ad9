"""
Likelihood of a mean and a heterogeneity when trials report exactly, in intervals or one-sidedly.

Exact rows are normal(mu, se^2 + tau^2); a row known to lie between two limits has probability
Phi((high - mu) / s) - Phi((low - mu) / s) with s^2 = se^2 + tau^2. In mu both are log-concave, which every
search here relies on. Arrays are (m, J, N): analyses, values of tau, values of mu; rows of the data sit on
the second axis of (m, k).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy.special import log_ndtr

from ..errors import ConvergenceError

ROOT_2PI = np.sqrt(2 * np.pi)
FAR = 1e100  # stands for an open end; its square still fits a double
SLIVER = 1e-6  # an interval narrower than this many se counts as a number: the difference is below rounding
DROP = 28.0  # log-likelihood below the top at which mu is cut off (e^-28 = 1e-12)


@dataclass(frozen=True)
class Rows:
    """
    The data of m analyses that have equally many interval rows.

    Parameters
    ----------
    y, v, used : array of shape (m, E)
        Exact effects, their squared SE, and 1 for a row or 0 for padding.
    low, high, se : array of shape (m, Q)
        Interval rows; an open end is -FAR or FAR.
    prior_mean, prior_precision, tau_scale : array of shape (m,)
        Normal prior of mu (precision 0 = flat) and scale of the half-normal prior of tau.
    """

    y: np.ndarray
    v: np.ndarray
    used: np.ndarray
    low: np.ndarray
    high: np.ndarray
    se: np.ndarray
    prior_mean: np.ndarray
    prior_precision: np.ndarray
    tau_scale: np.ndarray

    def take(self, index):
        """The analyses at `index`."""
        return Rows(*(getattr(self, field.name)[index] for field in fields(self)))

    def smallest_se(self):
        """Smallest standard error of each analysis."""
        exact = np.where(self.used > 0, self.v, np.inf).min(1, initial=np.inf)
        return np.sqrt(np.minimum(exact, (self.se**2).min(1, initial=np.inf)))


def _narrow(a, b):
    return (b - a) * (1 + np.abs(a)) < 1e-3


def log_probability(a, b):
    """
    log(Phi(b) - Phi(a)) for a < b, accurate in both tails and for intervals of any width.

    Examples
    --------
    >>> print(f"{log_probability(np.array([40.0]), np.array([41.0]))[0]:.6f}")
    -804.608442
    """
    flip = a + b > 0
    a, b = np.where(flip, -b, a), np.where(flip, -a, b)
    top, narrow = log_ndtr(b), _narrow(a, b)
    if not narrow.any():
        return top + np.log1p(-np.exp(log_ndtr(a) - top))
    wide = top + np.log1p(-np.exp(np.where(narrow, -1.0, log_ndtr(a) - top)))
    middle, width = np.where(narrow, 0.5 * (a + b), 0.0), np.where(narrow, b - a, 1.0)
    series = np.log(width / ROOT_2PI) - 0.5 * middle**2 + width**2 * (middle**2 - 1) / 24
    return np.where(narrow, series, wide)


def _log_probability_slopes(a, b):
    """First and second derivative of log_probability along a common shift of -a and -b."""
    log_p, narrow = log_probability(a, b), _narrow(a, b)
    at_a = np.exp(np.minimum(-0.5 * a**2 - np.log(ROOT_2PI) - log_p, 700))
    at_b = np.exp(np.minimum(-0.5 * b**2 - np.log(ROOT_2PI) - log_p, 700))
    first = np.where(narrow, 0.5 * (a + b), at_a - at_b)
    return log_p, first, np.where(narrow, -1.0, a * at_a - b * at_b - first**2)


class Likelihood:
    """
    Log-likelihood (with the prior of mu) of each analysis at given values of tau.

    Parameters
    ----------
    rows : Rows
    tau : array of shape (m, J)
    """

    def __init__(self, rows, tau):
        self.rows, squared = rows, tau[:, :, None] ** 2
        self.s = np.sqrt(rows.se[:, None] ** 2 + squared)
        total = rows.v[:, None] + squared
        weight = rows.used[:, None] / total
        self.precision = weight.sum(2) + rows.prior_precision[:, None]
        safe = np.where(self.precision > 0, self.precision, 1.0)
        prior_mean, prior_precision = rows.prior_mean[:, None], rows.prior_precision[:, None]
        self.center = ((weight * rows.y[:, None]).sum(2) + prior_precision * prior_mean) / safe
        residual = rows.y[:, None] - self.center[:, :, None]
        self.misfit = 0.5 * (weight * residual**2).sum(2)
        self.misfit += 0.5 * prior_precision * (prior_mean - self.center) ** 2
        self.peak = -self.misfit - 0.5 * (rows.used[:, None] * np.log(2 * np.pi * total)).sum(2)
        self.information = self.precision + (1 / self.s**2).sum(2)

    def _edges(self, q, mu):
        s, extra = self.s[:, :, q], (1,) * (mu.ndim - 2)
        s = s.reshape(s.shape + extra)
        low, high = (bound[:, q].reshape(-1, 1, *extra) for bound in (self.rows.low, self.rows.high))
        return (low - mu) / s, (high - mu) / s, s

    def value(self, mu, widen=None):
        """Log-likelihood at mu of shape (m, J, N); `widen` is the smallest width of an edge, (m, J)."""
        out = self.peak[:, :, None] - 0.5 * self.precision[:, :, None] * (mu - self.center[:, :, None]) ** 2
        for q in range(self.s.shape[2]):
            a, b, s = self._edges(q, mu)
            stretch = 1.0 if widen is None else s / np.maximum(s, widen[:, :, None])
            out += log_probability(a * stretch, b * stretch)
        return out

    def slopes(self, mu):
        """Log-likelihood at mu of shape (m, J), with its first and second derivative."""
        away = mu - self.center
        value, first = self.peak - 0.5 * self.precision * away**2, -self.precision * away
        second = -self.precision
        for q in range(self.s.shape[2]):
            a, b, s = self._edges(q, mu)
            log_p, one, two = _log_probability_slopes(a, b)
            value, first, second = value + log_p, first + one / s, second + two / s**2
        return value, first, second

    def highest(self):
        """What the log-likelihood would be if each interval row had its own best mu, shape (m, J)."""
        out = self.peak.copy()
        for q in range(self.s.shape[2]):
            half = 0.5 * (self.rows.high - self.rows.low)[:, None, q] / self.s[:, :, q]
            out += log_probability(-half, half)
        return out

    def modes(self):
        """
        Most likely mu at each tau, to a hundredth of a log unit, and the log-likelihood there.

        The log-likelihood is concave in mu, so Newton steps kept within a shrinking bracket cannot fail.
        """
        if not self.s.shape[2]:
            return self.center, self.peak
        mu, low, high = self._start()
        span, done = high - low, np.zeros(mu.shape, bool)
        for _ in range(200):
            value, first, second = self.slopes(mu)
            done |= first**2 <= 0.02 * np.abs(second)
            if done.all():
                return mu, value
            low, high = np.where(first > 0, mu, low), np.where(first < 0, mu, high)
            newton = mu - first / np.where(second < 0, second, -np.inf)
            inside = (newton > low) & (newton < high)
            step = np.where(inside, newton, 0.5 * (low + high))
            done |= np.abs(step - mu) <= 1e-12 * span
            mu = np.where(done, mu, step)
        raise ConvergenceError("the most likely mean was not found in 200 steps")

    def _start(self):
        """First guess of the mode, and a bracket of it."""
        rows = self.rows
        low = np.where(rows.low > -FAR, rows.low, rows.high)
        high = np.where(rows.high < FAR, rows.high, rows.low)
        weight = 1 / self.s**2
        total = (weight * 0.5 * (low + high)[:, None]).sum(2) + self.precision * self.center
        reach = 10 * self.s.max(2)
        center = np.where(self.precision > 0, self.center, 0.5 * (low + high)[:, :1])
        first = np.minimum(low.min(1)[:, None], center) - reach
        last = np.maximum(high.max(1)[:, None], center) + reach
        return total / (self.information), first, last

    def ends(self, top):
        """
        Points to the left and right where the log-likelihood has fallen by at least DROP below `top`.

        Each row alone gives an outer bound. Newton steps on a concave function that start outside
        stay outside, so they tighten the bound and never cut into the mass.
        """
        reach = np.sqrt(2 * (DROP + np.maximum(self.highest() - top, 0)))
        with np.errstate(divide="ignore"):
            spread = np.where(self.precision > 0, reach / np.sqrt(self.precision), FAR)
        left = np.maximum(self.center - spread, (self.rows.low[:, None] - reach[:, :, None] * self.s).max(2))
        right = np.minimum(
            self.center + spread, (self.rows.high[:, None] + reach[:, :, None] * self.s).min(2)
        )
        return self._tighten(left, top, 1), self._tighten(right, top, -1)

    def _tighten(self, mu, top, sign):
        moving = np.ones(mu.shape, bool)
        for _ in range(6):
            value, first, _ = self.slopes(mu)
            slope = sign * first
            step = np.where(slope > 0, (top - DROP - value) / np.where(slope > 0, slope, 1.0), 0.0)
            moving &= step > 1 / np.sqrt(self.information)
            if not moving.any():
                break
            mu = mu + sign * np.where(moving, step, 0.0)
        return mu
