"""Uncontrolled changes: against values worked out at extraction, and never mixed with contrasts."""

import numpy as np
import pytest

import evidence as ev
from evidence.review.prepost import control_share, prepost_changes

TWO_DIGITS = 5e-3  # the extraction notes print two decimals


@pytest.fixture(scope="module")
def changes():
    return prepost_changes(ev.load())


def one(changes, trial_id, arm=None):
    rows = changes[changes["trial_id"] == trial_id]
    return (rows if arm is None else rows[rows["arm"] == arm]).iloc[0]


@pytest.mark.parametrize(
    ("trial_id", "arm", "value", "basis"),
    [
        ("albott_2018", None, -1.70, "SD of the change"),
        ("artin_2022", None, -1.00, "baseline SD"),
        ("bentley_2022", "esketamine", -0.32, "SD of the change"),
        ("bentley_2022", "ketamine_iv", -0.82, "SD of the change"),
        ("macconnel_preprint", None, -1.92, "baseline SD"),
    ],
)
def test_standardised_changes_equal_those_worked_out_at_extraction(changes, trial_id, arm, value, basis):
    row = one(changes, trial_id, arm)
    assert row["yi"] == pytest.approx(value, abs=TWO_DIGITS)
    assert row["basis"] == basis


def test_the_correlation_moves_the_variance_and_not_the_change():
    review = ev.load()
    low, high = (prepost_changes(review, ev.Choices(prepost_r=r)) for r in (0.3, 0.7))
    a, b = one(low, "macconnel_preprint"), one(high, "macconnel_preprint")
    assert a["yi"] == b["yi"]
    assert a["vi"] > b["vi"]


def test_overlapping_cohorts_collapse_to_one(changes):
    same = changes[changes["trial_id"].isin(["artin_2022", "bentley_2022"])]
    assert set(same.loc[same["included"], "trial_id"]) == {"artin_2022"}


def test_rows_without_a_spread_show_points_only(changes):
    row = one(changes, "ross_2019")
    assert row["change"] == pytest.approx(31.3 - 56.2)
    assert np.isnan(row["yi"])


def test_the_control_arm_shows_about_half_of_the_fall(changes):
    assert control_share(changes, "duek_2023") == pytest.approx(9.308 / 18.462, rel=1e-6)
    assert np.isnan(control_share(changes, "artin_2022"))
