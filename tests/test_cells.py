"""One cell: values, and the exact fix for what spreadsheets write instead of a number."""

import datetime
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.data.cells import (
    PARSERS,
    Refused,
    parse_boolean,
    parse_date,
    parse_integer,
    parse_number,
    parse_string,
)

POINT = "a number with a decimal point"


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("1,5", "write 1.5 (a decimal point, not a comma)"),
        ("-12,75", "write -12.75 (a decimal point, not a comma)"),
        ("1,306", "write 1306 (no thousands separator; 1.306 if it is a decimal comma)"),
        ("1,306.5", "write 1306.5 (no thousands separator)"),
        ("1,000,000", "write 1000000 (no thousands separator)"),
        ("1.306,5", "write 1306.5 (no thousands separator, decimal point)"),
        ("1 306", "write 1306 (no thousands separator)"),
        ("1\u00a0306", "write 1306 (no non-breaking or thin space, no thousands separator)"),
        ("1'306", "write 1306 (no thousands separator)"),
        ("67%", "write 67 (no percent sign)"),
        ("67 %", "write 67 (no percent sign)"),
        ("\u22123.1", "write -3.1 (the minus sign is the ASCII hyphen)"),
        ("\u20133.1", "write -3.1 (the minus sign is the ASCII hyphen)"),
        ("3.1\u00a0", "write 3.1 (no non-breaking or thin space)"),
        (" 3.1", "write 3.1"),
        ("+3.1", "write 3.1"),
        (".5", "write 0.5"),
        ("-.5", "write -0.5"),
        ("5.", "write 5"),
        ("007", "write 7"),
        ("\uff11\uff12", "write 12"),
        ("NaN", "leave the cell empty: a blank is unknown"),
        ("NA", "leave the cell empty: a blank is unknown"),
        ("#DIV/0!", "leave the cell empty: a blank is unknown"),
        ("-", "leave the cell empty: a blank is unknown"),
        ("inf", "an open limit is not a number; leave the cell empty and say so in note"),
        ("-Infinity", "an open limit is not a number; leave the cell empty and say so in note"),
        ("<0.001", "a bound or an approximation is not a value; leave the cell empty and say so in note"),
        ("~20", "a bound or an approximation is not a value; leave the cell empty and say so in note"),
        ("12 (SD 3)", "copy the number as printed; words go into note"),
        ("2024-01-05", "copy the number as printed; words go into note"),
        ("0x1F", "copy the number as printed; words go into note"),
        ("1_000", "write 1000 (no thousands separator)"),
    ],
)
def test_a_number_in_disguise_gets_its_exact_fix(text, fix):
    with pytest.raises(Refused) as refused:
        parse_number(text)
    assert (refused.value.allowed, refused.value.fix) == (POINT, fix)


def test_a_number_too_large_for_a_float_is_refused():
    with pytest.raises(Refused) as refused:
        parse_number("1e999")
    assert refused.value.allowed == "a finite number"


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(deadline=None, max_examples=200)
def test_numbers_as_json_writes_them_are_read_exactly(value):
    assert parse_number(json.dumps(value)) == value


@given(st.integers(-(10**18) + 1, 10**18 - 1))
@settings(deadline=None, max_examples=100)
def test_whole_numbers_are_read_exactly(value):
    assert parse_integer(str(value)) == value


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("12.0", "write 12"),
        ("12.5", "a count has no decimals"),
        ("1,306", "write 1306 (no thousands separator; 1.306 if"),
        ("1e3", "a count has no decimals"),
    ],
)
def test_integers_are_whole(text, fix):
    with pytest.raises(Refused) as refused:
        parse_integer(text)
    assert refused.value.allowed == "a whole number"
    assert refused.value.fix.startswith(fix)


@pytest.mark.parametrize("text", ["TRUE", "1", "yes", "True "])
def test_booleans_have_one_spelling(text):
    assert (parse_boolean("true"), parse_boolean("false")) == (True, False)
    with pytest.raises(Refused) as refused:
        parse_boolean(text)
    assert refused.value.allowed == "true or false"


def test_dates_are_days_of_the_calendar():
    assert parse_date("2024-02-29") == datetime.date(2024, 2, 29)
    for text in ("2023-02-29", "29.02.2024", "2024-2-9", "0000-01-01"):
        with pytest.raises(Refused):
            parse_date(text)


@pytest.mark.parametrize(
    ("text", "allowed", "fix"),
    [
        (" IES-R", "no space before or after the value", "write 'IES-R'"),
        ("IES-R\u00a0", "no space before or after the value", "write 'IES-R'"),
        ("week\u00a02", "no invisible character (here: no-break space)", "write 'week 2'"),
        ("IES\u200bR", "no invisible character (here: zero width space)", "write 'IES R'"),
        ("a\tb", "no invisible character (here: character u+0009)", "write 'a b'"),
        ("#REF!", "a value, or nothing", "leave the cell empty: a blank is unknown"),
        ("n/a", "a value, or nothing", "leave the cell empty: a blank is unknown"),
    ],
)
def test_text_is_visible_and_says_something(text, allowed, fix):
    with pytest.raises(Refused) as refused:
        parse_string(text)
    assert (refused.value.allowed, refused.value.fix) == (allowed, fix)


@pytest.mark.parametrize("text", ["none", "0", "Åsberg \u2013 95% CI \u2212", "two\nlines", "NAct"])
def test_text_stays_as_written(text):
    assert parse_string(text) == text


@given(st.sampled_from(sorted(PARSERS)), st.text(max_size=30))
@settings(deadline=None, max_examples=500)
def test_any_text_is_a_value_or_refused_with_a_remedy(kind, text):
    try:
        value = PARSERS[kind](text)
    except Refused as refused:
        remedy = refused
    else:
        remedy = Refused("read", str(value))
    assert remedy.allowed
    assert remedy.fix or text == ""
