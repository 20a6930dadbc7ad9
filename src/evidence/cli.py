"""
The command line: ``evidence COMMAND``. Exit code 0 is success, 1 a finding, 2 wrong usage or missing input.

A command is two functions: one adds its arguments to a parser, the other runs it and returns the exit code.
Both import what they need when called, so that ``evidence --help`` starts no library.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

OK, FOUND, USAGE = 0, 1, 2
_ABOUT = "Open evidence review of ketamine for post-traumatic stress disorder."


@dataclass(frozen=True)
class Command:
    """A subcommand: one line of help, a function that adds arguments, a function that runs it."""

    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def _validate_arguments(parser):
    parser.add_argument("dir", metavar="DIR", nargs="?", help="data folder or the folder above it")
    parser.add_argument("--json", action="store_true", help="print all that is found as JSON")
    parser.add_argument("--notes", action="store_true", help="print acknowledged quirks of sources too")


def _validate(args):
    """Print every fault and warning of the data, one a line, and a summary."""
    import json

    from .data.load import find_data
    from .data.validate import check
    from .errors import DataError

    try:
        folder = find_data(args.dir)
    except DataError as error:
        print(error, file=sys.stderr)
        return USAGE
    checked = check(folder)
    found = checked.faults or _extraction_findings(checked)
    rows = sum(len(table.rows) for table in checked.tables.values())
    kinds = {k: [error for error in found if error.severity == k] for k in ("fault", "warning", "note")}
    if args.json:
        keys = ("path", "line", "column", "row", "found", "allowed", "fix", "severity", "check")
        listed = {f"{k}s": [{key: getattr(e, key) for key in keys} for e in kinds[k]] for k in kinds}
        print(json.dumps({"path": str(folder), "rows": rows, **listed}, indent=1))
    else:
        for kind in ("fault", "warning", "note") if args.notes else ("fault", "warning"):
            for error in kinds[kind]:
                print(error if kind == "fault" else f"{kind} [{error.check}]: {error}")
        outcome = f"{len(kinds['fault'])} fault(s)" if kinds["fault"] else "no fault"
        others = f"; {len(kinds['warning'])} warning(s)" if kinds["warning"] else ""
        known = f"; {len(kinds['note'])} acknowledged quirk(s), shown by --notes" if kinds["note"] else ""
        print(f"{outcome} in {folder}: {len(checked.tables)} tables read, {rows} rows{others}{known}")
    return FOUND if kinds["fault"] else OK


def _extraction_findings(checked):
    """What the extraction checks find in data that load."""
    from .checks.run import run_checks

    return run_checks(checked.tables, checked.corrections)


_FIVE_TRIALS = """\
the five trials of this review with posted results, in one line:

  evidence fetch NCT00749203 NCT02397889 NCT02655692 NCT04322968 NCT02727998

What a title in the registry means (arm, time point, instrument) is written to decisions.toml beside the
proposed rows; change it there and fetch again. Exit code 1: not fetched, or something was refused.
"""


def _fetch_arguments(parser):
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _FIVE_TRIALS
    parser.add_argument(
        "studies", metavar="NCT", nargs="+", help="registry number, or a saved record (.json)"
    )
    parser.add_argument("--write", action="store_true", help="merge the proposed rows into the data")
    parser.add_argument("--trial", metavar="TRIAL_ID", help="trial the record belongs to, if several have it")
    parser.add_argument("--fresh", action="store_true", help="ask the registry even if a copy is kept")
    parser.add_argument("--cache", metavar="DIR", help="folder of kept copies (the user's cache folder)")
    _proposal_arguments(parser)


def _proposal_arguments(parser):
    parser.add_argument("--data", metavar="DIR", help="data folder or the folder above it")
    parser.add_argument("--out", metavar="DIR", help="folder of the proposals (beside the data)")


def _new_arguments(parser):
    parser.add_argument("trial_id", metavar="TRIAL_ID", help="key of the trial, such as feder_2021")
    parser.add_argument("--registration", metavar="NCT", default="", help="its registry number")
    parser.add_argument("--write", action="store_true", help="merge the filled-in rows into the data")
    _proposal_arguments(parser)


def _diff_arguments(parser):
    parser.add_argument("old", metavar="OLD", help="data folder or git revision")
    parser.add_argument("new", metavar="NEW", help="data folder or git revision")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the differences as JSON")
    form.add_argument("--html", metavar="FILE", help="write the differences as a web page")
    quiet = "say nothing when equal, and exit 0 either way"
    parser.add_argument("--if-changed", action="store_true", help=quiet)


def _rerun_arguments(parser):
    way = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--choices", type=Path, metavar="FILE", help="other choices, as TOML; see docs/choices.md"
    )
    way.add_argument("--write", action="store_true", help="rewrite the notebooks with their new outputs")
    parser.add_argument("--fresh", action="store_true", help="also run notebooks that still stand")
    parser.add_argument("--jobs", type=_count, default=2, help="notebooks run at the same time (2)")
    parser.add_argument("--notebooks", type=Path, default=Path("notebooks"), help="their folder (notebooks)")
    parser.add_argument("--build", type=Path, default=Path("build"), help="folder written to (build)")


def _count(text):
    """A whole number above 0."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"found {text}; allowed: 1 or more")
    return int(text)


