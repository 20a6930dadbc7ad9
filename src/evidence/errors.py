"""Errors that say where, what was found, what is allowed and how to mend it."""

from __future__ import annotations

from pathlib import Path


class EvidenceError(Exception):
    """Base of every error this package raises on purpose."""


class ConvergenceError(EvidenceError):
    """A numerical search ended without an answer; no number is returned instead."""


class DataError(EvidenceError):
    """
    A fault in a data file.

    Parameters
    ----------
    path : str or Path
        File at fault.
    line : int or None
        Line in the file, the header being line 1; None when the whole file is meant.
    column : str or None
        Column name, or None when a row or file is meant.
    found : str
        What stands there.
    allowed : str
        What may stand there.
    fix : str
        What to do about it.
    row : str, optional
        Key of the row in words, such as ``"feder_2014, IES-R, day 1"``.
    severity : {"fault", "warning", "note"}
        Only faults stop a load.
    check : str, optional
        Name of the check that found it.

    Examples
    --------
    >>> print(DataError("data/outcomes.csv", 14, "sd", "-3.1", "a number > 0", "copy the SD"))
    data/outcomes.csv:14: column 'sd': found '-3.1'; allowed: a number > 0. Fix: copy the SD
    """

    def __init__(self, path, line, column, found, allowed, fix, row="", severity="fault", check=""):
        self.path, self.line, self.column = str(path), line, column
        self.found, self.allowed, self.fix = str(found), allowed, fix
        self.row, self.severity, self.check = row, severity, check
        super().__init__(path, line, column, found, allowed, fix)

    @property
    def faults(self) -> tuple[DataError, ...]:
        """All faults carried by this error: itself."""
        return (self,)

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        what = f" column '{self.column}'" if self.column else ""
        row = f" ({self.row})" if self.row else ""
        colon = ":" if what or row else ""
        return f"{place}:{what}{row}{colon} found '{self.found}'; allowed: {self.allowed}. Fix: {self.fix}"


class DataErrors(DataError):
    """
    Every fault of a data folder, raised once.

    The parts (`path`, `line`, `column` ...) are those of the first fault; `faults` holds them all.

    Parameters
    ----------
    faults : sequence of DataError
        At least one.
    """

    def __init__(self, faults):
        self._faults = tuple(faults)
        first = self._faults[0]
        super().__init__(
            first.path, first.line, first.column, first.found, first.allowed, first.fix, first.row,
            first.severity, first.check,
        )  # fmt: skip

    @property
    def faults(self) -> tuple[DataError, ...]:
        """All faults, in file and line order."""
        return self._faults

    def __str__(self) -> str:
        files = len({Path(f.path).name for f in self._faults})
        head = f"{len(self._faults)} fault(s) in {files} file(s)"
        return "\n".join([head, *(str(f) for f in self._faults)])
