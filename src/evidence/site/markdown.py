"""Markdown of the repository to HTML of the site: headings with addresses, links that lead to pages."""

from __future__ import annotations

import html
import posixpath
import re
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import unquote

_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_ABROAD = re.compile(r"(?i)https?://|mailto:")
_PATH = re.compile(r"\bdocs/(?:adr/)?[\w-]+(?:\.md|\b)")


def slug(heading) -> str:
    """
    Address of a heading, as GitHub makes it.

    Examples
    --------
    >>> slug("Rows used: 24 hours")
    'rows-used-24-hours'
    """
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@dataclass
class Rendered:
    """A rendered text: HTML, first heading, and (address, words) of the second-level headings."""

    html: str
    title: str = ""
    contents: list[tuple[str, str]] = field(default_factory=list)


@cache
def _parser():
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table")


def render(text, path, addresses, used=None) -> Rendered:
    """
    Render a Markdown text.

    Parameters
    ----------
    text : str
        Markup in it is shown, not obeyed.
    path : str
        Its place in the repository, from which relative links start.
    addresses : mapping of str to str
        Address on the site of each file of the repository that has one; a link to another file loses its
        link and keeps its words.
    used : dict of str to int, optional
        Heading addresses given out on the same page; added to.

    Returns
    -------
    Rendered
    """
    used = {} if used is None else used
    up = "../" * addresses[path].count("/")
    tokens = _parser().parse(_COMMENT.sub("", text))
    found = Rendered("")
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            _head(token, tokens[place + 1], used, found)
        elif token.type == "inline":
            token.children = _relinked(token.children, path, addresses, up)
        elif style := token.attrGet("style"):  # the alignment of a table column
            del token.attrs["style"]
            token.attrSet("class", "num" if "right" in style else "text")
    shown = _parser().renderer.render(tokens, _parser().options, {})
    found.html = shown.replace("<table>", '<table class="evidence-table">')
    return found


def _head(token, inline, used, found):
    words = "".join(child.content for child in inline.children if child.type in ("text", "code_inline"))
    address = slug(words)
    used[address] = used.get(address, -1) + 1
    token.attrSet("id", address + (f"-{used[address]}" if used[address] else ""))
    if token.tag == "h1" and not found.title:
        found.title = words
    elif token.tag == "h2":
        found.contents.append((str(token.attrGet("id")), words))


def _relinked(children, path, addresses, up):
    """Inline tokens with links that lead inside the site, or none."""
    kept, dropped = [], 0
    for token in children:
        if token.type == "link_open":
            target = _target(str(token.attrGet("href")), path, addresses, up)
            dropped = int(target is None)
            token.attrSet("href", target or "")
        if not (dropped and token.type in ("link_open", "link_close")):
            kept.append(token)
        if token.type == "link_close":
            dropped = 0
    return kept


def _target(href, path, addresses, up) -> str | None:
    """Address that a link of a file leads to; None when the site has no such page."""
    if _ABROAD.match(href):
        return href
    place, _, part = unquote(href).partition("#")
    if not place:
        return f"#{slug(part)}"
    target = addresses.get(posixpath.normpath(posixpath.join(posixpath.dirname(path), place)))
    return None if target is None else up + target + (f"#{slug(part)}" if part else "")


def mentions_linked(body, addresses, up="") -> str:
    """Turn paths such as docs/limitations.md in rendered text, outside links and code, into links."""
    parts, inside = [], 0
    for piece in re.split(r"(<[^>]+>)", body):
        if tag := re.match(r"<(/?)(a|code|pre)\b", piece):
            inside += -1 if tag[1] else 1
        elif not inside and not piece.startswith("<"):
            piece = _PATH.sub(lambda m: _mention(m[0], addresses, up), piece)
        parts.append(piece)
    return "".join(parts)


def _mention(path, addresses, up) -> str:
    whole = [p for p in addresses if p == path or re.fullmatch(re.escape(path) + r"[-\w]*\.md", p)]
    return f'<a href="{up}{html.escape(addresses[whole[0]])}">{path}</a>' if len(whole) == 1 else path
