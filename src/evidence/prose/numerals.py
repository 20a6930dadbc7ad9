"""
Numbers to words: one formatter for every number in a sentence, a table or a figure.

The minus sign is the plain hyphen-minus "-" everywhere, so that terminals, CSV files and a text search see
the same characters.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

NOT_ESTIMABLE = "not estimable"
_SPELLED = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_IRREGULAR = {"person": "people", "analysis": "analyses"}


def number(x, digits=2) -> str:
    """
    Format a number with fixed decimals; NaN reads "not estimable" and a rounded zero has no sign.

    Parameters
    ----------
    x : float
    digits : int
        Decimals, >= 0.

    Raises
    ------
    ValueError
        If `x` is not a number; the message shows it.

    Examples
    --------
    >>> print(number(-0.3249), number(-0.001), number(float("nan")), number(float("-inf")))
    -0.32 0.00 not estimable -infinity
    """
    x = real_number("x", x)
    if math.isnan(x):
        return NOT_ESTIMABLE
    if math.isinf(x):
        return "infinity" if x > 0 else "-infinity"
    text = f"{x:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def real_number(name, x) -> float:
    """
    Turn a scalar into a float; text, truth values and missing values other than NaN are refused.

    Raises
    ------
    ValueError
        The message names the argument and shows the value.

    Examples
    --------
    >>> real_number("x", 3)
    3.0
    """
    try:
        if isinstance(x, (str, bool)):
            raise TypeError
        return float(x)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: found {x!r}; allowed: a number. Fix: pass one number") from None


def interval(low, high, digits=2) -> str:
    """
    Word an interval; an infinite end becomes "below" or "above".

    Parameters
    ----------
    low, high : float
        Ends, `low` <= `high`; NaN when they could not be computed.
    digits : int

    Raises
    ------
    ValueError
        If the ends are not numbers or stand in the wrong order.

    Examples
    --------
    >>> print(interval(-0.85, 0.18), "|", interval(float("-inf"), -0.4))
    -0.85 to 0.18 | below -0.40
    """
    low, high = real_number("low", low), real_number("high", high)
    if math.isnan(low) or math.isnan(high):
        return NOT_ESTIMABLE
    if low > high:
        raise ValueError(f"low, high: found {low!r}, {high!r}; allowed: low <= high. Fix: swap the ends")
    if math.isinf(low) and math.isinf(high):
        return "any value"
    if math.isinf(low):
        return f"below {number(high, digits)}"
    if math.isinf(high):
        return f"above {number(low, digits)}"
    return f"{number(low, digits)} to {number(high, digits)}"


def with_interval(estimate, low, high, digits=2) -> str:
    """
    Word an estimate with its interval in parentheses; "not estimable" once when both are missing.

    Parameters
    ----------
    estimate, low, high : float
        NaN ends read "no interval".
    digits : int

    Examples
    --------
    >>> print(with_interval(-0.32, -0.85, 0.18))
    -0.32 (-0.85 to 0.18)
    """
    value, ends = number(estimate, digits), interval(low, high, digits)
    if NOT_ESTIMABLE in (value, ends):
        return value if value == ends else f"{value} (no interval)"
    return f"{value} ({ends})"


def percent(x, digits=0) -> str:
    """
    Word a proportion as a percentage; what is neither nothing nor all is never shown as 0% or 100%.

    Parameters
    ----------
    x : float
        Proportion: 0.67 reads "67%".
    digits : int

    Examples
    --------
    >>> print(percent(0.67), percent(0.125, 1), percent(0.002), percent(0.998), percent(1))
    67% 12.5% <1% >99% 100%
    """
    x, step = real_number("x", x), 10.0**-digits
    if math.isnan(x) or math.isinf(x):
        return number(x)
    if 0 < 100 * x < step:
        return f"<{number(step, digits)}%"
    if 100 - step < 100 * x < 100:
        return f">{number(100 - step, digits)}%"
    return f"{number(100 * x, digits)}%"


def probability(p, digits=2) -> str:
    """
    Word a probability that was computed: never 0 or 1.

    Raises
    ------
    ValueError
        If `p` is outside 0 to 1.

    Examples
    --------
    >>> print(probability(0.896), probability(1.0), probability(0.0004))
    0.90 >0.99 <0.01
    """
    p, step = _unit("p", p), 10.0**-digits
    if p < step:
        return f"<{number(step, digits)}"
    return f">{number(1 - step, digits)}" if p > 1 - step else number(p, digits)


def p_value(p) -> str:
    """
    Word a p value: three decimals below 0.1, two above, "p < 0.001" for what is smaller.

    Raises
    ------
    ValueError
        If `p` is outside 0 to 1.

    Examples
    --------
    >>> print(p_value(0.00002), "|", p_value(0.0041), "|", p_value(0.276))
    p < 0.001 | p = 0.004 | p = 0.28
    """
    p = _unit("p", p)
    if math.isnan(p):
        return f"p {NOT_ESTIMABLE}"
    if p < 0.001:
        return "p < 0.001"
    return "p > 0.99" if p > 0.99 else f"p = {number(p, 3 if p < 0.1 else 2)}"


def _unit(name, p) -> float:
    p = real_number(name, p)
    if p < 0 or p > 1:
        raise ValueError(f"{name}: found {p!r}; allowed: 0 to 1. Fix: pass a probability, not a percentage")
    return p


def count(n, noun, plural=None, spell=True) -> str:
    """
    Word a count with its noun; numbers below ten are spelled.

    Parameters
    ----------
    n : int
        Whole number, >= 0; NaN reads "an unknown number of".
    noun : str
        Singular, such as "randomised trial".
    plural : str, optional
        Needed only where the rules of English plurals fail.
    spell : bool
        False keeps digits, for tables.

    Raises
    ------
    ValueError
        If `n` is negative or not whole.

    Examples
    --------
    >>> print(count(1, "trial"), "|", count(6, "study"), "|", count(1306, "person"), "|", count(0, "trial"))
    one trial | six studies | 1,306 people | no trials
    """
    n, many = real_number("n", n), plural or _plural(noun)
    if math.isnan(n):
        return f"an unknown number of {many}"
    if n < 0 or not n.is_integer():
        raise ValueError(f"n: found {n!r}; allowed: a whole number >= 0. Fix: pass a count")
    words = _SPELLED[int(n)] if spell and n < len(_SPELLED) else f"{int(n):,}"
    return f"{words} {noun if n == 1 else many}"


def _plural(noun: str) -> str:
    head, space, last = noun.rpartition(" ")
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    elif re.search("[^aeiou]y$", last):
        last = last[:-1] + "ies"
    else:
        last += "es" if re.search("(s|x|z|ch|sh)$", last) else "s"
    return head + space + last


def days(x) -> str:
    """
    Word a duration: minutes and hours below a day, then days with a decimal only where there is one.

    Parameters
    ----------
    x : float
        Days, >= 0.

    Raises
    ------
    ValueError
        If `x` is negative.

    Examples
    --------
    >>> print(days(27.5), "|", days(1), "|", days(0.5), "|", days(1 / 36))
    27.5 days | 1 day | 12 hours | 40 minutes
    """
    x = real_number("x", x)
    if math.isnan(x) or math.isinf(x):
        return number(x)
    if x < 0:
        raise ValueError(f"x: found {x!r}; allowed: days >= 0. Fix: count from the start of the interval")
    for size, unit in ((1, "day"), (24, "hour"), (1440, "minute")):
        if x * size >= 0.95 or x == 0 or unit == "minute":
            break
    text = number(x * size, 1).removesuffix(".0")
    return f"{text} {unit if text == '1' else unit + 's'}"


def join_words(items: Iterable, word="and") -> str:
    """
    Join words for a sentence, without a comma before the last; floats get two decimals.

    Examples
    --------
    >>> print(join_words(["24 h", "week 1", "follow-up"]))
    24 h, week 1 and follow-up
    """
    words = [number(item) if isinstance(item, float) else str(item) for item in items]
    return " ".join(filter(None, [", ".join(words[:-1]), word if words[1:] else "", *words[-1:]]))
