"""pool and pool_many against metafor, their laws and their refusals."""

import dataclasses
import json
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from evidence.errors import ConvergenceError
from evidence.models import columns, kernels
from evidence.models.pool import empty_pool, pool, pool_many
from evidence.models.tau2 import METHODS

REFERENCE = Path(__file__).parent / "reference"
METAFOR = json.loads((REFERENCE / "metafor_dev.json").read_text())
CASES = {case["id"]: case for case in METAFOR["cases"]}
EDGES = json.loads((REFERENCE / "pool.json").read_text())["fits"]
FIT_RTOL, FIT_ATOL = 1e-8, 1e-9  # the atol is for tau2 and I2 that are 0 here and about 1e-12 there
CI = {"z": "wald", "knha": "hksj", "adhoc": "hksj_adhoc"}
FIELDS = {
    "estimate": "estimate", "se": "se", "ci_low": "ci_lb", "ci_high": "ci_ub", "p_value": "pval",
    "tau2": "tau2", "q": "Q", "q_p": "Qp", "i2": "I2", "h2": "H2", "pi_low": "pi_lb", "pi_high": "pi_ub",
}  # fmt: skip

STUDIES = st.integers(2, 9).flatmap(
    lambda k: st.tuples(
        st.lists(st.floats(-3, 3), min_size=k, max_size=k),
        st.lists(st.floats(0.01, 2), min_size=k, max_size=k),
    )
)
CHOICES = {"tau2_method": st.sampled_from(METHODS), "ci_method": st.sampled_from(list(CI.values()))}


def number(value):
    return np.nan if value is None else value


def agree(fit, expected):
    """Compare named fields; None there stands for NaN here."""
    got = [getattr(fit, name) for name in expected]
    assert_allclose(
        got, [number(x) for x in expected.values()], rtol=FIT_RTOL, atol=FIT_ATOL, err_msg=str(expected)
    )


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_agrees_with_metafor(case):
    for row in case["fits"]:
        row = dict(zip(METAFOR["fit_columns"], row, strict=True))
        choice = {"tau2_method": row["method"], "ci_method": CI[row["test"]]}
        fit = pool(case["yi"], case["vi"], **choice)
        agree(fit, {name: row[there] for name, there in FIELDS.items()})
        agree(fit, {"tau2_ci_low": case["qprofile"]["tau2_lb"], "tau2_ci_high": case["qprofile"]["tau2_ub"]})
        hts = pool(case["yi"], case["vi"], pi_method="hts", **choice)
        agree(hts, {"pi_low": row["pi_lb_riley"], "pi_high": row["pi_ub_riley"]})


def test_the_reference_is_complete():
    assert len(CASES) == 90
    expected = {(method, test) for method in METHODS for test in ("z", "knha")}
    for case in CASES.values():
        assert {(row[0], row[1]) for row in case["fits"]} == expected
    assert {case["k"] for case in CASES.values()} >= {2, 3, 4, 1653}
    assert {(e["set"], e["method"], e["test"]) for e in EDGES} == {
        (name, method, test)
        for name in ("one", "two", "equal_effects", "far_apart", "bcg")
        for method in ("FE", "DL", "HE", "REML", "PM")
        for test in CI
    }


@pytest.mark.parametrize("edge", EDGES, ids=lambda e: f"{e['set']}-{e['method']}-{e['test']}")
def test_edges_agree_with_metafor(edge):
    choice = {"tau2_method": edge["method"], "ci_method": CI[edge["test"]], "level": edge["level"]}
    fit = pool(edge["yi"], edge["vi"], **choice)
    names = [
        "estimate",
        "se",
        "ci_low",
        "ci_high",
        "tau2",
        "q",
        "q_p",
        "i2",
        "h2",
        "pi_low",
        "pi_high",
        "k",
        "weights",
    ]
    for name in names:
        assert_allclose(getattr(fit, name), number(edge[name]), rtol=FIT_RTOL, atol=FIT_ATOL, err_msg=name)
    if edge["method"] != "FE":  # metafor's confint refuses a model without tau2
        agree(fit, {name: edge[name] for name in ("tau2_ci_low", "tau2_ci_high")})
    hts = pool(edge["yi"], edge["vi"], pi_method="hts", **choice)
    agree(hts, {"pi_low": edge["hts_low"], "pi_high": edge["hts_high"]})


def test_p_values_of_edges():
    shown = [e for e in EDGES if e["set"] != "equal_effects"]
    for e in shown:
        fit = pool(e["yi"], e["vi"], e["method"], CI[e["test"]], e["level"])
        assert_allclose(fit.p_value, e["p_value"], rtol=FIT_RTOL)
    assert len(shown) == 60


