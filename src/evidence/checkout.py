"""The source checkout around the package, and results kept in its build folder between reruns."""

from __future__ import annotations

import contextlib
import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

from .atomic import replace_file

_PACKAGE = Path(__file__).resolve().parent
LIBRARIES = ("numpy", "scipy")  # a last digit may change with them


def repository_root(start=None) -> Path | None:
    """
    Nearest folder at or above `start` that is a source checkout, else the one the package runs from.

    Parameters
    ----------
    start : str or Path, optional
        The working folder if left out.

    Returns
    -------
    Path or None
        None for an installed package without a checkout around it.

    Examples
    --------
    >>> (repository_root() / "tests" / "reference").is_dir()
    True
    """
    here = Path(start or Path.cwd()).resolve()
    for folder in (here, *here.parents, *_PACKAGE.parents):
        if (folder / "src" / "evidence" / "__init__.py").is_file() and (folder / "pyproject.toml").is_file():
            return folder
    return None


def reference_folder(start=None) -> Path:
    """
    Folder of the reference values made by other programs.

    Parameters
    ----------
    start : str or Path, optional
        As in `repository_root`.

    Raises
    ------
    FileNotFoundError
        If there is no checkout with one; the message says what to do.
    """
    root = repository_root(start)
    folder = root / "tests" / "reference" if root else None
    if folder is None or not folder.is_dir():
        where = f"{root} has no tests/reference" if root else "no source checkout found"
        raise FileNotFoundError(f"{where}. Fix: run this inside a checkout of the repository")
    return folder


@cache
def code_fingerprint() -> str:
    """Digest of every module of the package and of the versions of the numerical libraries."""
    libraries = repr([(name, version(name)) for name in LIBRARIES])
    return digest_of(sorted(_PACKAGE.rglob("*.py")), libraries)


def digest_of(paths, *more: str) -> str:
    """Digest of the names and contents of files, and of further text."""
    digest = hashlib.sha256(repr(more).encode())
    for path in paths:
        digest.update(repr((path.as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())).encode())
    return digest.hexdigest()


def table_digests(review, names) -> dict[str, str]:
    """
    Digest of each of these tables as it is loaded, corrections applied.

    Parameters
    ----------
    review : Review
    names : iterable of str

    Returns
    -------
    dict of str to str
    """
    return {name: hashlib.sha256(getattr(review, name).to_csv().encode()).hexdigest() for name in names}


def kept(name: str, key: object, compute: Callable[[], Mapping], folder=None) -> dict:
    """
    Arrays from the build folder of the checkout if made from the same key, code and libraries; else computed.

    Parameters
    ----------
    name : str
        What the arrays are; part of the file name.
    key : object
        Everything else they depend on; its `repr` is what counts.
    compute : callable
        Makes a mapping of names to arrays of numbers or text.
    folder : Path, optional
        Where to keep them; ``build/kept`` of the checkout if left out, and nowhere without a checkout.

    Returns
    -------
    dict of str to array
    """
    root = repository_root()
    folder = folder or (root / "build" / "kept" if root else None)
    if folder is None:
        return {k: np.asarray(v) for k, v in compute().items()}
    digest = hashlib.sha256(f"{code_fingerprint()}{key!r}".encode()).hexdigest()
    path = Path(folder) / f"{name}-{digest[:20]}.npz"
    stored = _read(path)
    if stored is None:
        stored = {k: np.asarray(v) for k, v in compute().items()}
        _write(path, stored)
    return stored


def _read(path):
    """Stored arrays, or None where there are none or the file is broken."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return {k: stored[k] for k in stored.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None


def _write(path, arrays) -> None:
    """Store whole or not at all; a folder that cannot be written to costs time, not the result."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, buffer.getvalue())
