"""Pooling with partly reported trials: published result, brute force, closed forms, laws, bad input."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import dblquad
from scipy.special import log_ndtr, roots_legendre
from scipy.stats import halfnorm, norm

from evidence.partial.likelihood import log_probability
from evidence.partial.mixture import INTERVALS, quantile
from evidence.partial.pool import pool_partial, pool_partial_many

REFERENCE = json.loads((Path(__file__).parent / "reference" / "bayes_mdma.json").read_text("utf-8"))
PUBLISHED_ATOL = 5e-4  # the R package approximates the posterior of mu by a discrete mixture
ACCURACY = 1e-6  # of distribution functions, as documented
INF, NAN = np.inf, np.nan
NUMBERS = ("estimate", "mean", "sd", "ci_low", "ci_high", "pi_low", "pi_high", "p_benefit")
TAUS = ("tau", "tau_ci_low", "tau_ci_high")

# Two numbers, two "no difference", one direction, one trial that reported nothing.
LOWER = np.array([-0.8, -0.5, -0.6, -0.45, -INF, -INF])
UPPER = np.array([-0.8, -0.5, 0.6, 0.45, 0.0, INF])
SE = np.array([0.3, 0.25, 0.306, 0.23, 0.4, NAN])


def gauss(edges, n=20):
    """Nodes and weights of composite Gauss-Legendre quadrature."""
    node, weight = roots_legendre(n)
    half, middle = np.diff(edges) / 2, (edges[1:] + edges[:-1]) / 2
    return (middle[:, None] + half[:, None] * node).ravel(), (half[:, None] * weight).ravel()


def log_interval(low, high, mu, s):
    """log P(low < estimate < high), written for the side on which the tail is short."""
    a, b = (low - mu) / s, (high - mu) / s
    a, b = np.where(a + b > 0, -b, a), np.where(a + b > 0, -a, b)
    with np.errstate(divide="ignore"):
        return log_ndtr(b) + np.log1p(-np.exp(log_ndtr(a) - log_ndtr(b)))


def brute_force(lower, upper, se, scale, mu, tau):
    """Log posterior, with a flat prior of mu, on mu (columns) by tau (rows)."""
    out = -0.5 * (tau[:, None] / scale) ** 2 + 0 * mu
    for low, high, error in zip(lower, upper, se, strict=True):
        s = np.sqrt(error**2 + tau[:, None] ** 2)
        if low == high:
            out = out + norm.logpdf(low, mu, s)
        elif low > -INF or high < INF:
            out = out + log_interval(low, high, mu, s)
    return out


def test_published_bayesian_pool_of_six_trials():
    g, expected = REFERENCE["g"], REFERENCE["bayes"]
    fit = pool_partial(g, g, REFERENCE["g_se"], tau_prior_scale=0.5, mu_prior_sd=1, interval="shortest")
    assert len(g) == 6
    assert_allclose(fit.estimate, expected["mu_median"], atol=PUBLISHED_ATOL)
    assert_allclose(fit.mean, expected["mu_mean"], atol=PUBLISHED_ATOL)
    assert_allclose(fit.sd, expected["mu_sd"], atol=PUBLISHED_ATOL)
    assert_allclose([fit.ci_low, fit.ci_high], expected["mu_95_shortest"], atol=PUBLISHED_ATOL)
    assert_allclose(fit.tau, expected["tau_median"], atol=1e-7)
    assert_allclose([fit.tau_ci_low, fit.tau_ci_high], expected["tau_95_shortest"], atol=1e-6)


def test_mixed_reports_against_adaptive_integration():
    """scipy's adaptive dblquad on the likelihood as printed in the docstring, without logarithms."""
    fit = pool_partial(LOWER, UPPER, SE)
    rows = [(low, high, error**2) for low, high, error in zip(LOWER, UPPER, SE, strict=True)][:5]

    def joint(tau, mu):
        out = math.exp(-2 * tau**2)
        for low, high, variance in rows:
            s = math.sqrt(variance + tau**2)
            a, b = (low - mu) / s, (high - mu) / s
            out *= (
                math.exp(-(a**2) / 2) / s if low == high else math.erfc(-b / 2**0.5) - math.erfc(-a / 2**0.5)
            )
        return out

    def mass(function, low, high):
        return dblquad(function, low, high, 0, 3.5, epsabs=1e-9, epsrel=1e-8)[0]

    left, right = mass(joint, -5, 0), mass(joint, 0, 4)
    assert_allclose(fit.p_benefit, left / (left + right), atol=ACCURACY)


