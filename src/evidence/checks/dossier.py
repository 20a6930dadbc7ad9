"""What the extraction checks look at: the tables, the corrections and the look-ups between them."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property, lru_cache

# Not the digits of a name such as PCL_5 or F0123; a multiplier such as x6 is a number.
_NUMBER = re.compile(r"(?<![A-Za-wyz_.\d])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d*\.?\d+)")
_WORDS = dict(
    zip(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
        map(float, range(1, 13)),
        strict=True,
    )
)
LARGEST = 1e9
_DAYS = {"h": 1 / 24, "hour": 1 / 24, "day": 1.0, "week": 7.0, "wk": 7.0}  # a month has no fixed length
_SPAN = re.compile(r"(?<![\d-])(\d+(?:\.\d+)?|" + "|".join(_WORDS) + r")[- ]?(h|hour|day|week|wk)s?\b", re.I)
_TURN = re.compile(r"\b(day|week|wk) (\d+)\b", re.I)
_MONTHS = re.compile(r"\b(\d+|" + "|".join(_WORDS) + r")[- ]months?\b", re.I)
# Labels that name a span, several times or a clock that does not start at the first dose.
_OTHER_CLOCK = re.compile(
    r"\d-\d|\d,|<|wk\)|\b(to|over|last|vs|within|programme|continuation|follow-up|visit)\b"
    r"|\b(study|infusion) day\b|\bafter (?!(the )?(first|single)? ?(ketamine )?infusion)",
    re.I,
)
_START = re.compile(r"\bbaseline$|\bbaseline \(|^before infusion 1$|^treatment 1$", re.I)
_END = re.compile(
    r"\bend of (the )?(treatment|programme|course|series|infusion series)|\bover treatment", re.I
)


@lru_cache(maxsize=8192)
def numbers_in(text) -> tuple[float, ...]:
    """
    Numbers that a text mentions, in figures or, up to twelve, in words.

    Examples
    --------
    >>> numbers_in("six infusions; 1,306 of 8,142; d 1.13 (0.36-1.91)")
    (1306.0, 8142.0, 1.13, 0.36, 1.91, 6.0)
    """
    text = str(text or "")
    figures = [float(m.group().replace(",", "")) for m in _NUMBER.finditer(text)]
    words = [_WORDS[w] for w in re.findall(r"[a-z]+", text.lower()) if w in _WORDS]
    return tuple(abs(x) for x in (*figures, *words))


@lru_cache(maxsize=8192)
def days_in(label) -> float | None:
    """
    Day that a label of a time point names, counted from its own zero; None when it names none.

    Examples
    --------
    >>> days_in("24 h after first infusion"), days_in("week 2"), days_in("30-day follow-up"), days_in("acute")
    (1.0, 14.0, 30.0, None)
    """
    label = str(label or "")
    if _START.search(label):
        return 0.0
    if match := _TURN.search(label):
        return _DAYS[match[1].lower()] * float(match[2])
    if match := _SPAN.search(label):
        number = _WORDS.get(match[1].lower())
        return _DAYS[match[2].lower()] * (number if number is not None else float(match[1]))
    return None


def named_days(label) -> tuple[float | None, float | None]:
    """
    Earliest and latest day after the first dose that a label means; months vary in length.

    Returns
    -------
    low, high : float or None
        None when the label names no day, several, a span, or a day on another clock.

    Examples
    --------
    >>> named_days("week 12 endpoint"), named_days("6 months"), named_days("week 1 after the course")
    ((84.0, 84.0), (168.0, 186.0), (None, None))
    """
    label = str(label or "")
    if _OTHER_CLOCK.search(label):
        return None, None
    if match := _MONTHS.search(label):
        months = _WORDS.get(match[1].lower())
        months = float(match[1]) if months is None else months
        return 28 * months, 31 * months
    day = days_in(label)
    return day, day


def names_end(label) -> bool:
    """Whether a label of a time point means the end of treatment."""
    return bool(_END.search(str(label or "")))


def beyond_measure(row) -> list[str]:
    """Columns of a row whose number is larger than any score, count, day or price."""
    return [c for c, v in row.items() if v.__class__ in (int, float) and not -LARGEST < v < LARGEST]


class Dossier:
    """
    Tables and corrections with the look-ups that several checks need, each made once when first used.

    Parameters
    ----------
    tables : dict of str to Table
        As read by `validate.check`, corrections applied.
    corrections : sequence of Correction
    """

    def __init__(self, tables, corrections=()):
        self.tables = tables
        self.corrections = tuple(corrections)
        self._rows = {}

    def rows(self, *names):
        """Table, line and values of each row without a faulty cell and without a number past all measure."""
        for name in names:
            if name in self.tables and name not in self._rows:
                table = self.tables[name]
                self._rows[name] = [(table, n, row) for n, row in table.sound() if not beyond_measure(row)]
            yield from self._rows.get(name, ())

    @cached_property
    def facts(self):
        """Facts by id."""
        return {row["fact_id"]: row for _, _, row in self.rows("facts")}

    @cached_property
    def trials(self):
        """Trials by id."""
        return {row["trial_id"]: row for _, _, row in self.rows("trials")}

    @cached_property
    def scales(self):
        """Instruments by name."""
        return {row["scale"]: row for _, _, row in self.rows("scales")}

    @cached_property
    def arms(self):
        """Arms by trial and arm."""
        return {(row["trial_id"], row["arm"]): row for _, _, row in self.rows("arms")}

    @cached_property
    def outcomes(self):
        """Outcome rows by trial, scale and day."""
        return self._grouped("outcomes", "trial_id", "scale", "timepoint_days")

    @cached_property
    def contrasts(self):
        """Contrast rows by trial, both arms, scale and day."""
        return self._grouped(
            "contrasts", "trial_id", "active_arm", "comparator_arm", "scale", "timepoint_days"
        )

    def _grouped(self, name, *columns):
        groups = defaultdict(list)
        for table, line, row in self.rows(name):
            groups[tuple(row[c] for c in columns)].append((table, line, row))
        return groups

    def cited(self, row) -> list[dict]:
        """Facts that a row cites and that exist."""
        ids = str(row.get("fact_ids") or "").split("; ")
        return [self.facts[i] for i in ids if i in self.facts]

    def accepted(self, table, line, column) -> set:
        """Value of a cell and every other value that a source prints for it, by `corrections.yml`."""
        return self._printed.get((table.schema.name, line, column), set())

    @cached_property
    def _printed(self):
        return {(c.table, c.line, c.column): {*c.printed, c.use} for c in self.corrections}

    def quirks(self, name) -> list:
        """Corrections of kind quirk that acknowledge what the check of this name finds."""
        return [c for c in self.corrections if name in c.checks]

    def width(self, scale) -> float | None:
        """Highest minus lowest score of an instrument, if known."""
        row = self.scales.get(scale)
        if row is None or row["minimum"] is None or row["maximum"] is None:
            return None
        return row["maximum"] - row["minimum"]
