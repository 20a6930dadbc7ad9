"""Granularity tests against every sample that exists, and against the published example."""

import itertools
import math
from statistics import mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.checks.grim import debit, decimals, grim, grimmer, half_unit, percent_counts, totals

SCORES = st.lists(st.integers(0, 80), min_size=2, max_size=40)


@given(SCORES, st.integers(0, 4))
def test_whatever_people_score_passes(scores, digits):
    m, s = round(mean(scores), digits), round(stdev(scores), digits)
    half = 0.5 * 10.0**-digits
    assert grim(m, len(scores), digits)
    assert grimmer(m, s, len(scores), digits, sd_half=half)


@given(st.lists(st.booleans(), min_size=2, max_size=60))
def test_whatever_people_answer_passes(answers):
    share, spread = round(mean(map(int, answers)), 3), round(stdev(map(int, answers)), 3)
    assert debit(share, spread, len(answers))
    assert sum(answers) in percent_counts(round(100 * mean(map(int, answers)), 1), len(answers))


def test_published_example_of_an_impossible_mean():
    # Brown and Heathers (2017): no 28 whole numbers have a mean of 5.19; 5.18 and 5.21 are the neighbours.
    assert [m / 100 for m in range(515, 525) if grim(m / 100, 28, digits=2)] == [5.18, 5.21]


def test_means_that_exist_are_those_that_pass():
    exist = {round(total / 7, 2) for total in range(7 * 10 + 1)}
    assert {m / 100 for m in range(1001) if grim(m / 100, 7, digits=2)} == exist


def test_spreads_that_exist_pass_and_most_others_do_not():
    samples = list(itertools.combinations_with_replacement(range(-6, 13), 4))
    exist = {round(stdev(x), 2) for x in samples if sum(x) == 12}
    passing = {s / 100 for s in range(1, 500) if grimmer(3, s / 100, 4, digits=2, sd_half=0.005)}
    assert exist - {0.0} <= passing | {s for s in exist if s >= 5}
    assert len(passing) < 499 / 4


@pytest.mark.parametrize(
    ("value", "shown"), [(49.615, 3), (16.50, 1), (13.0, 0), (-0.398, 3), (1e-5, 5), (0, 0)]
)
def test_decimals_are_those_a_number_shows(value, shown):
    assert decimals(value) == shown
    assert half_unit(value) == pytest.approx(0.5 * 10**-shown)


def test_sums_behind_a_mean():
    assert list(totals(34.44, 9)) == [310]
    assert list(totals(16.5, 10)) == [165]
    assert list(totals(-25.33, 3)) == [-76]
    assert list(totals(34.44, 10)) == []


def test_two_scores_have_the_spread_of_their_distance():
    assert grimmer(0.5, math.sqrt(0.5), 2, digits=2, sd_half=1e-6)  # scores of 0 and 1
    assert not grimmer(0.5, math.sqrt(0.5) + 0.01, 2, digits=2, sd_half=1e-6)


def test_a_crowd_can_have_any_mean_and_spread_at_once():
    assert grim(40, 10**12)
    assert grimmer(40, 3, 10**12)
    assert percent_counts(50, 10**6)[0] == 495000


@pytest.mark.parametrize("call", [lambda: grim(1, 0), lambda: grimmer(1, 1, 1), lambda: debit(0.5, 0.5, 1)])
def test_too_few_people_are_refused(call):
    with pytest.raises(ValueError, match="n: found"):
        call()
