"""Harms by arm: against an independent calculation and R, the rules of counting, words that follow counts."""

import json
import math
import re
from pathlib import Path

import pytest
from altered import altered, with_cells, with_row
from numpy.testing import assert_allclose

import evidence as ev
from evidence.report import safety as words
from evidence.review.safety import (
    ENRICHED,
    harm_contrasts,
    harms,
    long_term_topic,
    published_harm_ratios,
    single_arm_harms,
    zero_events,
)

REFERENCE = json.loads((Path(__file__).parent / "reference" / "safety.json").read_text("utf-8"))
RTOL = 1e-8


@pytest.fixture(scope="module")
def review():
    return ev.load()


@pytest.fixture(scope="module")
def contrasts(review):
    return harm_contrasts(review)


# Percentage points, calculated independently of this package by those who collected the counts.
CALCULATED = {
    ("aspire_pooled_2021", "dissociation"): (77, 13, 28.1, 21.1, 34.9),
    ("aspire_pooled_2021", "dizziness"): (87, 31, 24.5, 16.6, 32.1),
    ("aspire_pooled_2021", "nausea"): (61, 31, 13.1, 5.7, 20.3),
    ("aspire_pooled_2021", "sedation"): (23, 5, 7.9, 3.5, 12.7),
    ("aspire_pooled_2021", "blood_pressure_increased"): (26, 9, 7.5, 2.5, 12.6),
    ("aspire_pooled_2021", "vomiting"): (26, 12, 6.1, 1.0, 11.4),
    ("transform_pooled", "pollakiuria"): (11, 1, 2.7, 0.2, 5.2),
}


@pytest.mark.parametrize("key", CALCULATED)
def test_risk_differences_equal_an_independent_calculation(contrasts, key):
    row = contrasts.set_index(["trial_id", "outcome"]).loc[key]
    a, c, *expected = CALCULATED[key]
    assert (row["a"], row["c"]) == (a, c)
    assert_allclose([100 * row[x] for x in ("rd", "rd_low", "rd_high")], expected, atol=0.0501)


@pytest.mark.parametrize("case", REFERENCE["counts"], ids=lambda case: str(case["table"]))
def test_intervals_and_exact_odds_ratios_equal_r(contrasts, case):
    a, n1, c, n2 = case["table"]
    same = (contrasts[["a", "n1", "c", "n2"]] == [a, n1, c, n2]).all(axis=1)
    row = contrasts[same].iloc[0]
    assert_allclose(row[["rd", "rd_low", "rd_high"]].astype(float), case["rd"], rtol=RTOL)
    odds = row[["odds_ratio", "or_low", "or_high"]].astype(float)
    assert_allclose(odds, [float(x) for x in case["odds_ratio"]], rtol=1e-7)


@pytest.mark.parametrize("case", REFERENCE["single"], ids=lambda case: str(case["events"]))
def test_exact_limits_of_single_arms_equal_r(review, case):
    rows = single_arm_harms(review)
    row = rows[(rows["events"] == case["events"]) & (rows["n"] == case["n"])].iloc[0]
    assert_allclose([row["low"], row["high"]], case["limits"], rtol=RTOL)


@pytest.mark.parametrize("case", REFERENCE["none"], ids=lambda case: str(case["n"]))
def test_bounds_without_an_event_equal_r(review, case):
    rows = zero_events(review)
    assert_allclose(rows.loc[rows["n"] == case["n"], "bound"], case["upper"], rtol=RTOL)


def test_the_trial_with_counts_by_arm_has_all_of_them(contrasts):
    rows = contrasts[(contrasts["trial_id"] == "feder_2021") & (contrasts["kind"] == "acute effect")]
    assert dict(zip(rows["outcome"], zip(rows["a"], rows["c"], strict=True), strict=True)) == {
        "blurred_vision": (8, 0),
        "dizziness": (5, 2),
        "fatigue": (5, 13),
        "headache": (4, 2),
        "nausea_or_vomiting": (3, 1),
    }
    assert set(rows["n1"]) == set(rows["n2"]) == {15}


def test_no_benefit_is_counted_as_a_harm_and_no_harm_is_lost(review):
    kept = set(harms(review)["outcome"])
    dropped = set(review.events["outcome"]) - kept
    assert dropped == {
        o for o in dropped if o.startswith(("response", "remission", "ptsd_screen", "flashbacks_"))
    }
    assert not {o for o in kept if "response" in o or "remission" in o}


