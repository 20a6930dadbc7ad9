"""conversions: printed statistics back to SE, t and SD, and log odds ratios to standardised differences."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from evidence.measures import conversions, escalc

REFERENCE = json.loads((Path(__file__).parent / "reference" / "escalc.json").read_text())
SINGLE = REFERENCE["single"]
CLOSED_RTOL = 1e-11
QUANTILE_RTOL = 1e-8  # t quantiles are inverted numerically


def reference_set(measure, name):
    (found,) = [s for s in REFERENCE["escalc"] if (s["measure"], s["name"]) == (measure, name)]
    return found


def test_t_from_p_agrees_with_r():
    x = SINGLE["t_from_p"]
    assert_allclose(conversions.t_from_p(x["p"], x["df"]), x["t"], rtol=QUANTILE_RTOL)
    assert_allclose(conversions.t_from_p(-np.array(x["p"]), x["df"]), -np.array(x["t"]), rtol=QUANTILE_RTOL)


def test_se_from_a_t_interval_agrees_with_r():
    x = SINGLE["se_from_ci_t"]
    half = np.array(x["half_width"])
    assert_allclose(conversions.se_from_ci(-half, half, x["level"], x["df"]), x["se"], rtol=QUANTILE_RTOL)


def test_se_from_a_normal_interval_is_width_over_twice_z():
    # qnorm(0.975) = 1.959963984540054
    assert_allclose(conversions.se_from_ci(-1.959963984540054, 1.959963984540054), 1, rtol=CLOSED_RTOL)


def test_p_value_of_a_mean_difference_as_in_the_cochrane_handbook():
    # Handbook, section 6.5.2.3: MD 3.8, p = 0.008, n = 25 and 22: t = 2.78, SE = 1.37, SD = 4.69.
    assert round(conversions.t_from_p(0.008, 45), 2) == 2.78
    se = conversions.se_from_p(3.8, 0.008, df=45)
    assert round(se, 2) == 1.37
    assert_allclose(conversions.sd_from_md_se(se, 25, 22), 4.69, atol=0.02)  # the book rounds on the way


@settings(deadline=None)
@given(st.floats(0.1, 40), st.floats(0.05, 20), st.floats(1.5, 500), st.floats(0.5, 0.99))
def test_an_interval_made_from_t_and_se_gives_them_back(t, se, df, level):
    half = conversions.t_from_p(1 - level, df) * se
    md = min(t * se, half)  # t_from_ci wants the estimate inside its interval, as it always is
    assert_allclose(conversions.se_from_ci(md - half, md + half, level, df), se, rtol=1e-8)
    assert_allclose(conversions.t_from_ci(md, md - half, md + half, df, level), md / se, rtol=1e-8)


@settings(deadline=None)
@given(st.floats(1e-6, 0.999), st.floats(1.5, 500), st.floats(-50, -0.1))
def test_se_from_p_keeps_the_test_statistic(p, df, estimate):
    assert_allclose(
        abs(estimate) / conversions.se_from_p(estimate, p, df), conversions.t_from_p(p, df), rtol=1e-9
    )
    normal = abs(estimate) / conversions.se_from_p(estimate, p)
    assert_allclose(math.erfc(normal / math.sqrt(2)), p, rtol=1e-9)


def test_t_from_f_is_its_signed_root():
    assert conversions.t_from_f([6.25, 0, 4], [-1, 1, 1]).tolist() == [-2.5, 0, 2]


def test_the_sd_behind_a_mean_difference_gives_hedges_g_back():
    yi, vi = escalc.smd_from_md_se(-6, 3, 20, 25)
    sd = conversions.sd_from_md_se(3, 20, 25)
    assert_allclose(escalc.hedges_g(-6, sd, 20, 0, sd, 25), (yi, vi), rtol=CLOSED_RTOL)


@pytest.mark.parametrize(("measure", "method"), [("OR2DL", "logistic"), ("OR2DN", "cox")])
def test_odds_ratio_to_smd_agrees_with_metafor(measure, method):
    expected = reference_set(measure, "no_zero")
    x = expected["input"]
    found = conversions.smd_from_log_odds_ratio(
        *escalc.log_odds_ratio(x["ai"], x["n1i"], x["ci"], x["n2i"]), method=method
    )
    assert_allclose(found, [expected["yi"], expected["vi"]], rtol=CLOSED_RTOL)


@pytest.mark.parametrize(("measure", "method"), [("D2ORL", "logistic"), ("D2ORN", "cox")])
def test_smd_to_odds_ratio_agrees_with_metafor(measure, method):
    expected = reference_set(measure, "from_d")
    d, n1, n2 = (np.array(expected["input"][name], dtype=float) for name in ("di", "n1i", "n2i"))
    vi = 1 / n1 + 1 / n2 + d**2 / (2 * (n1 + n2))  # metafor converts the uncorrected d
    found = conversions.log_odds_ratio_from_smd(d, vi, method=method)
    assert_allclose(found, [expected["yi"], expected["vi"]], rtol=CLOSED_RTOL)


def test_chinn_divides_by_1_81():
    # Chinn (2000), Stat Med 19: 3127: ln(OR) / 1.81.
    yi, _ = conversions.smd_from_log_odds_ratio(1.81, 1)
    assert round(yi, 2) == 1.00


@settings(deadline=None)
@given(st.floats(-5, 5), st.floats(0.001, 10), st.sampled_from(["logistic", "cox"]))
def test_there_and_back_again(yi, vi, method):
    there = conversions.smd_from_log_odds_ratio(yi, vi, method)
    assert_allclose(conversions.log_odds_ratio_from_smd(*there, method), (yi, vi), rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "parts"),
    [
        (lambda: conversions.se_from_ci([1, 3], [2, 2]), ["ci_low[1] is 3", "below ci_high"]),
        (lambda: conversions.se_from_ci(1, 2, df=0), ["df is 0"]),
        (lambda: conversions.se_from_ci(1, 2, level=95), ["level is 95", "0.95"]),
        (lambda: conversions.t_from_ci(3, 1, 2, 10), ["estimate is 3", "within"]),
        (lambda: conversions.t_from_p(0, 10), ["p is 0", "its bound"]),
        (lambda: conversions.t_from_p([0.5, 1.5], 10), ["p[1] is 1.5"]),
        (lambda: conversions.t_from_f(-1, 1), ["f is -1", ">= 0"]),
        (lambda: conversions.t_from_f(4, 2), ["sign is 2"]),
        (lambda: conversions.se_from_p(0, 0.5), ["estimate is 0", "not 0"]),
        (lambda: conversions.se_from_p(3, 1), ["p is 1", "0 < p < 1"]),
        (lambda: conversions.sd_from_md_se(-1, 20, 20), ["se is -1"]),
        (lambda: conversions.sd_from_md_se(1, 20, 1), ["n2 is 1"]),
        (lambda: conversions.smd_from_log_odds_ratio(1, 0), ["vi is 0"]),
        (
            lambda: conversions.smd_from_log_odds_ratio(1, 1, "probit"),
            ["method is 'probit'", "logistic, cox"],
        ),
    ],
)
def test_bad_input_is_refused(call, parts):
    with pytest.raises(ValueError) as caught:
        call()
    assert [part for part in parts if part not in str(caught.value)] == []
