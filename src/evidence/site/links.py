"""Links of the web pages: from a number to the fact it was read from, from a name to its page."""

from __future__ import annotations

import html
import re

MIDDLE, LONG = 20, 60  # characters; such cells keep a readable width on a phone
FACT = re.compile(r"\b[FX]\d{4}\b")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
# A cell that is a number, an interval, or both: not "midazolam 0.045 mg/kg", not a date.
_NUMERIC = re.compile(
    r"(?:below |above |about )?[-<>=]?\d[\d.,]*%?(?:[ ;/(),.%-]|\d|to\b|SE\b|of\b|no interval)*"
)
# A number in a sentence with the interval behind it; not the digits of a name such as PCL-5.
_SAID = re.compile(r"(?<![\w.-])-?\d[\d,]*(?:\.\d+)?%?(?: \(-?[\d.]+%? to -?[\d.]+%?\))?")
_REGISTERED = re.compile(r"NCT\d{8}")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_TABLE = re.compile(r'<table class="evidence-table">.*?</table>', re.DOTALL)
_ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<(t[hd])([^>]*)>(.*?)</t[hd]>", re.DOTALL)
_HEADING = re.compile(r"<h[1-4][^>]*>(.*?)</h[1-4]>", re.DOTALL)
_CAPTION = re.compile(r"<caption>(.*?)</caption>", re.DOTALL)
_TAG = re.compile(r"(<[^>]+>)")
_CLOSED = re.compile(r"<(/?)(a|code|pre|h[1-6]|script|style)\b")


class Links:
    """
    Addresses of facts, sources and trials, relative to the top page of the site.

    Parameters
    ----------
    review : Review
    """

    def __init__(self, review):
        self.facts = {row["fact_id"]: row for row in review.facts.to_dict("records")}
        self.sources = set(review.references["key"])
        trials = review.trials
        self.trials = dict(zip(trials["label"], trials["trial_id"], strict=True))
        self._pools = _pooled_facts(review)

    def fact(self, fact_id) -> str:
        """Address of a fact: its row on the page of its source."""
        return f"{self.source(self.facts[fact_id]['source_key'])}#{fact_id}"

    def source(self, key) -> str:
        """Address of the page of a source."""
        return f"sources/{key}.html"

    def trial(self, label) -> str:
        """Address of the page of a trial, by its label."""
        return f"trials/{self.trials[label]}.html"

    def behind(self, text, fact_ids) -> str:
        """
        Address of the fact that holds the numbers of a text; the first fact when none does.

        Parameters
        ----------
        text : str
            A number as shown, perhaps with its interval.
        fact_ids : sequence of str
            Facts to choose from, at least one.
        """
        return self.fact(self._closest(text, fact_ids)[0])

    def numbers(self, text, fact_ids) -> str:
        """
        HTML of a sentence in which each number that one of the facts holds leads to that fact.

        Parameters
        ----------
        text : str
        fact_ids : sequence of str
        """

        def link(match):
            found, held = self._closest(match[0], fact_ids)
            return anchor(self.fact(found), match[0], "from") if held else match[0]

        return _SAID.sub(link, html.escape(text, quote=False)) if fact_ids else html.escape(text, quote=False)

    def _closest(self, text, fact_ids) -> tuple[str, int]:
        """The fact that holds most numbers of a text, and how many."""
        shown = {_rounded(number) for number in _NUMBER.findall(text)}
        held = [len(shown & self._printed(fact_id, shown)) for fact_id in fact_ids]
        return fact_ids[held.index(max(held))], max(held)

    def _printed(self, fact_id, shown) -> set:
        """Numbers of a fact, rounded to as many decimals as those shown."""
        row = self.facts[fact_id]
        values = [row[c] for c in ("value", "ci_low", "ci_high", "n")]
        places = {decimals for _, decimals in shown}
        return {(round(abs(v), d), d) for v in values if v == v for d in places}

    def known(self, text) -> list[str]:
        """Facts that a text names and that exist."""
        return [fact_id for fact_id in FACT.findall(text) if fact_id in self.facts]

    def of_row(self, cells) -> list[str]:
        """Facts behind a row of a table: those it names, else those of the published pool it shows."""
        return [f for cell in cells for f in self.known(cell)] or [
            f for cell in cells for f in self._pools.get(cell.removeprefix("published: "), [])
        ]


