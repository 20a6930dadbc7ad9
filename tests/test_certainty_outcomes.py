"""What is rated: counts by arm, pools of odds ratios, ratings that follow the data."""

import math

import numpy as np
import pytest

import evidence as ev
from evidence.certainty.outcomes import certainty_ratings, event_counts, pool_events
from evidence.data.load import Review


@pytest.fixture(scope="module")
def review():
    return ev.load()


@pytest.fixture(scope="module")
def ratings(review):
    return {r.outcome: r for r in certainty_ratings(review)}


def steps(rating):
    return {step.domain: step for step in rating.steps}


def test_response_is_counted_at_the_declared_end_of_treatment(review):
    counts = event_counts(review, "response")
    assert counts.loc["feder_2021"].tolist() == [10, 15, 3, 15]
    assert counts.loc["duek_2023"].tolist() == [7, 13, 5, 13]
    assert list(event_counts(review, "response", ev.Choices(include_duek=False)).index) == ["feder_2021"]


@pytest.mark.parametrize(("arm", "active"), [("standard", [13, 53]), ("low", [14, 55]), ("both", [27, 108])])
def test_dropout_follows_the_arm_chosen_and_never_counts_placebo_twice(review, arm, active):
    counts = event_counts(review, "dropout", ev.Choices(abdallah_arm=arm))
    assert counts.loc["abdallah_2022"].tolist() == [*active, 19, 55]


def test_high_risk_trials_leave_the_counts_when_chosen(review):
    counts = event_counts(review, "dropout", ev.Choices(exclude_high_risk=True))
    assert "abdallah_2022" not in counts.index


def test_one_trial_gives_its_own_odds_ratio(review):
    # By symmetry; the odds ratio of 10/15 against 3/15 is 8.
    counts = event_counts(review, "response", ev.Choices(include_duek=False))
    assert math.exp(pool_events(counts).estimate) == pytest.approx(8.0, rel=1e-6)


def test_the_prior_is_that_of_the_headline_on_another_scale(review):
    counts = event_counts(review, "response")
    scale = math.pi / math.sqrt(3)
    yi, vi = ev.log_odds_ratio(*(counts[name].to_numpy() for name in ("a", "n1", "c", "n2")))
    in_sd = ev.pool_partial(yi / scale, yi / scale, np.sqrt(vi) / scale)
    fit = pool_events(counts)
    assert fit.estimate == pytest.approx(in_sd.estimate * scale, rel=1e-5)
    assert fit.ci_low == pytest.approx(in_sd.ci_low * scale, rel=1e-4)
    normal = pool_events(counts, ev.Choices(mu_prior_sd=1.0))
    assert abs(normal.estimate) < abs(fit.estimate)


def test_every_outcome_is_rated_once_with_the_five_domains(ratings):
    assert list(ratings) == [
        "24h",
        "end_of_course",
        "follow_up",
        "response",
        "dropout",
        "serious_adverse_event",
    ]
    for rating in ratings.values():
        assert list(steps(rating)) == [
            "risk of bias",
            "inconsistency",
            "indirectness",
            "imprecision",
            "missing results",
        ]
        assert all(step.reason for step in rating.steps)


def test_a_rating_carries_its_pool(review, ratings):
    pool = ev.pool_window(review, "24h")
    assert ratings["24h"].estimate == pool.partial.estimate
    assert (ratings["24h"].k, ratings["24h"].n) == (pool.k, pool.n)


def test_therapy_in_both_arms_makes_follow_up_indirect_but_not_24_hours(ratings):
    assert steps(ratings["follow_up"])["indirectness"].levels == 1
    assert steps(ratings["24h"])["indirectness"].levels == 0


def test_selective_reporting_does_not_lower_risk_of_bias_as_well(review):
    rob = review.rob
    worse = rob.assign(judgement=np.where(rob["domain"] == "selection", "high", "low"))
    changed = Review(review.path, review.corrections, {**review.tables, "rob": worse})
    for rating in certainty_ratings(changed):
        found = steps(rating)
        assert found["risk of bias"].levels == 0
        assert "no trials in the pool at high risk" not in found["missing results"].reason


def test_an_excluded_body_of_evidence_is_not_rated(review):
    found = {r.outcome: r for r in certainty_ratings(review, ev.Choices(exclude_high_risk=True))}
    assert found["24h"].level == "no evidence"
    assert (found["24h"].k, found["24h"].n) == (0, 0)


def test_a_rating_rises_when_the_data_do(review):
    clean = review.rob.assign(judgement="low")
    changed = Review(review.path, review.corrections, {**review.tables, "rob": clean})
    before = {r.outcome: sum(s.levels for s in r.steps) for r in certainty_ratings(review)}
    after = {r.outcome: sum(s.levels for s in r.steps) for r in certainty_ratings(changed)}
    assert all(after[outcome] < before[outcome] for outcome in before)
