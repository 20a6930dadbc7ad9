"""dichotomous: common effects against metafor and R, rare events, refusals."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from evidence.models import dichotomous

REFERENCE = json.loads((Path(__file__).parent / "reference" / "escalc.json").read_text())
POOLED = {case["name"]: case for case in REFERENCE["pooled"]}
CLOSED_RTOL = 1e-11
ROOT_TOL = 1e-8  # the reference roots are found to 1e-9 or better
R_TEST_TOL = 2e-4  # fisher.test and mantelhaen.test stop their root search at about 1e-4
NO_EVENTS = ("none_active", "none_control")  # the ratio is 0 or infinite
FIELDS = ("estimate", "se", "ci_low", "ci_high", "q", "q_df", "q_p")


def counts(name):
    x = POOLED[name]["input"]
    return x["ai"], x["n1i"], x["ci"], x["n2i"]


def agree(fit, expected):
    for field in FIELDS:
        assert_allclose(getattr(fit, field), expected[field], rtol=CLOSED_RTOL, atol=1e-13, err_msg=field)


def number(value):
    return math.nan if value == "NA" else float(value)


def test_the_reference_is_complete():
    assert set(POOLED) == {
        "zeros", "every_kind", "no_zero", "one_trial", "rare", "none_active", "none_control", "nielweise2007",
        "yusuf1985_table6", "hine1989",
    }  # fmt: skip
    assert all(
        {"mh_OR", "mh_RR", "mh_OR_half", "mh_RR_half"} <= set(POOLED[n]) for n in set(POOLED) - set(NO_EVENTS)
    )


@pytest.mark.parametrize("measure", ["OR", "RR"])
@pytest.mark.parametrize("name", sorted(set(POOLED) - set(NO_EVENTS)))
def test_mantel_haenszel_ratios_agree_with_metafor(name, measure):
    fit = dichotomous.mantel_haenszel(*counts(name), measure)
    agree(fit, POOLED[name][f"mh_{measure}"])
    assert fit.k == len(np.atleast_1d(counts(name)[0]))


@pytest.mark.parametrize("measure", ["OR", "RR"])
@pytest.mark.parametrize("name", sorted(set(POOLED) - set(NO_EVENTS)))
def test_corrected_mantel_haenszel_agrees_with_metafor(name, measure):
    fit = dichotomous.mantel_haenszel(*counts(name), measure, add=0.5)
    agree(fit, POOLED[name][f"mh_{measure}_half"])


@pytest.mark.parametrize("name", sorted(POOLED))
def test_mantel_haenszel_risk_difference_agrees_with_metafor(name):
    agree(dichotomous.mantel_haenszel(*counts(name), "RD"), POOLED[name]["mh_RD"])


@pytest.mark.parametrize("name", sorted(POOLED))
def test_peto_agrees_with_metafor(name):
    agree(dichotomous.peto(*counts(name)), POOLED[name]["peto"])


@pytest.mark.parametrize(("level", "key"), [(0.95, "exact"), (0.9, "exact_90")])
@pytest.mark.parametrize("name", sorted(POOLED))
def test_exact_odds_ratio_agrees_with_its_definition_written_in_r(name, level, key):
    fit = dichotomous.exact_odds_ratio(*counts(name), level=level)
    for field in ("estimate", "se", "ci_low", "ci_high"):
        expected = number(POOLED[name][key][field])
        assert_allclose(getattr(fit, field), expected, rtol=ROOT_TOL, atol=ROOT_TOL, err_msg=field)
    assert math.isnan(fit.q)


@pytest.mark.parametrize("name", sorted(POOLED))
def test_exact_odds_ratio_agrees_with_the_tests_of_r(name):
    fit = dichotomous.exact_odds_ratio(*counts(name))
    expected = [number(x) for x in POOLED[name]["exact"]["r_test"]]
    assert_allclose([fit.estimate, fit.ci_low, fit.ci_high], expected, atol=R_TEST_TOL)


trial = st.integers(1, 25).flatmap(
    lambda n1: st.integers(1, 25).flatmap(
        lambda n2: st.tuples(st.integers(0, n1), st.just(n1), st.integers(0, n2), st.just(n2))
    )
)
# A first trial with events and non-events in both arms keeps every method defined.
trials = st.lists(trial, max_size=4).map(lambda more: np.array([(3, 11, 5, 12), *more]).T)


@settings(deadline=None, max_examples=60)
@given(trials)
def test_swapping_the_arms_turns_every_estimate(table):
    a, n1, c, n2 = table
    for pool in (dichotomous.mantel_haenszel, dichotomous.peto, dichotomous.exact_odds_ratio):
        fit, swapped = pool(a, n1, c, n2), pool(c, n2, a, n1)
        expected = [-fit.estimate, fit.se, -fit.ci_high, -fit.ci_low]
        found = [swapped.estimate, swapped.se, swapped.ci_low, swapped.ci_high]
        assert_allclose(found, expected, rtol=1e-8, atol=1e-8)


@settings(deadline=None, max_examples=60)
@given(trials, st.integers(1, 30), st.integers(1, 30))
def test_a_trial_without_events_changes_no_odds_ratio(table, n1, n2):
    longer = np.column_stack([table, [0, n1, 0, n2]])
    for pool in (dichotomous.mantel_haenszel, dichotomous.peto, dichotomous.exact_odds_ratio):
        without, with_it = pool(*table), pool(*longer)
        assert_allclose([with_it.estimate, with_it.se], [without.estimate, without.se], rtol=1e-9, atol=1e-10)
        assert with_it.k == without.k + 1


@settings(deadline=None, max_examples=60)
@given(trials)
def test_the_order_of_the_trials_is_of_no_account(table):
    for pool in (dichotomous.mantel_haenszel, dichotomous.peto, dichotomous.exact_odds_ratio):
        fit, turned = pool(*table), pool(*table[:, ::-1])
        assert_allclose([turned.estimate, turned.ci_low], [fit.estimate, fit.ci_low], rtol=1e-9, atol=1e-10)


def test_the_exact_interval_leaves_half_of_alpha_in_each_tail():
    # One trial, 0 of 5 against 3 of 5. At odds ratio x, none of the 3 events falls in arm 1 with probability
    # 10 / (10 + 50 x + 50 x^2 + 10 x^3), so the upper limit solves 10 = 0.025 (10 + 50 x + 50 x^2 + 10 x^3).
    roots = np.roots([10, 50, 50, 10 - 10 / 0.025])
    expected = float(np.log(roots[np.isreal(roots) & (roots.real > 0)].real[0]))
    fit = dichotomous.exact_odds_ratio(0, 5, 3, 5)
    assert_allclose(fit.ci_high, expected, rtol=1e-9)
    assert (fit.estimate, fit.ci_low) == (-math.inf, -math.inf)


def test_the_exact_method_keeps_its_digits_where_tails_underflow():
    # Every event in arm 1 of big trials: probabilities at odds ratio 1 are below 1e-400.
    fit = dichotomous.exact_odds_ratio([900, 900], [1000, 1000], [10, 10], [1000, 1000])
    assert math.isfinite(fit.se)
    assert fit.ci_low < fit.estimate < fit.ci_high
    large_sample = dichotomous.mantel_haenszel([900, 900], [1000, 1000], [10, 10], [1000, 1000])
    assert_allclose(fit.estimate, large_sample.estimate, rtol=0.005)


@pytest.mark.parametrize(
    ("call", "parts"),
    [
        (
            lambda: dichotomous.mantel_haenszel([0, 0], [9, 9], [0, 0], [9, 9]),
            ["a and c", "zero_event_upper_bound"],
        ),
        (lambda: dichotomous.mantel_haenszel([0, 0], [9, 9], [2, 0], [9, 9], "RR"), ["exact_odds_ratio"]),
        (
            lambda: dichotomous.mantel_haenszel([0, 0], [9, 9], [0, 0], [9, 9], "RD"),
            ["a and c", "no variance"],
        ),
        (lambda: dichotomous.mantel_haenszel([9], [9], [9], [9], "RR"), ["a and c", "no variance"]),
        (lambda: dichotomous.mantel_haenszel([0], [9], [9], [9], "RD"), ["a and c", "no variance"]),
        (lambda: dichotomous.peto([0, 9], [9, 9], [0, 9], [9, 9]), ["a and c", "events and non-events"]),
        (lambda: dichotomous.exact_odds_ratio([0, 9], [9, 9], [0, 9], [9, 9]), ["a and c", "non-events"]),
        (lambda: dichotomous.exact_odds_ratio(1, 12.5, 3, 13), ["n1[0] is 12.5", "whole number", "unsplit"]),
        (lambda: dichotomous.exact_odds_ratio([], [], [], []), ["a", "at least 1 trial"]),
        (lambda: dichotomous.peto([[1]], [[2]], [[1]], [[2]]), ["a", "one row"]),
        (lambda: dichotomous.peto([1, 10], 9, [1, 1], 9), ["a[1] is 10", "0 to n1"]),
        (lambda: dichotomous.peto(1, 9, 1, 9, level=95), ["level is 95"]),
        (lambda: dichotomous.mantel_haenszel(1, 9, 1, 9, "SMD"), ["measure is 'SMD'", "OR, RR, RD"]),
    ],
)
def test_what_cannot_be_pooled_is_refused_with_a_way_out(call, parts):
    with pytest.raises(ValueError) as caught:
        call()
    assert [part for part in parts if part not in str(caught.value)] == []


def test_the_result_is_frozen():
    fit = dichotomous.peto(4, 20, 2, 21)
    with pytest.raises(AttributeError):
        fit.estimate = 0
