"""Several windows at once: the likelihood against scipy, the posterior against nested quadrature, laws."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import roots_legendre
from scipy.stats import multivariate_normal, norm

from evidence.partial.joint import pool_joint
from evidence.partial.joint_likelihood import Reports
from evidence.partial.joint_result import weighted_quantile
from evidence.partial.pool import pool_partial

INF, NAN = np.inf, np.nan
ACCURACY = 2e-3  # of probabilities, as documented
WIDTH = 0.01  # of quantiles, in SD: 2e-3 of probability where the density is lowest

# Four trials by two windows: numbers, "no difference", a direction, not measured.
LOWER = np.array([[-0.8, -0.5], [-0.6, -0.9], [-INF, -0.5], [NAN, -0.3]])
UPPER = np.array([[-0.8, -0.5], [0.6, -0.9], [0.0, 0.5], [NAN, -0.3]])
SE = np.array([[0.3, 0.3], [0.3, 0.32], [0.4, 0.4], [NAN, 0.25]])


def box(lower, upper, mean, covariance):
    """P(lower < x < upper) by inclusion and exclusion of scipy's distribution function."""
    total = 0.0
    for corner in np.ndindex(*(2,) * len(mean)):
        at = np.where(corner, upper, lower)
        sign = (-1) ** (len(mean) - sum(corner))
        total += sign * multivariate_normal.cdf(at, mean, covariance, abseps=1e-9, releps=1e-9)
    return total


@pytest.mark.parametrize(("rho", "omega", "tau"), [(0.6, 0.5, 0.3), (0.0, 1.0, 0.4), (0.8, 0.2, 0.05)])
def test_likelihood_of_a_trial_against_the_multivariate_normal(rho, omega, tau):
    """Two numbers and two intervals in one trial: density times conditional probability of a box."""
    lower, upper = np.array([-0.4, -0.5, -0.2, -0.6]), np.array([-0.4, 0.5, -0.2, 0.1])
    se, mu = np.array([0.3, 0.25, 0.35, 0.3]), np.array([-0.3, -0.1, -0.4, -0.5])
    exact = lower == upper
    reports = Reports(lower[None], upper[None], se[None], exact[None], ~exact[None], rho)
    loading = np.sqrt(omega * tau**2 + rho * se**2)
    covariance = np.outer(loading, loading)
    np.fill_diagonal(covariance, tau**2 + se**2)
    e, h = np.flatnonzero(exact), np.flatnonzero(~exact)
    gain = covariance[np.ix_(h, e)] @ np.linalg.inv(covariance[np.ix_(e, e)])
    mean = mu[h] + gain @ (lower[e] - mu[e])
    rest = covariance[np.ix_(h, h)] - gain @ covariance[np.ix_(e, h)]
    density = multivariate_normal.pdf(lower[e], mu[e], covariance[np.ix_(e, e)])
    expected = density * box(lower[h], upper[h], mean, rest)
    found = np.exp(reports.log_likelihood(mu[None], np.array([tau]), np.array([omega])))[0]
    assert_allclose(found, expected, rtol=1e-6)


def test_covariance_is_the_working_one_when_standard_errors_agree():
    reports = Reports(*(np.zeros((1, 3)),) * 2, np.full((1, 3), 0.3), *(np.ones((1, 3), bool),) * 2, 0.6)
    loading, rest = reports.parts(0, np.array([0.4]), np.array([0.7]))
    assert_allclose(loading[0, 0] * loading[0, 1], 0.7 * 0.16 + 0.6 * 0.09)
    assert_allclose(loading**2 + rest, 0.16 + 0.09)


def gauss(edges, n):
    """Nodes and weights of composite Gauss-Legendre quadrature."""
    edges, (node, weight) = np.asarray(edges), roots_legendre(n)
    half, middle = np.diff(edges) / 2, (edges[1:] + edges[:-1]) / 2
    return (middle[:, None] + half[:, None] * node).ravel(), (half[:, None] * weight).ravel()