SETS = {
    "mixed": (LOWER, UPPER, SE, 0.5),
    "one exact": ([0.3], [0.3], [0.2], 0.5),
    "two directions": ([-INF, -1.0], [0.0, INF], [0.3, 0.2], 0.5),
    "small numbers": (LOWER * 1e-3, UPPER * 1e-3, SE * 1e-3, 0.5),
    "small prior": (LOWER * 1e-3, UPPER * 1e-3, SE * 1e-3, 5e-4),
    "large numbers": (LOWER * 1e3, UPPER * 1e3, SE * 1e3, 0.5),
    "unequal": ([0.4, -0.5, -INF], [0.4, 0.7, 0.1], [1.0, 0.001, 0.03], 0.5),
    "conflict": ([4.0, -1.0, -1.0], [4.0, 1.0, 1.0], [0.3, 0.3, 0.2], 0.5),
    "two hundred": (np.tile(LOWER[:5], 40), np.tile(UPPER[:5], 40), np.tile(SE[:5], 40), 0.5),
}


@pytest.mark.parametrize("name", SETS)
def test_quantiles_against_finer_quadrature(name):
    lower, upper, se, scale = SETS[name]
    fit = pool_partial(lower, upper, se, tau_prior_scale=scale)
    smallest = min(np.nanmin(se), scale, fit.sd)
    reach = np.append(0, np.geomspace(0.1 * smallest, 45 * (fit.sd + scale), 45))
    around = np.unique(
        np.concatenate([fit.estimate + s * reach for s in (-1, 1)] + [np.ravel(lower), np.ravel(upper)])
    )
    targets = [fit.ci_low, fit.estimate, fit.ci_high]
    edges = np.unique(np.concatenate([around[np.isfinite(around)], targets]))
    tau_targets = [fit.tau_ci_low, fit.tau, fit.tau_ci_high]
    tau_edges = np.unique(
        np.concatenate(
            [[0], np.geomspace(0.1, 12 * max(scale, fit.tau_ci_high) / smallest, 40) * smallest, tau_targets]
        )
    )
    order = 20 if len(lower) < 10 else 8
    (mu, mu_weight), (tau, tau_weight) = gauss(edges, order), gauss(tau_edges, order)
    height = brute_force(lower, upper, se, scale, mu, tau)
    mass = np.exp(height - height.max()) * mu_weight * tau_weight[:, None]
    mass /= mass.sum()
    found = [mass[:, mu < x].sum() for x in targets] + [mass[tau < x].sum() for x in tau_targets]
    assert_allclose(found, [0.025, 0.5, 0.975] * 2, atol=ACCURACY)
    assert_allclose(fit.prob_below(np.array(targets)), [0.025, 0.5, 0.975], atol=ACCURACY)


@pytest.mark.parametrize("x", [-0.9, -0.4, 0.1])
def test_new_and_own_effects_against_finer_quadrature(x):
    """P(effect < x) of a new trial, of one with a number and of one with an interval."""
    fit = pool_partial(LOWER, UPPER, SE)
    reach = np.append(0, np.geomspace(0.01, 8, 24))
    mu, mu_weight = gauss(np.concatenate([(x - reach)[:0:-1], x + reach]), 12)
    tau, tau_weight = gauss(np.append(0, np.geomspace(0.01, 4, 20)), 8)
    tau = tau[:, None]
    height = brute_force(LOWER, UPPER, SE, 0.5, mu, tau[:, 0])
    mass = np.exp(height - height.max()) * mu_weight * tau_weight[:, None]
    mass /= mass.sum()

    def below(y, se):
        kept = tau**2 / (tau**2 + se**2)
        return norm.cdf((x - (1 - kept) * mu - kept * y) / (se * np.sqrt(kept)))

    s = np.hypot(SE[3], tau)
    reported = norm.cdf((0.45 - mu) / s) - norm.cdf((-0.45 - mu) / s)
    share = np.where(mass > 1e-14, mass, 0) / np.maximum(reported, 1e-14)
    partly = sum(
        w * (share * norm.pdf(y, mu, s) * below(y, SE[3])).sum()
        for y, w in zip(*gauss(np.array([-0.45, 0.45])), strict=True)
    )
    assert_allclose(fit.prob_new_below(x), (mass * norm.cdf((x - mu) / tau)).sum(), atol=ACCURACY)
    assert_allclose(fit._fit.below(fit._fit.study(0), x)[0], (mass * below(-0.8, SE[0])).sum(), atol=ACCURACY)
    assert_allclose(fit._fit.below(fit._fit.study(3), x)[0], partly, atol=ACCURACY)


