"""Groups of trials: who is counted where, when a test is made, what the words say of it."""

import json
import math
import re
from pathlib import Path

import pytest
from altered import altered, with_cells
from numpy.testing import assert_allclose

import evidence as ev
from evidence.measures.reading import scheffe_multiplier
from evidence.partial.groups import group_difference
from evidence.report import group_claims as claims
from evidence.report import subgroups as words
from evidence.review.effects import effect_sizes
from evidence.review.subgroup_anchors import (
    anchor_difference,
    comparator_anchors,
    dose_bounds,
    join_facts,
    randomised_between,
)
from evidence.review.subgroups import DIMENSIONS, group_counts, group_sensitivity, group_tests, trial_groups

ANCHORS = json.loads((Path(__file__).parent / "reference" / "safety.json").read_text("utf-8"))["anchors"]
RTOL = 1e-9


@pytest.fixture(scope="module")
def review():
    return ev.load()


@pytest.fixture(scope="module")
def without_therapy(review):
    """The review as if four trials had said that they gave no psychotherapy."""
    trials = review.trials
    four = trials["trial_id"].isin(["feder_2014", "feder_2021", "abdallah_2022", "dadabayev_2020"])
    trials.loc[four, "psychotherapy"] = "none"
    return altered(review, trials=trials)


def of(tests, a, b, window=None):
    return next(
        t for t in tests if (t.group_a, t.group_b) == (a, b) and (window is None or t.window == window)
    )


def test_groups_name_values_that_the_data_allow(review):
    allowed = json.loads((review.path / "datapackage.json").read_text("utf-8"))
    fields = next(r for r in allowed["resources"] if r["name"] == "trials")["schema"]["fields"]
    enums = {f["name"]: f.get("constraints", {}).get("enum", []) for f in fields}
    for dimension in DIMENSIONS:
        values = {v for group in dimension.groups.values() for v in group}
        known = {"single", "repeated"} if dimension.column == "dosing" else set(enums[dimension.column])
        assert values <= known
        assert {name for pair in dimension.pairs for name in pair} <= set(dimension.groups)


def test_people_who_took_part_in_two_reports_count_once(review):
    counts = group_counts(review).set_index("group")
    trials = trial_groups(review)
    inert = trials[trials["comparator_kind"] == "inert"]
    assert len(inert) == 3
    assert counts.loc["inert comparator", "k"] == 2
    assert counts.loc["inert comparator", "n"] == 158 + 20  # the larger of the two overlapping reports


def test_completers_stand_in_where_nobody_saw_how_many_were_randomised(review):
    trials = trial_groups(review).set_index("trial_id")
    assert math.isnan(trials.loc["beaglehole_2025", "n_randomised"])
    assert trials.loc["beaglehole_2025", "people"] == 33
    assert trials.loc["dadabayev_2020", "people"] == 20
    assert (
        trial_groups(review, ev.Choices(dadabayev_n=13)).set_index("trial_id").loc["dadabayev_2020", "people"]
        == 26
    )


def test_dosing_follows_the_number_of_doses(review):
    dosing = trial_groups(review).set_index("trial_id")["dosing"]
    assert dosing["feder_2014"] == "single"
    assert dosing["feder_2021"] == dosing["abdallah_2022"] == "repeated"


def test_no_first_responder_was_randomised(review):
    row = group_counts(review).set_index("group").loc["first responders"]
    assert (row["k"], row["n"], row["usable"]) == (0, 0, 0)
    assert "first responders" in words.groups_answer(review)


def test_a_pair_is_tested_only_with_a_number_or_two_trials_a_side(review):
    tests = group_tests(review)
    veterans = of(tests, "veterans and military", "civilians", "end_of_course")
    assert not veterans.testable
    assert veterans.reason == "veterans and military: one trial with a finding in words only"
    assert of(tests, "first responders", "civilians").reason == (
        "first responders: no randomised trial reported as such"
    )
    assert of(tests, "repeated doses", "a single dose", "end_of_course").testable