def _pooled_facts(review) -> dict[str, list[str]]:
    """Facts of published pools by the label that tables give them."""
    from ..choices import WINDOWS
    from ..review.efficacy import published_anchors

    found: dict[str, list[str]] = {}
    for window in WINDOWS:
        for row in published_anchors(review, window).to_dict("records"):
            found.setdefault(row["label"], []).extend(FACT.findall(str(row["fact_ids"])))
    return found


def _rounded(number) -> tuple[float, int]:
    decimals = len(number.partition(".")[2])
    return round(float(number.replace(",", "")), decimals), decimals


def linked(body, links, up="", heading="Table") -> str:
    """
    Put links into rendered HTML: table cells to their facts, fact ids and names of pages in running text.

    Parameters
    ----------
    body : str
        HTML made by this package.
    links : Links
    up : str
        What leads from the page to the top of the site, such as ``"../"``.
    heading : str, optional
        Name of a table without a caption that stands before the first heading.

    Returns
    -------
    str
        Tables stand in a region that can be scrolled with the keyboard, and have no inline style.
    """
    parts, place, name = [], 0, heading
    for found in _TABLE.finditer(body):
        before = body[place : found.start()]
        name = (_HEADING.findall(before) or [name])[-1]
        parts += [_linked_text(before, links, up), _linked_table(found[0], name, links, up)]
        place = found.end()
    return "".join([*parts, _linked_text(body[place:], links, up)])


def _linked_text(body, links, up) -> str:
    """Fact ids outside links, code and headings become links."""
    parts, inside = [], 0
    for piece in _TAG.split(body):
        if piece.startswith("<"):
            if tag := _CLOSED.match(piece):
                inside += -1 if tag[1] else 1
        elif not inside:
            piece = _facts_linked(piece, links, up)
        parts.append(piece)
    return "".join(parts)


def _facts_linked(text, links, up) -> str:
    def link(match):
        return anchor(up + links.fact(match[0]), match[0]) if match[0] in links.facts else match[0]

    return FACT.sub(link, text)


def anchor(address, text, kind="") -> str:
    """HTML link; the text is HTML already."""
    attributes = f' class="{kind}"' if kind else ""
    return f'<a href="{html.escape(address)}"{attributes}>{text}</a>'


def _linked_table(text, heading, links, up) -> str:
    text = _ROW.sub(lambda row: f"<tr>{_linked_row(row[1], links, up)}</tr>", text)
    text = text.replace(' style="text-align:left"', "").replace(' style="text-align:right"', ' class="num"')
    caption = _CAPTION.search(text)
    name = _TAG.sub("", caption[1] if caption else heading)
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">{text}</div>'


def _linked_row(row, links, up) -> str:
    cells = [html.unescape(_TAG.sub("", cell[3])) for cell in _CELL.finditer(row)]
    facts = links.of_row(cells)

    def link(cell):
        kind, attributes, inner = cell.groups()
        if 'scope="col"' not in attributes and "<a " not in inner:
            inner = _linked_cell(html.unescape(inner), facts, links, up)
        size = "" if re.search("right|class", attributes) else _size(len(_TAG.sub("", inner)))
        return f"<{kind}{attributes}{size}>{inner}</{kind}>"

    return _CELL.sub(link, row)


def _size(length) -> str:
    return "" if length < MIDDLE else f' class="{"mid" if length < LONG else "long"}"'


def _linked_cell(text, facts, links, up) -> str:
    """Escaped text of a cell with its link, where it has one."""
    shown = html.escape(text)
    keys = text.split("; ")
    if text in links.trials:
        return anchor(up + links.trial(text), shown)
    if all(key in links.sources for key in keys):
        return "; ".join(anchor(up + links.source(key), html.escape(key)) for key in keys)
    if links.known(text):
        return _facts_linked(shown, links, up)
    if _REGISTERED.fullmatch(text):
        return anchor(f"https://clinicaltrials.gov/study/{text}", shown)
    if _DOI.fullmatch(text):
        return anchor(f"https://doi.org/{text}", shown)
    if facts and _NUMERIC.fullmatch(text):
        return anchor(up + links.behind(text, facts), shown, "from")
    return shown
