"""Checks of the numbers of a fact against its own words: label, note, fractions, tests and dates."""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import suppress
from datetime import date

from ..data.schema import printed_text
from .coherence import two_sided_p
from .dossier import named_days
from .grim import half_unit
from .pack import BASELINE
from .slots import arm_of, study_of, text_of

_CONFLICT = re.compile(r"\bCONFLICT\b|\bmismatch\b|\bnot completed\b", re.I)
_FRACTION = re.compile(r"(?<![\d/.-])(\d+)(?:/| of )(\d+)(?![\d/.-])")
_DF = re.compile(r"\b[Ft] ?\((\d+)(?:, ?(\d+\.?\d*))?\)|\bdf (\d+)[,/] ?(\d+)")
_P = re.compile(r"\b[pP] ?([=<]) ?(\d*\.\d+)")
_AGAIN = "compare both facts with their sources"


def fact_fraction(dossier):
    """A fraction in the note, such as 12/15, agrees with value and n of its fact."""
    for table, line, row in dossier.rows("facts"):
        shares = row["statistic"] in ("percent", "proportion", "n_events")
        if not shares or None in (row["value"], row["n"]) or _CONFLICT.search(text_of(row)):
            continue
        found = [(float(m[1]), float(m[2])) for m in _FRACTION.finditer(row["note"] or "")]
        found = [(a, b) for a, b in found if 0 < b >= a]
        agree = [(b == row["n"], _is_share(row, a, b) or _is_share(row, b - a, b)) for a, b in found]
        if any(map(any, agree)) and not any(map(all, agree)):
            (a, b), (same_n, _) = next((f, s) for f, s in zip(found, agree, strict=True) if any(s))
            allowed = f"the {a:g} of {b:g} in the note"
            fix = "compare value, n and note with the source"
            yield table.fault(line, row, "value" if same_n else "n", allowed, fix)


def _is_share(row, a, b):
    if row["statistic"] == "n_events":
        return row["value"] == a
    percent = row["value"] * (100 if row["statistic"] == "proportion" else 1)
    return abs(100 * a / b - percent) <= max(half_unit(percent), 1e-9)


def percent_and_count(dossier):
    """Percentage and count of one outcome, arm and time belong together."""
    pairs = defaultdict(dict)
    for table, line, row in dossier.rows("facts"):
        if (
            row["statistic"] in ("percent", "proportion", "n_events")
            and row["value"] is not None
            and row["n"]
        ):
            key = (study_of(row), arm_of(row), row["outcome"], row["timepoint_days"], row["source_key"])
            pairs[key][row["statistic"]] = (table, line, row)
    for found in pairs.values():
        for share in {"percent", "proportion"} & set(found):
            if "n_events" in found:
                (table, line, row), count = found[share], found["n_events"][2]
                if row["n"] != count["n"] or not _is_share(row, count["value"], count["n"]):
                    allowed = f"the share of {count['value']:g} in {count['n']:g} ({count['fact_id']})"
                    yield table.fault(line, row, "value", allowed, _AGAIN)


def fact_label_day(dossier):
    """The day of a fact is the one that its label names, as for the same label elsewhere in its study."""
    first = {}
    for table, line, row in dossier.rows("facts"):
        label, day = row["timepoint_label"] or "", row["timepoint_days"]
        low, high = named_days(label)
        if (
            low is not None
            and high is not None
            and day is not None
            and not (low - 1e-9 <= day <= high + 1e-9)
        ):
            allowed = f"day {low:g}{f' to {high:g}' if high > low else ''}, as '{label}' says"
            yield table.fault(line, row, "timepoint_days", allowed, "correct the day or the label")
        start = row["kind"] == "arm" and BASELINE.search(row["outcome"] or "")
        study = "" if start else row["trial_id"]
        place = (
            study,
            row["pack"],
            row["kind"],
            row["outcome"] if start else label or row["source_location"],
        )
        if (label or start or row["source_location"].startswith("Table")) and first.setdefault(
            place, day
        ) != day:
            allowed = f"day {printed_text(first[place])}, as for the other facts labelled '{place[-1]}'"
            yield table.fault(line, row, "timepoint_days", allowed, "correct the day or the label")


def fact_test(dossier):
    """F or t, its degrees of freedom and its p value belong together."""
    printed = _printed_p(dossier)
    for table, line, row in dossier.rows("facts"):
        if row["statistic"] not in ("F", "t") or row["value"] is None:
            continue
        text = text_of(row)
        df, p = _DF.search(text), _P.search(text)
        sign, value = (p[1], float(p[2])) if p else ("=", printed.get(_comparison(row)))
        if value is None or (row["statistic"] == "F" and not df):
            continue
        dfs = [float(x) for x in df.groups() if x] if df else [1e6]
        low, high = (
            _tail(row, row["value"] + step, dfs)
            for step in (half_unit(row["value"]), -half_unit(row["value"]))
        )
        fits = (
            low < value
            if sign == "<"
            else low <= value + half_unit(value) and high >= value - half_unit(value)
        )
        if not fits:
            allowed = f"{row['statistic']} with p {sign} {value:g}, not {high:.3g}"
            yield table.fault(
                line, row, "value", allowed, "check the statistic, its degrees of freedom and p"
            )


def _tail(row, value, dfs):
    """Two-sided p of t, or upper p of F."""
    if row["statistic"] == "t":
        return two_sided_p(value, dfs[-1])
    from scipy.special import fdtrc

    return float(fdtrc(dfs[0], dfs[-1], max(value, 0.0)))


def _comparison(row):
    return row["trial_id"], row["outcome"], row["timepoint_days"], row["pack"]


def _printed_p(dossier):
    facts = (row for _, _, row in dossier.rows("facts") if row["statistic"] == "p_value")
    return {_comparison(row): row["value"] for row in facts}


def range_in_words(dossier):
    """A range of values is the one that its note prints."""
    for table, line, row in dossier.rows("facts"):
        told = re.search(r"(?<![\d.])(\d*\.?\d+)-(\d*\.?\d+)(?![\d-])", row["note"] or "")
        if (
            row["statistic"] != "range"
            and row["status"] == "range, not a CI"
            and told
            and None not in (row["ci_low"], row["ci_high"])
        ):
            ends = float(told[1]), float(told[2])
            unit = 1 if ends[1] >= 1 or row["ci_high"] <= 1 else 100
            for column, end in zip(("ci_low", "ci_high"), ends, strict=True):
                if abs(row[column] - end * unit) > 1e-9:
                    allowed = f"{end:g}, as the note says"
                    yield table.fault(line, row, column, allowed, "compare the range with its note")


def days_in_words(dossier):
    """A number of days between two dates in the note is their difference."""
    for table, line, row in dossier.rows("facts"):
        dates = _dates_in(row["note"] or "")
        if row["statistic"] == "days" and len(dates) == 2 and row["value"] is not None:
            days = abs((dates[1] - dates[0]).days)
            if row["value"] != days:
                allowed = f"{days}, the days from {min(dates)} to {max(dates)}"
                yield table.fault(line, row, "value", allowed, "compare the days with the dates in the note")


def _dates_in(text):
    """Dates that a text mentions; what only looks like a date is none."""
    dates = []
    for found in re.findall(r"\b\d{4}-\d\d-\d\d\b", text, re.A):
        with suppress(ValueError):
            dates.append(date.fromisoformat(found))
    return dates
