"""Sentences, tables and figures on robustness follow the results; the words change where the numbers do."""

import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import evidence as ev
from evidence.figures import robustness as figures_robustness
from evidence.report import robustness as report
from evidence.robustness.information import filled_in, next_trials
from evidence.robustness.multiverse import MODELS, Multiverse, of_model
from evidence.robustness.summary import MultiverseSummary, summarise


@pytest.fixture(scope="module")
def review():
    return ev.load()


@pytest.fixture(scope="module")
def multiverses(review):
    return report.all_multiverses(review)


FOUND = MultiverseSummary(10, 8, 8, -0.6, -0.4, -0.1, 1.0, 0.5, 0.0, 0.5, 0.5)


@pytest.mark.parametrize(
    ("day", "course", "word"),
    [
        ((0.95, 0.0), (1.0, 0.0), "firm"),
        ((0.0, 0.95), (0.0, 0.96), "firm"),
        ((0.94, 0.0), (1.0, 0.0), "dependent"),
        ((0.96, 0.0), (0.0, 0.96), "dependent"),
        ((0.05, 0.0), (0.0, 0.05), "open"),
        ((0.05, 0.01), (0.0, 0.0), "dependent"),
        ((0.5, 0.0), (0.0, 0.0), "dependent"),
    ],
)
def test_the_verdict_follows_its_rules_at_their_edges(day, course, word):
    both = [replace(FOUND, favours=f, against=a, excludes_zero=f + a) for f, a in (day, course)]
    assert report.robustness_verdict(both) == word


def test_the_answer_carries_the_counted_shares(multiverses):
    text = report.robustness_answer(multiverses)
    for window in report.MAIN:
        found = summarise(multiverses[window])
        assert f"{found.estimable:,} distinct analyses" in text
        assert f"from {found.low:.2f} to {found.high:.2f} (median {found.median:.2f})" in text
    assert text.startswith(
        report.LEADS[report.robustness_verdict([summarise(multiverses[w]) for w in report.MAIN])]
    )


def one_choice(estimates, half):
    """Multiverse of one choice with an analysis a setting, under the headline model."""
    frame = pd.DataFrame({"estimate": estimates, "k": 2, "model": MODELS[0], "default": False})
    frame["ci_low"], frame["ci_high"] = frame["estimate"] - half, frame["estimate"] + half
    frame["p_benefit"], frame["null_rule"] = 0.9, ["omnibus", "ignore"]
    knobs = {"null_rule": ("omnibus", "ignore"), "model": MODELS}
    other = frame.assign(model=MODELS[1], estimate=np.nan, ci_low=np.nan, ci_high=np.nan, p_benefit=np.nan)
    index = np.array([[0, 2], [1, 2]])
    return Multiverse("24h", knobs, index, pd.concat([frame, other.head(1)], ignore_index=True))


def test_the_driving_choice_and_the_needed_setting_are_named():
    text = report.drivers_sentence(one_choice([-0.2, -0.6], 0.3))
    assert "null_rule (100%)" in text
    assert "50% of its intervals exclude zero, all of them with null_rule = ignore." in text
    assert "None of its intervals excludes zero." in report.drivers_sentence(one_choice([-0.2, -0.1], 0.3))
    assert "no choice moves the headline" in report.drivers_sentence(one_choice([-0.2, -0.2], 0.3))


def test_every_choice_is_either_listed_as_used_or_named_as_idle(multiverses):
    used = {name for many in multiverses.values() for name in many.knobs}
    rows = {row[0]: row[2] for row in report.knobs_table(multiverses).rows}
    idle = {name for name, windows in rows.items() if windows == "none"}
    assert set(rows) - idle == used
    text = report.inert_sentence(multiverses)
    assert all(name in text for name in idle)
    assert f"Of {len(rows)} choices" in text


def test_the_table_counts_every_window_and_model(multiverses):
    table = report.multiverse_table(multiverses)
    assert len(table.rows) == 3 * len(multiverses)
    found = summarise(of_model(multiverses["24h"], MODELS[0]))
    assert table.rows[1][2:5] == tuple(
        f"{n:,}" for n in (found.combinations, found.analyses, found.estimable)
    )


def test_drivers_table_has_a_row_for_each_knob_of_the_headline(multiverses):
    many = multiverses["end_of_course"]
    names = [row[0] for row in report.drivers_table(many).rows]
    assert sorted(names) == sorted(of_model(many, MODELS[0]).knobs)


def test_next_trials_are_told_as_computed(review):
    frame = next_trials(review, sizes=(100, 400))
    text = report.next_trial_sentence(review, sizes=(100, 400))
    for window in report.MAIN:
        for width in frame.loc[frame["window"] == window, "width"]:
            assert f"{width:.2f}" in text
    assert len(report.next_trials_table(review, sizes=(100,)).rows) == 4


def test_without_a_pool_there_is_nothing_to_add_to(review):
    choices = ev.Choices(exclude_high_risk=True)
    assert "there is no pool to add a trial to" in report.next_trial_sentence(review, choices, (100,))


def test_the_likeliest_number_to_settle_it_is_named(review):
    frame = filled_in(review)
    top = frame.assign(clear=frame["favours"] + frame["against"]).sort_values("clear").iloc[-1]
    text = report.flip_sentence(review)
    assert f"{top['trial']} ({top['scale']}, {top['time']}) would be the likeliest" in text
    assert len(report.filled_in_table(review).rows) == len(frame)


def test_checks_are_within_what_is_claimed(multiverses, review):
    numbers = re.findall(r"less than (\d(?:e[+-]\d+)?)", report.robustness_checks(multiverses, review))
    assert len(numbers) == 2
    assert float(numbers[0]) <= 1e-9
    assert float(numbers[1]) <= 1e-4


def test_nothing_reads_nan(multiverses, review):
    shown = [
        report.robustness_answer(multiverses),
        report.inert_sentence(multiverses),
        report.multiverse_table(multiverses),
        report.next_trials_table(review),
        report.filled_in_table(review),
        report.flip_sentence(review),
        *(report.drivers_table(many) for many in multiverses.values()),
        *(report.drivers_sentence(many) for many in multiverses.values()),
    ]
    assert not re.search(r"\bnan\b", " ".join(map(str, shown)), re.IGNORECASE)


@pytest.mark.parametrize("window", ["week1", "end_of_course"])
def test_the_curve_shows_every_analysis_with_an_estimate_over_every_knob(multiverses, window):
    many = multiverses[window]
    fig = figures_robustness.curve_figure(many)
    assert f"{len(many.estimable):,} analyses" in fig.alt_text
    default = many.analyses.query("default").iloc[0]
    assert math.isfinite(default["estimate"])
    assert f"Default settings: {default['estimate']:.2f}" in fig.alt_text
    words = " ".join(text.get_text() for text in fig.axes[1].texts).replace("\n", " ")
    assert all(knob.replace("_", " ") in words for knob in many.knobs)
