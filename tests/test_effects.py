"""Effects per trial and window: against the facts' own arithmetic and the decision records."""

import math

import numpy as np
import pytest
from scipy import stats

import evidence as ev
from evidence.review.effects import COLUMNS, effect_sizes, orient

ROUNDED = 5e-4  # facts print four decimals or fewer


@pytest.fixture(scope="module")
def review():
    return ev.load()


@pytest.fixture(scope="module")
def facts(review):
    return review.facts.set_index("fact_id")


def included(review, window, **choices):
    es = effect_sizes(review, window, ev.Choices(**choices))
    return es[es["included"]].set_index("trial_id")


def exact_j(df):
    return math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)


def test_feder_2021_has_the_g_and_se_worked_out_at_extraction(review, facts):
    row = included(review, "end_of_course").loc["feder_2021"]
    assert row.yi == pytest.approx(-facts.loc["F0080", "value"], abs=ROUNDED)
    assert row.se == pytest.approx(0.3847, abs=ROUNDED)  # F0080, note: CI-based SE
    assert row.lower == row.upper == row.yi


def test_feder_2014_follows_the_crossover_formula_by_hand(review):
    row = included(review, "24h").loc["feder_2014"]
    n, r = 29, 0.5
    t = 12.7 / ((22.8 - 2.5) / 2 / stats.t.ppf(0.975, n - 1))
    g = exact_j(n - 1) * t / math.sqrt(n) * math.sqrt(2 * (1 - r))
    assert row.yi == pytest.approx(-g, rel=1e-9)
    assert row.vi == pytest.approx(2 * (1 - r) / n + g**2 / (2 * n), rel=1e-9)


def test_feder_2014_can_be_read_as_a_difference_between_people(review):
    row = included(review, "24h", feder_2014_analysis="between_people").loc["feder_2014"]
    t = 12.7 / ((22.8 - 2.5) / 2 / stats.t.ppf(0.975, 39))
    g = exact_j(39) * t * math.sqrt(1 / 22 + 1 / 19)
    assert (row.n1, row.n2) == (22, 19)
    assert row.yi == pytest.approx(-g, rel=1e-9)
    assert row.vi == pytest.approx(1 / 22 + 1 / 19 + g**2 / (2 * 41), rel=1e-9)


def test_the_veteran_trial_can_be_left_out_at_24h(review):
    assert "abdallah_2022" not in included(review, "24h", abdallah_first_infusion="leave_out").index


def test_the_printed_p_of_feder_2014_agrees_with_the_t_reading():
    t = 12.7 / ((22.8 - 2.5) / 2 / stats.t.ppf(0.975, 28))
    assert round(2 * stats.t.sf(t, 28), 2) == 0.02


def test_duek_2023_is_the_corrected_baseline_adjusted_difference(review, facts):
    row = included(review, "end_of_course").loc["duek_2023"]
    assert row.yi == pytest.approx(exact_j(24) * facts.loc["F0210", "value"], rel=1e-9)
    assert row.se == pytest.approx(exact_j(24) * 0.357, abs=ROUNDED)


def test_the_raw_metric_standardises_by_t(review):
    row = included(review, "end_of_course", metric="raw_difference").loc["feder_2021"]
    assert row.yi == pytest.approx(-exact_j(28) * (11.88 / 3.96) * math.sqrt(2 / 15), rel=1e-9)


def test_the_veteran_trial_counts_as_an_interval_in_two_windows(review):
    se = exact_j(103) * math.sqrt(1 / 51 + 1 / 54)
    for window in ("24h", "end_of_course"):
        row = included(review, window).loc["abdallah_2022"]
        assert np.isnan(row.yi)
        assert row.se == pytest.approx(se, rel=1e-9)
        assert row.upper == -row.lower == pytest.approx(math.sqrt(stats.chi2.ppf(0.95, 6)) * se, rel=1e-9)


@pytest.mark.parametrize(("arm", "n1"), [("standard", 51), ("low", 53), ("both", 104)])
def test_the_shared_placebo_arm_is_counted_once_whatever_the_dose(review, arm, n1):
    rows = effect_sizes(review, "end_of_course", ev.Choices(abdallah_arm=arm))
    rows = rows[rows["included"] & (rows["trial_id"] == "abdallah_2022")]
    assert (len(rows), rows["n1"].item(), rows["n2"].item()) == (1, n1, 54)


@pytest.mark.parametrize(
    ("window", "trials"),
    [
        ("24h", {"feder_2014", "abdallah_2022"}),
        ("week1", {"duek_2023", "beaglehole_2025"}),
        ("end_of_course", {"feder_2021", "abdallah_2022", "duek_2023"}),
        ("follow_up", {"duek_2023"}),
    ],
)
def test_base_case_trials_of_each_window(review, window, trials):
    assert set(included(review, window).index) == trials


def test_words_alone_count_only_under_the_pairwise_rule(review):
    assert "dadabayev_2020" in included(review, "24h", null_rule="pairwise").index
    row = effect_sizes(review, "24h").set_index("trial_id").loc["dadabayev_2020"]
    assert not row.included
    assert row.exclusion_reason.startswith("no information")


def test_an_untimed_rating_enters_24h_only_by_choice(review):
    row = included(review, "24h", beaglehole_untimed="24h").loc["beaglehole_2025"]
    assert (row.lower, row.upper) == (-math.inf, 0)
    assert row.se == pytest.approx(math.sqrt(2 * 0.5 / 33), rel=1e-12)


def test_no_trial_stands_twice_and_every_other_row_says_why(review):
    for window in ("24h", "week1", "end_of_course", "follow_up"):
        es = effect_sizes(review, window)
        assert list(es.columns) == COLUMNS
        assert not es.loc[es["included"], "trial_id"].duplicated().any()
        assert (es["exclusion_reason"].str.len() > 0).equals(~es["included"].astype(bool))


def test_follow_up_can_take_the_latest_rating(review):
    assert included(review, "follow_up").loc["duek_2023", "timepoint_days"] == 30
    assert included(review, "follow_up", follow_up_pick="latest").loc["duek_2023", "timepoint_days"] == 90


def test_high_risk_trials_can_be_left_out(review):
    kept = included(review, "end_of_course", exclude_high_risk=True)
    assert set(kept.index) == {"feder_2021"}


def test_depression_rows_never_enter_a_ptsd_window(review):
    assert set(effect_sizes(review, "end_of_course")["scale"]) <= {"PCL-5", "CAPS-5", "IES-R", "CAPS"}
    mood = effect_sizes(review, "end_of_course", domain="depression")
    assert set(mood["scale"]) == {"MADRS"}


def test_orientation_turns_positive_findings_and_nothing_else():
    assert orient(12.7, "positive") == -12.7
    assert orient(-7.48, "negative") == -7.48


def test_an_unknown_window_is_refused(review):
    with pytest.raises(ValueError, match="window: found 'day1'; allowed: 24h"):
        effect_sizes(review, "day1")