def test_one_exact_trial_without_heterogeneity_is_its_own_normal():
    fit = pool_partial([-0.3], [-0.3], [0.2], tau_prior_scale=1e-9)
    assert_allclose([fit.estimate, fit.mean, fit.sd], [-0.3, -0.3, 0.2], atol=1e-9)
    assert_allclose([fit.ci_low, fit.ci_high], norm.interval(0.95, -0.3, 0.2), atol=1e-9)
    assert_allclose([fit.pi_low, fit.pi_high], norm.interval(0.95, -0.3, 0.2), atol=1e-8)
    assert_allclose(fit.p_benefit, norm.cdf(1.5), atol=1e-9)
    assert_allclose([fit.tau, fit.tau_ci_high], np.array([0.6744897502, 2.2414027276]) * 1e-9, rtol=1e-6)


def test_without_heterogeneity_exact_trials_give_the_common_effect_pool():
    y, se = np.array([-0.8, 0.1, -0.4]), np.array([0.3, 0.2, 0.5])
    w = se**-2
    fit = pool_partial(y, y, se, tau_prior_scale=1e-8)
    assert_allclose([fit.estimate, fit.sd], [(w * y).sum() / w.sum(), w.sum() ** -0.5], atol=1e-9)
    narrower = pool_partial(y, y, se, tau_prior_scale=1e-8, mu_prior_sd=0.25)
    assert_allclose(
        [narrower.mean, narrower.sd], [(w * y).sum() / (w.sum() + 16), (w.sum() + 16) ** -0.5], atol=1e-9
    )


@pytest.mark.parametrize("half", [0.01, 0.6, 40.0])
def test_one_interval_without_heterogeneity_is_a_uniform_blurred_by_the_se(half):
    fit = pool_partial([-half], [half], [0.2], tau_prior_scale=1e-8)
    assert_allclose([fit.mean, fit.sd], [0, math.sqrt(half**2 / 3 + 0.04)], atol=1e-8)


def test_without_trials_the_priors_come_back():
    fit = pool_partial([-INF], [INF], [NAN], tau_prior_scale=0.3, mu_prior_sd=2, interval="shortest")
    assert_allclose([fit.estimate, fit.sd, fit.p_benefit], [0, 2, 0.5], atol=1e-8)
    assert_allclose(
        [fit.tau, fit.tau_ci_low, fit.tau_ci_high],
        [*(0.3 * halfnorm.ppf([0.5])), 0, 0.3 * halfnorm.ppf(0.95)],
        atol=1e-7,
    )
    assert_allclose(fit.study_estimate, [0], atol=1e-8)


@pytest.mark.parametrize("kind", INTERVALS)
def test_intervals_hold_their_level(kind):
    fit = pool_partial(LOWER, UPPER, SE, level=0.9, interval=kind)
    assert_allclose(fit.prob_below(fit.ci_high) - fit.prob_below(fit.ci_low), 0.9, atol=1e-8)
    assert_allclose(fit.prob_new_below(fit.pi_high) - fit.prob_new_below(fit.pi_low), 0.9, atol=1e-8)
    assert (fit.level, fit.interval, fit.k, fit.k_exact) == (0.9, kind, 6, 2)


def test_shortest_interval_is_the_shortest():
    short = pool_partial(LOWER, UPPER, SE, interval="shortest")
    width = short.ci_high - short.ci_low
    dist, shift = short._fit.mu, short._fit.shift
    for below in np.linspace(0.001, 0.049, 25):
        ends = [quantile(dist, p) for p in (below, below + 0.95)]
        assert ends[1] - ends[0] >= width - 1e-9
    fa, fb = (dist.density(end - shift)[1] for end in (short.ci_low, short.ci_high))
    assert_allclose(fa, fb, rtol=1e-6)
    assert short.tau_ci_low == 0


