"""tau2: hard likelihoods, the same bits from every engine, and the search against dense matrix algebra."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from evidence.models import kernels
from evidence.models.tau2 import METHODS, choose_engine, estimate_tau2, q_profile_root

REFERENCE = Path(__file__).parent / "reference"
HARD = json.loads((REFERENCE / "tau2_hard_cases.json").read_text())
CASES = json.loads((REFERENCE / "metafor_dev.json").read_text())["cases"]
ENGINES = ["python", "numpy", "compiled"]
HARD_RTOL = 1e-10
ALGEBRA_RTOL = 1e-9

VARIANCES = st.floats(1e-4, 1e2)
EFFECTS = st.floats(-10, 10)
STUDIES = st.integers(2, 9).flatmap(
    lambda k: st.tuples(
        st.lists(EFFECTS, min_size=k, max_size=k), st.lists(VARIANCES, min_size=k, max_size=k)
    )
)


def columns(sets):
    """Studies down, sets across, absent studies with y = 0 and v = inf."""
    k = max(len(yi) for yi, _ in sets)
    y, v = np.zeros((k, len(sets))), np.full((k, len(sets)), np.inf)
    for j, (yi, vi) in enumerate(sets):
        y[: len(yi), j], v[: len(vi), j] = yi, vi
    return y, v


def dense_log_likelihood(y, v, t, restricted):
    """Textbook form with full matrices."""
    V, x = np.diag(np.asarray(v) + t), np.ones(len(y))
    inverse = np.linalg.inv(V)
    mu = x @ inverse @ y / (x @ inverse @ x)
    r = y - mu
    value = np.linalg.slogdet(V)[1] + r @ inverse @ r
    return -0.5 * (value + (np.log(x @ inverse @ x) if restricted else 0.0))


def dense_parts(y, v, t, restricted):
    inverse, x = np.diag(1 / (np.asarray(v) + t)), np.ones((len(y), 1))
    P = inverse - inverse @ x @ x.T @ inverse / (x.T @ inverse @ x)
    trace = P if restricted else inverse
    return y @ P @ P @ y, np.trace(trace), y @ P @ P @ P @ y, np.trace(trace @ trace)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", HARD, ids=lambda case: case["id"])
def test_hard_cases(case, engine):
    y, v = columns([(case["yi"], case["vi"])])
    assert_allclose(estimate_tau2(y, v, case["method"], engine), case["tau2"], rtol=HARD_RTOL)


def test_the_hard_cases_are_all_there():
    assert len(HARD) == 22
    assert {case["method"] for case in HARD} == {"REML", "PM"}


@pytest.mark.parametrize("method", METHODS)
def test_every_engine_gives_the_same_bits(method):
    y, v = columns([(case["yi"], case["vi"]) for case in CASES])
    results = [estimate_tau2(y, v, method, engine) for engine in ENGINES]
    assert_array_equal(results[0], results[1])
    assert_array_equal(results[0], results[2])


def test_an_analysis_has_the_same_bits_alone_and_among_others():
    y, v = columns([(case["yi"], case["vi"]) for case in CASES])
    together = estimate_tau2(y, v, "REML")
    alone = [estimate_tau2(*columns([(case["yi"], case["vi"])]), "REML")[0] for case in CASES]
    assert_array_equal(together, alone)


@settings(deadline=None, max_examples=150)
@given(STUDIES, st.booleans())
def test_no_tau2_on_a_fine_grid_is_likelier(studies, restricted):
    yi, vi = np.array(studies[0]), np.array(studies[1])
    found = estimate_tau2(*columns([studies]), "REML" if restricted else "ML", "numpy")[0]
    grid = np.concatenate([[0.0], np.geomspace(1e-6, 1e3, 400)])
    best = max(dense_log_likelihood(yi, vi, t, restricted) for t in grid)
    assert dense_log_likelihood(yi, vi, found, restricted) >= best - 1e-9


@settings(deadline=None, max_examples=100)
@given(STUDIES, st.floats(0, 10), st.booleans())
def test_score_parts_are_traces_and_forms_of_the_projection(studies, t, restricted):
    yi, vi = studies
    parts = kernels.score_parts(yi, vi, t, restricted, [0.0] * len(yi))
    expected = dense_parts(np.array(yi), vi, t, restricted)
    floor = 1e-6 * np.array([1, expected[1], 1, expected[3]])
    assert (np.abs(np.array(parts) - expected) <= 1e-6 * np.abs(expected) + floor).all()


@settings(deadline=None, max_examples=100)
@given(STUDIES, st.floats(1e-3, 5), st.floats(1.01, 10), st.booleans())
def test_a_dismissed_cell_holds_no_maximum(studies, low, width, restricted):
    yi, vi = studies
    w, floor = [0.0] * len(yi), min(vi)

    def parts(t):
        return kernels.score_parts(yi, vi, t, restricted, w)

    high = (low + floor) * width - floor
    verdict = kernels.judge_cell(low + floor, parts(low), high + floor, parts(high))
    score = np.array([parts(t)[0] - parts(t)[1] for t in np.linspace(low, high, 60)])
    scale = max(parts(low)[:2])
    falls_through_zero = np.flatnonzero((score[:-1] > 1e-9 * scale) & (score[1:] < -1e-9 * scale))
    assert len(falls_through_zero) <= {-1: 0, 0: 60, 1: 1}[verdict]


@settings(deadline=None, max_examples=100)
@given(STUDIES, st.floats(0.05, 20))
def test_q_profile_root_solves_its_equation(studies, target):
    yi, vi = np.array(studies[0]), np.array(studies[1])
    root = q_profile_root(*columns([studies]), target)[0]

    def q(t):
        w = 1 / (vi + t)
        return w @ (yi - np.average(yi, weights=w)) ** 2

    assert_allclose(q(root) if root > 0 else max(q(0), target), target, rtol=1e-7)


@pytest.mark.parametrize("method", ["HE", "DL", "HS", "SJ"])
def test_closed_forms_from_their_definitions(method):
    yi, vi = np.array([0.1, 0.9, -0.4, 1.6]), np.array([0.05, 0.2, 0.1, 0.3])
    w, n = 1 / vi, 4
    q = w @ (yi - np.average(yi, weights=w)) ** 2
    crude = np.var(yi)
    ws = 1 / (vi / crude + 1)
    expected = {
        "HE": np.var(yi, ddof=1) - vi.mean(),
        "DL": (q - 3) / (w.sum() - w @ w / w.sum()),
        "HS": (q - n) / w.sum(),
        "SJ": ws @ (yi - np.average(yi, weights=ws)) ** 2 / 3,
    }[method]
    assert_allclose(estimate_tau2(*columns([(yi, vi)]), method)[0], expected, rtol=1e-12)


def test_equal_variances_give_the_sample_variance_minus_the_sampling_variance():
    yi, vi = [0.0, 1.0, 2.5, 4.0], [0.3] * 4
    found = {m: estimate_tau2(*columns([(yi, vi)]), m)[0] for m in ("HE", "DL", "REML", "PM", "EB")}
    assert_allclose(list(found.values()), np.var(yi, ddof=1) - 0.3, rtol=1e-12)
    assert_allclose(estimate_tau2(*columns([(yi, vi)]), "ML")[0], np.var(yi) - 0.3, rtol=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("method", ["REML", "ML", "PM"])
def test_a_search_that_does_not_end_is_nan(method, engine, monkeypatch):
    if engine == "compiled":  # compiled code keeps the limits it was built with: a NaN input stands in
        assert np.isnan(
            q_profile_root(np.array([[0.0], [1.0]]), np.full((2, 1), 0.1), 1.0, [np.nan], engine)[0]
        )
        return
    monkeypatch.setattr(kernels, "MAX_STEPS", 0)
    y, v = columns([([0.0, 3.0, 1.0], [0.1, 0.2, 0.1])])
    assert np.isnan(estimate_tau2(y, v, method, engine)).all()


@pytest.mark.parametrize(
    ("numba", "loaded", "engines"),
    [
        (True, False, ["python", "numpy", "compiled"]),
        (True, True, ["compiled", "compiled", "compiled"]),
        (False, False, ["python", "numpy", "numpy"]),
    ],
)
def test_engines_are_chosen_by_size_and_by_what_is_there(numba, loaded, engines, monkeypatch):
    monkeypatch.setattr(kernels, "HAS_NUMBA", numba)
    monkeypatch.setattr(kernels, "loaded", lambda: loaded)
    assert [choose_engine(n) for n in (6, 400, 10**6)] == engines