def test_a_test_is_the_group_difference_of_the_included_rows(review):
    test = of(group_tests(review), "repeated doses", "a single dose", "end_of_course")
    rows = effect_sizes(review, "end_of_course")
    rows = rows[rows["included"]]
    in_a = rows["trial_id"].isin(["feder_2021", "abdallah_2022"]).to_numpy()
    expected = group_difference(rows["lower"], rows["upper"], rows["se"], in_a)
    assert_allclose(test.difference.estimate, expected.estimate, rtol=RTOL)
    assert (test.n_a, test.n_b) == (30 + 105, 26)
    assert (test.trials_a, test.trials_b) == (("Feder 2021", "Abdallah 2022"), ("Duek 2023",))


def test_a_number_from_the_veteran_trial_would_make_the_test_possible(review):
    where = {
        "trial_id": "abdallah_2022",
        "active_arm": "ketamine_0.5",
        "scale": "PCL-5",
        "timepoint_days": 28,
    }
    known = with_cells(
        review, "contrasts", where, finding="estimate", metric="hedges_g", estimate=-0.1, ci_low=-0.48,
        ci_high=0.28, favours_active_when="negative", test=math.nan,
    )  # fmt: skip
    test = of(group_tests(known), "veterans and military", "civilians", "end_of_course")
    assert test.testable
    assert test.difference.estimate > 0.5  # civilians -1.1, veterans -0.1
    assert "two can be tested" not in words.groups_answer(review)


def test_pairs_that_the_windows_keep_apart_say_so(review):
    tests = group_tests(review)
    assert of(tests, "nasal spray", "intravenous").window == ""
    assert all(
        t.window in ("end_of_course", "follow_up") for t in tests if t.dimension == "dosing" and t.window
    )


def test_every_pair_is_answered_once_or_once_a_window(review):
    tests = group_tests(review)
    pairs = [(d.name, *pair) for d in DIMENSIONS for pair in d.pairs]
    assert list(dict.fromkeys((t.dimension, t.group_a, t.group_b) for t in tests)) == pairs
    assert all(t.testable != bool(t.reason) for t in tests)


def test_the_dose_bound_is_scheffes(review):
    rows = dose_bounds(review)
    row = rows[(rows["window"] == "end_of_course") & (rows["scale"] == "PCL-5")].iloc[0]
    se = ev.interval_se_parallel(51, 53)
    assert_allclose([row["lower"], row["upper"]], [-scheffe_multiplier(6) * se, scheffe_multiplier(6) * se])
    assert (row["higher"], row["lower_dose"]) == ("ketamine_0.5", "ketamine_0.2")
    # Pairwise tests against placebo say nothing about two doses: the reading does not follow null_rule.
    assert_allclose(dose_bounds(review, ev.Choices(null_rule="pairwise"))["upper"], rows["upper"])
    assert (dose_bounds(review, ev.Choices(omnibus_df=2))["upper"] < rows["upper"]).all()


def test_the_difference_of_two_published_pools_equals_metafor(review):
    first, second = comparator_anchors(review).to_dict("records")
    for row, printed in ((first, ANCHORS["passive"]), (second, ANCHORS["active"])):
        assert [row["estimate"], row["ci_low"], row["ci_high"]] == printed
    test = anchor_difference(first, second)
    for name in ("estimate", "ci_low", "ci_high", "z", "p"):
        assert_allclose(getattr(test, name), ANCHORS[name], rtol=RTOL)


def test_swapping_the_pools_flips_the_difference():
    a, b = ({"estimate": e, "ci_low": e - w, "ci_high": e + w} for e, w in ((-0.5, 0.3), (0.1, 0.4)))
    there, back = anchor_difference(a, b), anchor_difference(b, a)
    assert_allclose([back.estimate, back.ci_low, back.z], [-there.estimate, -there.ci_high, -there.z])
    assert_allclose(there.p, back.p)


def test_facts_are_joined_without_repeats():
    assert join_facts(["F0002; F0001", "F0001; F0003"]) == "F0002; F0001; F0003"


