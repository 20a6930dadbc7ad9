"""
Several files of a folder replaced as one: after a crash at any moment all are old or all are new.

`commit` writes the new files into a folder of their own, puts them on disk and renames that folder to
``.pending``; this rename is the moment at which the change happens. `finish` then moves the files into
place, and does so again after a crash: whoever reads the folder calls it first.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from ..errors import DataError

PENDING = ".pending"


def commit(folder, files):
    """
    Replace or add files of a folder, all or none.

    Parameters
    ----------
    folder : str or Path
        An existing folder.
    files : dict of str to str
        File name, without a folder, to its new text.

    Raises
    ------
    DataError
        If the folder cannot be written to; it then has its old files.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     commit(folder, {"a.csv": "x\\n1\\n", "b.csv": "y\\n"})
    ...     print(sorted(path.name for path in Path(folder).iterdir()))
    ['a.csv', 'b.csv']
    """
    folder = Path(folder)
    stage = folder / f"{PENDING}.{os.getpid()}.tmp"
    try:
        finish(folder)
        for left in folder.glob(f"{PENDING}.*.tmp"):  # of a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        stage.mkdir()
        for name, text in files.items():
            _write(stage / name, text)
        _sync(stage)
        stage.rename(folder / PENDING)
        _sync(folder)
        finish(folder)
    except OSError as error:
        shutil.rmtree(stage, ignore_errors=True)
        raise _unwritable(folder, error) from None


def finish(folder):
    """
    Complete a change that a crash interrupted; nothing happens in a folder without one.

    Parameters
    ----------
    folder : str or Path

    Raises
    ------
    DataError
        If the files cannot be moved into place.
    """
    folder = Path(folder)
    pending = folder / PENDING
    if not pending.is_dir():
        return
    try:
        for path in sorted(pending.iterdir()):
            with contextlib.suppress(FileNotFoundError):  # another process finishes the same change
                path.replace(folder / path.name)
        _sync(folder)
        with contextlib.suppress(FileNotFoundError):
            pending.rmdir()
    except OSError as error:
        raise _unwritable(folder, error) from None


def _write(path, text):
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder):
    """Put the names in a folder on disk, where the system can do that."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _unwritable(folder, error):
    found = f"{error.strerror or type(error).__name__} while writing"
    return DataError(
        folder, None, None, found, "a folder that can be written to", "check its rights and space"
    )
