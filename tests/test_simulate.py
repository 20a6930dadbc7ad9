"""Simulated hidden results: the partial pool holds where its reading is right; the table says where not."""

import numpy as np
import pytest
from scipy.special import chdtri

from evidence.validation.hidden import (
    CRITICAL,
    OMNIBUS_DF,
    SCENARIOS,
    draw_trials,
    printed,
    simulate_hidden_nulls,
)

REPLICATES = 500


@pytest.fixture(scope="module")
def table():
    return {(row.scenario, row.method): row for row in simulate_hidden_nulls(REPLICATES)}


def test_hidden_nulls_bias_the_complete_cases_and_not_the_partial_pool(table):
    complete = table["nulls hidden", "complete case, REML-HK"]
    partial = table["nulls hidden", "partial, pairwise"]
    assert complete.bias < -0.2
    assert complete.coverage < 0.85
    assert abs(partial.bias) < 0.03
    assert 0.93 <= partial.coverage <= 0.98
    assert partial.bias_mcse < 0.01
    assert partial.coverage_mcse < 0.01
    assert (partial.undefined, partial.replicates) == (0, REPLICATES)


def test_with_everything_printed_both_are_right(table):
    for method in ("complete case, REML-HK", "partial, pairwise"):
        row = table["all printed", method]
        assert abs(row.bias) < 3 * row.bias_mcse
        assert row.coverage > 0.93
        assert row.shown == 1


def test_a_wrong_reading_shows(table):
    favourable = table["only favourable printed", "partial, pairwise"]
    assert favourable.bias < -0.03
    pairwise, scheffe = (
        table["omnibus nulls hidden", f"partial, {rule}"] for rule in ("pairwise", "Scheffe")
    )
    assert pairwise.bias > 0.1
    assert pairwise.coverage < 0.9
    assert abs(scheffe.bias) < 0.03
    assert scheffe.coverage >= 0.93
    assert scheffe.width > pairwise.width


def test_printing_rules():
    yi, sei = np.array([[-0.9, -0.1, 0.1, 0.9]]), np.full((1, 4), 0.3)
    assert printed("all printed", yi, sei, 0 * yi).all()
    assert printed("nulls hidden", yi, sei, 0 * yi).tolist() == [[True, False, False, True]]
    assert printed("only favourable printed", yi, sei, 0 * yi).tolist() == [[True, True, False, False]]
    rest = np.array([[0.0, 12.59, 12.49, 4.0]])  # 12.5916 is the 95% quantile on 6 df
    assert printed("omnibus nulls hidden", yi, sei, rest).tolist() == [[False, True, True, True]]
    with pytest.raises(ValueError, match="scenario"):
        printed("unknown", yi, sei, rest)


def test_draws_follow_the_stated_distributions():
    yi, sei, rest = draw_trials(4000, mu=-0.3, tau=0.5, per_arm=(50,))
    assert np.allclose(sei, 0.2)
    assert abs(yi.mean() + 0.3) < 4 * np.sqrt(0.29 / 4000)
    assert abs(yi.var() - 0.29) < 4 * 0.29 * np.sqrt(2 / 4000)
    assert abs((rest > chdtri(OMNIBUS_DF - 1, 0.05)).mean() - 0.05) < 0.015
    null = draw_trials(4000, mu=0, tau=0, per_arm=(50,))
    assert abs(printed("nulls hidden", *null).mean() - 0.05) < 0.015
    assert abs(printed("omnibus nulls hidden", *null).mean() - 0.05) < 0.015
    assert pytest.approx(1.959963984540054) == CRITICAL


def test_the_same_seed_gives_the_same_table(table):
    for row in simulate_hidden_nulls(60, scenarios=["nulls hidden"]):
        assert row in simulate_hidden_nulls(60, scenarios=["nulls hidden"])
    assert {scenario for scenario, _ in table} == set(SCENARIOS)
