"""
Bias and coverage of pools when results are hidden: the table behind the claims about the partial pool.

    python benchmarks/simulate_partial.py [--replicates 2000] [--out FOLDER]

writes `simulate_partial.txt`. Fixed seed; under a minute on two cores.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from evidence.validation.hidden import PER_ARM, SCENARIOS, simulate_hidden_nulls

HEAD = (
    f"{'scenario':<24}{'method':<24}{'mu':>6}{'tau':>6}{'bias (MC error)':>18}{'coverage (MC error)':>22}"
    f"{'width':>7}{'shown':>7}{'undefined':>11}"
)


def line(row):
    """One row of the table."""
    bias = f"{row.bias:+.3f} ({row.bias_mcse:.3f})"
    coverage = f"{row.coverage:.3f} ({row.coverage_mcse:.3f})"
    return (
        f"{row.scenario:<24}{row.method:<24}{row.mu:>6.2f}{row.tau:>6.2f}{bias:>18}{coverage:>22}"
        f"{row.width:>7.2f}{row.shown:>7.2f}{row.undefined:>11.2f}"
    )


def main():
    """Run the scenarios, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--replicates", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    args = parser.parse_args()
    rows = list(simulate_hidden_nulls(args.replicates))
    for mu, tau in ((0.0, 0.2), (-0.2, 0.2), (-0.4, 0.1), (-0.4, 0.35)):
        rows += simulate_hidden_nulls(args.replicates // 2, mu, tau, scenarios=["nulls hidden"])
    kinds = [f"{name}: {text}." for name, text in SCENARIOS.items()]
    about = f"{len(PER_ARM)} trials of {', '.join(map(str, PER_ARM))} people per arm; 95% intervals."
    text = "\n".join([*kinds, about, "", HEAD, *map(line, rows)])
    print(text)
    (args.out / "simulate_partial.txt").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
