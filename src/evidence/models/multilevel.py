"""Dependent effects: the three-level correlated-and-hierarchical-effects model with robust inference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, ndtr, ndtri, stdtr, stdtrit

from .._arrays import as_arrays, require, require_choice, require_level
from .robust import cr2
from .three_level import Likelihood, maximise

# What a missing label looks like as text: blank, None, NaN and pandas' own marks.
_MISSING = {"", "None", "nan", "NaN", "<NA>", "NaT"}


@dataclass(frozen=True)
class MultilevelFit:
    """
    Result of `pool_multilevel`.

    Coefficient fields are floats without moderators and arrays of shape (p,) with them, in the order of
    `terms`. Undefined values are NaN.

    Attributes
    ----------
    estimate, se, ci_low, ci_high, t, p_value : float or array of shape (p,)
        Generalised least squares coefficients with model-based inference: t on k - p degrees of freedom,
        or normal with ``ci_method="wald"`` (`t` is then the z value).
    sigma2_study, sigma2_effect : float
        Variance between studies, and between the effects of one study.
    robust_se, robust_df, robust_ci_low, robust_ci_high, robust_p : float or array of shape (p,)
        CR2 standard error, Satterthwaite degrees of freedom, interval and two-sided p.
    q, q_df, q_p : float
        Test of residual heterogeneity under both variances zero, chi-squared with k - p degrees of freedom.
    k, n_studies : int
        Effects and studies.
    log_likelihood : float
        Restricted log-likelihood, with the constants of metafor.
    level, rho : float
        Level of the intervals; assumed correlation of sampling errors within a study.
    terms : tuple of str
        Names of the coefficients.
    """

    estimate: float | np.ndarray
    se: float | np.ndarray
    ci_low: float | np.ndarray
    ci_high: float | np.ndarray
    t: float | np.ndarray
    p_value: float | np.ndarray
    sigma2_study: float
    sigma2_effect: float
    robust_se: float | np.ndarray
    robust_df: float | np.ndarray
    robust_ci_low: float | np.ndarray
    robust_ci_high: float | np.ndarray
    robust_p: float | np.ndarray
    k: int
    n_studies: int
    q: float
    q_df: int
    q_p: float
    log_likelihood: float
    level: float
    rho: float
    terms: tuple[str, ...]


def pool_multilevel(
    yi, vi, study, rho=0.6, moderators=None, smooth_vi=False, *, data=None, ci_method="t", level=0.95
):
    """
    Pool effects of which several come from one study.

    Effect i of study j is ``x_ij' beta + u_j + w_ij + e_ij``, with study effects u (variance
    `sigma2_study`), effects within study w (`sigma2_effect`), and sampling errors e of known variance
    `vi` whose correlation within a study is assumed to be `rho`. Variances by restricted maximum
    likelihood, standard errors both from the model and robust to a wrong `rho` (CR2 by study).

    Parameters
    ----------
    yi, vi : array of shape (k,)
        Effects and their sampling variances, > 0, in the square of the unit of `yi`.
    study : sequence of length k
        Study label of each effect; none may be missing.
    rho : float, default 0.6
        Correlation of two sampling errors of one study, 0 <= rho < 1.
    moderators : array of shape (k,) or (k, m), mapping of name to column, or str, optional
        Moderators. An intercept is added unless the columns already contain one. A string is a formula
        (``"dose + sessions"``) over `data`.
    smooth_vi : bool, default False
        Replace each `vi` by the mean of its study first, as the software of the Metapsy project does.
    data : mapping or DataFrame, optional
        Columns of length k for a formula.
    ci_method : {"t", "wald"}, default "t"
        Model-based inference from t with k - p degrees of freedom, or from the normal distribution.
    level : float, default 0.95
        Level of every interval.

    Returns
    -------
    MultilevelFit

    Raises
    ------
    ValueError
        If shapes differ, a value is not finite, a variance is not positive, a label is missing, `rho` is
        outside [0, 1), there are fewer than two studies or no more effects than coefficients, or the
        moderators are singular or reproduce the studies. The message names argument, row and value.
    evidence.errors.ConvergenceError
        If no maximum of the restricted likelihood was reached.

    Notes
    -----
    When every study gives one effect the two variances cannot be told apart: `sigma2_study` is then their
    sum, and `sigma2_effect` is NaN.

    References
    ----------
    Konstantopoulos (2011), Research Synthesis Methods 2, 61-76 (three levels); Pustejovsky and Tipton
    (2022), Prevention Science 23, 425-438, doi:10.1007/s11121-021-01246-3 (the correlated-and-hierarchical
    -effects working model with robust inference). Pinned to metafor 3.8 and clubSandwich 0.5.8 by
    tests/reference/multilevel.json.

    Examples
    --------
    >>> yi, vi = [-0.9, -0.7, -0.3, -0.2, -0.5, 0.1], [0.10, 0.12, 0.05, 0.06, 0.08, 0.09]
    >>> fit = pool_multilevel(yi, vi, ["a", "a", "b", "b", "c", "c"])
    >>> print(f"{fit.estimate:.3f} {fit.sigma2_study:.3f} {fit.sigma2_effect:.3f} {fit.robust_df:.2f}")
    -0.388 0.004 0.031 1.90
    """
    yi, vi, codes = _checked(yi, vi, study, rho)
    require_choice("ci_method", ci_method, ("t", "wald"))
    require_level(level)
    k, n_studies = len(yi), int(codes.max(initial=-1)) + 1
    design, terms = _design(moderators, data, k)
    _check_identified(design, codes, n_studies)
    if smooth_vi:
        vi = (np.bincount(codes, vi) / np.bincount(codes))[codes]
    likelihood = Likelihood(yi, vi, codes, rho, design)
    sigma2 = maximise(likelihood, one_each=n_studies == k)
    coefficients = _coefficients(likelihood, sigma2, k - len(terms), ci_method, level)
    robust = cr2(yi, design, likelihood.covariance(sigma2), codes, level)
    coefficients |= {
        "robust_se": robust.se, "robust_df": robust.df, "robust_p": robust.p_value,
        "robust_ci_low": robust.ci_low, "robust_ci_high": robust.ci_high,
    }  # fmt: skip
    if moderators is None:
        coefficients = {name: float(values[0]) for name, values in coefficients.items()}
    return MultilevelFit(
        **coefficients, **_heterogeneity(likelihood, sigma2, k - len(terms)), k=k, n_studies=n_studies,
        level=level, rho=rho, terms=terms,
    )  # fmt: skip


def rho_sweep(yi, vi, study, rhos=(0.0, 0.2, 0.4, 0.6, 0.8, 0.95), **options) -> tuple[MultilevelFit, ...]:
    """
    Fit the same model under several assumed sampling correlations.

    Parameters
    ----------
    yi, vi, study
        As in `pool_multilevel`.
    rhos : sequence of float
        Correlations to try, each in [0, 1).
    **options
        Further arguments of `pool_multilevel`.

    Returns
    -------
    tuple of MultilevelFit
        One fit a correlation, in the order given; each carries its `rho`.

    Raises
    ------
    ValueError
        As `pool_multilevel`, or if `rhos` is empty.

    Examples
    --------
    >>> fits = rho_sweep([-0.9, -0.7, -0.3, -0.2], [0.1, 0.1, 0.2, 0.2], ["a", "a", "b", "b"], [0.2, 0.8])
    >>> print([fit.rho for fit in fits])
    [0.2, 0.8]
    """
    rhos = list(rhos)
    if not rhos:
        raise ValueError("rhos is empty; give at least one correlation in [0, 1)")
    return tuple(pool_multilevel(yi, vi, study, rho=float(rho), **options) for rho in rhos)


def _checked(yi, vi, study, rho):
    """Effects and variances as arrays, and the number of each one's study, counted from 0."""
    yi, vi = as_arrays(yi=yi, vi=vi)
    study = list(study)
    if yi.ndim != 1 or len(study) != len(yi):
        raise ValueError(
            f"yi has shape {yi.shape}, study {len(study)} labels. Fix: one label for each effect"
        )
    require(vi > 0, "vi", vi, "a variance > 0", "give squared standard errors; a blank is not 0")
    for row, label in enumerate(study):
        if str(label).strip() in _MISSING:
            raise ValueError(f"study[{row}] is {label!r}; allowed: a label. Fix: name the study of each row")
    (rho,) = as_arrays(rho=rho)
    require((rho >= 0) & (rho < 1), "rho", rho, "at least 0 and below 1", "0.6 is the usual assumption")
    number: dict = {}
    return yi, vi, np.array([number.setdefault(label, len(number)) for label in study], dtype=int)


