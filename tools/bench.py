"""Print how long the main steps take on this machine: the best of a few runs, in milliseconds."""

import subprocess
import sys
import timeit

import numpy as np

import evidence as ev

RUNS = 5


def import_package():
    subprocess.run([sys.executable, "-c", "import evidence"], check=True)


def start_python():
    subprocess.run([sys.executable, "-c", ""], check=True)


def main():
    rng = np.random.default_rng(1)
    yi, vi = rng.normal(-0.3, 0.3, (100_000, 10)), rng.uniform(0.02, 0.2, (100_000, 10))
    sei = np.sqrt(vi[0])
    lower, upper = yi[0].copy(), yi[0].copy()
    lower[:3], upper[:3] = -1.96 * sei[:3], 1.96 * sei[:3]
    review = ev.load()
    steps = {
        "start Python": start_python,
        "start Python and import evidence": import_package,
        "load and validate the data": ev.load,
        "effect sizes of one window": lambda: ev.effect_sizes(review, window="24h"),
        "pool of 10 effects": lambda: ev.pool(yi[0], vi[0]),
        "partial-information pool of 10 effects": lambda: ev.pool_partial(lower, upper, sei),
        "100,000 pools of 10 effects": lambda: ev.pool_many(yi, vi),
    }
    for name, step in steps.items():
        step()  # caches and lazy imports are not what is measured
        print(f"{name:<42} {1000 * min(timeit.repeat(step, number=1, repeat=RUNS)):10.1f} ms")


if __name__ == "__main__":
    main()
