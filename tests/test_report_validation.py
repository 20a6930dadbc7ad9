"""Sentences, tables and figures on validation follow the comparisons, also where one fails."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import evidence as ev
from evidence.figures import validation as figures
from evidence.report import validation as report
from evidence.validation.agreement import definition_differences, mdma_comparison
from evidence.validation.coverage import simulate_coverage
from evidence.validation.hidden import SCENARIOS, simulate_hidden_nulls


@pytest.fixture(scope="module")
def review():
    return ev.load()


@pytest.fixture(scope="module")
def published(review):
    return mdma_comparison(review)


@pytest.fixture(scope="module")
def coverage():
    return simulate_coverage((3, 8), (0.0, 0.4), 300, 50)


@pytest.fixture(scope="module")
def hidden():
    return simulate_hidden_nulls(60)


CELLS = pd.DataFrame(
    [
        ("a", 3, m, "z", s, 1.0, 1.0, g)
        for m in ("DL", "REML")
        for s, g in (("estimate", 2e-12), ("tau2", 0.0))
    ],
    columns=["case", "k", "method", "test", "statistic", "ours", "theirs", "gap"],
)


def test_full_agreement_is_told_with_its_worst_cell(published, coverage, hidden):
    text = report.validation_answer(CELLS, published, coverage, hidden, "3.8.1")
    assert text.startswith(
        "Yes: of four numbers compared with metafor 3.8.1 (one real data set, 2 estimators"
    )
    assert "four numbers agree to 1e-06; the largest relative difference is 2e-12" in text
    assert f"Of the {len(published)} numbers" in text


def test_a_failing_cell_turns_the_answer(published, coverage, hidden):
    off = CELLS.assign(gap=[2e-12, 0.0, 1e-3, 0.0])
    text = report.validation_answer(off, published, coverage, hidden, "3.8.1")
    assert text.startswith("Not all of them:")
    assert "three numbers agree to 1e-06; the largest relative difference is 1e-03" in text
    row = report.agreement_table(off).rows[0]
    assert row == ("estimate", "2", "1", "1e-03", "a (REML, z)")


def test_a_number_that_is_not_reproduced_is_named(published, coverage, hidden):
    wrong = published.copy()
    wrong.loc[wrong["quantity"] == "t", "agrees"] = False
    assert report.published_sentence(wrong).endswith("within its rounding; not t and t.")
    text = report.validation_answer(CELLS, wrong, coverage, hidden, "3.8.1")
    assert text.startswith("Not all of them:")


def test_coverage_is_told_as_a_range_over_all_truths(coverage):
    text = report.coverage_sentence(coverage)
    used = [row.coverage for row in coverage if (row.tau2_method, row.ci_method) == ("REML", "hksj")]
    assert f"{min(used):.1%} to {max(used):.1%}" in text
    assert "with 3 to 8 trials" in text
    assert len(report.coverage_table(coverage).rows) == len(coverage)


def test_hiding_is_told_with_the_wrong_readings(hidden):
    rows = {(row.scenario, row.method): row for row in hidden}
    text = report.hidden_sentence(hidden)
    assert f"off by {rows['nulls hidden', 'complete case, REML-HK'].bias:.2f}" in text
    wrong = max(abs(rows[key].bias) for key in report.WRONG_READINGS)
    assert f"by the wrong rule it is off by up to {wrong:.2f}" in text
    assert len(report.hidden_table(hidden).rows) == len(hidden)
    assert all(name in report.scenarios_sentence() for name in SCENARIOS)


def test_tables_show_every_number_in_words(review, published):
    shown = report.published_table(published)
    assert len(shown.rows) == len(published)
    assert "Oehen 2013, lower limit" in [row[1] for row in shown.rows]
    assert "meta regression n dosing sessions, slope, SE" in [row[1] for row in shown.rows]
    assert {row[-1] for row in shown.rows} == {"yes"}
    assert len(report.definitions_table(definition_differences(review)).rows) == 8
    assert not re.search(r"\bnan\b", str(shown), re.IGNORECASE)


def test_agreement_figure_draws_every_cell_and_refuses_undefined_ones():
    fig = figures.agreement_figure(CELLS)
    assert "estimate: 2 numbers, largest 2e-12; tau2: 2 numbers, largest 0e+00" in fig.alt_text
    points = [line for line in fig.axes[0].lines if line.get_linestyle() == "None"]
    assert sum(len(line.get_xdata()) for line in points) == len(CELLS)
    with pytest.raises(ValueError, match="no number >= 0"):
        figures.agreement_figure(CELLS.assign(gap=[np.inf, 0, 0, 0]))


def test_coverage_figure_has_a_panel_for_each_truth(coverage):
    fig = figures.coverage_figure(coverage)
    assert [ax.get_title() for ax in fig.axes] == ["tau = 0.0", "tau = 0.4"]
    row = next(r for r in coverage if (r.k, r.tau, r.tau2_method, r.ci_method) == (3, 0.4, "REML", "wald"))
    assert f"tau = 0.4, REML, Wald, 3 trials: {row.coverage:.1%}" in fig.alt_text


def test_hidden_null_figure_shows_each_bias_with_its_error(hidden):
    text = figures.hidden_null_figure(hidden).alt_text
    for row in hidden:
        assert f"{row.method}: {row.bias:.3f} ({row.bias - 1.96 * row.bias_mcse:.3f} to" in text
    other = [replace(row, mu=0.0) for row in hidden]
    with pytest.raises(ValueError, match="no rows"):
        figures.hidden_null_figure(other)
