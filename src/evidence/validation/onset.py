"""Do the onset quantities recover a known truth when half of the trials say only "no difference"?"""

from __future__ import annotations

import math

import numpy as np

from ..partial.joint import pool_joint

TRUTH = (-0.3, -0.5, -0.6)  # mean effect at 24 h, week 1 and end of course
TAU = 0.2
PER_ARM = (10, 15, 20, 25, 30, 40, 50, 75)
Z95 = 1.959963984540054


def simulate_onset(k=8, replicates=60, rho=0.6, omega=0.5, seed=2026, points=2**11) -> list[dict]:
    """
    Bias and coverage of the joint model's windows and of the share present at 24 h.

    Trials have the sizes of `PER_ARM` in turn and report at all three times; in every second trial the
    non-significant results are printed as "no difference" only.

    Parameters
    ----------
    k : int
        Trials, >= 2.
    replicates : int
    rho, omega : float
        Correlation of a trial's sampling errors over times, and share of tau^2 common to a trial's times.
    seed, points : int

    Returns
    -------
    list of dict
        quantity, truth, bias, bias_mcse, coverage, coverage_mcse, hidden (share of printed results that are
        words only), k, replicates.

    Raises
    ------
    ValueError
        If k or replicates is below 2.
    """
    for name, value in (("k", k), ("replicates", replicates)):
        if value < 2:
            raise ValueError(f"{name}: found {value}; allowed: 2 or more. Fix: simulate more")
    random = np.random.default_rng(seed)
    names = ("24h", "week1", "end_of_course")
    errors = {name: [] for name in (*names, "share at 24 h")}
    covered = {name: [] for name in errors}
    hidden = []
    share = TRUTH[0] / TRUTH[2]
    for _ in range(replicates):
        lower, upper, se = _trials(random, k, rho, omega)
        hidden.append(np.mean(lower != upper))
        fit = pool_joint(lower, upper, se, windows=names, rho=rho, points=points)
        for j, name in enumerate(names):
            errors[name].append(fit.estimate[j] - TRUTH[j])
            covered[name].append(fit.ci_low[j] <= TRUTH[j] <= fit.ci_high[j])
        low, middle, high = fit.quantile(lambda mu: mu[:, 0] / mu[:, 2], [0.025, 0.5, 0.975])
        errors["share at 24 h"].append(middle - share)
        covered["share at 24 h"].append(low <= share <= high)
    truths = (*TRUTH, share)
    return [
        {**_row(name, truth, errors[name], covered[name]), "hidden": float(np.mean(hidden)), "k": k}
        for name, truth in zip(errors, truths, strict=True)
    ]


def _trials(random, k, rho, omega):
    """Bounds and standard errors of k trials at three times."""
    per_arm = np.resize(PER_ARM, k)
    se = np.sqrt(2 / per_arm)[:, None] * np.ones(3)
    common = random.normal(size=(k, 1)) * math.sqrt(omega)
    own = random.normal(size=(k, 3)) * math.sqrt(1 - omega)
    true = np.array(TRUTH) + TAU * (common + own)
    shared = random.normal(size=(k, 1)) * math.sqrt(rho)
    noise = random.normal(size=(k, 3)) * math.sqrt(1 - rho)
    seen = true + se * (shared + noise)
    silent = (np.arange(k) % 2 == 0)[:, None] & (np.abs(seen) < Z95 * se)
    return np.where(silent, -Z95 * se, seen), np.where(silent, Z95 * se, seen), se


def _row(name, truth, errors, covered) -> dict:
    n, share = len(errors), float(np.mean(covered))
    return {
        "quantity": name,
        "truth": truth,
        "bias": float(np.mean(errors)),
        "bias_mcse": float(np.std(errors, ddof=1) / math.sqrt(n)),
        "coverage": share,
        "coverage_mcse": math.sqrt(share * (1 - share) / n),
        "replicates": n,
    }
