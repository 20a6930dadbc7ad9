"""Figures of the review show its results: every trial of a window, every number in the alternative text."""

import pytest

import evidence as ev
from evidence.figures import pooled as figures


@pytest.fixture(scope="module")
def review():
    return ev.load()


@pytest.mark.parametrize("window", ["24h", "week1", "end_of_course", "follow_up"])
def test_a_window_forest_names_its_trials_and_its_pool(review, window):
    result = ev.pool_window(review, window)
    fig = figures.window_forest(result, review)
    for label in result.included["label"]:
        assert label in fig.alt_text
    fit = result.partial
    assert f"{fit.estimate:.2f} ({fit.ci_low:.2f} to {fit.ci_high:.2f})" in fig.alt_text


def test_a_window_without_a_pool_still_draws(review):
    result = ev.pool_window(review, "24h", ev.Choices(exclude_high_risk=True))
    assert "not estimable" in figures.window_forest(result, review).alt_text


def test_the_schedule_shows_every_randomised_trial_and_that_nothing_was_rated_early(review):
    text = figures.schedule_figure(review).alt_text
    for label in review.trials.loc[review.trials["role"] == "core", "label"]:
        assert label in text
    assert "No rating before 24 h" in text


def test_the_overview_and_the_tornado_carry_the_headline(review):
    pools = ev.pool_all(review)
    overview = figures.windows_figure(pools, review).alt_text
    tornado = figures.sensitivity_figure(review, "end_of_course").alt_text
    for text in (overview, tornado):
        assert f"{pools['end_of_course'].partial.estimate:.2f}" in text
