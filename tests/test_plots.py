"""Figures: what is drawn and said, that nothing overlaps or leaves the page, and that files repeat."""

import math
import re
import subprocess
import sys
from itertools import combinations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon, Rectangle
from matplotlib.text import Text

from evidence.plots import drawing
from evidence.plots import figures as plots
from evidence.plots.forestplot import forest_rows

INF, NAN = math.inf, math.nan
# Shaped like the trials of the review; the values are made up.
EXACT = {
    "label": "Feder 2014",
    "finding": "estimate",
    "yi": -0.4,
    "se": 0.2,
    "lower": -0.4,
    "upper": -0.4,
    "n1": 29,
    "n2": 29,
    "design": "rct_crossover",
    "comparator": "midazolam",
    "included": True,
}
SMALL = EXACT | {"label": "Feder 2021", "yi": -1.1, "se": 0.4, "n1": 15, "n2": 15, "design": "rct_parallel"}
BOUNDED = {
    "label": "Abdallah 2022",
    "finding": "not_significant",
    "test": "group_by_time",
    "lower": -0.6,
    "upper": 0.6,
    "n1": 51,
    "n2": 54,
    "comparator": "placebo",
    "included": True,
    "study_estimate": -0.2,
    "study_ci_low": -0.5,
    "study_ci_high": 0.2,
}
ONE_SIDED = BOUNDED | {
    "label": "Beaglehole 2025",
    "finding": "favours_active",
    "lower": -INF,
    "upper": 0.0,
    "test": None,
}
SILENT = {"label": "Dadabayev 2020", "finding": "unknown", "lower": -INF, "upper": INF, "included": False}
ROWS = [SILENT, BOUNDED, EXACT, ONE_SIDED, SMALL]
HEADLINE = {
    "label": "All reports",
    "estimate": -0.3,
    "ci_low": -0.8,
    "ci_high": 0.2,
    "pi_low": -1.4,
    "pi_high": 0.7,
    "k": 4,
    "kind": "partial",
}
COMPLETE = HEADLINE | {"label": "Numbers only", "ci_low": -4.0, "ci_high": 3.0, "k": 2, "kind": "complete"}
ANCHOR = {
    "label": "Published review",
    "estimate": -0.35,
    "ci_low": -0.6,
    "ci_high": -0.1,
    "kind": "published",
}
POINT = {
    "label": "Review without interval",
    "estimate": -0.25,
    "ci_low": NAN,
    "ci_high": NAN,
    "kind": "published",
}
POOLS = [HEADLINE, COMPLETE, ANCHOR, POINT]
ASSESSMENTS = [
    {"label": "Feder 2014", "timepoint_days": 1, "finding": "estimate"},
    {"label": "Feder 2014", "timepoint_days": 1, "finding": "favours_active"},
    {"label": "Feder 2014", "timepoint_days": 7, "finding": "unknown"},
    {"label": "Feder 2021", "timepoint_days": 14, "finding": "estimate"},
    {"label": "Feder 2021", "timepoint_days": 14, "finding": "estimate"},
    {"label": "Abdallah 2022", "timepoint_days": 28, "finding": "not_significant"},
    {"label": "Beaglehole 2025", "timepoint_days": None, "finding": "favours_comparator"},
]
TRIALS = [
    {"label": "Feder 2014", "n_doses": 1, "last_dose_day": 0},
    {"label": "Feder 2021", "n_doses": 6, "last_dose_day": 11},
]
SERIES = [
    {"label": f"Series {i}", "timepoint_days": t, "mean": 55.0 - 5 * i - t / 3, "low": 40.0, "high": 60.0}
    for i in range(4)
    for t in (0, 1, 28)
]
ROB = [
    {"trial_id": trial, "domain": domain, "judgement": judgement}
    for trial, domain, judgement in [
        ("feder_2014", "randomisation", "low"), ("feder_2014", "period_carryover", "high"),
        ("feder_2014", "selection", "some_concerns"), ("feder_2021", "randomisation", "no_information"),
        ("feder_2021", "selection", "some_concerns"),
    ]
]  # fmt: skip
KNOBS = [
    {"knob": "null_rule", "value": "ignore", "estimate": -0.6},
    {"knob": "null_rule", "value": "pairwise", "estimate": -0.2},
    {"knob": "crossover_r", "value": "0.7", "estimate": -0.28},
    {"knob": "feder_2014_n", "value": "35", "estimate": NAN},
]
SPECS = [
    {
        "estimate": e,
        "ci_low": e - 0.5,
        "ci_high": e + 0.5,
        "r": r,
        "rule": rule,
        "default": (r, rule) == (0.5, "omnibus"),
    }
    for e, r, rule in [
        (-0.3, 0.5, "omnibus"),
        (-0.6, 0.5, "ignore"),
        (-0.1, 10.0, "omnibus"),
        (-0.4, 2.0, "ignore"),
    ]
]
GRID = np.linspace(-2, 1, 61)
BELL = np.exp(-(((GRID + 0.3) / 0.3) ** 2))
LONG = {
    "label": "A trial of repeated $doses$ in several centres with <brackets> & a name without end",
    "comparator": "intramuscular fentanyl 50 micrograms beside psychotherapy",
}

