"""The wanted list: complete, ordered, and its swing what a reader would get by filling the number in."""

import numpy as np
import pandas as pd
import pytest

import evidence as ev
from evidence.review.efficacy import partial_fit, pool_window
from evidence.review.wanted import wanted


@pytest.fixture(scope="module")
def review():
    return ev.load()


def test_swing_is_the_change_across_the_predictive_interval(review):
    result = pool_window(review, "end_of_course")
    rows = result.included.copy()
    trial = rows["trial_id"] == "abdallah_2022"
    ends = []
    for end in (result.partial.pi_low, result.partial.pi_high):
        filled = rows.copy()
        filled.loc[trial, ["lower", "upper"]] = end
        ends.append(partial_fit(filled, ev.Choices()).estimate)
    frame = wanted(review)
    row = frame[(frame["trial_id"] == "abdallah_2022") & (frame["window"] == "end_of_course")]
    assert row["swing"].item() == pytest.approx(ends[1] - ends[0], rel=1e-9)


def test_rows_with_a_pool_come_first_by_swing_then_by_people(review):
    frame = wanted(review)
    pooled = frame["swing"].notna()
    assert not pooled.iloc[pooled.sum() :].any()
    assert frame.loc[pooled, "swing"].is_monotonic_decreasing
    rest = frame.loc[~pooled, "n"].dropna()
    assert rest.is_monotonic_decreasing


def test_every_core_trial_without_a_full_set_of_numbers_is_asked_for(review):
    named = set(wanted(review)["trial_id"])
    assert {
        "feder_2014",
        "feder_2021",
        "abdallah_2022",
        "dadabayev_2020",
        "beaglehole_2025",
        "pradhan_2018",
    } <= named
    assert {"NCT04560660", "NCT04032301"} <= named


def test_addresses_are_those_of_the_references(review):
    frame = wanted(review).drop_duplicates("trial_id").set_index("trial_id")
    assert frame.loc["abdallah_2022", "doi"] == "10.1038/s41386-022-01266-9"
    assert frame.loc["feder_2014", "registration"] == "NCT00749203"
    assert pd.isna(frame.loc["NCT04560660", "doi"])


def test_no_swing_is_negative_or_infinite(review):
    swing = wanted(review)["swing"].dropna()
    assert (swing > 0).all()
    assert np.isfinite(swing).all()
