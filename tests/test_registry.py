"""From made-up registry records to proposed rows: what is mapped, and what is refused by name."""

import re

import pytest
from badfiles import put
from fuzzing import CHANGES, RECORDS, fuzz_record
from hypothesis import given, settings
from hypothesis import strategies as st
from registry_records import NAMES, NCT, columns, data_with_trial, drafted, record, refusals

from evidence.data.validate import check
from evidence.errors import DataError
from evidence.registry.decisions import Decisions, read_decisions
from evidence.registry.http import RegistryError
from evidence.registry.propose import propose
from evidence.registry.record import figure, words
from evidence.registry.titles import guess_arm, guess_days, guess_scale, guess_spread


def test_each_record_says_what_it_is_and_is_no_real_trial():
    for name in NAMES:
        module = record(name)["protocolSection"]["identificationModule"]
        assert module["nctId"] == NCT
        assert module["briefTitle"].startswith("Made-up record: ")


def test_means_with_sd_and_titles_as_time_points(tmp_path):
    draft = drafted("sd", tmp_path)
    assert draft.refused == []
    names = ("arm", "timepoint_days", "timepoint_label", "n", "mean", "sd", "se")
    assert columns(draft.rows["outcomes"], *names) == [
        ("ketamine", "0", "Baseline", "1111", "55.5", "5.5", ""),
        ("midazolam", "0", "Baseline", "12", "56.5", "6.5", ""),
        ("ketamine", "1", "24 hours", "1111", "44.40", "4.4", ""),
        ("midazolam", "1", "24 hours", "12", "45.5", "4.5", ""),
        ("ketamine", "14", "Week 2", "1111", "33.3", "3.3", ""),
        ("midazolam", "14", "Week 2", "12", "36.6", "6.6", ""),
    ]
    derived = [row.get("derived_by", "") for row in draft.rows["outcomes"]]
    assert derived == ["", "", "hours_to_days", "hours_to_days", "weeks_to_days", "weeks_to_days"]


def test_every_row_says_where_it_stands_and_rests_on_facts_as_printed(tmp_path):
    draft = drafted("sd", tmp_path)
    facts = {row["fact_id"]: row for row in draft.rows["facts"]}
    row = draft.rows["outcomes"][2]
    assert (row["source_key"], row["seen_in"]) == ("nct99999999", "registry")
    assert row["source_location"] == "outcome measure 1: DEMO total score / 24 hours"
    cited = [facts[fact] for fact in row["fact_ids"].split("; ")]
    assert columns(cited, "statistic", "value", "n", "status", "source_url") == [
        ("mean", "44.40", "1111", "as printed", f"https://clinicaltrials.gov/study/{NCT}"),
        ("sd", "4.4", "1111", "as printed", f"https://clinicaltrials.gov/study/{NCT}"),
    ]
    assert columns(draft.rows["references"], "key", "year", "registration") == [("nct99999999", "2099", NCT)]


def test_facts_take_the_next_free_ids(tmp_path):
    ids = [row["fact_id"] for row in drafted("sd", tmp_path).rows["facts"]]
    assert ids == [f"X{number:04d}" for number in range(1, len(ids) + 1)]


def test_means_with_se_and_the_time_from_the_time_frame(tmp_path):
    draft = drafted("se", tmp_path)
    assert columns(draft.rows["outcomes"], "timepoint_days", "mean", "sd", "se") == [
        ("7", "22.2", "", "2.2"),
        ("7", "29.9", "", "2.9"),
    ]


def test_difference_of_printed_means_is_derived_with_the_pooled_se(tmp_path):
    """By hand: SDs 2.2 sqrt(11) and 2.9 sqrt(12); t of the two-sample test is difference / SE."""
    draft = drafted("se", tmp_path)
    (row,) = draft.rows["contrasts"]
    pooled = ((10 * 2.2**2 * 11 + 11 * 2.9**2 * 12) / 21) ** 0.5
    assert float(row["estimate"]) == pytest.approx(22.2 - 29.9, rel=1e-5)
    assert float(row["se"]) == pytest.approx(pooled * (1 / 11 + 1 / 12) ** 0.5, rel=1e-5)
    assert (row["favours_active_when"], row["derived_by"]) == ("negative", "weeks_to_days; as_extracted")
    own = [fact for fact in draft.rows["facts"] if fact["status"] == "derived"]
    assert [fact["statistic"] for fact in own] == ["mean_difference", "se"]
    assert "22.2 - 29.9; pooled SD" in own[0]["analysis"]


