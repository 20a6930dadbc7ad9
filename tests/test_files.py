"""Bytes to text and records: each thing a spreadsheet or a broken copy does to a file."""

import csv
import os

import pytest
from badfiles import parts

from evidence.data.files import MAX_CELL, quoted, read_records, read_text, shown

TIDY = b"a,b\nx,1\ny,2\n"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "t.csv"


@pytest.mark.parametrize(
    ("data", "line", "found"),
    [
        (b"", None, "an empty file"),
        (b"\xef\xbb\xbf" + TIDY, 1, "a byte order mark (BOM)"),
        (TIDY.replace(b"\n", b"\r\n"), 1, "CRLF (Windows) line ends, 3 of them"),
        (b"a,b\nx,1\ny,2\r\n", 3, "CRLF (Windows) line ends, 1 of them"),
        (TIDY.replace(b"\n", b"\r"), 1, "a carriage return (CR) that ends no CRLF"),
        (TIDY[:-1], 3, "no newline at the end"),
        (b"a,b\nx,1\nk\xe9ta,2\n", 3, "byte 0xe9 (é in Windows-1252)"),
        (b"a,b\nx,\x00\n", 2, "a NUL byte"),
        (TIDY.decode().encode("utf-16"), None, "UTF-16 text"),
        (b"PK\x03\x04\x14", None, "an Excel or zip file"),
        (b"a,b\nx,1\n\ny,2\n", 3, "a blank line"),
        (b"a,b\nx,1\n,\n", 3, "a row of empty cells"),
        (b'a,b\nx,"1"\n', 2, 'x,"1"'),
        (b'a,b\nx,y"z\n', 2, 'x,y"z'),
        (b'a,b\n"x,1\ny,2\n', 2, "a quote that is never closed"),
        (b'a,b\n"x"z,1\n', 2, "a quote inside a quoted cell"),
        (b"a,b\nx," + b"9" * 30_000 + b"\n", 2, "a cell of 30000 characters"),
        (b"a,b\nx," + b"9" * 200_000 + b"\n", 2, "a cell without an end (over 100000 characters)"),
    ],
)
def test_a_spoilt_file_is_one_fault_at_its_line(file, data, line, found):
    file.write_bytes(data)
    _, faults = read_records(file)
    assert [parts(fault) for fault in faults] == [("t.csv", line, None, found)]
    assert faults[0].allowed
    assert faults[0].fix


@pytest.mark.parametrize(
    ("data", "allowed", "fix"),
    [
        (b"\xef\xbb\xbf" + TIDY, "UTF-8 without BOM", "save the file as CSV UTF-8 (comma, no BOM)"),
        (TIDY.replace(b"\n", b"\r\n"), "LF line ends", "save the file with LF (Unix) line ends"),
        (b"a,b\nx,\xff\n", "UTF-8 text", "save the file as CSV UTF-8"),
        (b"", "text", "restore the file with git; a table without rows still has its header line"),
        (
            b'a,b\n"x",1\n',
            "quotes only around a cell with a comma, a quote or a line break in it",
            "write x,1",
        ),
    ],
)
def test_the_remedy_is_named(file, data, allowed, fix):
    file.write_bytes(data)
    fault = read_records(file)[1][0]
    assert fault.allowed == allowed
    assert fault.fix.startswith(fix)


def test_faults_after_a_bom_and_crlf_are_found_too(file):
    file.write_bytes(b'\xef\xbb\xbfa,b\r\nx,"1"\r\n\r\ny,2')
    faults = read_records(file)[1]
    assert [(fault.line, fault.found) for fault in faults] == [
        (1, "a byte order mark (BOM)"),
        (1, "CRLF (Windows) line ends, 3 of them"),
        (4, "no newline at the end"),
        (2, 'x,"1"'),
        (3, "a blank line"),
    ]


def test_records_carry_the_line_on_which_they_start(file):
    file.write_bytes(b'a,b\n"one\ntwo",1\nx,"say ""no"", twice"\n')
    records, faults = read_records(file)
    assert faults == []
    assert records == [(1, ["a", "b"]), (2, ["one\ntwo", "1"]), (4, ["x", 'say "no", twice'])]


def test_cells_up_to_the_limit_are_read(file):
    file.write_bytes(b"a,b\nx," + b"9" * MAX_CELL + b"\n")
    records, faults = read_records(file)
    assert faults == []
    assert len(records[1][1][1]) == MAX_CELL


def test_missing_file_folder_and_pipe_are_faults(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    places = {"nothing": "no such file", ".": "a folder", "pipe": "a pipe or device"}
    for name, found in places.items():
        text, faults = read_text(tmp_path / name)
        assert text is None
        assert [(fault.line, fault.found) for fault in faults] == [(None, found)]


def test_faults_without_end_are_cut_short(file):
    file.write_bytes(b"a,b\n" + b"\n" * 5000)
    records, faults = read_records(file)
    assert records == []
    assert len(faults) == 1001
    assert (faults[-1].line, faults[-1].found) == (1002, "more than 1000 faults")


def test_the_limit_of_the_csv_module_is_left_as_it_was(file):
    file.write_bytes(TIDY)
    before = csv.field_size_limit()
    read_records(file)
    assert csv.field_size_limit() == before


def test_a_file_above_the_limit_is_not_read(file):
    file.write_bytes(TIDY)
    text, faults = read_text(file, max_bytes=5)
    assert text is None
    assert (faults[0].found, faults[0].allowed) == (f"{len(TIDY)} bytes", "at most 5 bytes")


def test_a_loop_of_links_is_a_fault(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    assert read_text(tmp_path / "loop")[1][0].allowed == "a readable file"


def test_shown_is_one_printable_line():
    assert shown("a\nb\u200bc\ud800") == r"a\nb\u200bc\ud800"
    assert shown("x" * 100, limit=3) == "xxx..."


@pytest.mark.parametrize("cell", ["plain", "a,b", 'say "no"', "two\nlines", "é; −", " "])
def test_quoted_cells_read_back(file, cell):
    file.write_text(f"{quoted(cell)},1\n", "utf-8")
    records, faults = read_records(file)
    assert faults == []
    assert records == [(1, [cell, "1"])]
