"""escalc, paired, two_by_two: every yi and vi against metafor, the laws they obey, and what they refuse."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from evidence._arrays import as_arrays, require_level
from evidence.measures import escalc
from evidence.measures.conversions import small_sample_j

REFERENCE = json.loads((Path(__file__).parent / "reference" / "escalc.json").read_text())
CLOSED_RTOL = 1e-11  # closed forms; the reference carries 15 digits
CLOSED_ATOL = 1e-14
QUANTILE_RTOL = 1e-8  # a t quantile is inverted numerically

TWO_ARMS = {"SMD": escalc.hedges_g, "MD": escalc.mean_difference, "ROM": escalc.log_ratio_of_means}
PAIRED = {"SMCC": escalc.smcc, "SMCR": escalc.smcr, "MC": escalc.mean_change}
TABLES = {"OR": escalc.log_odds_ratio, "RR": escalc.log_risk_ratio, "RD": escalc.risk_difference}
SAMPLES = ("small", "extreme", "random")


def sets(*, measures, names):
    return [s for s in REFERENCE["escalc"] if s["measure"] in measures and s["name"] in names]


def one(measure, name):
    (found,) = sets(measures=[measure], names=[name])
    return found


def ours(names):
    """metafor's column names without their trailing i."""
    return {name.removesuffix("i") if name != "ai" else "a": value for name, value in names.items()}


def agree(result, expected, rtol=CLOSED_RTOL):
    for value, key in zip(result, ("yi", "vi"), strict=True):
        reference = np.array(expected[key], dtype=float)  # "NA" is spelt "NaN" below
        assert_allclose(value, reference, rtol=rtol, atol=CLOSED_ATOL, err_msg=f"{expected['measure']} {key}")


for entry in REFERENCE["escalc"]:
    for key in ("yi", "vi"):
        entry[key] = ["nan" if x == "NA" else x for x in entry[key]]


def test_the_reference_is_complete():
    assert REFERENCE["meta"]["metafor"] == "3.8.1"
    assert len(sets(measures=TWO_ARMS, names=SAMPLES)) == 9
    assert len(sets(measures=PAIRED, names=SAMPLES)) == 9
    assert len(sets(measures=TABLES, names=("no_zero", "zeros", "every_kind"))) == 3 * 3 * 9


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("measure", TWO_ARMS)
def test_two_arms_agree_with_metafor(measure, name):
    expected = one(measure, name)
    agree(TWO_ARMS[measure](**ours(expected["input"])), expected)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("measure", PAIRED)
def test_one_group_measured_twice_agrees_with_metafor(measure, name):
    expected = one(measure, name)
    agree(PAIRED[measure](**ours(expected["input"])), expected)


@pytest.mark.parametrize("expected", sets(measures=TABLES, names=("no_zero", "zeros", "every_kind")))
def test_tables_agree_with_metafor_under_every_zero_rule(expected):
    x = expected["input"]
    result = TABLES[expected["measure"]](x["ai"], x["n1i"], x["ci"], x["n2i"], **expected["options"])
    agree(result, expected)


def test_defaults_for_zero_cells_are_those_of_metafor():
    (expected,) = [
        s
        for s in sets(measures=["OR"], names=["every_kind"])
        if s["options"] == {"to": "only0", "drop00": False, "add": 0.5}
    ]
    x = expected["input"]
    agree(escalc.log_odds_ratio(x["ai"], x["n1i"], x["ci"], x["n2i"]), expected)


def test_undefined_ratios_are_nan_in_both_yi_and_vi():
    for yi, vi in (
        escalc.log_odds_ratio(0, 12, 3, 13, to="none"),
        escalc.log_risk_ratio(0, 12, 3, 13, add=0),
        escalc.risk_difference(0, 12, 0, 13, drop00=True),
    ):
        assert math.isnan(yi)
        assert math.isnan(vi)


def test_g_from_t_agrees_with_metafor():
    expected = one("SMD", "from_t")
    agree(escalc.smd_from_t(**ours(expected["input"])), expected)


def test_g_from_signed_p_agrees_with_metafor():
    expected = one("SMD", "from_p")
    agree(escalc.smd_from_p(**ours(expected["input"])), expected, QUANTILE_RTOL)


def test_g_from_p_with_a_separate_sign_agrees_with_metafor():
    expected = one("SMD", "from_p")
    x = ours(expected["input"])
    p, sign = np.abs(x["p"]), np.sign(x["p"])
    agree(escalc.smd_from_p(p, x["n1"], x["n2"], sign=sign), expected, QUANTILE_RTOL)


def test_g_from_a_mean_difference_and_its_se_or_interval_agrees_with_metafor():
    expected = one("SMD", "from_md_se")
    agree(escalc.smd_from_md_se(**ours(expected["input"])), expected)
    expected = one("SMD", "from_md_ci")
    agree(escalc.smd_from_md_ci(**ours(expected["input"])), expected, QUANTILE_RTOL)