def test_only_doses_were_randomised_inside_trials(review):
    assert randomised_between(review) == {"dose": ["Abdallah 2022", "Beaglehole 2025"], "other": []}


def test_sensitivity_repeats_each_test_under_every_other_setting(review):
    frame = group_sensitivity(review)
    tests = sum(t.testable for t in group_tests(review))
    assert len(frame) == tests * (1 + len(frame[frame["knob"] != "default"]) // tests)
    default = frame[frame["knob"] == "default"].iloc[0]
    strict = frame[(frame["knob"] == "tau_prior_scale") & (frame["value"] == "0.25")].iloc[0]
    assert strict["ci_high"] - strict["ci_low"] < default["ci_high"] - default["ci_low"]


# Words follow the tests.


def test_the_answer_counts_tests_and_clear_differences(review, without_therapy):
    assert (
        "10 comparisons of one group with another one can be tested; of these none shows"
        in words.groups_answer(review)
    )
    assert "another two can be tested" in words.groups_answer(without_therapy)


def test_nothing_is_said_when_nothing_can_be_tested(review):
    nothing = words.groups_answer(review, ev.Choices(include_duek=False))
    assert nothing.startswith(words.LEADS["nothing"])
    assert (
        words.group_tests_sentences(review, ev.Choices(include_duek=False))
        == "No pair of groups can be tested."
    )


def test_a_clear_difference_changes_the_lead(review):
    where = {"trial_id": "duek_2023", "timepoint_days": 5, "metric": "cohen_d"}
    strong = with_cells(review, "contrasts", where, estimate=9.0, ci_low=8.9, ci_high=9.1)
    choices = ev.Choices(tau_prior_scale=0.05)
    assert words.groups_answer(strong, choices).startswith(words.LEADS["some"])
    assert words.groups_answer(review, choices).startswith(words.LEADS["none"])


def test_tests_on_one_split_of_trials_are_told_to_be_inseparable(review, without_therapy):
    assert "same trials" not in words.group_tests_sentences(review)
    text = words.group_tests_sentences(without_therapy)
    assert "Dosing and psychotherapy split the same trials in the same way" in text


def test_sentences_carry_the_computed_difference(review):
    fit = of(group_tests(review), "repeated doses", "a single dose", "end_of_course").difference
    text = words.group_tests_sentences(review)
    assert f"{fit.estimate:.2f} ({fit.ci_low:.2f} to {fit.ci_high:.2f})" in text
    assert f"below about {(fit.ci_high - fit.ci_low) / 2:.1f} could not" in text


def test_population_sentence_names_every_population(review):
    text = words.population_sentence(review)
    assert "veterans and military, two trials with 178 participants" in text
    assert "first responders, none." in text
    assert "found: Abdallah 2022, no difference (24 hours and end of course); Dadabayev 2020, called" in text


def test_dose_sentence_gives_the_bound_and_the_silent_trial(review):
    text = words.dose_sentence(review)
    assert "Abdallah 2022 compared 0.2 with 0.5 mg/kg" in text
    assert "from -0.69 to 0.69" in text
    assert "Beaglehole 2025 gave two doses, too" in text
    none = with_cells(review, "contrasts", {"trial_id": "abdallah_2022"}, test="pairwise")
    assert words.dose_sentence(none).startswith("No trial with two doses")


def test_comparators_are_tested_and_not_read_off_two_intervals(review):
    text = words.comparator_sentence(review)
    assert "Only the first differs from zero, but that is no test" in text
    assert "-0.20 (-0.88 to 0.48), p = 0.56, so no difference has been shown" in text
    far = with_cells(review, "published_pools", {"comparison": "active controls"}, estimate=-0.9, ci_low=-1.0,
                     ci_high=-0.8)  # fmt: skip
    text = words.comparator_sentence(far)
    assert "no test" not in text
    assert "a clear difference" in text
    gone = altered(review, published_pools=review.published_pools[review.published_pools["window"] != "24h"])
    assert words.comparator_sentence(gone).startswith("No published review splits")


def test_trial_findings_word_every_kind_of_report(review):
    found = words.trial_findings(review)
    assert set(found) == set(review.trials.loc[review.trials["role"] == "core", "trial_id"])
    assert found["abdallah_2022"] == "no difference (24 hours and end of course)"
    assert found["feder_2021"].startswith("g = -1.10 (")
    assert found["beaglehole_2025"] == "better, no number (week 1)"
    assert found["pradhan_2017"] == "nothing usable reported"
    assert found["dadabayev_2020"].startswith(words.TEXT_ONLY)


# Claims beside what exists.


def test_claims_point_to_claims_of_the_article_and_to_groups(review):
    known = set(review.claims["claim_id"])
    groups = {group for d in DIMENSIONS for group in d.groups}
    contexts = set(review.context["context_id"])
    for claim in claims.CLAIMS:
        assert set(claim.article) <= known
        assert claim.group in groups | {""}
        assert set(claim.context) <= contexts
        assert claim.between in ("", "dose", "other")


def test_each_claim_stands_beside_what_exists(review):
    rows = {row["claim"]: row for row in claims.group_claims(review)}
    veterans = rows["Veterans and military people benefit"]
    assert (veterans["k"], veterans["n"]) == (2, 178)
    assert "Abdallah 2022: no difference" in veterans["finding"]
    first = rows["First responders benefit"]
    assert (first["k"], first["finding"]) == (0, "")
    assert "seven paramedics" in first["others"]
    assert rows["A higher dose works better"]["between"] == "Abdallah 2022 and Beaglehole 2025"
    assert rows["Combined with psychotherapy it works better"]["between"] == "none"
    anyone = rows["Anyone distressed by trauma may benefit"]["others"]
    assert "2.45 (1.33 to 3.58) points, worse with ketamine" in anyone


def test_a_pool_that_favours_ketamine_is_called_better(review):
    where = {"outcome": "early PTSD scales"}
    turned = with_cells(review, "published_pools", where, estimate=-2.45, ci_low=-3.58, ci_high=-1.33)
    rows = {row["claim"]: row for row in claims.group_claims(turned)}
    assert "better with ketamine" in rows["Anyone distressed by trauma may benefit"]["others"]


def test_claims_sentence_counts_claims_without_a_trial(review):
    text = claims.group_claims_sentence(review)
    assert f"Of {len(claims.CLAIMS)} claims" in text
    assert "five have no randomised trial behind them" in text
    nasal = with_cells(review, "trials", {"trial_id": "feder_2014"}, route="intranasal")
    assert "four have no randomised trial behind them" in claims.group_claims_sentence(nasal)


def test_registered_trials_say_what_they_would_inform(review):
    rows = {row["nct"]: row["informs"] for row in claims.registered_trials(review)}
    assert "nasal spray" in rows["NCT06816433"]
    assert "veterans and military" in rows["NCT06816433"]
    assert "two doses" in rows["NCT05737693"]
    assert not {"NCT02397889", "NCT03947099"} & set(rows)  # published; not randomised
    assert "Abdallah 2022, the largest trial without one" in claims.registered_sentence(review)


MAKERS = [
    words.groups_table,
    words.group_tests_table,
    words.trials_by_group,
    words.doses_table,
    words.comparators_table,
    words.group_sensitivity_table,
    claims.group_claims_table,
    claims.registered_table,
]


@pytest.mark.parametrize("make", MAKERS)
def test_tables_hold_rows_and_no_bare_nan(review, make):
    shown = make(review)
    assert shown.rows
    assert not re.search(r"\bnan\b", str(shown), re.IGNORECASE)


@pytest.mark.parametrize("make", [words.trials_by_group, words.doses_table, words.comparators_table])
def test_rows_that_hold_facts_show_source_and_facts(review, make):
    shown = make(review)
    assert shown.header[-2:] == ("source", "facts")
    assert all(re.match(r"[FX]\d{4}", row[-1]) for row in shown.rows)
