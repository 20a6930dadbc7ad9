"""Words for numbers: every rule stated in `numerals` and `wording`, by example and by law."""

import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.prose import numerals, wording
from evidence.prose.wording import (
    answer,
    count,
    days,
    favours,
    interval,
    join_words,
    number,
    p_value,
    percent,
    probability,
    size_word,
    with_interval,
)

NAN, INF = math.nan, math.inf
finite = st.floats(-1e6, 1e6)


@dataclass(frozen=True)
class Result:
    estimate: float = -0.324
    ci_low: float = -0.85
    ci_high: float = 0.18
    pi_low: float = NAN
    pi_high: float = NAN
    k: int = 4


@pytest.mark.parametrize(
    ("x", "digits", "words"),
    [
        (-0.324, 2, "-0.32"), (0.0, 2, "0.00"), (-0.004, 2, "0.00"), (-0.005001, 2, "-0.01"), (15, 0, "15"),
        (NAN, 2, "not estimable"), (INF, 2, "infinity"), (-INF, 2, "-infinity"), (1234.5, 1, "1234.5"),
    ],
)  # fmt: skip
def test_number(x, digits, words):
    assert number(x, digits) == words


@settings(deadline=None)
@given(finite, st.integers(0, 4))
def test_number_is_within_half_of_the_last_digit_and_never_minus_zero(x, digits):
    text = number(x, digits)
    assert abs(float(text) - x) <= 0.5 * 10.0**-digits * (1 + 1e-9)
    assert not (text.startswith("-") and float(text) == 0)
    assert "\u2212" not in text


@pytest.mark.parametrize("bad", ["0.5", None, True, [1.0, 2.0], pd.NA, 1j])
@pytest.mark.parametrize("function", [number, percent, probability, p_value, days, size_word])
def test_a_value_that_is_no_number_is_refused_by_name(function, bad):
    with pytest.raises(ValueError, match=r"found .*; allowed: a number"):
        function(bad)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-0.85, 0.18, "-0.85 to 0.18"), (-INF, -0.4, "below -0.40"), (0.1, INF, "above 0.10"),
        (-INF, INF, "any value"), (NAN, 0.1, "not estimable"), (0.1, NAN, "not estimable"),
        (1, 1, "1.00 to 1.00"),
    ],
)  # fmt: skip
def test_interval(low, high, words):
    assert interval(low, high) == words


def test_interval_in_the_wrong_order_names_both_ends():
    with pytest.raises(ValueError, match=r"low, high: found 0\.2, -0\.1.*swap"):
        interval(0.2, -0.1)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((-0.32, -0.85, 0.18), "-0.32 (-0.85 to 0.18)"), ((NAN, NAN, NAN), "not estimable"),
        ((-0.25, NAN, NAN), "-0.25 (no interval)"), ((-0.4, -INF, 0), "-0.40 (below 0.00)"),
    ],
)  # fmt: skip
def test_with_interval(values, words):
    assert with_interval(*values) == words


@pytest.mark.parametrize(
    ("x", "digits", "words"),
    [
        (0, 0, "0%"), (1, 0, "100%"), (0.67, 0, "67%"), (1.3, 0, "130%"), (-0.1, 0, "-10%"),
        (0.0001, 0, "<1%"),
        (0.9999, 0, ">99%"), (0.9999, 1, ">99.9%"), (0.01, 0, "1%"), (NAN, 0, "not estimable"),
    ],
)  # fmt: skip
def test_percent(x, digits, words):
    assert percent(x, digits) == words


@settings(deadline=None)
@given(st.floats(0, 1))
def test_probability_is_never_zero_or_one(p):
    assert float(probability(p).lstrip("<>")) not in (0, 1)


@pytest.mark.parametrize(
    ("p", "words"),
    [(0, "<0.01"), (1, ">0.99"), (0.01, "0.01"), (0.99, "0.99"), (0.5, "0.50"), (NAN, "not estimable")],
)
def test_probability(p, words):
    assert probability(p) == words


