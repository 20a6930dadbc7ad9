"""The site as the tests see it: built once, from the committed notebooks, into the build folder."""

import json
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from evidence.site.build import build

ROOT = Path(__file__).parent.parent
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


@cache
def site():
    """Folder of the built site."""
    out = ROOT / "build" / "test-site"
    build(ROOT, out, ROOT / "notebooks", report=lambda line: None)
    return out


@cache
def addresses():
    """Every page, by its address."""
    return sorted(path.relative_to(site()).as_posix() for path in site().rglob("*.html"))


class Page(HTMLParser):
    """Elements of a page as (tag, attributes), its ids, and whether every element is closed."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.faults = [], [], []
        self.text = text
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if len(dict(attrs)) != len(attrs):
            self.faults.append(f"attribute twice in <{tag}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.faults.append(f"</{tag}> in {self.open[-3:]}")

    def all(self, tag):
        """Attributes of every element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    def ids(self):
        """Every id."""
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


@cache
def page(address):
    """A page of the site, read."""
    return Page((site() / address).read_text(encoding="utf-8"))


def row(address, row_id):
    """HTML of one table row of a page."""
    return re.search(rf'<tr id="{row_id}">.*?</tr>', page(address).text, re.DOTALL)[0]


def search_index():
    """Entries of the search index."""
    text = (site() / "static" / "search-index.js").read_text(encoding="utf-8")
    return json.loads(text.removeprefix("window.searchIndex=").removesuffix(";\n"))
