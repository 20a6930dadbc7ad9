"""Recogniser: what makes a claim, where it stands, how well it does on sentences it was not written for."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.textcheck import recognise as module
from evidence.textcheck.families import table
from evidence.textcheck.quantities import quantities_of, tokens_of
from evidence.textcheck.recognise import recognise
from evidence.textcheck.sentences import split_sentences
from evidence.textcheck.verdicts import judge

PACKAGE = Path(module.__file__).parent
CLAIMS = Path(__file__).parent / "claims"
ANSWERS = json.loads((PACKAGE / "answers.json").read_text(encoding="utf-8"))
DERIVED = {"acute2", "promo2", "nonresponse", "nomonitor"}
WORDS = {"not testable / no evidence": "no evidence"}
# Floors a little below what was measured; tests/claims/README.md has the numbers at first sight.
FLOORS = {
    "dev": (0.97, 0.97, 0.95, 0.95),
    "own": (0.97, 0.98, 0.93, 0.90),
    "final": (0.95, 0.95, 0.87, 0.90),
    "rounds": (0.97, 0.97, 0.94, 0.94),
    "outlets": (0.97, 0.93, 0.87, 0.90),
}


def rows(name: str) -> list[dict]:
    with (CLAIMS / f"sentences_{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def measured(sentences: list[dict]) -> tuple[float, float, float, float]:
    """Precision and recall of claim detection; topic and verdict accuracy over the claims."""
    hit = false = topic = verdict = 0
    claims = [r for r in sentences if r["topic_key"] != "none"]
    for row in sentences:
        found = recognise(row["text"])
        is_claim = row["topic_key"] != "none"
        hit += bool(found) and is_claim
        false += bool(found) and not is_claim
        if found and is_claim:
            expected = WORDS.get(row["expected_verdict"], row["expected_verdict"])
            topic += found[0].topic == row["topic_key"]
            verdict += judge(found[0], ANSWERS).verdict == expected
    return hit / (hit + false), hit / len(claims), topic / len(claims), verdict / len(claims)


@pytest.mark.parametrize("name", FLOORS)
def test_quality_stays_above_its_floor(name):
    result = measured(rows(name))
    shown = dict(zip(("precision", "recall", "topic", "verdict"), result, strict=True))
    assert all(value >= floor for value, floor in zip(result, FLOORS[name], strict=True)), shown


def test_held_out_half_was_not_needed_for_tuning():
    held_out = [r for r in rows("own") if r["split"] == "heldout"]
    precision, recall, topic, verdict = measured(held_out)
    assert len(held_out) >= 100
    assert precision >= 0.95
    assert recall >= 0.95
    assert topic >= 0.90
    assert verdict >= 0.85


def test_topic_keys_of_the_sentence_sets_are_topics():
    used = {r["topic_key"] for name in FLOORS for r in rows(name)} - {"none"}
    assert used <= set(table().topics)


def test_own_sentences_are_enough_and_split():
    own = rows("own")
    assert len(own) >= 150
    assert {r["split"] for r in own} == {"tuning", "heldout"}
    texts = [r["text"] for name in FLOORS for r in rows(name)]
    assert len(texts) == len(set(texts))


def test_every_word_of_a_cue_is_a_family():
    known = set(table().concepts) | DERIVED
    unknown = {
        (topic, name)
        for topic, cues in table().cues.items()
        for cue, _ in cues
        for _, names in cue
        for name in names
        if name not in known and not name.startswith("q:")
    }
    assert unknown == set()


def test_every_family_says_why():
    assert all(concept["why"] for concept in table().concepts.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dr. Ray saw 2.5 vs. 3 points. It held.", ["Dr. Ray saw 2.5 vs. 3 points.", "It held."]),
        ("It works, e.g. for A. B. Smith et al. (2021).", ["It works, e.g. for A. B. Smith et al. (2021)."]),
        ("Is it safe? Yes! It is.", ["Is it safe?", "Yes!", "It is."]),
        ("- First item\n- Second item", ["First item", "Second item"]),
        ("1. Relief\n2) Calm", ["Relief", "Calm"]),
        ("A rather long line that was wrapped by an old\neditor goes on here.",
         ["A rather long line that was wrapped by an old\neditor goes on here."]),
        ("Heading Here\n\nBody text.", ["Heading Here", "Body text."]),
        ("havenâ€™t â€œseenâ€\x9d it.", ["haven't \"seen\" it."]),
        ("No space.Then more.", ["No space.", "Then more."]),
    ],
)  # fmt: skip
def test_sentences_are_split_where_a_reader_would(text, expected):
    assert [s.text for s in split_sentences(text)] == expected


def test_html_is_stripped_and_places_point_into_it():
    text = (
        "<h2>Facts</h2><p title='a > b'>Fish &amp; <b>chips</b> cost.</p><script>Bad.</script><li>One<li>Two"
    )
    found = split_sentences(text)
    assert [s.text for s in found] == ["Facts", "Fish & chips cost.", "One", "Two"]
    assert [s.kind for s in found] == ["heading", "prose", "fragment", "fragment"]
    assert text[found[1].start : found[1].end] == "Fish &amp; <b>chips</b> cost."


def test_disguised_words_are_read():
    text = "Ket\u0430mine cu\u200bres \u202ePTSD perm\u00adanently."
    (claim,) = recognise(text)
    assert claim.topic == "permanent"
    assert text[claim.sentence.start : claim.sentence.end] == text


ALPHABET = st.sampled_from(
    list("aKetamine ptsd.!?<>&;/'\"\n-1%é\u200b\u202eâ€™") + ["<p>", "</p>", "<script>", "&lt;"]
)


@settings(deadline=None, max_examples=200)
@given(st.lists(ALPHABET, max_size=80).map("".join))
def test_places_are_ordered_and_inside_the_text(text):
    end = 0
    for sentence in split_sentences(text):
        assert end <= sentence.start < sentence.end <= len(text)
        end = sentence.end


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=120))
def test_no_text_breaks_the_recogniser(text):
    assert all(claim.topic in table().topics for claim in recognise(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("67% improved", [(67, "percent")]),
        ("two out of three patients", [(200 / 3, "percent")]),
        ("10 of 15 responded", [(200 / 3, "percent")]),
        ("nine of every ten", [(90, "percent")]),
        ("more than a quarter of users", [(25, "percent")]),
        ("twenty-four hours", [(24, "hours")]),
        ("40 to 60 minutes", [(40, "minutes"), (60, "minutes")]),
        ("between 40 and 60 minutes", [(40, "minutes"), (60, "minutes")]),
        ("two thirds of an hour", [(40, "minutes")]),
        ("half a milligram per kilo", [(0.5, "mg/kg")]),
        ("a fortnight", [(2, "weeks")]),
        ("n = 158, g = 0.27, p < .05", [(158, "participants"), (0.27, "g"), (0.05, "p")]),
        ("(95% CI 0.06, 0.64)", [(0.06, "count"), (0.64, "count")]),
        ("$300-1,500", [(300, "USD"), (1500, "USD")]),
        ("PCL-5 in 2021, phase 3", []),
        ("six infusions a week", [(6, "infusions")]),
    ],
)
def test_numbers_are_read_with_units(text, expected):
    found = [(q.value, q.unit) for q in quantities_of(tokens_of(text))]
    assert [unit for _, unit in found] == [unit for _, unit in expected]
    assert [value for value, _ in found] == pytest.approx([value for value, _ in expected])


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("Ketamine reduces PTSD symptoms.", "benefit"),
        ("Ketamine does not reduce PTSD symptoms.", "no_benefit"),
        ("Ketamine reduces PTSD symptoms not only in trials.", "benefit"),
        ("Unlike pills, which often do not work, ketamine reduces PTSD symptoms.", "benefit"),
        ("Ketamine raises blood pressure.", "harm"),
        ("Ketamine does not raise blood pressure.", "no_harm"),
        ("Ketamine leaves the bladder unharmed, with no problems.", "no_harm"),
    ],
)
def test_direction_follows_negation(text, direction):
    assert recognise(text)[0].asserted.direction == direction


def test_asserted_record_holds_what_is_said():
    (claim, *_) = recognise(
        "In the trial, 67% of veterans may respond to the nasal spray, against 20% on midazolam."
    )
    said = claim.asserted
    assert said.hedged
    assert said.population == "veteran"
    assert said.route == "nasal"
    assert said.comparator == "midazolam"
    assert [q.value for q in said.numbers] == [67, 20]


def test_several_claims_come_main_first():
    found = recognise("Ketamine blocks NMDA receptors, and it may harm the bladder.")
    assert [c.topic for c in found] == ["bladder", "mechanism_nmda"]


def test_this_group_points_back_to_the_sentence_before():
    found = recognise("Firefighters see much trauma. Ketamine can help these brave individuals recover.")
    assert [c.topic for c in found] == ["first_responders"]


def test_both_groups_named_before_are_claimed_about():
    found = recognise("Police and soldiers see much trauma. Ketamine can help these brave individuals.")
    assert {c.topic for c in found} == {"first_responders", "veterans"}


def test_hours_and_days_are_two_claims():
    found = recognise("Patients feel relief from PTSD symptoms within hours or days.")
    assert [c.topic for c in found] == ["onset_minutes_hours", "onset_days"]


@pytest.mark.parametrize(
    "text",
    [
        "Does ketamine cure PTSD?",
        "Ask your doctor about ketamine for PTSD.",
        "Talk with a psychiatrist before starting ketamine.",
        "How Ketamine Therapy Helps People With PTSD",
        "Table of contents",
        "Our clinic offers ketamine therapy for PTSD.",
        "PTSD stands for post-traumatic stress disorder.",
        "The ketamine trial for PTSD was approved by the hospital's ethics board.",
    ],
)
def test_questions_instructions_titles_and_definitions_are_no_claims(text):
    assert recognise(text) == []


HOSTILE = [
    "ketamine ",
    "not ",
    "6 in 6 in ",
    "no evidence of ",
    '<a "',
    "<!--",
    "<p>",
    "&amp",
    "â€",
    "a. ",
    "\n",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_grows_with_length_only(unit):
    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        start = time.perf_counter()
        recognise(text)
        return time.perf_counter() - start

    seconds(5_000)
    short, long = seconds(10_000), seconds(80_000)
    assert long < 24 * short + 0.5  # eight times the text; a quadratic search would need 64 times


def test_an_article_takes_less_than_half_a_second():
    text = " ".join(r["text"] for name in ("dev", "own") for r in rows(name))[:10_000]
    recognise(text)
    start = time.perf_counter()
    recognise(text)
    assert time.perf_counter() - start < 0.5