def test_far_tails_and_slivers_keep_their_digits():
    log_p = log_probability(
        np.array([50.0, -50.0, 30.0, 0.2]), np.array([51.0, -49.0, 30.0 + 1e-7, 0.2 + 1e-9])
    )
    assert_allclose(log_p[0], log_ndtr(-50.0), rtol=1e-12)
    assert_allclose(log_p[1], log_ndtr(-49.0), rtol=1e-12)
    assert_allclose(log_p[2:], norm.logpdf([30.0, 0.2]) + np.log([1e-7, 1e-9]), rtol=1e-8)
    assert_allclose(
        log_probability(np.array([-INF, -1.0]).clip(-1e100), np.array([0.3, 1e100])), log_ndtr([0.3, 1.0])
    )


# Laws.

rows = st.integers(1, 6).flatmap(
    lambda k: st.tuples(
        st.lists(st.floats(-2, 2), min_size=k, max_size=k),
        st.lists(st.floats(0.05, 1), min_size=k, max_size=k),
        st.lists(st.sampled_from(["exact", "between", "below", "above"]), min_size=k, max_size=k),
    )
)


def as_bounds(drawn):
    """Bounds and se; the first trial is exact, so that a flat prior will do."""
    y, se, kinds = (np.array(x) for x in drawn)
    kinds[0] = "exact"
    lower = np.where(kinds == "exact", y, np.where(kinds == "below", -INF, y - se))
    upper = np.where(kinds == "exact", y, np.where(kinds == "above", INF, y + se))
    return lower, upper, se


def numbers(fit, names=NUMBERS + TAUS):
    return np.array([getattr(fit, name) for name in names])


@settings(deadline=None, max_examples=25)
@given(rows, st.randoms(use_true_random=False))
def test_row_order_does_not_matter(drawn, random):
    lower, upper, se = as_bounds(drawn)
    order = list(range(len(se)))
    random.shuffle(order)
    one, other = pool_partial(lower, upper, se), pool_partial(lower[order], upper[order], se[order])
    assert_allclose(numbers(one), numbers(other), atol=1e-9)
    assert_allclose(one.study_estimate[order], other.study_estimate, atol=1e-8)


@settings(deadline=None, max_examples=25)
@given(rows, st.floats(-20, 20))
def test_a_shift_of_all_rows_shifts_the_mean_alone(drawn, shift):
    lower, upper, se = as_bounds(drawn)
    one, other = pool_partial(lower, upper, se), pool_partial(lower + shift, upper + shift, se)
    moved = ("estimate", "mean", "ci_low", "ci_high", "pi_low", "pi_high")
    assert_allclose(numbers(one, moved) + shift, numbers(other, moved), atol=1e-7)
    assert_allclose(numbers(one, ("sd", *TAUS)), numbers(other, ("sd", *TAUS)), atol=1e-7)
    assert_allclose(one.study_ci_low + shift, other.study_ci_low, atol=1e-7)


@settings(deadline=None, max_examples=25)
@given(rows, st.sampled_from(INTERVALS))
def test_swapping_the_arms_flips_the_sign(drawn, kind):
    lower, upper, se = as_bounds(drawn)
    one, other = (
        pool_partial(lower, upper, se, interval=kind),
        pool_partial(-upper, -lower, se, interval=kind),
    )
    assert_allclose(
        numbers(one, ("estimate", "ci_low", "pi_low")),
        -numbers(other, ("estimate", "ci_high", "pi_high")),
        atol=1e-7,
    )
    assert_allclose(one.p_benefit, 1 - other.p_benefit, atol=1e-9)
    assert_allclose(numbers(one, TAUS), numbers(other, TAUS), atol=1e-7)


@settings(deadline=None, max_examples=20)
@given(rows, st.floats(1e-3, 1e3))
def test_a_change_of_unit_scales_everything(drawn, unit):
    lower, upper, se = as_bounds(drawn)
    one = pool_partial(lower, upper, se)
    other = pool_partial(lower * unit, upper * unit, se * unit, tau_prior_scale=0.5 * unit)
    names = ("estimate", "sd", "ci_low", "ci_high", "pi_low", "pi_high", *TAUS)
    assert_allclose(numbers(one, names), numbers(other, names) / unit, atol=1e-7)


