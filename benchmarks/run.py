"""
Time pooling against its peers on the same data in one run.

    python benchmarks/run.py [--out FOLDER] [--fits 1000000]

writes `results.json` and `results.txt`. Peers are optional: see README.md for how to install them beside this
package; each one missing is skipped with a printed line.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
import peers

from evidence import pool, pool_many
from evidence.models import columns, kernels
from evidence.models.influence import gosh, leave_one_out

JOBS = {
    "single_k6": "one REML fit with Hartung-Knapp, k = 6",
    "single_k100": "one REML fit with Hartung-Knapp, k = 100",
    "many": "10,000 REML fits with Hartung-Knapp, k = 10",
    "gosh": "GOSH, REML, k = 12 (4,095 subsets)",
    "leave_one_out": "leave-one-out, REML, k = 100",
}
OURS, OURS_NUMPY = "evidence", "evidence, no numba"


def simulate(rng, *shape):
    """Effects of mean 0 and tau2 0.05, variances as of small trials."""
    vi = rng.chisquare(5, shape) / 50
    return rng.normal(0, np.sqrt(vi + 0.05)), vi


def seconds(job, repeats=5, least=0.2):
    """Best time of a call, over batches that last long enough to be measured, after one call to warm up."""
    start = time.perf_counter()
    job()
    batch = max(1, int(least / repeats / max(time.perf_counter() - start, 1e-6)))
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in range(batch):
            job()
        times.append((time.perf_counter() - start) / batch)
    return min(times)


def our_times(data):
    """Seconds of every job in this package, with what engine the moment offers."""
    return {
        "single_k6": seconds(lambda: pool(*data["single_k6"])),
        "single_k100": seconds(lambda: pool(*data["single_k100"])),
        "many": seconds(lambda: pool_many(*data["many"])),
        "gosh": seconds(lambda: gosh(*data["gosh"])),
        "leave_one_out": seconds(lambda: leave_one_out(*data["single_k100"])),
    }


def peer_times(peer, data):
    """Seconds of every job in a peer; what it has no function for is looped over its single fit."""
    single = peer.jobs["single"]
    times = {name: seconds(lambda name=name: single(*data[name])) for name in ("single_k6", "single_k100")}
    y, v = data["many"]
    if "many" in peer.jobs:
        times["many"] = seconds(lambda: peer.jobs["many"](y, v), repeats=3)
    else:
        times["many"] = looped(single, list(zip(y, v, strict=True)))
    y, v = data["gosh"]
    subsets = [np.flatnonzero((i >> np.arange(12)) & 1) for i in range(1, 2**12)]
    subsets = [(y[s], v[s]) for s in subsets if s.size > 1]
    own = peer.jobs.get("gosh")
    times["gosh"] = seconds(lambda: own(y, v), repeats=3) if own else looped(single, subsets)
    y, v = data["single_k100"]
    own = peer.jobs.get("leave_one_out")
    rows = [(np.delete(y, i), np.delete(v, i)) for i in range(100)]
    times["leave_one_out"] = seconds(lambda: own(y, v), repeats=3) if own else looped(single, rows)
    return times


def looped(single, sets):
    """Seconds of a loop over the sets, scaled up from the first of a spread of them."""
    part = sets[:: max(1, len(sets) // peers.LOOP_FITS)]
    return seconds(lambda: [single(y, v) for y, v in part], repeats=1) / len(part) * len(sets)


def scaling(rng, most):
    """Microseconds per fit of ever more fits at k = 10."""
    sizes = [m for m in (1_000, 10_000, 100_000, 1_000_000) if m <= most]
    data = {m: simulate(rng, m, 10) for m in sizes}
    return {m: seconds(lambda m=m: pool_many(*data[m]), repeats=3) / m * 1e6 for m in sizes}


def arithmetic_limit(rng):
    """Divisions a fit takes on average, and the seconds of one from cache on one core."""
    y, v = simulate(rng, 200, 10)
    done = 0

    def counting(function, per_call):
        def call(*args):
            nonlocal done
            done += per_call * len(args[0])
            return function(*args)

        return call

    kept = kernels.score_parts, kernels.log_likelihood, kernels.q_parts
    kernels.score_parts = counting(kernels.score_parts, 1)
    kernels.log_likelihood = counting(kernels.log_likelihood, 2)
    kernels.q_parts = counting(kernels.q_parts, 1)
    choices = {"tau2_method": "REML", "ci_method": "hksj", "level": 0.95, "pi_method": "metafor"}
    columns.table(y, v, engine="python", **choices)
    kernels.score_parts, kernels.log_likelihood, kernels.q_parts = kept
    x = rng.uniform(1, 2, 4096)
    out = np.empty_like(x)
    weights = 2 * 10  # of the estimate and of Q
    return done / 200 + weights, seconds(lambda: np.divide(1.0, x, out=out)) / x.size


def start_up():
    """Seconds that a fresh interpreter spends on importing `pool`, and on loading the compiled kernels."""
    code = (
        "import time; t = time.perf_counter(); from evidence import pool; a = time.perf_counter(); "
        "from evidence.models import kernels; kernels.compiled(); print(a - t, time.perf_counter() - a)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(3)
    ]
    return [median(column) for column in zip(*(map(float, r.stdout.split()) for r in runs), strict=True)]


def measure(most):
    """All times, in seconds, as one dict ready for JSON."""
    rng = np.random.default_rng(2024)
    shapes = {"single_k6": (6,), "single_k100": (100,), "many": (10_000, 10), "gosh": (12,)}
    data = {name: simulate(rng, *shape) for name, shape in shapes.items()}
    installed, kernels.HAS_NUMBA = kernels.HAS_NUMBA, False
    times, versions, notes = {OURS_NUMPY: our_times(data)}, {}, {}
    result = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    kernels.HAS_NUMBA = installed
    if installed:
        kernels.compiled()
        times[OURS] = our_times(data)
    else:
        print("skipped: compiled kernels (numba is not installed)")
    result["microseconds_per_fit"] = scaling(rng, most)
    divisions, each = arithmetic_limit(rng)
    result["divisions_per_fit"], result["seconds_per_division"] = divisions, each
    if installed:
        result["import_seconds"], result["load_compiled_seconds"] = start_up()
    for peer in peers.available():
        times[peer.name], versions[peer.name], notes[peer.name] = (
            peer_times(peer, data),
            peer.version,
            peer.note,
        )
    r = peers.metafor(data)
    if r:
        versions["metafor"] = r.pop("version")
        times["metafor"] = r
    return result | {"versions": versions, "notes": {k: v for k, v in notes.items() if v}, "seconds": times}


def report(result):
    """The table as text."""
    times = result["seconds"]
    ours = times.get(OURS, times[OURS_NUMPY])
    lines = []
    for name, title in JOBS.items():
        lines.append(title)
        for tool, row in sorted(times.items(), key=lambda item: item[1][name]):
            ratio = row[name] / ours[name]
            note = result["notes"].get(tool, "")
            lines.append(f"  {tool:20} {row[name] * 1e3:12.3f} ms  {ratio:8.1f} x  {note}".rstrip())
    lines.append("cost of a fit, k = 10, by number of fits")
    lines += [f"  {m:>9,} {us:8.2f} microseconds" for m, us in result["microseconds_per_fit"].items()]
    limit = result["divisions_per_fit"] * result["seconds_per_division"] / result["cores"] * 1e6
    least = min(result["microseconds_per_fit"].values())
    lines.append(
        f"arithmetic limit: {result['divisions_per_fit']:.0f} divisions a fit, {limit:.2f} microseconds on "
        f"{result['cores']} cores; reached within a factor of {least / limit:.1f}"
    )
    if "import_seconds" in result:
        lines.append(
            f"import {result['import_seconds']:.2f} s, "
            f"loading the compiled kernels {result['load_compiled_seconds']:.2f} s"
        )
    return "\n".join(lines) + "\n"


def main():
    """Parse the command line, measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for the two files")
    parser.add_argument(
        "--fits", type=int, default=1_000_000, help="largest number of fits in the scaling run"
    )
    args = parser.parse_args()
    result = measure(args.fits)
    text = report(result)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "results.json").write_text(json.dumps(result, indent=1) + "\n")
    (args.out / "results.txt").write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
