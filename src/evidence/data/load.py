"""
Load the review: every table checked, corrections applied, nothing from a faulty folder.

Columns of a loaded table have one type each, told by the descriptor and never by the rows at hand:
number and optional integer float64 with NaN for a blank, required integer int64, string object with NaN for a
blank, required boolean bool and optional boolean the nullable ``boolean``, date datetime64[s].
The index, named ``line``, is the line of each row in its CSV file, the header being line 1.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DataError, DataErrors
from .corrections import Correction
from .descriptor import DESCRIPTOR
from .validate import check, data_folder

if TYPE_CHECKING:
    import pandas as pd

ENVIRONMENT = "EVIDENCE_DATA"
READING_LOG = "EVIDENCE_TABLES_READ"  # names a file that lists the tables this process has looked at
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, eq=False)
class Review:
    """
    The tables of the review, as checked; made by `load`.

    Each table is an attribute: facts, references, trials, arms, outcomes, contrasts, events, timing, rob,
    published_pools, registry, scales, context, claims. Every access gives a fresh copy (under 0.1 ms), so
    nothing done to a frame can reach another reader of the review.

    Attributes
    ----------
    path : Path
        The data folder.
    corrections : tuple of Correction
        Entries of ``corrections.yml``; those of kind ``replace`` are in the tables already.
    """

    path: Path
    corrections: tuple[Correction, ...]
    _frames: Mapping[str, pd.DataFrame] = field(repr=False)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name, as copies, in the order of `datapackage.json`."""
        _log_reading(*self._frames)
        return {name: frame.copy() for name, frame in self._frames.items()}

    def __repr__(self):
        rows = sum(len(frame) for frame in self._frames.values())
        return f"Review({str(self.path)!r}: {len(self._frames)} tables, {rows} rows)"

    def __getattr__(self, name):
        frames = self.__dict__.get("_frames", {})
        if name in frames:
            _log_reading(name)
            return frames[name].copy()
        raise AttributeError(f"Review has no table or attribute {name!r}; tables: {', '.join(frames)}")

    def __dir__(self):
        return sorted([*super().__dir__(), *self._frames])


_READ: set[str] = set()


def _log_reading(*tables) -> None:
    """Tell a rerun which tables its notebook depends on."""
    log = os.environ.get(READING_LOG)
    if log and not _READ.issuperset(tables):
        _READ.update(tables)
        Path(log).write_text("\n".join(sorted(_READ)), encoding="utf-8")


def find_data(path=None):
    """
    Folder of the data.

    Parameters
    ----------
    path : str or Path, optional
        The data folder or the folder above it. Without it: the folder that the environment variable
        ``EVIDENCE_DATA`` names, else the nearest ``data/datapackage.json`` at or above the working folder,
        else the copy inside the installed package, else ``data`` of the source checkout.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        If there is no ``datapackage.json`` where it should be; its `check` is ``folder``.
    """
    if path is not None:
        return data_folder(path)
    if named := os.environ.get(ENVIRONMENT):
        return data_folder(named, f"correct or unset the environment variable {ENVIRONMENT}")
    here = _working_folder()
    around = [folder / "data" for folder in (here, *here.parents)]
    for folder in (*around, _PACKAGE / "_data", _PACKAGE.parents[1] / "data"):
        if os.path.lexists(folder / DESCRIPTOR):
            return folder
    fix = f"give the path of the data folder, or set {ENVIRONMENT}"
    raise DataError(here, None, None, "no data folder", f"data/{DESCRIPTOR} at or above", fix, check="folder")


def _working_folder():
    """The working folder, or the package's when another process has deleted the former."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return _PACKAGE


def load(path=None) -> Review:
    """
    Load and check all tables of the review.

    Parameters
    ----------
    path : str or Path, optional
        The data folder or the folder above it; see `find_data` for the default.

    Returns
    -------
    Review

    Raises
    ------
    DataErrors
        With every fault of every file in `faults`; nothing is loaded from a faulty table.
    DataError
        If there is no data folder.

    Examples
    --------
    >>> review = load()
    >>> trial = review.trials.set_index("trial_id").loc["feder_2021"]
    >>> print(trial["label"], trial["n_randomised"])
    Feder 2021 30.0
    """
    checked = check(find_data(path))
    if checked.faults:
        raise DataErrors(checked.faults)
    frames = {name: _frame(table) for name, table in checked.tables.items()}
    return Review(checked.folder, checked.corrections, frames)


def _frame(table):
    """A checked table as a frame, indexed by line."""
    import pandas as pd

    index = pd.Index(table.lines, name="line", dtype="int64")
    columns = {
        f.name: _series(pd, f, [row[f.name] for row in table.rows], index) for f in table.schema.fields
    }
    return pd.DataFrame(columns, index=index)


def _series(pd, column, values, index):
    if column.type == "date":
        days = [pd.NaT if value is None else value for value in values]
        return pd.Series(days, index=index, dtype="datetime64[s]")
    if column.type == "boolean":
        return pd.Series(values, index=index, dtype="bool" if column.required else "boolean")
    if column.type == "integer" and column.required:
        return pd.Series(values, index=index, dtype="int64")
    if column.type in ("integer", "number"):
        return pd.Series([float("nan") if v is None else v for v in values], index=index, dtype="float64")
    return pd.Series([float("nan") if v is None else v for v in values], index=index, dtype="object")