def _coverage_arguments(parser):
    parser.add_argument("--replicates", type=_count, default=10_000, help="simulated reviews a cell (10000)")
    parser.add_argument("--seed", type=int, default=2026, help="seed of the simulation (2026)")
    where = "Dask scheduler to compute on, such as tcp://host:8786; see docs/scale.md"
    parser.add_argument("--scheduler", metavar="ADDRESS", help=where)


def _site_arguments(parser):
    parser.add_argument("--notebooks", type=Path, default=Path("build/notebooks"), help="executed notebooks")
    parser.add_argument("--out", type=Path, default=Path("site"), help="folder of the site (site)")


def _export_arguments(parser):
    parser.add_argument("--metapsy", metavar="FILE", required=True, help="CSV file in the Metapsy format")
    parser.add_argument("--data", metavar="DIR", help="data folder or the folder above it")


def _export(args):
    """Write the effects for other programs."""
    from .data.load import load
    from .errors import DataError
    from .review.metapsy import to_metapsy

    try:
        to_metapsy(load(args.data), args.metapsy)
    except DataError as error:
        print(error, file=sys.stderr)
        return USAGE if error.check == "folder" else FOUND
    except OSError as error:
        print(f"{args.metapsy}: {error.strerror}. Fix: give a file that can be written", file=sys.stderr)
        return USAGE
    print(args.metapsy)
    return OK


def _check_arguments(parser):
    from .textcheck.verdicts import VERDICTS

    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        f"verdicts: {', '.join(VERDICTS)}\n\n"
        "Exit code: 0 a report was made; 1 a claim has a verdict named by --fail-on; 2 nothing to read.\n"
    )
    parser.add_argument("file", metavar="FILE", help="plain text or HTML; - reads standard input")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the report as JSON")
    form.add_argument("--html", metavar="OUT", help="write the report as a web page")
    parser.add_argument(
        "--fail-on",
        metavar="VERDICT",
        action="append",
        default=[],
        choices=VERDICTS,
        help="exit with 1 when a claim has this verdict (may be repeated)",
    )


def _check(args):
    """Judge the claims of a text."""
    from .atomic import replace_file
    from .textcheck.check import MAX_BYTES, check_text, decode_text, read_text

    try:
        if args.file == "-":
            text = decode_text(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input")
        else:
            text = read_text(args.file)
        report = check_text(text)
    except (ValueError, OSError) as error:
        print(f"evidence check: {error}", file=sys.stderr)
        return USAGE
    try:
        if args.html:
            replace_file(args.html, report.to_html())
    except OSError as error:
        print(f"{args.html}: {error.strerror}. Fix: give a file that can be written", file=sys.stderr)
        return USAGE
    if args.html:
        print(args.html)
    else:
        print(report.to_json() if args.json else report.to_text())
    return FOUND if any(report.counts()[verdict] for verdict in args.fail_on) else OK


def _later(module):
    """The function `run` of a module, imported when the command runs."""

    def run(args):
        try:
            return import_module(f".{module}", __package__).run(args)
        except ModuleNotFoundError as error:
            if str(error.name).startswith("evidence"):
                raise
            fix = "install the optional packages (`make install` in a checkout does)"
            print(f"this command needs the package {error.name}. Fix: {fix}", file=sys.stderr)
            return USAGE

    return run


COMMANDS = {
    "rerun": Command("run every notebook and print the answers", _rerun_arguments, _later("rerun.run")),
    "validate": Command("check every file of the data", _validate_arguments, _validate),
    "check": Command("judge the claims about ketamine for PTSD in a text", _check_arguments, _check),
    "fetch": Command("propose rows from ClinicalTrials.gov", _fetch_arguments, _later("registry.fetch")),
    "new": Command("write template rows for a new trial", _new_arguments, _later("registry.templates")),
    "diff": Command(
        "compare two versions of the data and their answers", _diff_arguments, _later("diff.compare")
    ),
    "export": Command("write the effects in the Metapsy format", _export_arguments, _export),
    "coverage": Command(
        "simulate how often intervals hold the truth", _coverage_arguments, _later("validation.coverage")
    ),
    "site": Command("build the reading site", _site_arguments, _later("site.build")),
}


def main(argv=None) -> int:
    """
    Run one command.

    Parameters
    ----------
    argv : list of str, optional
        Arguments; those of the process by default.

    Returns
    -------
    int
        Exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a name in the data must not fail on an ASCII terminal
            stream.reconfigure(errors="backslashreplace")
    args = _parser().parse_args(argv)
    if args.command is None:
        _parser().print_help()
        return USAGE
    try:
        code = COMMANDS[args.command].run(args)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def _parser():
    from . import __version__

    parser = argparse.ArgumentParser(prog="evidence", description=_ABOUT, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"evidence {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, command in COMMANDS.items():
        child = commands.add_parser(name, help=command.help, description=command.help, allow_abbrev=False)
        command.add_arguments(child)
    return parser


if __name__ == "__main__":
    sys.exit(main())