def test_two_windows_against_nested_quadrature():
    """Trial by trial, with the latent normal and both means integrated on dense grids (omega known)."""
    rho, omega = 0.6, 0.7
    (one, one_weight), (tau, tau_weight) = (
        gauss(np.linspace(-4, 3, 15), 6),
        gauss([0, 0.1, 0.3, 0.7, 1.3, 2.2], 6),
    )
    latent, latent_weight = gauss(np.linspace(-7, 7, 15), 6)
    latent_weight = latent_weight * norm.pdf(latent)
    mass = np.zeros((len(one), len(one)))
    tails = np.zeros(len(tau))
    for j, t in enumerate(tau):
        joint = np.full(mass.shape, tau_weight[j] * norm.pdf(t / 0.5))
        for lower, upper, se in zip(LOWER, UPPER, SE, strict=True):
            windows = []
            for low, high, error in zip(lower, upper, se, strict=True):
                loading = np.sqrt(omega * t**2 + rho * error**2)
                s = np.sqrt(t**2 + error**2 - loading**2)
                middle = one[:, None] + loading * latent
                said = (
                    norm.pdf(low, middle, s)
                    if low == high
                    else norm.cdf((high - middle) / s) - norm.cdf((low - middle) / s)
                )
                windows.append(np.ones_like(middle) if np.isnan(error) else said)
            joint *= (windows[0] * latent_weight) @ windows[1].T
        mass += joint
        tails[j] = (one_weight @ joint) @ one_weight
    mass *= one_weight[:, None] * one_weight
    tails, mass = tails / mass.sum(), mass / mass.sum()
    fit = pool_joint(LOWER, UPPER, SE, rho=rho, omega=omega)
    below = np.array([mass[one < 0].sum(), mass[:, one < 0].sum()])
    assert_allclose(fit.p_benefit, below, atol=ACCURACY)
    mean = np.array([mass.sum(1) @ one, mass.sum(0) @ one])
    assert_allclose(fit.mean, mean, atol=ACCURACY)
    assert_allclose(fit.prob(lambda mu: mu.max(1) < 0), mass[np.ix_(one < 0, one < 0)].sum(), atol=ACCURACY)
    covariance = one @ mass @ one - mean[0] * mean[1]
    assert_allclose(fit.correlation[0, 1] * fit.sd.prod(), covariance, atol=ACCURACY)
    assert_allclose(weighted_quantile(tau, tails, 0.5), fit.tau, atol=0.03)


def test_one_window_is_the_partial_pool():
    lower, upper, se = (np.append(x[:3, 0], x[:, 1]) for x in (LOWER, UPPER, SE))
    fit, one = pool_joint(lower[:, None], upper[:, None], se[:, None]), pool_partial(lower, upper, se)
    assert_allclose(fit.p_benefit, one.p_benefit, atol=ACCURACY)
    found = [fit.estimate[0], fit.ci_low[0], fit.ci_high[0]]
    assert_allclose(found, [one.estimate, one.ci_low, one.ci_high], atol=WIDTH * one.sd)
    assert_allclose([fit.tau, fit.tau_ci_high], [one.tau, one.tau_ci_high], rtol=0.01)


def test_exact_windows_without_heterogeneity_are_generalised_least_squares():
    """With tau near 0 the posterior is normal; its moments are those of the GLS estimate."""
    y, se, rho = (
        np.array([[-0.8, -0.5], [-0.2, -0.4], [0.1, NAN]]),
        np.array([[0.3] * 2, [0.2] * 2, [0.25, NAN]]),
        0.6,
    )
    design, values, blocks = [], [], []
    for row, error in zip(y, se, strict=True):
        seen = ~np.isnan(row)
        block = np.outer(error[seen], error[seen]) * (rho + (1 - rho) * np.eye(seen.sum()))
        weight = np.linalg.inv(block)
        design.append(np.eye(2)[seen].T @ weight @ np.eye(2)[seen])
        values.append(np.eye(2)[seen].T @ weight @ row[seen])
        blocks.append(block)
    covariance = np.linalg.inv(sum(design))
    fit = pool_joint(y, y, se, rho=rho, tau_prior_scale=1e-6)
    assert_allclose(fit.mean, covariance @ sum(values), atol=ACCURACY)
    assert_allclose(fit.sd, np.sqrt(np.diag(covariance)), rtol=0.01)
    assert_allclose(fit.correlation[0, 1], covariance[0, 1] / np.sqrt(np.diag(covariance)).prod(), atol=0.01)


def test_more_points_change_nothing_that_is_claimed():
    rng = np.random.default_rng(5)
    se = np.repeat(np.sqrt(2 / np.array([10, 15, 20, 25, 30, 40, 50, 75]))[:, None], 4, axis=1)
    y = -0.4 + 0.2 * rng.standard_normal((8, 1)) + se * rng.standard_normal((8, 4))
    hidden, absent = rng.uniform(size=(8, 4)) < 0.5, rng.uniform(size=(8, 4)) < 0.35
    bounds = (np.where(absent, NAN, np.where(hidden, sign * 1.96 * se, y)) for sign in (-1, 1))
    lower, upper, se = *bounds, np.where(absent, NAN, se)
    for prior in ("independent", "random-walk"):
        fit = pool_joint(lower, upper, se, prior=prior)
        fine = pool_joint(lower, upper, se, prior=prior, points=2**16)
        assert fit.effective > 0.5
        assert_allclose(fit.p_benefit, fine.p_benefit, atol=ACCURACY)
        assert_allclose(fit.prob_below(-0.2), fine.prob_below(-0.2), atol=ACCURACY)
        assert_allclose(fit.ci_low, fine.ci_low, atol=2 * WIDTH * fit.sd.max())


def test_shift_and_sign_flip():
    fit = pool_joint(LOWER, UPPER, SE)
    moved = pool_joint(LOWER + 5, UPPER + 5, SE)
    assert_allclose(moved.estimate, fit.estimate + 5, atol=1e-6)
    flipped = pool_joint(-UPPER, -LOWER, SE)
    assert_allclose(flipped.mean, -fit.mean, atol=ACCURACY)
    assert_allclose(flipped.p_benefit, 1 - fit.p_benefit, atol=ACCURACY)
    order = [2, 0, 3, 1]
    assert_allclose(pool_joint(LOWER[order], UPPER[order], SE[order]).estimate, fit.estimate, atol=1e-9)


