"""Every check finds the error it is for, the clean data raise none, quirks are acknowledged and guarded."""

import dataclasses
from pathlib import Path

import pytest

from evidence.checks.corrupt import Corruption
from evidence.checks.laboratory import Laboratory
from evidence.checks.run import CHECKS, NOTE, WARNING, checks_page, run_checks
from evidence.data.load import find_data
from evidence.data.validate import check

ROOT = Path(__file__).parents[1]
CHECKED = check(find_data(ROOT / "data"))
DUEK = {"trial_id": "duek_2023", "arm": "ketamine_0.5"}
MD5 = {"trial_id": "duek_2023", "metric": "mean_difference", "timepoint_days": 5}
FEDER = {"trial_id": "feder_2021", "arm": "ketamine_0.5"}
WEEK2 = {"trial_id": "feder_2021", "scale": "CAPS-5", "timepoint_label": "week 2"}

# check: table, the row, what is typed into it.
EXAMPLES = {
    "value_differs": ("outcomes", {**DUEK, "timepoint_label": "baseline"}, {"mean": "49.165"}),
    "value_untraced": ("trials", {"trial_id": "feder_2014"}, {"n_doses": "3"}),
    "value_unused": ("outcomes", {**DUEK, "timepoint_label": "baseline"}, {"sd": ""}),
    "fact_day": ("outcomes", {**DUEK, "timepoint_days": 5}, {"timepoint_days": "7"}),
    "fact_place": ("outcomes", {**DUEK, "timepoint_days": 5}, {"seen_in": "registry"}),
    "fact_subject": ("events", {**FEDER, "outcome": "blurred_vision"}, {"arm": "midazolam"}),
    "fact_same_cell": ("outcomes", {**DUEK, "timepoint_days": 5}, {"scale": "CAPS-5"}),
    "fact_total": ("contrasts", MD5, {"n1": "11"}),
    "fact_scale": ("contrasts", {**WEEK2, "metric": "cohen_d"}, {"scale": "PCL-5"}),
    "fact_finding": (
        "contrasts",
        {"trial_id": "abdallah_2022", "scale": "CAPS-5", "active_arm": "ketamine_0.5"},
        {"finding": "favours_active"},
    ),
    "fact_sign": ("contrasts", {**WEEK2, "metric": "cohen_d"}, {"favours_active_when": "negative"}),
    "fact_review": (
        "published_pools",
        {"review": "borgogna_2024", "window": "week1"},
        {"window": "24h"},
    ),
    "fact_outcome": ("events", {**FEDER, "outcome": "blurred_vision"}, {"outcome": "vertigo"}),
    "fact_clock": ("timing", {"trial_id": "feder_2021"}, {"counted_from": "first_dose"}),
    "arm_roles": (
        "contrasts",
        {**WEEK2, "metric": "cohen_d"},
        {"active_arm": "midazolam", "comparator_arm": "ketamine_0.5"},
    ),
    "scale_of_trial": ("trials", {"trial_id": "feder_2021"}, {"primary_scale": "PCL-6"}),
    "statement_day": ("facts", {"fact_id": "F0858"}, {"timepoint_days": "90"}),
    "window_told": (
        "published_pools",
        {"review": "du_2022", "outcome": "chronic PTSD scales"},
        {"window": "week1"},
    ),
    "interval_centre": ("contrasts", {"trial_id": "feder_2014", "finding": "estimate"}, {"ci_low": "5.2"}),
    "interval_half": ("contrasts", MD5, {"ci_low": ""}),
    "se_and_interval": ("contrasts", MD5, {"se": "3.7"}),
    "p_and_estimate": ("contrasts", {**WEEK2, "metric": "mean_difference"}, {"p_value": "0.04"}),
    "significance": ("contrasts", MD5, {"significance": "significant"}),
    "d_interval_and_n": ("contrasts", {**WEEK2, "metric": "cohen_d"}, {"n1": "5"}),
    "large_smd": ("contrasts", {**WEEK2, "metric": "cohen_d"}, {"estimate": "2.13"}),
    "spread_plausible": ("outcomes", {**DUEK, "timepoint_days": 5}, {"sd": "5.711"}),
    "spread_agrees": ("outcomes", {**DUEK, "timepoint_days": 5}, {"se": "20.591"}),
    "whole_scores": ("outcomes", {**DUEK, "timepoint_label": "baseline"}, {"mean": "49.625"}),
    "percent_possible": ("facts", {"fact_id": "F0082"}, {"value": "76"}),
    "measurable": ("facts", {"fact_id": "F0379"}, {"n": "3870000000"}),
    "scale_items": ("scales", {"scale": "PCL-5"}, {"items": "22"}),
    "change_and_ends": ("outcomes", {**DUEK, "timepoint_days": 5}, {"mean_change": "-14.862"}),
    "change_spread": ("outcomes", {**DUEK, "timepoint_days": 5}, {"sd_change": "41.843"}),
    "contrast_and_arms": (
        "contrasts",
        {**MD5, "metric": "mean_difference_of_change"},
        {"estimate": "-9.51"},
    ),
    "adjusted_between": ("contrasts", MD5, {"estimate": "-12.48"}),
    "same_comparison": ("contrasts", MD5, {"estimate": "7.48"}),
    "contrast_people": (
        "contrasts",
        {"trial_id": "abdallah_2022", "scale": "CAPS-5", "active_arm": "ketamine_0.5"},
        {"n1": "61"},
    ),
    "people_at_most": ("events", {**FEDER, "outcome": "dropout"}, {"n": "16"}),
    "dropout_and_flow": ("events", {**FEDER, "outcome": "dropout"}, {"events": "2"}),
    "one_denominator": ("events", {**FEDER, "outcome": "headache"}, {"n": "14"}),
    "responders_and_timing": ("timing", {"trial_id": "feder_2021"}, {"n": "11"}),
    "arms_and_trial": ("arms", FEDER, {"female": "12"}),
    "labelled_day": ("outcomes", {**DUEK, "timepoint_days": 30}, {"timepoint_days": "28"}),
    "days_and_schedule": ("trials", {"trial_id": "feder_2014"}, {"n_doses": "2"}),
    "copied_values": (
        "outcomes",
        {"trial_id": "duek_2023", "arm": "midazolam", "timepoint_days": 5},
        {"mean": "31.154", "sd": "20.591"},
    ),
    "restated_facts": ("facts", {"fact_id": "F0134"}, {"value": "0.53"}),
    "fact_complete": ("facts", {"fact_id": "F0303"}, {"value": ""}),
    "fact_subset": ("facts", {"fact_id": "F0649"}, {"value": "74"}),
    "fact_scale_known": ("facts", {"fact_id": "F0287"}, {"outcome": "IES-R"}),
    "fact_size": ("facts", {"fact_id": "F0005"}, {"value": "14"}),
    "fact_possible": ("facts", {"fact_id": "F0512"}, {"value": "5.4"}),
    "fact_in_range": ("facts", {"fact_id": "F0336"}, {"value": "470"}),
    "fact_spread": ("facts", {"fact_id": "F0303"}, {"value": "20"}),
    "fact_people": ("facts", {"fact_id": "F0281"}, {"n": "39"}),
    "fact_n_missing": ("facts", {"fact_id": "F0281"}, {"n": ""}),
    "fact_fraction": ("facts", {"fact_id": "F0296"}, {"value": "37.2"}),
    "percent_and_count": ("facts", {"fact_id": "F0268"}, {"value": "13"}),
    "fact_label_day": ("facts", {"fact_id": "F0075"}, {"timepoint_days": "7"}),
    "range_in_words": ("facts", {"fact_id": "F0357"}, {"ci_high": "0.68"}),
    "days_in_words": ("facts", {"fact_id": "F0808"}, {"value": "151"}),
    "fact_test": ("facts", {"fact_id": "F0254"}, {"value": "6.6"}),
    "source_address": ("facts", {"fact_id": "F0418"}, {"source_key": "han_2016"}),
    "fact_place_shared": ("facts", {"fact_id": "F0155"}, {"source_key": "duek_2023"}),
    "published_trials": ("registry", {"nct": "NCT00749203"}, {"n": "14"}),
    "registry_and_facts": ("registry", {"nct": "NCT03305055"}, {"n": "40"}),
    "years": ("trials", {"trial_id": "feder_2014"}, {"year": "2031"}),
    "same_paper": ("references", {"key": "abdallah_2022_intro"}, {"year": "2012"}),
}