@pytest.mark.parametrize("function", [probability, p_value])
@pytest.mark.parametrize("bad", [-0.01, 1.01, 67])
def test_probabilities_outside_zero_to_one_are_refused(function, bad):
    with pytest.raises(ValueError, match="allowed: 0 to 1"):
        function(bad)


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0, "p < 0.001"), (0.00099, "p < 0.001"), (0.001, "p = 0.001"), (0.02, "p = 0.020"),
        (0.276, "p = 0.28"),
        (0.999, "p > 0.99"), (NAN, "p not estimable"),
    ],
)  # fmt: skip
def test_p_value(p, words):
    assert p_value(p) == words


@pytest.mark.parametrize(
    ("n", "noun", "words"),
    [
        (0, "trial", "no trials"), (1, "trial", "one trial"), (9, "trial", "nine trials"),
        (10, "trial", "10 trials"),
        (2, "study", "two studies"), (2, "day", "two days"), (2, "analysis", "two analyses"),
        (1306, "person", "1,306 people"), (3, "PTSD diagnosis branch", "three PTSD diagnosis branches"),
        (4.0, "randomised trial", "four randomised trials"), (NAN, "person", "an unknown number of people"),
    ],
)  # fmt: skip
def test_count(n, noun, words):
    assert count(n, noun) == words


def test_count_in_digits_with_a_given_plural():
    assert count(2, "child", "children", spell=False) == "2 children"


@pytest.mark.parametrize("bad", [-1, 2.5, INF, "3"])
def test_count_refuses_what_cannot_be_counted(bad):
    with pytest.raises(ValueError, match="found"):
        count(bad, "trial")


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (0, "0 days"), (1, "1 day"), (27.5, "27.5 days"), (14.0, "14 days"), (0.5, "12 hours"),
        (1 / 24, "1 hour"),
        (40 / 1440, "40 minutes"), (1 / 1440, "1 minute"), (NAN, "not estimable"),
    ],
)  # fmt: skip
def test_days(x, words):
    assert days(x) == words


def test_days_do_not_run_backwards():
    with pytest.raises(ValueError, match=r"found -1\.0; allowed: days >= 0"):
        days(-1)