def test_no_difference_is_derived_in_a_crossover_or_from_model_means(tmp_path):
    assert drafted("se", tmp_path / "a", design="rct_crossover").rows["contrasts"] == []
    assert drafted("change", tmp_path / "b").rows["contrasts"] == []


def test_interval_of_95_percent_has_columns_others_stay_in_words(tmp_path):
    draft = drafted("ci", tmp_path)
    assert columns(draft.rows["outcomes"][::2], "mean", "ci_low", "ci_high", "note") == [
        ("21.1", "11.1", "31.1", ""),
        ("22.2", "", "", "90% Confidence Interval: 12.2 to 32.2."),
        ("23.3", "", "", "Full Range: 3 to 43."),
    ]


def test_change_from_baseline_goes_to_the_columns_of_change(tmp_path):
    draft = drafted("change", tmp_path)
    assert columns(draft.rows["outcomes"], "mean", "mean_change", "sd_change", "se_change", "analysis") == [
        ("", "-11.1", "", "1.1", "registry, least squares mean"),
        ("", "-9.9", "", "1.9", "registry, least squares mean"),
    ]


def test_positive_change_is_refused_until_decided(tmp_path):
    title = "Change in DEMO score"
    assert refusals(drafted("change", tmp_path / "a")) == [(title, "scores, or changes from baseline?")]
    draft = drafted("change", tmp_path / "b", {"reads": {title: "score"}})
    assert columns(draft.rows["outcomes"][2:], "mean", "mean_change") == [("11.1", ""), ("9.9", "")]


def test_na_bounds_and_decimal_commas_are_no_numbers(tmp_path):
    draft = drafted("na_and_bounds", tmp_path)
    assert refusals(draft) == [
        ("DEMO / Day 1 / OG000", "no number (NA) for ketamine: too few"),
        ("DEMO / Day 1 / OG001", "'<5' for midazolam"),
        ("DEMO / Day 2 / OG000", "'4,4' for ketamine"),
        ("DEMO / Day 2 / OG001", "SD 0; allowed: > 0"),
        ("DEMO / Day 3 / OG000", "no number (NA) for ketamine"),
    ]
    rows = columns(draft.rows["outcomes"], "timepoint_days", "mean", "sd")
    assert rows == [("2", "22.2", ""), ("3", "33.3", "")]


def test_denominators_of_a_class_count_and_missing_ones_stay_blank(tmp_path):
    draft = drafted("no_denominators", tmp_path)
    assert [row.get("n", "") for row in draft.rows["outcomes"]] == ["", "", "9", "8"]
    assert draft.rows["outcomes"][0]["note"] == "No denominator in the registry."


CONTRAST = ("timepoint_days", "finding", "metric", "estimate", "se", "ci_low", "p_value", "significance",
            "favours_active_when", "analysis")  # fmt: skip


def test_analyses(tmp_path):
    rows = drafted("analyses", tmp_path).rows["contrasts"]
    rows = [row for row in rows if "as_extracted" not in row["derived_by"]]
    md = "mean_difference"
    assert columns(rows, *CONTRAST) == [
        ("21", "estimate", md, "-3.3", "1.5", "-6.3", "0.033", "significant", "negative", "mixed_model"),
        ("28", "estimate", md, "5.5", "1.5", "2.5", "", "significant", "positive", "mixed_model"),
        ("35", "not_significant", "none", "", "", "", "", "not_significant", "", "post_scores"),
        ("42", "favours_active", "none", "", "", "", "0.011", "significant", "", "ancova"),
        ("77", "estimate", md, "-3.3", "1.5", "-6.3", "0.033", "significant", "negative", "mixed_model"),
    ]
    assert rows[1]["note"] == "Mixed Models Analysis; p as printed: <0.001"
    names = ("n1", "n2", "active_arm", "comparator_arm")
    assert columns(rows, *names)[0] == ("11", "12", "ketamine", "midazolam")


