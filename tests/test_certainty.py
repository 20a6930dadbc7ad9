"""The rules of certainty at their edges, and that no weakness is counted twice."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.certainty import grade as certainty
from evidence.certainty.grade import Rating, Step, Trial
from evidence.certainty.unreported import Availability


def trials(*rows):
    return [Trial(f"t{i}", *row) for i, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("rows", "levels"),
    [
        ([(100, 0, 0, True)], 0),
        ([(50, 0, 0, True), (50, 1, 0, True)], 0),  # half is not most
        ([(49, 0, 0, True), (51, 1, 0, True)], 1),
        ([(51, 1, 1, True), (49, 0, 0, True)], 1),
        ([(50, 2, 2, True), (50, 2, 1, True)], 1),
        ([(51, 2, 2, True), (49, 2, 1, True)], 2),
    ],
)
def test_risk_of_bias_goes_by_where_most_people_are(rows, levels):
    assert certainty.risk_of_bias_step(trials(*rows)).levels == levels


def test_without_a_trial_no_share_is_claimed():
    assert "not estimable" in certainty.risk_of_bias_step([]).reason
    assert certainty.risk_of_bias_step([]).levels == 0


@pytest.mark.parametrize(
    ("k", "ci", "pi", "levels"),
    [
        (4, (-0.6, -0.3), (-2, 2), 0),  # not assessable
        (5, (-0.6, -0.3), (-0.7, -0.2), 0),  # touches a border
        (5, (-0.6, -0.3), (-0.9, 0.1), 1),
        (5, (-0.6, -0.3), (-1.5, 0.9), 2),
        (5, (-0.6, 0.1), (-1.5, 0.1), 0),  # the mean crosses it already: imprecision
        (5, (-0.6, 0.1), (-1.5, 0.9), 1),
    ],
)
def test_inconsistency_counts_only_what_the_predictive_interval_adds(k, ci, pi, levels):
    assert certainty.inconsistency_step(k, ci, pi, 0.2).levels == levels


def test_below_five_trials_inconsistency_is_not_assessable():
    assert "not assessable" in certainty.inconsistency_step(4, (-1, 0), (-2, 2), 0.2).reason
    assert "not assessable" not in certainty.inconsistency_step(5, (-1, 0), (-2, 2), 0.2).reason


@pytest.mark.parametrize(("direct", "levels"), [(51, 0), (50, 0), (49, 1)])
def test_indirectness_goes_by_where_most_people_are(direct, levels):
    rows = trials((direct, 0, 0, True), (100 - direct, 0, 0, False))
    assert certainty.indirectness_step(rows).levels == levels


@pytest.mark.parametrize(
    ("low", "high", "n", "levels"),
    [
        (-0.9, -0.2, 1000, 0),  # touches a border
        (-0.9, -0.19, 1000, 1),
        (-0.9, 0.2, 1000, 1),
        (-0.9, 0.21, 1000, 2),
        (-0.2, 0.2, 1000, 0),  # precisely irrelevant
        (0.1, 0.9, 1000, 1),
        (-0.9, -0.3, 785, 0),
        (-0.9, -0.3, 784, 1),
        (-0.9, -0.3, 262, 1),  # a third of 785 is 261.7
        (-0.9, -0.3, 261, 2),
        (math.nan, math.nan, 0, 2),
    ],
)
def test_imprecision_goes_by_borders_then_by_people(low, high, n, levels):
    assert certainty.imprecision_step(low, high, n, 0.2).levels == levels


def test_the_information_size_is_that_of_the_normal_formula():
    # Cohen (1988), table 2.4.1: 393 and 64 an arm by t tests; the normal formula gives 392.4 and 62.8.
    assert certainty.information_size(0.2) == 785
    assert certainty.information_size(0.5) == 126


@given(
    st.floats(-2, 2),
    st.floats(0, 2),
    st.floats(0, 1),
    st.integers(1, 2000),
)
def test_a_wider_interval_never_looks_more_precise(low, width, wider, n):
    def crossed(a, b):
        return len(certainty.borders_crossed(a, b, 0.2))

    assert crossed(low - wider, low + width + wider) >= crossed(low, low + width)
    step = certainty.imprecision_step(low, low + width, n, 0.2)
    mirrored = certainty.imprecision_step(-low - width, -low, n, 0.2)
    assert step.levels == mirrored.levels


@pytest.mark.parametrize(
    ("available", "n", "levels"),
    [
        (Availability(51, 49, 0, 0), 100, 0),
        (Availability(50, 50, 0, 0), 100, 1),  # half is not most
        (Availability(1000, 0, 0, 33), 100, 0),  # 33 of 133 is below a quarter
        (Availability(1000, 0, 0, 34), 100, 1),
        (Availability(0, 0, 0, 100), 100, 1),  # both reasons, one level
        (Availability(0, 0, 0, 0), 0, 1),
    ],
)
def test_missing_results_cost_at_most_one_level(available, n, levels):
    assert certainty.missing_step(available, n).levels == levels


def test_selective_reporting_is_named_with_missing_results_and_costs_no_further_level():
    told = Availability(100, 0, 0, 0)
    step = certainty.missing_step(told, 100, switched=3)
    assert step.levels == 0
    assert "three trials in the pool at high risk of selective reporting" in step.reason


def rating(*levels, estimate=-0.5):
    steps = tuple(Step(str(i), n, "") for i, n in enumerate(levels))
    return Rating("x", "X", "g", estimate, -1.0, 0.0, 2, 50, steps)


@pytest.mark.parametrize(
    ("levels", "word"),
    [((), "high"), ((1,), "moderate"), ((1, 1), "low"), ((1, 2), "very low"), ((2, 2, 1), "very low")],
)
def test_levels_add_up_to_a_floor(levels, word):
    assert rating(*levels).level == word


def test_without_an_estimate_there_is_no_evidence():
    assert rating(1, estimate=math.nan).level == "no evidence"
    assert rating(1, estimate=math.nan).points == 0