@pytest.mark.parametrize("ci_method", ["wald", "hksj"])
def test_meta_prediction_interval_has_the_unadjusted_se_and_k_minus_1_df(ci_method):
    yi, vi = [0.1, 0.9, -0.4, 1.6], [0.05, 0.2, 0.1, 0.3]
    fit = pool(yi, vi, ci_method=ci_method, pi_method="meta")
    plain = 1 / np.sum(1 / (np.array(vi) + fit.tau2))
    half = stats.t.ppf(0.975, 3) * np.sqrt(plain + fit.tau2)
    assert_allclose([fit.pi_low, fit.pi_high], [fit.estimate - half, fit.estimate + half], rtol=1e-12)


def test_one_study_is_reported_as_it_is():
    fit = pool([0.5], [0.1])
    assert (fit.k, fit.q_df, fit.tau2, fit.q, fit.q_p, fit.ci_method) == (1, 0, 0.0, 0.0, 1.0, "wald")
    assert np.isnan([fit.tau2_ci_low, fit.tau2_ci_high]).all()
    meta = pool([0.5], [0.1], pi_method="meta")
    assert np.isnan([meta.pi_low, meta.pi_high]).all()


def test_common_effect_has_no_prediction_interval_and_no_tau2():
    fit = pool([0.1, 0.9], [0.1, 0.2], "FE")
    assert fit.tau2 == 0.0
    assert np.isnan([fit.pi_low, fit.pi_high]).all()


def test_nothing_pools_to_nan():
    fit = empty_pool()
    assert (fit.k, fit.q_df, fit.weights.size, fit.level) == (0, 0, 0, 0.95)
    assert np.isnan([getattr(fit, name) for name in columns.NUMBERS if name not in ("k", "q_df")]).all()


@settings(deadline=None, max_examples=60)
@given(STUDIES, st.floats(-5, 5), st.sampled_from([1e-4, 0.3, 1e5]), st.data())
def test_order_shift_scale_and_sign(studies, shift, scale, data):
    yi, vi = np.array(studies[0]), np.array(studies[1])
    choice = {name: data.draw(values) for name, values in CHOICES.items()}
    fit = pool(yi, vi, **choice)
    tolerance = {"rtol": 1e-6, "atol": 1e-9}
    turned = pool(yi[::-1], vi[::-1], **choice)
    assert_allclose([turned.estimate, turned.se, turned.tau2], [fit.estimate, fit.se, fit.tau2], **tolerance)
    moved = pool(yi + shift, vi, **choice)
    assert_allclose(
        [moved.estimate - shift, moved.se, moved.tau2], [fit.estimate, fit.se, fit.tau2], **tolerance
    )
    sized = pool(yi * scale, vi * scale**2, **choice)
    assert_allclose(
        [sized.estimate / scale, sized.ci_low / scale, sized.tau2 / scale**2, sized.tau2_ci_high / scale**2],
        [fit.estimate, fit.ci_low, fit.tau2, fit.tau2_ci_high], **tolerance
    )  # fmt: skip
    mirrored = pool(-yi, vi, **choice)
    assert_allclose([-mirrored.estimate, -mirrored.ci_high], [fit.estimate, fit.ci_low], **tolerance)


@settings(deadline=None, max_examples=40)
@given(st.lists(STUDIES, min_size=1, max_size=5), st.data())
def test_pool_many_is_pool_row_by_row_to_the_bit(sets, data):
    choice = {name: data.draw(values) for name, values in CHOICES.items()}
    yi, vi = np.full((len(sets), 11), np.nan), np.full((len(sets), 11), np.nan)
    for i, (y, v) in enumerate(sets):
        yi[i, 1 : len(y) + 1], vi[i, 1 : len(v) + 1] = y, v
    many = pool_many(yi, vi, **choice)
    for i, (y, v) in enumerate(sets):
        one = pool(y, v, **choice)
        assert [getattr(many, name)[i] for name in columns.NUMBERS if name[:2] != "pi"] == [
            getattr(one, name) for name in columns.NUMBERS if name[:2] != "pi"
        ]
        assert_array_equal([many.pi_low[i], many.pi_high[i]], [one.pi_low, one.pi_high])
        assert_array_equal(many.weights[i, 1 : len(y) + 1], one.weights)
        assert np.isnan(many.weights[i, len(y) + 1 :]).all()


