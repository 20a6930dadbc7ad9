"""Sentences and tables follow the results: a change of result changes the words."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

import evidence as ev
from evidence.report import pooled as report
from evidence.report.statements import verdict


@pytest.fixture(scope="module")
def review():
    return ev.load()


@pytest.fixture(scope="module")
def pools(review):
    return ev.pool_all(review)


def window(p_benefit, p_relevant=0.5):
    return SimpleNamespace(partial=SimpleNamespace(p_benefit=p_benefit), p_relevant=p_relevant)


@pytest.mark.parametrize(
    ("day", "course", "word"),
    [
        (window(0.975), window(0.98), "yes"),
        (window(0.974), window(0.98), "partly"),
        (window(0.974), window(0.974), "uncertain"),
        (window(0.5, 0.1), window(0.4, 0.1), "no"),
        (window(0.5, 0.11), window(0.4, 0.1), "uncertain"),
        (window(np.nan, np.nan), window(0.99), "partly"),
    ],
)
def test_the_verdict_follows_its_rules_at_their_edges(day, course, word):
    assert verdict({"24h": day, "end_of_course": course}) == word


def test_the_main_answer_carries_the_computed_numbers(pools):
    text = report.main_answer(pools)
    for fit in (pools["24h"].partial, pools["end_of_course"].partial):
        assert f"{fit.estimate:.2f} ({fit.ci_low:.2f} to {fit.ci_high:.2f})" in text
    assert "nan" not in text


def test_a_window_without_a_pool_says_so(review):
    empty = ev.pool_window(review, "24h", ev.Choices(exclude_high_risk=True))
    assert "no effect can be estimated" in report.window_sentence(empty)


def test_assumptions_on_a_report_in_words_matter_only_where_it_is_read(review):
    rows = [row for row in report.assumed_inputs_table(review).rows if row[1] == "dadabayev_n"]
    estimates = {rule: {row[3] for row in rows if row[0] == rule} for rule in ("omnibus", "pairwise")}
    assert len(estimates["omnibus"]) == 1
    assert len(estimates["pairwise"]) > 1


def test_the_answer_table_is_the_pools(review, pools):
    table = ev.answer_table(review=review)
    assert list(table.index) == [f"effect, {w}" for w in pools]
    for w, result in pools.items():
        assert table.loc[f"effect, {w}", "estimate"] == pytest.approx(result.partial.estimate, abs=5e-5)


def test_rows_used_show_every_row_with_its_source(pools):
    shown = report.rows_used(pools["24h"])
    assert len(shown.rows) == len(pools["24h"].effects)
    assert all(row[-1].startswith(("F", "X")) and row[-2] != "-" for row in shown.rows)


def test_availability_names_every_randomised_report(review):
    labels = [row[0] for row in report.availability(review).rows]
    assert labels == list(review.trials.loc[review.trials["role"] == "core", "label"])


def test_every_row_that_holds_facts_has_its_place(review):
    for name, frame in review.tables.items():
        if "source_location" in frame and name != "scales":
            assert frame["source_location"].notna().all(), name


MAKERS = [
    "assumed_inputs_table",
    "contrasts_table",
    "corrections_table",
    "crossover_table",
    "data_answer",
    "metric_table",
    "null_rule_table",
    "trials_table",
    "validation_sentence",
    "wanted_table",
]


@pytest.mark.parametrize("make", MAKERS)
def test_tables_and_sentences_hold_no_bare_nan(review, make):
    text = str(getattr(report, make)(review))
    assert text
    assert not re.search(r"\bnan\b", text, re.IGNORECASE)