def test_crossover_g_is_the_raw_standardised_change_of_metafor():
    expected = one("SMCR", "crossover")
    agree(escalc.crossover_g(**expected["input"]), expected)


def test_g_from_a_printed_d_shrinks_estimate_and_se_alike():
    # Algebra: a normal 90% interval of half-width 1.644853627 has SE 1; J(2) = 1/sqrt(pi).
    yi, vi = escalc.smd_from_ci(0.5, 0.5 - 1.6448536269514722, 0.5 + 1.6448536269514722, 2, 2, level=0.9)
    assert_allclose([yi, vi], [0.5 / math.sqrt(math.pi), 1 / math.pi], rtol=CLOSED_RTOL)
    yi, vi = escalc.smd_from_ci(
        0.5, 0.5 - 1.6448536269514722, 0.5 + 1.6448536269514722, 2, 2, 0.9, corrected=True
    )
    assert_allclose([yi, vi], [0.5, 1.0], rtol=CLOSED_RTOL)


@pytest.mark.parametrize("df", [2, 3, 10, 57, 200, 300])
def test_j_is_the_ratio_of_gammas(df):
    expected = math.gamma(df / 2) / (math.sqrt(df / 2) * math.gamma((df - 1) / 2))
    assert_allclose(small_sample_j(df), expected, rtol=1e-13)


@settings(deadline=None)
@given(st.floats(2, 1e7))
def test_neighbouring_j_obey_the_recurrence_of_the_gamma_function(df):
    product = small_sample_j(df) * small_sample_j(df + 1)
    assert_allclose(product, (df - 1) / math.sqrt(df * (df + 1)), rtol=1e-13)


def test_interval_se_is_the_se_of_g_at_zero():
    n1, n2 = np.array([10.0, 20, 75]), np.array([12.0, 20, 80])
    _, vi = escalc.smd_from_t(0, n1, n2)
    assert_allclose(
        escalc.interval_se_parallel(n1, n2) ** 2, small_sample_j(n1 + n2 - 2) ** 2 * vi, rtol=1e-13
    )
    _, vi = escalc.crossover_g(0, n1, 0.3)
    assert_allclose(escalc.interval_se_crossover(n1, 0.3) ** 2, vi, rtol=1e-13)


arm = st.tuples(st.floats(-100, 100), st.floats(0.5, 50), st.integers(2, 300))


@settings(deadline=None)
@given(arm, arm)
def test_swapping_the_arms_turns_the_sign_and_keeps_the_variance(arm1, arm2):
    for effect in (escalc.hedges_g, escalc.mean_difference):
        yi, vi = effect(*arm1, *arm2)
        swapped_yi, swapped_vi = effect(*arm2, *arm1)
        assert_allclose([swapped_yi, swapped_vi], [-yi, vi], rtol=1e-12, atol=1e-12)
        assert vi > 0


@settings(deadline=None)
@given(arm, arm, st.floats(-50, 50), st.floats(0.1, 10))
def test_g_ignores_the_unit_and_the_zero_of_the_scale(arm1, arm2, shift, scale):
    (m1, sd1, n1), (m2, sd2, n2) = arm1, arm2
    moved = escalc.hedges_g(m1 * scale + shift, sd1 * scale, n1, m2 * scale + shift, sd2 * scale, n2)
    assert_allclose(moved, escalc.hedges_g(m1, sd1, n1, m2, sd2, n2), rtol=1e-9, atol=1e-9)


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(1, 40), st.integers(0, 40), st.integers(1, 40))
def test_counting_non_events_turns_the_log_odds_ratio(a, n1, c, n2):
    assume(a <= n1 and c <= n2)
    yi, vi = escalc.log_odds_ratio(a, n1, c, n2)
    assert_allclose(escalc.log_odds_ratio(n1 - a, n1, n2 - c, n2), [-yi, vi], rtol=1e-12, atol=1e-12)
    assert vi > 0


@settings(deadline=None)
@given(st.floats(-8, 8), st.integers(3, 200), st.floats(-0.95, 0.95))
def test_crossover_g_falls_as_the_correlation_rises(t, n, r):
    less, _ = escalc.crossover_g(t, n, r)
    more, _ = escalc.crossover_g(t, n, r + 0.04)
    assert abs(more) <= abs(less)


def test_numbers_come_back_as_floats_and_arrays_as_arrays():
    yi, vi = escalc.hedges_g(10, 4, 20, 8, 5, 25)
    assert isinstance(yi, float)
    assert isinstance(vi, float)
    table = escalc.hedges_g([[10, 11], [12, 13]], 4, 20, 8, 5, 25)
    assert [part.shape for part in table] == [(2, 2), (2, 2)]
    assert table[0][0, 0] == yi
    assert escalc.hedges_g([], [], [], [], [], [])[0].shape == (0,)


