"""Unreported trials: who they are, what they would have to show, and how much can be read."""

import math

import numpy as np
import pytest

import evidence as ev
from evidence.certainty import unreported as registry
from evidence.data.load import Review


@pytest.fixture(scope="module")
def review():
    return ev.load()


@pytest.fixture(scope="module")
def silent(review):
    return registry.unreported(review)


@pytest.fixture(scope="module")
def course(review):
    return ev.pool_window(review, "end_of_course")


def with_tables(review, **frames):
    return Review(review.path, review.corrections, {**review.tables, **frames})


def test_unreported_are_the_completed_randomised_trials_without_a_report(review, silent):
    rows = review.registry
    expected = rows[(rows["category"] == "completed_unpublished") & (rows["randomised"] == "yes")]
    assert list(silent["nct"]) == list(expected["nct"])


def test_people_who_were_not_randomised_are_not_counted(review, silent):
    row = silent.set_index("nct").loc["NCT04032301"]
    planned = review.facts.set_index("fact_id").loc["F0251"]
    assert (row["enrolled"], row["n"]) == (67, 42) == (67, planned["value"])


def test_what_was_said_about_its_outcomes_is_shown_with_its_fact(silent):
    remark = silent.set_index("nct").loc["NCT04032301", "remark"]
    assert "PSS-I-5" in remark
    assert remark.endswith("(F0253)")


def test_the_standard_error_follows_from_the_size(silent):
    row = silent.set_index("nct").loc["NCT04032301"]
    df = 40
    j = math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)
    assert row["se"] == pytest.approx(j * math.sqrt(2 / 21), rel=1e-10)


def test_scenarios_are_the_pool_with_further_rows(course, silent):
    frame = registry.scenarios(course, silent).set_index("scenario")
    rows = course.included
    se = [*rows["se"], *silent["se"]]
    null = ev.pool_partial([*rows["lower"], 0, 0], [*rows["upper"], 0, 0], se)
    assert frame.loc["all_null", "estimate"] == pytest.approx(null.estimate, rel=1e-9)
    wide = [1.959964 * s for s in silent["se"]]
    words = ev.pool_partial([*rows["lower"], *(-w for w in wide)], [*rows["upper"], *wide], se)
    assert frame.loc["not_significant", "ci_high"] == pytest.approx(words.ci_high, rel=1e-5)
    worse = ev.pool_partial([*rows["lower"], 0, 0], [*rows["upper"], np.inf, np.inf], se)
    assert frame.loc["selected", "estimate"] == pytest.approx(worse.estimate, rel=1e-9)
    assert frame.loc["left_out", "estimate"] == course.partial.estimate
    assert frame.loc["as_reported", "g"] == course.complete.estimate
    assert (frame["n"].drop("left_out") == course.n + silent["n"].sum()).all()


def test_worse_news_never_helps_the_drug(review, silent):
    for result in ev.pool_all(review).values():
        frame = registry.scenarios(result, silent).set_index("scenario")["p_benefit"]
        assert frame["selected"] < frame["all_null"]


def test_a_tipping_effect_tips_the_answer(course, silent):
    tip = registry.tipping(course, silent)
    rows = course.included
    se = [*rows["se"], *silent["se"]]

    def fit(g):
        return ev.pool_partial([*rows["lower"], g, g], [*rows["upper"], g, g], se)

    assert fit(tip.clear_high).ci_high == pytest.approx(0, abs=1e-3)
    assert fit(tip.clear_high - 0.05).ci_high < 0 < fit(tip.clear_high + 0.05).ci_high
    assert fit(tip.zero).estimate == pytest.approx(0, abs=1e-3)
    assert fit(tip.clear_high).p_benefit == pytest.approx(0.975, abs=1e-3)


def test_tipping_by_symmetry_where_nothing_else_is_known(review, silent):
    empty = ev.pool_window(review, "24h", ev.Choices(exclude_high_risk=True))
    assert empty.k == 0
    one = silent.head(1)
    tip = registry.tipping(empty, one)
    alone = ev.pool_partial([0], [0], one["se"])
    assert tip.zero == pytest.approx(0, abs=1e-6)
    assert tip.clear_high == pytest.approx(-alone.ci_high, abs=1e-4)
    assert tip.clear_low == -math.inf


def test_a_tip_that_no_effect_reaches_is_nan():
    never = np.full(len(registry.GRID), 0.3)
    always = -never
    assert all(map(math.isnan, registry._span(never)))
    assert all(map(math.isnan, registry._span(always)))


def test_a_clear_answer_may_be_lost_again_when_trials_disagree_too_much():
    values = np.where((registry.GRID > -1.5) & (registry.GRID < -0.5), -0.1, 0.1)
    low, high = registry._span(values)
    assert low == pytest.approx(-1.49, abs=1e-9)
    assert high == pytest.approx(-0.51, abs=1e-9)


def test_without_unreported_trials_nothing_moves(review, course):
    rows = review.registry
    told = with_tables(review, registry=rows[rows["category"] != "completed_unpublished"])
    silent = registry.unreported(told)
    assert silent.empty
    tip = registry.tipping(course, silent)
    np.testing.assert_allclose(tip.estimate, course.partial.estimate, rtol=1e-9)
    frame = registry.scenarios(course, silent)
    np.testing.assert_allclose(frame["estimate"], course.partial.estimate, rtol=1e-9)
    assert registry.availability(told, course).unreported == 0


def test_availability_counts_randomised_people_once(review):
    found = registry.availability(review, ev.pool_window(review, "24h"))
    # 41 crossed over; 158 veterans in words; 30 rated in silence, and 2 x 10 of the pain trial.
    assert (found.exact, found.words, found.nothing) == (41, 158, 30 + 20)
    assert found.unreported == 75 + 42
    assert found.share == pytest.approx(41 / (41 + 158 + 50 + 117))
    assert math.isnan(registry.Availability(0, 0, 0, 0).share)


def test_people_randomised_follow_the_choice_and_drop_overlaps(review):
    n = registry.people_randomised(review, ev.Choices(dadabayev_n=8))
    assert n["dadabayev_2020"] == 16
    assert "pradhan_2017" not in n
    assert n["pradhan_2018"] == 20
    assert n["beaglehole_2025"] == 33  # completers; the number randomised was not seen
    assert n.notna().all()


@pytest.mark.parametrize(
    ("registered", "scale", "match"),
    [
        ("CAPS-5 at 2 weeks", "CAPS-5", "same scale named"),
        ("PCL-5 (originally CAPS-5)", "PCL-5", "changed to this scale"),
        ("10-min resting EEG", "IES-R", "another measure"),
        ("not seen", "IES-R", "not seen"),
        (np.nan, "IES-R", "not seen"),
        ("CAPS-5", np.nan, "not seen"),
    ],
)
def test_registered_outcomes_are_compared_in_words(registered, scale, match):
    assert registry._match(registered, scale) == match


def test_every_randomised_report_has_a_row_on_outcome_switching(review):
    frame = registry.outcome_switching(review)
    assert list(frame["trial_id"]) == list(review.trials.loc[review.trials["role"] == "core", "trial_id"])
    assert frame["judgement"].notna().all()
