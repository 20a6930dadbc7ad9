"""
Corruption trial: how many wrong cells do the checks catch, and can those they miss change an answer?

    python benchmarks/corruption.py [--per-kind 400] [--seed 7] [--out FOLDER]

Seeded corruptions of every kind in `evidence.corrupt`, one at a time, in memory. A corruption is detected
when it raises a fault or a warning that the clean data do not. Each one missed is carried through all pooled
estimates and all verdicts on the claims. Writes `corruption.json` and `corruption.txt`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from pathlib import Path

from evidence.checks.corrupt import sample
from evidence.checks.laboratory import Laboratory
from evidence.checks.run import NOTE, run_checks
from evidence.claims.ledger import claims_ledger
from evidence.data.load import find_data
from evidence.data.validate import check
from evidence.report.statements import answer_table

TOLERANCE = 0.01  # of a pooled g: the last digit that the review prints
GOAL, GOAL_PER_KIND = 0.95, 0.80


class Conclusions:
    """Pooled estimates and verdicts of a review, and how far another review's are from them."""

    def __init__(self, review):
        self.estimates, self.verdicts = self._of(review)

    @staticmethod
    def _of(review):
        table = answer_table(review=review)
        return table["estimate"], claims_ledger(review).set_index("claim_id")["verdict"]

    def moved(self, review) -> dict:
        """Largest change of an estimate, claims whose verdict changes; or why nothing came out."""
        try:
            estimates, verdicts = self._of(review)
        except Exception as error:  # a loud stop is no silent change
            return {"stopped": f"{type(error).__name__}: {error}"}
        gone = estimates.isna() != self.estimates.isna()
        change = (estimates - self.estimates).abs().max()
        changed = verdicts.ne(self.verdicts.reindex(verdicts.index))
        return {
            "estimate": float("inf") if gone.any() else round(float(change), 4),
            "verdicts": sorted(verdicts.index[changed]),
        }


def is_harmless(effect) -> bool:
    """Whether a missed corruption changes no estimate by more than the tolerance, and no verdict."""
    return "stopped" in effect or (effect["estimate"] <= TOLERANCE and not effect["verdicts"])


def cited_facts(tables) -> set:
    """Facts that a row of a table rests on."""
    rows = (row for name, table in tables.items() for row in table.rows if name != "facts")
    return {fact for row in rows for fact in str(row.get("fact_ids") or "").split("; ")}


def part_of(corruption, tables, cited) -> str:
    """Table of a corruption; facts in two parts."""
    if corruption.table != "facts":
        return corruption.table
    table = tables["facts"]
    rows = [table.rows[table.lines.index(line)] for line, _, _ in corruption.edits]
    used = any(row["fact_id"] in cited for row in rows)
    return "facts that a row rests on" if used else "facts kept for reference"


def share(counts) -> str:
    """Detected of all, with the share."""
    return f"{counts[0]:5d} of {counts[1]:5d}   {counts[0] / counts[1]:.3f}"


def trial(per_kind, seed) -> dict:
    """Run the trial and return its record."""
    checked = check(find_data())
    clean = run_checks(checked.tables, checked.corrections)
    alarms = [
        str(found).removeprefix(f"{checked.folder}/")
        for found in (*checked.faults, *clean)
        if found.severity != NOTE
    ]
    laboratory, cited = Laboratory(checked), cited_facts(checked.tables)
    kinds, parts, missed = defaultdict(lambda: [0, 0]), defaultdict(lambda: [0, 0]), []
    start = time.perf_counter()
    drawn = sample(checked.tables, per_kind, seed)
    for corruption in drawn:
        detected = bool(laboratory.detect(corruption))
        for counts in (kinds[corruption.kind], parts[part_of(corruption, checked.tables, cited)]):
            counts[0] += detected
            counts[1] += 1
        if not detected:
            missed.append(corruption)
    milliseconds = 1000 * (time.perf_counter() - start) / len(drawn)
    conclusions = Conclusions(laboratory.review(checked.tables))
    effects = [conclusions.moved(laboratory.review(laboratory.corrupted(c))) for c in missed]
    return {
        "seed": seed,
        "per_kind": per_kind,
        "tried": len(drawn),
        "detected": len(drawn) - len(missed),
        "kinds": dict(kinds),
        "parts": dict(parts),
        "false_alarms": alarms,
        "acknowledged": sum(found.severity == NOTE for found in clean),
        "milliseconds": round(milliseconds, 1),
        "missed": [{"corruption": str(c), **e} for c, e in zip(missed, effects, strict=True)],
        "changed_a_conclusion": [str(c) for c, e in zip(missed, effects, strict=True) if not is_harmless(e)],
    }


def page(record) -> str:
    """The record as text."""
    lines = [
        f"Corruption trial: {record['tried']} wrong cells, seed {record['seed']}, at most"
        f" {record['per_kind']} a kind, drawn evenly over the cells of all tables.",
        "",
        *(f"{kind:28} {share(counts)}" for kind, counts in record["kinds"].items()),
        f"{'all':28} {share((record['detected'], record['tried']))}",
        "",
        *(f"{part:28} {share(counts)}" for part, counts in record["parts"].items()),
        "",
        f"false alarms on clean data: {len(record['false_alarms'])}"
        f" ({record['acknowledged']} quirks of sources are acknowledged in corrections.yml)",
        *(f"  {alarm}" for alarm in record["false_alarms"]),
        f"missed: {len(record['missed'])}; of these, {len(record['changed_a_conclusion'])} move a pooled"
        f" estimate by more than {TOLERANCE:g} or change a verdict:",
        *(f"  {corruption}" for corruption in record["changed_a_conclusion"]),
    ]
    return "\n".join([*lines, ""])


def main():
    """Run the trial, print the page, write both files; exit 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--per-kind", type=int, default=400)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    arguments = parser.parse_args()
    record = trial(arguments.per_kind, arguments.seed)
    text = page(record)
    print(text, end="")
    print(f"time for one corruption: {record['milliseconds']} ms")
    timeless = {key: value for key, value in record.items() if key != "milliseconds"}
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "corruption.json").write_text(json.dumps(timeless, indent=1) + "\n", "utf-8")
    (arguments.out / "corruption.txt").write_text(text, "utf-8")
    least = min(found / tried for found, tried in record["kinds"].values())
    met = (
        record["detected"] / record["tried"] >= GOAL and least >= GOAL_PER_KIND and not record["false_alarms"]
    )
    raise SystemExit(0 if met else 1)


if __name__ == "__main__":
    main()
