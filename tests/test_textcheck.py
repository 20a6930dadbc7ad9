"""Verdicts and reports: rules at their edges, current answers, hostile input."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evidence.textcheck import check as textcheck
from evidence.textcheck.check import MAX_BYTES, check_text, read_text
from evidence.textcheck.families import table
from evidence.textcheck.page import LOOKS
from evidence.textcheck.quantities import Quantity
from evidence.textcheck.recognise import recognise
from evidence.textcheck.verdicts import VERDICTS, fill, holds, say_facts

ROOT = Path(__file__).parents[1]
PACKAGE = Path(textcheck.__file__).parent
TEMPLATE = json.loads((PACKAGE / "answers_template.json").read_text(encoding="utf-8"))
ANSWERS = json.loads((PACKAGE / "answers.json").read_text(encoding="utf-8"))


def verdict(text: str) -> str:
    return check_text(text).findings[0].verdict


def test_no_number_is_typed_into_a_reason():
    typed = [
        (topic, text)
        for topic, spec in TEMPLATE["topics"].items()
        for text in [spec["suggestion"], *(rule["reason"] for rule in spec["rules"])]
        if re.search(r"\d[.,]\d|\d%", re.sub(r"30% fall|0\.2 mg/kg|about 1%", "", text))
    ]
    assert typed == []


def small(verdict="leaning: pool"):
    """A template of one topic, with the facts it may use."""
    rule = {"when": {}, "verdict": verdict, "reason": "here is {a}."}
    topics = {"t": {"facts": ["b"], "suggestion": "say {b}.", "rules": [rule]}}
    said = {n: {"say": f"{n} 0.5", "fact_ids": [n], "sources": ["k"]} for n in ("a", "b", "unused")}
    blank = float("nan")
    reference = {
        "authors_short": "A",
        "year": "2020",
        "journal": blank,
        "doi": "10.1/x",
        "title": "T",
        "url": "",
    }
    return {"topics": topics}, said, {"k": reference}


def test_a_rule_of_the_ledger_decides_where_one_is_named():
    filled = fill(*small(), lambda rule, query: (f"{rule} of {query}", "why"))
    (rule,) = filled["topics"]["t"]["rules"]
    assert (rule["verdict"], rule["why"], rule["rule"], rule["query"]) == (
        "leaning of pool",
        "why",
        "leaning",
        "pool",
    )
    assert (rule["reason"], filled["topics"]["t"]["suggestion"]) == ("Here is a 0.5.", "Say b 0.5.")
    assert set(filled["facts"]) == {"a", "b"}
    assert filled["sources"] == {"k": {"cite": "A, 2020", "title": "T", "url": "https://doi.org/10.1/x"}}


def test_a_fixed_verdict_asks_no_rule():
    filled = fill(*small("supported"), None)
    assert filled["topics"]["t"]["rules"][0]["verdict"] == "supported"


def test_an_unknown_name_in_a_sentence_is_an_error():
    template, said, references = small("supported")
    del said["a"]
    with pytest.raises(KeyError, match="a"):
        fill(template, said, references, None)


def test_a_fact_is_told_with_the_numbers_of_its_row():
    facts = {"F1": {"value": 0.35, "ci_low": 0.06, "ci_high": 0.64, "n": "", "source_key": "k"}}
    template = {"facts": {"a": {"ids": ["F1"], "say": "g = {0.oriented}, {0.value:.1f}"}}}
    assert say_facts(template, facts)["a"]["say"] == "g = -0.35 (-0.64 to -0.06), 0.3"


def test_every_topic_is_answered_by_rules_that_end():
    assert set(TEMPLATE["topics"]) == set(table().topics)
    for topic, spec in TEMPLATE["topics"].items():
        assert spec["rules"][-1]["when"] == {}, topic
        for name in ("verdict", "stance"):
            assert {rule[name] for rule in ANSWERS["topics"][topic]["rules"]} <= set(VERDICTS), topic
    assert set(LOOKS) == set(VERDICTS)


def test_rules_ask_only_for_known_families():
    derived = {"acute2", "promo2", "nonresponse", "nomonitor"}
    asked = {
        name
        for spec in TEMPLATE["topics"].values()
        for rule in spec["rules"]
        for key in ("has", "any", "lacks")
        for name in rule["when"].get(key, ())
        if not name.startswith("q:")
    }
    assert asked <= set(table().concepts) | derived


def test_an_unknown_condition_is_refused():
    asserted = recognise("Ketamine reduces PTSD symptoms.")[0].asserted
    with pytest.raises(ValueError, match="mood"):
        holds({"mood": "good"}, asserted)


@pytest.mark.parametrize(
    ("condition", "value", "unit", "expected"),
    [
        ({"unit": "percent", "min": 63, "max": 70}, 63, "percent", True),
        ({"unit": "percent", "min": 63, "max": 70}, 62.9, "percent", False),
        ({"unit": "percent", "min": 63, "max": 70}, 70.1, "percent", False),
        ({"unit": "days", "min": 7, "max": 49}, 1, "weeks", True),
        ({"unit": "days", "min": 7, "max": 49}, 8, "weeks", False),
        ({"unit": "minutes", "min": 119, "max": 600}, 2, "hours", True),
        ({"unit": "percent", "min": 0, "max": 9}, 5, "weeks", False),
    ],
)
def test_number_conditions_hold_at_their_bounds(condition, value, unit, expected):
    asserted = recognise("Ketamine reduces PTSD symptoms.")[0].asserted
    numbered = type(asserted)(**{**asserted.__dict__, "numbers": (Quantity(value, unit, 0),)})
    assert holds({"number": condition}, numbered) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A meta-analysis puts the effect of ketamine on PTSD at g = 0.35.", "supported"),
        ("A meta-analysis puts the effect of ketamine on PTSD at g = 0.70.", "contradicted"),
        ("The pooled effect of ketamine on PTSD is +0.35, favouring placebo.", "contradicted"),
        ("Ketamine is a proven treatment for PTSD.", "overstated"),
        ("Ketamine may help some people with PTSD.", "supported with limits"),
        ("Ketamine does nothing for PTSD.", "overstated"),
        ("Ketamine is addictive.", "supported"),
        ("Ketamine is not addictive.", "contradicted"),
        ("The evidence for ketamine in PTSD is uncertain.", "supported"),
        ("70% of the ketamine group responded, against 20% on midazolam.", "supported with limits"),
        ("71% of the ketamine group responded, against 20% on midazolam.", "overstated"),
        ("67% of people with PTSD respond to ketamine.", "overstated"),
        ("Symptoms fell by 30% on ketamine and by 20% on midazolam.", "contradicted"),
        ("Relief can come within a day of one infusion.", "supported with limits"),
        ("Relief from PTSD comes within minutes.", "no evidence"),
        ("Ketamine works for every patient after one infusion.", "contradicted"),
        ("Responders relapsed after a median of 7 weeks.", "supported with limits"),
        ("Responders relapsed after a median of 8 weeks.", "contradicted"),
        ("The dose was 1 mg/kg.", "supported with limits"),
        ("The dose was 2 mg/kg.", "contradicted"),
        ("The infusion lasts 40 minutes.", "supported"),
        ("The infusion lasts 60 minutes.", "supported with limits"),
        ("The infusion lasts 10 minutes.", "contradicted"),
        ("After the nasal spray patients are observed for two hours.", "supported"),
        ("After the nasal spray patients are observed for one hour.", "contradicted"),
        ("An infusion costs about $600.", "supported"),
        ("An infusion costs about $60.", "contradicted"),
        ("Systolic blood pressure rises by 24 mmHg.", "supported"),
        ("Systolic blood pressure rises by 25 mmHg.", "contradicted"),
        ("Over 26% of recreational users report bladder symptoms.", "supported"),
        ("Over 31% of patients end up with bladder symptoms.", "contradicted"),
        ("Veterans' PTSD improves on ketamine.", "contradicted"),
        ("The trial in 158 veterans found no benefit for PTSD.", "supported"),
        ("Spravato is approved for PTSD.", "contradicted"),
        ("Spravato is approved for depression, not for PTSD.", "supported"),
        ("PTSD affects about 7% of adults.", "outside scope"),
        ("Seventy randomised trials of ketamine for PTSD agree.", "contradicted"),
        ("The largest ketamine trial in PTSD randomised 1580 veterans.", "contradicted"),
        ("90% of patients with PTSD reported dizziness after ketamine.", "contradicted"),
        ("A meta-analysis found a standardised mean difference of -1.35 at 24 hours.", "contradicted"),
        ("A new dawn for survivors is here.", "no evidence"),
    ],
)
def test_rules_at_their_edges(text, expected):
    assert verdict(text) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Nausea occurs in 45% of patients given ketamine.", " Not compared with a source: 45%."),
        ("Nausea occurs in about a quarter of patients given ketamine.", ""),
        ("Nausea occurs in 27% of patients given ketamine.", ""),
        ("Ketamine blocks NMDA receptors.", ""),
    ],
)
def test_a_number_that_no_fact_holds_is_named_as_not_compared(text, told):
    (finding, *_) = check_text(text).findings
    assert finding.verdict.startswith("supported")
    assert finding.reason.partition(" Not compared")[1:] == told.partition(" Not compared")[1:]


def test_report_carries_place_reason_evidence_and_source():
    text = "We open at nine. Ketamine never raises blood pressure."
    (finding,) = check_text(text).findings
    assert text[finding.start : finding.end] == "Ketamine never raises blood pressure."
    assert finding.verdict == "contradicted"
    assert finding.main
    assert "12.6 mmHg" in finding.reason
    assert "F0715" in {i for e in finding.evidence for i in e["fact_ids"]}
    assert all(s["cite"] and s["url"].startswith("http") for s in finding.sources)


def test_citations_carry_no_remarks_of_the_extraction_and_keep_preprints():
    cites = [source["cite"] for source in ANSWERS["sources"].values()]
    assert not [cite for cite in cites if "not seen" in cite or "not shown" in cite or cite.startswith("(")]
    assert any("preprint" in cite for cite in cites)


def test_json_follows_the_documented_schema():
    report = json.loads(check_text("Ketamine blocks NMDA receptors, and it may harm the bladder.").to_json())
    guide = (ROOT / "docs" / "textcheck.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([\w.\[\]]+)` \|", guide, re.MULTILINE))
    found = {f"findings[].{key}" for key in report["findings"][0]}
    found |= {f"findings[].asserted.{key}" for key in report["findings"][0]["asserted"]}
    found |= {f"findings[].evidence[].{key}" for key in report["findings"][0]["evidence"][0]}
    found |= {f"findings[].sources[].{key}" for key in report["findings"][0]["sources"][0]}
    assert found | set(report) == documented
    assert sum(report["counts"].values()) == len(report["findings"]) == 2


def test_terminal_report_is_readable_and_tame():
    shown = str(check_text("Ketamine cures PTSD\x1b[31m forever\x07 in all.\nHello."))
    assert "CONTRADICTED" in shown
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= 100
    assert (
        str(check_text("Hello."))
        == "No claim about ketamine for PTSD was recognised. (Only English is read.)"
    )


def test_a_claim_said_again_is_shown_once_in_the_terminal():
    report = check_text(
        "Ketamine cures PTSD forever.\n\nKetamine raises blood pressure.\n\nKetamine cures PTSD forever."
    )
    shown = str(report)
    assert len(report.findings) == 3
    assert shown.startswith("3 claims")
    assert shown.count("Ketamine cures PTSD forever.") == 1
    assert "[permanent]  said 2 times" in shown
    assert "2. " in shown
    assert "3. " not in shown


HOSTILE = [
    "Ketamine cures PTSD <script>alert(1)</script> forever.",
    'Ketamine cures "PTSD" <img src=x onerror="alert(1)"> forever.',
    "Ketamine cures PTSD &lt;script&gt;alert(1)&lt;/script&gt; forever.",
    "Ketamine cures PTSD </script><script>alert('x')</script> for good.",
    "Ketamine cures PTSD' onmouseover='alert(1) forever.",
    "Ketamine cures PTSD \u202e<b\u200b onload=alert(1)>forever.",
]


class Seen(HTMLParser):
    """Collects tags and attributes of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


