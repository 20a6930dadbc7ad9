"""The chart of intervals: kinds stay apart, every number is in the alternative text; figures built on it."""

import re

import pytest

import evidence as ev
from evidence.figures.safety import harms_figure
from evidence.figures.subgroups import group_difference_figure
from evidence.plots.intervalplots import LOOKS, interval_chart
from evidence.review.safety import harm_contrasts
from evidence.review.subgroups import group_tests

ROWS = [
    {"label": "Nausea", "estimate": 13.0, "low": 5.0, "high": 20.0, "kind": "direct", "block": "PTSD"},
    {"label": "Fatigue", "estimate": -5.0, "low": -9.0, "high": 2.0, "kind": "indirect", "block": "Other"},
    {"label": "Rare", "estimate": None, "low": None, "high": None, "kind": "direct", "words": "not counted"},
]
KINDS = {"direct": "people with PTSD", "indirect": "other people"}


@pytest.fixture(scope="module")
def review():
    return ev.load()


def lines(fig):
    """Intervals drawn from data: (colour, left, right) of each horizontal line between two numbers."""
    [ax] = fig.axes
    return [
        (line.get_color(), *line.get_xdata())
        for line in ax.lines
        if len(line.get_xdata()) == 2
        and line.get_transform() == ax.transData
        and len(set(line.get_ydata())) == 1
    ]


def test_each_interval_is_drawn_where_it_belongs_in_the_look_of_its_kind():
    fig = interval_chart(ROWS, KINDS)
    assert lines(fig) == [(LOOKS[0][0], 5.0, 20.0), (LOOKS[1][0], -9.0, 2.0)]
    markers = [line.get_marker() for line in fig.axes[0].lines if line.get_marker() not in ("None", None)]
    assert markers == [LOOKS[0][1], LOOKS[1][1]]


def test_looks_differ_in_colour_marker_and_filling():
    colours, markers, filled = zip(*LOOKS, strict=True)
    assert len(set(colours)) == len(set(markers)) == len(LOOKS)
    assert filled[0] != filled[1]


def test_the_alternative_text_holds_every_number_and_the_words_in_place_of_one():
    fig = interval_chart(ROWS, KINDS, title="Harms", digits=0)
    assert fig.alt_text == (
        "Estimates with intervals: Harms. People with PTSD: Nausea: 13 (5 to 20); Rare: not counted. "
        "Other people: Fatigue: -5 (-9 to 2)."
    )


def test_the_key_names_only_kinds_that_are_drawn():
    [legend] = interval_chart([ROWS[0], ROWS[2]], KINDS).legends
    assert [text.get_text() for text in legend.get_texts()] == ["people with PTSD"]


def test_nothing_lies_outside_the_figure():
    fig = interval_chart(ROWS, KINDS, title="A title", xlabel="points", sides=("less", "more"))
    fig.canvas.draw()
    box = fig.bbox.padded(2)
    for text in [t for ax in fig.axes for t in ax.texts] + fig.texts:
        spot = text.get_window_extent()
        assert box.x0 <= spot.x0 < spot.x1 <= box.x1, text.get_text()
        assert box.y0 <= spot.y0 < spot.y1 <= box.y1, text.get_text()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "no rows"),
        ([{"label": "A", "estimate": 1, "low": 0, "high": 2}], "kind"),
        ([{**ROWS[0], "kind": "unknown"}], "found kind unknown"),
    ],
)
def test_bad_rows_are_refused(rows, words):
    with pytest.raises(ValueError, match=words):
        interval_chart(rows, KINDS)


def test_the_harms_figure_keeps_direct_and_indirect_apart(review):
    fig = harms_figure(review)
    direct, indirect = fig.alt_text.split("Depression programmes, first course (indirect): ")
    assert "Blurred vision, Feder 2021, 8/15 v 0/15: 53 (22 to 75)" in direct
    assert "Dissociation, ASPIRE I+II pooled, 77/227 v 13/225: 28 (21 to 35)" in indirect
    assert "SUSTAIN-1" not in fig.alt_text
    shown = harm_contrasts(review).query("not enriched")
    assert len(lines(fig)) == len(shown)
    colours = [colour for colour, *_ in lines(fig)]
    assert (
        colours
        == [LOOKS[0][0]] * (shown["evidence"] == "direct").sum()
        + [LOOKS[1][0]] * (shown["evidence"] == "indirect").sum()
    )


def test_the_group_figure_shows_tests_and_says_where_there_is_none(review):
    fig = group_difference_figure(review)
    tests = group_tests(review)
    assert len(lines(fig)) == sum(t.testable for t in tests)
    for t in tests:
        assert f"{t.group_a} v {t.group_b}" in fig.alt_text
        assert t.reason in fig.alt_text
    assert re.search(r"repeated doses v a single dose.*: -?\d\.\d\d \(", fig.alt_text)
