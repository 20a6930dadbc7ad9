"""Long-term harms, regulation and omissions: exposure kept apart, nothing asserted that was not seen."""

import re

import pytest
from altered import altered, with_cells, with_row

import evidence as ev
from evidence.report import longterm as words
from evidence.report import omissions as left


@pytest.fixture(scope="module")
def review():
    return ev.load()


def test_recreational_use_is_never_called_medical(review):
    facts = words.long_term_facts(review)
    heavy = facts["population"].isin(["recreational users", "long-term users"])
    assert (facts["exposure"].str.startswith("recreational") == heavy).all()
    assert heavy.any()
    pain = facts[facts["population"] == "chronic pain"]
    assert set(pain["exposure"]) == {"medical, far above PTSD doses"}


def test_every_topic_of_long_term_harm_is_there(review):
    assert set(words.long_term_facts(review)["harm"]) == {
        "bladder and urine", "thinking", "dependence", "liver and bile", "long-term safety as a whole"
    }  # fmt: skip


def test_bladder_sentence_keeps_survey_and_treatment_apart(review):
    text = words.bladder_sentence(review)
    assert "26% of past-year users in a self-selected survey (340 of 1,285)" in text
    assert "not a rate for treatment" in text
    assert "TRANSFORM pooled, 2.7 (0.2 to 5.2) points;" in text
    assert "ASPIRE I+II pooled, 1.3 (-1.3 to 4.2) points (not clear)" in text
    assert text.endswith("PTSD trials: no count was found.")


def test_a_count_in_ptsd_is_no_longer_missing(review):
    more = review
    for arm in ("ketamine_0.5", "midazolam"):
        like = {"trial_id": "feder_2021", "arm": arm, "outcome": "headache"}
        more = with_row(more, "events", like, outcome="pollakiuria")
    assert words.bladder_sentence(more).endswith("PTSD trials: counted.")


def test_long_term_sentence_admits_that_no_fact_is_from_ptsd(review):
    text = words.long_term_sentence(review)
    assert "none comes from people treated for PTSD" in text
    assert "is not known" in text
    one = with_cells(review, "context", {"context_id": "bladder_case"}, population="PTSD")
    assert "1 come from people treated for PTSD" in words.long_term_sentence(one)
    assert "is not known" not in words.long_term_sentence(one)


def test_documents_whose_position_was_not_seen_are_named_as_such(review):
    text = words.regulation_sentence(review)
    unseen = review.context[review.context["note"].fillna("").str.contains("Do not assert")]
    assert len(unseen) >= 3
    assert all(subject in text.split("Positions not seen")[1] for subject in unseen["subject"])
    assert "2023-10" in text


def test_a_position_once_read_is_no_longer_called_unseen(review):
    read = with_cells(review, "context", {"context_id": "ranzcp_2025"}, note="")
    assert "RANZCP" not in words.regulation_sentence(read).split("Positions not seen")[1]


def test_regulation_table_shows_how_each_fact_was_read(review):
    shown = words.regulation_table(review)
    rows = {row[shown.header.index("about")]: row for row in shown.rows}
    assert "second-hand" in rows["VA/DoD guideline on ketamine for PTSD"]
    assert not any("MDMA" in about for about in rows)
    assert {"source", "facts", "date", "not verified"} <= set(shown.header)


def test_urinary_table_holds_differences_and_the_uncontrolled_rate(review):
    text = str(words.urinary_table(review))
    assert "11/346 v 1/222" in text
    assert "136/802, no control" in text
    assert "17.0% (14.4% to 19.7%)" in text


TOPICS = [item.topic for item in left.OMISSIONS]


def test_the_article_leaves_out_every_topic(review):
    assert [row["topic"] for row in left.omissions(review)] == TOPICS
    assert "mentions none of nine topics" in left.omissions_sentence(review)


@pytest.mark.parametrize(
    ("paraphrase", "topic"),
    [
        ("Ketamine is used off-label.", "approval status"),
        ("The guideline suggests against it.", "guideline position"),
        ("Blood pressure rises for a while.", "rise in blood pressure"),
        ("It may be abused.", "misuse and dependence"),
        ("You will be observed for two hours.", "observation after a dose"),
        ("The benefit lasts about four weeks.", "how long benefit lasts"),
        ("A trial in veterans found no difference.", "the trials in veterans"),
        ("Trials are small.", "how small the trials are"),
        ("Serious events are rare.", "how little is known of serious events"),
    ],
)
def test_a_topic_that_the_article_mentions_is_not_left_out(review, paraphrase, topic):
    claims = review.claims
    claims.loc[claims["claim_id"] == "S01", "paraphrase"] = paraphrase
    changed = altered(review, claims=claims)
    assert [row["topic"] for row in left.omissions(changed)] == [t for t in TOPICS if t != topic]
    assert "mentions one of nine topics" in left.omissions_sentence(changed)


def test_every_omission_has_a_fact_and_a_source(review):
    keys = set(review.references["key"])
    for row in left.omissions(review):
        assert row["fact"]
        assert set(row["source_key"].split("; ")) <= keys


def test_omitted_facts_are_computed(review):
    facts = {row["topic"]: row["fact"] for row in left.omissions(review)}
    assert "half of 10 responders had lost the response 27.5 days" in facts["how long benefit lasts"]
    assert "Abdallah 2022 (158 people): no difference" in facts["the trials in veterans"]
    assert "from 10 to 158 people" in facts["how small the trials are"]
    later = with_cells(review, "timing", {"trial_id": "feder_2021"}, median_days=60.0)
    changed = {row["topic"]: row["fact"] for row in left.omissions(later)}
    assert "60 days" in changed["how long benefit lasts"]


def test_numbers_on_benefit_are_counted(review):
    assert left.omissions_sentence(review).endswith("on benefit none holds a number.")
    claims = review.claims
    claims.loc[claims["claim_id"] == "S42", "paraphrase"] = "Nine of 10 people benefit."
    assert left.omissions_sentence(altered(review, claims=claims)).endswith("on benefit one holds a number.")


@pytest.mark.parametrize(
    "make", [words.long_term_table, words.urinary_table, words.regulation_table, left.omissions_table]
)
def test_tables_hold_no_bare_nan(review, make):
    shown = make(review)
    assert {"source", "facts"} <= set(shown.header)
    assert not re.search(r"\bnan\b", str(shown), re.IGNORECASE)
