"""Sentences and tables on bias follow the results, under any choices, and never show a bare nan."""

import math

import numpy as np
import pytest

import evidence as ev
from evidence.certainty import unreported as bias_registry
from evidence.data.load import Review
from evidence.report import bias as report_bias

CHOICES = {
    "default": {},
    "no duek": {"include_duek": False},
    "nulls ignored": {"null_rule": "ignore"},
    "nulls strict": {"null_rule": "pairwise"},
    "low risk only": {"exclude_high_risk": True},
    "normal prior": {"mu_prior_sd": 1.0},
    "first period": {"feder_2014_analysis": "first_period"},
}


@pytest.fixture(scope="module")
def review():
    return ev.load()


@pytest.fixture(scope="module", params=CHOICES, ids=str)
def setting(request, review):
    choices = ev.Choices(**CHOICES[request.param])
    return choices, ev.pool_all(review, choices)


WITH_POOLS = ["unblinding_answer", "unblinding_table"]
WITH_CHOICES = [
    "scenarios_table",
    "registry_answer",
    "tipping_table",
    "availability_table",
    "availability_answer",
]
ALONE = [
    "rob_answer",
    "rob_table",
    "registry_table",
    "unreported_table",
    "switching_table",
    "switching_answer",
]


@pytest.mark.parametrize("make", [*WITH_POOLS, *WITH_CHOICES, "small_study_table", "small_study_answer"])
def test_nothing_breaks_or_says_nan_under_other_choices(make, setting, review):
    choices, pools = setting
    arguments = [pools] if make == "small_study_table" else [pools, review]
    text = str(getattr(report_bias, make)(*arguments, *([choices] if make in WITH_CHOICES else [])))
    assert text
    assert "nan" not in text.lower().split()
    assert "-infinity would" not in text


@pytest.mark.parametrize("make", ALONE)
def test_what_needs_only_the_data_says_something(make, review):
    text = str(getattr(report_bias, make)(review))
    assert len(text) > 50
    assert "nan" not in text.lower().split()


def test_the_registry_answer_carries_the_computed_tipping_points(review):
    pools = ev.pool_all(review)
    silent = bias_registry.unreported(review)
    text = report_bias.registry_answer(pools, review)
    for window in report_bias.HEADLINES:
        tip = bias_registry.tipping(pools[window], silent)
        assert f"g = {tip.clear_high:.2f} or more" in text
        assert f"g = {tip.zero:.2f} would bring" in text
    assert f"{int(silent['n'].sum())} randomised participants" in text


def test_the_registry_table_accounts_for_every_registered_study(review):
    rows = report_bias.registry_table(review).rows
    assert sum(int(row[1]) for row in rows) == len(review.registry)
    assert sum(int(row[2]) for row in rows) == (review.registry["randomised"] == "yes").sum()
    assert next(row for row in rows if row[0] == "completed, no readable result")[1] == "2"


def test_the_share_behind_numbers_is_worded(review):
    text = report_bias.availability_answer(ev.pool_all(review), review)
    assert "11% of 366 people at 24 hours" in text


def tip(**changes):
    values = np.full(3, 0.3)
    base = {"clear_high": -0.4, "clear_low": -math.inf, "zero": 0.5}
    return bias_registry.Tipping(values, values, values, values, values, **{**base, **changes})


def test_a_tip_is_worded_by_what_it_is():
    assert "beyond" not in report_bias.tipping_sentence("24h", tip())
    assert "beyond -1.50 no longer" in report_bias.tipping_sentence("24h", tip(clear_low=-1.5))
    assert "no common effect from -3 to 3" in report_bias.tipping_sentence("24h", tip(clear_high=math.nan))
    assert "none would bring the estimate to zero" in report_bias.tipping_sentence("24h", tip(zero=math.nan))


def test_without_unreported_trials_the_answer_says_so(review):
    rows = review.registry
    told = Review(
        review.path,
        review.corrections,
        {**review.tables, "registry": rows[rows["category"] != "completed_unpublished"]},
    )
    assert report_bias.registry_answer(ev.pool_all(told), told).startswith("Every completed randomised trial")


def test_the_risk_of_bias_sentence_counts_every_report(review):
    text = report_bias.rob_answer(review)
    assert text.startswith("Of eight randomised trial reports:")
    assert "missing outcome data (2)" in text


def test_every_judgement_is_shown_with_its_source(review):
    shown = report_bias.rob_table(review)
    assert len(shown.rows) == len(review.rob)
    assert all(row[-1] != "-" and row[-2] != "-" for row in shown.rows)


def test_one_kind_of_comparator_with_numbers_teaches_nothing(review):
    text = report_bias.unblinding_answer(ev.pool_all(review), review)
    assert "against psychoactive comparators only" in text
    assert "-0.20 (-0.88 to 0.48)" in text
