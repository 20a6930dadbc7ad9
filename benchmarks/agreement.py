"""
Table of agreement with metafor over every case in tests/reference/metafor_dev.json and tau2_hard_cases.json.

    python benchmarks/agreement.py [--out FOLDER]

writes `agreement.json` and `agreement.txt`: per statistic the cells compared, those that agree to 1e-6
relative (1e-8 absolute near zero), and the largest relative difference with its case.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from evidence import pool
from evidence.models.influence import leave_one_out
from evidence.models.smallstudy import egger, rank_test, trim_and_fill

REFERENCE = Path(__file__).parents[1] / "tests" / "reference"
RTOL, ATOL = 1e-6, 1e-8
CI = {"z": "wald", "knha": "hksj"}
POOLED = {
    "estimate": "estimate", "se": "se", "ci_low": "ci_lb", "ci_high": "ci_ub", "p_value": "pval",
    "tau2": "tau2", "q": "Q", "q_p": "Qp", "i2": "I2", "h2": "H2", "pi_low": "pi_lb", "pi_high": "pi_ub",
}  # fmt: skip
DEVIATIONS = [
    "FE: metafor refuses a tau2 interval for a common-effect model; the Q-profile interval is of the data "
    "and is given for every method.",
    "Trim and fill with Q0: an error where the estimator does not exist; metafor stops there too.",
    "Meta-regression: R2 under FE is NaN, where metafor uses residual sums of squares; ML is not offered.",
]


def pooled(case, columns):
    """(statistic, ours, metafor's) of every fit of a case."""
    for row in case["fits"]:
        row = dict(zip(columns, row, strict=True))
        choice = {"tau2_method": row["method"], "ci_method": CI[row["test"]]}
        fit, hts = (pool(case["yi"], case["vi"], pi_method=p, **choice) for p in ("metafor", "hts"))
        for name, there in POOLED.items():
            yield name, getattr(fit, name), row[there]
        yield "pi_low, hts", hts.pi_low, row["pi_lb_riley"]
        yield "pi_high, hts", hts.pi_high, row["pi_ub_riley"]
        yield "tau2_ci_low", fit.tau2_ci_low, case["qprofile"]["tau2_lb"]
        yield "tau2_ci_high", fit.tau2_ci_high, case["qprofile"]["tau2_ub"]


def diagnostics(case, columns):
    """(statistic, ours, metafor's) of the small-study and influence checks of a case."""
    y, v = case["yi"], case["vi"]
    if "egger" in case:
        yield "egger t", egger(y, v).t, case["egger"]["t"]
        yield "egger p", egger(y, v).p_value, case["egger"]["pval"]
        yield "rank test tau", rank_test(y, v).tau, case["ranktest"]["tau"]
        yield "rank test p", rank_test(y, v).p_value, case["ranktest"]["pval"]
    for row in case.get("trimfill", []):
        row = dict(zip(columns, row, strict=True))
        filled = trim_and_fill(y, v, row["estimator"], None, row["method"], "wald")
        yield "trim and fill k0", filled.k0, row["k0"]
        yield "trim and fill estimate", filled.estimate, row["estimate"]
    for method in ("reml", "dl"):
        if f"leave1out_{method}" in case:
            there = case[f"leave1out_{method}"]
            ours = leave_one_out(y, v, method.upper())
            for name in ("estimate", "tau2"):
                for pair in zip(getattr(ours, name), there[name], strict=True):
                    yield f"leave-one-out {name}", *pair


def compare():
    """One entry a statistic: cells, agreeing cells, largest relative difference, its case."""
    reference = json.loads((REFERENCE / "metafor_dev.json").read_text())
    table = {}

    def enter(case_id, name, ours, theirs):
        ours, theirs = float(ours), np.nan if theirs is None else float(theirs)
        same = (np.isnan(ours) and np.isnan(theirs)) or abs(ours - theirs) <= RTOL * abs(theirs) + ATOL
        gap = abs(ours - theirs) / abs(theirs) if abs(theirs) > ATOL else 0.0
        row = table.setdefault(name, {"cells": 0, "agree": 0, "largest": 0.0, "case": ""})
        row["cells"] += 1
        row["agree"] += bool(same)
        if gap > row["largest"]:
            row.update(largest=gap, case=case_id)

    for case in reference["cases"]:
        for cell in (
            *pooled(case, reference["fit_columns"]),
            *diagnostics(case, reference["trimfill_columns"]),
        ):
            enter(case["id"], *cell)
    for case in json.loads((REFERENCE / "tau2_hard_cases.json").read_text()):
        enter(case["id"], "tau2, hard cases", pool(case["yi"], case["vi"], case["method"]).tau2, case["tau2"])
    return {"reference": reference["meta"], "statistics": table, "deviations": DEVIATIONS}


def report(result):
    """The table as text."""
    lines = [f"{'statistic':24} {'cells':>6} {'agree':>6}  largest relative difference"]
    for name, row in result["statistics"].items():
        lines.append(
            f"{name:24} {row['cells']:6} {row['agree']:6}  {row['largest']:.1e} {row['case']}".rstrip()
        )
    return "\n".join([*lines, "", "Deviations", *(f"- {text}" for text in result["deviations"])]) + "\n"


def main():
    """Compare, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for the two files")
    folder = parser.parse_args().out
    result = compare()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "agreement.json").write_text(json.dumps(result, indent=1) + "\n")
    (folder / "agreement.txt").write_text(report(result))
    print(report(result), end="")


if __name__ == "__main__":
    main()
