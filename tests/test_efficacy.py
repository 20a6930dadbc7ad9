"""Pools per window: against brute-force integration and against the decision records."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

import evidence as ev
from evidence.review.efficacy import leave_one_out, pool_window, published_anchors, sensitivity

QUADRATURE = 2e-4  # the brute-force grid's own accuracy


@pytest.fixture(scope="module")
def review():
    return ev.load()


def brute_force_p_benefit(rows, scale=0.5):
    """P(mu < 0) by two-dimensional trapezoids over a wide grid, written independently of the package."""
    mu, tau = np.linspace(-8, 8, 3201), np.linspace(0, 3, 601)
    density = stats.halfnorm.pdf(tau, scale=scale)[:, None] * np.ones_like(mu)
    for row in rows.itertuples():
        s = np.sqrt(row.se**2 + tau**2)[:, None]
        if row.lower == row.upper:
            density = density * stats.norm.pdf(row.lower, mu, s)
        else:
            density = density * (stats.norm.cdf(row.upper, mu, s) - stats.norm.cdf(row.lower, mu, s))
    marginal = integrate.trapezoid(density, tau, axis=0)
    return integrate.trapezoid(marginal[mu <= 0], mu[mu <= 0]) / integrate.trapezoid(marginal, mu)


@pytest.mark.parametrize("window", ["24h", "week1", "end_of_course", "follow_up"])
def test_the_headline_equals_brute_force_integration(review, window):
    result = pool_window(review, window)
    assert result.partial.p_benefit == pytest.approx(brute_force_p_benefit(result.included), abs=QUADRATURE)


def test_complete_cases_of_two_trials_follow_reml_by_hand(review):
    fit = pool_window(review, "end_of_course").complete
    rows = pool_window(review, "end_of_course").included.dropna(subset=["yi"])
    (y1, y2), (v1, v2) = rows["yi"], rows["vi"]
    # With two studies the REML equation has a closed form: tau2 = max(0, (d^2 - v1 - v2) / 2).
    tau2 = max(0.0, ((y1 - y2) ** 2 - v1 - v2) / 2)
    w = np.array([1 / (v1 + tau2), 1 / (v2 + tau2)])
    estimate = (w * [y1, y2]).sum() / w.sum()
    se = math.sqrt((w * (np.array([y1, y2]) - estimate) ** 2).sum() / w.sum())
    assert fit.tau2 == pytest.approx(tau2, abs=1e-8)
    assert fit.estimate == pytest.approx(estimate, rel=1e-7)
    assert (fit.ci_high - fit.ci_low) / 2 == pytest.approx(stats.t.ppf(0.975, 1) * se, rel=1e-6)


def test_counts_behind_the_pools(review):
    day, course = pool_window(review, "24h"), pool_window(review, "end_of_course")
    assert (day.k, day.k_exact, day.k_silent, day.n) == (2, 1, 2, 29 + 51 + 54)
    assert (course.k, course.k_exact, course.n, course.n_exact) == (3, 2, 30 + 105 + 26, 56)


def test_dropping_null_trials_moves_the_pool_towards_the_drug(review):
    for window in ("24h", "end_of_course"):
        kept, dropped = (
            pool_window(review, window, ev.Choices(null_rule=rule)) for rule in ("pairwise", "ignore")
        )
        assert dropped.partial.estimate < kept.partial.estimate


def test_nothing_bounding_the_effect_gives_nan_and_no_number(review):
    result = pool_window(review, "24h", ev.Choices(exclude_high_risk=True))
    assert result.k == 0
    assert math.isnan(result.partial.estimate)
    assert math.isnan(result.p_relevant)
    assert math.isnan(result.complete.estimate)


def test_no_rows_give_nan_under_any_prior(review):
    result = pool_window(review, "24h", ev.Choices(mu_prior_sd=1.0, exclude_high_risk=True))
    assert math.isnan(result.partial.estimate)
    assert pool_window(review, "week1", domain="depression").k == 0


def test_leaving_one_out_is_the_pool_of_the_others(review):
    result = pool_window(review, "end_of_course")
    frame = leave_one_out(result).set_index("label")
    without = pool_window(review, "end_of_course", ev.Choices(include_duek=False))
    assert frame.loc["without Duek 2023", "estimate"] == pytest.approx(without.partial.estimate, rel=1e-9)
    assert len(frame) == result.k


def test_sensitivity_lists_only_settings_that_change_something(review):
    frame = sensitivity(review, "end_of_course")
    assert not {"crossover_r", "feder_2014_n", "dadabayev_n"} & set(frame["knob"])
    assert {"null_rule", "include_duek", "metric", "tau_prior_scale"} <= set(frame["knob"])
    assert frame["moved"].abs().is_monotonic_decreasing


def test_published_anchors_are_turned_to_our_direction(review):
    rows = published_anchors(review, "24h").set_index("comparison")
    assert (rows.loc["any control", ["estimate", "ci_low", "ci_high"]] == [-0.35, -0.64, -0.06]).all()
    assert published_anchors(review, "follow_up").empty