@settings(deadline=None, max_examples=25)
@given(rows, st.sampled_from([0.3, NAN]))
def test_a_trial_that_says_nothing_changes_nothing(drawn, silent_se):
    lower, upper, se = as_bounds(drawn)
    one = pool_partial(lower, upper, se)
    other = pool_partial([*lower, -INF], [*upper, INF], [*se, silent_se])
    assert_allclose(numbers(one), numbers(other), atol=1e-12)
    assert_allclose(other.study_estimate[-1], one._fit.shift[0] + quantile(one._fit.new, 0.5)[0], atol=1e-12)


@settings(deadline=None, max_examples=25)
@given(rows, st.sampled_from([1e-3, 1e-5, 1e-8]))
def test_a_number_is_the_limit_of_a_narrow_interval(drawn, width):
    lower, upper, se = as_bounds(drawn)
    one, other = pool_partial(lower, upper, se), pool_partial(lower - width * se, upper + width * se, se)
    exact = lower == upper
    near = pool_partial(
        np.where(exact, lower - width * se, lower), np.where(exact, upper + width * se, upper), se
    )
    assert other.k_exact == near.k_exact == 0
    assert_allclose(numbers(one), numbers(near), atol=5 * width**2 + 1e-7)


@settings(deadline=None, max_examples=25)
@given(rows, st.floats(30, 1e6))
def test_a_very_wide_interval_says_nothing(drawn, width):
    lower, upper, se = as_bounds(drawn)
    one = pool_partial(lower, upper, se)
    other = pool_partial([*lower, -width], [*upper, width], [*se, 0.2])
    assert_allclose(numbers(one), numbers(other), atol=1e-6)


def test_a_null_report_pulls_towards_zero_and_a_direction_away():
    one = pool_partial([-0.8, -0.6], [-0.8, -0.6], [0.3, 0.25])
    null = pool_partial([-0.8, -0.6, -0.5], [-0.8, -0.6, 0.5], [0.3, 0.25, 0.25])
    favours = pool_partial([-0.8, -0.6, -INF], [-0.8, -0.6, -0.5], [0.3, 0.25, 0.25])
    assert null.estimate > one.estimate + 0.05
    assert null.sd < one.sd
    assert favours.p_benefit > one.p_benefit


# Many at once.


def many_sets(m=40, k=7, seed=3):
    """Sets of 1 to k trials, padded with NaN, with every kind of report."""
    rng = np.random.default_rng(seed)
    se, y = rng.uniform(0.05, 0.8, (m, k)), rng.normal(-0.3, 0.5, (m, k))
    kind = rng.integers(0, 4, (m, k))
    lower = np.where(kind == 1, -INF, np.where(kind == 2, y - 1.5 * se, y))
    upper = np.where(kind == 3, INF, np.where(kind == 2, y + 1.5 * se, y))
    absent = np.arange(k) >= rng.integers(1, k + 1, (m, 1))
    return tuple(np.where(absent, NAN, x) for x in (lower, upper, se))


@pytest.mark.parametrize("kind", INTERVALS)
def test_many_give_the_numbers_of_one(kind):
    lower, upper, se = many_sets()
    rng = np.random.default_rng(1)
    scale, prior_sd = rng.uniform(0.1, 1, 40), rng.choice([0.5, 2.0, INF], 40)
    many = pool_partial_many(lower, upper, se, scale, prior_sd, 0.9, kind, cutoffs=(-0.2, 0.0))
    refused = 0
    for i in range(40):
        given_rows = ~np.isnan(se[i])
        one_set = (lower[i, given_rows], upper[i, given_rows], se[i, given_rows])
        bounded = (one_set[0] > -INF).any() and (one_set[1] < INF).any()
        if prior_sd[i] == INF and not bounded:
            refused += 1
            assert np.isnan([getattr(many, name)[i] for name in NUMBERS + TAUS]).all()
            continue
        one = pool_partial(*one_set, scale[i], None if prior_sd[i] == INF else prior_sd[i], 0.9, kind)
        assert_allclose([getattr(many, name)[i] for name in NUMBERS + TAUS], numbers(one), atol=1e-9)
        assert_allclose(many.p_below[i], one.prob_below([-0.2, 0.0]), atol=1e-9)
        assert (many.k[i], many.k_exact[i]) == (one.k, one.k_exact)
    assert 0 < refused < 10


def test_the_same_call_gives_the_same_bits():
    sets = many_sets()
    one, other = pool_partial_many(*sets), pool_partial_many(*sets)
    for name in NUMBERS + TAUS:
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


