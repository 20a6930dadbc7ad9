"""Durability: printed p values recomputed, clocks kept apart, laws of fading."""

import numpy as np
import pytest

import evidence as ev
from evidence.partial.joint import pool_joint
from evidence.review.durability import after_last_dose, duration_difference, durations, fading


@pytest.fixture(scope="module")
def review():
    return ev.load()


def test_the_duration_contrast_gives_the_published_p_and_the_extracted_interval(review):
    rows = review.timing[review.timing["trial_id"] == "pradhan_2018"].set_index("arm")
    a, b = rows.loc["ketamine_0.5+TIMBER"], rows.loc["placebo+TIMBER"]
    d = duration_difference(a.mean_days, a.sd_days, int(a.n), b.mean_days, b.sd_days, int(b.n))
    facts = review.facts.set_index("fact_id").loc["F0225"]
    assert d.p_value == pytest.approx(0.022, abs=5e-4)  # printed in the abstract
    assert d.difference == pytest.approx(facts["value"], abs=5e-3)
    assert (d.ci_low, d.ci_high) == pytest.approx((facts["ci_low"], facts["ci_high"]), abs=0.02)


@pytest.mark.parametrize(("name", "value"), [("sd1", 0), ("sd2", -1), ("n1", 1), ("n2", 0)])
def test_bad_durations_are_refused(name, value):
    good = {"m1": 30, "sd1": 10, "n1": 10, "m2": 20, "sd2": 10, "n2": 10}
    with pytest.raises(ValueError, match=f"{name}: found {value}"):
        duration_difference(**(good | {name: value}))


def test_only_a_trial_with_both_arms_gives_a_contrast(review):
    rows = durations(review)
    assert set(rows.loc[rows["controlled"], "trial_id"]) == {"pradhan_2018"}
    assert rows.loc[~rows["controlled"], "poolable"].str.startswith("no:").all()


def test_effects_after_the_last_dose_count_from_it(review):
    rows = after_last_dose(review).set_index(["label", "timepoint_days"])
    assert rows.loc[("Feder 2021", 14), "days_since_last_dose"] == 3
    assert rows.loc[("Duek 2023", 90), "days_since_last_dose"] == 90
    assert (rows["days_since_last_dose"] >= 0).all()


def test_fading_follows_the_sign_of_the_change():
    exact = np.array([[-1.0, 0.0], [-0.9, 0.1], [-1.1, -0.1]])
    fit = pool_joint(exact, exact, np.full((3, 2), 0.1), windows=("end_of_course", "follow_up"))
    change, low, high, p = fading(fit)
    assert change == pytest.approx(1.0, abs=0.05)
    assert low < change < high
    assert p > 0.99
    back = fading(fit, "follow_up", "end_of_course")
    assert back[0] == pytest.approx(-change, abs=1e-9)