def test_a_trial_that_says_nothing_changes_nothing():
    fit = pool_joint(LOWER, UPPER, SE)
    more = pool_joint(*(np.vstack([x, [end, NAN]]) for x, end in ((LOWER, -INF), (UPPER, INF), (SE, NAN))))
    assert_allclose(more.estimate, fit.estimate, atol=1e-12)
    assert more.k.tolist() == fit.k.tolist() == [3, 4]


def test_shared_trials_correlate_the_windows_and_rho_matters():
    apart, close = (
        pool_joint(LOWER, UPPER, SE, rho=rho, omega=share) for rho, share in ((0.0, 0.0), (0.9, 1.0))
    )
    assert abs(apart.correlation[0, 1]) < 0.15
    assert close.correlation[0, 1] > apart.correlation[0, 1] + 0.2
    assert_allclose(np.diag(close.correlation), 1)


def test_a_random_walk_pulls_windows_together_and_reaches_the_empty_one():
    lower, upper, se = (np.column_stack([x, np.full(4, NAN)]) for x in (LOWER, UPPER, SE))
    free, walk = pool_joint(lower, upper, se), pool_joint(lower, upper, se, prior="random-walk")
    assert np.isnan([free.estimate[2], free.sd[2], free.p_benefit[2], free.prob_below(0)[2]]).all()
    assert abs(np.diff(walk.estimate[:2])[0]) < abs(np.diff(free.estimate[:2])[0])
    assert walk.sd[2] > walk.sd[1]
    longer = pool_joint(lower, upper, se, prior="random-walk", gaps=[1, 9])
    assert longer.sd[2] > walk.sd[2] + 0.05
    stiff = pool_joint(lower, upper, se, prior="random-walk", walk_prior_scale=1e-3)
    assert np.ptp(stiff.estimate) < 0.01


def test_functions_of_the_means():
    fit = pool_joint(LOWER, UPPER, SE, level=0.9)
    assert_allclose(
        fit.quantile(lambda mu: mu[:, 1], [0.05, 0.5, 0.95]), [fit.ci_low[1], fit.estimate[1], fit.ci_high[1]]
    )
    assert fit.prob(lambda mu: mu[:, 0] < 0) == pytest.approx(fit.p_benefit[0])
    assert fit.prob(lambda mu: mu[:, 0] < mu[:, 1]) + fit.prob(
        lambda mu: mu[:, 1] < mu[:, 0]
    ) == pytest.approx(1)


def test_the_same_call_gives_the_same_bits():
    one, other = pool_joint(LOWER, UPPER, SE, points=2**12), pool_joint(LOWER, UPPER, SE, points=2**12)
    assert one.estimate.tobytes() == other.estimate.tobytes()
    assert one.correlation.tobytes() == other.correlation.tobytes()


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"se": SE[:2]}, ["shapes", "(2, 2)"]),
        ({"lower": UPPER + 0.1}, ["lower[0, 0]", "at most upper"]),
        ({"se": -SE}, ["se[0, 0]", "> 0"]),
        ({"windows": ["24h"]}, ["windows", "1", "2"]),
        ({"windows": ["24h", "24h"]}, ["windows", "24h", "twice"]),
        ({"rho": 1}, ["rho", "1"]),
        ({"omega": 1.2}, ["omega", "1.2"]),
        ({"tau_prior_scale": 0}, ["tau_prior_scale", "0"]),
        ({"walk_prior_scale": -1}, ["walk_prior_scale", "-1"]),
        ({"mu_prior_sd": 0}, ["mu_prior_sd", "0"]),
        ({"prior": "spline"}, ["prior", "spline", "random-walk"]),
        ({"prior": "random-walk", "gaps": [1, 2]}, ["gaps", "(2,)"]),
        ({"prior": "random-walk", "gaps": [0]}, ["gaps[0]", "0", "order of time"]),
        ({"points": 1000}, ["points", "1000", "power of 2"]),
        ({"level": 95}, ["level", "95"]),
        (
            {"lower": np.where(SE > 0, -INF, NAN), "windows": ["24h", "week1"]},
            ["24h", "from below", "mu_prior_sd"],
        ),
        ({"lower": 0 * SE - INF, "upper": 0 * SE + INF}, ["bounds its mean", "mu_prior_sd"]),
    ],
)
def test_bad_input_is_refused(change, parts):
    with pytest.raises(ValueError) as caught:
        pool_joint(**{"lower": LOWER, "upper": UPPER, "se": SE} | change)
    for part in parts:
        assert part in str(caught.value)


def test_a_proper_prior_needs_no_bounds():
    fit = pool_joint(np.where(SE > 0, -INF, NAN), np.where(SE > 0, 0.0, NAN), SE, mu_prior_sd=1)
    assert (fit.p_benefit > 0.7).all()
