"""
The posterior of mean and heterogeneity when trials report exactly, in intervals or one-sidedly.

Deterministic quadrature that needs no tuning to the scale of the data:

- tau runs over equal steps of x = arcsinh(tau / unit). The integrand is even and analytic in x, so the
  trapezoid rule converges geometrically.
- Given tau, the likelihood of mu is a product of normal densities and normal-smoothed steps. Its Fourier
  transform falls like that of a normal density with precision W = sum 1 / (se^2 + tau^2). Equal steps of
  0.5 / sqrt(W) therefore capture it, and it is stored as a mixture of normals centred on the nodes (weights
  by deconvolution). All that follows, such as distribution functions or predictions, is then a sum of `ndtr`.

Arrays are (m, J, N): analyses, values of tau, values of mu.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .likelihood import Likelihood

TAU_DROP = 34.0  # log height below the top at which tau is cut off; generous, as Laplace's is approximate
TAU_STEP, TAU_NODES = 0.18, 29  # largest step of x; fewest nodes
MU_STEP, KERNEL = 0.5, 1.2  # step of mu in units of 1/sqrt(W); SD of a component in steps
MAX_NODES = 2**15  # steeper edges than this resolves are widened to two steps (error below 1e-6)
BLOCK = 200_000  # numbers per working array; larger ones fall out of the processor cache


def _tau_height(rows, x, unit):
    """Log posterior density of x, up to a constant, with mu integrated by Laplace's approximation."""
    tau = unit[:, None] * np.sinh(x)
    likelihood = Likelihood(rows, tau)
    top = likelihood.modes()[1]
    prior = -0.5 * (tau / rows.tau_scale[:, None]) ** 2 + np.log(np.cosh(x))
    return top + prior - 0.5 * np.log(likelihood.information)


def tau_range(rows):
    """
    Where the posterior of tau lives: the unit of tau, and first and last x = arcsinh(tau / unit).

    The likelihood at tau = tau_scale bounds how much a larger tau can gain, hence how far the prior lets it
    go. The range is then zoomed in on until it fits, because the posterior can be a narrow peak.
    """
    unit = np.minimum(rows.smallest_se(), rows.tau_scale)
    at_scale = Likelihood(rows, rows.tau_scale[:, None])
    gain = (at_scale.highest() - at_scale.modes()[1] + at_scale.misfit)[:, 0]
    start = np.zeros(len(unit))
    stop = np.arcsinh(rows.tau_scale * np.sqrt(2 * (gain + 50)) / unit)
    open_ = np.arange(len(unit))
    for _ in range(12):
        x = np.linspace(start[open_], stop[open_], 17, axis=1)
        height = _tau_height(rows.take(open_), x, unit[open_])
        keep = height > height.max(1, keepdims=True) - TAU_DROP
        first = np.maximum(keep.argmax(1) - 1, 0)
        last = np.minimum(17 - keep[:, ::-1].argmax(1), 16)
        at = np.arange(len(open_))
        start[open_], stop[open_] = x[at, first], x[at, last]
        open_ = open_[last - first < 10]
        if not len(open_):
            break
    return unit, start, stop


@dataclass(frozen=True)
class Posterior:
    """
    Joint posterior of tau (nodes) and mu (at each tau a mixture of normals).

    Parameters
    ----------
    tau, density_x : array of shape (m, J)
        Nodes, and posterior density of x = arcsinh(tau / unit) at them.
    unit, start, stop : array of shape (m,)
        Scale of tau; first and last x.
    weight, mean, sd : array of shape (m, J, N), (m, J, N) and (m, J, 1)
        Components of mu: weights sum to 1 over J and N.
    mass : array of shape (m, J, N)
        Posterior mass at ``mean`` as a quadrature node (not as a component).
    """

    tau: np.ndarray
    density_x: np.ndarray
    unit: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    weight: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    mass: np.ndarray