def test_refused_analyses_are_named(tmp_path):
    assert refusals(drafted("analyses", tmp_path)) == [
        ("DEMO, one-sided / analysis 1", "an estimate without an SE, a 95% interval or an exact p"),
        ("DEMO, ratio / analysis 1", "'Risk Ratio (RR)' is no difference of scores"),
        ("DEMO, groups / analysis 1", "compares 1 groups that are not one active arm and one comparator"),
        ("DEMO, no time / analysis 1", "its time point is not stated"),
        ("DEMO, sign / analysis 1", "which sign of -20 favours ketamine?"),
    ]


def test_a_decided_sign_is_used(tmp_path):
    given = {"directions": {"DEMO, sign: analysis 1": "positive"}}
    row = drafted("analyses", tmp_path, given).rows["contrasts"][-1]
    assert (row["estimate"], row["favours_active_when"]) == ("-20", "positive")


@pytest.mark.parametrize(
    ("label", "metric"),
    [
        ("Cohen's d", ["cohen_d"]),
        ("Hedges' g", ["hedges_g"]),
        ("Mean Difference (Net)", ["mean_difference_of_change"]),
        ("LS Mean Difference", ["mean_difference"]),
        ("Standardized mean difference", []),
        ("Median Difference (Final Values)", []),
        ("Slope", []),
        ("", []),
    ],
)
def test_the_type_of_an_estimate(tmp_path, label, metric):
    def change(study):
        measures = study["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"]
        measures[:] = measures[:1]
        measures[0]["analyses"][0] |= {"paramType": label}

    rows = drafted("analyses", tmp_path, change=change).rows["contrasts"]
    assert [row["metric"] for row in rows if "as_extracted" not in row["derived_by"]] == metric


@pytest.mark.parametrize(
    ("p", "active", "control", "finding"),
    [
        ("0.011", "35.5", "36.6", ["favours_active"]),
        ("0.011", "36.6", "35.5", ["favours_comparator"]),
        ("0.011", "36.6", "36.6", []),
        ("0.011", "NA", "36.6", []),
        ("0.5", "NA", "36.6", ["not_significant"]),
        ("<0.5", "35.5", "36.6", []),
        ("", "35.5", "36.6", []),
    ],
)
def test_a_p_value_alone(tmp_path, p, active, control, finding):
    def change(study):
        measures = study["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"]
        measures[:] = measures[3:4]
        measures[0]["analyses"][0]["pValue"] = p
        cells = measures[0]["classes"][0]["categories"][0]["measurements"]
        cells[0]["value"], cells[1]["value"] = active, control

    rows = drafted("analyses", tmp_path, change=change).rows["contrasts"]
    assert [row["finding"] for row in rows] == finding
    assert [row["finding"] for row in rows if "test" in row] == [f for f in finding if f == "not_significant"]


def test_the_analysis_of_a_crossover_is_a_decision(tmp_path):
    draft = drafted("analyses", tmp_path, design="rct_crossover")
    assert draft.rows["contrasts"] == []
    assert ("DEMO, complete / analysis 1", "what kind of analysis in a crossover?") in refusals(draft)


def test_equivalence_tests_say_nothing_about_superiority(tmp_path):
    def change(study):
        analysis = study["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"][0]["analyses"][0]
        analysis["nonInferiorityType"] = "NON_INFERIORITY"

    row = drafted("analyses", tmp_path, change=change).rows["contrasts"][0]
    assert (row.get("p_value", ""), row["significance"]) == ("", "not_stated")


