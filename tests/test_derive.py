"""Every derived cell names a documented function, and those that can be recomputed are."""

import pytest

import evidence as ev
from evidence.data.derive import (
    DERIVATIONS,
    count_from_percent,
    last_dose_day_from_schedule,
    n_from_mean_denominator,
)


@pytest.fixture(scope="module")
def review():
    return ev.load()


def test_every_derivation_named_in_the_data_exists_and_is_documented(review):
    named = set()
    for frame in review.tables.values():
        if "derived_by" in frame:
            for cell in frame["derived_by"].dropna():
                named |= set(cell.split("; "))
    assert named <= set(DERIVATIONS)
    assert all(f.__doc__ and len(f.__doc__) > 10 for f in DERIVATIONS.values())
    assert set(DERIVATIONS) == named  # none is kept that the data no longer use


def test_counts_derived_from_percentages_recompute_from_their_facts(review):
    facts = review.facts.set_index("fact_id")
    rows = review.events[review.events["derived_by"].fillna("") == "count_from_percent"]
    rows = rows[rows["trial_id"] == "feder_2021"]
    assert len(rows) == 12
    for row in rows.itertuples():
        percents = [
            facts.loc[f, "value"] for f in row.fact_ids.split("; ") if facts.loc[f, "statistic"] == "percent"
        ]
        assert {count_from_percent(p, row.n) for p in percents} == {row.events}, row


@pytest.mark.parametrize(
    ("trial_id", "weeks", "per_week"),
    [
        ("feder_2021", 2, 3),
        ("abdallah_2022", 4, 2),
        ("albott_2018", 2, 3),
        ("quigley_2024", 6, 1),
        ("shiroma_2020", 3, 1),
    ],
)
def test_last_dose_days_follow_from_the_printed_schedules(review, trial_id, weeks, per_week):
    day = review.trials.set_index("trial_id").loc[trial_id, "last_dose_day"]
    assert day == last_dose_day_from_schedule(weeks, per_week)


def test_group_sizes_behind_the_duration_means_recompute(review):
    rows = review.timing[review.timing["derived_by"].fillna("") == "n_from_mean_denominator"]
    assert len(rows) == 2
    for row in rows.itertuples():
        assert n_from_mean_denominator(row.mean_days, 10) == row.n


@pytest.mark.parametrize(("percent", "n"), [(50, 200), (33, 300), (7, 5)])
def test_a_percentage_that_fits_no_or_several_counts_is_refused(percent, n):
    with pytest.raises(ValueError, match=f"percent {percent} of n {n} fits"):
        count_from_percent(percent, n)
