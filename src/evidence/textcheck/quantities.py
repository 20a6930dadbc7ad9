"""
Words and numbers with units in one sentence. Standard library only.

A number is reported only where it is written, in figures or words: 67%, "two out of three", "a fortnight",
"half a milligram per kilo", "40 to 60 minutes", "n = 30", "g = 0.27".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|(?<=[\s=<(])\.\d+|[A-Za-z]+\d*(?:'[A-Za-z]+)?|[^\sA-Za-z0-9]")

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_ONES = dict(zip(_SMALL.split(), range(20), strict=True))
_TEN_NAMES = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = dict(zip(_TEN_NAMES.split(), range(20, 100, 10), strict=True))
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_WORDS = {**_ONES, **_TENS, **_SCALES, "dozen": 12, "half": 0.5, "couple": 2, "once": 1, "twice": 2}
_PARTS = {"half": 1 / 2, "halves": 1 / 2}
for _name, _whole in (("third", 3), ("quarter", 4), ("fifth", 5), ("tenth", 10)):
    _PARTS |= {_name: 1 / _whole, f"{_name}s": 1 / _whole}

# Unit words, singular; a trailing s is taken off before the look-up.
UNITS = {
    "percent": "% percent pct percentage", "minutes": "minute min mins", "hours": "hour hr h hrs",
    "days": "day", "weeks": "week wk", "months": "month", "years": "year yr decade",
    "participants": "participant patient people person veteran adult volunteer subject men women soldier "
                    "survivor individual responder",
    "infusions": "infusion dose session treatment visit injection shot round administration",
    "studies": "study trial rct studie", "points": "point", "mmHg": "mmhg", "mg": "mg milligram",
    "ratio": "times fold", "USD": "dollar usd buck",
}  # fmt: skip
_UNIT_OF = {word: unit for unit, words in UNITS.items() for word in words.split()}
_PHRASES = {
    ("fortnight",): (2, "weeks"),
    ("half", "a", "year"): (6, "months"),
    ("half", "an", "hour"): (30, "minutes"),
    ("same", "day"): (12, "hours"),
    ("half", "a", "dozen"): (6, "count"),
    **{
        tuple(words.split()): (1, "days")
        for words in (
            "overnight",
            "next day",
            "following day",
            "following morning",
            "next morning",
            "day after",
        )
    },
}
_PHRASE_STARTS = frozenset(phrase[0] for phrase in _PHRASES)
_ARTICLES = frozenset(("a", "an", "one"))
_ARTICLE_UNITS = frozenset(("minutes", "hours", "days", "weeks", "months", "years"))
# Small words that may stand between a number and its unit.
_FILLER_WORDS = (
    "more consecutive weekly iv intravenous ketamine us american straight full whole single adult ptsd of "
    "the combat psychiatric randomised randomized controlled clinical military small past separate different "
    "active duty madrs milligrams good bad calendar short long solid mere"
)
_FILLERS = frozenset(_FILLER_WORDS.split())
_NAMES = "pcl caps dsm icd madrs phq gad covid type phase table figure fig level schedule section"
_SCALES_BEFORE = frozenset(_NAMES.split())  # a figure behind these is part of a name
_MONEY = ("$", "£", "€")
_JOINTS = ("-", "–", "—", "to", "or", "and")
_TIMES = ("minutes", "hours", "days", "weeks", "months", "years")
_PER_KG = (["/", "kg"], ["per", "kilo"], ["per", "kg"], ["per", "kilogram"])
_INTERVALS = frozenset(("ci", "confidence", "credible", "cri", "hdi"))  # "95% CI" is no share of people


@dataclass(frozen=True)
class Token:
    """A lower-case word, number or mark and its place in the sentence."""

    word: str
    start: int
    end: int


@dataclass(frozen=True)
class Quantity:
    """
    A number with its unit.

    Attributes
    ----------
    value : float
        As written; a fraction of people is given in percent.
    unit : str
        One of ``UNITS``, ``mg/kg``, ``g`` (effect size), ``p`` or ``count``.
    token : int
        Index of its first word in the sentence.
    """

    value: float
    unit: str
    token: int


def tokens_of(text: str) -> list[Token]:
    """
    Words, numbers and marks of a sentence.

    Examples
    --------
    >>> [t.word for t in tokens_of("Ketamine doesn't cut PCL-5 by 67%.")]
    ['ketamine', "doesn't", 'cut', 'pcl', '-', '5', 'by', '67', '%', '.']
    """
    return [Token(m.group().lower(), m.start(), m.end()) for m in _TOKEN.finditer(text)]


def _unit(word: str) -> str | None:
    """Unit named by a word, singular or plural."""
    return _UNIT_OF.get(word) or (_UNIT_OF.get(word[:-1]) if word.endswith("s") else None)


def _figure(word: str) -> float | None:
    """Value of a number in figures; a comma before three digits groups thousands."""
    if not word[0].isdigit() and (word[0] != "." or len(word) == 1):
        return None
    plain = re.sub(r",(?=\d{3}(?:\D|$))", "", word[:30]).replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        return None


def _number(words: list[str], i: int) -> tuple[float, int] | None:
    """Number at position i in figures or words, and how many tokens it takes."""
    value = _figure(words[i])
    if value is not None:
        if i + 1 < len(words) and words[i + 1] in _SCALES:
            return value * _SCALES[words[i + 1]], 2
        return value, 1
    if words[i] not in _WORDS or words[i] in ("half", "once"):
        return None
    if words[i] in _SCALES and words[max(0, i - 1)] in ("several", "few", "many", "some"):
        return None  # "several hundred" is no hundred
    total, k = float(_WORDS[words[i]]), i + 1
    while k < len(words) and k - i < 6:
        word = words[k]
        if word == "-" and k + 1 < len(words) and words[k + 1] in _ONES and words[k - 1] in _TENS:
            total, k = total + _ONES[words[k + 1]], k + 2
        elif word in _ONES and words[k - 1] in _TENS:
            total, k = total + _ONES[word], k + 1
        elif word in _SCALES:
            total, k = total * _SCALES[word], k + 1
        else:
            break
    return total, k - i


def _out_of(words: list[str], k: int, value: float, in_figures: bool) -> tuple[float, int] | None:
    """'out of three', 'in every 100', '3 of 15' behind a number, in percent, and the position behind."""
    if k < len(words) and _unit(words[k]) == "participants":
        return _out_of(words, k + 1, value, False) if words[k + 1 : k + 2] == ["in"] else None
    for joint in (("out", "of", "every"), ("out", "of"), ("in", "every"), ("of", "every"), ("in",), ("of",)):
        if tuple(words[k : k + len(joint)]) != joint or k + len(joint) >= len(words):
            continue
        whole = _number(words, k + len(joint))
        if not whole or value >= whole[0] or whole[0] > 1900:
            continue
        figures = in_figures and words[k + len(joint)][0].isdigit()
        if (joint == ("of",) and not figures) or (joint == ("in",) and whole[0] > 100 and whole[0] % 100):
            continue
        return 100 * value / whole[0], k + len(joint) + whole[1]
    return None


def _share(words: list[str], i: int) -> tuple[float, int] | None:
    """'two thirds', 'a quarter', 'two out of three', '7 in every 100', 'half' as percent."""
    number = _number(words, i)
    if number:
        value, used = number
        k = i + used
        if k < len(words) and words[k] == "-":
            k += 1
        if k < len(words) and words[k] in _PARTS and words[k] != "half":
            return 100 * value * _PARTS[words[k]], k + 1 - i
        if out_of := _out_of(words, k, value, words[i][0].isdigit()):
            return out_of[0], out_of[1] - i
    part = words[i + 1] if words[i] in _ARTICLES and i + 1 < len(words) else words[i]
    used = 2 if words[i] in _ARTICLES else 1
    if part in ("half", "third", "quarter", "fifth", "tenth"):
        after = words[i + used] if i + used < len(words) else ""
        before = words[i - 1] if i else ""
        if part == "half" or words[i] in _ARTICLES or before == "than":
            measured = after in ("year", "hour", "milligram", "mg", "floor")
            return None if measured else (100 * _PARTS[part], used)
    return None


def _after_number(words: list[str], k: int) -> tuple[str, int] | None:
    """Unit that follows a number, within two small words, and the position behind it."""
    for j in range(k, min(k + 4, len(words))):
        unit = _unit(words[j])
        if unit == "studies" and words[j + 1 : j + 2] and _unit(words[j + 1]) == "participants":
            continue  # "thirty trial participants"
        if unit == "mg" and words[j + 1 : j + 3] in _PER_KG:
            return "mg/kg", j + 3
        if unit:
            return unit, j + 1
        if words[j] not in _FILLERS and words[j] != "-":
            return None
    return None


def _effect(words: list[str], i: int, bare: bool) -> str | None:
    """
    'g', 'p' or 'participants' when the number follows 'g =', 'd =', 'SMD', 'p <' or 'n ='.

    A bare decimal number, without a unit, is an effect behind "effect" too.
    """
    k = i - 1
    while k >= 0 and words[k] in ("=", "-", "+", "<", "of", "about", "was", "is", "around", "at"):
        k -= 1
    if k > 2 and _unit(words[k]) in _TIMES and _figure(words[k - 1]) and words[k - 2] == "at":
        k -= 3  # "g at 24 h = 0.35"
    elif i - k > 4:
        return None
    if k < 0:
        return None
    if bare and words[k] == "effect" and "." in words[i]:
        return "g"
    if words[k] in ("g", "smd", "d") or words[max(0, k - 1) : k + 1] == ["effect", "size"]:
        return "g"
    before = words[max(0, k - 2) : k + 1]
    if before[1:] == ["mean", "difference"] and before[0].startswith("standardi"):
        return "g"
    return {"p": "p", "n": "participants"}.get(words[k]) if k < i - 1 else None


def _phrase(words: list[str], i: int) -> tuple[float, str, int] | None:
    """A fixed phrase such as 'the following morning' or 'half a year'."""
    if words[i] not in _PHRASE_STARTS:
        return None
    for phrase, (value, unit) in _PHRASES.items():
        if tuple(words[i : i + len(phrase)]) == phrase:
            return value, unit, len(phrase)
    return None


def quantities_of(tokens: list[Token]) -> list[Quantity]:
    """
    Every number with its unit, in order.

    Examples
    --------
    >>> text = "Two out of three had 0.5 mg/kg over 40 to 60 minutes (g = 0.27)."
    >>> [f"{q.value:.4g} {q.unit}" for q in quantities_of(tokens_of(text))]
    ['66.67 percent', '0.5 mg/kg', '40 minutes', '60 minutes', '0.27 g']
    """
    words, found, i = [t.word for t in tokens], [], 0
    while i < len(words):
        if named := _phrase(words, i):
            found.append(Quantity(float(named[0]), named[1], i))
            i += named[2]
            continue
        if share := _share(words, i):
            value, used = share
            k = i + used + (words[i + used : i + used + 1] == ["of"])
            unit = _after_number(words, k + (words[k : k + 1] in (["a"], ["an"])))
            if unit and unit[0] in (
                "mg/kg",
                "mg",
                "hours",
            ):  # "two thirds of an hour" is a time, not a share of people
                per = {"hours": (60, "minutes")}.get(unit[0], (1, unit[0]))
                found.append(Quantity(value / 100 * per[0], per[1], i))
                i = unit[1]
            else:
                found.append(Quantity(value, "percent", i))
                i += used
            continue
        i = _plain(words, i, found)
    return found


def _plain(words: list[str], i: int, found: list[Quantity]) -> int:
    """Read a plain number, a range or 'a week' at i; return where to go on."""
    if words[i] == "half" and (unit := _after_number(words, i + 1 + (words[i + 1 : i + 2] == ["a"]))):
        found.append(Quantity(0.5, unit[0], i))
        return unit[1]
    if i + 1 < len(words) and (behind := _named_span(words, i, found)):
        return behind
    number = _number(words, i)
    if not number:
        return i + 1
    value, k = number[0], i + number[1]
    if i and _is_label(words, i):
        return k
    if i and words[i - 1] in _MONEY:
        return _money(words, i, k, value, found)
    if k + 1 < len(words) and words[k] in _JOINTS and (high := _number(words, k + 1)):
        unit = _after_number(words, k + 1 + high[1])
        if unit and (words[k] != "and" or words[max(0, i - 1)] == "between"):
            found += [Quantity(value, unit[0], i), Quantity(high[0], unit[0], k + 1)]
            return unit[1]
    return _single(words, i, k, value, found)


def _named_span(words: list[str], i: int, found: list[Quantity]) -> int | None:
    """'day 14', 'a week'; not the rate in 'twice a week'. The position behind, or None."""
    if words[i] in ("day", "week", "month") and (ordinal := _number(words, i + 1)):
        if ordinal[0] <= 365:
            found.append(Quantity(ordinal[0], words[i] + "s", i))
        return i + 1 + ordinal[1]
    if words[i] not in ("a", "an"):
        return i + 1 if words[i] in ("per", "each") else None
    span = _unit(words[i + 1])
    if span not in _ARTICLE_UNITS:
        return i + 1
    before = words[i - 1] if i else ""
    if not (before in ("times", "twice", "once") or (i and (_unit(before) or _number(words, i - 1)))):
        found.append(Quantity(1.0, span, i))
    return i + 2


def _money(words: list[str], i: int, k: int, value: float, found: list[Quantity]) -> int:
    """An amount behind a currency sign, or a range of amounts."""
    found.append(Quantity(value, "USD", i))
    if words[k : k + 1] in (["-"], ["–"], ["to"]):
        k += 1 + (words[k + 1 : k + 2] == [words[i - 1]])
        if k < len(words) and (high := _number(words, k)):
            found.append(Quantity(high[0], "USD", k))
            k += high[1]
    return k


def _single(words: list[str], i: int, k: int, value: float, found: list[Quantity]) -> int:
    """One number with the unit behind it, or the letter before it; without either it is a count."""
    unit = _after_number(words, k)
    if not (unit and unit[0] in _TIMES) and (effect := _effect(words, i, bare=unit is None)):
        unit = effect, k
    if unit is None:
        if words[i] not in ("one", "zero"):
            found.append(Quantity(value, "count", i))
        return k
    if unit[0] == "percent" and _INTERVALS.intersection(words[k : k + 4]):
        return unit[1]
    decades = 10 if words[unit[1] - 1].startswith("decade") else 1
    found.append(Quantity(value * decades, unit[0], i))
    return unit[1]


def _is_label(words: list[str], i: int) -> bool:
    """Whether the figure belongs to a name, such as PCL-5, phase 3 or a calendar year."""
    before = words[i - 2] if words[i - 1] in ("-", "–") and i > 1 else words[i - 1]
    year = words[i].isdigit() and len(words[i]) == 4 and words[i][:2] in ("19", "20")
    return before in _SCALES_BEFORE or year