def simulated(m, k, seed):
    rng = np.random.default_rng(seed)
    vi = rng.chisquare(5, (m, k)) / 50
    return rng.normal(0, np.sqrt(vi + 0.05)), vi


def test_blocks_engines_and_gaps_leave_no_trace(monkeypatch):
    yi, vi = simulated(4000, 10, seed=1)  # several blocks, compiled
    yi[::7, 6:] = vi[::7, 6:] = np.nan
    whole = pool_many(yi, vi)
    monkeypatch.setattr(import_module("evidence.models.pool"), "choose_engine", lambda size: "numpy")
    monkeypatch.setattr(columns, "BLOCK_NUMBERS", 990)
    plain = pool_many(yi, vi)
    for name in (*columns.NUMBERS, "weights"):
        assert_array_equal(getattr(whole, name), getattr(plain, name), err_msg=name)


def test_a_row_without_studies_is_nan():
    many = pool_many([[np.nan, np.nan], [0.1, 0.5]], [[np.nan, np.nan], [0.1, 0.2]])
    assert many.k.tolist() == [0, 2]
    assert np.isnan([getattr(many, name)[0] for name in columns.NUMBERS if name not in ("k", "q_df")]).all()
    assert np.isfinite(many.estimate[1])


def test_the_result_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        pool([0.1, 0.2], [0.1, 0.1]).estimate = 0.0


@pytest.mark.parametrize(
    ("yi", "vi", "choice", "parts"),
    [
        ([0.1, np.nan], [0.1, 0.1], {}, ["yi[1]", "nan"]),
        ([0.1, 0.2], [0.1, np.inf], {}, ["vi[1]", "inf"]),
        ([0.1, 0.2], [0.1, 0.0], {}, ["vi[1]", "is 0", "squared standard error"]),
        ([0.1, 0.2], [0.1, -2.0], {}, ["vi[1]", "-2"]),
        ([0.1, 0.2], [0.1], {}, ["(2,)", "(1,)"]),
        ([[0.1, 0.2]], [[0.1, 0.2]], {}, ["(1, 2)", "vector"]),
        ([], [], {}, ["0 studies"]),
        (["a"], [0.1], {}, ["yi", "number"]),
        ([0.1, 0.2], [0.1, 0.1], {"tau2_method": "reml"}, ["tau2_method", "'reml'", "REML"]),
        ([0.1, 0.2], [0.1, 0.1], {"ci_method": "knha"}, ["ci_method", "hksj"]),
        ([0.1, 0.2], [0.1, 0.1], {"pi_method": "riley"}, ["pi_method", "hts"]),
        ([0.1, 0.2], [0.1, 0.1], {"level": 95}, ["level", "95", "0.95"]),
    ],
)
def test_refusals_name_argument_place_value_and_remedy(yi, vi, choice, parts):
    with pytest.raises(ValueError) as caught:
        pool(yi, vi, **choice)
    assert all(part in str(caught.value) for part in parts), str(caught.value)


@pytest.mark.parametrize(
    ("yi", "vi", "parts"),
    [
        ([[0.1, np.nan]], [[0.1, 0.1]], ["yi[0, 1]", "NaN"]),
        ([[0.1, 0.1]], [[0.1, np.nan]], ["yi[0, 1]", "NaN"]),
        ([[0.1, np.inf]], [[0.1, 0.1]], ["yi[0, 1]", "inf"]),
        ([[0.1, 0.2], [0.1, 0.2]], [[0.1, 0.1], [0.0, 0.1]], ["vi[1, 0]", "is 0"]),
        ([0.1, 0.2], [0.1, 0.1], ["(2,)", "(m, k)"]),
        ([[0.1, 0.2]], [[0.1], [0.2]], ["(1, 2)", "(2, 1)"]),
    ],
)
def test_pool_many_refusals(yi, vi, parts):
    with pytest.raises(ValueError) as caught:
        pool_many(yi, vi)
    assert all(part in str(caught.value) for part in parts), str(caught.value)


def test_non_convergence_is_an_error(monkeypatch):
    monkeypatch.setattr(kernels, "MAX_STEPS", 0)
    monkeypatch.setattr(kernels, "loaded", lambda: False)
    with pytest.raises(ConvergenceError, match="1 of 1"):
        pool([0.0, 3.0], [0.1, 0.2])
    with pytest.raises(ConvergenceError, match="1 of 3 analyses, first in number 1"):
        pool_many(
            [[0.1, np.nan], [0.0, 3.0], [np.nan, np.nan]], [[0.1, np.nan], [0.1, 0.2], [np.nan, np.nan]]
        )
