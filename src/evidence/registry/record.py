"""Tolerant reading of a registry record: nothing in it is trusted to be there or to be of one type."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SPACE = re.compile(
    "[\0-\x20\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ud800-\udfff]+"
)
_NO_VALUE = {"na", "n/a", "nan", "null", "none", ""}
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_NUMBER = re.compile(r"([+-]?)0*([0-9]+)?(?:\.([0-9]*))?")


def dig(value, *keys):
    """
    Entry of nested objects, or None where any step is missing or no object.

    Examples
    --------
    >>> dig({"a": {"b": 1}}, "a", "b"), dig({"a": []}, "a", "b")
    (1, None)
    """
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def items(value, *keys):
    """
    Objects of a list inside nested objects; whatever is no object is left out.

    Examples
    --------
    >>> items({"a": [{"b": 1}, None]}, "a")
    [{'b': 1}]
    """
    found = dig(value, *keys)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def words(value, *keys, limit=300):
    """
    Text of an entry on one line, without invisible characters; empty where there is none.

    Examples
    --------
    >>> print(words({"title": " PCL-5\\n total "}, "title"))
    PCL-5 total
    """
    found = dig(value, *keys) if keys else value
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return ""
    text = _SPACE.sub(" ", str(found)[: 4 * limit]).strip()
    text = text if len(text) <= limit else text[: limit - 3].rstrip() + "..."
    return "" if text.lower() in ("na", "n/a", "nan", "null") else text


@dataclass(frozen=True)
class Figure:
    """
    A number as the registry prints it.

    Attributes
    ----------
    text : str
        The number in plain digits, empty when there is none.
    bound : str
        ``<`` or ``>`` when only a bound is printed.
    printed : str
        What stands there.
    """

    text: str = ""
    bound: str = ""
    printed: str = ""

    @property
    def value(self):
        """The number, or None when there is none or only a bound."""
        return float(self.text) if self.text and not self.bound else None

    @property
    def plain(self):
        """Text of the number; empty when there is none or only a bound."""
        return "" if self.bound else self.text

    def __bool__(self):
        return bool(self.plain)


def figure(value, *keys):
    """
    Number of an entry: thousands separators undone, ``NA`` empty, a bound kept apart.

    Examples
    --------
    >>> print(figure("1,234.50").text, figure("NA").text or "-", figure("<0.001").bound, bool(figure("1,23")))
    1234.50 - < False
    """
    printed = words(value, *keys, limit=60)
    text = printed.replace("\u2212", "-")
    bound = ""
    if hit := re.match(r"(<=|>=|[<>=\u2264\u2265])\s*", text):
        bound = {"=": "", "\u2264": "<", "\u2265": ">"}.get(hit[1], hit[1][0])
        text = text[hit.end() :]
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    hit = _NUMBER.fullmatch(text)
    if text.lower() in _NO_VALUE or len(text) > 15 or not hit or not (hit[2] or hit[3] or "0" in text):
        return Figure("", "", printed)
    sign = "-" if hit[1] == "-" else ""
    return Figure(f"{sign}{hit[2] or 0}{'.' + hit[3] if hit[3] else ''}", bound, printed)