MAKERS = {
    "forest": lambda: plots.forest(ROWS, POOLS, "Symptoms 24 h after the first dose"),
    "forest of one": lambda: plots.forest([EXACT], []),
    "forest all partial": lambda: plots.forest([BOUNDED, ONE_SIDED], [HEADLINE]),
    "forest all silent": lambda: plots.forest(
        [SILENT], [HEADLINE | {"estimate": NAN, "ci_low": NAN, "ci_high": NAN}]
    ),
    "forest long labels": lambda: plots.forest(
        [EXACT | LONG, BOUNDED | LONG, SILENT | LONG], [HEADLINE | LONG], LONG["label"] * 2
    ),
    "forest of twenty": lambda: plots.forest(
        [EXACT | {"label": f"Trial {i}", "yi": i / 10 - 1} for i in range(20)], POOLS
    ),
    "schedule": lambda: plots.schedule(ASSESSMENTS, TRIALS, "Who rated when"),
    "schedule of one": lambda: plots.schedule(
        [ASSESSMENTS[0] | {"label": LONG["label"], "timepoint_days": 0.2}]
    ),
    "course": lambda: plots.course(SERIES, "Uncontrolled series"),
    "traffic light": lambda: plots.traffic_light(ROB, "Risk of bias"),
    "summary": lambda: plots.rob_summary(ROB, "Risk of bias"),
    "tornado": lambda: plots.tornado(KNOBS, -0.3, -0.8, 0.2, "What moves it"),
    "specification": lambda: plots.specification_curve(
        SPECS, {"r": "correlation of the two periods", "rule": "null reports"}, "All", "default"
    ),
    "density": lambda: plots.posterior_density(
        GRID, BELL, {"median": -0.3, "95% interval": (-0.8, 0.2)}, "Effect"
    ),
    "line": lambda: plots.line_intervals([0.1, 0.5], [-0.4, -0.3], [-0.9, -0.8], [0.1, 0.2], "By r", "r"),
    "points": lambda: plots.line_intervals(
        ["24 h", "end of the course"], [-0.4, NAN], [-0.9, NAN], [0.1, NAN], "By window"
    ),
}


def words(fig):
    return [text.get_text() for text in fig.findobj(Text) if text.get_text().strip()]


def placed(fig):
    """Visible texts and their boxes, in pixels; the watermark behind the data is meant to be overdrawn."""
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    renderer = canvas.get_renderer()
    found = [t for t in fig.findobj(Text) if t.get_visible() and t.get_text().strip() and t.get_zorder() > 0]
    hidden = set(map(id, beyond(fig)))
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in found if id(t) not in hidden]
    return [(text, box) for text, box in boxes if box.width and box.height]


def beyond(fig):
    """Labels of ticks outside the axis, which exist but are never drawn."""
    hidden = []
    for axis in (axis for ax in fig.axes for axis in (ax.xaxis, ax.yaxis)):
        low, high = sorted(axis.get_view_interval())
        hidden += [tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high]
    return hidden


@pytest.mark.parametrize("name", MAKERS)
def test_every_figure_is_of_page_width_with_alternative_text(name):
    fig = MAKERS[name]()
    assert isinstance(fig, Figure)
    assert fig.get_figwidth() == 7.2
    assert len(fig.alt_text) > 40
    assert fig.alt_text.endswith(".")
    assert fig.get_label() == fig.alt_text
    assert "nan" not in " ".join([fig.alt_text, *words(fig)]).lower()


@pytest.mark.parametrize("name", MAKERS)
def test_no_text_overlaps_another_or_leaves_the_page(name):
    fig = MAKERS[name]()
    boxes = placed(fig)
    width, height = fig.bbox.width, fig.bbox.height
    outside = [t for t, b in boxes if b.x0 < 0 or b.y0 < 0 or b.x1 > width or b.y1 > height]
    assert outside == []
    # A pixel of the boxes' blank margin may be shared.
    over = [(s, t) for (s, a), (t, b) in combinations(boxes, 2)
            if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 3]  # fmt: skip
    assert over == []


