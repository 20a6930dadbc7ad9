"""
Kill a writing command at every step that touches its folder, and at random moments, and look at what is left.

Run as ``python killing.py CASE FOLDER``; prints the states found as JSON. A step is an audit event of Python
(open for writing, rename, remove, mkdir, rmdir) with a path in the folder; the process dies by SIGKILL just
before it. https://docs.python.org/3/library/audit_events.html
"""

import contextlib
import hashlib
import io
import json
import os
import random
import shutil
import signal
import sys
import time
from argparse import Namespace
from pathlib import Path

from badfiles import make
from registry_records import FOLDER, NCT, data_with_trial

from evidence.data import guide as datadoc
from evidence.data import pending
from evidence.data.load import load
from evidence.registry import fetch, templates

STEPS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")
LIMIT = 200
RANDOM_KILLS = 8


def fetch_write(top):
    """Merge proposals into the data."""
    folder = data_with_trial(top / "data")
    (folder / "README.md").write_text("old\n", "utf-8")
    args = {"write": False, "data": folder, "out": None, "cache": None, "fresh": False, "trial": None}
    fetch.run(Namespace(studies=[str(FOLDER / "flow_baseline_harms.json")], **args))
    return folder, lambda: fetch.run(Namespace(studies=[NCT], **{**args, "write": True}))


def fetch_again(top):
    """Replace proposals by those of a newer record."""
    folder = data_with_trial(top / "data")
    args = {"write": False, "data": folder, "out": None, "cache": None, "fresh": False, "trial": None}
    fetch.run(Namespace(studies=[str(FOLDER / "se.json")], **args))
    target = top / "proposals" / NCT
    return target, lambda: fetch.run(Namespace(studies=[str(FOLDER / "sd.json")], **args))


def new(top):
    """Write template rows."""
    folder = make(top / "data")
    args = Namespace(trial_id="doe_2099", registration="", write=False, data=folder, out=None)
    return top / "proposals" / "doe_2099", lambda: templates.run(args)


def guide(top):
    """Write the guide to the data."""
    folder = make(top / "data")
    (folder / "README.md").write_text("old\n", "utf-8")
    return folder, lambda: datadoc.write(folder)


def export(top):
    """Export in the Metapsy standard."""
    from evidence.review.metapsy import to_metapsy

    target, review = top / "out", load()
    target.mkdir()
    (target / "ours.csv").write_text("old\n", "utf-8")
    return target, lambda: to_metapsy(review, target / "ours.csv")


def one_by_one(top):
    """What no command does: replace two files of a folder in turn."""
    folder = top / "data"
    folder.mkdir()
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text("old\n", "utf-8")
    return folder, lambda: [(folder / name).write_text("new\n", "utf-8") for name in ("a.csv", "b.csv")]


CASES = {case.__name__: case for case in (fetch_write, fetch_again, new, guide, export, one_by_one)}


def state(folder):
    """Hash over names and bytes of a folder's files; hidden ones are drafts that no reader looks at."""
    if folder.is_dir():
        pending.finish(folder)
    files = sorted(path for path in folder.glob("*") if path.is_file() and path.name[0] != ".")
    return hashlib.sha256(b"".join(p.name.encode() + b"\0" + p.read_bytes() for p in files)).hexdigest()[:12]


def restore(folder, copy):
    """Put a folder back as it was."""
    shutil.rmtree(folder, ignore_errors=True)
    if copy.exists():
        shutil.copytree(copy, folder)


def die_before(step, folder):
    """Kill this process before the given step in the folder."""
    seen = 0

    def hook(event, arguments):
        nonlocal seen
        if event not in STEPS or not any(str(folder) in str(a) for a in arguments[:2] if a is not None):
            return
        if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR):
            return
        seen += 1
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def in_child(action, prepare=lambda: None, after=None):
    """Run an action in a child process, perhaps killed after some seconds; tell whether it was killed."""
    child = os.fork()
    if child == 0:
        prepare()
        with contextlib.redirect_stdout(io.StringIO()):
            action()
        os._exit(0)
    if after is not None:
        time.sleep(after)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def main(case, top):
    """States of the folder: before, after, and after each kill."""
    with contextlib.redirect_stdout(io.StringIO()):
        folder, action = CASES[case](top)
    copy = top / "before"
    if folder.exists():
        shutil.copytree(folder, copy)
    old, start = state(folder), time.perf_counter()
    in_child(action)
    seconds, done = time.perf_counter() - start, state(folder)
    killed = []
    for step in range(1, LIMIT):
        restore(folder, copy)
        if not in_child(action, lambda step=step: die_before(step, folder)):
            break
        killed.append(state(folder))
    chance = random.Random(1)
    at_random = []
    for _ in range(RANDOM_KILLS):
        restore(folder, copy)
        in_child(action, after=chance.uniform(0, seconds))
        at_random.append(state(folder))
    print(json.dumps({"old": old, "new": done, "steps": killed, "random": at_random}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
