"""Onset: arrangement of rows, rules of the quantities, and laws of the joint windows on the review's data."""

import numpy as np
import pandas as pd
import pytest

import evidence as ev
from evidence.partial.joint import pool_joint
from evidence.report.onset import mdma_fit, onset_answer
from evidence.review.onset import (
    assessments,
    joint_matrix,
    joint_rows,
    joint_windows,
    onset,
    rho_sweep,
    time_course,
)

GRID = 0.01  # accuracy asked of the quadrature


@pytest.fixture(scope="module")
def review():
    return ev.load()


@pytest.fixture(scope="module")
def fit(review):
    return joint_windows(review)


def frame(*rows):
    return pd.DataFrame(rows, columns=["trial_id", "window", "lower", "upper", "se", "timepoint_days"])


def test_rows_become_a_matrix_with_gaps_as_nan():
    rows = frame(
        ("a", "early", -0.5, -0.5, 0.2, 1),
        ("b", "late", -1.0, 1.0, 0.3, 14),
        ("a", "late", 0.1, 0.1, 0.2, 14),
    )
    trials, lower, upper, se = joint_matrix(rows, ["early", "late"])
    assert trials == ["a", "b"]
    np.testing.assert_array_equal(lower, [[-0.5, 0.1], [np.nan, -1.0]])
    np.testing.assert_array_equal(upper, [[-0.5, 0.1], [np.nan, 1.0]])
    np.testing.assert_array_equal(se, [[0.2, 0.2], [np.nan, 0.3]])


def test_two_effects_of_one_trial_in_one_window_are_refused():
    rows = frame(("a", "early", 0, 0, 0.2, 1), ("a", "early", 0.1, 0.1, 0.2, 2))
    with pytest.raises(ValueError, match="two effects of a in early; allowed: one per trial"):
        joint_matrix(rows, ["early", "late"])


def test_a_follow_up_counted_from_the_wrong_clock_is_refused():
    rows = frame(("a", "early", 0, 0, 0.2, 14), ("a", "late", 0.1, 0.1, 0.2, 7))
    with pytest.raises(ValueError, match="a rated on day 7 in late, before its earlier window"):
        joint_matrix(rows, ["early", "late"])


def test_each_rating_enters_the_joint_model_once(review):
    rows = joint_rows(review)
    assert not rows.duplicated(["trial_id", "timepoint_days"]).any()
    assert set(rows.loc[rows["trial_id"] == "duek_2023", "window"]) == {"week1", "follow_up"}


def test_a_window_no_trial_shares_equals_its_own_pool():
    one = ev.pool_partial([-0.4, -0.6], [-0.4, 0.6], [0.2, 0.25])
    n = np.nan
    lower, upper, se = (
        [[-0.4, n], [-0.6, n], [n, 0.2]],
        [[-0.4, n], [0.6, n], [n, 0.2]],
        [[0.2, n], [0.25, n], [n, 0.3]],
    )
    both = pool_joint(lower, upper, se)
    # tau is shared between the windows, so only the location is compared
    assert both.estimate[0] == pytest.approx(one.estimate, abs=0.05)


def test_detection_is_the_first_window_beyond_the_threshold():
    n = np.nan
    exact = np.array([[-0.1, -1.0, n], [0.1, -1.1, -1.0], [n, -0.9, -1.1]])
    fit = pool_joint(
        exact, exact, np.where(np.isnan(exact), n, 0.1), windows=("24h", "week1", "end_of_course")
    )
    result = onset(fit)
    assert result.detection == "week1"
    assert result.p_end_known > 0.9
    assert result.share_low < result.share < result.share_high


def test_a_share_of_an_unknown_effect_is_not_estimable():
    exact = np.array([[-0.3, 0.1], [-0.2, -0.1]])
    result = onset(pool_joint(exact, exact, np.full((2, 2), 0.3), windows=("24h", "end_of_course")))
    assert result.p_end_known < 0.9
    assert np.isnan([result.share, result.share_low, result.share_high, result.p_half_by_first]).all()


def test_the_review_detects_no_window_and_says_hours_were_not_measured(review, fit):
    assert onset(fit).detection == "none"
    text = onset_answer(fit, review)
    assert "hours is not something these trials measured" in text


def test_windows_hardly_depend_on_the_sampling_correlation(review):
    table = rho_sweep(review)
    spread = table.groupby("window")["estimate"].agg(np.ptp)
    assert (spread < 0.1).all()


def test_the_time_course_is_less_certain_where_nothing_was_rated(review):
    fit = time_course(review)
    width = dict(zip(fit.windows, fit.ci_high - fit.ci_low, strict=True))
    assert width["day 90"] > width["day 1"]


def test_a_rerun_gives_the_same_bytes(review, fit):
    again = joint_windows(review)
    np.testing.assert_array_equal(again.estimate, fit.estimate)


def test_the_schedule_uses_both_clocks(review):
    rows = assessments(review).set_index(["trial_id", "timepoint_label"])
    week2 = rows.loc[("feder_2021", "week 2")]
    assert (week2["days_since_first_dose"], week2["days_since_last_dose"]) == (14, 3)
    assert rows["days_since_first_dose"].min() == 1


def test_complete_data_show_an_effect_growing_with_doses(review):
    # Published three-level regression on the same data: slope -0.1989 (SE 0.0663) per dosing session.
    fit = mdma_fit(review)
    assert fit.prob(lambda mu: mu[:, 2] < mu[:, 0]) > 0.975
    slope, low, high = fit.quantile(lambda mu: (mu[:, 2] - mu[:, 0]) / 2, [0.5, 0.025, 0.975])
    assert low < -0.1989 < high
    assert slope == pytest.approx(-0.1989, abs=2 * 0.0663)