@pytest.mark.parametrize("text", HOSTILE)
def test_page_lets_no_markup_of_the_text_through(text):
    page = check_text(text).to_html()
    seen = Seen()
    seen.feed(page)
    assert seen.tags.count("script") == 1
    assert "img" not in seen.tags
    assert not [name for name in seen.attributes if name.startswith("on")]
    assert "\u202e" not in page.split('id="report"')[0]
    assert json.loads(re.search(r'id="report">(.*?)</script>', page, re.DOTALL).group(1))["findings"]


@pytest.mark.parametrize("text", HOSTILE)
def test_json_can_stand_in_a_page(text):
    encoded = check_text(text).to_json()
    assert "<" not in encoded
    assert ">" not in encoded
    assert json.loads(encoded)["characters"] == len(text)


def test_page_loads_nothing_and_needs_no_colour_or_mouse():
    page = check_text("Ketamine cures PTSD forever.").to_html()
    assert not re.search(r"<(link|img|iframe)|@import|url\(|src=", page)
    assert "default-src 'none'" in page
    assert 'lang="en"' in page
    assert 'tabindex="0" aria-describedby="t1"' in page
    assert "✗ contradicted" in page
    assert len({symbol for symbol, _, _ in LOOKS.values()}) == len(LOOKS)


def contrast(ink: str, paper: str) -> float:
    """WCAG contrast ratio of two colours."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lights = sorted((light(ink), light(paper)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


@pytest.mark.parametrize("name", LOOKS)
def test_colours_are_legible(name):
    _, ink, paper = LOOKS[name]
    assert contrast(ink, paper) >= 4.5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("a\0b", "binary"),
        ("\x01\x02\x03\x04\x05\x06\x07\x08\x01 text", "binary"),
        ("a" * (MAX_BYTES + 1), "too large"),
        ("é" * (MAX_BYTES // 2 + 1), "too large"),
        (b"bytes", "bytes"),
    ],
)
def test_unreadable_text_is_refused_with_a_reason(text, said):
    with pytest.raises(ValueError, match=said):
        check_text(text)


def test_a_megabyte_is_read():
    text = "The clinic opens at nine. " * 40_000 + "Ketamine cures PTSD forever."
    assert [f.topic for f in check_text(text).findings] == ["permanent"]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b"%PDF-1.7 x", "binary"), (b"a\0b", "binary"), (b"a" * (MAX_BYTES + 1), "too large")],
)
def test_unreadable_files_are_refused_with_a_reason(tmp_path, content, said):
    path = tmp_path / "text.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=said):
        read_text(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match="no such file"):
        read_text(tmp_path / "none.txt")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_common_encodings_are_read(tmp_path, encoding):
    path = tmp_path / "text.txt"
    path.write_bytes("It’s café.".encode(encoding))
    assert read_text(path) == "It’s café."


def test_other_answers_can_be_used():
    answers = json.loads(json.dumps(ANSWERS))
    answers["topics"]["bladder"]["rules"] = [
        {"when": {}, "verdict": "supported", "reason": "Mine.", "facts": []}
    ]
    assert check_text("It may harm the bladder.", answers).findings[0].reason == "Mine."


def test_checker_starts_without_the_numeric_libraries():
    code = "import sys, evidence.textcheck as t; t.check_text('Hello there.'); print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