def _design(moderators, data, k):
    """Design matrix with an intercept, and the names of its columns."""
    if moderators is None:
        return np.ones((k, 1)), ("intercept",)
    if isinstance(moderators, str):
        columns, names = _formula(moderators, data)
    elif hasattr(moderators, "items"):
        names = [str(name) for name, _ in moderators.items()]
        columns = np.column_stack(as_arrays(**{str(name): values for name, values in moderators.items()}))
    else:
        (columns,) = as_arrays(moderators=moderators)
        columns = columns[:, None] if columns.ndim == 1 else columns
        names = [f"moderator{i + 1}" for i in range(columns.shape[-1])] if columns.ndim else []
    if columns.ndim != 2 or len(columns) != k:
        raise ValueError(f"moderators have shape {columns.shape}. Fix: give {k} rows, one for each effect")
    with_one = np.column_stack([np.ones(k), columns])
    if _rank(with_one) == _rank(columns):
        return columns, tuple(names)
    return with_one, ("intercept", *names)


def _formula(formula, data):
    """Columns of a formula over `data`; patsy evaluates it as Python, so it must come from the analyst."""
    from patsy import NAAction, PatsyError, dmatrix

    if data is None:
        raise ValueError(f"moderators is the formula {formula!r}, but data is missing. Fix: give its columns")
    try:
        matrix = dmatrix(formula, data, NA_action=NAAction(on_NA="raise"))
    except PatsyError as error:
        raise ValueError(f"moderators {formula!r}: {error}. Fix: correct the formula or data") from error
    names = ["intercept" if name == "Intercept" else name for name in matrix.design_info.column_names]
    return np.asarray(matrix, float), names


