"""The search index: the words of every page, section by section."""

from __future__ import annotations

import json
from html.parser import HTMLParser

_SKIPPED = {"script", "style", "nav", "form", "button", "svg", "summary"}
_BREAKS = {"p", "li", "td", "th", "tr", "div", "dt", "dd", "pre", "h1", "h2", "h3", "h4", "br", "figcaption"}


class _Sections(HTMLParser):
    """Splits the main part of a page at its headings, its facts and its claims."""

    def __init__(self):
        super().__init__()
        self.sections = []  # [address, heading, words]
        self.inside = self.skipped = 0
        self.heading = False

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "main":
            self.inside = 1
        elif self.skipped or tag in _SKIPPED or attributes.get("class") == "code":
            self.skipped += tag not in ("img", "br", "input", "hr", "meta", "link")
        elif self.inside and "id" in attributes and (tag == "tr" or "data-verdict" in attributes):
            self.sections.append([attributes["id"], attributes["id"] if tag == "tr" else "", ""])
        elif self.inside and tag in ("h1", "h2", "h3"):
            if "id" in attributes or not self.sections or self.sections[-1][1]:
                self.sections.append([attributes.get("id", ""), "", ""])
            self.heading = True
        elif self.sections and tag in _BREAKS:
            self.sections[-1][2] += " "

    def handle_endtag(self, tag):
        if self.skipped:
            self.skipped -= 1
        elif tag == "main":
            self.inside = 0
        elif tag in ("h1", "h2", "h3"):
            self.heading = False
        elif self.sections and tag in _BREAKS:
            self.sections[-1][2] += " "

    def handle_data(self, data):
        if self.inside and not self.skipped and self.sections:
            self.sections[-1][1 if self.heading else 2] += data


def sections(address, title, page) -> list[list[str]]:
    """
    Searchable parts of a page.

    Parameters
    ----------
    address, title : str
        Of the page.
    page : str
        Its HTML; only what stands in ``main`` counts, code and controls do not.

    Returns
    -------
    list of [address, title, heading, words]

    Examples
    --------
    >>> sections("a.html", "A", "<main><h1>A</h1><p>one</p><h2 id='b'>B</h2><p>two</p></main>")
    [['a.html', 'A', '', 'one'], ['a.html#b', 'A', 'B', 'two']]
    """
    reader = _Sections()
    reader.feed(page)
    found = []
    for part, heading, words in reader.sections:
        place = f"{address}#{part}" if part else address
        found.append([place, title, "" if heading == title else heading, " ".join(words.split())])
    return found


def index_script(entries) -> str:
    """
    The index as a script, because a page opened from a folder may load scripts but not other files.

    Examples
    --------
    >>> index_script([["a.html", "A", "", "one"]])
    'window.searchIndex=[["a.html","A","","one"]];\\n'
    """
    return f"window.searchIndex={json.dumps(entries, ensure_ascii=False, separators=(',', ':'))};\n"
