"""Bytes of a data file to text and to CSV records, strictly: what a spreadsheet alters is refused."""

from __future__ import annotations

import csv
import re
import stat
from itertools import islice
from pathlib import Path

from ..errors import DataError

# Far above any table of this review; a larger file is a mistake, and reading it would only hang.
MAX_BYTES = 5_000_000
# Enough to mend a table by; a file of millions of faults is the wrong file.
MAX_FAULTS = 1000
MAX_CELL = 20_000
# Where the CSV reader gives up on a quote that does not close.
_ENDLESS = 100_000

_SAVE = "save the file as CSV UTF-8 (comma, no BOM), or restore it with git"
_SIGNATURES = [
    (b"PK\x03\x04", "an Excel or zip file", "export the sheet as CSV UTF-8"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file", "export the sheet as CSV UTF-8"),
    (b"\xff\xfe", "UTF-16 text", _SAVE),
    (b"\xfe\xff", "UTF-16 text", _SAVE),
]
_BOM = b"\xef\xbb\xbf"


def shown(value, limit=80):
    """
    Text of a cell as one printable line: invisible characters escaped, long text cut.

    Parameters
    ----------
    value : object
        What was found.
    limit : int
        Longest text returned, in characters, before the ellipsis.

    Returns
    -------
    str

    Examples
    --------
    >>> print(shown("1\\u00a0500"))
    1\\xa0500
    """
    text = str(value)
    text = text if len(text) <= limit else text[:limit] + "..."
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def read_text(path, max_bytes=MAX_BYTES):
    """
    Read a text file that must be UTF-8 without BOM, with LF line ends and a final newline.

    Parameters
    ----------
    path : str or Path
    max_bytes : int
        Size above which the file is refused unread.

    Returns
    -------
    text : str or None
        None when no text can be made of the bytes. With a BOM, CRLF or a missing final newline the text is
        mended, so that the faults after it are found too; the caller must still refuse the file.
    faults : list of DataError
    """
    path = Path(path)
    data, faults = _read_bytes(path, max_bytes)
    if data is None:
        return None, faults
    if data.startswith(_BOM):
        faults.append(DataError(path, 1, None, "a byte order mark (BOM)", "UTF-8 without BOM", _SAVE))
        data = data[len(_BOM) :]
    text, problems = _decode(path, data)
    return text, faults + problems


def _read_bytes(path, max_bytes):
    """Bytes of a regular, non-empty file of sensible size, or None and the fault."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return None, [DataError(path, None, None, "a folder", "a file", "move the folder away")]
        if not stat.S_ISREG(mode):  # a pipe or device would block for ever
            return None, [DataError(path, None, None, "a pipe or device", "a file", "put the file here")]
        if (size := path.stat().st_size) > max_bytes:
            allowed, fix = f"at most {max_bytes} bytes", "restore the file with git"
            return None, [DataError(path, None, None, f"{size} bytes", allowed, fix)]
        data = path.read_bytes()
    except FileNotFoundError:
        fix = "restore the file with git, or correct the file name"
        return None, [DataError(path, None, None, "no such file", "a file", fix)]
    except OSError as error:
        found = error.strerror or type(error).__name__
        return None, [DataError(path, None, None, found, "a readable file", "check the file and its rights")]
    if not data:
        fix = "restore the file with git; a table without rows still has its header line"
        return None, [DataError(path, None, None, "an empty file", "text", fix)]
    return data, []


def _decode(path, data):
    """Bytes to text with LF line ends; faults for everything that had to be mended."""
    for signature, found, fix in _SIGNATURES:
        if data.startswith(signature):
            return None, [DataError(path, None, None, found, "UTF-8 text", fix)]
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        return None, [DataError(path, line, None, "a NUL byte", "UTF-8 text", _SAVE)]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start : error.start + 1]
        found = f"byte 0x{byte.hex()} ({shown(byte.decode('cp1252', 'replace'))} in Windows-1252)"
        return None, [DataError(path, line, None, found, "UTF-8 text", _SAVE)]
    return _line_ends(path, text)


def _line_ends(path, text):
    faults = []
    if "\r" in text:
        line, count = text.count("\n", 0, text.index("\r")) + 1, text.count("\r\n")
        if count != text.count("\r"):
            found = "a carriage return (CR) that ends no CRLF"
            return None, [DataError(path, line, None, found, "LF line ends", _SAVE)]
        found = f"CRLF (Windows) line ends, {count} of them"
        fix = "save the file with LF (Unix) line ends"
        faults.append(DataError(path, line, None, found, "LF line ends", fix))
        text = text.replace("\r\n", "\n")
    if text and not text.endswith("\n"):
        line = text.count("\n") + 1
        fix = "add a line end after the last line; if the line looks cut off, restore the file with git"
        faults.append(DataError(path, line, None, "no newline at the end", "a final newline", fix))
        text += "\n"
    return text, faults


def read_records(path):
    """
    Read a strict CSV file: `read_text`, comma, minimal quoting, no blank line.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    records : list of (int, list of str)
        Line on which each record starts (the header is line 1) and its cells; empty when unreadable.
    faults : list of DataError
    """
    path = Path(path)
    text, faults = read_text(path)
    if text is None:
        return [], faults
    lines = [line + "\n" for line in text.split("\n")[:-1]]
    records: list[tuple[int, list[str]]] = []
    limit = csv.field_size_limit(_ENDLESS)  # a global, which other libraries raise
    try:
        found, whole = first_faults(path, _scan(path, lines, records))
    finally:
        csv.field_size_limit(limit)
    return records if whole else [], faults + found


def first_faults(path, faults):
    """
    The first `MAX_FAULTS` of an iterator of faults; one that says so stands for the rest.

    Returns
    -------
    faults : list of DataError
    whole : bool
        Whether the iterator ended by itself.
    """
    kept = list(islice(faults, MAX_FAULTS + 1))
    if len(kept) <= MAX_FAULTS:
        return kept, True
    found, fix = f"more than {MAX_FAULTS} faults", "restore the file with git"
    return [*kept[:-1], DataError(path, kept[-1].line, None, found, "a table", fix)], False


def _scan(path, lines, records):
    """Append the records of the lines; yield what is wrong with them, and stop where quotes do not close."""
    reader, start = csv.reader(lines, strict=True), 1
    try:
        for cells in reader:
            raw = "".join(lines[start - 1 : reader.line_num]) if '"' in lines[start - 1] else ""
            yield from _record_faults(path, start, cells, raw)
            if any(cells):
                records.append((start, cells))
            start = reader.line_num + 1
    except csv.Error as error:
        records.clear()
        yield _csv_fault(path, start, str(error))


def _record_faults(path, line, cells, raw):
    """Blank lines, needless or missing quotes, and huge cells."""
    if not any(cells):
        found = "a blank line" if not cells else "a row of empty cells"
        yield DataError(path, line, None, found, "one record a line", "delete the line")
    if raw and raw[:-1] != (tidy := ",".join(map(quoted, cells))):
        allowed = "quotes only around a cell with a comma, a quote or a line break in it"
        yield DataError(path, line, None, shown(raw[:-1]), allowed, f"write {shown(tidy, 400)}")
    if any(len(cell) > MAX_CELL for cell in cells):
        found = f"a cell of {max(map(len, cells))} characters"
        yield DataError(
            path, line, None, found, f"at most {MAX_CELL} characters", "shorten it to what is used"
        )


def quoted(cell):
    """
    Cell as it stands in a CSV file with minimal quoting.

    Examples
    --------
    >>> print(quoted('15 of 20, "responders"'))
    "15 of 20, ""responders""\"
    """
    return '"' + cell.replace('"', '""') + '"' if re.search('[,"\n]', cell) else cell


def _csv_fault(path, line, message):
    if "limit" in message:
        found, fix = (
            f"a cell without an end (over {_ENDLESS} characters)",
            "close the quote, or shorten the cell",
        )
    elif "unexpected end" in message:
        found, fix = "a quote that is never closed", "close the quote, or write a quote inside a cell twice"
    else:
        found, fix = "a quote inside a quoted cell", "write a quote inside a quoted cell twice"
    return DataError(path, line, None, found, "quotes that open and close around a cell", fix)
