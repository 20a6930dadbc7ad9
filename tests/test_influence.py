"""Leave-one-out and all-subsets pooling against metafor and against pool itself."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from evidence.models.influence import gosh, leave_one_out
from evidence.models.pool import pool

CASES = json.loads((Path(__file__).parent / "reference" / "metafor_dev.json").read_text())["cases"]
WITH_LEAVE_ONE_OUT = [case for case in CASES if "leave1out_reml" in case]
FIT_RTOL, FIT_ATOL = 1e-8, 1e-9
YI, VI = [-0.9, -0.2, -0.6, 0.1], [0.04, 0.05, 0.10, 0.02]


@pytest.mark.parametrize("case", WITH_LEAVE_ONE_OUT, ids=lambda case: case["id"])
def test_leave_one_out_agrees_with_metafor(case):
    fits = leave_one_out(case["yi"], case["vi"], ci_method="wald")
    expected = case["leave1out_reml"]
    for name, there in {"estimate": "estimate", "se": "se", "tau2": "tau2", "i2": "I2", "q": "Q"}.items():
        assert_allclose(getattr(fits, name), expected[there], rtol=FIT_RTOL, atol=FIT_ATOL, err_msg=name)
    assert_allclose(fits.ci_low, expected["ci_lb"], rtol=FIT_RTOL, atol=FIT_ATOL)
    assert_allclose(fits.ci_high, expected["ci_ub"], rtol=FIT_RTOL, atol=FIT_ATOL)
    dl = leave_one_out(case["yi"], case["vi"], "DL")
    assert_allclose(dl.estimate, case["leave1out_dl"]["estimate"], rtol=FIT_RTOL, atol=FIT_ATOL)
    assert_allclose(dl.tau2, case["leave1out_dl"]["tau2"], rtol=FIT_RTOL, atol=FIT_ATOL)


def test_the_reference_is_complete():
    assert len(WITH_LEAVE_ONE_OUT) == 84
    assert all(len(case["leave1out_reml"]["estimate"]) == case["k"] for case in WITH_LEAVE_ONE_OUT)


def test_a_left_out_study_has_no_weight_and_choices_are_passed_on():
    fits = leave_one_out(YI, VI, "PM", "hksj_adhoc", 0.9, "meta")
    assert np.isnan(np.diag(fits.weights)).all()
    one = pool(YI[1:], VI[1:], "PM", "hksj_adhoc", 0.9, "meta")
    assert (fits.ci_low[0], fits.pi_high[0], fits.k[0]) == (one.ci_low, one.pi_high, 3)


def test_gosh_is_every_subset_once():
    subsets = gosh(YI, VI)
    every = [set(c) for n in range(1, 5) for c in combinations(range(4), n)]
    seen = [set(np.flatnonzero(row).tolist()) for row in subsets.included]
    assert len(seen) == 15
    assert all(subset in seen for subset in every)
    assert_array_equal(subsets.included.sum(1), subsets.k)
    for row, estimate, tau2, i2 in zip(
        subsets.included, subsets.estimate, subsets.tau2, subsets.i2, strict=True
    ):
        one = pool(np.array(YI)[row], np.array(VI)[row])
        assert (estimate, tau2, i2) == (one.estimate, one.tau2, one.i2)


def test_many_studies_are_sampled_reproducibly():
    rng = np.random.default_rng(1)
    yi, vi = rng.normal(size=30), rng.uniform(0.1, 1, 30)
    subsets, again = (gosh(yi, vi, "DL", max_subsets=500) for _ in range(2))
    assert subsets.included.shape == (500, 30)
    assert subsets.included.any(1).all()
    assert_array_equal(subsets.included, again.included)
    assert "random 500 of 2^30 - 1" in subsets.note
    assert not np.array_equal(subsets.included, gosh(yi, vi, "DL", max_subsets=500, seed=1).included)


def test_an_empty_draw_is_drawn_again():
    assert gosh(YI[:2], VI[:2], max_subsets=2, seed=3).k.min() >= 1


@pytest.mark.parametrize("check", [leave_one_out, gosh])
def test_few_studies_are_said_to_be_few(check):
    assert "k = 4" in check(YI, VI).note
    assert check([0.1, 0.2] * 5, [0.1, 0.3] * 5).note == ""


@pytest.mark.parametrize("check", [leave_one_out, gosh])
def test_one_study_is_refused(check):
    with pytest.raises(ValueError, match="yi has 1 studies"):
        check([0.1], [0.1])
