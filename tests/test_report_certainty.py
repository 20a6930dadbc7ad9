"""Certainty in words: strength follows the rating, absolute effects follow their assumptions."""

import math

import pytest

import evidence as ev
from evidence.certainty.grade import Rating, Step
from evidence.certainty.outcomes import certainty_ratings
from evidence.report import certainty as words

CHOICES = [{}, {"include_duek": False}, {"null_rule": "ignore"}, {"exclude_high_risk": True}]


@pytest.fixture(scope="module")
def review():
    return ev.load()


@pytest.fixture(scope="module")
def ratings(review):
    return certainty_ratings(review)


def rating(levels, estimate=-0.5):
    step = Step("risk of bias", levels, "because")
    return Rating("24h", "PTSD severity, 24 hours", "g", estimate, -0.9, -0.1, 3, 90, (step,))


@pytest.mark.parametrize(
    ("levels", "phrase"),
    [(0, "the result is g"), (1, "is probably"), (2, "may be"), (3, "the evidence is very uncertain")],
)
def test_the_wording_is_as_strong_as_the_certainty(levels, phrase):
    assert phrase in words.severity_statement(rating(levels))


def test_without_an_estimate_nothing_is_claimed():
    empty = rating(0, math.nan)
    assert words.severity_statement(empty).endswith("no effect can be estimated.")
    assert "no evidence for one outcome" in words.certainty_answer([empty])


def test_the_answer_counts_levels_and_outcomes():
    text = words.certainty_answer([rating(1), rating(1), rating(3)])
    assert "moderate for two outcomes and very low for one outcome" in text
    assert "risk of bias (5 levels)" in text
    assert words.certainty_answer([rating(0)]).endswith("Nothing lowered it.")


@pytest.mark.parametrize("changes", CHOICES, ids=str)
def test_tables_hold_under_other_choices(review, changes):
    choices = ev.Choices(**changes)
    ratings = certainty_ratings(review, choices)
    for shown in (
        words.certainty_answer(ratings),
        words.certainty_table(ratings),
        words.reasons_table(ratings),
        words.findings_table(ratings, review, choices),
        words.what_would_raise(ratings),
    ):
        assert "nan" not in str(shown).lower().split()
    assert len(words.findings_table(ratings, review, choices).rows) == len(ratings)


def test_the_summary_of_findings_is_arithmetic_on_the_pool(review, ratings):
    rows = {row[0]: row for row in words.findings_table(ratings, review).rows}
    course = next(r for r in ratings if r.outcome == "end_of_course")
    sd = 10.51  # implied by 11.88 points at d = 1.13
    shown = rows["PTSD severity, end of course"][4]
    low, high = course.ci_low * sd, course.ci_high * sd
    assert f"{course.estimate * sd:.1f} ({low:.1f} to {high:.1f}) points on CAPS-5" in shown
    odds = 0.25 * math.exp(-course.estimate * math.pi / math.sqrt(3))
    assert f"{100 * odds / (1 + odds):.0f} (" in shown
    assert "responders per 100 against 20" in shown


def test_no_event_is_shown_as_what_would_still_fit(review, ratings):
    rows = {row[0]: row[4] for row in words.findings_table(ratings, review).rows}
    bound = 100 * (1 - 0.05 ** (1 / 15))
    assert rows["Serious adverse events"] == (
        f"none in 15 on the drug; as many as {bound:.0f} in 100 would still fit"
    )


def test_every_assumption_names_its_source(review):
    shown = words.assumptions_table(review)
    assert len(shown.rows) == 4
    assert all(row[3].startswith("F") for row in shown.rows)


def test_what_would_raise_names_only_what_lowered():
    text = words.what_would_raise([rating(1)])
    assert "risk of bias (-1)" in text
    assert "nothing" in words.what_would_raise([rating(0)])
    assert "two levels more than the scale has" in words.what_would_raise([rating(5)])
