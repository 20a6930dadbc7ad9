"""
Fuzz every reader with spoiled input and count: ``python benchmarks/fuzz.py [COUNT] [SEED]``.

COUNT inputs (20,000 by default) are shared out over the data loader, the Metapsy reader, the registry mapper
with the merge of what it proposes, and the command line. An input fails when anything but a reported fault
comes out, when it takes over 5 s, or when files are left behind. Prints one line a reader; exit code 1 if
anything failed.
"""

import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import fuzzing  # noqa: E402
from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from registry_records import data_with_trial  # noqa: E402

from evidence.data.validate import check  # noqa: E402
from evidence.errors import DataError  # noqa: E402
from evidence.registry.proposals import apply, merge  # noqa: E402

SECONDS = 5.0
SHARES = {"loader": 0.4, "metapsy": 0.3, "registry": 0.2, "command line": 0.1}


def readers(top):
    """Name, strategy, and function of each reader."""
    folder = data_with_trial(top / "data")
    files = {name: (folder / name).read_bytes() for name in fuzzing.FILES}
    sample = ROOT / "data" / "external" / "metapsy_ptsd_mdmactr"
    metapsy = max(sample.glob("*.csv"), key=lambda path: path.stat().st_size).read_bytes()
    metapsy = b"\n".join(metapsy.split(b"\n")[:8]) + b"\n"
    checked, arguments = (
        check(folder),
        st.lists(st.sampled_from(fuzzing.WORDS) | st.text(max_size=6), max_size=5),
    )
    work = top / "work"
    work.mkdir()
    os.chdir(work)

    def loader(given_):
        fuzzing.fuzz_loader(folder, files[given_[0]], *given_)
        no_strangers(folder, set(files))

    def registry(given_):
        draft = fuzzing.fuzz_record(checked, *given_)
        try:
            apply(folder, merge(folder, draft.rows))
        except DataError:
            pass
        else:
            if faults := check(folder).faults:
                raise AssertionError(faults[0])
        for name, data in files.items():
            (folder / name).write_bytes(data)
        no_strangers(folder, set(files))

    def command(given_):
        code, out, err = fuzzing.fuzz_command(given_)
        if code not in (0, 1, 2) or "Traceback" in out + err:
            raise AssertionError(f"exit code {code}: {err}")
        no_strangers(work, set())

    yield "loader", st.tuples(st.sampled_from(fuzzing.FILES), fuzzing.EDITS), loader
    yield "metapsy", fuzzing.EDITS, lambda edits: fuzzing.fuzz_metapsy(top / "some.csv", metapsy, edits)
    yield "registry", st.tuples(st.sampled_from(fuzzing.RECORDS), fuzzing.CHANGES), registry
    yield "command line", arguments, command


def no_strangers(folder, names):
    """Fail when a folder has other files than these."""
    if strangers := {path.name for path in folder.iterdir()} - names:
        raise AssertionError(f"left behind: {strangers}")


def attack(strategy, function, count, number):
    """Inputs tried, failures, and the longest time of one input in seconds."""
    tried, failures, longest = 0, [], 0.0

    @seed(number)
    @settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(strategy)
    def run(value):
        nonlocal tried, longest
        tried, start = tried + 1, time.perf_counter()
        try:
            function(value)
        except Exception:
            failures.append((value, traceback.format_exc(limit=-3)))
        longest = max(longest, time.perf_counter() - start)

    run()
    return tried, failures, longest


def main(count=20_000, number=1):
    """Attack every reader; the exit code."""
    os.environ |= {"EVIDENCE_DATA": "/nowhere", "EVIDENCE_REGISTRY_URL": "http://127.0.0.1:9"}
    bad = total = 0
    with tempfile.TemporaryDirectory() as top:
        for name, strategy, function in readers(Path(top)):
            # Hypothesis stops early when a strategy is used up, so the share is filled in several rounds.
            share, round_, tried = int(count * SHARES[name]), 0, 0
            while tried < share:
                done, failures, longest = attack(strategy, function, share - tried, number + round_)
                tried, round_, bad = tried + done, round_ + 1, bad + len(failures)
                for value, trace in failures[:3]:
                    print(f"{name}: {value!r:.300}\n{trace}")
                bad += longest > SECONDS
            total += tried
            print(f"{name:<14} {tried:>7} inputs, longest {longest:.2f} s", flush=True)
        os.chdir(ROOT)
    print(f"{total} inputs, seed {number}: {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
