"""arms: SE, CI and two time points to mean and SD; arms combined and split."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from evidence.measures import arms

PRINTED = 0.005  # half the last digit of a value printed with two


def test_sd_from_an_interval_as_in_the_cochrane_handbook():
    # Handbook, section 6.5.2.2: 30.0 to 34.2 in 25 people, divisor 2 * 2.0639, SD = 5.09.
    assert_allclose(arms.sd_from_ci(30.0, 34.2, 25), 5.09, atol=PRINTED)


def test_sd_from_se_is_algebra():
    assert arms.sd_from_se([2, 0.5], [25, 16]).tolist() == [10, 2]


def test_sd_of_a_difference_as_in_the_cochrane_handbook():
    # Handbook 5.1, section 16.4.6.4: SDs 2.38 and 2.21, correlation 0.68, n = 10: SE of the difference 0.583.
    change, sd = arms.change_from_baseline(6.5, 2.21, 7.0, 2.38, 0.68)
    assert change == 0.5
    assert_allclose(sd / np.sqrt(10), 0.583, atol=PRINTED / 10)


@settings(deadline=None)
@given(st.floats(1, 30), st.floats(1, 30), st.floats(-0.9, 0.9))
def test_the_correlation_comes_back_from_the_three_sds(sd_baseline, sd_end, r):
    _, sd_change = arms.change_from_baseline(40, sd_baseline, 25, sd_end, r)
    assert_allclose(arms.correlation_from_change(sd_baseline, sd_end, sd_change), r, atol=1e-9)


groups = st.lists(st.lists(st.floats(-50, 50), min_size=2, max_size=8), min_size=2, max_size=4).filter(
    lambda found: all(np.std(group) > 0.1 for group in found)
)


@settings(deadline=None)
@given(groups)
def test_combined_arms_are_the_arm_of_all_people(people):
    everybody = np.concatenate(people)
    found = arms.combine_arms(
        [np.mean(group) for group in people],
        [np.std(group, ddof=1) for group in people],
        [len(group) for group in people],
    )
    assert_allclose(found, [everybody.mean(), everybody.std(ddof=1), len(everybody)], rtol=1e-9, atol=1e-9)


def test_the_last_axis_is_combined():
    m, sd, n = arms.combine_arms([[10.0, 12], [8, 8]], [[4.0, 5], [3, 3]], [[20, 30], [10, 10]])
    assert (m.shape, sd.shape, n.tolist()) == ((2,), (2,), [50, 20])
    assert_allclose([m[0], sd[0]], arms.combine_arms([10, 12], [4, 5], [20, 30])[:2])


@settings(deadline=None)
@given(st.integers(10, 200), st.integers(2, 5))
def test_the_parts_of_a_split_arm_add_up(n, parts):
    events, people = arms.split_arm(n, parts, events=n // 3)
    assert_allclose([events * parts, people * parts], [n // 3, n], rtol=1e-12)
    assert arms.split_arm(n, parts) == people


@pytest.mark.parametrize(
    ("call", "parts"),
    [
        (lambda: arms.sd_from_se(0, 10), ["se is 0"]),
        (lambda: arms.sd_from_se(1, [10, 1]), ["n[1] is 1"]),
        (lambda: arms.sd_from_ci(2, 1, 10), ["ci_low is 2"]),
        (lambda: arms.change_from_baseline(1, 2, 3, 4, 1.2), ["r is 1.2"]),
        (lambda: arms.change_from_baseline(1, 0, 3, 4, 0.5), ["sd_baseline is 0"]),
        (lambda: arms.correlation_from_change(10, 12, 30), ["sd_change is 30", "same people"]),
        (lambda: arms.combine_arms(1, 2, 3), ["m, sd and n", "one entry an arm"]),
        (lambda: arms.combine_arms([1, 2], [3, -3], [10, 10]), ["sd[1] is -3"]),
        (lambda: arms.combine_arms([1, 2], [3, 3], [10, 1]), ["n[1] is 1"]),
        (lambda: arms.split_arm(20, 1), ["parts is 1"]),
        (lambda: arms.split_arm(20, 2.5), ["parts is 2.5"]),
        (lambda: arms.split_arm(3, 2), ["n is 3", "2 people a part"]),
        (lambda: arms.split_arm(20, 2, events=21), ["events is 21"]),
    ],
)
def test_bad_input_is_refused(call, parts):
    with pytest.raises(ValueError) as caught:
        call()
    assert [part for part in parts if part not in str(caught.value)] == []