@pytest.fixture(scope="module")
def laboratory():
    return Laboratory(CHECKED)


def line_of(table, key):
    """Line of the one row with these values; the first if several have them."""
    found = [line for line, row in CHECKED.tables[table].sound() if key.items() <= row.items()]
    assert found, (table, key)
    return found[0]


def typed(table, key, cells):
    line = line_of(table, key)
    return Corruption("by hand", table, tuple((line, column, text) for column, text in cells.items()))


def test_clean_data_raise_no_fault_and_no_warning():
    found = run_checks(CHECKED.tables, CHECKED.corrections)
    assert [str(error) for error in found if error.severity != NOTE] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_check_finds_the_error_it_is_for(laboratory, name):
    assert name in laboratory.detect(typed(*EXAMPLES[name]), every=True)


def test_every_check_has_an_example():
    others = {"unknown_checks", "fact_used_twice"}
    assert {c.name for c in CHECKS} == {*EXAMPLES, *others}


def test_a_row_that_rests_on_the_facts_of_another_is_found(laboratory):
    line = line_of("events", {**FEDER, "outcome": "headache"})
    copied = Corruption("by hand", "events", ((line, "timepoint_label", "one week"),), added=True)
    assert "fact_used_twice" in laboratory.detect(copied, every=True)


def test_findings_carry_check_severity_row_and_advice():
    by_name = {c.name: c for c in CHECKS}
    for found in run_checks(CHECKED.tables):  # without corrections nothing is acknowledged
        assert found.severity == by_name[found.check].severity
        assert all((found.path, found.line, found.row, found.allowed, found.fix))


