"""
What the titles in a registry record seem to mean: arms, time points, instruments, spreads, events.

Each function returns a guess, or an empty string when the title admits more than one reading or none.
"""

from __future__ import annotations

import re

LEFT_OUT = "leave out"
SPREADS = ("sd", "se", "ci95", "none")
READS = ("score", "change")
_SYNONYMS = {"saline": "placebo", "placebo": "saline"}
_PART = re.compile(r"\b(sub-?(scale|score|domain)s?|clusters?|factors?|items?|criteri(on|a) [b-e])\b", re.I)
_CHANGE = re.compile(r"\b(change|reduction|improvement|difference)s?\b", re.I)
_OTHER_UNIT = re.compile(r"percent|%|participants|people|patients|ratio|proportion|log", re.I)
_UNITS = {"hour": "h", "hr": "h", "h": "h", "day": "d", "d": "d", "week": "w", "wk": "w", "w": "w"}
_SPAN = re.compile(
    r"\b(?P<n>[0-9]+(?:\.[0-9]+)?)[ -]?(?P<unit>hours?|hrs?|h|days?|d|weeks?|wks?|w)\b"
    r"|\b(?P<unit2>hour|day|week|wk)[ -]?(?P<n2>[0-9]+(?:\.[0-9]+)?)\b",
    re.I,
)
_MONTH = re.compile(r"\bmonths?\b|\byears?\b|\bminutes?\b|\bmins?\b", re.I)
_BASELINE = re.compile(r"\b(baseline|screening|pre-?(treatment|infusion|dose)|before)\b", re.I)
_AFTER = re.compile(r"\b(after|post|following|since|follow-?up|end|last|final|second|third)\b", re.I)
_FIRST = re.compile(r"\b(first|baseline|randomi[sz]ation|day 0|1st)\b", re.I)
_DERIVED = {"h": "hours_to_days", "d": "", "w": "weeks_to_days", "day n": "nominal_day"}


def plain(text):
    """
    Text in upper case with single spaces for everything but letters, digits and decimal points.

    Examples
    --------
    >>> print(plain("PTSD Checklist for DSM-5 (PCL-5)"))
    PTSD CHECKLIST FOR DSM 5 PCL 5
    """
    return re.sub(r"(?<![0-9])\.|\.(?![0-9])|[^A-Z0-9.]+", " ", text.upper()).strip()


def guess_arm(title, description, arms):
    """
    Arm that a group's title means.

    Parameters
    ----------
    title, description : str
    arms : dict of str to str
        Arm to role, as in ``arms.csv``.

    Examples
    --------
    >>> arms = {"ketamine_0.5": "active", "ketamine_0.2": "active_secondary", "placebo": "comparator"}
    >>> print(guess_arm("Low dose", "ketamine 0.2 mg/kg i.v.", arms), guess_arm("Saline", "", arms))
    ketamine_0.2 placebo
    """
    if re.search(r"\bthen\b|\bfollowed by\b|\bcross", title, re.I):  # a sequence of a crossover, not an arm
        return ""
    if re.fullmatch(r"(total|all|overall)\b.*", title, re.I):
        return "all" if "all" in arms else LEFT_OUT
    parts = {
        arm: re.split(r"[_+]", arm.lower()) for arm, role in arms.items() if role not in ("all", "sequence")
    }
    for text in (title.lower(), f"{title} {description}".lower()):
        hits = {arm for arm, (drug, *_) in parts.items() if drug in text or _SYNONYMS.get(drug, "\0") in text}
        if len({parts[arm][0] for arm in hits}) > 1:
            return ""
        if len(hits) > 1:
            hits = {
                arm for arm in hits if re.search(rf"(?<![0-9.]){re.escape(parts[arm][-1])}(?![0-9])", text)
            }
        if len(hits) == 1:
            return hits.pop()
    return ""


