"""Egger's test, the rank correlation and trim-and-fill against metafor, their laws and refusals."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from evidence.errors import ConvergenceError
from evidence.models.pool import pool
from evidence.models.smallstudy import egger, rank_test, trim_and_fill

METAFOR = json.loads((Path(__file__).parent / "reference" / "metafor_dev.json").read_text())
CASES = METAFOR["cases"]
Q0 = json.loads((Path(__file__).parent / "reference" / "pool.json").read_text())["trimfill_q0"]
CLOSED_RTOL, FIT_RTOL, FIT_ATOL = 1e-9, 1e-8, 1e-9
YI, VI = [-1.6, -1.2, -0.4, -0.3, -0.1], [0.30, 0.25, 0.10, 0.04, 0.02]


def fills(case):
    return [dict(zip(METAFOR["trimfill_columns"], row, strict=True)) for row in case["trimfill"]]


@pytest.mark.parametrize("case", [c for c in CASES if "egger" in c], ids=lambda c: c["id"])
def test_egger_agrees_with_metafor(case):
    test, expected = egger(case["yi"], case["vi"]), case["egger"]
    names = ["slope", "slope_se", "intercept", "intercept_se", "t", "df"]
    assert_allclose(
        [getattr(test, n) for n in names], [expected[n] for n in names], rtol=CLOSED_RTOL, atol=1e-12
    )
    assert_allclose(test.p_value, expected["pval"], rtol=CLOSED_RTOL)


@pytest.mark.parametrize("case", [c for c in CASES if "ranktest" in c], ids=lambda c: c["id"])
def test_rank_test_agrees_with_metafor(case):
    test = rank_test(case["yi"], case["vi"])
    assert_allclose([test.tau, test.p_value], list(case["ranktest"].values()), rtol=CLOSED_RTOL, atol=1e-12)


@pytest.mark.parametrize("case", [c for c in CASES if "trimfill" in c], ids=lambda c: c["id"])
def test_trim_and_fill_agrees_with_metafor(case):
    for expected in fills(case):
        filled = trim_and_fill(
            case["yi"], case["vi"], expected["estimator"], None, expected["method"], "wald"
        )
        assert (filled.k0, filled.side) == (expected["k0"], expected["side"])
        assert_allclose(
            [filled.estimate, filled.se, filled.ci_low, filled.ci_high, filled.tau2],
            [expected[name] for name in ("estimate", "se", "ci_lb", "ci_ub", "tau2")],
            rtol=FIT_RTOL, atol=FIT_ATOL,
        )  # fmt: skip


def test_the_reference_is_complete():
    assert sum("egger" in case for case in CASES) == sum("ranktest" in case for case in CASES) == 89
    filled = [case for case in CASES if "trimfill" in case]
    assert len(filled) == 88
    for case in filled:
        assert {(row["method"], row["estimator"]) for row in fills(case)} == {
            (method, estimator) for method in ("FE", "DL", "REML") for estimator in ("L0", "R0")
        }
    assert [case["k0"] > 0 for case in Q0].count(True) >= 3
    assert any(row["k0"] > 3 for case in filled for row in fills(case))


@pytest.mark.parametrize("case", Q0, ids=lambda c: f"{c['set']}-{c['method']}")
def test_q0_agrees_with_metafor(case):
    filled = trim_and_fill(case["yi"], case["vi"], "Q0", None, case["method"], "wald")
    assert (filled.k0, filled.side) == (case["k0"], case["side"])
    assert_allclose([filled.estimate, filled.se], [case["estimate"], case["se"]], rtol=FIT_RTOL)


def test_q0_that_does_not_exist_is_an_error():
    with pytest.raises(ConvergenceError, match="Q0"):
        trim_and_fill(
            [-0.01, -0.01, 5.0, 6.0, 7.0, 8.0, 9.0], [1e-6, 1e-6, 9, 9, 9, 9, 9], "Q0", "left", "FE"
        )


def test_filled_studies_mirror_the_outermost():
    filled = trim_and_fill(YI, VI)
    assert filled.k == 5
    assert filled.k0 == 3
    centre = (filled.yi[5:] + np.sort(YI)[:3][::-1]) / 2
    assert_allclose(centre, centre[0], rtol=1e-12)
    assert_allclose(centre[0], pool(YI[3:], VI[3:]).estimate, rtol=1e-12)
    assert filled.fit.k == 8
    assert filled.fit.ci_method == "hksj"


def test_mirrored_effects_mirror_every_answer():
    other = [-y for y in YI]
    assert_allclose(egger(other, VI).t, -egger(YI, VI).t, rtol=1e-12)
    assert_allclose(rank_test(other, VI).tau, -rank_test(YI, VI).tau, rtol=1e-12)
    filled, mirrored = trim_and_fill(YI, VI), trim_and_fill(other, VI)
    assert (mirrored.k0, mirrored.side) == (filled.k0, {"left": "right", "right": "left"}[filled.side])
    assert_allclose(mirrored.estimate, -filled.estimate, rtol=1e-12)


def test_nothing_is_missing_from_a_symmetric_funnel():
    filled = trim_and_fill([-1.0, -0.5, 0.0, 0.5, 1.0], [0.3, 0.1, 0.02, 0.1, 0.3], side="left")
    assert filled.k0 == 0
    assert_allclose(filled.estimate, pool(filled.yi, filled.vi).estimate)


def test_two_studies_have_a_slope_and_no_test():
    test = egger([0.1, 0.5], [0.1, 0.2])
    assert_allclose(test.slope, 0.4 / (np.sqrt(0.2) - np.sqrt(0.1)), rtol=1e-12)
    assert np.isnan([test.t, test.p_value, test.slope_se]).all()


@pytest.mark.parametrize("check", [egger, rank_test, trim_and_fill])
def test_few_studies_are_said_to_be_few(check):
    note = check(YI, VI).note
    assert "k = 5" in note
    assert "Sterne" in note
    assert check(np.linspace(-1, 1, 10) ** 3, np.linspace(0.1, 0.5, 10)).note == ""


@pytest.mark.parametrize("check", [egger, rank_test, trim_and_fill])
def test_equal_variances_tell_nothing_and_are_refused(check):
    with pytest.raises(ValueError, match=r"vi is 0\.2 throughout"):
        check([0.1, 0.5, 0.9], [0.2, 0.2, 0.2])


@pytest.mark.parametrize(("check", "least"), [(egger, 2), (rank_test, 2), (trim_and_fill, 3)])
def test_too_few_studies_are_refused(check, least):
    with pytest.raises(ValueError, match=f"at least {least}"):
        check([0.1, 0.2][: least - 1], [0.1, 0.2][: least - 1])


@pytest.mark.parametrize("choice", [{"estimator": "l0"}, {"side": "both"}, {"tau2_method": "x"}])
def test_trim_and_fill_refuses_unknown_choices(choice):
    with pytest.raises(ValueError, match=next(iter(choice))):
        trim_and_fill(YI, VI, **choice)
