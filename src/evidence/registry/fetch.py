"""The command `evidence fetch`: registry records to proposals, and reviewed proposals into the data."""

from __future__ import annotations

import sys
from pathlib import Path

from ..data.descriptor import read_package
from ..data.load import find_data
from ..data.pending import finish
from ..errors import DataError, DataErrors
from .http import NCT, RegistryError, fetch_study, read_study
from .proposals import apply, describe, merge, read_proposal
from .propose import propose_into, summary

PACKAGED = "_data"  # the copy inside an installed package


def run(args) -> int:
    """
    Fetch records, or with ``--write`` merge the proposals made from them.

    Parameters
    ----------
    args : argparse.Namespace
        studies, write, data, out, cache, fresh, trial.

    Returns
    -------
    int
        0; 1 when a record could not be fetched, or anything was refused or not merged; 2 for wrong usage.
    """
    if wrong := [s for s in args.studies if not NCT.fullmatch(s) and not s.lower().endswith(".json")]:
        print(f"{wrong[0]}: allowed: NCT and eight digits, or a saved record (.json)", file=sys.stderr)
        return 2
    try:
        folder = writable_data(args.data)
    except DataError as error:
        print(error, file=sys.stderr)
        return 2
    out = Path(args.out) if args.out else folder.parent / "proposals"
    return max([_one(study, folder, out, args) for study in args.studies])


def writable_data(path):
    """
    The data folder to propose for, any interrupted change of it completed.

    Parameters
    ----------
    path : str or Path or None
        As for `find_data`.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        If there is none, or only the copy inside the installed package.
    """
    folder = find_data(path)
    if folder.name == PACKAGED:
        fix = "run this in a clone of the repository, or give --data"
        raise DataError(folder, None, None, "the installed copy", "data of your own", fix, check="folder")
    finish(folder)
    return folder


def _one(study, folder, out, args):
    """Fetch a record and propose, or merge what was proposed before; the exit code."""
    target = out / study
    try:
        code = 0
        if not (args.write and NCT.fullmatch(study) and target.is_dir()):
            proposal = propose_into(out, _record(study, args), folder, args.trial)
            print(summary(proposal))
            target, code = proposal.folder, 1 if proposal.draft.refused else 0
            if not args.write:
                print(f"  next: see {target}/README.md, then evidence fetch {proposal.nct} --write")
        return max(code, merge_reviewed(target, folder)) if args.write else code
    except RegistryError as error:
        print(error, file=sys.stderr)
        return 1
    except DataError as error:
        print(error, file=sys.stderr)
        return 2


def _record(study, args):
    if NCT.fullmatch(study):
        return fetch_study(study, args.cache, 0 if args.fresh else 24)
    return read_study(study)


def merge_reviewed(target, folder, keep=lambda table, row: True):
    """
    Merge the rows of a proposals folder, as they stand, into the data.

    Parameters
    ----------
    target : Path
        Folder of the proposed tables.
    folder : Path
        The data folder.
    keep : callable, optional
        Given table and row; false for rows to skip.

    Returns
    -------
    int
        0; 1 when the merged data would have faults, and nothing is written, or when a row differs.

    Raises
    ------
    DataError
        If the proposals or the data cannot be read.
    """
    schemas, faults = read_package(folder)
    if faults:
        raise DataErrors(faults)
    proposed = read_proposal(target, schemas)
    proposed = {name: [row for row in rows if keep(name, row)] for name, rows in proposed.items()}
    result = merge(folder, proposed)
    try:
        apply(folder, result)
    except DataErrors as error:
        print(f"{error}\nnothing was written", file=sys.stderr)
        return 1
    print(f"{target} into {folder}\n{describe(result)}")
    return 1 if result.differs else 0