def test_a_new_kind_of_outcome_is_a_harm(review):
    more = with_row(review, "events", {"outcome": "nausea"}, outcome="hiccups", timepoint_label="new")
    assert "hiccups" in set(harms(more)["outcome"])


def test_every_row_is_one_arm_of_one_trial_and_nothing_is_added_up(review, contrasts):
    counted = review.events.set_index(["trial_id", "arm", "outcome", "timepoint_label"])[["events", "n"]]
    for row in contrasts.itertuples():
        key = (row.trial_id, row.active_arm, row.outcome, row.timepoint_label)
        assert tuple(counted.loc[key]) == (row.a, row.n1)
    assert not contrasts.duplicated(["trial_id", "active_arm", "outcome", "timepoint_label"]).any()
    # ASPIRE II is part of the pooled ASPIRE trials; its counts may not stand beside them.
    assert "aspire2_2021" not in set(contrasts["trial_id"])


def test_both_doses_of_the_veteran_trial_stand_against_the_one_placebo(contrasts):
    rows = contrasts[contrasts["trial_id"] == "abdallah_2022"]
    assert len(rows) == 2
    assert set(zip(rows["c"], rows["n2"], strict=True)) == {(19, 55)}


def test_evidence_is_direct_only_for_randomised_people_with_ptsd(review):
    rows = harms(review).drop_duplicates("trial_id").set_index("trial_id")["evidence"]
    assert rows["feder_2021"] == "direct"
    assert rows["macconnel_preprint"] == "no control"
    assert rows["aspire_pooled_2021"] == rows["wajs_2020"] == "indirect"
    assert not set(rows[rows == "direct"].index) - set(
        review.trials.loc[review.trials["role"] == "core", "trial_id"]
    )


def test_the_second_course_is_marked(review, contrasts):
    assert set(ENRICHED) <= set(review.trials["trial_id"])
    assert set(contrasts.loc[contrasts["enriched"], "trial_id"]) == set(ENRICHED)


def test_an_odds_ratio_without_any_event_is_nan(contrasts):
    row = contrasts[(contrasts["kind"] == "serious") & (contrasts["evidence"] == "direct")].iloc[0]
    assert (row["a"], row["c"]) == (0, 0)
    assert math.isnan(row["odds_ratio"])
    assert not row["clear"]


def test_clear_means_that_the_exact_interval_excludes_one(contrasts):
    odds = contrasts[["or_low", "or_high"]]
    assert ((odds["or_low"] > 1) | (odds["or_high"] < 1)).eq(contrasts["clear"]).all()
    assert contrasts["clear"].any()
    assert not contrasts["clear"].all()


def test_rows_keep_their_sources(review, contrasts):
    facts = set(review.facts["fact_id"])
    assert all(set(ids.split("; ")) <= facts for ids in contrasts["fact_ids"])
    assert contrasts["source_key"].isin(review.references["key"]).all()


def test_a_printed_limit_of_one_excludes_nothing(review):
    rows = published_harm_ratios(review).set_index("outcome")
    assert rows.loc["blurred vision", "ci_low"] == 1
    assert not rows.loc["blurred vision", "clear"]
    assert rows.loc["dry mouth", "clear"]


@pytest.mark.parametrize(
    ("subject", "topic"),
    [
        ("Urinary symptoms in recreational users", "bladder and urine"),
        ("Craving and misuse under supervision", "dependence"),
        ("Cognition in esketamine trials", "thinking"),
        ("Liver and bile, supervised repeated use", "liver and bile"),
        ("Severe hypertension, infusion sessions", ""),
    ],
)
def test_long_term_harms_are_told_from_acute_ones(subject, topic):
    assert long_term_topic(subject) == topic


# Words follow the counts.


def test_the_answer_names_what_is_clear_on_each_side(review):
    text = words.safety_answer(review)
    assert "commoner on ketamine: blurred vision (8 of 15 against 0 of 15" in text
    assert "commoner on the comparator: fatigue (5 of 15 against 13 of 15" in text
    assert "up to 18% possible" in text
    assert "no long-term safety trial" in text


