"""Risk of bias by rule, kinds of comparator, and small-study checks that say when they cannot run."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import evidence as ev
from evidence.certainty import bias


@pytest.fixture(scope="module")
def review():
    return ev.load()


@pytest.fixture(scope="module")
def pools(review):
    return ev.pool_all(review)


SOME = "some_concerns"


@pytest.mark.parametrize(
    ("domains", "overall"),
    [
        ({"randomisation": "low", "selection": "low"}, "low"),
        ({"randomisation": "low", "selection": SOME}, SOME),
        ({"randomisation": "low", "selection": "high"}, "high"),
        ({"randomisation": SOME, "missing_data": SOME}, SOME),
        ({"randomisation": SOME, "missing_data": SOME, "selection": SOME}, "high"),
        ({"randomisation": SOME, "missing_data": "no_information", "selection": SOME}, "high"),
        ({"deviations": SOME, "measurement": SOME}, SOME),
        ({"deviations": SOME, "measurement": SOME, "randomisation": SOME}, SOME),
        ({"deviations": SOME, "measurement": SOME, "randomisation": SOME, "selection": SOME}, "high"),
    ],
)
def test_the_overall_judgement_follows_its_rule_at_its_edges(domains, overall):
    assert bias.overall_judgement(domains) == overall


def test_a_trial_without_a_domain_is_refused():
    with pytest.raises(ValueError, match="found none"):
        bias.overall_judgement({})


ORDER = {"low": 0, SOME: 1, "no_information": 1, "high": 2}
DOMAINS = ("randomisation", "deviations", "missing_data", "measurement", "selection")


@given(st.lists(st.sampled_from(sorted(ORDER)), min_size=5, max_size=5), st.integers(0, 4))
def test_a_worse_domain_never_gives_a_better_overall_judgement(judged, place):
    before = dict(zip(DOMAINS, judged, strict=True))
    for worse in (j for j in ORDER if ORDER[j] >= ORDER[judged[place]]):
        after = {**before, DOMAINS[place]: worse}
        assert ORDER[bias.overall_judgement(after)] >= ORDER[bias.overall_judgement(before)]


def test_every_judged_trial_has_all_its_domains_and_one_overall(review):
    frame = bias.risk_of_bias(review)
    assert len(frame) == len(review.rob) + review.rob["trial_id"].nunique()
    assert set(frame.loc[frame["domain"] == "overall", "trial_id"]) == set(review.rob["trial_id"])
    assert frame["label"].notna().all()


def test_one_row_each_takes_the_earliest_window(pools):
    rows = bias.one_row_each(pools).set_index("trial_id")
    assert rows.index.is_unique
    assert rows.loc["abdallah_2022", "window"] == "24h"
    assert rows.loc["feder_2021", "window"] == "end_of_course"
    assert (bias.one_row_each(pools, exact=True)["finding"] == "estimate").all()


def test_comparator_kinds_count_every_randomised_report(pools, review):
    kinds = bias.comparator_kinds(pools, review).set_index("kind")
    assert kinds["trials"].sum() == (review.trials["role"] == "core").sum()
    assert kinds["k"].sum() == len(bias.one_row_each(pools))
    assert kinds.loc["active_other", "k"] == 0
    assert math.isnan(kinds.loc["active_other", "g_low"])


@pytest.mark.parametrize(
    ("numbers", "lesson"),
    [
        ([0, 0, 0], "nothing"),
        ([12, 0, 0], "nothing"),
        ([1, 0, 1], "description"),
        ([8, 0, 1], "description"),
        ([9, 0, 1], "test"),
    ],
)
def test_what_kinds_of_comparator_teach_follows_its_rule_at_its_edges(numbers, lesson):
    assert bias.unblinding_lesson(pd.DataFrame({"k_exact": numbers})) == lesson


@pytest.mark.parametrize(
    ("best", "allowed", "opposite"),
    [(-1.1, -0.7, True), (-0.7, -0.7, False), (-0.3, -0.7, False), (math.nan, -0.7, False)],
)
def test_opposite_to_unblinding_needs_a_larger_effect_where_guessing_is_harder(best, allowed, opposite):
    kinds = pd.DataFrame(
        {"kind": ["active_psychoactive", "inert"], "g_low": [best, math.nan], "bound": [-math.inf, allowed]}
    )
    assert bias.opposite_to_unblinding(kinds) is opposite


def test_published_comparators_differ_as_their_intervals_say(review):
    # Half-widths of the printed intervals over 1.96: 0.2092 and 0.2755; z = 0.20 / 0.3459 = 0.578.
    gap = bias.published_comparator_difference(review)
    assert gap.estimate == pytest.approx(-0.20, abs=1e-12)
    assert gap.se == pytest.approx(math.hypot(0.41, 0.54) / 1.959964, rel=1e-6)
    assert gap.p_value == pytest.approx(0.5632, abs=5e-4)
    assert gap.smallest == pytest.approx((1.959964 + 0.841621) * gap.se, rel=1e-6)


def test_a_review_without_both_kinds_gives_no_difference(review):
    assert bias.published_comparator_difference(review, "week1") is None


def test_small_study_checks_are_the_methods_themselves():
    yi, vi = [-1.2, -0.4, -0.3, -0.1], [0.30, 0.10, 0.04, 0.02]
    frame = bias.small_study_checks(yi, vi).set_index("method")
    assert frame.loc["Egger regression", "p_value"] == ev.egger(yi, vi).p_value
    assert frame.loc["rank correlation", "value"] == ev.rank_test(yi, vi).tau
    assert frame.loc["trim and fill", "value"] == ev.trim_and_fill(yi, vi).estimate
    assert frame["note"].str.contains("k = 4").all()


@pytest.mark.parametrize(("yi", "vi"), [([], []), ([-1, -2], [0.1, 0.2]), ([-1, -2, -3], [0.1, 0.1, 0.1])])
def test_small_study_checks_say_when_they_cannot_run(yi, vi):
    frame = bias.small_study_checks(yi, vi)
    assert frame["note"].str.startswith("not run").all()
    assert frame["value"].isna().all()