HEDGES = {"m1": [10, 10], "sd1": [4, 4], "n1": [20, 20], "m2": [8, 8], "sd2": [5, 5], "n2": [25, 25]}


@pytest.mark.parametrize(
    ("bad", "parts"),
    [
        ({"sd1": [4, -3.1]}, ["sd1[1]", "-3.1", "> 0", "Fix"]),
        ({"sd2": 0}, ["sd2[0]", "is 0", "and 1 more", "> 0"]),
        ({"n1": [1, 20]}, ["n1[0]", "is 1", "at least 2"]),
        ({"m2": [math.nan, 8]}, ["m2[0]", "nan", "finite"]),
        ({"m2": [8, math.inf]}, ["m2[1]", "inf", "finite"]),
        ({"m1": [1, 2, 3]}, ["shapes", "m1 (3,)", "sd1 (2,)"]),
        ({"m1": [[10], [10]]}, ["shapes", "m1 (2, 1)", "sd1 (2,)"]),
        ({"sd1": ["4", "1,5"]}, ["sd1", "'4'", "Fix"]),
        ({"n2": [25, None]}, ["n2[1]", "None", "a number"]),
        ({"n2": [True, False]}, ["n2", "bool"]),
        ({"m1": [[1], [2, 3]]}, ["m1", "ragged"]),
        ({"m1": np.ma.masked_array([10.0, 11.0], [False, True])}, ["m1[1]", "nan"]),
    ],
)
def test_bad_input_is_named_with_place_value_and_remedy(bad, parts):
    with pytest.raises(ValueError) as caught:
        escalc.hedges_g(**HEDGES | bad)
    assert [part for part in parts if part not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("call", "parts"),
    [
        (lambda: escalc.smcc(1, 2, 3, 4, 10, 1.0), ["r is 1", "between -1 and 1"]),
        (lambda: escalc.smcc(1, 2, 3, 4, 2, 0.5), ["n is 2", "at least 3"]),
        (lambda: escalc.smcr(1, 2, [3, -3], 10, 0.5), ["sd1[1] is -3"]),
        (lambda: escalc.crossover_g(2, 29, -1), ["r is -1"]),
        (lambda: escalc.interval_se_crossover(29, 1.5), ["r is 1.5"]),
        (lambda: escalc.interval_se_parallel(1, 20), ["n1 is 1"]),
        (lambda: escalc.log_odds_ratio([1, 13], 12, 3, 13), ["a[1] is 13", "events from 0 to n1"]),
        (lambda: escalc.log_risk_ratio(1, 12, -3, 13), ["c is -3", "events from 0 to n2"]),
        (lambda: escalc.risk_difference(0, 0, 3, 13), ["n1 is 0", "at least 1"]),
        (
            lambda: escalc.risk_difference(0, 12, 3, 13, to="some"),
            ["to is 'some'", "only0, all, if0all, none"],
        ),
        (lambda: escalc.risk_difference(0, 12, 3, 13, add=-1), ["add is -1"]),
        (lambda: escalc.log_ratio_of_means(0, 1, 5, 2, 1, 5), ["m1 is 0", "a mean > 0"]),
        (lambda: escalc.smd_from_p(0, 20, 20), ["p is 0", "its bound"]),
        (lambda: escalc.smd_from_p(1.2, 20, 20), ["p is 1.2"]),
        (lambda: escalc.smd_from_p(-0.02, 20, 20, sign=-1), ["p is -0.02", "give the direction once"]),
        (lambda: escalc.smd_from_p(0.02, 20, 20, sign=0), ["sign is 0", "-1 or 1"]),
        (lambda: escalc.smd_from_md_se(-6, 0, 20, 20), ["se is 0"]),
        (lambda: escalc.smd_from_md_ci(12.7, -22.8, -2.5, 20, 20), ["md is 12.7", "check signs"]),
        (lambda: escalc.smd_from_ci(0.5, 1.0, 0.0, 20, 20), ["ci_low is 1", "swap the limits"]),
        (lambda: escalc.smd_from_ci(0.5, 0.1, 0.9, 20, 20, level=95), ["level is 95", "0.95"]),
        (lambda: small_sample_j([3, 1]), ["df[1] is 1", "above 1"]),
        (lambda: require_level([0.9, 0.95]), ["level", "single number"]),
    ],
)
def test_each_formula_refuses_what_it_cannot_use(call, parts):
    with pytest.raises(ValueError) as caught:
        call()
    assert [part for part in parts if part not in str(caught.value)] == []


def test_arrays_are_copies_or_views_never_changed_in_place():
    m1 = np.array([10.0, 11.0])
    (view,) = as_arrays(m1=m1)
    escalc.hedges_g(m1, 4, 20, 8, 5, 25)
    assert m1.tolist() == [10.0, 11.0]
    assert view.tolist() == [10.0, 11.0]
