"""Recogniser: what makes a claim, where it stands, how well it does on sentences it was not written for."""

from __future__ import annotations

import csv
import importlib.util
import json
import math
import time
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.data.load import load
from evidence.report.claims import checked_sentences, quality
from evidence.textcheck import recognise as module
from evidence.textcheck.families import table
from evidence.textcheck.model import NONE, Head, probabilities
from evidence.textcheck.quantities import quantities_of, tokens_of
from evidence.textcheck.recognise import recognise
from evidence.textcheck.sentences import split_sentences
from evidence.textcheck.verdicts import VERDICTS

PACKAGE = Path(module.__file__).parent
CLAIMS = Path(__file__).parent / "claims"


@cache
def trainer():
    """The tool that makes the model."""
    path = Path(__file__).parents[1] / "tools" / "train_checker.py"
    spec = importlib.util.spec_from_file_location("train_checker", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Floors a little below what was measured: precision, recall, topic, verdict.
FLOORS = {"sentences": (0.96, 0.97, 0.93, 0.87), "articles": (0.93, 0.94, 0.86, 0.81)}
CHECKED = checked_sentences(load())


def rows(name: str) -> list[dict]:
    with (CLAIMS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", FLOORS)
def test_quality_on_texts_of_other_writers_stays_above_its_floor(name):
    result = quality(CHECKED[CHECKED["set"] == name])
    measured = [result[key] for key in ("precision", "recall", "topic", "verdict")]
    assert all(value >= floor for value, floor in zip(measured, FLOORS[name], strict=True)), result


def test_a_perfect_reader_and_a_silent_one_are_measured_as_such():
    verdicts = ["supported", "no claim", "overstated"]
    labelled = pd.DataFrame({"topic": ["a|b", "none", "c"], "verdict": verdicts})
    perfect = labelled.assign(found_topic=["b", "none", "c"], found_verdict=labelled["verdict"])
    assert quality(perfect) == {
        "claims": 2, "others": 1, "precision": 1.0, "recall": 1.0, "topic": 1.0, "verdict": 1.0
    }  # fmt: skip
    careless = labelled.assign(found_topic=["b", "c", "none"], found_verdict="supported")
    assert quality(careless) == {
        "claims": 2, "others": 1, "precision": 0.5, "recall": 0.5, "topic": 0.5, "verdict": 0.5
    }  # fmt: skip


def test_held_out_texts_are_not_among_those_the_model_was_made_from():
    training = {row["text"] for row in rows("sentences_training")}
    assert len(training) >= 10_000
    assert not training & set(CHECKED["text"])


def test_labels_are_topics_directions_and_verdicts():
    training = rows("sentences_training")
    topics = set(table().topics) | {"none"}
    assert {row["topic_key"] for row in training} == topics
    directions = {"benefit", "no_benefit", "harm", "no_harm", "neutral"}
    assert {row["direction"] for row in training} == {*directions, ""}
    assert {row["stance"] for row in training} == {*VERDICTS, ""}
    assert {topic for cell in CHECKED["topic"] for topic in cell.split("|")} <= topics


def test_the_model_was_made_from_these_sentences_and_families():
    stored = json.loads((PACKAGE / "model.json").read_text(encoding="utf-8"))
    assert stored["made_from"] == trainer().made_from(), "run make checker"
    assert set(stored["heads"]) == {"topic", "direction", "stance"}
    assert set(stored["heads"]["topic"]["labels"]) == set(table().topics) | {NONE}
    assert stored["heads"]["stance"]["labels"] == sorted(VERDICTS)


def test_training_finds_what_separates_sentences():
    found = trainer().rows(CLAIMS / "sentences_training.csv")
    few = [row for row in found if row["topic_key"] in ("bladder", "liver", "none")][:600]
    head = Head(**trainer().fit(few, "topic"))
    assert head.weight("f:bladder", "bladder") > 0 > head.weight("f:bladder", "liver")
    right = [head.ranked(row["features"])[0] == row["topic_key"] for row in few]
    assert sum(right) > 0.95 * len(few)


def test_probabilities_are_those_of_a_softmax():
    head = Head(["a", "b"], [0, 100], {"x": [0, 200]}, 0.01)
    assert head.scores({"x": 0.5, "unknown": 1.0}) == {"a": 1.0, "b": 1.0}
    assert head.ranked({}) == ["b", "a"]
    expected = {"a": 1 / (1 + math.exp(-1)), "b": 1 / (1 + math.e)}
    assert probabilities(head.scores({"x": 1.0})) == pytest.approx(expected)


def test_every_family_that_affirms_or_denies_is_known():
    named = {
        name
        for topic, spec in table().topics.items()
        if spec["type"] in table().types
        for names in table().polar_words(topic)
        for name in names
    }
    assert named
    assert named <= set(table().concepts)


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
        ("a standardised mean difference of -1.35", [(1.35, "g")]),
        ("half a dozen", [(6, "count")]),
        ("g at 24 h = 0.64", [(24, "hours"), (0.64, "g")]),
        ("one person in twenty", [(5, "percent")]),
        ("thirty trial participants", [(30, "participants")]),
        ("six people in a room", [(6, "participants")]),
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
    assert [c.topic for c in found] == ["mechanism_nmda", "bladder"]


def test_this_group_points_back_to_the_sentence_before():
    found = recognise("Firefighters see much trauma. Ketamine can help these brave individuals recover.")
    assert found[-1].topic == "first_responders"
    assert found[-1].sentence.text.startswith("Ketamine")


def test_both_groups_named_before_are_claimed_about():
    found = recognise("Police and soldiers see much trauma. Ketamine can help these brave individuals.")
    assert {c.topic for c in found[-2:]} == {"first_responders", "veterans"}


def test_hours_and_days_are_two_claims():
    found = recognise("Patients feel relief from PTSD symptoms within hours or days.")
    assert {c.topic for c in found} == {"onset_minutes_hours", "onset_days"}


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Is it addictive? Not at all.", "dependence"),
        ("How long does an infusion take? About forty minutes.", "infusion_length_dose"),
        ("Does ketamine cause dizziness? Hardly ever.", "common_ae"),
    ],
)
def test_an_answer_is_read_with_its_question(text, topic):
    (claim,) = recognise(text)
    assert claim.topic == topic
    assert not claim.sentence.text.endswith("?")


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


@pytest.mark.parametrize(
    "text",
    [
        "La kétamine guérit le TSPT chez 90 % des patients.",
        "Ketamin reduziert die Symptome der PTBS um 90 %.",
        "La ketamina cura el TEPT en horas.",
    ],
)
def test_other_languages_are_not_judged(text):
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
    text = " ".join(CHECKED["text"])[:10_000]
    recognise(text)
    start = time.perf_counter()
    recognise(text)
    assert time.perf_counter() - start < 0.5
