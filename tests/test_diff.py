"""Two versions of the data: cells, effects and answers that differ; folders and git; three forms."""

import json
import math
import re
import shutil
import subprocess

import pytest
from badfiles import cells, make, put, save

from evidence.cli import main
from evidence.data.load import load
from evidence.diff import compare as diff
from evidence.diff.compare import Change, Difference, compare, moved
from evidence.diff.report import as_html, as_json, as_text


@pytest.fixture
def sides(tmp_path):
    """Two equal copies of the made-up data."""
    return rated_early(make(tmp_path / "old")), rated_early(make(tmp_path / "new"))


def rated_early(folder):
    """The made-up data as a course of six doses with early ratings, so that every window has a row."""
    put(folder, "trials", 2, n_doses="6")
    rows = cells(folder, "contrasts")
    header = rows[0]
    for days in ("1", "7"):
        early = dict(zip(header, rows[3], strict=True)) | {"timepoint_days": days, "finding": "unknown"}
        early |= {"timepoint_label": f"day {days}", "significance": ""}
        rows.append([early[column] for column in header])
    save(folder, "contrasts", rows)
    return folder


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A copy of the real tables."""
    folder = tmp_path_factory.mktemp("real")
    for path in load().path.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    return folder


def line_of(folder, table, **values):
    """Line of the one row with these cells."""
    header, *rows = cells(folder, table)
    hits = [i for i, row in enumerate(rows, 2) if all(row[header.index(c)] == v for c, v in values.items())]
    assert len(hits) == 1
    return hits[0]


def test_equal_data_exit_0(sides, capsys):
    old, new = map(str, sides)
    assert main(["diff", old, new]) == 0
    assert capsys.readouterr().out == f"{old} and {new}: no difference\n"


def test_a_cell_a_new_row_and_a_row_gone(sides):
    old, new = sides
    put(new, "outcomes", 2, sd="11.5")
    rows = cells(new, "arms")
    save(new, "arms", [*rows[:3], ["demo_2020", "all", "all", *rows[3][3:]]])
    found = compare(old, new)
    assert [(c.where, c.name, c.field) for c in found.cells] == [
        ("arms", "other_2021, all", ""),
        ("arms", "demo_2020, all", ""),
        ("outcomes", "demo_2020, ketamine, DEMO, week 2, itt", "sd"),
    ]
    gone, added, changed = found.cells
    assert (gone.old.startswith("trial_id other_2021; arm all; role all"), gone.new) == (True, None)
    assert (added.old, added.new.startswith("trial_id demo_2020; arm all; role all")) == (None, True)
    assert (changed.old, changed.new) == ("12", "11.5")


def test_faulty_values_are_compared_but_nothing_is_computed(sides, capsys):
    put(sides[1], "outcomes", 2, sd="-3.1")
    assert main(["diff", *map(str, sides)]) == 1
    out = capsys.readouterr().out
    assert "-3.1" in out
    assert "results not compared; " in out
    assert "outcomes.csv:2: column 'sd'" in out


def test_order_of_rows_is_no_difference(sides):
    header, *rows = cells(sides[1], "outcomes")
    save(sides[1], "outcomes", [header, *reversed(rows)])
    assert not compare(*sides)


def test_other_files_are_named(sides):
    (sides[1] / "corrections.yml").write_text("[]\n# a remark\n", "utf-8")
    (sides[1] / "README.md").write_text("x", "utf-8")
    (sides[1] / ".hidden").write_text("x", "utf-8")
    found = compare(*sides)
    assert [(c.name, c.old, c.new) for c in found.files] == [
        ("corrections.yml", "3 bytes", "14 bytes"),
        ("README.md", None, "1 bytes"),
    ]
    assert found.results == {"effect sizes": (), "answers": ()}


def test_new_and_missing_columns_and_tables(sides):
    package = json.loads((sides[0] / "datapackage.json").read_text("utf-8"))
    package["resources"] = [r for r in package["resources"] if r["name"] != "claims"]
    timing = next(r for r in package["resources"] if r["name"] == "timing")
    timing["schema"]["fields"] = [f for f in timing["schema"]["fields"] if f["name"] != "note"]
    (sides[0] / "datapackage.json").write_text(json.dumps(package) + "\n", "utf-8")
    save(sides[0], "timing", [row[:-1] for row in cells(sides[0], "timing")])
    found = {(c.where, c.name, c.old, c.new) for c in compare(*sides).cells}
    assert found == {("claims", "the table", None, "there"), ("timing", "column note", None, "there")}


def test_a_moved_number_moves_its_effect_and_its_answer(real, tmp_path, capsys):
    """Twice the SE at an unchanged difference: t, and with it g, is halved."""
    changed = shutil.copytree(real, tmp_path / "changed")
    key = {"trial_id": "feder_2021", "metric": "mean_difference", "scale": "CAPS-5"}
    key["timepoint_label"] = "week 2"
    put(changed, "contrasts", line_of(changed, "contrasts", **key), se="7.92", p_value="", significance="")
    assert main(["diff", str(real), str(changed), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert {(c["field"], c["new"]) for c in report["cells"]} >= {("se", "7.92")}
    names = [c["name"] for c in report["results"]["effect sizes"]]
    assert {"feder_2021" in name for name in names} == {True}
    effect = next(
        c for c in report["results"]["effect sizes"]
        if c["field"] == "yi" and "mean_difference" in c["name"] and c["name"].startswith("end_of_course")
    )  # fmt: skip
    assert effect["new"] / effect["old"] == pytest.approx(0.5)
    assert effect["difference"] == pytest.approx(-effect["old"] / 2)


def test_answers_that_move_are_listed_with_their_difference():
    found = list(moved("answers", {"24h": {"estimate": -0.5, "k": 3}}, {"24h": {"estimate": -0.25, "k": 3}}))
    assert found == [Change("answers", "24h", "estimate", -0.5, -0.25)]
    assert found[0].difference == 0.25


@pytest.mark.parametrize(
    ("old", "new", "count"),
    [
        (math.nan, math.nan, 0), (None, math.nan, 0), (1.0, 1.0 + 1e-12, 0), (1.0, 1.0 + 1e-6, 1),
        (1.0, math.nan, 1),
        (-math.inf, -math.inf, 0), (-math.inf, -1.0, 1), (True, False, 1), (1, 1.0, 0), ("a", "b", 1),
    ],
)  # fmt: skip
def test_what_counts_as_moved(old, new, count):
    assert len(list(moved("x", {"n": {"f": old}}, {"n": {"f": new}}))) == count


def test_results_are_open_for_more_kinds(sides, monkeypatch):
    monkeypatch.setitem(diff.RESULTS, "verdicts", lambda review: {"S01": {"verdict": len(review.outcomes)}})
    rows = cells(sides[1], "outcomes")
    save(sides[1], "outcomes", rows[:-1])
    assert compare(*sides).results["verdicts"] == (Change("verdicts", "S01", "verdict", 2, 1),)


NASTY = '<script>alert("x")</script> & "quotes"\x1b[31m'


def test_page_is_whole_and_escaped(tmp_path):
    page = as_html(Difference((Change("arms", NASTY, "note", "", NASTY),), ()), "<a>", "b & c")
    assert "<script" not in page
    assert "\x1b" not in page
    assert "<title>Changes from &lt;a&gt; to b &amp; c</title>" in page
    assert re.findall(r"(?:src|href)=|https?:", page) == []
    assert "blank" in page


def test_text_shows_no_control_characters():
    text = as_text(Difference((Change("arms", "k", "note", "", NASTY),), ()), "old", "new")
    assert "\x1b" not in text
    assert "cells: 1 differs" in text


def test_json_has_no_nan_and_no_infinity():
    found = Difference((), (), {"effect sizes": (Change("effect sizes", "n", "lower", -math.inf, math.nan),)})
    (entry,) = as_json(found, "a", "b")["results"]["effect sizes"]
    assert (entry["old"], entry["new"], entry["difference"]) == ("-inf", None, None)


def test_html_is_written_whole(sides, tmp_path):
    put(sides[1], "outcomes", 2, sd="11.5")
    page = tmp_path / "out.html"
    assert main(["diff", *map(str, sides), "--html", str(page)]) == 1
    assert page.read_text("utf-8").endswith("</html>\n")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_html_that_cannot_be_written_exits_2(sides, tmp_path, capsys):
    assert main(["diff", *map(str, sides), "--html", str(tmp_path / "no" / "out.html")]) == 2
    assert "Fix: give a file that can be written" in capsys.readouterr().err


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with two versions of the made-up data."""
    top = tmp_path / "repo"
    folder = rated_early(make(top / "data"))

    def git(*arguments):
        user = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *user, *arguments], cwd=top, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    git("add", "data")
    git("commit", "-q", "-m", "first")
    put(folder, "outcomes", 2, sd="11.5")
    git("commit", "-q", "-a", "-m", "second")
    monkeypatch.chdir(top)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    return folder