@pytest.mark.parametrize("name", MAKERS)
def test_letters_are_large_and_dark_enough(name):
    texts = [t for t in MAKERS[name]().findobj(Text) if t.get_text().strip() and t.get_zorder() > 0]
    assert min(t.get_fontsize() for t in texts) >= 7
    # WCAG 2.1: contrast of 4.5 on white means a relative luminance of at most 0.183.
    linear = [
        [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(t.get_color())]
        for t in texts
    ]
    assert max(float(np.dot(rgb, [0.2126, 0.7152, 0.0722])) for rgb in linear) <= 0.183


@pytest.mark.parametrize("name", MAKERS)
def test_svg_is_the_same_bytes_whatever_the_settings(name, tmp_path):
    first = plots.save(MAKERS[name](), tmp_path / "a.svg").read_bytes()
    settings = {
        "font.size": 20,
        "font.family": "serif",
        "axes.unicode_minus": True,
        "svg.fonttype": "path",
        "svg.hashsalt": None,
        "lines.linewidth": 9,
        "savefig.dpi": 50,
        "axes.spines.top": True,
    }
    with mpl.rc_context(settings):
        second = plots.save(MAKERS[name](), tmp_path / "b.svg").read_bytes()
    assert first == second
    assert "\u2212".encode() not in first


def test_files_repeat_in_another_process_and_carry_no_date(tmp_path):
    code = (
        "import sys; from evidence.plots import figures as plots\n"
        "f = plots.tornado([{'knob': 'r', 'value': '0.7', 'estimate': -0.2}], -0.3)\n"
        "[plots.save(f, sys.argv[1] + e) for e in ('.svg', '.png', '.pdf')]"
    )
    for name in ("one", "two"):
        subprocess.run([sys.executable, "-c", code, str(tmp_path / name)], check=True)
    for ending in (".svg", ".png", ".pdf"):
        assert (tmp_path / f"one{ending}").read_bytes() == (tmp_path / f"two{ending}").read_bytes()
    assert b"dc:date" not in (tmp_path / "one.svg").read_bytes()
    assert b"Software" not in (tmp_path / "one.png").read_bytes()
    assert b"CreationDate" not in (tmp_path / "one.pdf").read_bytes()


def test_svg_carries_its_alternative_text_and_searchable_words(tmp_path):
    fig = plots.with_alt(MAKERS["tornado"](), "Moves by <0.3> & more.")
    text = plots.save(fig, tmp_path / "a.svg").read_text("utf-8")
    assert re.search(r'<svg [^>]* role="img">\s*<title>Moves by &lt;0\.3&gt; &amp; more\.</title>', text)
    assert "What moves it</text>" in text


