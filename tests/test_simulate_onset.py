"""The onset simulation: repeatable, and the quantities recover the truth within Monte Carlo error."""

import pytest

from evidence.validation.onset import simulate_onset


@pytest.fixture(scope="module")
def rows():
    return simulate_onset(k=6, replicates=24)


def test_half_of_the_trials_hide_what_is_not_significant(rows):
    assert 0.2 < rows[0]["hidden"] < 0.5


def test_no_quantity_is_biased_beyond_its_monte_carlo_error(rows):
    for row in rows:
        assert abs(row["bias"]) < 3.3 * row["bias_mcse"] + 0.02, row


def test_intervals_cover_the_truth(rows):
    for row in rows:
        assert row["coverage"] >= 0.8, row


def test_the_same_seed_gives_the_same_table():
    assert simulate_onset(k=4, replicates=3) == simulate_onset(k=4, replicates=3)


def test_too_few_trials_are_refused():
    with pytest.raises(ValueError, match="k: found 1"):
        simulate_onset(k=1)
