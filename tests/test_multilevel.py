"""The three-level model against metafor and clubSandwich, against a brute-force likelihood, and its laws."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from evidence.errors import ConvergenceError
from evidence.models import three_level
from evidence.models.multilevel import pool_multilevel, rho_sweep

REFERENCE = json.loads((Path(__file__).parent / "reference" / "multilevel.json").read_text())
CASES = REFERENCE["multilevel"]
CLOSED_RTOL = 1e-11
# metafor's optimiser stops when -2 log L is flat to about 1e-12 of its value, which leaves its variances
# correct to 2e-6 and what follows from them to 8e-7; our maximum is never below its own (tested).
FIT_RTOL, FIT_ATOL = 1e-6, 1e-8
SIGMA2_RTOL, SIGMA2_ATOL = 1e-5, 1e-8
LAW_RTOL = 1e-6

COEFFICIENTS = ["estimate", "se", "ci_low", "ci_high", "t", "p_value"]
ROBUST = ["robust_se", "robust_df", "robust_ci_low", "robust_ci_high", "robust_p"]


def refit(case):
    data = case["data"]
    moderators = {name: data[name] for name in case["moderators"]} or None
    return pool_multilevel(
        data["yi"], data["vi"], data["study"], rho=case["rho"], moderators=moderators,
        smooth_vi=case["smooth_vi"], ci_method={"z": "wald", "t": "t"}[case["test"]],
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_agrees_with_metafor_and_clubsandwich(case):
    fit = refit(case)
    for field in COEFFICIENTS + ROBUST:
        ours, theirs = np.atleast_1d(getattr(fit, field)), np.atleast_1d(case[field])
        assert ours.shape == theirs.shape
        # p values carry the error of t times |t|, so those near zero are held absolutely.
        assert_allclose(ours, theirs, rtol=FIT_RTOL, atol=FIT_ATOL, err_msg=field)
    for field in ("sigma2_study", "sigma2_effect"):
        assert_allclose(getattr(fit, field), case[field], rtol=SIGMA2_RTOL, atol=SIGMA2_ATOL, err_msg=field)
    assert_allclose([fit.q, fit.q_p], [case["q"], case["q_p"]], rtol=CLOSED_RTOL)
    assert fit.q_df == case["q_df"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_likelihood_is_never_below_metafors(case):
    difference = refit(case).log_likelihood - case["log_likelihood"]
    assert -1e-12 * abs(case["log_likelihood"]) <= difference < 1e-8


def test_reference_covers_boundaries_moderators_and_both_tests():
    assert len(CASES) == 15
    zeros = [(case["sigma2_study"] < 1e-8, case["sigma2_effect"] < 1e-8) for case in CASES]
    assert {(False, False), (True, False), (True, True)} <= set(zeros)
    assert {len(case["moderators"]) for case in CASES} == {0, 1, 2}
    assert {case["test"] for case in CASES} == {"t", "z"}


@pytest.mark.parametrize("case", REFERENCE["one_effect_each"], ids=lambda case: case["name"])
def test_one_effect_each_is_the_random_effects_model(case):
    fit = pool_multilevel(case["yi"], case["vi"], [f"study {i}" for i in range(len(case["yi"]))])
    assert_allclose(fit.sigma2_study, case["tau2"], rtol=1e-8)
    assert np.isnan(fit.sigma2_effect)
    assert_allclose(fit.se, case["se"], rtol=1e-8)
    assert_allclose(fit.robust_df, case["robust_df"], rtol=1e-8)


def dense(yi, vi, study, rho, sigma2):
    """Minus twice the restricted log-likelihood written from its definition, with a k x k matrix."""
    k, together = len(yi), np.equal.outer(study, study)
    sampling = together * rho * np.sqrt(np.outer(vi, vi)) + np.diag((1 - rho) * vi)
    inverse = np.linalg.inv(sampling + sigma2[0] * together + sigma2[1] * np.eye(k))
    weights = inverse.sum(axis=1)
    residuals = yi - weights @ yi / weights.sum()
    return (
        -np.linalg.slogdet(inverse)[1] + np.log(weights.sum()) - np.log(k)
        + residuals @ inverse @ residuals + (k - 1) * np.log(2 * np.pi)
    )  # fmt: skip


def hard_example(seed):
    """Few studies, variances over six decades: what makes restricted likelihoods bimodal."""
    rng = np.random.default_rng(seed)
    study = np.repeat(np.arange(rng.integers(2, 7)), 3)[1:]
    vi = 10 ** rng.uniform(-4, 2, len(study))
    spread = 10 ** rng.uniform(-1, 1, 2)
    yi = spread[0] * rng.normal(size=7)[study] + rng.normal(size=len(study)) * (spread[1] + np.sqrt(vi))
    return yi, vi, study, float(rng.choice([0.0, 0.3, 0.6, 0.95]))


@pytest.mark.parametrize("seed", range(25))
def test_maximum_is_global(seed):
    yi, vi, study, rho = hard_example(seed)
    fit = pool_multilevel(yi, vi, study, rho=rho)
    ours = dense(yi, vi, study, rho, (fit.sigma2_study, fit.sigma2_effect))
    assert_allclose(-2 * fit.log_likelihood, ours, rtol=1e-9)
    grid = np.concatenate([[0.0], np.geomspace(1e-5, 1e3, 25)])
    assert ours <= min(dense(yi, vi, study, rho, (a, b)) for a in grid for b in grid) + 1e-9
    rng = np.random.default_rng(seed)
    for near in np.exp(rng.normal(0, 1e-3, (20, 2))):
        moved = near * (fit.sigma2_study, fit.sigma2_effect) + 1e-7 * rng.random(2)
        assert ours <= dense(yi, vi, study, rho, moved) + 1e-9


def test_two_maxima_are_compared():
    """A seed whose grid has several minima: the lower of two must win, not the first found."""
    several = 0
    for seed in range(60):
        yi, vi, study, rho = hard_example(seed)
        likelihood = three_level.Likelihood(yi, vi, study, rho, np.ones((len(yi), 1)))
        grid = three_level._grid(likelihood)
        surface = np.stack([likelihood.at(grid, effect) for effect in grid], axis=1)
        several += len(three_level._grid_minima(surface)) > 1
        assert likelihood(three_level.maximise(likelihood)) <= surface.min() + 1e-9
    assert several >= 1


def test_complex_step_gradient_is_the_derivative():
    yi, vi, study, rho = hard_example(1)
    likelihood = three_level.Likelihood(yi, vi, study, rho, np.ones((len(yi), 1)))
    at, step = np.array([0.3, 0.2]), 1e-5
    differences = [
        (likelihood(at + step * unit) - likelihood(at - step * unit)) / (2 * step) for unit in np.eye(2)
    ]
    assert_allclose(likelihood.gradient(at[None])[0], differences, rtol=1e-6)


def test_no_maximum_is_an_error(monkeypatch):
    monkeypatch.setattr(three_level, "_MAX_NEWTON", 1)
    with pytest.raises(ConvergenceError, match="restricted likelihood"):
        refit(CASES[2])


example = st.integers(0, 10_000).map(lambda seed: np.random.default_rng(seed))


def draw(rng):
    study = np.repeat(np.arange(6), rng.integers(1, 5, 6) + (np.arange(6) == 0))
    vi = rng.uniform(0.02, 0.4, len(study))
    return rng.normal(size=6)[study] * 0.4 + rng.normal(size=len(study)) * np.sqrt(vi + 0.05), vi, study


@settings(deadline=None, max_examples=30)
@given(rng=example, shift=st.floats(-5, 5), scale=st.floats(0.01, 100))
def test_shift_scale_sign_order_and_labels(rng, shift, scale):
    yi, vi, study = draw(rng)
    fit = pool_multilevel(yi, vi, study)
    moved = pool_multilevel(shift - scale * yi, scale**2 * vi, study)
    assert_allclose(moved.estimate, shift - scale * fit.estimate, rtol=LAW_RTOL, atol=LAW_RTOL * (1 + scale))
    assert_allclose([moved.se, moved.robust_se], [scale * fit.se, scale * fit.robust_se], rtol=LAW_RTOL)
    order = rng.permutation(len(yi))
    mixed = pool_multilevel(yi[order], vi[order], [f"study {s}" for s in study[order]])
    for field in ("estimate", "se", "sigma2_study", "sigma2_effect", "robust_se", "robust_df", "q"):
        assert_allclose(getattr(mixed, field), getattr(fit, field), rtol=LAW_RTOL, atol=1e-9, err_msg=field)


@settings(deadline=None, max_examples=20)
@given(rng=example)
def test_shape_of_the_result(rng):
    yi, vi, study = draw(rng)
    fit = pool_multilevel(yi, vi, study)
    assert fit.sigma2_study >= 0
    assert fit.sigma2_effect >= 0
    assert fit.ci_low < fit.estimate < fit.ci_high
    assert fit.robust_ci_low < fit.estimate < fit.robust_ci_high
    assert 0 < fit.robust_df <= fit.n_studies
    assert (fit.k, fit.n_studies, fit.level, fit.rho) == (len(yi), 6, 0.95, 0.6)
    assert isinstance(fit.estimate, float)


def test_smoothing_equal_variances_changes_nothing():
    yi, vi, study = draw(np.random.default_rng(1))
    vi = np.linspace(0.05, 0.3, 6)[study]
    fit, smoothed = pool_multilevel(yi, vi, study), pool_multilevel(yi, vi, study, smooth_vi=True)
    for field in [*COEFFICIENTS, *ROBUST, "q"]:
        assert_allclose(getattr(smoothed, field), getattr(fit, field), rtol=1e-9, err_msg=field)


def test_moderators_as_array_mapping_frame_and_formula_are_one_model():
    case = next(case for case in CASES if case["name"] == "assink_two_moderators")
    data = case["data"]
    frame = pd.DataFrame(data)
    arguments = data["yi"], data["vi"], data["study"]
    columns = frame[["pubstatus", "year"]]
    fits = [
        pool_multilevel(*arguments, moderators=columns),
        pool_multilevel(*arguments, moderators=columns.to_dict("list")),
        pool_multilevel(*arguments, moderators=columns.to_numpy()),
        pool_multilevel(*arguments, moderators=np.column_stack([np.ones(len(frame)), columns])),
        pool_multilevel(*arguments, moderators="pubstatus + year", data=frame),
        pool_multilevel(*arguments, moderators="pubstatus + year", data=data),
    ]
    for fit in fits:
        assert_allclose(fit.estimate, case["estimate"], rtol=FIT_RTOL)
        assert_allclose(fit.robust_se, case["robust_se"], rtol=FIT_RTOL)
    assert fits[0].terms == fits[4].terms == ("intercept", "pubstatus", "year")
    assert fits[2].terms == ("intercept", "moderator1", "moderator2")


def test_a_factor_without_intercept_gives_each_groups_mean():
    yi, vi, study = draw(np.random.default_rng(2))
    group = np.array(["a", "a", "b", "b", "b", "b"])[study]
    apart = pool_multilevel(yi, vi, study, moderators="0 + group", data={"group": group})
    together = pool_multilevel(yi, vi, study, moderators="group", data={"group": group})
    assert apart.terms == ("group[a]", "group[b]")
    assert_allclose(apart.estimate[0], together.estimate[0], rtol=1e-8)
    assert_allclose(apart.estimate[1], together.estimate.sum(), rtol=1e-8)


def test_rho_sweep_gives_one_fit_a_correlation():
    data = CASES[2]["data"]
    fits = rho_sweep(data["yi"], data["vi"], data["study"], [0.6, 0.2], ci_method="wald")
    expected = {
        case["rho"]: case["estimate"] for case in CASES if case["name"] in ("assink_rho0.6", "assink_rho0.2")
    }
    assert [fit.rho for fit in fits] == [0.6, 0.2]
    assert_allclose([fit.estimate for fit in fits], [expected[0.6], expected[0.2]], rtol=FIT_RTOL)
    with pytest.raises(ValueError, match="rhos is empty"):
        rho_sweep(data["yi"], data["vi"], data["study"], [])


GOOD = {"yi": [0.1, 0.2, 0.5, 0.3, 0.4], "vi": [0.1] * 5, "study": list("aabbc")}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"yi": [0.1, 0.2, np.inf, 0.3, 0.4]}, ["yi[2]", "inf"]),
        ({"vi": [0.1, 0.0, 0.1, 0.1, 0.1]}, ["vi[1] is 0", "> 0"]),
        ({"vi": [0.1] * 4}, ["yi (5,)", "vi (4,)"]),
        ({"study": list("aabb")}, ["study 4 labels"]),
        ({"study": ["a", None, "b", "b", "c"]}, ["study[1]", "None"]),
        ({"study": ["a", "a", "b", float("nan"), "c"]}, ["study[3]", "nan"]),
        ({"study": ["a", " ", "b", "b", "c"]}, ["study[1]"]),
        ({"study": ["a"] * 5}, ["5 effect(s) from 1 studies"]),
        ({"rho": 1.0}, ["rho is 1", "below 1"]),
        ({"rho": -0.1}, ["rho is -0.1"]),
        ({"level": 95}, ["level is 95"]),
        ({"ci_method": "hksj"}, ["ci_method", "'hksj'"]),
        ({"moderators": [1, 2, 3]}, ["moderators", "5 rows"]),
        ({"moderators": [1, 2, 3, np.nan, 4]}, ["moderators[3]", "nan"]),
        ({"moderators": {"dose": [1, 2, 3, np.nan, 4]}}, ["dose[3]", "nan"]),
        ({"moderators": np.array([[1, 2], [2, 4], [3, 6], [4, 8], [5, 10]])}, ["singular", "rank 2"]),
        ({"moderators": np.arange(20).reshape(5, 4) ** 2}, ["4 coefficient(s)"]),
        ({"moderators": [[1, 0], [1, 0], [0, 1], [0, 1], [0, 0]]}, ["reproduce the studies"]),
        ({"moderators": "dose"}, ["data is missing"]),
        ({"moderators": "dose", "data": {"dosis": [1, 2, 3, 4, 5]}}, ["dose", "not defined"]),
        ({"moderators": "dose", "data": {"dose": [1, 2, np.nan, 4, 5]}}, ["dose", "missing"]),
    ],
)
def test_bad_input_is_named(change, words):
    with pytest.raises(ValueError) as caught:
        pool_multilevel(**(GOOD | change))
    assert all(word in str(caught.value) for word in words), str(caught.value)
