"""One cell of a table: text to value, with the exact remedy when a spreadsheet has been at it."""

from __future__ import annotations

import datetime
import math
import re
import unicodedata

from .files import shown

# The number grammar of JSON: one way to write each number, the decimal point, ASCII digits.
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INVISIBLE = re.compile(
    "[\0-\x09\x0b-\x1f\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ud800-\udfff]"
)
# Spellings of "missing" and spreadsheet errors; a blank says it, and says it in one way.
_NO_VALUE = {"na", "n/a", "nan", "null", "#n/a", "#ref!", "#value!", "#div/0!", "#name?", "#num!", "#null!"}
_NO_NUMBER = _NO_VALUE | {"none", "-", "--", ".", "?", "nr", "ns", "missing", "unknown"}
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe58\ufe63\uff0d", "-"))


class Refused(ValueError):
    """A cell that its column does not admit: what it admits, and how to mend the cell."""

    def __init__(self, allowed, fix):
        self.allowed, self.fix = allowed, fix
        super().__init__(allowed, fix)


def parse_string(text):
    """Text as it stands, refused when it has invisible characters, outer spaces or stands for nothing."""
    if text != text.strip():
        raise Refused("no space before or after the value", f"write '{shown(text.strip())}'")
    if hit := _INVISIBLE.search(text):
        char, plain = hit.group(), _INVISIBLE.sub(" ", text)
        name = unicodedata.name(char, f"character U+{ord(char):04X}").lower()
        raise Refused(f"no invisible character (here: {name})", f"write '{shown(plain)}'")
    if text.lower() in _NO_VALUE:
        raise Refused("a value, or nothing", "leave the cell empty: a blank is unknown")
    return text


def parse_number(text):
    """
    Number written as in JSON: digits with a decimal point.

    Raises
    ------
    Refused
        With the number as it should be written, where that can be told.

    Examples
    --------
    >>> print(parse_number("-3.10"))
    -3.1
    """
    if not _NUMBER.fullmatch(text):
        raise Refused("a number with a decimal point", _number_fix(text))
    if not math.isfinite(value := float(text)):
        raise Refused("a finite number", "copy the number as printed")
    return value


def parse_integer(text):
    """Whole number of at most 18 digits."""
    if not _INTEGER.fullmatch(text):
        whole = re.fullmatch(r"(-?(?:0|[1-9][0-9]{0,17}))\.0+", text)
        count = (
            "a count has no decimals; copy it as printed" if _NUMBER.fullmatch(text) else _number_fix(text)
        )
        raise Refused("a whole number", f"write {whole[1]}" if whole else count)
    return int(text)


def parse_boolean(text):
    """`true` or `false`, in lower case."""
    if text not in ("true", "false"):
        lower = text.strip().lower()
        fix = f"write {lower}" if lower in ("true", "false") else "write true or false"
        raise Refused("true or false", fix)
    return text == "true"


def parse_date(text):
    """Day as YYYY-MM-DD that is in the calendar."""
    allowed = "a date as YYYY-MM-DD"
    if not _DATE.fullmatch(text):
        raise Refused(allowed, "write the year, month and day as 2026-03-09")
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise Refused(allowed, "there is no such day; copy it from the source") from None


PARSERS = {
    "string": parse_string,
    "integer": parse_integer,
    "number": parse_number,
    "boolean": parse_boolean,
    "date": parse_date,
}


def _number_fix(text):
    """Remedy for a text that should be a number."""
    plain = text.strip().lower()
    if plain in _NO_NUMBER:
        return "leave the cell empty: a blank is unknown"
    if "inf" in plain:
        return "an open limit is not a number; leave the cell empty and say so in note"
    if plain[:1] in ("<", ">", "~", "\u2264", "\u2265", "\u2248", "\u00b1"):
        return "a bound or an approximation is not a value; leave the cell empty and say so in note"
    number, habits = _plain_number(text)
    if number is None:
        return "copy the number as printed; words go into note"
    return f"write {number}" + (f" ({', '.join(habits)})" if habits else "")


def _plain_number(text):
    """The number that a spreadsheet's spelling means, or None; and the habits that were undone."""
    habits = []
    number = unicodedata.normalize("NFKC", text.translate(_DASHES)).strip()
    if text.translate(_DASHES) != text:
        habits.append("the minus sign is the ASCII hyphen")
    if re.search("[\xa0\u202f\u2007\u2009]", text):
        habits.append("no non-breaking or thin space")
    if number.endswith("%"):
        number = number[:-1].rstrip()
        habits.append("no percent sign")
    bare = re.sub(r"(?<=[0-9])[ '\u2019_](?=[0-9]{3})", "", number)
    habits += ["no thousands separator"] if bare != number else []
    number, commas = _without_commas(bare)
    habits += commas
    number = re.sub(r"^\+", "", number)
    number = re.sub(r"^(-?)\.(?=[0-9])", r"\g<1>0.", number)
    number = re.sub(r"^(-?)0+(?=[0-9])", r"\1", re.sub(r"(?<=[0-9])\.$", "", number))
    return (number, habits) if _NUMBER.fullmatch(number) else (None, habits)


def _without_commas(text):
    """Undo commas: a lone one not before three digits is a decimal comma, groups of three are thousands."""
    if re.fullmatch(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", text):
        plain = text.replace(",", "")
        if text.count(",") == 1 and "." not in text:
            return plain, [f"no thousands separator; {text.replace(',', '.')} if it is a decimal comma"]
        return plain, ["no thousands separator"]
    if re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{3})+,[0-9]+", text):
        return text.replace(".", "").replace(",", "."), ["no thousands separator, decimal point"]
    if re.fullmatch(r"-?[0-9]+,[0-9]+", text):
        return text.replace(",", "."), ["a decimal point, not a comma"]
    return text, []
