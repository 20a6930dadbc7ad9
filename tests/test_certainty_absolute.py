"""Points and responders follow stated assumptions, each from a named source."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import evidence as ev
from evidence.certainty import absolute
from evidence.data.load import Review


@pytest.fixture(scope="module")
def review():
    return ev.load()


def test_the_sd_of_caps_5_is_the_one_a_report_implies(review):
    assumed = absolute.assumed_sd(review, "CAPS-5")
    assert assumed.sd == pytest.approx(11.88 / 1.13, abs=0.005)
    assert "Feder 2021" in assumed.source


def test_the_sd_of_pcl_5_is_pooled_over_the_baseline_arms(review):
    # Equal arms of 13: the root of the mean of two printed variances.
    assumed = absolute.assumed_sd(review, "PCL-5")
    assert assumed.sd == pytest.approx(math.sqrt((12.366**2 + 14.431**2) / 2), rel=1e-12)
    assert "F0155" in assumed.fact_ids


def test_an_external_sd_comes_first(review):
    scales = review.scales
    scales.loc[scales["scale"] == "CAPS-5", "sd_external"] = 12.5
    changed = Review(review.path, review.corrections, {**review.tables, "scales": scales})
    assert absolute.assumed_sd(changed, "CAPS-5").sd == 12.5


def test_a_scale_without_an_sd_is_refused(review):
    with pytest.raises(ValueError, match=r"IES-R.*without an SD"):
        absolute.assumed_sd(review, "IES-R")


def test_control_rates_are_those_printed(review):
    small, large = absolute.control_rates(review)
    assert (small.rate, large.rate) == (3 / 15, 0.35)
    assert "Feder 2021" in small.source
    assert "Williams 2022" in large.source


def test_responders_by_the_logistic_conversion():
    # exp(0.5 pi / sqrt 3) = 2.4766; odds 0.25 become 0.6191, that is 38.24 per 100.
    assert absolute.responders_per_100(-0.5, 0.2) == pytest.approx(38.24, abs=0.005)
    assert absolute.per_100(math.log(8), 3 / 15) == pytest.approx(100 * 10 / 15, rel=1e-12)


@given(st.floats(-3, 3), st.floats(0.01, 2), st.floats(0.01, 0.99))
def test_no_effect_changes_nothing_and_more_benefit_more_responders(g, more, rate):
    assert absolute.responders_per_100(0.0, rate) == pytest.approx(100 * rate, rel=1e-9)
    assert absolute.responders_per_100(g - more, rate) > absolute.responders_per_100(g, rate)


@pytest.mark.parametrize("rate", [0, 1, -0.1, 20])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(ValueError, match="control_rate"):
        absolute.responders_per_100(-0.5, rate)
