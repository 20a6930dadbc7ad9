"""Meta-regression: how an effect differs with characteristics of the studies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, chdtri, fdtrc, ndtr, ndtri, stdtr, stdtrit

from .._arrays import require, require_choice
from ..errors import ConvergenceError
from .pool import CI_METHODS, check_effects
from .tau2 import METHODS, choose_engine, estimate_tau2, q_profile_root

REGRESSION_METHODS = tuple(m for m in METHODS if m != "ML")
STUDIES_PER_MODERATOR = 10  # Cochrane Handbook for Systematic Reviews of Interventions, chapter 10


@dataclass(frozen=True, eq=False)
class MetaRegression:
    """
    Result of `meta_regression`; coefficient fields have shape (p,), the intercept first.

    Attributes
    ----------
    terms : tuple of str
        Names of the coefficients.
    estimate, se, ci_low, ci_high, statistic, p_value : array of shape (p,)
        Coefficients with t (Hartung-Knapp) or z inference.
    vcov : array of shape (p, p)
        Covariance of the coefficients.
    tau2, tau2_ci_low, tau2_ci_high : float
        Between-study variance that the moderators leave, and its Q-profile interval.
    i2, h2, r2 : float
        Percent of the residual variance that lies between studies; total over sampling variance; percent of
        tau2 that the moderators account for (NaN under FE, or when there is no tau2 without them).
    qe, qe_df, qe_p : float
        Test of residual heterogeneity, chi-squared with k - p df.
    qm, qm_df, qm_p : float
        Joint test of the moderators: F with (p - 1, k - p) df, or chi-squared under "wald"; NaN without any.
    k : int
        Studies.
    level, tau2_method, ci_method
        The choices made.
    note : str
        Says so when there are too few studies for the number of moderators, else "".
    """

    terms: tuple[str, ...]
    estimate: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    statistic: np.ndarray
    p_value: np.ndarray
    vcov: np.ndarray
    tau2: float
    tau2_ci_low: float
    tau2_ci_high: float
    i2: float
    h2: float
    r2: float
    qe: float
    qe_df: int
    qe_p: float
    qm: float
    qm_df: int
    qm_p: float
    k: int
    level: float
    tau2_method: str
    ci_method: str
    note: str


def meta_regression(yi, vi, x=None, tau2_method="REML", ci_method="hksj", level=0.95, names=None):
    """
    Regress effects on study characteristics, with between-study variance.

    Parameters
    ----------
    yi, vi : array of shape (k,)
        Effects and sampling variances.
    x : array of shape (k,) or (k, p - 1), optional
        Moderators, without the intercept, which is added.
    tau2_method : {"REML", "FE", "DL", "HE", "HS", "SJ", "EB", "PM"}
    ci_method : {"hksj", "wald", "hksj_adhoc"}
    level : float
    names : sequence of str, optional
        Names of the moderators; column names of a data frame by default.

    Returns
    -------
    MetaRegression

    Raises
    ------
    ValueError
        For input that `pool` would refuse, moderators that do not fit, are not finite or repeat each other,
        and for fewer studies than coefficients plus one.
    ConvergenceError
        If the search for tau2 did not end.

    Notes
    -----
    With K an orthonormal basis of what the moderators leave and U'K'VKU diagonal, the entries of U'K'y are
    independent with variances lambda + tau2. All estimators of tau2 but ML depend on the data through these
    alone, so those of an analysis without moderators serve.

    References
    ----------
    Knapp and Hartung (2003), Stat Med 22:2693-2710; Viechtbauer (2005), J Educ Behav Stat 30:261-293;
    Patterson and Thompson (1971), Biometrika 58:545-554. As metafor 3.8 rma.uni; pinned by
    tests/reference/pool.json.

    Examples
    --------
    >>> fit = meta_regression([-0.9, -0.2, -0.6, -0.1], [0.04, 0.05, 0.1, 0.06], [3, 1, 2, 1], names=["dose"])
    >>> print(fit.terms, fit.estimate.round(3), fit.tau2)
    ('intercept', 'dose') [ 0.212 -0.375] 0.0
    """
    y, v = check_effects(yi, vi)
    require_choice("tau2_method", tau2_method, REGRESSION_METHODS)
    require_choice("ci_method", ci_method, CI_METHODS)
    if not 0.0 < level < 1.0:
        raise ValueError(f"level is {level!r}; allowed: between 0 and 1. Fix: write 0.95 for 95%")
    design, terms = _design(x, names, y.size)
    k, p = design.shape
    rotated = _rotated(y, v, design)
    tau2 = _tau2(y, v, *rotated, tau2_method)
    without = estimate_tau2(y[:, None], v[:, None], tau2_method, choose_engine(k)).item()
    heterogeneity = _heterogeneity(rotated, tau2, tau2_method, level)
    if np.isnan([tau2, without, heterogeneity["tau2_ci_high"]]).any():
        raise ConvergenceError(
            "the search for tau2 did not end; look for vi that differ by orders of magnitude"
        )
    return MetaRegression(
        terms=terms, **_coefficients(y, v + tau2, design, ci_method, level), tau2=tau2, **heterogeneity,
        r2=100.0 * max(0.0, 1.0 - tau2 / without) if without > 0.0 else np.nan,
        k=k, level=level, tau2_method=tau2_method, ci_method=ci_method, note=_note(k, p - 1),
    )  # fmt: skip


def _design(x, names, k):
    """Design matrix with intercept, and the names of its columns."""
    given = getattr(x, "columns", None) if names is None else names
    x = np.empty((k, 0)) if x is None else np.asarray(x, dtype=float)
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or x.shape[0] != k:
        raise ValueError(
            f"x has shape {x.shape}; allowed: ({k},) or ({k}, number of moderators). Fix: a row a study"
        )
    require(np.isfinite(x), "x", x, "a finite number", "leave out studies without it, or code the categories")
    names = [f"x{i}" for i in range(x.shape[1])] if given is None else [str(name) for name in given]
    if len(names) != x.shape[1]:
        raise ValueError(
            f"names has {len(names)} entries for {x.shape[1]} moderators. Fix: name each column of x"
        )
    design = np.column_stack([np.ones(k), x])
    if k <= design.shape[1]:
        raise ValueError(f"{k} studies for {design.shape[1]} coefficients. Fix: use fewer moderators")
    largest = np.abs(design).max(0)
    if np.linalg.matrix_rank(design / np.where(largest > 0.0, largest, 1.0)) < design.shape[1]:
        raise ValueError("x is constant, or one column follows from the others. Fix: leave out a moderator")
    return design, ("intercept", *names)


def _rotated(y, v, design):
    """Independent parts of y after the moderators, and their sampling variances (see Notes above)."""
    basis = np.linalg.qr(design, mode="complete")[0][:, design.shape[1] :]
    variances, turn = np.linalg.eigh((basis.T * v) @ basis)
    return turn.T @ (basis.T @ y), np.maximum(variances, v.min())  # interlacing; rounding may fall short


def _tau2(y, v, z, variances, method):
    """Between-study variance from the rotated data, whose mean is known to be 0."""
    k, df = y.size, z.size
    if method == "FE":
        return 0.0
    if method == "HE":
        return max(0.0, float((z @ z - variances.sum()) / df))
    if method == "SJ":
        crude = np.var(y)
        return float(crude * np.sum(z * z / (variances + crude)) / df)
    q = np.sum(z * z / variances)
    if method == "DL":
        return max(0.0, float((q - df) / np.sum(1.0 / variances)))
    if method == "HS":
        return max(0.0, float((q - k) / np.sum(1.0 / v)))
    mirrored = _mirrored(z, variances)
    engine = choose_engine(2 * df)
    if method == "REML":
        return float(estimate_tau2(*mirrored, "ML", engine)[0])
    return float(q_profile_root(*mirrored, 2.0 * df, engine=engine)[0])


def _mirrored(z, variances):
    """Each part and its negative: data whose mean is 0, where ML is the REML sought and Q is doubled."""
    return np.concatenate([z, -z])[:, None], np.concatenate([variances, variances])[:, None]


def _heterogeneity(rotated, tau2, method, level):
    z, variances = rotated
    df, tail = z.size, (1.0 - level) / 2.0
    q = float(np.sum(z * z / variances))
    typical = df / np.sum(1.0 / variances)
    fixed = method == "FE"
    low, high = (
        q_profile_root(*_mirrored(z, variances), 2.0 * chdtri(df, side), engine=choose_engine(2 * df)).item()
        for side in (tail, 1.0 - tail)
    )
    return {
        "qe": q, "qe_df": df, "qe_p": float(chdtrc(df, q)), "tau2_ci_low": low, "tau2_ci_high": high,
        "i2": 100.0 * float(max(0.0, 1.0 - df / max(q, df)) if fixed else tau2 / (tau2 + typical)),
        "h2": float(q / df if fixed else 1.0 + tau2 / typical),
    }  # fmt: skip


def _coefficients(y, total_variance, design, ci_method, level):
    """Weighted least squares with known variances; Hartung-Knapp scales the covariance by the residuals."""
    k, p = design.shape
    root = 1.0 / np.sqrt(total_variance)
    q, r = np.linalg.qr(design * root[:, None])
    estimate = np.linalg.solve(r, q.T @ (y * root))
    inverse = np.linalg.inv(r)
    vcov = inverse @ inverse.T
    df, wald = k - p, ci_method == "wald"
    if not wald:
        inflation = np.sum(((y - design @ estimate) * root) ** 2) / df
        vcov = vcov * (max(inflation, 1.0) if ci_method == "hksj_adhoc" else inflation)
    se = np.sqrt(np.diag(vcov))
    with np.errstate(divide="ignore", invalid="ignore"):  # se is 0 when the fit is perfect
        statistic = estimate / se
    crit = ndtri((1.0 + level) / 2.0) if wald else stdtrit(df, (1.0 + level) / 2.0)
    p_value = 2.0 * (ndtr(-np.abs(statistic)) if wald else stdtr(df, -np.abs(statistic)))
    found = {"estimate": estimate, "se": se, "statistic": statistic, "p_value": p_value, "vcov": vcov}
    limits = {"ci_low": estimate - crit * se, "ci_high": estimate + crit * se}
    return found | limits | _joint_test(estimate[1:], vcov[1:, 1:], df, wald)


def _joint_test(estimate, vcov, df, wald):
    m = estimate.size
    if m == 0 or not vcov.any():
        return {"qm": np.nan, "qm_df": m, "qm_p": np.nan}
    qm = float(estimate @ np.linalg.solve(vcov, estimate)) / (1 if wald else m)
    return {"qm": qm, "qm_df": m, "qm_p": float(chdtrc(m, qm) if wald else fdtrc(m, df, qm))}


def _note(k, moderators):
    if k >= STUDIES_PER_MODERATOR * moderators:
        return ""
    return (
        f"{k} studies for {moderators} moderator(s): fewer than {STUDIES_PER_MODERATOR} for each are too few "
        "to tell an association from chance (Cochrane Handbook, chapter 10)."
    )