def test_truths_drawn_from_the_priors_are_covered_as_often_as_stated():
    """Simulation-based calibration: P(mu < truth) is uniform when data come from the model, hidden or not."""
    rng = np.random.default_rng(11)
    m, k = 1200, 6
    truth, tau = 0.5 * rng.standard_normal(m), 0.3 * np.abs(rng.standard_normal(m))
    se = np.broadcast_to([0.15, 0.2, 0.25, 0.3, 0.4, 0.5], (m, k))
    y = truth[:, None] + np.hypot(tau[:, None], se) * rng.standard_normal((m, k))
    hidden = np.abs(y) < 1.96 * se
    bounds = np.where(hidden, -1.96 * se, y), np.where(hidden, 1.96 * se, y)
    for level in (0.5, 0.9):
        fit = pool_partial_many(*bounds, se, tau_prior_scale=0.3, mu_prior_sd=0.5, level=level)
        error = 3 * math.sqrt(level * (1 - level) / m)
        assert abs(np.mean((fit.ci_low < truth) & (truth < fit.ci_high)) - level) < error
        assert abs(np.mean((fit.tau_ci_low < tau) & (tau < fit.tau_ci_high)) - level) < error
        new = truth + tau * rng.standard_normal(m)
        assert abs(np.mean((fit.pi_low < new) & (new < fit.pi_high)) - level) < error


# Bad input.


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"lower": [-0.5, 0.7]}, ["lower[1]", "0.7", "at most upper"]),
        ({"lower": [-0.5, NAN]}, ["lower[1]", "nan", "-inf"]),
        ({"upper": [NAN, 0.5]}, ["upper[0]", "nan", "inf"]),
        ({"lower": [-0.5, INF], "upper": [-0.5, INF]}, ["lower[1]", "inf"]),
        ({"lower": [-INF, -0.5], "upper": [-INF, 0.5]}, ["upper[0]", "-inf"]),
        ({"se": [0.3, 0.0]}, ["se[1]", "0", "> 0"]),
        ({"se": [-0.3, 0.2]}, ["se[0]", "-0.3"]),
        ({"se": [NAN, 0.2]}, ["se[0]", "nan"]),
        ({"se": [INF, 0.2]}, ["se[0]", "inf"]),
        ({"se": [0.2]}, ["shapes", "(2,)", "(1,)"]),
        ({"se": ["a", "b"]}, ["se", "numbers"]),
        ({"tau_prior_scale": 0.0}, ["tau_prior_scale", "0", "> 0"]),
        ({"tau_prior_scale": INF}, ["tau_prior_scale", "inf"]),
        ({"tau_prior_scale": [0.5, 0.5]}, ["tau_prior_scale", "(2,)"]),
        ({"mu_prior_sd": -1}, ["mu_prior_sd", "-1"]),
        ({"level": 95}, ["level", "95"]),
        ({"interval": "hdi"}, ["interval", "hdi", "shortest"]),
        ({"lower": [-INF, -INF], "upper": [0.0, INF]}, ["lower", "from below", "mu_prior_sd"]),
        ({"lower": [0.0, -INF], "upper": [INF, INF]}, ["upper", "from above", "mu_prior_sd"]),
        ({"lower": [], "upper": [], "se": []}, ["no row bounds mu", "mu_prior_sd"]),
        ({"lower": [[-1, -1]], "upper": [[-1, 1]], "se": [[0.3, 0.2]]}, ["(1, 2)", "pool_partial_many"]),
    ],
)  # fmt: skip
def test_bad_input_is_refused(change, parts):
    arguments = {"lower": [-0.5, -0.5], "upper": [-0.5, 0.5], "se": [0.3, 0.2]} | change
    with pytest.raises(ValueError) as caught:
        pool_partial(**arguments)
    for part in parts:
        assert part in str(caught.value)


def test_many_names_the_set_and_the_row():
    with pytest.raises(ValueError, match="shapes do not match"):
        pool_partial_many([[0.1, 0.2]], [[0.1, 0.2]], [[0.1]])
    with pytest.raises(ValueError) as caught:
        pool_partial_many([[0.1, 0.2], [0.1, NAN]], [[0.1, 0.2], [0.1, 0.3]], [[0.1, 0.2], [0.1, 0.3]])
    assert "lower[1, 1]" in str(caught.value)
