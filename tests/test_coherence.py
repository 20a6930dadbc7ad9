"""Coherence of estimate, SE, interval and p against SciPy's distributions, with rounding and unknown df."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from evidence.checks.coherence import (
    degrees,
    fewest_df,
    interval_fits_se,
    is_centred,
    p_fits,
    t_quantile,
    two_sided_p,
    within_factor,
)

NUMBER = st.floats(-50, 50).map(lambda x: round(x, 2))
SE = st.floats(0.5, 20).map(lambda x: round(x, 2))
DF = st.integers(5, 400)


@given(NUMBER, SE, DF)
def test_an_interval_made_from_the_numbers_fits_them(estimate, se, df):
    half = stats.t.ppf(0.975, df) * se
    low, high = round(estimate - half, 2), round(estimate + half, 2)
    assert is_centred(estimate, low, high)
    assert interval_fits_se(low, high, se, df_low=5)


@given(NUMBER, SE, DF, st.booleans())
def test_a_p_made_from_the_numbers_fits_them(estimate, se, df, from_interval):
    p = round(float(2 * stats.t.sf(abs(estimate) / se, df)), 3)
    half = stats.t.ppf(0.975, df) * se
    limits = {"low": round(estimate - half, 2), "high": round(estimate + half, 2)}
    assert p_fits(estimate, p, 5, **(limits if from_interval else {"se": se}))


@given(NUMBER, SE, st.sampled_from([10, 0.1]))
def test_a_moved_decimal_point_does_not_fit(estimate, se, factor):
    half = 1.96 * se
    low, high = round(estimate - half, 2), round(estimate + half, 2)
    assert not interval_fits_se(low, high, se * factor, df_low=12)
    assume(abs(estimate) > 2)
    assert not is_centred(round(estimate * factor, 3), low, high)


@given(st.floats(0.2, 5), st.floats(0.1, 0.8))
def test_ratios_are_centred_on_the_log_scale(ratio, se):
    ends = [round(ratio * 2.718281828 ** (k * 1.96 * se), 3) for k in (-1, 1)]
    assert is_centred(round(ratio, 3), *ends, ratio=True)
    assert not is_centred(-ratio, *ends, ratio=True)


def test_reported_intervals_and_p_values_of_two_trials():
    # feder_2014: 12.7 (2.5 to 22.8), p .02; feder_2021: 11.88, SE 3.96, p .004, not .006, which is t(28)'s.
    assert p_fits(12.7, 0.02, 27, low=2.5, high=22.8)
    assert p_fits(11.88, 0.004, 14, se=3.96)
    assert round(2 * stats.t.sf(3.0, 28), 3) == 0.006
    assert not p_fits(11.88, 0.002, 14, se=3.96)


@pytest.mark.parametrize("df", [1, 2, 5, 30, 1e6])
def test_quantiles_and_tails_are_those_of_scipy(df):
    assert t_quantile(df) == pytest.approx(stats.t.ppf(0.975, df), rel=1e-10)
    assert two_sided_p(2.2, df) == pytest.approx(2 * stats.t.sf(2.2, df), rel=1e-10)


def test_degrees_of_freedom_run_from_the_fewest_to_a_normal():
    tried = degrees(12)
    assert tried[0] == pytest.approx(12)
    assert tried == sorted(tried)
    assert tried[-1] >= 1e5
    assert (fewest_df(13, 11), fewest_df(13), fewest_df(), fewest_df(1, 9)) == (10, 12, 10, 1)


def test_factors():
    assert within_factor(-2, 1, 1, 2)
    assert not within_factor(3, 1, 0.5, 2)
    assert within_factor(3, 0, 0.5, 2)
