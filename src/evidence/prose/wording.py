"""
Results to sentences: direction, size and templates filled with computed values.

Every formatter of `numerals` is importable from here too. A negative effect favours the active drug; that
rule is put into words in `favours` alone.
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass

from .numerals import (
    NOT_ESTIMABLE,
    count,
    days,
    interval,
    join_words,
    number,
    p_value,
    percent,
    probability,
    real_number,
    with_interval,
)

__all__ = [
    "NOT_ESTIMABLE", "SIZE_THRESHOLDS", "Direction", "answer", "count", "days", "favours", "interval",
    "join_words", "number", "p_value", "percent", "probability", "size_word", "with_interval",
]  # fmt: skip

# Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, 2nd ed., chapter 2: conventional
# labels for d, not thresholds of clinical benefit.
SIZE_THRESHOLDS = ((0.2, "negligible"), (0.5, "small"), (0.8, "medium"), (math.inf, "large"))


@dataclass(frozen=True)
class Direction:
    """
    Direction of an effect in words; `str()` gives the phrase.

    Attributes
    ----------
    favoured : str
        Name of the favoured treatment, "neither" or "not estimable".
    clear : bool
        True when the interval excludes no difference.
    phrase : str
        Continues a sentence whose subject is the result: "favours ketamine".
    scores : str
        Symptom scores under the active drug: "lower", "higher", "no different" or "not estimable".
    """

    favoured: str
    clear: bool
    phrase: str
    scores: str

    def __str__(self) -> str:
        return self.phrase


def favours(estimate, low, high, active="ketamine", comparator="the comparator") -> Direction:
    """
    Word the direction of a difference in symptom scores; negative favours the active drug.

    Parameters
    ----------
    estimate, low, high : float
        Effect and its interval, oriented so that a negative value means fewer symptoms on the active drug.
    active, comparator : str
        Names as they stand inside a sentence.

    Returns
    -------
    Direction

    Examples
    --------
    >>> print(favours(-0.48, -0.93, -0.04))
    favours ketamine
    >>> print(favours(-0.32, -0.85, 0.18))
    leans towards ketamine, with an interval that includes no difference
    """
    value, ends = number(estimate), interval(low, high)
    if NOT_ESTIMABLE in (value, ends):
        return Direction(NOT_ESTIMABLE, False, "cannot be estimated", NOT_ESTIMABLE)
    clear = high < 0 or low > 0
    # Judged on the rounded value, so that the words never contradict the number beside them.
    if float(value) == 0:
        return Direction("neither", False, "shows no difference either way", "no different")
    name, scores = (active, "lower") if estimate < 0 else (comparator, "higher")
    lean = f"leans towards {name}, with an interval that includes no difference"
    return Direction(name, clear, f"favours {name}" if clear else lean, scores)


def size_word(g) -> str:
    """
    Conventional label for the size of a standardised mean difference, whatever its sign.

    References
    ----------
    Cohen (1988), chapter 2: 0.2 small, 0.5 medium, 0.8 large. Conventions, not thresholds of benefit.

    Examples
    --------
    >>> print(size_word(-0.32), size_word(0.1), size_word(-0.8))
    small negligible large
    """
    g = real_number("g", g)
    return NOT_ESTIMABLE if math.isnan(g) else next(word for limit, word in SIZE_THRESHOLDS if abs(g) < limit)


def answer(template: str, **values) -> str:
    """
    Fill a sentence with computed values; an unknown name, an unknown field or an unused value is an error.

    Parameters
    ----------
    template : str
        ``{r:estimate}``, ``{r:ci}``, ``{r:pi}``, ``{r:full}`` (estimate with interval), ``{r:favours}``,
        ``{x:number}``, ``{x:percent}``, ``{p:prob}``, ``{p:p}``, ``{d:days}``, ``{g:size}``, ``{words:list}``
        and ``{n:count trial}``; a number of decimals may follow (``{r:ci 3}``). A capital
        (``{n:Count trial}``) starts a sentence. ``{r.k}`` reads a field, ``{x:.1f}`` sets decimals, and a
        plain float gets two.
    **values
        Numbers, words, lists, or results with named fields (attributes or mapping keys).

    Raises
    ------
    ValueError
        If the template and the values do not match; the message lists what is known.

    Examples
    --------
    >>> r = {"estimate": -0.32, "ci_low": -0.85, "ci_high": 0.18, "k": 4}
    >>> print(answer("{r.k:Count trial}: g = {r:estimate} (95% interval {r:ci}).", r=r))
    Four trials: g = -0.32 (95% interval -0.85 to 0.18).
    """
    return _Sentence().vformat(template, (), values)


def _known(value) -> list[str]:
    """Names a template may use on a value."""
    if isinstance(value, Mapping):
        return [str(k) for k in value]
    if is_dataclass(value):
        return [f.name for f in fields(value)]
    named = getattr(value, "_fields", None) or getattr(value, "index", None)  # a namedtuple or a pandas row
    return list(map(str, dir(value) if named is None or callable(named) else named))


def _part(value, name: str):
    """Field of a result by name, from an attribute or a mapping key."""
    if isinstance(value, Mapping) and name in value:
        return value[name]
    if not name.startswith("_") and not isinstance(value, Mapping) and hasattr(value, name):
        return getattr(value, name)
    known = ", ".join(n for n in _known(value) if not n.startswith("_"))
    raise ValueError(f"template: found field {name!r}; allowed: {known}. Fix: use one of these names")


_SPECS: dict[str, Callable] = {
    "number": number, "percent": percent, "prob": probability,
    "estimate": lambda r, *d: number(_part(r, "estimate"), *d),
    "ci": lambda r, *d: interval(_part(r, "ci_low"), _part(r, "ci_high"), *d),
    "pi": lambda r, *d: interval(_part(r, "pi_low"), _part(r, "pi_high"), *d),
    "full": lambda r, *d: with_interval(_part(r, "estimate"), _part(r, "ci_low"), _part(r, "ci_high"), *d),
    "favours": lambda r: str(favours(_part(r, "estimate"), _part(r, "ci_low"), _part(r, "ci_high"))),
    "p": p_value, "days": days, "size": size_word, "list": join_words,
}  # fmt: skip


_WITH_DECIMALS = {"number", "percent", "prob", "estimate", "ci", "pi", "full"}


class _Sentence(string.Formatter):
    """The rules of `answer`."""

    def get_field(self, field_name, args, kwargs):
        name, *path = str(field_name).split(".")
        if name not in kwargs:
            known = ", ".join(sorted(kwargs)) or "none given"
            raise ValueError(f"template: found name {name!r}; allowed: {known}. Fix: pass it or correct it")
        value = kwargs[name]
        for step in path:
            value = _part(value, step)
        return value, name

    def check_unused_args(self, used_args, args, kwargs):
        if unused := sorted(kwargs.keys() - used_args):
            used = ", ".join(sorted(used_args)) or "none"
            raise ValueError(
                f"values: found unused {', '.join(unused)}; allowed: names in the template ({used}). "
                "Fix: use the value or leave it out"
            )

    def convert_field(self, value, conversion):
        if conversion is not None:
            raise ValueError(f"template: found conversion !{conversion}; allowed: none. Fix: remove it")
        return value

    def format_field(self, value, format_spec):
        if value is None:
            raise ValueError("values: found None; allowed: a number or words. Fix: NaN if undefined")
        if format_spec[:1].isupper():
            text = self.format_field(value, format_spec[:1].lower() + format_spec[1:])
            return text[:1].upper() + text[1:]
        word, _, detail = format_spec.partition(" ")
        if word == "count":
            return count(value, detail)
        if word in _SPECS and (not detail or (detail.isdigit() and word in _WITH_DECIMALS)):
            return _SPECS[word](value, *map(int, detail.split()))
        return _plain(value, format_spec)


def _plain(value, spec: str) -> str:
    """Python's own formats, with the rules for missing numbers and signed zero kept."""
    decimals = re.fullmatch(r"\.(\d+)([f%])", spec)
    if decimals:
        return (number if decimals[2] == "f" else percent)(value, int(decimals[1]))
    if isinstance(value, float) and (not spec or not math.isfinite(value)):
        return number(value)
    try:
        if isinstance(value, Iterable) and not isinstance(value, str):
            raise TypeError  # a list in a sentence needs {x:list}; an array or a result, the name of a field
        return format(value, spec)
    except (TypeError, ValueError):
        known = ", ".join([*_SPECS, "count NOUN", ".1f", ".0%"])
        found = f"format {spec!r} for {type(value).__name__}"
        raise ValueError(f"template: found {found}; allowed: {known}. Fix: use one of these") from None
