"""Do the methods give the numbers they should? Other programs, a published review, and the definitions."""

from __future__ import annotations

import json
from dataclasses import asdict
from decimal import Decimal

import numpy as np
import pandas as pd

from ..checkout import kept, reference_folder
from ..measures.escalc import hedges_g
from ..models.multilevel import pool_multilevel
from ..models.pool import pool
from ..models.smallstudy import egger
from ..partial.pool import pool_partial
from ..review.metapsy import mdma_rows, read_metapsy
from .coverage import CoverageRow, simulate_coverage
from .hidden import SCENARIOS, SimulationRow, simulate_hidden_nulls

CI = {"z": "wald", "knha": "hksj"}
STATISTICS = {
    "estimate": "estimate", "se": "se", "ci_low": "ci_lb", "ci_high": "ci_ub", "p_value": "pval",
    "tau2": "tau2", "q": "Q", "q_p": "Qp", "i2": "I2", "h2": "H2", "pi_low": "pi_lb", "pi_high": "pi_ub",
}  # fmt: skip
AGREED = 1e-6  # largest gap called agreement
NEAR_ZERO = 0.01  # below this size a difference counts absolutely: AGREED then means 1e-8
PRINTED = 5e-12  # largest relative rounding of the reference values, 12 significant digits
GRID = 5e-4  # accuracy of the published Bayesian numbers, which were read off a grid
Z95 = 1.959963984540054
REPLICATES = 800
# Mean effect, SD between trials and scenarios simulated: every scenario at one truth, others without effect
# and with less and more heterogeneity.
TRUTHS = (
    (-0.4, 0.2, tuple(SCENARIOS)),
    (0.0, 0.2, ("nulls hidden", "only favourable printed")),
    (-0.4, 0.1, ("nulls hidden",)),
    (-0.4, 0.35, ("nulls hidden",)),
)
MODERATORS = {
    "meta_regression_n_dosing_sessions": "n_dosing_sessions",
    "meta_regression_cumulative_dose": "cumulative_dose_arm1",
}
# What a published entry says besides results: inputs, texts, degrees of freedom that follow from k.
NOT_RESULTS = (
    "source",
    "reading_the_csv",
    "filter",
    "model",
    "prior_mu",
    "prior_tau",
    "rho",
    "prediction_df",
)


def metafor_agreement(folder=None) -> pd.DataFrame:
    """
    Every number of metafor's reference fits beside ours.

    Parameters
    ----------
    folder : Path, optional
        Folder of ``metafor_dev.json``; that of the checkout if left out.

    Returns
    -------
    DataFrame
        `case`, `k`, `method`, `test`, `statistic`, `ours`, `theirs` (NaN where undefined), and `gap`: the
        difference over the size of metafor's number, or over 0.01 where that is smaller; 0 where both are
        undefined, inf where one is.

    Raises
    ------
    FileNotFoundError
        Outside a checkout.
    """
    reference = json.loads(((folder or reference_folder()) / "metafor_dev.json").read_text("utf-8"))
    records = [
        (case["id"], case["k"], row[0], row[1], *cell)
        for case in reference["cases"]
        for row in case["fits"]
        for cell in _cells(case, dict(zip(reference["fit_columns"], row, strict=True)))
    ]
    frame = pd.DataFrame(records, columns=["case", "k", "method", "test", "statistic", "ours", "theirs"])
    return frame.assign(gap=gap(frame["ours"].to_numpy(float), frame["theirs"].to_numpy(float)))


def _cells(case, row):
    """(statistic, ours, metafor's) of one fit."""
    choice = {"tau2_method": row["method"], "ci_method": CI[row["test"]]}
    fit, hts = (pool(case["yi"], case["vi"], pi_method=p, **choice) for p in ("metafor", "hts"))
    yield from ((name, getattr(fit, name), row[there]) for name, there in STATISTICS.items())
    yield "pi_low, hts", hts.pi_low, row["pi_lb_riley"]
    yield "pi_high, hts", hts.pi_high, row["pi_ub_riley"]
    yield "tau2_ci_low", fit.tau2_ci_low, case["qprofile"]["tau2_lb"]
    yield "tau2_ci_high", fit.tau2_ci_high, case["qprofile"]["tau2_ub"]


def gap(ours, theirs):
    """
    Difference relative to the other number, absolute near zero.

    Parameters
    ----------
    ours, theirs : array of shape (n,)
        NaN where undefined.

    Examples
    --------
    >>> print(gap(np.array([2.002, 1e-9, np.nan, 1.0]), np.array([2.0, 0.0, np.nan, np.nan])))
    [1.e-03 1.e-07 0.e+00    inf]
    """
    size = np.maximum(np.abs(theirs), NEAR_ZERO)
    undefined = np.isnan(ours), np.isnan(theirs)
    apart = np.where(undefined[0] | undefined[1], np.inf, np.abs(ours - theirs) / size)
    return np.where(undefined[0] & undefined[1], 0.0, apart)


