"""Spoiled input of every reader: strategies, and one function a reader that must not fail oddly."""

import contextlib
import functools
import io

from badfiles import ROWS
from hypothesis import strategies as st
from registry_records import NAMES, record

from evidence import cli
from evidence.data.validate import check
from evidence.errors import DataError
from evidence.registry.propose import propose
from evidence.review.metapsy import read_metapsy

PIECES = (
    b"", b",", b'"', b'""', b"\n", b"\r\n", b"\r", b";", b"\t", b"\0", b"\xef\xbb\xbf", b"\xff", b"\xc3",
    b"NA",
    b"nan", b"-1", b"1e999", b"1,5", b"0x1", b"\xe2\x88\x92", b"{", b"}", b"[", b"]", b":", b"null", b"true",
    b"'", b"#", b"-", b"- ", b"&a", b"*a", b"!!python/object:os.system", b"../", b"F0001", b"9" * 400,
    b"x" * 3000,
)  # fmt: skip
# (place counted in a circle, bytes to delete, bytes to put there)
EDITS = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 60), st.sampled_from(PIECES) | st.binary(max_size=4)),
    min_size=1,
    max_size=4,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 10**6) | st.floats() | st.text(max_size=8)
    | st.sampled_from(["OG000", "OG001", "Ketamine", "Week 2", "NA", "<0.05", "1,111", "DEMO", "MEAN"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
CHANGES = st.lists(st.tuples(st.integers(1, 10**6), JSON), min_size=1, max_size=3)
RECORDS = [name for name in NAMES if name != "no_results"]
FILES = ("datapackage.json", "corrections.yml", *(f"{table}.csv" for table in ROWS))
WORDS = (
    "validate", "fetch", "new", "diff", "--json", "--html", "--write", "--data", "--out", "--cache",
    "--trial", "--if-changed", "--version", "--help", "-h", "--", "", "HEAD", "NCT99999999",
    "nct99999999", "NCT1",
    "nothing.json", "demo_2020", "doe_2099", "../..", "a\0b", "x" * 300, "\udcff", "-", "@", "ä", "*",
    "HEAD~999",
)  # fmt: skip


_record = functools.cache(record)


def places(value, path=()):
    """Paths to every part of a record."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inside:
        yield from places(child, (*path, key))


def replaced(value, path, other):
    """A copy with another part at a path."""
    if not path:
        return other
    value = value.copy()
    value[path[0]] = replaced(value[path[0]], path[1:], other)
    return value


def spoiled_record(name, changes):
    """A record with parts of its results replaced: (number of the part, what stands there instead)."""
    study = _record(name)
    results = study["resultsSection"]
    for number, part in changes:
        paths = list(places(results))
        path = paths[number % len(paths)]
        results = replaced(results, path, part if path else {})
    return {**study, "resultsSection": results}


def edited(data, edits):
    """Bytes with edits made."""
    for place, length, piece in edits:
        start = place % (len(data) + 1)
        data = data[:start] + piece + data[start + length :]
    return data


def fuzz_loader(folder, original, name, edits):
    """Check a data folder with one file spoiled; put the file back."""
    (folder / name).write_bytes(edited(original, edits))
    try:
        return check(folder).faults
    finally:
        (folder / name).write_bytes(original)


def fuzz_metapsy(path, original, edits):
    """Read a spoiled Metapsy file; its rows, or None when it was refused as it should be."""
    path.write_bytes(edited(original, edits))
    try:
        return len(read_metapsy(path))
    except DataError:
        return None


def fuzz_record(checked, name, changes):
    """Map a spoiled record."""
    return propose(spoiled_record(name, changes), checked)


def fuzz_command(arguments):
    """Run a command line; exit code, standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = cli.main(list(arguments))
        except SystemExit as stop:
            code = stop.code
    return code, out.getvalue(), err.getvalue()
