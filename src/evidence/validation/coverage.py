"""
How often 95% intervals hold the truth when there are few trials: simulated where the truth is known.

Fixed seed: the same call gives the same table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..models.pool import CI_METHODS, pool_many
from ..partial.pool import pool_partial_many
from .hidden import PER_ARM

TRIALS = (3, 5, 8, 15)
TAUS = (0.0, 0.2, 0.4)  # SD of true effects between trials, in units of g
METHODS = ("DL", "REML", "PM")
HEADLINE = "headline model"
BLOCK = 20_000  # simulated reviews a Dask worker pools at a time
CONNECT_SECONDS = 10


@dataclass(frozen=True)
class CoverageRow:
    """
    One interval method at one number of trials and one heterogeneity.

    Attributes
    ----------
    k : int
        Trials.
    tau : float
        True SD of effects between trials.
    i2 : float
        Share of variance between trials that this tau stands for at the trials' typical variance, percent.
    tau2_method, ci_method : str
        As in `pool`; `tau2_method` is HEADLINE for the partial-information model.
    coverage, mcse : float
        Share of intervals that hold the truth, and its Monte Carlo standard error.
    width : float
        Median width of the interval.
    replicates : int
    """

    k: int
    tau: float
    i2: float
    tau2_method: str
    ci_method: str
    coverage: float
    mcse: float
    width: float
    replicates: int


def trial_variances(k):
    """
    Sampling variances of `k` trials whose sizes span those of the field.

    Examples
    --------
    >>> print(trial_variances(3).round(3))
    [0.2   0.067 0.027]
    """
    per_arm = np.asarray(PER_ARM, float)
    return 2.0 / per_arm[np.round(np.linspace(0, len(per_arm) - 1, k)).astype(int)]


def typical_i2(tau, vi) -> float:
    """
    I2 in percent that a between-trial SD stands for among trials of given variances.

    References
    ----------
    Higgins and Thompson (2002), doi:10.1002/sim.1186, equation 9.

    Examples
    --------
    >>> print(f"{typical_i2(0.2, [0.04, 0.04]):.0f}")
    50
    """
    w = 1.0 / np.asarray(vi, float)
    typical = (len(w) - 1) * w.sum() / (w.sum() ** 2 - (w**2).sum())
    return float(100 * tau**2 / (tau**2 + typical))


def simulate_coverage(
    k_values=TRIALS, taus=TAUS, replicates=10_000, headline_replicates=1_000, seed=2026, block=None
) -> tuple[CoverageRow, ...]:
    """
    Coverage and width of every interval method under a known mean effect.

    Parameters
    ----------
    k_values : sequence of int
    taus : sequence of float
    replicates : int
        Simulated reviews at each k and tau, the same for all methods.
    headline_replicates : int
        Of these, the first so many are also pooled by the headline model with its default priors.
    seed : int
    block : int, optional
        Simulated reviews to a block of work for Dask, on the client in force or else on this machine. The
        numbers are the same to the last bit with and without it.

    Returns
    -------
    tuple of CoverageRow

    Notes
    -----
    Trials estimate normal(mu, tau^2) effects with known variances; mu is 0, which costs no generality, as
    every method moves with its data (the headline's prior on mu is flat).

    Examples
    --------
    >>> rows = simulate_coverage([5], [0.2], replicates=200, headline_replicates=0)
    >>> print(len(rows), all(0.8 < row.coverage <= 1 for row in rows))
    9 True
    """
    rng = np.random.default_rng(seed)
    rows = []
    for k in k_values:
        vi = trial_variances(k)
        for tau in taus:
            yi = np.sqrt(vi + tau**2) * rng.standard_normal((replicates, k))
            label = (k, tau, typical_i2(tau, vi))
            fits = _frequentist(yi, vi, block) | _headline(yi[:headline_replicates], vi)
            rows += [_row(label, method, *ends) for method, ends in fits.items()]
    return tuple(rows)


def _frequentist(yi, vi, block):
    vi = np.broadcast_to(vi, yi.shape)
    if block:
        import dask.array as da

        yi, vi = (da.from_array(x, chunks=(block, -1)) for x in (yi, vi))
    fits = {(t, c): pool_many(yi, vi, tau2_method=t, ci_method=c) for c in CI_METHODS for t in METHODS}
    ends = {method: (fit.ci_low, fit.ci_high) for method, fit in fits.items()}
    if block:
        import dask

        return dask.compute(ends)[0]
    return ends


def _headline(yi, vi):
    if not len(yi):
        return {}
    fit = pool_partial_many(yi, yi, np.sqrt(np.broadcast_to(vi, yi.shape)))
    return {(HEADLINE, "equal-tail"): (fit.ci_low, fit.ci_high)}


def _row(label, method, low, high):
    coverage, n = float(np.mean((low <= 0) & (high >= 0))), len(low)
    mcse = float(np.sqrt(coverage * (1 - coverage) / n))
    return CoverageRow(*label, *method, coverage, mcse, float(np.median(high - low)), n)


def run(args) -> int:
    """
    Run the command `evidence coverage`: print the table of `simulate_coverage`.

    Parameters
    ----------
    args : argparse.Namespace
        With ``replicates``, ``seed`` and ``scheduler`` (address of a Dask scheduler or None).

    Returns
    -------
    int
        0; 2 when the scheduler cannot be reached.
    """
    import contextlib
    import sys
    from dataclasses import astuple, fields

    with contextlib.ExitStack() as stack:
        if args.scheduler:
            from dask.distributed import Client

            try:
                stack.enter_context(Client(args.scheduler, timeout=CONNECT_SECONDS))
            except (OSError, ValueError) as error:
                print(f"{args.scheduler}: {error}. Fix: start one with `dask scheduler`", file=sys.stderr)
                return 2
        block = BLOCK if args.scheduler else None
        rows = simulate_coverage(replicates=args.replicates, seed=args.seed, block=block)
    print(",".join(field.name for field in fields(CoverageRow)))
    for row in rows:
        print(",".join(f"{x:.6g}" if isinstance(x, float) else str(x) for x in astuple(row)))
    return 0
