"""
Text in, sentences out, with places in the text as given.

Standard library only. HTML tags, entities, broken encodings and invisible characters are taken out of a
working copy; every sentence keeps its place in the original, so that a report can mark it there.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

MAX_SENTENCE = 1500  # characters; longer runs without a full stop are cut at a space, which keeps time linear

# Possessive quantifiers (Python 3.11) never backtrack; bounded quotes keep a lone quote cheap.
_TAG = re.compile(r"""<(/?)([a-zA-Z][a-zA-Z0-9-]{0,30})(?:[^<>"']++|"[^"]{0,3000}+"|'[^']{0,3000}+')*+>|<!""")
_BLOCK_NAMES = (
    "address article aside blockquote body br button caption dd div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 head header hr html label legend li main nav ol option p pre section "
    "select table tbody td tfoot th thead title tr ul"
)
_HEADING_NAMES = "h1 h2 h3 h4 h5 h6 title caption figcaption label legend button option"
_SKIPPED_NAMES = "script style template svg noscript textarea iframe object"
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_HEADINGS = frozenset(_HEADING_NAMES.split())
_SKIPPED = frozenset(_SKIPPED_NAMES.split())

_CP1252 = bytes(range(0x80, 0xC0)).decode("cp1252", "ignore") + "\x81\x8d\x8f\x90\x9d"
_SPECIAL = re.compile(
    rf"&(?:#\d{{1,7}}|#[xX][0-9a-fA-F]{{1,6}}|[a-zA-Z]{{2,31}});"  # entities
    rf"|[\u00c2-\u00f4][\u0080-\u00bf{re.escape(_CP1252)}]{{1,3}}"  # UTF-8 read as Windows-1252
    r"|[^\x00-\x7f]"
)
_SINGLE = {"’": "'", "‘": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‐": "-",
           "‑": "-", "−": "-", "…": ".", "•": "•", "·": "•", "▪": "•", "●": "•", "◦": "•", "‣": "•",
           "\u2028": "\n", "\u2029": "\n", "½": "½", "¼": "¼", "¾": "¾"}  # fmt: skip
# Letters of other alphabets that look Latin, used to slip words past filters.
_LOOKALIKES = dict(zip("аеорсухіјѕкмтнвАЕОРСУХІЈЅКМТНВανορτικυηΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
                       "aeopcyxijskmthbAEOPCYXIJSKMTHBavoptikunABEZHIKMNOPTYX", strict=True))  # fmt: skip

_ABBREVIATED = (
    "al approx ca cf co dept dr e.g eds eg est etc fig figs i.e i.m i.v ie inc jr ltd mr mrs ms no nos p.o "
    "ph.d pp prof ref refs resp rev sr st u.k u.s u.s.a v viz vol vs m.d a.m p.m jan feb mar apr jun jul aug "
    "sep sept oct nov dec"
)
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())
_END = re.compile(r"[.!?]+[\"')\]]*(?=\s|$)|(?<=[a-z]{3})[.!?](?=[A-Z][a-z])")
_BULLET = re.compile(r"[ \t]*(?:[-*•–—]|\(?\d{1,2}[.)]|[a-z]\))[ \t]+(?=\S)")
_LAST_WORD = re.compile(r"[A-Za-z.]{1,12}$")


@dataclass(frozen=True)
class Sentence:
    """
    One sentence or fragment.

    Attributes
    ----------
    text : str
        The cleaned words, with plain quotes and single spaces kept as they were.
    start, end : int
        Place in the text as given: ``original[start:end]``.
    kind : {"prose", "fragment", "heading"}
        Prose ends with a full stop; a fragment is a line without one; a heading stood in a heading element.
    """

    text: str
    start: int
    end: int
    kind: str


class _Copy:
    """The working copy: pieces of clean text and where each came from."""

    def __init__(self):
        self.pieces, self.length, self.marks, self.origins, self.literal = [], 0, [], [], []
        self.heading_spans: list[tuple[int, int]] = []

    def add(self, piece: str, origin: int, literal: bool) -> None:
        if piece:
            self.pieces.append(piece)
            self.marks.append(self.length)
            self.origins.append(origin)
            self.literal.append(literal)
            self.length += len(piece)

    def origin(self, place: int) -> int:
        """Original offset of a place in the copy."""
        k = bisect_right(self.marks, place) - 1
        return self.origins[k] + (place - self.marks[k] if self.literal[k] else 0)


def _mended(found: str) -> str:
    """The plain form of one special match: entity, broken encoding, look-alike or invisible character."""
    if found[0] == "&":
        text = html.unescape(found)
        return text if text == found else "".join(_mended(c) if ord(c) > 127 else c for c in text)
    if len(found) > 1:
        try:
            raw = b"".join(bytes([ord(c)]) if ord(c) < 256 else c.encode("cp1252") for c in found)
            return "".join(_mended(c) if ord(c) > 127 else c for c in raw.decode("utf-8"))
        except (UnicodeDecodeError, UnicodeEncodeError):
            if found[:2] == "â€":  # a closing quote whose last byte was lost
                return '"' + "".join(_mended(c) if ord(c) > 127 else c for c in found[2:])
            return "".join(_mended(c) for c in found)
    if found in _SINGLE:
        return _SINGLE[found]
    if found in _LOOKALIKES:
        return _LOOKALIKES[found]
    category = unicodedata.category(found)
    if category in ("Cf", "Mn", "Me", "Cc"):
        return ""
    if category == "Zs":
        return " "
    plain = unicodedata.normalize("NFKD", found)
    return plain[0] if plain[0].isascii() and plain[0].isalnum() else found


def _clean(text: str, start: int, end: int, copy: _Copy) -> None:
    """Copy text[start:end] without tags in it, mending what needs mending."""
    place = start
    for match in _SPECIAL.finditer(text, start, end):
        copy.add(text[place : match.start()], place, True)
        copy.add(_mended(match.group()), match.start(), False)
        place = match.end()
    copy.add(text[place:end], place, True)


def _skip_to(text: str, name: str, place: int) -> int:
    """End of an element whose content is not prose; the end of the text when it is never closed."""
    close = re.compile(rf"</{name}[^<>]{{0,100}}>", re.IGNORECASE).search(text, place)
    return close.end() if close else len(text)


def _working_copy(text: str) -> _Copy:
    """Strip HTML and mend characters; block elements become line breaks."""
    copy, place, opened = _Copy(), 0, None
    while match := _TAG.search(text, place):
        _clean(text, place, match.start(), copy)
        if match.group() == "<!":
            comment = text.startswith("<!--", match.start())
            end = text.find("-->" if comment else ">", match.end())
            place = len(text) if end < 0 else end + (3 if comment else 1)
            continue
        name, place = match.group(2).lower(), match.end()
        if name in _SKIPPED and not match.group(1):
            place = _skip_to(text, name, place)
        if name in _BLOCKS or name in _SKIPPED:
            copy.add("\n\n", match.start(), False)
        if name in _HEADINGS:
            if opened is not None:
                copy.heading_spans.append((opened, copy.length))
            opened = None if match.group(1) else copy.length
    _clean(text, place, len(text), copy)
    return copy


def _blocks(clean: str):
    """Spans of lines that belong together; a wrapped line is joined to the one before it."""
    start, line_start, previous_end = None, 0, 0
    for match in re.finditer(r"[^\n\r]+", clean):
        line = match.group().strip()
        if not line:
            continue
        gap = clean[previous_end : match.start()].count("\n")
        wrapped = (
            start is not None
            and gap == 1
            and not _BULLET.match(match.group())
            and previous_end - start >= 40
            and clean[previous_end - 1] not in ".!?:"
            and (line[0].islower() or previous_end - line_start >= 60)
        )
        if start is not None and not wrapped:
            yield start, previous_end
            start = None
        line_start = match.start()
        if start is None:
            bullet = _BULLET.match(match.group())
            start = match.start() + (bullet.end() if bullet else 0)
        previous_end = match.start() + len(match.group().rstrip())
    if start is not None:
        yield start, previous_end


def _is_end(clean: str, match: re.Match, stop: int) -> bool:
    """Whether a full stop ends a sentence rather than an abbreviation, an initial or a number."""
    if match.end() >= stop or clean[match.start()] in "!?":
        return True
    word = _LAST_WORD.search(clean, max(0, match.start() - 12), match.start())
    before = word.group().lower().strip(".") if word else ""
    following = clean[match.end() : match.end() + 4].lstrip()[:1]
    if following.islower():
        return False
    if before in _ABBREVIATIONS:
        return before in ("etc", "u.s", "u.k") and following.isupper()
    initial = word is not None and word.start() == match.start() - 1
    return not (initial and len(before) == 1 and before.isalpha())


def _cut(clean: str, start: int, stop: int):
    """Sentence spans inside one block."""
    ends = [m.end() for m in _END.finditer(clean, start, stop) if _is_end(clean, m, stop)]
    for a, b in pairwise([start, *ends, stop]):
        while b - a > MAX_SENTENCE:
            space = clean.rfind(" ", a, a + MAX_SENTENCE)
            middle = space if space > a else a + MAX_SENTENCE
            yield a, middle
            a = middle
        yield a, b


def split_sentences(text: str) -> list[Sentence]:
    """
    Split text or HTML into sentences with their places in the original.

    Parameters
    ----------
    text : str
        Plain text or HTML.

    Returns
    -------
    list of Sentence
        In order of appearance. Script and style content is left out.

    Examples
    --------
    >>> text = "<p>It lasted 2.5 h vs. 3 h.</p><h2>Next</h2>"
    >>> [(s.text, text[s.start:s.end], s.kind) for s in split_sentences(text)][1]
    ('Next', 'Next', 'heading')
    """
    copy = _working_copy(text)
    clean = "".join(copy.pieces)
    headings, found, h = copy.heading_spans, [], 0
    for block_start, block_end in _blocks(clean):
        while h < len(headings) and headings[h][1] <= block_start:
            h += 1
        in_heading = h < len(headings) and headings[h][0] <= block_start
        for a, b in _cut(clean, block_start, block_end):
            piece = clean[a:b]
            a, b = a + len(piece) - len(piece.lstrip()), b - len(piece) + len(piece.rstrip())
            if b - a < 2 or not any(c.isalpha() for c in clean[a:b]):
                continue
            kind = "prose" if clean[b - 1] in ".!?\"')" else "fragment"
            start, end = copy.origin(a), copy.origin(b - 1)
            k = bisect_right(copy.marks, b - 1) - 1
            end = end + 1 if copy.literal[k] else _after(copy, k, text)
            found.append(Sentence(clean[a:b], start, end, "heading" if in_heading else kind))
    return found


def visible_text(text: str) -> str:
    """
    What a reader of the page sees: the text without markup, scripts, styles and invisible characters.

    Examples
    --------
    >>> visible_text("<b>Fish</b> &amp; <script>x</script>chips").split()
    ['Fish', '&', 'chips']
    """
    return "".join(_working_copy(text).pieces)


def _after(copy: _Copy, k: int, text: str) -> int:
    """Original offset just behind a mended piece."""
    match = _SPECIAL.match(text, copy.origins[k])
    return match.end() if match else copy.origins[k] + 1