@pytest.mark.parametrize(
    ("items", "words"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", 2, 0.257], "a, 2 and 0.26")]
)
def test_join_words(items, words):
    assert join_words(items) == words


@pytest.mark.parametrize(
    ("values", "favoured", "clear", "scores", "phrase"),
    [
        ((-0.48, -0.93, -0.04), "ketamine", True, "lower", "favours ketamine"),
        ((-0.32, -0.85, 0.18), "ketamine", False, "lower",
         "leans towards ketamine, with an interval that includes no difference"),
        ((0.4, 0.1, 0.7), "midazolam", True, "higher", "favours midazolam"),
        ((-0.3, -0.6, 0.0), "ketamine", False, "lower",
         "leans towards ketamine, with an interval that includes no difference"),
        ((-0.004, -0.3, 0.3), "neither", False, "no different", "shows no difference either way"),
        ((NAN, NAN, NAN), "not estimable", False, "not estimable", "cannot be estimated"),
        ((-0.3, NAN, NAN), "not estimable", False, "not estimable", "cannot be estimated"),
    ],
)  # fmt: skip
def test_favours(values, favoured, clear, scores, phrase):
    found = favours(*values, comparator="midazolam")
    assert (found.favoured, found.clear, found.scores, str(found)) == (favoured, clear, scores, phrase)


@settings(deadline=None)
@given(st.floats(0.01, 3), st.floats(0, 3))
def test_favours_swaps_with_the_sign(size, half):
    drug = favours(-size, -size - half, -size + half)
    control = favours(size, size - half, size + half)
    assert drug.clear == control.clear
    assert drug.phrase.replace("ketamine", "X") == control.phrase.replace("the comparator", "X")


@pytest.mark.parametrize(
    ("g", "word"),
    [(0, "negligible"), (-0.19, "negligible"), (0.2, "small"), (-0.49, "small"), (0.5, "medium"),
    (-0.8, "large"),
     (-9, "large"), (NAN, "not estimable")],
)  # fmt: skip
def test_size_word(g, word):
    assert size_word(g) == word


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{r:estimate}", "-0.32"), ("{r:estimate 1}", "-0.3"), ("{r:ci}", "-0.85 to 0.18"),
        ("{r:pi}", "not estimable"),
        ("{r:full}", "-0.32 (-0.85 to 0.18)"), ("{r.k}", "4"), ("{r.k:count trial}", "four trials"),
        ("{r.k:Count randomised trial}", "Four randomised trials"), ("{r.estimate}", "-0.32"),
        ("{r.estimate:.1f}", "-0.3"), ("{r.pi_low:.2f}", "not estimable"), ("{r.estimate:size}", "small"),
        ("{r:favours}", "leans towards ketamine, with an interval that includes no difference"),
        ("{{literal}} {r.k}", "{literal} 4"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "make", [Result, lambda: vars(Result()), lambda: pd.Series(vars(Result()), dtype=object)]
)
def test_answer_reads_results_of_every_kind(template, words, make):
    assert answer(template, r=make()) == words


@pytest.mark.parametrize(
    ("template", "value", "words"),
    [
        ("{x:.2f}", -0.001, "0.00"), ("{x:percent}", 0.67, "67%"), ("{x:.1%}", 0.125, "12.5%"),
        ("{x:prob}", 1.0, ">0.99"),
        ("{x:p}", 1e-9, "p < 0.001"), ("{x:days}", 27.5, "27.5 days"), ("{x:list}", ["a", "b"], "a and b"),
        ("{x}", "CAPS-5", "CAPS-5"), ("{x}", 0.257, "0.26"), ("{x}", 158, "158"),
        ("{x:number 3}", 0.2574, "0.257"),
        ("{x:+.1e}", 1234.5, "+1.2e+03"),
    ],
)  # fmt: skip
def test_answer_formats_plain_values(template, value, words):
    assert answer(template, x=value) == words


@pytest.mark.parametrize(
    ("template", "values", "parts"),
    [
        ("{y}", {"x": 1}, ["'y'", "allowed: x"]),
        ("{x} {}", {"x": 1}, ["'0'", "allowed: x"]),
        ("{x[0]}", {"x": [1]}, ["'x[0]'"]),
        ("no number", {"x": 1, "y": 2}, ["unused x, y"]),
        ("{r.q}", {"r": Result()}, ["'q'", "estimate", "ci_low"]),
        ("{r:ci}", {"r": {"estimate": 1}}, ["'ci_low'", "allowed: estimate"]),
        ("{r.__class__}", {"r": Result()}, ["'__class__'"]),
        ("{x!r}", {"x": 0.123456}, ["conversion !r"]),
        ("{x:words}", {"x": 1.0}, ["'words'", "percent", "count NOUN"]),
        ("{x:percent two}", {"x": 0.5}, ["'percent two'"]),
        ("{x:days 2}", {"x": 0.5}, ["'days 2'"]),
        ("{x}", {"x": None}, ["None", "NaN"]),
        ("{x}", {"x": [0.123456]}, ["list"]),
    ],
)
def test_answer_refuses_what_does_not_match(template, values, parts):
    with pytest.raises(ValueError) as caught:
        answer(template, **values)
    assert [part for part in parts if part not in str(caught.value)] == []


def test_wording_needs_the_standard_library_only():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import evidence.prose.wording\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names))"
    )
    folder = str(Path(wording.__file__).parents[2])
    run = subprocess.run(
        [sys.executable, "-S", "-c", code, folder], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["__main__", "evidence"]


def test_wording_offers_every_formatter():
    offered = {name for name in wording.__all__ if hasattr(numerals, name)}
    assert offered == {
        "NOT_ESTIMABLE",
        "count",
        "days",
        "interval",
        "join_words",
        "number",
        "p_value",
        "percent",
        "probability",
        "with_interval",
    }
    assert all(getattr(wording, name) is getattr(numerals, name) for name in offered)