def test_quirks_become_notes_that_say_why():
    known = [f for f in run_checks(CHECKED.tables, CHECKED.corrections) if f.severity == NOTE]
    assert len(known) == sum(c.kind == "quirk" for c in CHECKED.corrections)
    assert all("corrections.yml" in found.fix for found in known)


def quirk(**changes):
    first = next(c for c in CHECKED.corrections if c.id == "feder_2021_madrs_p")
    return (dataclasses.replace(first, **changes),)


@pytest.mark.parametrize(
    ("name", "check_name"), [("significance", "significance"), ("no_such_check", "unknown_checks")]
)
def test_a_quirk_that_acknowledges_nothing_is_a_warning(name, check_name):
    found = run_checks(CHECKED.tables, quirk(checks=(name,)))
    idle = [f for f in found if f.check == check_name]
    assert [(f.severity, f.line) for f in idle] == [(WARNING, quirk()[0].line)]
    assert "feder_2021_madrs_p" in idle[0].fix


def test_a_quirk_acknowledges_only_its_cell_and_check():
    found = run_checks(CHECKED.tables, quirk())
    assert sum(f.severity == NOTE for f in found) == 1
    assert sum(f.severity == NOTE for f in run_checks(CHECKED.tables, quirk(column="estimate"))) == 0


def test_other_printed_values_of_a_conflict_are_accepted():
    conflicts = tuple(c for c in CHECKED.corrections if c.kind == "conflict")
    without = {(f.check, f.line) for f in run_checks(CHECKED.tables)}
    with_them = {(f.check, f.line) for f in run_checks(CHECKED.tables, conflicts)}
    assert without - with_them == {
        ("arms_and_trial", line_of("arms", {"trial_id": "duek_2023", "arm": "all"}))
    }


def test_page_lists_every_check():
    page = (ROOT / "docs" / "checks.md").read_text("utf-8")
    assert page == checks_page()
    assert all(f"| `{c.name}` | {c.severity} | {c.summary} | {c.source} |" in page for c in CHECKS)