def test_a_comparison_that_the_data_have_is_noted_not_proposed(tmp_path):
    draft = drafted("sd", tmp_path)
    assert columns(draft.rows["contrasts"], "timepoint_label") == [("24 hours",)]
    place = "outcome measure 1: DEMO total score / Week 2"
    assert draft.notes == [f"{place}: contrasts.csv has a number for ketamine v midazolam already"]


def test_what_cannot_be_mapped_is_refused_by_name(tmp_path):
    draft = drafted("unmappable", tmp_path, n_doses="6")
    assert refusals(draft) == [
        ("Quality of something", "unknown instrument, or more than one"),
        ("DEMO intrusion subscale", "part of an instrument"),
        ("DEMO median", "'MEDIAN' has no column in outcomes.csv"),
        ("DEMO percent", "the unit 'percent change' is no score"),
        ("DEMO spread", "unknown spread 'Spread of sorts'"),
        ("DEMO arms", "which arm is the group 'Group A'?"),
        ("DEMO arms", "which arm is the group 'Midazolam then ketamine'?"),
        (
            "DEMO times / 24 hours after the last infusion",
            "how many days after the first dose is '24 hours after the last infusion'?",
        ),
        ("DEMO times / 3 months", "how many days after the first dose is '3 months'?"),
        ("DEMO categories / Week 3", "part of an instrument, or several categories"),
        ("DEMO not posted", "no results posted"),
        ("DEMO twice", "two groups are the arm 'ketamine'"),
    ]
    assert draft.rows["outcomes"] == []
    assert draft.refused[0].fix == 'decide [scales] "Quality of something" in decisions.toml'


def test_left_out_is_not_refused(tmp_path):
    titles = {r.place.partition(": ")[2] for r in drafted("unmappable", tmp_path / "a").refused}
    given = {"scales": {title.partition(" / ")[0]: "leave out" for title in titles}}
    assert drafted("unmappable", tmp_path / "b", given).refused == []


def test_flow_baseline_harms_and_responders(tmp_path):
    draft = drafted("flow_baseline_harms", tmp_path)
    assert columns(draft.rows["arms"], "arm", "n_randomised", "n_completed", "age", "female") == [
        ("ketamine", "15", "14", "", ""),
        ("midazolam", "15", "13", "", ""),
        ("ketamine", "", "", "44.4", ""),
        ("midazolam", "", "", "55.5", ""),
        ("ketamine", "", "", "", "10"),
        ("midazolam", "", "", "", "9"),
    ]
    assert columns(draft.rows["outcomes"], "timepoint_days", "mean", "sd", "n") == [
        ("0", "66.6", "6.6", "15"),
        ("0", "67.7", "7.7", "15"),
    ]
    assert columns(draft.rows["events"], "arm", "outcome", "timepoint_days", "events", "n", "derived_by") == [
        ("ketamine", "dropout", "", "1", "15", ""),
        ("midazolam", "dropout", "", "2", "15", "total_minus_completed"),
        ("ketamine", "response", "21", "5", "11", "weeks_to_days"),
        ("midazolam", "response", "21", "3", "12", "weeks_to_days"),
        ("ketamine", "serious_adverse_event", "", "0", "15", ""),
        ("ketamine", "death", "", "0", "15", ""),
        ("midazolam", "serious_adverse_event", "", "1", "15", ""),
        ("midazolam", "serious_fall", "", "1", "15", ""),
        ("ketamine", "blood_pressure_increased", "", "3", "15", ""),
    ]
    assert refusals(draft) == [
        (
            "other: Vascular disorders, Blood pressure increased",
            "midazolam: '2' of '' is no count with a denominator",
        ),
        ("other: Investigations, Blood pressure increased", "ketamine: a second 'blood_pressure_increased'"),
    ]


def test_two_periods_and_sequences_are_refused(tmp_path):
    draft = drafted("two_periods", tmp_path)
    assert draft.rows["arms"] == []
    assert refusals(draft) == [
        ("participant flow", "which arm is the group 'Ketamine, Then Midazolam'?"),
        ("participant flow", "2 periods"),
    ]


