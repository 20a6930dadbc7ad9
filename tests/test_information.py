"""Value of information: closed forms where all is normal, laws of probability, brute force elsewhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from scipy.special import gammaln

import evidence as ev
from evidence.partial.pool import pool_partial, pool_partial_many
from evidence.review.efficacy import pool_window
from evidence.review.wanted import SPREAD
from evidence.robustness.information import expected_learning, filled_in, next_trials

WIDTH, PROBABILITY = 2e-4, 3e-4  # the stated accuracy, with room
NO_HETEROGENEITY = 1e-4


@pytest.fixture(scope="module")
def review():
    return ev.load()


@pytest.mark.parametrize("new_se", [0.05, 0.2, 0.6])
@pytest.mark.parametrize("yi", [(-0.5, -0.3), (-0.1, 0.05), (0.6, 0.2)])
def test_without_heterogeneity_it_is_the_normal_closed_form(yi, new_se):
    """Precisions add; the mean to come is normal around the present one with variance v - v'."""
    sei = np.array([0.2, 0.25])
    precision = (1 / sei**2).sum()
    mean, v = (yi / sei**2).sum() / precision, 1 / precision
    after = 1 / (precision + 1 / new_se**2)
    half, sd = stats.norm.ppf(0.975) * np.sqrt(after), np.sqrt(v - after)
    found = expected_learning(yi, yi, sei, new_se, tau_prior_scale=NO_HETEROGENEITY)
    assert found.width == pytest.approx(2 * half, abs=WIDTH)
    assert found.favours == pytest.approx(stats.norm.cdf(-half, mean, sd), abs=PROBABILITY)
    assert found.against == pytest.approx(stats.norm.sf(half, mean, sd), abs=PROBABILITY)


def test_a_report_of_no_difference_without_heterogeneity_is_a_truncated_normal():
    """Learning an estimate known to lie within limits: expectations over a normal cut at them."""
    se, new_se, low, high = 0.2, 0.15, -0.3, 0.3
    precision = 1 / se**2 + 1 / new_se**2
    half = stats.norm.ppf(0.975) / np.sqrt(precision)
    predictive = stats.norm(-0.5, np.hypot(se, new_se))
    # The updated mean is linear in the estimate y: it lies below -half where y is below this.
    at = (-half * precision + 0.5 / se**2) * new_se**2
    mass = predictive.cdf(high) - predictive.cdf(low)
    found = expected_learning([-0.5], [-0.5], [se], new_se, low, high, tau_prior_scale=NO_HETEROGENEITY)
    assert low < at < high
    assert found.width == pytest.approx(2 * half, abs=WIDTH)
    assert found.favours == pytest.approx((predictive.cdf(at) - predictive.cdf(low)) / mass, abs=PROBABILITY)


ROWS = st.lists(st.tuples(st.floats(-1, 1), st.floats(0.15, 0.6)), min_size=1, max_size=3)


@given(ROWS, st.floats(0.1, 0.6))
@settings(max_examples=15)
def test_the_expected_probability_of_benefit_is_the_present_one(rows, new_se):
    yi, sei = np.transpose(rows)
    found = expected_learning(yi, yi, sei, new_se)
    assert found.p_benefit == pytest.approx(pool_partial(yi, yi, sei).p_benefit, abs=WIDTH)


@pytest.mark.parametrize(("low", "high"), [(-0.69, 0.69), (-np.inf, 0.0), (-0.4, 0.0), (0.0, np.inf)])
def test_learning_a_reported_range_is_expected_to_change_nothing(low, high):
    """Before, the range is pooled as such; after, its estimate: the same on average."""
    now = pool_partial([-0.46, low], [-0.46, high], [0.2, 0.19]).p_benefit
    found = expected_learning([-0.46], [-0.46], [0.2], 0.19, low, high)
    assert found.p_benefit == pytest.approx(now, abs=5e-5)


@given(ROWS, st.floats(0.1, 0.6))
@settings(max_examples=8)
def test_mirrored_effects_swap_the_two_sides(rows, new_se):
    yi, sei = np.transpose(rows)
    one, other = (expected_learning(sign * yi, sign * yi, sei, new_se) for sign in (1, -1))
    assert one.width == pytest.approx(other.width, abs=1e-6)
    assert one.favours == pytest.approx(other.against, abs=1e-6)
    assert one.against == pytest.approx(other.favours, abs=1e-6)