def metafor_version(folder=None) -> str:
    """Version of metafor behind the reference fits."""
    text = ((folder or reference_folder()) / "metafor_dev.json").read_text("utf-8")
    return json.loads(text)["meta"]["metafor"]


def mdma_comparison(review, folder=None) -> pd.DataFrame:
    """
    Every number that the reproducibility guide of the MDMA review prints, beside ours from its data file.

    Parameters
    ----------
    review : Review
        Its data folder holds the data set.
    folder : Path, optional
        Folder of ``metapsy_mdma_published.json``; that of the checkout if left out.

    Returns
    -------
    DataFrame
        `analysis`, `quantity`, `published` (as printed), `ours`, `difference`, `allowed` (half a unit of the
        last printed digit; the grid's accuracy for the Bayesian model), `agrees`.

    Raises
    ------
    KeyError
        If a number is printed that is not reproduced here.
    """
    path = (folder or reference_folder()) / "metapsy_mdma_published.json"
    published = json.loads(path.read_text("utf-8"), parse_float=Decimal)
    ours = _mdma_results(read_metapsy(review.path / "external" / "metapsy_ptsd_mdmactr" / "data.csv"))
    records = []
    for analysis in ours:
        for quantity, printed, digits in _leaves(published[analysis]):
            value = float(_find(ours[analysis], quantity))
            allowed = GRID if analysis == "bayes" else 0.5 * 10.0**-digits
            difference = value - float(printed)
            agrees = abs(difference) <= allowed * (1 + 1e-9)
            records.append(
                (analysis, ": ".join(map(str, quantity)), str(printed), value, difference, allowed, agrees)
            )
    columns = ["analysis", "quantity", "published", "ours", "difference", "allowed", "agrees"]
    return pd.DataFrame(records, columns=columns)


def _leaves(entry, path=()):
    """(path, printed number, decimals) of every result; numbers of one list share their decimals."""
    for key, value in entry.items():
        if key in NOT_RESULTS or isinstance(value, str):
            continue
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        elif isinstance(value, list):
            digits = max(map(_decimals, value))
            yield from (((*path, key, i), item, digits) for i, item in enumerate(value))
        else:
            yield (*path, key), value, _decimals(value)


def _decimals(number) -> int:
    return max(0, -int(Decimal(number).as_tuple().exponent))


def _find(tree, path):
    for step in path:
        tree = tree[step]
    return tree


def _mdma_results(data) -> dict:
    """Our results in the layout of the published ones."""
    main = mdma_rows(data, "main")
    return {
        "main": _main(main),
        "bayes": _bayes(main),
        "three_level_che": _three_level(mdma_rows(data, "three_level_che")),
        "response_rr": _risk_ratio(mdma_rows(data, "response_rr")),
        "remission_rr": _risk_ratio(mdma_rows(data, "remission_rr")),
    }


def _with_limits(rows, change=float) -> dict:
    half = Z95 * np.sqrt(rows["vi"])
    ends = zip(rows["study"], rows["yi"], rows["yi"] - half, rows["yi"] + half, strict=True)
    return {study: [change(value) for value in values] for study, *values in ends}


def _main(rows) -> dict:
    fit, small = pool(rows["yi"], rows["vi"], pi_method="meta"), egger(rows["yi"], rows["vi"])
    half = Z95 * small.slope_se  # the guide's interval is the normal one
    return {
        "rows": _with_limits(rows),
        "k": fit.k, "estimate": fit.estimate, "ci": [fit.ci_low, fit.ci_high], "t": fit.estimate / fit.se,
        "p": fit.p_value, "prediction_interval": [fit.pi_low, fit.pi_high], "tau2": fit.tau2,
        "tau2_ci_q_profile": [fit.tau2_ci_low, fit.tau2_ci_high], "i2": fit.i2, "q": fit.q, "q_df": fit.q_df,
        "q_p": fit.q_p,
        "egger": {
            "intercept": small.slope, "ci": [small.slope - half, small.slope + half],
            "t": small.t, "p": small.p_value,
        },
    }  # fmt: skip


def _bayes(rows) -> dict:
    fit = pool_partial(rows["yi"], rows["yi"], np.sqrt(rows["vi"]), mu_prior_sd=1.0, interval="shortest")
    return {
        "mu_median": fit.estimate, "mu_mean": fit.mean, "mu_sd": fit.sd,
        "mu_95_shortest": [fit.ci_low, fit.ci_high], "tau_median": fit.tau, "tau_mean": _mean_tau(fit),
        "tau_95_shortest": [fit.tau_ci_low, fit.tau_ci_high],
    }  # fmt: skip


