"""The test of two groups of trials: against closed forms and brute force, laws, bad input."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.signal import fftconvolve
from scipy.stats import halfnorm, norm

from evidence.partial.groups import group_difference
from evidence.partial.pool import pool_partial

INF = math.inf
BRUTE = 2e-5  # of probabilities: the brute-force grid's own accuracy
NO_TAU = 1e-7  # a prior scale this small leaves tau = 0: the closed forms

MIXED = {
    "lower": [-1.1, -0.69, -0.39, -INF, 0.1],
    "upper": [-1.1, 0.69, -0.39, 0.0, 0.1],
    "se": [0.38, 0.19, 0.35, 0.17, 0.3],
    "in_a": np.array([True, False, False, True, True]),
}


def brute_force(lower, upper, se, in_a, scale):
    """Distribution of mu_a - mu_b on a grid: trapezoids over tau, convolution at each, nothing shared."""
    tau, mu = np.linspace(0, 5, 1001), np.linspace(-16, 16, 3201)
    density = 0.0
    for i, t in enumerate(tau):
        groups = [np.ones_like(mu), np.ones_like(mu)]
        for low, high, error, first in zip(lower, upper, se, in_a, strict=True):
            s = math.hypot(error, t)
            like = norm.pdf(low, mu, s) if low == high else norm.cdf(high, mu, s) - norm.cdf(low, mu, s)
            groups[0 if first else 1] *= like
        weight = halfnorm.pdf(t, scale=scale) * (0.5 if i in (0, len(tau) - 1) else 1.0)
        density = density + weight * fftconvolve(groups[0], groups[1][::-1])
    difference = (np.arange(len(density)) - (len(mu) - 1)) * (mu[1] - mu[0])
    below = (np.cumsum(density) - density / 2) / density.sum()
    return difference, below


@pytest.mark.parametrize("scale", [0.25, 0.5, 1.0])
def test_mixed_reports_against_brute_force(scale):
    fit = group_difference(**MIXED, tau_prior_scale=scale)
    difference, below = brute_force(**MIXED, scale=scale)
    for x, p in ((fit.ci_low, 0.025), (fit.estimate, 0.5), (fit.ci_high, 0.975), (0.0, fit.p_below)):
        assert np.interp(x, difference, below) == pytest.approx(p, abs=BRUTE)
    assert (fit.k_a, fit.k_b) == (3, 2)


def test_without_heterogeneity_it_is_the_difference_of_two_weighted_means():
    y, se = np.array([-0.9, -0.4, 0.1, -0.2]), np.array([0.3, 0.2, 0.25, 0.4])
    in_a = np.array([True, True, False, False])
    fit = group_difference(y, y, se, in_a, tau_prior_scale=NO_TAU)
    means = [np.average(y[m], weights=se[m] ** -2.0) for m in (in_a, ~in_a)]
    sd = math.sqrt(sum(1 / (se[m] ** -2.0).sum() for m in (in_a, ~in_a)))
    expected = means[0] - means[1]
    assert_allclose(fit.estimate, expected, rtol=1e-8)
    assert_allclose([fit.ci_low, fit.ci_high], expected + norm.ppf([0.025, 0.975]) * sd, rtol=1e-7)
    assert_allclose(fit.p_below, norm.cdf(-expected / sd), rtol=1e-6)


def test_the_published_comparison_of_two_subgroups_of_one_trial_each():
    """One exact trial each and no heterogeneity: the z test of two independent estimates."""
    se = [(0.85 - 0.03) / 3.92, (0.78 - -0.30) / 3.92]
    fit = group_difference([0.44, 0.24], [0.44, 0.24], se, [True, False], tau_prior_scale=NO_TAU)
    z = (0.44 - 0.24) / math.hypot(*se)
    assert_allclose(1 - fit.p_below, norm.cdf(z), rtol=1e-6)
    assert not fit.clear


def test_normal_priors_of_the_means_shrink_the_difference_as_in_the_conjugate_model():
    y, se, sd = np.array([-1.0, 0.5]), np.array([0.3, 0.4]), 0.7
    fit = group_difference(y, y, se, [True, False], tau_prior_scale=NO_TAU, mu_prior_sd=sd)
    precision = se**-2.0 + sd**-2.0
    mean = y * se**-2.0 / precision
    assert_allclose(fit.estimate, mean[0] - mean[1], rtol=1e-8)
    half = norm.ppf(0.975) * math.sqrt((1 / precision).sum())
    assert_allclose(fit.ci_high - fit.ci_low, 2 * half, rtol=1e-7)


def test_a_prior_stands_in_for_a_group_that_tells_nothing():
    fit = group_difference([-0.5, -INF], [-0.5, INF], [0.2, math.nan], [True, False], mu_prior_sd=1)
    assert fit.k_b == 0
    assert fit.ci_low < -0.5 < fit.ci_high


def test_a_common_tau_makes_two_lone_trials_uncertain():
    """With one trial a group nothing but the prior tells how far single trials stray."""
    near, far = (
        group_difference([-1.0, 0.0], [-1.0, 0.0], [0.1, 0.1], [True, False], tau_prior_scale=s)
        for s in (NO_TAU, 0.5)
    )
    assert near.clear
    assert not far.clear


def test_a_huge_second_group_leaves_the_posterior_of_the_first():
    """Two groups with one tau, the second known exactly at 0 from many trials at tau = 0."""
    y = np.zeros(40)
    fit = group_difference(
        np.append(-0.5, y), np.append(-0.5, y), np.append(0.3, np.full(40, 1e-3)), np.arange(41) < 1
    )
    assert_allclose([fit.estimate, fit.ci_low], -0.5 + np.array([0, -1.96]) * 0.3, atol=2e-3)


@pytest.mark.parametrize("kind", ["equal-tail", "shortest"])
def test_interval_has_its_probability(kind):
    fit = group_difference(**MIXED, level=0.8, kind=kind)
    assert_allclose(fit.prob_below(fit.ci_high) - fit.prob_below(fit.ci_low), 0.8, atol=1e-8)
    assert_allclose(fit.prob_below(fit.estimate), 0.5, atol=1e-8)


effects = st.lists(
    st.tuples(st.floats(-2, 2), st.floats(0.1, 0.6), st.sampled_from(["exact", "null", "side"])),
    min_size=0,
    max_size=3,
)
FIXED = [(-0.3, 0.3, "exact")]  # bounds the mean of each group


def arrays(a, b):
    rows = [*FIXED, *a, *FIXED, *b]
    lower = [y if kind == "exact" else -1.96 * se if kind == "null" else -INF for y, se, kind in rows]
    upper = [y if kind == "exact" else 1.96 * se if kind == "null" else 0.0 for y, se, kind in rows]
    return (
        np.array(lower),
        np.array(upper),
        np.array([se for _, se, _ in rows]),
        np.arange(len(rows)) <= len(a),
    )


@settings(max_examples=25, deadline=None)
@given(effects, effects)
def test_swapping_the_groups_flips_the_sign(a, b):
    lower, upper, se, in_a = arrays(a, b)
    fit, back = group_difference(lower, upper, se, in_a), group_difference(lower, upper, se, ~in_a)
    assert_allclose([back.estimate, back.ci_low, back.ci_high], [-fit.estimate, -fit.ci_high, -fit.ci_low],
                    atol=1e-7)  # fmt: skip
    assert_allclose(back.p_below, 1 - fit.p_below, atol=1e-8)


@settings(max_examples=25, deadline=None)
@given(effects, effects, st.randoms())
def test_order_and_silent_trials_change_nothing(a, b, random):
    lower, upper, se, in_a = arrays(a, b)
    fit = group_difference(lower, upper, se, in_a)
    order = random.sample(range(len(se) + 1), len(se) + 1)
    lower, upper, se = np.append(lower, -INF), np.append(upper, INF), np.append(se, math.nan)
    other = group_difference(lower[order], upper[order], se[order], np.append(in_a, True)[order])
    assert_allclose([other.estimate, other.ci_low, other.p_below], [fit.estimate, fit.ci_low, fit.p_below],
                    atol=1e-8)  # fmt: skip
    assert (other.k_a, other.k_b) == (fit.k_a, fit.k_b)


@settings(max_examples=25, deadline=None)
@given(effects, st.floats(-1, 1), st.floats(0.1, 10))
def test_shift_and_scale(a, shift, scale):
    lower, upper, se, in_a = arrays(a, [])
    fit = group_difference(lower, upper, se, in_a)
    moved = np.where(in_a, shift, 0.0)
    other = group_difference(
        scale * (lower + moved), scale * (upper + moved), scale * se, in_a, tau_prior_scale=0.5 * scale
    )
    assert_allclose([other.estimate, other.ci_low, other.ci_high],
                    scale * (np.array([fit.estimate, fit.ci_low, fit.ci_high]) + shift),
                    atol=1e-6 * scale)  # fmt: skip


def test_each_mean_keeps_the_posterior_it_has_alone_when_the_other_group_is_silent_about_tau():
    """A group of one exact trial says nothing about tau, so the median of the other is its own."""
    alone = pool_partial([-0.8, -0.2], [-0.8, -0.2], [0.3, 0.2])
    fit = group_difference([-0.8, -0.2, 0.0], [-0.8, -0.2, 0.0], [0.3, 0.2, 0.25], [True, True, False])
    assert_allclose(fit._posterior.moments()[0][0], alone.mean, rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"in_a": [1, 1, 0, 0, 0]}, "truth value"),
        ({"in_a": [True, False]}, "one truth value per trial"),
        ({"in_a": [False, True, True, True, False], "lower": [0, -INF, -INF, -INF, 0]}, "group a leave"),
        ({"in_a": [True] * 5}, "group b leave"),
        ({"se": [0.38, -1, 0.35, 0.17, 0.3]}, "se"),
        ({"tau_prior_scale": 0}, "tau_prior_scale"),
        ({"level": 2}, "level"),
        ({"kind": "widest"}, "interval"),
    ],
)
def test_bad_input_is_refused_in_words(change, words):
    with pytest.raises(ValueError, match=words):
        group_difference(**{**MIXED, **change})