def test_git_revisions(repository, capsys, monkeypatch):
    assert main(["diff", "HEAD~1", "HEAD"]) == 1
    assert "From HEAD~1 to HEAD" in capsys.readouterr().out
    assert main(["diff", "HEAD", "data"]) == 0
    monkeypatch.chdir(repository)
    assert main(["diff", "HEAD~1", "."]) == 1


def test_if_changed_is_silent_when_equal_and_never_fails(repository, capsys):
    assert main(["diff", "HEAD", "data", "--if-changed"]) == 0
    assert capsys.readouterr().out == ""
    put(repository, "outcomes", 2, sd="10.5")
    assert main(["diff", "HEAD", "data", "--if-changed"]) == 0
    assert "10.5" in capsys.readouterr().out


def test_if_changed_outside_a_repository_is_no_failure(sides, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert main(["diff", "HEAD", str(sides[0]), "--if-changed"]) == 0
    assert capsys.readouterr().err.startswith("no comparison: ")
    assert main(["diff", "HEAD", str(sides[0])]) == 2


@pytest.mark.parametrize("name", ["no-such-revision", "", "a\0b", "x" * 5000, "--output=x", "HEAD:data"])
def test_neither_folder_nor_revision_exits_2(repository, capsys, name):
    assert main(["diff", "--", name, "data"]) == 2
    assert "allowed: a data folder or a git revision" in capsys.readouterr().err


def test_a_folder_without_data_and_unreadable_tables_exit_2(sides, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["diff", str(tmp_path / "empty"), str(sides[0])]) == 2
    (sides[1] / "arms.csv").write_bytes(b"\x00\x01")
    assert main(["diff", *map(str, sides)]) == 2
    (sides[1] / "datapackage.json").unlink()
    assert main(["diff", *map(str, sides)]) == 2
    assert "Traceback" not in capsys.readouterr().err