def test_a_record_without_results_is_refused(tmp_path):
    with pytest.raises(RegistryError, match="no results are posted"):
        drafted("no_results", tmp_path)


def test_a_record_of_no_trial_and_of_two_trials_is_refused(tmp_path):
    folder = data_with_trial(tmp_path)
    study = record("sd")
    with pytest.raises(RegistryError, match=r"no trial 'nobody' in trials.csv"):
        propose(study, check(folder), trial_id="nobody")
    study["protocolSection"]["identificationModule"]["nctId"] = "NCT99999998"
    with pytest.raises(RegistryError, match="no trial with the registration NCT99999998"):
        propose(study, check(folder))


def test_a_registration_of_two_trials_needs_to_be_told(tmp_path):
    folder = data_with_trial(tmp_path)
    put(folder, "trials", 3, registration=f"{NCT}; NCT99999998")
    with pytest.raises(RegistryError, match=r"registration of demo_2020, other_2021\. Fix: say which"):
        propose(record("sd"), check(folder))
    assert propose(record("sd"), check(folder), trial_id="demo_2020").trial_id == "demo_2020"


@pytest.mark.parametrize("name", RECORDS)
def test_proposed_cells_are_in_the_declared_columns(tmp_path, name):
    draft = drafted(name, tmp_path)
    schemas = {t: table.schema for t, table in check(tmp_path / "data").tables.items()}
    strange = [
        (table, column)
        for table, rows in draft.rows.items()
        for row in rows
        for column in row
        if column not in schemas[table].columns
    ]
    assert strange == []


def test_decisions_survive_the_file(tmp_path):
    decisions = Decisions()
    odd = 'a "quoted" \\ title \x7f ÅÄ # [x]'
    decisions.ask("arms", odd, "ketamine")
    decisions.ask("times", "Week 2", "14")
    path = tmp_path / "decisions.toml"
    path.write_text(decisions.text(NCT), "utf-8")
    assert read_decisions(path) == {"arms": {odd: "ketamine"}, "times": {"Week 2": "14"}}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[arms", "Expected"),
        ("[nonsense]\na = 'b'\n", "[nonsense]"),
        ("arms = 3\n", "[arms]"),
        ("[arms]\na = true\n", "True"),
        ("[times]\na = [1]\n", "[1]"),
    ],
)
def test_decisions_that_cannot_be_read_are_named(tmp_path, text, found):
    path = tmp_path / "decisions.toml"
    path.write_text(text if text.endswith("\n") else text + "\n", "utf-8")
    with pytest.raises(DataError) as caught:
        read_decisions(path)
    assert caught.value.path == str(path)
    assert found in caught.value.found


def test_numbers_may_stand_without_quotes(tmp_path):
    path = tmp_path / "decisions.toml"
    path.write_text('[times]\n"End" = 14\n"Later" = 0.5\n', "utf-8")
    assert read_decisions(path) == {"times": {"End": "14", "Later": "0.5"}}


