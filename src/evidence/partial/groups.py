"""Do two groups of trials differ? Random effects from exact and partly reported trials, one tau for both."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .grid import TAU_NODES, TAU_STEP, _given_range, _log_prior, tau_range
from .likelihood import FAR, SLIVER, Rows
from .mixture import NormalMixture, interval, quantile
from .pool import pool_partial


@dataclass(frozen=True)
class GroupDifference:
    """
    Posterior of mu_a - mu_b, the average true effect in group a less that in group b.

    Attributes
    ----------
    estimate, ci_low, ci_high : float
        Posterior median and credible interval, in the unit of the effects.
    p_below : float
        P(mu_a < mu_b). With negative effects in favour of the drug: that group a benefits more.
    k_a, k_b : int
        Trials of each group that say anything.
    level : float
        Probability of the interval.
    kind : {"equal-tail", "shortest"}
    """

    estimate: float
    ci_low: float
    ci_high: float
    p_below: float
    k_a: int
    k_b: int
    level: float
    kind: str
    _posterior: NormalMixture = field(repr=False, compare=False)

    @property
    def clear(self) -> bool:
        """Whether the interval excludes no difference."""
        return self.ci_low > 0 or self.ci_high < 0

    def prob_below(self, x) -> float:
        """P(mu_a - mu_b < x)."""
        return float(np.clip(self._posterior.density(np.array([x], float))[0][0], 0.0, 1.0))


def group_difference(
    lower, upper, se, in_a, tau_prior_scale=0.5, mu_prior_sd=None, level=0.95, kind="equal-tail"
):
    """
    Test whether two groups of trials differ in their average effect.

    Each group has its own mean; the between-trial SD tau is one and the same, because few trials tell little
    about one such SD and nothing about two. Given tau the two means are independent, so their difference is
    the convolution of two posteriors; tau is then integrated out.

    Parameters
    ----------
    lower, upper, se : array of shape (k,)
        As in `pool_partial`: equal limits for an exact effect, infinite ones where nothing bounds it.
    in_a : bool array of shape (k,)
        True for trials of group a, False for group b.
    tau_prior_scale : float
        Scale of the half-normal prior of the common tau, > 0.
    mu_prior_sd : float, optional
        SD of a normal prior around 0 of each mean. None: flat.
    level : float
        Probability of the interval.
    kind : {"equal-tail", "shortest"}
        Kind of the interval.

    Returns
    -------
    GroupDifference
        Trials are compared, people are not: a difference between groups of trials can come from anything
        else in which the trials differ.

    Raises
    ------
    ValueError
        For bad numbers, and when with flat priors the trials of a group leave its mean open on one side.

    References
    ----------
    Borenstein et al. (2009), Introduction to Meta-Analysis, chapter 19 (subgroups with a pooled tau); the
    Bayesian form of Roever (2020), doi:10.18637/jss.v093.i06, with one mean for each group.

    Examples
    --------
    >>> fit = group_difference([-0.8, -0.5, -0.4], [-0.8, -0.5, 0.4], [0.3, 0.2, 0.2], [True, True, False])
    >>> print(f"{fit.estimate:.2f} ({fit.ci_low:.2f} to {fit.ci_high:.2f}), P = {fit.p_below:.2f}")
    -0.61 (-1.85 to 0.58), P = 0.88
    """
    bounds = [np.atleast_1d(np.asarray(x, float)) for x in (lower, upper, se)]
    in_a = np.atleast_1d(in_a)
    if in_a.dtype != bool or any(x.shape != in_a.shape or x.ndim != 1 for x in bounds):
        found = ", ".join(f"{n} {x.shape}" for n, x in zip(("lower", "upper", "se"), bounds, strict=True))
        raise ValueError(
            f"{found}, in_a {in_a.shape} of {in_a.dtype}; allowed: one row and one truth value per trial. "
            "Fix: give arrays of shape (k,)"
        )
    groups = []
    for name, mask in (("a", in_a), ("b", ~in_a)):
        rows = [x[mask] for x in bounds]
        _require_bounded(name, *rows[:2], mu_prior_sd)
        pool_partial(*rows, tau_prior_scale, mu_prior_sd, level, kind)  # refuses bad numbers, by position
        groups.append(_rows(*rows, tau_prior_scale, np.inf if mu_prior_sd is None else mu_prior_sd))
    return _summary(_difference(*groups), groups, level, kind)


def _require_bounded(name, lower, upper, mu_prior_sd):
    if mu_prior_sd is None and not ((lower > -np.inf).any() and (upper < np.inf).any()):
        raise ValueError(
            f"in_a: the trials of group {name} leave its mean open on one side or both, so with a flat prior "
            "it has no posterior. Fix: set mu_prior_sd, or say that nothing can be said"
        )


def _rows(lower, upper, se, scale, prior_sd):
    """The trials of one group that say anything, as one analysis."""
    some = np.isfinite(lower) | np.isfinite(upper)
    lower, upper, se = lower[some], upper[some], se[some]
    exact = upper - lower <= SLIVER * se
    partly = ~exact
    return Rows(
        y=0.5 * (lower[exact] + upper[exact])[None], v=se[None, exact] ** 2, used=np.ones((1, exact.sum())),
        low=np.maximum(lower, -FAR)[None, partly], high=np.minimum(upper, FAR)[None, partly],
        se=se[None, partly], prior_mean=np.zeros(1), prior_precision=np.array([prior_sd**-2.0]),
        tau_scale=np.array([float(scale)]),
    )  # fmt: skip


def _difference(a, b):
    """Posterior of the difference, as a mixture of normals: every component of a less every one of b."""
    unit, x = _common_tau(a, b)
    (one,), (two,) = ([part for _, part in _given_range(rows, unit, x)] for rows in (a, b))
    # Each posterior holds the prior of tau; together they may hold it once.
    log_prior = _log_prior(a, one.tau, x)
    with np.errstate(divide="ignore"):
        height = np.log(one.density_x) + np.log(two.density_x) - log_prior
    share = np.exp(height - height.max())
    share[:, [0, -1]] *= 0.5  # trapezoid rule
    given = [part.weight / part.weight.sum(2, keepdims=True) for part in (one, two)]
    weight = given[0][:, :, :, None] * given[1][:, :, None, :] * (share / share.sum())[:, :, None, None]
    mean = one.mean[:, :, :, None] - two.mean[:, :, None, :]
    shape = (1, x.shape[1], -1)
    return NormalMixture(weight.reshape(shape), mean.reshape(shape), np.hypot(one.sd, two.sd))


def _common_tau(a, b):
    """Unit of tau, and equal steps of arcsinh(tau / unit) over all values that either group allows."""
    ranges = [tau_range(rows) for rows in (a, b)]
    unit = np.minimum(*(r[0] for r in ranges))
    ends = [np.arcsinh(r[0][0] * np.sinh([r[1][0], r[2][0]]) / unit[0]) for r in ranges]
    first, last = min(e[0] for e in ends), max(e[1] for e in ends)
    nodes = max(TAU_NODES, int(np.ceil((last - first) / (0.5 * TAU_STEP))) + 1)
    return unit, np.linspace(first, last, nodes)[None]


def _summary(difference, groups, level, kind):
    low, high = interval(difference, level, kind)
    k_a, k_b = (int(rows.used.sum()) + rows.low.shape[1] for rows in groups)
    below = float(np.clip(difference.density(np.zeros(1))[0][0], 0.0, 1.0))
    middle = float(quantile(difference, 0.5)[0])
    return GroupDifference(middle, float(low[0]), float(high[0]), below, k_a, k_b, level, kind, difference)
