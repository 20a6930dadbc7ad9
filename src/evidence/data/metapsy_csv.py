"""Files in the Metapsy format: any released data set read, a frame written so that R reads it back."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd

from ..atomic import replace_file
from ..errors import DataError, DataErrors
from .files import read_text, shown

# Columns the standard requires (metapsyTools: checkDataFormat), in its order, then the precalculated effect
# and the columns its calculateEffectSizes adds. https://docs.metapsy.org/data-preparation/format/
TEXT_COLUMNS = (
    "study", "condition_arm1", "condition_arm2", "multi_arm1", "multi_arm2", "outcome_type", "instrument",
    "time", "rating",
)  # fmt: skip
NUMBER_COLUMNS = (
    "time_weeks", "mean_arm1", "mean_arm2", "sd_arm1", "sd_arm2", "n_arm1", "n_arm2", "event_arm1",
    "event_arm2", "totaln_arm1", "totaln_arm2", "precalc_g", "precalc_g_se",
)  # fmt: skip
TOOL_COLUMNS = (
    ".id", ".g", ".g_se", ".log_rr", ".log_rr_se", ".event_arm1", ".event_arm2", ".totaln_arm1",
    ".totaln_arm2",
)  # fmt: skip
# A file without one of these groups holds no effect that could be read or calculated.
EFFECT_GROUPS = (
    (".g", ".g_se"), (".log_rr", ".log_rr_se"), ("precalc_g", "precalc_g_se"),
    ("precalc_log_rr", "precalc_log_rr_se"), ("mean_arm1", "mean_arm2", "sd_arm1", "sd_arm2"),
    ("mean_change_arm1", "mean_change_arm2", "sd_change_arm1", "sd_change_arm2"),
    ("event_arm1", "event_arm2", "totaln_arm1", "totaln_arm2"),
)  # fmt: skip
_NUMERIC = {*NUMBER_COLUMNS, *TOOL_COLUMNS[1:], *(name for group in EFFECT_GROUPS for name in group)}
MISSING = ("NA", "NaN", "")
# Codes with a leading zero stay text.
_INTEGER = re.compile(r"[+-]?(0|[1-9]\d{0,17})")


def read_metapsy(path) -> pd.DataFrame:
    """
    Read a data set in the Metapsy format.

    Parameters
    ----------
    path : str or Path
        CSV file: ``;`` with decimal comma, as the standard asks, or with decimal point; or plain comma CSV
        with decimal point. UTF-8. ``NA`` and blanks are missing.

    Returns
    -------
    DataFrame
        The file's own columns in their order. A column becomes numeric when all its values are numbers;
        whole numbers without a gap are integers.

    Raises
    ------
    evidence.errors.DataError
        For a file that is missing, empty, binary or not UTF-8; rows of the wrong length; doubled column
        names; no `study` column or no effect columns; text where the standard wants a number. All faults
        of the file are collected in `faults`.

    References
    ----------
    Metapsy data standard, https://docs.metapsy.org/data-preparation/format/

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "small.csv"
    ...     _ = path.write_text("study;.g;.g_se\\nFeder 2014;-0,5;0,25\\n")
    ...     print(read_metapsy(path).to_dict("list"))
    {'study': ['Feder 2014'], '.g': [-0.5], '.g_se': [0.25]}
    """
    path = Path(path)
    text, faults = read_text(path)
    if text is None:
        raise DataErrors(faults)
    # A byte order mark, Windows line ends or a missing last line end are usual in other people's files.
    header, rows, separator = _table(path, text)
    _check_columns(path, header)
    decimal = _decimal(header, rows, separator)
    columns = {name: [cells[i] for cells in rows] for i, name in enumerate(header)}
    _check_numbers(path, columns, decimal)
    return pd.DataFrame({name: _converted(name, cells, decimal) for name, cells in columns.items()})


def _table(path, text):
    """Header, rows of equal length, and the separator, which the header shows."""
    separator = ";" if ";" in text.split("\n", 1)[0] else ","
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        fix = "close the quote, or write a quote inside a quoted cell twice"
        raise DataError(path, None, None, str(error), "CSV with paired quotes", fix) from error
    while records and not records[-1]:
        records.pop()
    if len(records) < 2:
        raise DataError(path, None, None, "no row", "a header and at least one row", "export the data again")
    width = len(records[0])
    ragged = [
        DataError(path, line, None, f"{len(cells)} cells", f"{width}, as in the header", "mend the row")
        for line, cells in enumerate(records[1:], start=2)
        if len(cells) != width
    ]
    if ragged:
        raise DataErrors(ragged)
    return records[0], records[1:], separator


def _check_columns(path, header):
    faults = [
        DataError(path, 1, name, "the name twice", "each name once", "rename one of the columns")
        for name in dict.fromkeys(header)
        if header.count(name) > 1
    ]
    if "study" not in header:
        found = shown(", ".join(header))
        faults.append(DataError(path, 1, "study", found, "a column study", "check file and separator"))
    elif not any(set(group) <= set(header) for group in EFFECT_GROUPS):
        allowed = "effects: " + " or ".join("/".join(group) for group in EFFECT_GROUPS)
        faults.append(DataError(path, 1, ".g", "no effect columns", allowed, "add one of these groups"))
    if faults:
        raise DataErrors(faults)


def _decimal(header, rows, separator):
    """Decimal mark of the numeric columns: a point in comma files, else a comma wherever one is used."""
    numeric = [i for i, name in enumerate(header) if name in _NUMERIC]
    marks = {mark for cells in rows for i in numeric for mark in ",." if mark in cells[i]}
    return "." if separator == "," or marks == {"."} else ","


def _number(cell, decimal):
    """Value of a cell, or None when it is no number."""
    pattern = rf"[+-]?(\d+({re.escape(decimal)}\d*)?|{re.escape(decimal)}\d+)([eE][+-]?\d+)?|-?Inf"
    return float(cell.replace(decimal, ".")) if re.fullmatch(pattern, cell) else None


def _check_numbers(path, columns, decimal):
    allowed = f"a number with decimal {'comma' if decimal == ',' else 'point'}, or NA"
    faults = [
        DataError(path, line, name, shown(cell), allowed, "correct the cell", columns["study"][line - 2])
        for name, cells in columns.items()
        if name in _NUMERIC
        for line, cell in enumerate(cells, start=2)
        if cell not in MISSING and _number(cell, decimal) is None
    ]
    if faults:
        raise DataErrors(sorted(faults, key=lambda fault: fault.line))


def _converted(name, cells, decimal):
    """One column: integers, floats, or text with NaN where missing."""
    missing = [cell in MISSING for cell in cells]
    if name not in TEXT_COLUMNS:
        if not any(missing) and all(_INTEGER.fullmatch(cell) for cell in cells):
            return np.array([int(cell) for cell in cells])
        coded = any(re.match(r"[+-]?0\d", cell) for cell in cells)
        numbers = [
            np.nan if gap else _number(cell, decimal) for cell, gap in zip(cells, missing, strict=True)
        ]
        if not coded and None not in numbers:
            return np.array(numbers, float)
    return [np.nan if gap else cell for cell, gap in zip(cells, missing, strict=True)]


def write_metapsy(frame, path) -> None:
    """
    Write a data frame as a Metapsy file: ``;``, decimal comma, ``NA``.

    The file appears whole or not at all: it is written beside `path` and then moved there.

    Parameters
    ----------
    frame : DataFrame
        Numbers, text and missing values.
    path : str or Path
        Target, replaced when it exists.

    Raises
    ------
    ValueError
        If text holds a semicolon or a line break, which the standard forbids.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "small.csv"
    ...     write_metapsy(pd.DataFrame({"study": ["Feder 2014"], ".g": [-0.5], ".g_se": [None]}), path)
    ...     print(path.read_text())
    study;.g;.g_se
    Feder 2014;-0,5;NA
    <BLANKLINE>
    """
    lines = io.StringIO(newline="")
    writer = csv.writer(lines, delimiter=";", lineterminator="\n")
    writer.writerow(frame.columns)
    for row, values in enumerate(frame.itertuples(index=False)):
        writer.writerow([_cell(value, name, row) for name, value in zip(frame.columns, values, strict=True)])
    replace_file(path, lines.getvalue())


def _cell(value, name, row):
    if pd.isna(value):
        return "NA"
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return repr(float(value)).replace("inf", "Inf").replace(".", ",")
    text = str(value)
    if re.search("[;\r\n]", text):
        raise ValueError(
            f"{name}[{row}] is {shown(text)!r}; the format has no ; or line break. Fix: reword it"
        )
    return text
