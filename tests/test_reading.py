"""Intervals implied by reports without a number, against printed chi-square quantiles and algebra."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.measures.reading import NOTHING, interval_of, scheffe_multiplier

# 95% chi-square quantiles as printed in standard tables
CHI2_95 = {1: 3.841, 2: 5.991, 4: 9.488, 6: 12.592, 18: 28.869}
HALF_DIGIT = 5e-4


@pytest.mark.parametrize(("df", "quantile"), CHI2_95.items())
def test_scheffe_bound_is_the_square_root_of_the_printed_quantile(df, quantile):
    assert scheffe_multiplier(df) ** 2 == pytest.approx(quantile, abs=HALF_DIGIT)


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (("not_significant", "pairwise", "not_significant"), (-0.392, 0.392)),
        (("not_significant", "text_only", None), (-math.inf, math.inf)),
        (("favours_active", None, "significant"), (-math.inf, -0.392)),
        (("favours_active", None, "not_stated"), (-math.inf, 0)),
        (("favours_active", None, "not_significant"), (-0.392, 0)),
        (("favours_comparator", None, "significant"), (0.392, math.inf)),
        (("favours_comparator", None, "not_significant"), (0, 0.392)),
        (("unknown", None, None), (-math.inf, math.inf)),
    ],
)
def test_each_report_gives_the_interval_of_the_decision_record(report, expected):
    assert interval_of(*report, se=0.2) == pytest.approx(expected, abs=HALF_DIGIT)


def test_the_omnibus_bound_is_wider_than_the_pairwise_one():
    omnibus = interval_of("not_significant", "group_by_time", None, 0.2)
    strict = interval_of("not_significant", "group_by_time", None, 0.2, null_rule="pairwise")
    assert omnibus[1] == pytest.approx(0.2 * math.sqrt(12.592), abs=HALF_DIGIT)
    assert strict[1] == pytest.approx(0.392, abs=HALF_DIGIT)


def test_a_printed_df_counts_before_the_assumed_one():
    assert interval_of("not_significant", "group_by_time", None, 1, test_df=2)[1] ** 2 == pytest.approx(
        5.991, abs=HALF_DIGIT
    )


@pytest.mark.parametrize("test", ["pairwise", "group_by_time", "text_only"])
def test_ignored_null_reports_say_nothing(test):
    assert interval_of("not_significant", test, None, 0.2, null_rule="ignore") == NOTHING


FINDINGS = st.sampled_from(["not_significant", "favours_active", "favours_comparator", "unknown"])


@settings(deadline=None)
@given(
    FINDINGS,
    st.sampled_from(["pairwise", "group_by_time", "text_only"]),
    st.sampled_from(["significant", "not_significant", "not_stated"]),
    st.floats(0.01, 10),
    st.floats(1.01, 9),
)
def test_bounds_scale_with_the_standard_error(finding, test, significance, se, factor):
    low, high = interval_of(finding, test, significance, se)
    wide = interval_of(finding, test, significance, se * factor)
    assert low <= high
    assert wide == pytest.approx((low * factor if low else 0, high * factor if high else 0))


@settings(deadline=None)
@given(st.sampled_from(["significant", "not_significant", "not_stated"]), st.floats(0.01, 10))
def test_swapping_the_favoured_arm_mirrors_the_interval(significance, se):
    low, high = interval_of("favours_active", None, significance, se)
    assert interval_of("favours_comparator", None, significance, se) == (-high, -low)