def test_a_changed_count_changes_the_answer(review):
    where = {"trial_id": "feder_2021", "arm": "ketamine_0.5", "outcome": "fatigue"}
    text = words.acute_sentence(with_cells(review, "events", where, events=13))
    assert "comparator" not in text
    assert "Too few people to tell: dizziness, fatigue" in text


def test_no_counts_by_arm_are_admitted(review):
    none = altered(review, events=review.events[review.events["trial_id"] != "feder_2021"])
    assert words.acute_sentence(none) == "No PTSD trial counts acute effects by arm."
    assert words.serious_sentence(none).startswith("None of eight randomised reports gives serious events")


def test_a_serious_event_is_counted_and_takes_the_bound_away(review):
    where = {"trial_id": "feder_2021", "arm": "ketamine_0.5", "outcome": "serious_adverse_event"}
    text = words.serious_sentence(with_cells(review, "events", where, events=2))
    assert "2 among 15 on ketamine" in text
    assert "possible" not in text


def test_a_year_long_trial_takes_back_that_nothing_is_known(review):
    year = with_row(
        review,
        "events",
        {"trial_id": "feder_2021", "outcome": "serious_adverse_event"},
        timepoint_days=365.0,
        timepoint_label="one year",
    )
    assert "no long-term safety trial" not in words.safety_answer(year)


def test_indirect_evidence_is_called_so_and_leaves_the_second_course_out(review):
    text = words.indirect_sentence(review)
    assert text.startswith("Indirect evidence, from people treated for depression (ASPIRE")
    assert "28 (21 to 35) more with dissociation" in text
    assert "SUSTAIN" not in text


def test_indirect_effects_come_largest_first(review):
    where = {"trial_id": "aspire_pooled_2021", "arm": "esketamine_84mg", "outcome": "nausea"}
    text = words.indirect_sentence(with_cells(review, "events", where, events=200))
    assert text.index("nausea") < text.index("dissociation")


def test_stopping_counts_clear_differences(review):
    assert "none shows a clear difference" in words.stopping_sentence(review)
    where = {"trial_id": "feder_2014", "arm": "midazolam", "outcome": "dropout_week1"}
    assert "one shows a clear difference" in words.stopping_sentence(
        with_cells(review, "events", where, events=12)
    )


def test_blood_pressure_gives_the_range_over_series(review):
    text = words.blood_pressure_sentence(review)
    assert "by 7 to 16 mmHg" in text
    assert "1.0% of infusions" in text
    assert "17 of 138, 12% (7% to 19%)" in text
    higher = with_cells(review, "context", {"context_id": "bp_systolic_yale"}, value=21.0)
    assert "by 7 to 21 mmHg" in words.blood_pressure_sentence(higher)


def test_dissociation_is_back_at_baseline_within_two_hours(review):
    text = words.dissociation_sentence(review)
    assert "within two hours" in text
    assert "77 of 227 against 13 of 225 (depression)" in text


def test_pooled_ratios_are_split_by_their_intervals(review):
    assert words.published_ratios_sentence(review).endswith(
        "excludes an odds ratio of 1 for dry mouth and dizziness; it does not for blurred vision."
    )


def test_tables_show_sources_and_facts_and_no_bare_nan(review):
    tables = [
        words.harms_table(review, "direct"),
        words.harms_table(review, "indirect"),
        words.zero_events_table(review),
        words.single_arm_table(review),
        words.published_ratios_table(review),
        words.acute_facts_table(review),
    ]
    for shown in tables:
        assert {"source", "facts"} <= set(shown.header)
        assert shown.rows
        assert not re.search(r"\bnan\b", str(shown), re.IGNORECASE)


def test_indirect_rows_are_labelled_in_the_table(review):
    shown = words.harms_table(review, "indirect")
    evidence = [row[shown.header.index("evidence")] for row in shown.rows]
    assert set(evidence) == {"depression (indirect)"}
    trials = {row[0] for row in shown.rows}
    assert "SUSTAIN-1 (second course)" in trials


def test_a_table_shows_the_bound_of_a_zero(review):
    rows = {row[0]: row for row in words.zero_events_table(review).rows}
    assert "up to 2.5%" in rows["MacConnel (preprint)"]


def test_nothing_counted_gives_an_empty_table(review):
    none = altered(review, events=review.events.iloc[:0])
    assert harm_contrasts(none).empty
    assert zero_events(none).empty
    assert words.harms_table(none).rows == ()
