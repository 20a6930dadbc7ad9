"""CR2 standard errors against clubSandwich and robumeta, and against the definition."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from evidence.models.robust import cr2

REFERENCE = json.loads((Path(__file__).parent / "reference" / "multilevel.json").read_text())
# Closed form given the variances: rounding only.
CLOSED_RTOL = 1e-11
FIELDS = {
    "robust_se": "se",
    "robust_df": "df",
    "robust_p": "p_value",
    "robust_ci_low": "ci_low",
    "robust_ci_high": "ci_high",
}


@pytest.mark.parametrize("case", REFERENCE["one_effect_each"], ids=lambda case: case["name"])
def test_random_effects_model_agrees_with_clubsandwich(case):
    k = len(case["yi"])
    fit = cr2(case["yi"], np.ones((k, 1)), np.array(case["vi"]) + case["tau2"], range(k))
    assert_allclose(fit.estimate[0], case["estimate"], rtol=CLOSED_RTOL)
    for theirs, ours in FIELDS.items():
        assert_allclose(getattr(fit, ours)[0], case[theirs], rtol=CLOSED_RTOL, err_msg=theirs)


@pytest.mark.parametrize("case", REFERENCE["robumeta"], ids=lambda case: case["name"])
def test_correlated_effects_weights_agree_with_robumeta(case):
    """robumeta's working model: an effect's variance is the size of its study times (mean vi + tau2)."""
    data = case["data"]
    study, vi = np.array(data["study"]), np.array(data["vi"])
    together = study[:, None] == study
    size = together.sum(axis=1)
    design = np.column_stack([np.ones(len(vi)), *[data[name] for name in case["moderators"]]])
    fit = cr2(data["yi"], design, size * (together @ vi / size + case["tau2"]), study)
    assert_allclose(fit.estimate, np.atleast_1d(case["estimate"]), rtol=CLOSED_RTOL)
    for theirs, ours in FIELDS.items():
        assert_allclose(
            getattr(fit, ours), np.atleast_1d(case[theirs]), rtol=1e-9, atol=1e-14, err_msg=theirs
        )


def test_reference_holds_every_kind_of_case():
    assert [case["name"] for case in REFERENCE["one_effect_each"]] == ["bcg", "normand1999"]
    assert [case["name"] for case in REFERENCE["robumeta"]] == ["assink2016", "knapp2017", "assink2016_year"]


def example(seed, p=2):
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(5), [1, 3, 2, 4, 2])
    k = len(cluster)
    scale = rng.uniform(0.2, 2.0, k)
    correlation = np.where(cluster[:, None] == cluster, 0.4, 0.0) + 0.6 * np.eye(k)
    design = np.column_stack([np.ones(k), rng.normal(size=(k, p - 1))])
    return rng.normal(size=k), design, correlation * np.outer(scale, scale), cluster


def test_variance_is_unbiased_under_the_working_model():
    """E(vcov) = (X'WX)^-1; vcov is linear in yy', so its mean is a sum over the columns of a root."""
    _, design, covariance, cluster = example(seed=3)
    lower = np.linalg.cholesky(covariance)
    mean = sum(cr2(column, design, covariance, cluster).vcov for column in lower.T)
    expected = np.linalg.inv(design.T @ np.linalg.solve(covariance, design))
    assert_allclose(mean, expected, rtol=1e-10)


def test_degrees_of_freedom_match_the_mean_and_variance_of_the_estimator():
    """Satterthwaite: df = 2 E(v)^2 / Var(v), v = |F z|^2 being a quadratic form in normal z."""
    _, design, covariance, cluster = example(seed=4)
    lower = np.linalg.cholesky(covariance)
    k = len(lower)
    units = np.eye(k)

    def variance(z):
        return np.diag(cr2(lower @ z, design, covariance, cluster).vcov)

    alone = np.array([variance(unit) for unit in units])
    form = np.array([[(variance(a + b) - variance(a - b)) / 4 for b in units] for a in units])
    df = alone.sum(axis=0) ** 2 / np.einsum("abc,abc->c", form, form)
    yi = np.arange(k, dtype=float)
    assert_allclose(cr2(yi, design, covariance, cluster).df, df, rtol=1e-8)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), shift=st.floats(-50, 50), scale=st.floats(0.01, 100))
def test_order_shift_and_unit_change_nothing_else(seed, shift, scale):
    yi, design, covariance, cluster = example(seed)
    fit = cr2(yi, design, covariance, cluster)
    moved = cr2(scale * yi + shift, design, scale**2 * covariance, cluster)
    assert_allclose(moved.se, scale * fit.se, rtol=1e-7)
    assert_allclose(moved.df, fit.df, rtol=1e-8)
    order = np.random.default_rng(seed).permutation(len(yi))
    mixed = cr2(yi[order], design[order], covariance[np.ix_(order, order)], cluster[order])
    assert_allclose(mixed.se, fit.se, rtol=1e-10)
    assert_allclose(mixed.df, fit.df, rtol=1e-8)


@pytest.mark.parametrize("decided", [0, 3])
def test_a_column_that_one_cluster_decides_leaves_the_others_alone(decided):
    """A dummy of one study makes that study's adjustment singular."""
    yi, _, covariance, cluster = example(seed=5)
    design = np.column_stack([np.ones(len(yi)), cluster == decided])
    fit = cr2(yi, design, covariance, cluster)
    rest = cluster != decided
    alone = cr2(yi[rest], design[rest, :1], covariance[np.ix_(rest, rest)], cluster[rest])
    assert_allclose([fit.estimate[0], fit.se[0], fit.df[0]], [alone.estimate[0], alone.se[0], alone.df[0]])


@pytest.mark.parametrize("scale", [1.0, 0.37, 2.9, 13.0, 1e-3])
def test_a_column_that_one_effect_decides_agrees_with_clubsandwich(scale):
    """In several units, as rounding decides on which side of zero the lost eigenvalue falls."""
    case = REFERENCE["lone_study"]
    data = case["data"]
    design = np.column_stack([np.ones(7), data["dummy"]])
    yi, vi = scale * np.array(data["yi"]), scale**2 * np.array(data["vi"])
    fit = cr2(yi, design, vi, data["study"])
    assert_allclose(fit.estimate, scale * np.array(case["estimate"]), rtol=CLOSED_RTOL)
    assert_allclose(fit.se, scale * np.array(case["robust_se"]), rtol=CLOSED_RTOL)
    assert_allclose(fit.df, case["robust_df"], rtol=1e-9)
    assert_allclose(fit.p_value, case["robust_p"], rtol=1e-9)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"design": np.ones((12, 2))}, ["design", "singular"]),
        ({"cluster": [0] * 12}, ["cluster", "1 distinct"]),
        ({"cluster": [0, 1]}, ["2 cluster labels"]),
        ({"covariance": -np.ones(12)}, ["covariance", "not positive definite"]),
        ({"covariance": np.eye(12) + np.eye(12, k=11)}, ["covariance", "between clusters"]),
        ({"covariance": np.ones(5)}, ["covariance (5,)"]),
        ({"yi": [np.nan] * 12}, ["yi[0]", "nan"]),
        ({"level": 1.0}, ["level"]),
    ],
)
def test_bad_input_is_named(change, words):
    yi, design, covariance, cluster = example(seed=6)
    arguments = {"yi": yi, "design": design, "covariance": covariance, "cluster": cluster} | change
    with pytest.raises(ValueError) as caught:
        cr2(**arguments)
    assert all(word in str(caught.value) for word in words), str(caught.value)
