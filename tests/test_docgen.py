"""Generated pages are those the data give, and a page without its markers is refused."""

from pathlib import Path

import pytest

import evidence as ev
from evidence.docgen import pages, readme

ROOT = Path(__file__).parents[1]


def test_committed_pages_are_current_run_make_data_docs():
    for path, text in pages(ROOT).items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is stale: run make data-docs"


def test_a_front_page_without_markers_is_refused():
    with pytest.raises(ValueError, match="answers block"):
        readme("# no markers\n", ev.load(ROOT))