def _rank(matrix):
    norms = np.linalg.norm(matrix, axis=0)
    return int(np.linalg.matrix_rank(matrix / np.where(norms > 0, norms, 1.0)))


def _check_identified(design, codes, n_studies):
    k, p = design.shape
    if k <= p or n_studies < max(2, p):
        raise ValueError(
            f"{k} effect(s) from {n_studies} studies cannot carry {p} coefficient(s) and two variances. "
            "Fix: use fewer moderators, or pool() for the effects of one study"
        )
    rank = _rank(design)
    if rank < p:
        raise ValueError(f"moderators are singular: {p} columns with intercept, rank {rank}. Fix: drop one")
    if _rank(np.column_stack([design, np.eye(n_studies)[codes]])) == rank:
        raise ValueError("moderators reproduce the studies and leave nothing between them. Fix: use fewer")


def _coefficients(likelihood, sigma2, df, ci_method, level):
    """Estimates with model-based inference, each of shape (p,)."""
    estimate, vcov = likelihood.coefficients(sigma2)
    se = np.sqrt(np.diag(vcov))
    t = estimate / se
    if ci_method == "wald":
        half, p_value = ndtri(0.5 + level / 2) * se, 2 * ndtr(-np.abs(t))
    else:
        half, p_value = stdtrit(df, 0.5 + level / 2) * se, 2 * stdtr(df, -np.abs(t))
    return {
        "estimate": estimate, "se": se, "t": t, "p_value": p_value,
        "ci_low": estimate - half, "ci_high": estimate + half,
    }  # fmt: skip


def _heterogeneity(likelihood, sigma2, df):
    """Variances, their test and the restricted log-likelihood."""
    one_each = len(np.unique(likelihood.codes)) == len(likelihood.codes)
    q = likelihood.rss(np.zeros(2))
    return {
        "sigma2_study": float(sigma2[0]), "sigma2_effect": np.nan if one_each else float(sigma2[1]),
        "q": q, "q_df": df, "q_p": float(chdtrc(df, q)),
        "log_likelihood": -0.5 * (likelihood(sigma2) + df * np.log(2 * np.pi)),
    }  # fmt: skip
