"""Execute the notebooks, compare them with the committed ones, and show which answers moved."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from functools import partial
from pathlib import Path

from ..data.load import READING_LOG, load
from .notebooks import differences, sanitizers, tidy, write
from .unchanged import Unchanged

CELL_TIMEOUT_SECONDS = 300
SHOWN_ERROR_LINES = 15
# Set for every kernel: fixed hashes and dates, one thread (more make the last digit depend on the machine).
FIXED = {
    "PYTHONHASHSEED": "0",
    "SOURCE_DATE_EPOCH": "315532800",
    "TZ": "UTC",
    "MPLBACKEND": "agg",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "JUPYTER_PLATFORM_DIRS": "1",
}
HOMES = {
    "EVIDENCE_FIGURES": "figures",
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "jupyter/config",
    "JUPYTER_DATA_DIR": "jupyter/data",
    "JUPYTER_RUNTIME_DIR": "jupyter/runtime",
    "MPLCONFIGDIR": "matplotlib",
    "NUMBA_CACHE_DIR": "numba",
}
STRANGERS = ("EVIDENCE_CHOICES", "EVIDENCE_DATA", "JUPYTER_PATH", "MATPLOTLIBRC", "PYTHONSTARTUP")


def isolate(build) -> None:
    """
    Point this process and the kernels it starts to fixed settings and to folders inside `build`.

    Nothing then depends on, or is written to, the home folder, so an empty or read-only one will do.

    Parameters
    ----------
    build : str or Path
        Folder for caches, made if missing.
    """
    for name in STRANGERS:
        os.environ.pop(name, None)
    os.environ.update(FIXED)
    for name, folder in HOMES.items():
        path = Path(build).resolve() / folder
        path.mkdir(parents=True, exist_ok=True)
        os.environ[name] = str(path)
    # Building the font list may print a warning; here it cannot end up in a notebook.
    import matplotlib.font_manager  # noqa: F401


def execute(paths, folder, jobs=2, report=print, environment=None, kept=None) -> dict:
    """
    Run notebooks with the interpreter of this process.

    Parameters
    ----------
    paths : list of Path
        Notebooks to run.
    folder : str or Path
        Working folder of the kernels, and the place of ``sanitize.cfg``.
    jobs : int, optional
        Notebooks run at the same time.
    report : callable, optional
        Given one line of progress per notebook.
    environment : dict of str to str, optional
        Further environment variables of the kernels.
    kept : Unchanged, optional
        Where kernels list the tables they look at.

    Returns
    -------
    dict of Path to nbformat.NotebookNode or nbclient.exceptions.CellExecutionError
        The executed notebook, or the error that stopped it, in the order of `paths`.
    """
    patterns = sanitizers(Path(folder) / "sanitize.cfg")

    async def run_all():
        gate = asyncio.Semaphore(jobs)
        runs = (
            _run_one(path, folder, patterns, gate, report, environment or {}, _reading_log(kept, path))
            for path in paths
        )
        return await asyncio.gather(*runs)

    return dict(zip(paths, asyncio.run(run_all()), strict=True))


async def _run_one(path, folder, patterns, gate, report, environment, log):
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        kernel_manager_class=_this_interpreter(),
        timeout=CELL_TIMEOUT_SECONDS,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    async with gate:
        start = time.perf_counter()
        try:
            await client.async_execute(env=os.environ | environment | log)
            outcome, word = tidy(notebook, patterns), "ok"
        except CellExecutionError as error:
            outcome, word = error, "FAILED"
    report(f"  {path.name:<32} {time.perf_counter() - start:6.1f} s  {word}")
    return outcome


def _reading_log(kept, path):
    """Environment that makes a kernel list the tables it looks at, in a new file."""
    if kept is None:
        return {}
    kept.log(path).unlink(missing_ok=True)
    return {READING_LOG: str(kept.log(path).resolve())}


def _this_interpreter():
    """Kernel manager class that starts `sys.executable`, whatever kernels the machine has registered."""
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    class ThisInterpreter(AsyncKernelManager):
        kernel_spec = KernelSpec(**get_kernel_dict(extra_arguments=["--log-level=ERROR"]))

    return ThisInterpreter


def rerun(notebooks, target, jobs=2, report=print, environment=None, kept=None) -> dict:
    """
    Execute every notebook of a folder into another; write all of them, or none if one fails.

    Parameters
    ----------
    notebooks : Path
        Folder of the notebooks and of ``sanitize.cfg``.
    target : Path
        Folder to write to; the same one to rewrite them.
    jobs : int, optional
        Notebooks run at the same time.
    report : callable, optional
        Given each line of progress.
    environment : dict of str to str, optional
        Further environment variables of the kernels.
    kept : Unchanged, optional
        Notebooks in `target` that still stand by this record are not run again.

    Returns
    -------
    dict of Path to nbformat.NotebookNode
        The executed notebooks; empty if one failed, after its error was reported.
    """
    import nbformat

    paths = sorted(notebooks.glob("*.ipynb"))
    standing = [path for path in paths if kept is not None and kept.stands(path)]
    for path in standing:
        report(f"  {path.name:<32}    kept: nothing it reads has changed")
    stale = [path for path in paths if path not in standing]
    outcomes = execute(stale, notebooks, jobs, report, environment, kept)
    failures = {path: outcome for path, outcome in outcomes.items() if isinstance(outcome, Exception)}
    for path, error in failures.items():
        report(f"{path.name} stopped:\n{_shortened(error)}")
    if failures:
        return {}
    for path, notebook in outcomes.items():
        write(notebook, target / path.name)
        if kept is not None:
            kept.remember(path)
    read = {path: nbformat.read(target / path.name, as_version=4) for path in standing}
    return {path: {**outcomes, **read}[path] for path in paths}


def _shortened(error):
    """Source of the failing cell and end of its traceback, without colours."""
    lines = ["  " + line for line in re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip().splitlines()]
    if len(lines) > 2 * SHOWN_ERROR_LINES:
        lines = [*lines[:SHOWN_ERROR_LINES], "  ...", *lines[-SHOWN_ERROR_LINES:]]
    return "\n".join(lines)


def compare(outcomes, report=print) -> int:
    """
    Report the cells whose outputs differ from the notebooks on disk.

    Parameters
    ----------
    outcomes : dict of Path to nbformat.NotebookNode
        From `rerun`; the keys are the committed notebooks.
    report : callable, optional
        Given each difference.

    Returns
    -------
    int
        Number of differences.
    """
    import nbformat

    count = 0
    for path, fresh in outcomes.items():
        for difference in differences(nbformat.read(path, as_version=4), fresh):
            report(f"{path.name} {difference}")
            count += 1
    return count


def run(args) -> int:
    """
    Run the command.

    Parameters
    ----------
    args : argparse.Namespace
        With ``choices`` (TOML file or None), ``write``, ``fresh``, ``jobs``; folders ``notebooks`` and
        ``build``.

    Returns
    -------
    int
        0; 1 when a notebook stopped with an error; 2 for a folder without notebooks or unreadable choices.
    """
    from ..choices import Choices
    from ..errors import DataError
    from ..report.pooled import answer_table

    if not list(args.notebooks.glob("*.ipynb")):
        where = args.notebooks.resolve()
        print(f"{where}: found no notebooks. Fix: run this at the top of the repository", file=sys.stderr)
        return 2
    isolate(args.build)
    choices, name, environment = Choices(), "notebooks", {}
    if args.choices:
        try:
            choices, name = Choices.from_toml(args.choices), f"choices-{args.choices.stem}"
        except DataError as error:
            print(error, file=sys.stderr)
            return 2
        environment = {"EVIDENCE_CHOICES": str(args.choices.resolve())}
    target = args.notebooks if args.write else args.build / name
    print(f"Running the notebooks into {target}/", flush=True)
    say = partial(print, flush=True)
    kept = None
    if not (args.write or args.fresh):
        text = args.choices.read_text(encoding="utf-8") if args.choices else ""
        record, figures = args.build / "kept" / name, args.build / "figures"
        kept = Unchanged(args.notebooks.resolve().parent, target, record, figures, load(), text)
    outcomes = rerun(args.notebooks, target, args.jobs, say, environment, kept)
    if not outcomes:
        return 1
    answers = answer_table(choices)
    print(f"\nAnswers\n{answers.to_string()}")
    if args.choices:
        _print_moved(answer_table(Choices()), answers)
    elif not args.write:
        _print_stale(outcomes)
    return 0


def _print_moved(old, new):
    from ..diff.compare import moved

    changes = moved("answers", old.to_dict("index"), new.to_dict("index"))
    rows = [f"{c.name}, {c.field}: {_shown(c.old)} -> {_shown(c.new)}{_step(c)}" for c in changes]
    print("\n".join(["\nAnswers that moved", *(rows or ["none"])]))


def _shown(number):
    return "none" if number is None else f"{number:.6g}"


def _step(change):
    return "" if None in (change.old, change.new) else f" ({change.difference:+.3g})"


def _print_stale(outcomes):
    print("\nCells that differ from the committed notebooks")
    count = compare(outcomes, print)
    print(f"{count} differ; `make notebooks` would store the new outputs" if count else "none")
