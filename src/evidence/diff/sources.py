"""The two sides of a comparison: a data folder, or the data of a git revision in a temporary folder."""

from __future__ import annotations

import io
import os
import subprocess
import zipfile
from pathlib import Path

from ..data.pending import finish
from ..data.validate import data_folder
from ..errors import DataError

_SECONDS = 60


class NoRevision(DataError):
    """Neither a data folder nor a git revision; or there is no git here."""


def find_side(name, scratch):
    """
    Data folder that a name means: a folder first, else a git revision of the repository around this folder.

    Parameters
    ----------
    name : str
        Path of a data folder or of the folder above it, or a revision such as ``HEAD~1``.
    scratch : str or Path
        Empty folder for the files of a revision.

    Returns
    -------
    Path

    Raises
    ------
    NoRevision
        If it is neither.
    DataError
        If it is a folder without data.
    """
    try:
        is_folder = name != "" and Path(name).is_dir()
    except (OSError, ValueError):
        is_folder = False
    if is_folder:
        folder = data_folder(name)
        if os.access(folder, os.W_OK):
            finish(folder)
        return folder
    top = _git(name, "rev-parse", "--show-toplevel").decode().strip()
    commit = _git(name, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    archive = _git(name, "-C", top, "archive", "--format=zip", commit.decode().strip(), "data")
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        files.extractall(scratch)
    return data_folder(scratch)


def _git(name, *arguments):
    """Output of git; the name is what the user gave, for the message."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, timeout=_SECONDS, check=True)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        reason = (getattr(error, "stderr", None) or b"").decode("utf-8", "replace").strip().splitlines()
        found = reason[0] if reason else "no such folder or git revision"
        fix = "give a data folder, or run this inside the repository and give a revision such as HEAD"
        raise NoRevision(name, None, None, found, "a data folder or a git revision", fix) from None
    return done.stdout