def _mean_tau(fit) -> float:
    """Posterior mean of tau: the integral of the probability of exceeding it."""
    low, high = (float(end[0]) for end in fit._fit.tau.bracket())
    node, share = np.polynomial.legendre.leggauss(100)
    at = low + 0.5 * (high - low) * (1 + node)
    return low + 0.5 * (high - low) * float(share @ (1 - fit._fit.tau.density(at)[0]))


def _three_level(rows) -> dict:
    fit = pool_multilevel(rows["yi"], rows["vi"], rows["cluster"], rho=0.6, smooth_vi=True)
    result = {
        "k": fit.k, "clusters": fit.n_studies, "estimate": fit.estimate, "se": fit.se, "t": fit.t,
        "df": fit.q_df, "ci": [fit.ci_low, fit.ci_high], "sigma2_study": fit.sigma2_study,
        "sigma2_effect": fit.sigma2_effect, "q": fit.q,
    }  # fmt: skip
    for name, moderator in MODERATORS.items():
        fit = pool_multilevel(
            rows["yi"], rows["vi"], rows["cluster"], 0.6, moderators=moderator, smooth_vi=True, data=rows
        )
        terms = [[e, s] for e, s in zip(fit.estimate, fit.se, strict=True)]
        result[name] = {"intercept": terms[0], "slope": terms[1], "slope_p": fit.p_value[1]}
    return result


def _risk_ratio(rows) -> dict:
    fit = pool(rows["yi"], rows["vi"], tau2_method="PM", pi_method="meta")
    return {
        "rows": _with_limits(rows, np.exp),
        "k": fit.k, "estimate": np.exp(fit.estimate), "ci": np.exp([fit.ci_low, fit.ci_high]),
        "prediction_interval": np.exp([fit.pi_low, fit.pi_high]), "q": fit.q,
    }  # fmt: skip


def definition_differences(review) -> pd.DataFrame:
    """
    Where our definitions are not those of the published MDMA review, and what each is worth on its data.

    Parameters
    ----------
    review : Review

    Returns
    -------
    DataFrame
        `what`, `published` and `ours`, the number under either definition, and `why`.
    """
    data = read_metapsy(review.path / "external" / "metapsy_ptsd_mdmactr" / "data.csv")
    rows = mdma_rows(data, "main")
    yi, vi = hedges_g(*(rows[f"{name}_arm{arm}"] for arm in (1, 2) for name in ("mean", "sd", "n")))
    smallest = (rows["n_arm1"] + rows["n_arm2"]).to_numpy().argmin()
    released, own = pool(rows["yi"], rows["vi"], pi_method="meta"), pool(yi, vi)
    levels = mdma_rows(data, "three_level_che")
    three = [
        pool_multilevel(levels["yi"], levels["vi"], levels["cluster"], rho=0.6, smooth_vi=smooth)
        for smooth in (True, False)
    ]
    exact = "correction J: 1 - 3/(4 df - 1) there, from the gamma function here"
    spread = "standard error: from d before the correction there, from g here"
    return pd.DataFrame(
        [
            (
                f"g, {rows['study'].iloc[smallest]} (the smallest trial)",
                rows["yi"][smallest],
                yi[smallest],
                exact,
            ),
            ("its standard error", np.sqrt(rows["vi"][smallest]), np.sqrt(vi[smallest]), spread),
            ("pooled g", released.estimate, own.estimate, "both of the above"),
            ("lower end of the interval", released.ci_low, own.ci_low, "both of the above"),
            ("upper end of the interval", released.ci_high, own.ci_high, "both of the above"),
            (
                "lower end of the prediction interval",
                released.pi_low,
                pool(rows["yi"], rows["vi"]).pi_low,
                "standard error without the Hartung-Knapp factor there, with it here",
            ),
            (
                "three-level g",
                three[0].estimate,
                three[1].estimate,
                "variances averaged within a study there, each its own here",
            ),
            ("its standard error", three[0].se, three[1].se, "as above"),
        ],
        columns=["what", "published", "ours", "why"],
    )


def coverage_rows() -> tuple[CoverageRow, ...]:
    """Rows of `simulate_coverage` with its defaults, kept between reruns."""
    return _kept_rows("coverage", (), simulate_coverage, CoverageRow)


def hidden_null_rows() -> tuple[SimulationRow, ...]:
    """Rows of `simulate_hidden_nulls` at every one of TRUTHS, kept between reruns."""

    def compute():
        return [
            row
            for mu, tau, scenarios in TRUTHS
            for row in simulate_hidden_nulls(REPLICATES, mu, tau, scenarios=scenarios)
        ]

    return _kept_rows("hidden-nulls", (REPLICATES, TRUTHS), compute, SimulationRow)


def _kept_rows(name, key, compute, kind):
    """Rows of a simulation, stored as columns."""
    stored = kept(name, key, lambda: pd.DataFrame([asdict(row) for row in compute()]).to_dict("list"))
    columns = [column.tolist() for column in stored.values()]
    return tuple(kind(**dict(zip(stored, row, strict=True))) for row in zip(*columns, strict=True))
