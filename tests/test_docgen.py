"""Generated pages are those the data give, and a page without its markers is refused."""

from pathlib import Path

import pytest

import evidence as ev
from evidence.rerun import docgen
from evidence.rerun.docgen import pages, readme

ROOT = Path(__file__).parents[1]


def test_committed_files_are_current():
    for path, text in pages(ROOT).items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is stale: run make data-docs"


def test_a_front_page_without_markers_is_refused():
    with pytest.raises(ValueError, match="answers block"):
        readme("# no markers\n", ev.load(ROOT))


def test_every_generated_file_is_rewritten(tmp_path, monkeypatch, capsys):
    texts = {tmp_path / "a.md": "new", tmp_path / "b.json": "{}\n"}
    monkeypatch.setattr(docgen, "pages", lambda root: texts)
    (tmp_path / "a.md").write_text("old")
    (tmp_path / "b.json").write_text("{}\n")
    assert docgen.main(["--stale"]) == 0
    said = capsys.readouterr().out
    assert said.count("older than the data") == 1
    assert "a.md" in said
    assert docgen.main([]) == 0
    assert {path: path.read_text() for path in tmp_path.iterdir()} == texts
    assert capsys.readouterr().out.split() == [str(path) for path in texts]
