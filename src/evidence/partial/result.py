"""What a partial pool hands back: summaries, the posterior behind them, and each trial's own effect."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .grid import Posterior, finer
from .likelihood import FAR, SLIVER
from .mixture import NormalMixture, SinhCosine, interval, quantile
from .studies import exact_effect, interval_effect, new_effect


@dataclass(frozen=True)
class PartialSummary:
    """
    What every partial pool reports: floats for one analysis, arrays of shape (m,) for many.

    Attributes
    ----------
    estimate, mean, sd : float
        Posterior median, mean and standard deviation of mu, the average true effect.
    ci_low, ci_high : float
        Credible interval of mu.
    pi_low, pi_high : float
        Predictive interval for the true effect of a new trial.
    p_benefit : float
        P(mu < 0).
    tau, tau_ci_low, tau_ci_high : float
        Posterior median and credible interval of the standard deviation of true effects between trials.
    k, k_exact : int
        Rows given, and those of them with lower == upper.
    level : float
        Probability of the intervals.
    interval : str
        "equal-tail" or "shortest".
    """

    estimate: float | np.ndarray
    mean: float | np.ndarray
    sd: float | np.ndarray
    ci_low: float | np.ndarray
    ci_high: float | np.ndarray
    pi_low: float | np.ndarray
    pi_high: float | np.ndarray
    p_benefit: float | np.ndarray
    tau: float | np.ndarray
    tau_ci_low: float | np.ndarray
    tau_ci_high: float | np.ndarray
    k: int | np.ndarray
    k_exact: int | np.ndarray
    level: float
    interval: str


COLUMNS = tuple(PartialSummary.__dataclass_fields__)[:11]


@dataclass(frozen=True)
class PartialMany(PartialSummary):
    """
    Result of `pool_partial_many`: the fields of `PartialSummary` as arrays, and probabilities.

    Attributes
    ----------
    cutoffs : array of shape (c,)
        Effects asked for.
    p_below : array of shape (m, c)
        P(mu < cutoff).
    """

    cutoffs: np.ndarray
    p_below: np.ndarray


@dataclass(frozen=True)
class PartialResult(PartialSummary):
    """Result of `pool_partial`: the fields of `PartialSummary`, and the whole posterior behind them."""

    _fit: PartialFit = field(repr=False, compare=False)

    def prob_below(self, x):
        """
        P(mu < x), from the stored posterior.

        Parameters
        ----------
        x : float or array
            Effect, in the unit of the input.
        """
        return self._fit.prob(self._fit.mu, x)

    def prob_new_below(self, x):
        """P(true effect of a new trial < x); `x` as in `prob_below`."""
        return self._fit.prob(self._fit.new, x)

    @property
    def study_estimate(self):
        """Posterior median of each trial's true effect, shape (k,), in the order of the input."""
        return self._studies[0]

    @property
    def study_ci_low(self):
        """Lower end of the credible interval of each trial's true effect, shape (k,)."""
        return self._studies[1]

    @property
    def study_ci_high(self):
        """Upper end of the credible interval of each trial's true effect, shape (k,)."""
        return self._studies[2]

    @cached_property
    def _studies(self):
        return self._fit.studies(self.level, self.interval)


@dataclass(frozen=True)
class PartialFit:
    """
    Posterior of a group of analyses.

    Parameters
    ----------
    posterior : Posterior
        On a scale with `shift` taken off every effect.
    shift : array of shape (m,)
    bounds : tuple of three arrays of shape (m, k)
        Lower, upper and se as given.
    """

    posterior: Posterior
    shift: np.ndarray
    bounds: tuple

    @cached_property
    def mu(self):
        return NormalMixture(self.posterior.weight, self.posterior.mean, self.posterior.sd)

    @cached_property
    def new(self):
        return new_effect(self.posterior)

    @cached_property
    def tau(self):
        part = self.posterior
        density = finer(part.density_x, part.start == 0)
        step = (part.stop - part.start) / (part.density_x.shape[1] - 1)
        return SinhCosine(density / step[:, None], part.start, part.stop, part.unit)

    def below(self, dist, x):
        """P(dist < x) in each analysis."""
        return np.clip(dist.density(x - self.shift)[0], 0.0, 1.0)

    def prob(self, dist, x):
        """P(dist < x) in the first analysis, for `x` of any shape."""
        x = np.asarray(x, float)
        out = np.array([self.below(dist, value)[0] for value in x.flat]).reshape(x.shape)
        return out[()]

    def summary(self, level, kind):
        """Columns of `PartialSummary` that are estimated, in the order of COLUMNS."""
        mean, sd = self.mu.moments()
        ci, pi = (np.add(interval(dist, level, kind), self.shift) for dist in (self.mu, self.new))
        middle, benefit = quantile(self.mu, 0.5), self.below(self.mu, 0.0)
        tau = (quantile(self.tau, 0.5), *interval(self.tau, level, kind))
        values = (middle + self.shift, mean + self.shift, sd, *ci, *pi, benefit, *tau)
        return dict(zip(COLUMNS, values, strict=True))

    def study(self, row):
        """Distribution of the true effect of trial `row` of the first analysis, around its shift."""
        low, high, se = (bound[0][row] for bound in self.bounds)
        low, high = low - self.shift[0], high - self.shift[0]
        if high - low <= SLIVER * se:
            return exact_effect(self.posterior, 0.5 * (low + high), se)
        if np.isinf(low) and np.isinf(high):
            return self.new
        return interval_effect(self.posterior, max(low, -FAR), min(high, FAR), se)

    def studies(self, level, kind):
        """Median and interval of each trial's own effect in the first analysis, shape (3, k)."""
        dists = [self.study(row) for row in range(self.bounds[0].shape[1])]
        columns = [(quantile(dist, 0.5)[0], *np.ravel(interval(dist, level, kind))) for dist in dists]
        return np.reshape(columns, (-1, 3)).T + self.shift[0]