def test_brute_force_finds_the_same():
    """Predictive density by integration over a grid of mu and tau; the pool run at 400 estimates."""
    lower, upper, se, new_se = [-1.1, -0.69], [-1.1, 0.69], [0.38, 0.19], 0.2
    mu, tau = np.linspace(-5, 4, 601), np.linspace(0, 2.5, 251)
    s = [np.hypot(x, tau)[:, None] for x in se]
    joint = stats.halfnorm.pdf(tau, scale=0.5)[:, None] * stats.norm.pdf(-1.1, mu, s[0])
    joint = joint * (stats.norm.cdf(0.69, mu, s[1]) - stats.norm.cdf(-0.69, mu, s[1]))
    y = np.linspace(-5, 4, 400)
    spread = np.hypot(new_se, tau)[:, None]
    density = np.array([(joint * stats.norm.pdf(x, mu, spread)).sum() for x in y])
    density /= integrate.trapezoid(density, y)
    rows = [np.column_stack([np.tile(known, (400, 1)), new]) for known, new in
            ((lower, y), (upper, y), (se, np.full(400, new_se)))]  # fmt: skip
    fits = pool_partial_many(*rows)
    found = expected_learning(lower, upper, se, new_se)
    assert found.width == pytest.approx(
        integrate.trapezoid(density * (fits.ci_high - fits.ci_low), y), abs=2e-3
    )
    last = np.flatnonzero(fits.ci_high < 0)[-1]  # here the upper limit rises with the estimate
    share = fits.ci_high[last] / (fits.ci_high[last] - fits.ci_high[last + 1])
    below = integrate.trapezoid(density[: last + 1], y[: last + 1]) + share * (y[1] - y[0]) * density[last]
    assert (np.diff(fits.ci_high[np.abs(y) < 2]) > 0).all()
    assert found.favours == pytest.approx(below, abs=2e-3)
    assert found.favours > 0.1


def test_a_larger_trial_never_teaches_less():
    widths = [
        expected_learning([-0.5, -0.2], [-0.5, -0.2], [0.3, 0.3], se).width for se in (0.6, 0.3, 0.15, 0.05)
    ]
    assert widths == sorted(widths, reverse=True)


@pytest.mark.parametrize(("change", "words"), [
    ({"new_se": 0.0}, "new_se: found 0.0"), ({"new_se": float("nan")}, "new_se: found nan"),
    ({"low": 0.2, "high": 0.1}, "low, high: found 0.2, 0.1"), ({"lower": [-np.inf]}, "no row bounds mu"),
])  # fmt: skip
def test_bad_input_is_named(change, words):
    with pytest.raises(ValueError, match=words):
        expected_learning(**({"lower": [-0.4], "upper": [-0.4], "se": [0.3], "new_se": 0.2} | change))


def test_next_trials_cover_every_window_that_has_a_pool(review):
    frame = next_trials(review, sizes=(100, 400))
    assert frame["window"].unique().tolist() == ["24h", "week1", "end_of_course", "follow_up"]
    assert (frame["width"] < frame["width_now"]).all()
    for _, rows in frame.groupby("window"):
        assert rows["width"].is_monotonic_decreasing
    course = pool_window(review, "end_of_course").included
    # Hedges (1981): at g = 0 the standard error of g is J sqrt(1/n1 + 1/n2), here on 98 df.
    j = np.exp(gammaln(49) - gammaln(48.5)) / np.sqrt(49)
    expected = expected_learning(course["lower"], course["upper"], course["se"], j * np.sqrt(2 / 50))
    row = frame[(frame["window"] == "end_of_course") & (frame["n"] == 100)].iloc[0]
    assert row[["width", "favours"]].tolist() == pytest.approx([expected.width, expected.favours], rel=1e-9)


def test_a_window_without_a_pool_is_left_out(review):
    frame = next_trials(review, ev.Choices(include_duek=False), sizes=(100,))
    assert "follow_up" not in set(frame["window"])


def test_filling_in_keeps_the_swing_and_conditions_on_what_is_known(review):
    frame = filled_in(review)
    wanted = ev.wanted(review)
    assert frame["swing"].tolist() == wanted["swing"].dropna().tolist()
    row = frame[(frame["trial_id"] == "abdallah_2022") & (frame["window"] == "end_of_course")].iloc[0]
    rows = pool_window(review, "end_of_course").included.set_index("trial_id")
    others, own = rows.drop(index="abdallah_2022"), rows.loc["abdallah_2022"]
    expected = expected_learning(
        others["lower"], others["upper"], others["se"], own["se"], own["lower"], own["upper"]
    )
    assert row[["width", "favours", "against"]].tolist() == pytest.approx(
        [expected.width, expected.favours, expected.against], rel=1e-9
    )


def test_assumptions_learned_are_averaged_over_their_settings(review):
    row = filled_in(review).query("statistic == @SPREAD").iloc[0]
    fits = [
        pool_window(review, "24h", ev.Choices(feder_2014_n=n, crossover_r=r)).partial
        for n in (29, 41)
        for r in (0.3, 0.5, 0.7)
    ]
    assert row["statistic"] == SPREAD
    assert row["width"] == pytest.approx(np.mean([fit.ci_high - fit.ci_low for fit in fits]), rel=1e-9)
    assert row["favours"] == np.mean([fit.ci_high < 0 for fit in fits])