def guess_days(text, n_doses):
    """
    Days after the first dose that a time point means, and the function that turns its words into days.

    Parameters
    ----------
    text : str
    n_doses : int or None
        Doses in the course; "24 hours after infusion" is clear only when there is one.

    Returns
    -------
    days, derived_by : str
        Empty when the words are not clear.

    Examples
    --------
    >>> guess_days("24 hours after infusion", 1), guess_days("24 hours after infusion", 6)
    (('1', 'hours_to_days'), ('', ''))
    >>> guess_days("Week 2", 6)
    ('14', 'weeks_to_days')
    """
    spans = list(_SPAN.finditer(text))
    if _MONTH.search(text):
        return "", ""
    if not spans:
        return ("0", "") if _BASELINE.search(text) and not _AFTER.search(text) else ("", "")
    if len(spans) > 1 or (_AFTER.search(text) and n_doses != 1 and not _FIRST.search(text)):
        return "", ""
    unit = _UNITS[(spans[0]["unit"] or spans[0]["unit2"]).lower().rstrip("s")]
    number = float(spans[0]["n"] or spans[0]["n2"])
    if number > 10_000:
        return "", ""
    days = number * {"h": 1 / 24, "d": 1, "w": 7}[unit]
    return f"{days:.6g}", _DERIVED["day n" if unit == "d" and spans[0]["unit2"] else unit]


def guess_scale(title, description, scales):
    """
    Instrument that a measure's title names, looked for in the description when the title names none.

    Parameters
    ----------
    title, description : str
    scales : dict of str to str
        Instrument to its full name, as in ``scales.csv``.

    Examples
    --------
    >>> scales = {"CAPS": "", "CAPS-5": "", "PCL-5": "PTSD Checklist for DSM-5"}
    >>> print(guess_scale("CAPS-5 total", "", scales), guess_scale("PTSD Checklist for DSM-5", "", scales))
    CAPS-5 PCL-5
    """
    if _PART.search(title):
        return ""
    for text in (title, description):
        found = _named(text, scales)
        if found == {"CAPS"}:  # the version may stand in the description only
            found = {scale for scale in _named(description, scales) if scale.startswith("CAPS")} or found
        if found:
            return found.pop() if len(found) == 1 else ""
    return ""


def _named(text, scales):
    """Instruments named in a text; one whose name starts another's counts only where it stands alone."""
    found, rest = set(), f" {plain(text)} "
    names = {(plain(alias), scale) for scale, name in scales.items() for alias in (scale, name) if alias}
    names |= {(plain(scale).replace(" ", ""), scale) for scale in scales}
    for name, scale in sorted(names, key=lambda pair: (-len(pair[0]), pair)):
        if f" {name} " in rest:
            rest = rest.replace(f" {name} ", " | ")
            found.add(scale)
    return found - {"CAPS"} if any(scale.startswith("CAPS-") for scale in found) else found


def guess_spread(label):
    """
    Kind of a spread from its label, as enumeration or words: sd, se, ci95, or none for what has no column.

    Examples
    --------
    >>> guess_spread("STANDARD_DEVIATION"), guess_spread("95% Confidence Interval"), guess_spread("Spread")
    ('sd', 'ci95', '')
    """
    text = plain(label)
    if text.startswith("STANDARD DEVIATION"):
        return "sd"
    if text.startswith("STANDARD ERROR"):
        return "se"
    if text in ("95 CONFIDENCE INTERVAL", "CONFIDENCE 95"):
        return "ci95"
    known = ("CONFIDENCE", "INTER QUARTILE", "FULL RANGE", "NOT APPLICABLE", "NONE")
    return "none" if any(name in text for name in known) else ""


def guess_reading(title, classes, values):
    """
    Tell scores from changes: ``score``, ``change``, or empty when title and values disagree.

    Parameters
    ----------
    title : str
    classes : list of str
        Titles of the measure's classes.
    values : list of float

    Examples
    --------
    >>> guess_reading("Change in PCL-5", ["Week 2"], [-9.0]), guess_reading("Change in PCL-5", [], [40.0])
    ('change', '')
    """
    if not _CHANGE.search(title) or any(_BASELINE.fullmatch(c.strip()) for c in classes):
        return "score" if all(value >= 0 for value in values) else ""
    return "change" if values and all(value <= 0 for value in values) else ""


def is_part(text):
    """Tell whether a title names a part of an instrument."""
    return bool(_PART.search(text))


def is_other_unit(unit):
    """Tell whether a unit of measure is no score: percent, people, ratios."""
    return bool(_OTHER_UNIT.search(unit))


def slug(term):
    """
    Name of an event for ``events.csv``.

    Examples
    --------
    >>> print(slug("Blood pressure increased"))
    blood_pressure_increased
    """
    return re.sub(r"[^a-z0-9]+", "_", term.lower()).strip("_")
