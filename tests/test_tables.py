"""Tables: the same cells as text, HTML and Markdown, stable and safe."""

import math
from dataclasses import dataclass
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.prose.tables import MISSING, is_missing, records, table

ROWS = [
    {
        "label": "Feder 2014",
        "g": -0.46,
        "lo": -0.85,
        "hi": -0.08,
        "n1": 29.0,
        "url": "https://doi.org/10.1/a?b=1&c",
    },
    {"label": "Dadabayev 2020", "g": None, "lo": math.nan, "hi": None, "n1": None, "url": None},
]
COLUMNS = {"label": "Trial", ("g", "lo", "hi"): "g (95% CI)", "n1": "n"}


class Cells(HTMLParser):
    """Cells, tags and attributes of a table."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.open, self.cells = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))
        self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if {"td", "th"} & set(self.open):
            self.cells[-1] += data


def test_text_form_is_fixed_width():
    assert repr(table(ROWS, COLUMNS, caption="One row a trial")).split("\n") == [
        "One row a trial",
        "Trial                       g (95% CI)             n",
        "--------------  ----------------------  ------------",
        "Feder 2014      -0.46 (-0.85 to -0.08)            29",
        "Dadabayev 2020            not reported  not reported",
    ]


def test_html_holds_the_same_cells_with_scoped_headings():
    made = table(ROWS, COLUMNS, caption="Trials & effects", links={"label": "url"})
    parsed = Cells(made._repr_html_())
    assert parsed.open == []
    assert parsed.cells == [*made.header, *(cell for row in made.rows for cell in row)]
    scopes = [a["scope"] for tag, a in parsed.attributes if tag == "th"]
    assert scopes == ["col", "col", "col", "row", "row"]
    assert [a["href"] for tag, a in parsed.attributes if tag == "a"] == ["https://doi.org/10.1/a?b=1&c"]
    assert not any("id" in a for _, a in parsed.attributes)
    assert "<caption>Trials &amp; effects</caption>" in made.html()


def test_numbers_stand_at_the_right_and_words_at_the_left():
    aligned = [a["style"] for tag, a in Cells(table(ROWS, COLUMNS).html()).attributes if tag in ("td", "th")]
    assert aligned == ["text-align:left", "text-align:right", "text-align:right"] * 3


def test_markdown_escapes_and_links():
    rows = [{"a": "x | *y* <b>", "u": "https://e.org/p q>", "n": 3}]
    assert table(rows, ["a", "n"], links={"a": "u"}).markdown().split("\n") == [
        "| a | n |",
        "| :--- | ---: |",
        r"| [x \| \*y\* \<b\>](<https://e.org/p%20q%3E>) | 3 |",
    ]


def test_counts_have_no_decimals_and_other_numbers_do():
    row = {
        "n": 29.0,
        "n1": 15.0,
        "k": np.int64(4),
        "year": 2014.0,
        "q_df": 3.0,
        "g": 1.0,
        "n_doses": 2.0,
        "mean": 2.0,
    }
    assert table([row]).rows == (("29", "15", "4", "2014", "3", "1.00", "2", "2.00"),)
    assert table([row], ["n", "g"], digits={"n": 1, "g": 3}).rows == (("29.0", "1.000"),)


def test_other_values():
    row = {
        "yes": True,
        "np": np.bool_(False),
        "inf": -math.inf,
        "text": " two\nlines ",
        "date": pd.NaT,
        "na": pd.NA,
    }
    assert table([row]).rows == (("yes", "no", "-infinity", "two lines", MISSING, MISSING),)


def test_missing_words_by_column():
    assert table(ROWS, ["label", "g", "n1"], missing={"g": "not estimable"}).rows[1] == (
        "Dadabayev 2020", "not estimable", MISSING)  # fmt: skip
    assert table(ROWS, ["g"], missing="\u2013").rows[1] == ("\u2013",)


def test_an_interval_with_one_end_is_not_estimable():
    assert table([{"lo": -1.0, "hi": None}], {("lo", "hi"): "CI"}).rows == (("not estimable",),)


def test_frames_mappings_and_dataclasses_give_the_same_table():
    @dataclass(frozen=True)
    class Row:
        label: str
        g: float

    made = [Row("A", -0.5), Row("B", 0.25)]
    expected = table([{"label": "A", "g": -0.5}, {"label": "B", "g": 0.25}])
    assert table(made) == expected
    assert table(pd.DataFrame(records(made), index=[7, 3])) == expected


def test_an_empty_frame_keeps_its_headings():
    made = table(pd.DataFrame({"a": [], "b": []}))
    assert made.text().split("\n") == ["a  b", "-  -", "(no rows)"]
    assert Cells(made.html()).cells[-1] == "no rows"


def test_long_cells_wrap_in_text_only():
    made = table([{"note": "word " * 30, "n": 3}])
    assert max(map(len, made.text().split("\n"))) <= 50
    assert made.rows[0][0] == ("word " * 30).strip()


@pytest.mark.parametrize(
    ("data", "columns", "parts"),
    [
        (ROWS, ["nope"], ["'nope'", "label, g"]),
        (ROWS, {("g", "low"): "x"}, ["'low'"]),
        ([], None, ["found none"]),
        ("text", None, ["found str"]),
        ({"a": 1}, None, ["found dict"]),
        ([1], None, ["data[0]", "found int"]),
        ([{"a": [1, 2]}], None, ["'a'", "one value"]),
        ([{"a": np.arange(2)}], None, ["'a'", "one value"]),
    ],
)
def test_bad_input_is_named(data, columns, parts):
    with pytest.raises(ValueError) as caught:
        table(data, columns)
    assert [part for part in parts if part not in str(caught.value)] == []


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "java\nscript:x",
        "data:text/html,x",
        "//evil.org",
        "\x01javascript:1",
    ],
)
def test_links_that_could_run_are_refused(url):
    with pytest.raises(ValueError, match="allowed: http"):
        table([{"a": "x", "u": url}], ["a"], links={"a": "u"})


@pytest.mark.parametrize("url", ["http://a.org", "trials/feder_2014.html#g", "#row-3", "../x"])
def test_links_that_stay_are_kept(url):
    assert table([{"a": "x", "u": url}], ["a"], links={"a": "u"}).links == ((url,),)


cell = st.one_of(st.none(), st.floats(), st.integers(), st.booleans(), st.text(max_size=60))


@settings(deadline=None, max_examples=150)
@given(st.lists(st.fixed_dictionaries({"a": cell, "b": cell}), min_size=1, max_size=4), st.text(max_size=10))
def test_any_cell_survives_the_three_forms(rows, caption):
    made = table(rows, caption=caption)
    assert made == table(rows, caption=caption)
    assert Cells(made.html()).cells == [*made.header, *(c for row in made.rows for c in row)]
    assert len(made.markdown().split("\n")) == len(rows) + 2 + 2 * bool(made.caption)
    assert all(line == line.rstrip() for line in made.text().split("\n"))


@pytest.mark.parametrize("value", [None, math.nan, np.float32("nan"), pd.NA, pd.NaT, ""])
def test_blanks(value):
    assert is_missing(value)


@pytest.mark.parametrize("value", [0, 0.0, False, "0", math.inf, "nan"])
def test_not_blanks(value):
    assert not is_missing(value)