def test_a_failed_save_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch):
    path = tmp_path / "a.svg"
    path.write_text("old")
    monkeypatch.setattr(drawing.Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        plots.save(MAKERS["tornado"](), path)
    assert [p.name for p in tmp_path.iterdir()] == ["a.svg"]
    assert path.read_text() == "old"


@pytest.mark.parametrize(("path", "part"), [("a.jpg", "a.jpg"), ("a", "allowed: .svg, .png, .pdf")])
def test_save_refuses_other_file_types(path, part, tmp_path):
    with pytest.raises(ValueError, match=re.escape(part)):
        plots.save(MAKERS["tornado"](), tmp_path / path)


def test_save_refuses_a_figure_without_alternative_text(tmp_path):
    with pytest.raises(ValueError, match="with_alt"):
        plots.save(Figure(), tmp_path / "a.svg")


def test_blank_alternative_text_is_refused():
    with pytest.raises(ValueError, match="allowed: words"):
        plots.with_alt(Figure(), "  ")


def test_forest_draws_each_kind_of_report_its_own_way():
    ax = MAKERS["forest"]().axes[0]
    squares = [c for c in ax.collections if isinstance(c, PathCollection)]
    assert [c.get_offsets()[0][0] for c in squares] == [-0.4, -1.1]
    areas = [c.get_sizes()[0] for c in squares]
    assert areas[0] > areas[1]
    bands = [p for p in ax.patches if isinstance(p, Rectangle)]
    assert [(round(p.get_x(), 6), round(p.get_x() + p.get_width(), 6)) for p in bands[:1]] == [(-0.6, 0.6)]
    assert bands[1].get_x() == ax.get_xlim()[0]
    assert bands[1].get_x() + bands[1].get_width() == pytest.approx(0.0)
    diamonds = [p for p in ax.patches if isinstance(p, Polygon)]
    assert [tuple(p.get_xy()[[0, 1, 2], 0]) for p in diamonds] == [
        (-0.8, -0.3, 0.2),
        (-4.0, -0.3, 3.0),
        (-0.6, -0.35, -0.1),
    ]
    hollow = [line for line in ax.lines if line.get_marker() == "D" and line.get_markerfacecolor() == "white"]
    assert [line.get_xdata()[0] for line in hollow] == [-0.2, -0.2, -0.25]


def test_forest_interval_of_an_exact_row_is_1_96_standard_errors():
    lines = [tuple(np.round(line.get_xdata(), 3)) for line in MAKERS["forest"]().axes[0].lines]
    assert (-0.792, -0.008) in lines
    given = plots.forest([EXACT | {"ci_low": -0.9, "ci_high": 0.3}], [])
    assert "-0.40 (-0.90 to 0.30)" in words(given)


def test_forest_arrows_show_where_an_interval_leaves_the_axis():
    ax = MAKERS["forest"]().axes[0]
    arrows = [(line.get_marker(), line.get_xdata()[0]) for line in ax.lines if line.get_marker() in "<>"]
    low, high = ax.get_xlim()
    assert sorted(arrows) == [("<", low), ("<", low), (">", high)]
    assert (low, high) == pytest.approx((-2.8, 2.8))


def test_forest_keeps_ordinary_intervals_in_sight():
    low, high = plots.forest([EXACT, SMALL, BOUNDED], [HEADLINE]).axes[0].get_xlim()
    assert low < -1.1 - 1.96 * 0.4
    assert high > 0.6
    low, high = plots.forest([EXACT | {"yi": -3.2, "se": 1.0}], []).axes[0].get_xlim()
    assert low < -3.2


def test_forest_orders_blocks_and_keeps_the_order_within():
    fig = MAKERS["forest"]()
    order = [EXACT, SMALL, BOUNDED, ONE_SIDED, SILENT, HEADLINE, COMPLETE, ANCHOR, POINT]
    heights = [
        next(t.get_position()[1] for t in fig.axes[0].texts if t.get_text().startswith(row["label"]))
        for row in order
    ]
    assert heights == sorted(heights, reverse=True)
    assert len(set(heights)) == len(heights)


def test_forest_columns_say_what_was_reported():
    said = words(MAKERS["forest"]())
    for text in (
        "29",
        "15 + 15",
        "51 + 54",
        "?",
        "-0.40 (-0.79 to -0.01)",
        "allows -0.60 to 0.60",
        "model -0.20 (-0.50 to 0.20)",
        "allows below 0.00",
        "rated, nothing",
        "All reports, four trials",
        "-0.30 (-0.80 to 0.20)",
        "new trial -1.40 to 0.70",
        "-0.25 (no interval)",
        "v midazolam",
        "\u2190 favours ketamine",
        "favours comparator \u2192",
    ):
        assert text in said
    assert "not estimable" in words(MAKERS["forest all silent"]())


def test_forest_lists_a_silent_trial_once_and_drops_other_rows_of_a_trial_that_is_shown():
    again = SILENT | {"label": EXACT["label"]}
    unused = SMALL | {"label": "Not chosen", "included": np.False_}
    said = words(plots.forest([EXACT, again, SILENT, SILENT, unused], []))
    assert [said.count(label) for label in ("Feder 2014", "Dadabayev 2020", "Not chosen")] == [1, 1, 0]


def test_forest_alternative_text_states_the_pool_and_every_trial():
    alt = MAKERS["forest"]().alt_text
    assert "All reports, four trials: g -0.30 (-0.80 to 0.20)" in alt
    assert "Two trials with a number: Feder 2014 -0.40 (-0.79 to -0.01); Feder 2021" in alt
    assert "Two trials reported without a number: Abdallah 2022 allows -0.60 to 0.60; Beaglehole 2025" in alt
    assert alt.endswith("Rated but nothing usable reported: Dadabayev 2020.")


def test_forest_rows_attaches_posteriors_to_included_rows():
    class Fit:
        study_estimate, study_ci_low, study_ci_high = np.array([[1.0, 2.0], [0.5, 1.5], [1.5, 2.5]])

    frame = pd.DataFrame({"label": ["a", "b", "c"], "included": [True, False, True]}, index=[5, 6, 7])
    made = forest_rows(frame, Fit)
    np.testing.assert_array_equal(made["study_estimate"], [1.0, NAN, 2.0])
    np.testing.assert_array_equal(made["study_ci_high"], [1.5, NAN, 2.5])
    assert list(frame) == ["label", "included"]


def test_schedule_places_marks_by_time_and_finding():
    fig = MAKERS["schedule"]()
    marks = [
        (line.get_marker(), line.get_xdata()[0]) for line in fig.axes[0].lines if line.get_marker() in "os<>x"
    ]
    assert marks == [("o", 1), ("<", 1), ("x", 7), ("o", 14), ("s", 28), (">", 6.7)]
    assert "no rating before 24 h" in words(fig)
    assert "time not seen" in words(fig)
    assert fig.alt_text.startswith(
        "Rating schedule: Who rated when. No rating before 24 h. Feder 2014: 1 day (a number and"
    )


def test_schedule_counts_ratings_of_the_first_day():
    early = [{"label": "A", "timepoint_days": t, "finding": "unknown"} for t in (0, 0.1, 0.9, 1)]
    assert "two ratings before 24 h" in words(plots.schedule(early))


def test_schedule_draws_known_doses_and_joins_the_ends_of_a_course():
    known = plots.schedule(
        ASSESSMENTS[:1], [{"label": "Feder 2014", "n_doses": 3, "last_dose_day": 7, "dose_days": [0, 3, 7]}]
    )
    ticks = [
        line.get_xdata()[0]
        for line in known.axes[0].lines
        if len(set(line.get_xdata())) == 1 and len(line.get_xdata()) == 2
    ]
    assert ticks == [0, 3, 7]
    joined = [
        tuple(line.get_xdata())
        for line in MAKERS["schedule"]().axes[0].lines
        if tuple(line.get_xdata()) == (0, 11)
    ]
    assert joined == [(0, 11)]


def test_schedule_axis_keeps_hours_and_months_apart():
    fig = MAKERS["schedule"]()
    ax = fig.axes[0]
    places = [ax.transData.transform((t, 0))[0] / fig.dpi for t in (0, 0.5, 1, 7, 28)]
    assert min(np.diff(places)) > 0.25


def test_course_cannot_be_taken_for_efficacy():
    fig = MAKERS["course"]()
    assert "NO CONTROL GROUP" in words(fig)
    assert any("not an effect of the drug" in text for text in words(fig))
    assert fig.alt_text.startswith("Before-after course without a control group")
    dashes = {line.get_linestyle() for line in fig.axes[0].lines if line.get_marker() in "os^D"}
    assert len(dashes) == 4


def test_traffic_light_shows_symbols_and_leaves_unjudged_cells_blank():
    fig = MAKERS["traffic light"]()
    ax = fig.axes[0]
    assert len([p for p in ax.patches if isinstance(p, Circle)]) == 5
    assert sorted(line.get_marker() for line in ax.lines if line.get_marker() != "None") == [
        "+",
        "_",
        "_",
        "x",
    ]
    assert words(fig).count("?") == 1
    assert "Randomisation" in words(fig)
    assert "feder_2021: 1 some concerns and 1 no information (2 judgements)." in fig.alt_text


def test_rob_summary_counts_and_hatches():
    bars = MAKERS["summary"]().axes[0].patches
    assert [bar.get_width() for bar in bars] == [1, 1, 1, 2]
    assert [bar.get_hatch() for bar in bars] == ["", "", "////", "...."]


def test_tornado_puts_the_widest_first_and_lists_settings():
    fig = MAKERS["tornado"]()
    heights = {t.get_text(): t.get_position()[1] for t in fig.axes[0].texts}
    assert heights["feder 2014 n"] > heights["null rule"] > heights["crossover r"]
    assert "default -0.30" in words(fig)
    assert any("35\u00a0\u2192\u00a0not\u00a0estimable" in text for text in words(fig))
    assert "Default -0.30 (-0.80 to 0.20)" in fig.alt_text


def test_specification_curve_sorts_and_marks_the_default():
    fig = MAKERS["specification"]()
    top, grid = fig.axes
    curve = next(line for line in top.lines if len(line.get_xdata()) == 4)
    assert list(curve.get_ydata()) == [-0.6, -0.4, -0.3, -0.1]
    default = [line.get_xdata()[0] for line in top.lines if line.get_marker() == "D"]
    assert default == [2]
    settings = [t.get_text() for t in grid.texts if t.get_horizontalalignment() == "right"]
    assert settings == ["0.5", "2.0", "10.0", "ignore", "omnibus"]
    assert "4 analyses: estimates from -0.60 to -0.10" in fig.alt_text
    assert "Default settings: -0.30 (-0.80 to 0.20)." in fig.alt_text


def test_density_shades_benefit_and_draws_marks():
    ax = MAKERS["density"]().axes[0]
    shaded = ax.collections[0].get_paths()[0].vertices[:, 0]
    assert (shaded.min(), shaded.max()) == pytest.approx((-2.0, 0.0))
    marks = {line.get_label(): tuple(line.get_xdata()) for line in ax.lines}
    assert marks["median"] == (-0.3, -0.3)
    assert marks["95% interval"] == (-0.8, 0.2)


def test_points_say_where_nothing_can_be_estimated():
    fig = MAKERS["points"]()
    assert "not\nestimable" in words(fig)
    assert "end of the course not estimable" in fig.alt_text


@pytest.mark.parametrize(
    ("make", "parts"),
    [
        (lambda: plots.forest([], []), ["rows", "no rows"]),
        (lambda: plots.forest([{"label": "A"}], []), ["rows", "finding"]),
        (
            lambda: plots.forest([EXACT | {"finding": "better"}], []),
            ["Feder 2014", "'better'", "not_significant"],
        ),
        (lambda: plots.forest([EXACT | {"yi": NAN}], []), ["Feder 2014", "yi"]),
        (lambda: plots.forest([EXACT], [{"label": "A"}]), ["pools", "estimate"]),
        (lambda: plots.forest([EXACT], [], xlim=(1, -1)), ["xlim", "(1, -1)"]),
        (lambda: plots.schedule([ASSESSMENTS[0] | {"finding": "x"}]), ["Feder 2014", "'x'"]),
        (
            lambda: plots.schedule([ASSESSMENTS[0] | {"timepoint_days": -1}]),
            ["Feder 2014", "-1", "first dose"],
        ),
        (lambda: plots.schedule(ASSESSMENTS, [{"label": "A"}]), ["trials", "n_doses"]),
        (lambda: plots.course(SERIES[::-1]), ["Series 3", "increasing"]),
        (lambda: plots.course([SERIES[0] | {"mean": NAN}]), ["Series 0", "blank"]),
        (
            lambda: plots.traffic_light([ROB[0] | {"domain": "luck"}]),
            ["feder_2014", "'luck'", "randomisation"],
        ),
        (lambda: plots.traffic_light([ROB[0] | {"judgement": "fine"}]), ["'fine'", "some_concerns"]),
        (lambda: plots.rob_summary([ROB[0], ROB[0]]), ["feder_2014", "second judgement"]),
        (lambda: plots.rob_summary([ROB[0] | {"trial_id": None}]), ["no trial_id"]),
        (lambda: plots.tornado(KNOBS, NAN), ["base"]),
        (lambda: plots.tornado([{"knob": "r"}], -0.3), ["value, estimate"]),
        (lambda: plots.specification_curve(SPECS, ["tau"]), ["tau"]),
        (lambda: plots.specification_curve([SPECS[0] | {"estimate": NAN}], ["r"]), ["estimate"]),
        (lambda: plots.posterior_density(GRID[::-1], BELL), ["not increasing"]),
        (lambda: plots.posterior_density(GRID, -BELL), ["below 0"]),
        (lambda: plots.posterior_density(GRID, BELL[1:]), ["density", "61 numbers"]),
        (lambda: plots.line_intervals([1, 2], [0.1, NAN], [0, 0], [1, 1]), ["est", "2 numbers", "blank"]),
        (lambda: plots.line_intervals(["a"], [0.1, 0.2], [0, 0], [1, 1]), ["est", "1 numbers"]),
    ],
)
def test_bad_input_is_named(make, parts):
    with pytest.raises(ValueError) as caught:
        make()
    assert [part for part in parts if part not in str(caught.value)] == []


@pytest.mark.parametrize("text", ["one two three", "averyveryverylongwordwithoutanyspaceinit", "a$b$c", ""])
@pytest.mark.parametrize("inches", [0.4, 1.0, 3.0])
def test_wrapped_lines_fit_and_lose_no_letter(text, inches):
    lines = drawing.wrap(text, inches, 8)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert max(drawing.text_width(line, 8) for line in lines) <= inches
