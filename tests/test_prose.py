"""
Results are computed, not typed: no decimal, percentage, p value or count of trials in Markdown.

A generated passage stands between ``<!-- NAME -->`` and ``<!-- /NAME -->``; what generates it has a test
that keeps it current. Numbers that are not results are allowed by pattern.
"""

import re

import pytest
from repo_pages import blanked, pages, prose

# Generated or historical pages: a decision and a change log keep the numbers of their day.
LEFT_OUT = (
    "CHANGELOG.md",
    "data/README.md",
    "docs/checks.md",
    "docs/choices.md",
    "docs/wanted.md",
    "docs/adr/",
    "tests/",
    "data/external/",
)
COMPUTED = re.compile(r"<!-- (\w+) -->.*?<!-- /\1 -->", re.DOTALL)
ALLOWED = [
    re.compile(pattern)
    for pattern in (
        r"\]\([^)]*\)|<https?://[^>]*>|https?://\S+",  # link targets
        r"\b10\.\d{4,9}/\S+",  # DOI
        r"(?i)\b\d+%[- ](confidence|credible|predicti\w+|equal-tail|shortest|CI\b|PI\b|interval)",
        r"\b\d+% (probability|of repetitions)",  # how an interval is defined
        r"\b0\.\d (is conventionally (called )?)?(small|medium|large)\b",  # Cohen's words for a size
        r"\b\d+(\.\d+)?( (to|or|and) \d+(\.\d+)?)? ?mg(/kg)?\b",  # dose
        r"\b(Python|metafor|R|CC BY|API|CITATION|version|v) ?\d+(\.\d+)*( to \d+(\.\d+)*)?",
        r"\b\d{4}-\d{2}-\d{2}\b",  # date
        r"\b\d+\.\d+\.\d+\b",  # version
        r"^\s*\d+\. ",  # list item
        r"(?i)\b(section|table|figure|chapter|line)s? \d+(\.\d+)*",
    )
]
RESULTS = re.compile(
    r"[-\u2212]?\d*\.\d+|\d+ ?%|\d+ per ?cent\b|\b[pP] ?[=<>\u2264] ?\S+"
    r"|\b\d+ (?:randomi[sz]ed |controlled |eligible |small )*"
    r"(?:trials?|studies|study|participants?|people|patients?|veterans?|comparisons?|effect sizes?)\b"
)
PAGES = {name: text for name, text in pages().items() if not name.startswith(LEFT_OUT)}


def typed_results(text):
    """(line, text) of each result typed into a page."""
    kept = blanked(prose(text), COMPUTED, *(re.compile(p.pattern, re.MULTILINE | p.flags) for p in ALLOWED))
    return [(kept[: m.start()].count("\n") + 1, m.group().strip()) for m in RESULTS.finditer(kept)]


@pytest.mark.parametrize("page", sorted(PAGES))
def test_no_result_is_typed(page):
    assert typed_results(PAGES[page]) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "CAPS fell by 0.62 SD.",
        "67% respond.",
        "67 percent respond.",
        "It differed (p = .03) at day 1.",
        "P < 0.001",
        "We found 6 trials.",
        "In 8 randomised controlled trials it helped.",
        "g was \u22120.4 here",
    ],
)
def test_typed_result_is_seen(sentence):
    assert typed_results(f"# A page\n\n{sentence}\n")[0][0] == 3


@pytest.mark.parametrize(
    "sentence",
    [
        "A 95% CI and a 95% prediction interval.",
        "One dose of 0.5 mg/kg over 40 minutes, or 0.2 to 0.5 mg/kg.",
        "doi 10.1001/jama.2020.1234 or [that paper](https://doi.org/10.1001/x.2020.1.5)",
        "Python 3.11 to 3.13, metafor 3.8, CC BY 4.0, version 0.1.0",
        "`fit.estimate = -0.4`",
        "```\ng = -0.4\n```",
        "<!-- answers -->\n| 24h | -0.4 |\n<!-- /answers -->",
        "1. Install.\n2. Run.",
        "Ratings 21 days or more after the last dose.",
    ],
)
def test_other_numbers_pass(sentence):
    assert typed_results(sentence) == []
