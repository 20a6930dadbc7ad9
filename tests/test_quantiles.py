"""quantiles: median with quartiles or range to mean and SD, against the papers."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from evidence.measures import quantiles

REFERENCE = json.loads((Path(__file__).parent / "reference" / "escalc.json").read_text())["single"][
    "quantiles"
]
X = REFERENCE["input"]
CLOSED_RTOL = 1e-11
# Wan et al. (2014), table 1: expected range of n standard normal scores.
WAN_TABLE_1 = {10: 3.078, 15: 3.472, 20: 3.735, 25: 3.931, 30: 4.086, 40: 4.322, 50: 4.498}


def test_all_three_agree_with_the_formulas_of_the_papers_in_r():
    names = {
        "quartiles": quantiles.mean_sd_from_quartiles(X["q1"], X["median"], X["q3"], X["n"]),
        "range": quantiles.mean_sd_from_range(X["minimum"], X["median"], X["maximum"], X["n"]),
        "five": quantiles.mean_sd_from_five_numbers(**X),
    }
    for name, found in names.items():
        assert_allclose(found, [REFERENCE[f"{name}_mean"], REFERENCE[f"{name}_sd"]], rtol=CLOSED_RTOL)


def test_range_agrees_with_the_printed_output_of_metablue():
    # R package metaBLUE 1.0.0, help pages Luo.mean and Wan.std: 1, 4, 10 with n = 30.
    assert_allclose(quantiles.mean_sd_from_range(1, 4, 10, 30), (4.356748, 2.205578), atol=5e-7)


def test_the_expected_range_is_close_to_the_table_of_wan():
    n = np.array(list(WAN_TABLE_1))
    _, sd = quantiles.mean_sd_from_range(0, 1, 1, n)
    assert_allclose(1 / sd, list(WAN_TABLE_1.values()), rtol=0.006)


@pytest.mark.parametrize("n", [40, 400, 4000])
def test_a_normal_sample_gives_its_own_mean_and_sd_back(n):
    # The expected order statistics of n normal scores, by Blom's approximation to their plotting positions.
    from scipy.special import ndtri

    scores = 50 + 12 * ndtri((np.arange(1, n + 1) - 0.375) / (n + 0.25))
    minimum, q1, median, q3, maximum = np.quantile(scores, [0, 0.25, 0.5, 0.75, 1])
    for found in (
        quantiles.mean_sd_from_quartiles(q1, median, q3, n),
        quantiles.mean_sd_from_range(minimum, median, maximum, n),
        quantiles.mean_sd_from_five_numbers(minimum, q1, median, q3, maximum, n),
    ):
        assert_allclose(found, (50, 12), rtol=0.01)


rising = st.lists(st.integers(-50, 50), min_size=5, max_size=5, unique=True).map(sorted)


@settings(deadline=None)
@given(rising, st.integers(2, 500), st.floats(-20, 20), st.floats(0.1, 10))
def test_shift_and_scale_carry_through(points, n, shift, scale):
    mean, sd = quantiles.mean_sd_from_five_numbers(*points, n)
    moved = quantiles.mean_sd_from_five_numbers(*(np.array(points) * scale + shift), n)
    assert_allclose(moved, (mean * scale + shift, sd * scale), rtol=1e-7, atol=1e-7)


@settings(deadline=None)
@given(rising, st.integers(5, 500))
def test_the_mean_lies_between_the_ends(points, n):
    mean, sd = quantiles.mean_sd_from_five_numbers(*points, n)
    assert points[0] <= mean <= points[-1]
    assert sd > 0


@pytest.mark.parametrize(
    ("call", "parts"),
    [
        (lambda: quantiles.mean_sd_from_quartiles(30, 20, 36, 40), ["q1 is 30", "at most median"]),
        (lambda: quantiles.mean_sd_from_quartiles(20, [30, 40], 36, 40), ["median[1] is 40", "at most q3"]),
        (lambda: quantiles.mean_sd_from_quartiles(20, 20, 20, 40), ["q3 is 20", "above q1"]),
        (lambda: quantiles.mean_sd_from_range(1, 4, 10, 1), ["n is 1"]),
        (lambda: quantiles.mean_sd_from_range(1, 14, 10, 30), ["median is 14"]),
        (lambda: quantiles.mean_sd_from_five_numbers(5, 4, 30, 36, 60, 40), ["minimum is 5", "at most q1"]),
        (lambda: quantiles.mean_sd_from_five_numbers(5, 30, 30, 30, 60, 40), ["q3 is 30", "above q1"]),
    ],
)
def test_bad_input_is_refused(call, parts):
    with pytest.raises(ValueError) as caught:
        call()
    assert [part for part in parts if part not in str(caught.value)] == []