def sharpen(mass):
    """Weights of normal components, KERNEL steps wide, that add up to the function with values `mass`."""
    n = mass.shape[-1]
    frequency = 2 * np.pi * np.arange(n // 2 + 1) / n
    return np.fft.irfft(np.fft.rfft(mass) * np.exp(0.5 * (KERNEL * frequency) ** 2), n)


def _groups(*keys):
    """Index arrays of the analyses that share all keys."""
    table = np.stack(keys, axis=1)
    _, inverse = np.unique(table, axis=0, return_inverse=True)
    order = np.argsort(inverse.reshape(-1), kind="stable")
    return np.split(order, np.flatnonzero(np.diff(inverse.reshape(-1)[order])) + 1)


def _round_up(n):
    """Next of a few sizes (a quarter of a power of two apart): few shapes arise, and the FFT is fast."""
    step = 2.0 ** np.maximum(np.floor(np.log2(np.maximum(n, 1))) - 2, 3)
    return (np.ceil(n / step) * step).astype(int)


def posteriors(rows):
    """
    Posterior of every analysis, in groups that share array shapes.

    Parameters
    ----------
    rows : Rows

    Yields
    ------
    index : array of int
        Which analyses.
    posterior : Posterior
        Their posterior.
    """
    unit, start, stop = tau_range(rows)
    n_tau = np.maximum(_round_up((stop - start) / TAU_STEP) + 1, TAU_NODES)
    for same_tau in _groups(n_tau):
        size = max(1, BLOCK // (8 * int(n_tau[same_tau[0]])))
        for at in range(0, len(same_tau), size):
            index = same_tau[at : at + size]
            x = np.linspace(start[index], stop[index], n_tau[index[0]], axis=1)
            for part, posterior in _given_range(rows.take(index), unit[index], x):
                yield index[part], posterior


def _given_range(rows, unit, x):
    """Posterior on given nodes of tau, in groups with equally many nodes of mu."""
    likelihood = Likelihood(rows, unit[:, None] * np.sinh(x))
    if not rows.low.shape[1]:
        yield np.arange(len(x)), _exact_only(rows, likelihood, unit, x)
        return
    left, right = likelihood.ends(likelihood.modes()[1])
    wanted = ((right - left) * np.sqrt(likelihood.information)).max(1) / MU_STEP
    n_mu = _round_up(np.clip(wanted, 32, MAX_NODES))
    for same in _groups(n_mu):
        size = max(1, BLOCK // (x.shape[1] * int(n_mu[same[0]])))
        for at in range(0, len(same), size):
            part = same[at : at + size]
            yield (
                part,
                _with_intervals(rows.take(part), unit[part], x[part], left[part], right[part], n_mu[part[0]]),
            )


def _log_prior(rows, tau, x):
    """Half-normal prior of tau, as a density of x."""
    return np.log(np.cosh(x)) - 0.5 * (tau / rows.tau_scale[:, None]) ** 2


def _exact_only(rows, likelihood, unit, x):
    """Without interval rows mu is normal given tau: one component, no quadrature."""
    tau = unit[:, None] * np.sinh(x)
    height = likelihood.peak - 0.5 * np.log(likelihood.precision) + _log_prior(rows, tau, x)
    mass = np.exp(height - height.max(1, keepdims=True))[:, :, None]
    sd = likelihood.precision[:, :, None] ** -0.5
    return _assemble(unit, x, mass, mass, likelihood.center[:, :, None], sd)


def _with_intervals(rows, unit, x, left, right, n_mu):
    tau = unit[:, None] * np.sinh(x)
    likelihood = Likelihood(rows, tau)
    step = (right - left) / n_mu
    too_coarse = step * np.sqrt(likelihood.information) > 1.001 * MU_STEP
    widen = np.where(too_coarse, step * np.sqrt(rows.low.shape[1]) / MU_STEP, 0.0)
    left, step = left - 8 * widen, step + 16 * widen / n_mu
    mu = left[:, :, None] + step[:, :, None] * (np.arange(n_mu) + 0.5)
    height = likelihood.value(mu, widen if too_coarse.any() else None) + _log_prior(rows, tau, x)[:, :, None]
    mass = np.exp(height - height.max((1, 2), keepdims=True)) * step[:, :, None]
    return _assemble(unit, x, mass, sharpen(mass), mu, KERNEL * step[:, :, None])


def _assemble(unit, x, mass, weight, mean, sd):
    """Normalise over tau by the trapezoid rule in x."""
    step = x[:, 1] - x[:, 0]
    trapezoid = np.ones(x.shape[1])
    trapezoid[[0, -1]] = 0.5
    density_x = mass.sum(2)
    total = (density_x @ trapezoid) * step
    share = trapezoid[:, None] * (step / total)[:, None, None]
    return Posterior(
        tau=unit[:, None] * np.sinh(x), density_x=density_x / total[:, None],
        unit=unit, start=x[:, 0], stop=x[:, -1],
        weight=weight * share, mean=mean, sd=sd, mass=mass * share,
    )  # fmt: skip


def finer(density_x, even, times=3, mirrored=6):
    """
    The density of x on a grid `times` as fine, by a quintic spline of its logarithm.

    Parameters
    ----------
    density_x : array of shape (m, J)
        Density at equal steps.
    even : bool array of shape (m,)
        Whether the first node is x = 0, where the density is even: the spline then runs on through it.

    Returns
    -------
    array of shape (m, times * (J - 1) + 1)
        Normalised by the trapezoid rule on steps of the given grid.
    """
    from scipy.interpolate import make_interp_spline  # slow to import

    log, last = np.log(np.maximum(density_x, 1e-200)), density_x.shape[1] - 1
    node, out = np.arange(-mirrored, last + 1), np.empty((len(log), last * times + 1))
    wanted = np.arange(last * times + 1) / times
    both = np.concatenate([log[even, mirrored:0:-1], log[even]], axis=1)
    out[even] = make_interp_spline(node, both, k=5, axis=1)(wanted)
    out[~even] = make_interp_spline(node[mirrored:], log[~even], k=5, axis=1)(wanted)
    out = np.exp(out)
    return out / (out.sum(1) - 0.5 * (out[:, 0] + out[:, -1]))[:, None] * times
