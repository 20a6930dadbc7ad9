"""meta_regression against metafor, against pool, and its refusals."""

import json
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from evidence.errors import ConvergenceError
from evidence.models import kernels
from evidence.models.pool import pool
from evidence.models.regression import REGRESSION_METHODS, meta_regression

REFERENCE = Path(__file__).parent / "reference"
CASES = json.loads((REFERENCE / "pool.json").read_text())["regressions"]
ON_SEI = [
    case
    for case in json.loads((REFERENCE / "metafor_dev.json").read_text())["cases"]
    if "regression_on_sei" in case and case["k"] < 100
]
FIT_RTOL, FIT_ATOL = 1e-8, 1e-9
CI = {"z": "wald", "knha": "hksj", "adhoc": "hksj_adhoc"}
NAMES = [
    "estimate", "se", "ci_low", "ci_high", "statistic", "p_value", "tau2", "i2", "h2", "qe", "qe_p",
    "qm", "qm_p",
]  # fmt: skip


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case["method"] in REGRESSION_METHODS],
    ids=lambda case: f"{case['name']}-{case['method']}-{case['test']}",
)
def test_agrees_with_metafor(case):
    fit = meta_regression(case["yi"], case["vi"], case["x"], case["method"], CI[case["test"]])
    for name in NAMES:
        assert_allclose(getattr(fit, name), case[name], rtol=FIT_RTOL, atol=FIT_ATOL, err_msg=name)
    # metafor's R2 under FE compares residual sums of squares; ours is of tau2, which FE does not have
    expected = np.nan if case["method"] == "FE" else case["r2"]
    assert_allclose(fit.r2, expected, rtol=FIT_RTOL, atol=FIT_ATOL)


def test_the_reference_is_complete():
    assert {(c["name"], c["method"], c["test"]) for c in CASES} >= {
        (name, method, test)
        for name in ("bcg_latitude", "bcg_latitude_year", "normand_size")
        for method in REGRESSION_METHODS
        if method != "EB"
        for test in CI
    }


@pytest.mark.parametrize("case", ON_SEI, ids=lambda case: case["id"])
def test_regression_on_the_standard_error_agrees_with_metafor(case):
    fit = meta_regression(case["yi"], case["vi"], np.sqrt(case["vi"]), ci_method="wald")
    expected = case["regression_on_sei"]
    assert_allclose(
        [*fit.estimate, fit.se[1], fit.tau2, fit.p_value[1]],
        [expected[name] for name in ("intercept", "slope", "slope_se", "tau2", "pval")],
        rtol=FIT_RTOL, atol=FIT_ATOL,
    )  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.data(), st.sampled_from(REGRESSION_METHODS), st.sampled_from(list(CI.values())))
def test_without_moderators_it_is_pool(data, method, ci_method):
    k = data.draw(st.integers(2, 9))
    yi = data.draw(st.lists(st.floats(-3, 3), min_size=k, max_size=k))
    vi = data.draw(st.lists(st.floats(0.01, 2), min_size=k, max_size=k))
    fit, plain = meta_regression(yi, vi, None, method, ci_method), pool(yi, vi, method, ci_method)
    got = [fit.estimate[0], fit.se[0], fit.ci_low[0], fit.tau2, fit.tau2_ci_low, fit.i2, fit.h2, fit.qe]
    expected = [
        plain.estimate,
        plain.se,
        plain.ci_low,
        plain.tau2,
        plain.tau2_ci_low,
        plain.i2,
        plain.h2,
        plain.q,
    ]
    assert_allclose(got, expected, rtol=1e-6, atol=1e-7)
    assert np.isnan([fit.qm, fit.qm_p]).all()


def test_q_profile_interval_solves_its_equations():
    case = CASES[0]
    yi, vi = np.array(case["yi"]), np.array(case["vi"])
    design = np.column_stack([np.ones(yi.size), case["x"]])
    fit = meta_regression(yi, vi, case["x"])

    def tail(tau2):
        root = 1 / np.sqrt(vi + tau2)
        residual = np.linalg.lstsq(design * root[:, None], yi * root)[1]
        return import_module("scipy.stats").chi2.sf(residual[0], yi.size - 2)

    assert_allclose([tail(fit.tau2_ci_low), tail(fit.tau2_ci_high)], [0.025, 0.975], rtol=1e-7)


def test_units_of_a_moderator_do_not_matter():
    case = CASES[0]
    x = np.array(case["x"])
    fit, other = (meta_regression(case["yi"], case["vi"], z) for z in (x, 1000 * x + 7))
    assert_allclose(other.estimate[1] * 1000, fit.estimate[1], rtol=1e-9)
    assert_allclose([other.tau2, other.qm], [fit.tau2, fit.qm], rtol=1e-9)


def test_names_come_from_the_frame_or_the_caller():
    yi, vi, x = [0.1, 0.5, 0.2, 0.9], [0.1, 0.2, 0.1, 0.1], [1, 2, 3, 5]
    assert meta_regression(yi, vi, pd.DataFrame({"dose": x})).terms == ("intercept", "dose")
    assert meta_regression(yi, vi, x, names=["dose"]).terms == ("intercept", "dose")
    assert meta_regression(yi, vi, x).terms == ("intercept", "x0")


def test_too_few_studies_are_said_to_be_too_few():
    assert "4 studies for 1 moderator" in meta_regression([0.1, 0.5, 0.2, 0.9], [0.1] * 4, [1, 2, 3, 5]).note
    assert meta_regression(CASES[0]["yi"], CASES[0]["vi"], CASES[0]["x"]).note == ""


@pytest.mark.parametrize(
    ("x", "choice", "parts"),
    [
        ([1, 2, 3], {}, ["(3, 1)", "(4,)"]),
        ([1, 2, np.nan, 4], {}, ["x[2, 0]", "nan"]),
        ([2, 2, 2, 2], {}, ["x is constant"]),
        (np.column_stack([[1, 2, 3, 5], [2, 4, 6, 10]]), {}, ["follows from the others"]),
        (np.eye(4)[:, :3], {}, ["4 studies for 4 coefficients"]),
        ([1, 2, 3, 5], {"tau2_method": "ML"}, ["tau2_method", "'ML'", "REML"]),
        ([1, 2, 3, 5], {"ci_method": "t"}, ["ci_method", "hksj"]),
        ([1, 2, 3, 5], {"level": 1.0}, ["level", "0.95"]),
        ([1, 2, 3, 5], {"names": ["a", "b"]}, ["names has 2", "1 moderators"]),
    ],
)
def test_refusals(x, choice, parts):
    with pytest.raises(ValueError) as caught:
        meta_regression([0.1, 0.5, 0.2, 0.9], [0.1, 0.2, 0.1, 0.1], x, **choice)
    assert all(part in str(caught.value) for part in parts), str(caught.value)


def test_non_convergence_is_an_error(monkeypatch):
    monkeypatch.setattr(kernels, "MAX_STEPS", 0)
    monkeypatch.setattr(kernels, "loaded", lambda: False)
    with pytest.raises(ConvergenceError):
        meta_regression([0.1, 3.5, 0.2, 0.9], [0.1, 0.2, 0.1, 0.1], [1, 2, 3, 5])