@pytest.mark.parametrize(
    ("section", "title", "value"),
    [
        ("arms", "Ketamine", "nobody"),
        ("times", "Week 2", "soon"),
        ("times", "Week 2", "-1"),
        ("reads", "DEMO total score", "x"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(tmp_path, section, title, value):
    reasons = [reason for _, reason in refusals(drafted("sd", tmp_path, {section: {title: value}}))]
    assert any(reason.startswith(f"decisions.toml says '{value}'; allowed: ") for reason in reasons)


def test_a_decision_about_no_title_is_refused(tmp_path):
    draft = drafted("sd", tmp_path, {"arms": {"Nobody": "ketamine"}})
    assert [r.reason for r in draft.refused] == ['[arms] "Nobody" is no title of the record']


ARMS = {"ketamine_0.5": "active", "ketamine_0.2": "active_secondary", "placebo": "comparator", "all": "all"}


@pytest.mark.parametrize(
    ("title", "about", "arm"),
    [
        ("Ketamine 0.5 mg/kg", "", "ketamine_0.5"),
        ("Standard dose", "ketamine 0.5mg/kg", "ketamine_0.5"),
        ("Ketamine 0.25 mg/kg", "", ""),
        ("Ketamine", "", ""),
        ("Saline", "", "placebo"),
        ("Ketamine or placebo", "", ""),
        ("Ketamine then placebo", "", ""),
        ("Total", "", "all"),
        ("Group A", "", ""),
    ],
)
def test_arms(title, about, arm):
    assert guess_arm(title, about, ARMS) == arm


@pytest.mark.parametrize(
    ("text", "doses", "days"),
    [
        ("Baseline", 6, "0"), ("Day 7", 6, "7"), ("7 days", None, "7"), ("week 4", 6, "28"), ("48 h", 6, "2"),
        ("24 hours post first infusion", 6, "1"), ("1 week after end of treatment", 6, ""), ("", 1, ""),
        ("Baseline, 24 hours, 7 days", 1, ""), ("Baseline to week 2", 6, "14"), ("Follow-up", 1, ""),
        ("Month 1", 6, ""),
        ("90 minutes", 1, ""), ("12.5 hours", 1, "0.520833"), ("2 weeks after baseline", 6, "14"),
        ("99999999 weeks", 1, ""), ("end of treatment", 1, ""),
    ],
)  # fmt: skip
def test_days(text, doses, days):
    assert guess_days(text, doses)[0] == days


SCALES = {
    "CAPS": "Clinician-Administered PTSD Scale, version not stated",
    "CAPS-5": "Clinician-Administered PTSD Scale for DSM-5",
    "CAPS-IV": "",
    "PCL-5": "PTSD Checklist for DSM-5",
    "PCL-6": "PTSD Checklist, six items",
}


@pytest.mark.parametrize(
    ("title", "about", "scale"),
    [
        ("Clinician-Administered PTSD Scale for DSM-5 (CAPS)", "", "CAPS-5"),
        ("CAPS", "", "CAPS"),
        ("CAPS", "The CAPS-5 has 30 items", "CAPS-5"),
        ("PTSD severity", "PCL 5 total", "PCL-5"),
        ("PCL5", "", "PCL-5"),
        ("PTSD Checklist - Civilian", "", ""),
        ("CAPS-5 and PCL-5", "", ""),
        ("CAPS and PCL-5", "", ""),
        ("CAPS-5 cluster B", "", ""),
    ],
)
def test_scales(title, about, scale):
    assert guess_scale(title, about, SCALES) == scale


@pytest.mark.parametrize(
    ("label", "kind"),
    [("Standard Error of the Mean", "se"), ("CONFIDENCE_95", "ci95"), ("95% CI", ""), ("FULL_RANGE", "none")],
)
def test_spreads(label, kind):
    assert guess_spread(label) == kind


@given(st.text(max_size=30) | st.floats() | st.integers() | st.none() | st.booleans())
def test_a_figure_is_a_json_number_or_nothing(value):
    read = figure(value)
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?|", read.text)
    assert read.bound in ("", "<", ">")


@given(st.integers(-(10**9), 10**9), st.sampled_from(["{:,}", "{}", " {} ", "{:,}.50"]))
def test_thousands_separators_do_not_change_a_number(number, form):
    expected = float(form.format(number).replace(",", ""))
    assert figure(form.format(number)).value == expected


@settings(max_examples=200)
@given(st.text())
def test_words_are_one_clean_line(text):
    clean = words(text)
    assert clean == clean.strip()
    assert len(clean.splitlines()) <= 1
    assert clean.encode("utf-8").decode("utf-8") == clean


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    return check(data_with_trial(tmp_path_factory.mktemp("data")))


@settings(max_examples=200)
@given(st.sampled_from(RECORDS), CHANGES)
def test_no_part_of_a_record_is_trusted(checked, name, changes):
    """Any part replaced by anything: rows of clean text and refusals, never an error."""
    draft = fuzz_record(checked, name, changes)
    cells = [text for rows in draft.rows.values() for row in rows for text in row.values()]
    assert [text for text in cells if text != words(text, limit=10**6)] == []
