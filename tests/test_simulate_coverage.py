"""Simulated coverage: exact where theory says so, below its level where theory warns."""

import numpy as np
import pytest

from evidence.validation import coverage as module
from evidence.validation.coverage import HEADLINE, METHODS, simulate_coverage, trial_variances, typical_i2

REPLICATES = 4000


def test_with_equal_variances_hartung_knapp_is_the_t_interval(monkeypatch):
    """All weights are then equal whatever tau2 is, so the interval is exact at every heterogeneity."""
    monkeypatch.setattr(module, "trial_variances", lambda k: np.full(k, 0.05))
    rows = simulate_coverage((3, 8), (0.0, 0.4), REPLICATES, headline_replicates=0)
    exact = [row for row in rows if row.ci_method == "hksj"]
    assert len(exact) == 2 * 2 * len(METHODS)
    for row in exact:
        assert abs(row.coverage - 0.95) < 4 * np.sqrt(0.95 * 0.05 / REPLICATES)


@pytest.fixture(scope="module")
def rows():
    found = simulate_coverage((3, 15), (0.0, 0.4), REPLICATES, headline_replicates=300)
    return {(row.k, row.tau, row.tau2_method, row.ci_method): row for row in found}


def test_every_method_is_there_at_every_truth(rows):
    assert len(rows) == 2 * 2 * (9 + 1)
    assert {row.replicates for row in rows.values()} == {REPLICATES, 300}


def test_the_plain_interval_is_too_short_among_few_heterogeneous_trials(rows):
    few, many = rows[3, 0.4, "REML", "wald"], rows[15, 0.4, "REML", "wald"]
    assert few.coverage < 0.88
    assert few.coverage < many.coverage < 0.95
    assert rows[3, 0.4, "REML", "hksj"].coverage > 0.90
    assert rows[3, 0.4, HEADLINE, "equal-tail"].coverage > 0.93


def test_the_ad_hoc_interval_is_never_the_shorter_one(rows):
    for (k, tau, method, ci), row in rows.items():
        if ci == "hksj_adhoc":
            assert row.coverage >= rows[k, tau, method, "hksj"].coverage
            assert row.width >= rows[k, tau, method, "hksj"].width


def test_errors_are_binomial(rows):
    for row in rows.values():
        assert row.mcse == pytest.approx(np.sqrt(row.coverage * (1 - row.coverage) / row.replicates))


def test_trials_span_the_sizes_of_the_field():
    # Standard error at zero effect of two arms of n each: sqrt(2 / n).
    assert trial_variances(8).tolist() == [2 / n for n in (10, 15, 20, 25, 30, 40, 50, 75)]
    assert trial_variances(3)[[0, -1]].tolist() == [2 / 10, 2 / 75]
    assert typical_i2(0.3, np.full(6, 0.01)) == pytest.approx(90)


def test_the_same_seed_gives_the_same_rows():
    one, other = (simulate_coverage((3,), (0.2,), 200, 20) for _ in range(2))
    assert one == other
    assert simulate_coverage((3,), (0.2,), 200, 20, seed=1) != one
