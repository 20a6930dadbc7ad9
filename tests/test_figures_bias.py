"""Figures on bias show every trial and the computed ends."""

import pytest

import evidence as ev
from evidence.certainty import unreported as bias_registry
from evidence.figures import bias as figures_bias


@pytest.fixture(scope="module")
def review():
    return ev.load()


def test_the_traffic_light_names_every_randomised_report(review):
    text = figures_bias.rob_figure(review).alt_text
    for label in review.trials.loc[review.trials["role"] == "core", "label"]:
        assert label in text
    assert "Overall" in figures_bias.rob_summary_figure(review).alt_text


def test_the_tipping_figure_carries_the_headline_at_its_ends(review):
    result = ev.pool_window(review, "end_of_course")
    tip = bias_registry.tipping(result, bias_registry.unreported(review))
    text = figures_bias.tipping_figure(result, review).alt_text
    first = tip.estimate[abs(tip.g + figures_bias.SHOWN).argmin()]
    assert f"runs from {first:.2f}" in text
