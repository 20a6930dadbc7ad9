"""absolute_risk: numbers needed to treat, Newcombe's interval, the bound for zero events."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from evidence.measures.absolute_risk import newcombe_interval, number_needed_to_treat, zero_event_upper_bound

REFERENCE = json.loads((Path(__file__).parent / "reference" / "escalc.json").read_text())["single"]
CLOSED_RTOL = 1e-11


def test_nnt_of_an_odds_ratio_as_in_the_cochrane_handbook():
    # Handbook 5.1, section 12.5.4.3: OR 0.73 at a control risk of 0.3 is 62 fewer per 1000, NNT 17.
    nnt = number_needed_to_treat(math.log(0.73), math.log(0.6), math.log(0.9), 0.3, "OR", event_is_good=False)
    assert round(-1000 * nnt.risk_difference) == 62
    assert math.ceil(nnt.nnt) == 17
    assert str(nnt).startswith("17 to benefit (")


def test_nnt_interval_across_no_effect_as_altman_prints_it():
    # Altman (1998): a risk reduction of 10% (-5% to 25%) is NNTB 10 (NNTB 4 to infinity to NNTH 20).
    nnt = number_needed_to_treat(-0.10, -0.25, 0.05, 0.5, "RD", event_is_good=False)
    assert_allclose([nnt.nnt, nnt.ci_best, nnt.ci_worst], [10, 4, -20], rtol=CLOSED_RTOL)
    assert nnt.crosses_no_effect
    assert str(nnt) == "10 to benefit (4 to benefit through infinity to 20 to harm)"


def test_nnt_interval_on_one_side_as_printed():
    # Barrowman (2002), CMAJ 166: 1676: 16.6% (0.9% to 32.2%) is about 6 (3.1 to 111.1).
    nnt = number_needed_to_treat(0.166, 0.009, 0.322, 0.4, "RD")
    assert_allclose([nnt.nnt, nnt.ci_best, nnt.ci_worst], [6.0, 3.1, 111.1], atol=0.05)
    assert not nnt.crosses_no_effect


def test_nnt_of_a_risk_ratio_is_algebra():
    nnt = number_needed_to_treat(math.log(1.5), 0, math.log(4), 0.4, "RR")
    assert_allclose([nnt.nnt, nnt.risk_difference, nnt.rd_ci_high], [5, 0.2, 0.6], rtol=CLOSED_RTOL)
    assert nnt.ci_worst == math.inf
    assert not nnt.crosses_no_effect
    assert_allclose(nnt.ci_best, 1 / 0.6)  # a risk ratio of 4 would be a risk of 1.6: put at 1


def test_no_difference_is_said_in_words():
    nnt = number_needed_to_treat(0, -0.1, 0.1, 0.4, "RD")
    assert nnt.nnt == math.inf
    assert str(nnt) == "no difference (10 to benefit through infinity to 10 to harm)"


@settings(deadline=None)
@given(st.floats(-3, 3), st.floats(0.1, 2), st.floats(0.01, 0.99))
def test_naming_the_event_good_or_bad_turns_the_sign(estimate, half, base):
    limits = estimate, estimate - half, estimate + half
    good = number_needed_to_treat(*limits, base, "OR")
    bad = number_needed_to_treat(*limits, base, "OR", event_is_good=False)
    assert bad.risk_difference == good.risk_difference
    assert (1 / bad.ci_best, 1 / bad.ci_worst) == (-1 / good.ci_worst, -1 / good.ci_best)
    assert good.crosses_no_effect == (limits[1] < 0 < limits[2])


@settings(deadline=None)
@given(st.floats(-3, 3), st.floats(0.01, 0.99))
def test_the_nnt_of_an_odds_ratio_gives_back_the_odds_ratio(log_or, base):
    risk = base + number_needed_to_treat(log_or, log_or - 1, log_or + 1, base, "OR").risk_difference
    assert_allclose(math.log(risk / (1 - risk) * (1 - base) / base), log_or, atol=1e-9)


@pytest.mark.parametrize("case", REFERENCE["newcombe"])
def test_newcombe_interval_agrees_with_the_wilson_intervals_of_r(case):
    *counts, level = case["input"]
    assert_allclose(newcombe_interval(*counts, level=level), case["ci"], rtol=CLOSED_RTOL)


def test_newcombe_interval_takes_arrays():
    cases = [case for case in REFERENCE["newcombe"] if case["input"][4] == 0.95]
    a, n1, c, n2, _ = zip(*(case["input"] for case in cases), strict=True)
    limits = newcombe_interval(a, n1, c, n2)
    assert_allclose(limits, list(zip(*(case["ci"] for case in cases), strict=True)), rtol=CLOSED_RTOL)


def test_zero_event_bound_agrees_with_the_exact_binomial_test_of_r():
    expected = REFERENCE["zero_events"]
    assert_allclose(zero_event_upper_bound(expected["n"]), expected["upper_95"], rtol=CLOSED_RTOL)
    assert_allclose(zero_event_upper_bound(expected["n"], 0.9), expected["upper_90"], rtol=CLOSED_RTOL)


@settings(deadline=None)
@given(st.integers(1, 10**9), st.floats(0.5, 0.999))
def test_at_the_bound_no_event_is_just_as_likely_as_stated(n, level):
    bound = zero_event_upper_bound(n, level)
    assert_allclose(n * math.log1p(-bound), math.log1p(-level), rtol=1e-9)


@pytest.mark.parametrize(
    ("call", "parts"),
    [
        (lambda: number_needed_to_treat(0.1, 0.2, 0.3, 0.3, "RD"), ["estimate is 0.1", "within"]),
        (lambda: number_needed_to_treat(0.1, 0.0, 0.3, 30, "RD"), ["baseline_risk is 30", "0.3 for 30%"]),
        (lambda: number_needed_to_treat(0.8, 0.7, 0.9, 0.3, "RD"), ["estimate is 0.8", "odds ratio"]),
        (lambda: number_needed_to_treat(2, 1, 3, 0.3, "RR"), ["estimate is 2", "odds ratio"]),
        (lambda: number_needed_to_treat(0.1, 0.0, 0.3, 0.3, "SMD"), ["measure is 'SMD'"]),
        (lambda: newcombe_interval(11, 10, 3, 10), ["a is 11"]),
        (lambda: newcombe_interval(1, 10, 3, 10, level=95), ["level is 95"]),
        (lambda: zero_event_upper_bound(0), ["n is 0"]),
        (lambda: zero_event_upper_bound(10, 1), ["level is 1"]),
    ],
)
def test_bad_input_is_refused(call, parts):
    with pytest.raises(ValueError) as caught:
        call()
    assert [part for part in parts if part not in str(caught.value)] == []
