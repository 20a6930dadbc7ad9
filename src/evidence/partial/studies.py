"""A trial's own true effect, as a mixture of normals, from the posterior of mean and heterogeneity."""

from __future__ import annotations

import numpy as np
from scipy.special import roots_legendre

from .grid import sharpen
from .likelihood import ROOT_2PI, log_probability
from .mixture import NormalMixture

NODES = 48  # values of an unreported estimate, spread over at most its interval and 8 SD around the mean
NEGLIGIBLE = 1e-14


def new_effect(posterior):
    """True effect of a trial nothing is known about: normal(mu, tau^2)."""
    sd = np.sqrt(posterior.sd**2 + posterior.tau[:, :, None] ** 2)
    return NormalMixture(posterior.weight, posterior.mean, sd)


def exact_effect(posterior, y, se):
    """
    True effect of a trial that reported the estimate `y` with standard error `se`.

    Parameters
    ----------
    posterior : Posterior
        Of one analysis (m = 1).
    y, se : float

    Notes
    -----
    Given mu and tau it is normal, shrunk from y towards mu by se^2 / (se^2 + tau^2).
    """
    kept = posterior.tau[:, :, None] ** 2 / (se**2 + posterior.tau[:, :, None] ** 2)
    sd = np.sqrt(((1 - kept) * posterior.sd) ** 2 + se**2 * kept)
    return NormalMixture(posterior.weight, (1 - kept) * posterior.mean + kept * y, sd)


def interval_effect(posterior, low, high, se):
    """
    True effect of a trial whose estimate is only known to lie between `low` and `high`.

    Parameters
    ----------
    posterior : Posterior
        Of one analysis (m = 1).
    low, high, se : float
        Limits (-FAR or FAR when open) and standard error of the estimate.

    Notes
    -----
    The unreported estimate is integrated out by Gauss-Legendre quadrature at each tau; for each of its values
    the trial is an exact one.
    """
    tau, mu = posterior.tau[0], posterior.mean[0]
    s = np.sqrt(se**2 + tau**2)
    first = np.maximum(low, np.minimum(mu[:, 0], high) - 8 * s)
    last = np.minimum(high, np.maximum(mu[:, -1], low) + 8 * s)
    node, share = roots_legendre(NODES)
    half = 0.5 * (last - first)
    y = 0.5 * (first + last) + half * node[:, None]
    log_p = log_probability((low - mu) / s[:, None], (high - mu) / s[:, None])
    given = np.exp(-0.5 * ((y[:, :, None] - mu) / s[:, None]) ** 2 - log_p)
    mass = posterior.mass[0] * given * (share[:, None] * half / (s * ROOT_2PI))[:, :, None]
    keep = mass.sum(2) > NEGLIGIBLE
    kept = np.broadcast_to(tau**2 / s**2, y.shape)[keep][:, None]
    mean = (1 - kept) * np.broadcast_to(mu, mass.shape)[keep] + kept * y[keep][:, None]
    kernel = np.broadcast_to(posterior.sd[0, :, 0], y.shape)[keep][:, None]
    weight = sharpen(mass[keep])
    return NormalMixture(
        weight[None] / weight.sum(), mean[None], np.sqrt(((1 - kept) * kernel) ** 2 + se**2 * kept)[None]
    )
