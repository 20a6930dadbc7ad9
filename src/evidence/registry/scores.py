"""Scores of a registry record: means of arms to `outcomes`, analyses to `contrasts`."""

from __future__ import annotations

from dataclasses import dataclass, field

from .analyses import contrasts, differences_of_means
from .draft import denominators
from .record import dig, figure, items, words
from .titles import (
    READS,
    SPREADS,
    guess_reading,
    guess_scale,
    guess_spread,
    is_other_unit,
    is_part,
    plain,
)  # fmt: skip

_MEANS = {"MEAN": "", "LEAST SQUARES MEAN": "least squares mean"}
_COLUMNS = {
    "score": {"mean": "mean", "sd": "sd", "se": "se", "low": "ci_low", "high": "ci_high"},
    "change": {
        "mean": "mean_change", "sd": "sd_change", "se": "se_change",
        "low": "mean_change_ci_low", "high": "mean_change_ci_high",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """Mean of one arm at one time as proposed; numbers as text, empty where not printed."""

    arm: str
    n: str
    mean: str
    sd: str
    se: str
    facts: tuple[str, ...]


@dataclass
class Measure:
    """A measure on one of our instruments, and how its numbers are read."""

    title: str
    place: str
    scale: str
    reading: str
    spread: str
    kind: str
    source: dict
    groups: dict[str, str]
    cells: dict[tuple[str, str], list[Cell]] = field(default_factory=dict)


def outcome_measures(draft, study):
    """
    Propose rows for every outcome measure that is a score, and for its analyses.

    Parameters
    ----------
    draft : Draft
    study : dict
        The registry record.
    """
    found = items(study, "resultsSection", "outcomeMeasuresModule", "outcomeMeasures")
    for number, source in enumerate(found, start=1):
        place = f"outcome measure {number}: {words(source, 'title', limit=120) or 'no title'}"
        if plain(words(source, "paramType")) == "COUNT OF PARTICIPANTS":
            continue  # counts are read by registry_counts
        if measure := read_measure(draft, source, place):
            _classes(draft, measure, words(source, "timeFrame", limit=120))
            contrasts(draft, measure)
            differences_of_means(draft, measure)


def baseline_measures(draft, study, groups):
    """Propose baseline scores; `groups` are those of the baseline module, which its measures share."""
    module = dig(study, "resultsSection", "baselineCharacteristicsModule")
    for source in items(module, "measures"):
        title = words(source, "title", limit=120)
        if not guess_scale(title, words(source, "description"), _names(draft)):
            continue  # age, sex and the like; no refusal, as most of the module is no outcome
        holder = {**source, "denoms": source.get("denoms") or module.get("denoms")}
        if measure := read_measure(draft, holder, f"baseline: {title}", groups):
            _classes(draft, measure, "baseline")


def _names(draft):
    return {scale: row.get("name") or "" for scale, row in draft.scales.items()}


def read_measure(draft, source, place, groups=None):
    """Instrument, reading and spread of a measure; None when it is refused or left out."""
    title = words(source, "title", limit=120)
    guess = guess_scale(title, words(source, "description", limit=2000), _names(draft))
    question = "part of an instrument" if is_part(title) else "unknown instrument, or more than one"
    scale = draft.decide("scales", title, guess, place, question, draft.scales)
    if scale is None:
        return None
    kind, unit = plain(words(source, "paramType")), words(source, "unitOfMeasure", limit=60)
    if words(source, "reportingStatus") not in ("", "POSTED"):
        return draft.refuse(place, "no results posted")
    if kind not in _MEANS:
        return draft.refuse(place, f"'{words(source, 'paramType')}' has no column in outcomes.csv")
    if is_other_unit(unit):
        return draft.refuse(place, f"the unit '{unit}' is no score")
    label = words(source, "dispersionType")
    spread = draft.decide("spreads", title, guess_spread(label), place, f"unknown spread '{label}'", SPREADS)
    reading = spread and draft.decide(
        "reads", title, _reading(title, source), place, "scores, or changes from baseline?", READS
    )
    if not reading:
        return None
    groups = draft.groups(source, "groups", place=place) if groups is None else groups
    return Measure(title, place, scale, reading, spread, _MEANS[kind], source, groups)


def _reading(title, source):
    classes = items(source, "classes")
    values = [
        figure(m, "value").value
        for c in classes
        for category in items(c, "categories")
        for m in items(category, "measurements")
    ]
    return guess_reading(title, [words(c, "title") for c in classes], [v for v in values if v is not None])


def _classes(draft, measure, frame):
    """Rows of each class, whose title is the time point; a lone class without one has that of the measure."""
    for one in items(measure.source, "classes"):
        label = words(one, "title", limit=80) or frame or "not stated"
        place = f"{measure.place} / {label}"
        categories = items(one, "categories")
        if is_part(label) or len(categories) > 1:
            draft.refuse(place, "part of an instrument, or several categories")
            continue
        time = draft.days(label, place)
        if time is None or not categories:
            continue
        n = denominators(one, measure.source)
        for measurement in items(categories[0], "measurements"):
            _measurement(draft, measure, measurement, label, time, n)


def _measurement(draft, measure, source, label, time, n):
    """One arm at one time."""
    group = words(source, "groupId")
    arm, place = measure.groups.get(group), f"{measure.place} / {label} / {group}"
    if arm is None:
        return  # refused or left out with its group
    mean = figure(source, "value")
    if not mean:
        found = f"'{mean.printed}'" if mean.printed else "no number (NA)"
        comment = words(source, "comment", limit=100)
        draft.refuse(place, f"{found} for {arm}" + (f": {comment}" if comment else ""))
        return
    numbers, note = _spread(draft, measure, source, place)
    people = n.get(group, "")
    note += [] if people else ["No denominator in the registry."]
    location = place.rpartition(" / ")[0]
    days, derived_by = time
    where = {"arm": arm, "outcome": measure.scale, "n": people}
    where |= {"timepoint_days": days, "timepoint_label": label}
    word, suffix = ("mean", "") if measure.reading == "score" else ("mean_change", "_change")
    limits = {"ci_low": numbers.get("low", ""), "ci_high": numbers.get("high", "")}
    facts = [draft.fact("continuous", word, mean.plain, location, **where, **limits)]
    facts += [
        draft.fact("continuous", name + suffix, numbers[name], location, **where)
        for name in ("sd", "se")
        if name in numbers
    ]
    columns = _COLUMNS[measure.reading]
    cells = {columns[name]: text for name, text in numbers.items()} | {columns["mean"]: mean.plain}
    draft.add(
        "outcomes", location, facts, arm=arm, scale=measure.scale, timepoint_days=days,
        timepoint_label=label, n=people, spread_basis="printed" if numbers else "",
        analysis=", ".join(filter(None, ["registry", measure.kind])), derived_by=derived_by,
        note=" ".join(note), **cells,
    )  # fmt: skip
    cell = Cell(arm, people, mean.plain, numbers.get("sd", ""), numbers.get("se", ""), tuple(facts))
    measure.cells.setdefault((label, days), []).append(cell)


def _spread(draft, measure, source, place):
    """Numbers of the spread by column kind, and remarks on a spread that has no column."""
    spread, low, high = (figure(source, key) for key in ("spread", "lowerLimit", "upperLimit"))
    label = words(measure.source, "dispersionType", limit=60)
    if measure.spread in ("sd", "se") and spread:
        if spread.value > 0:
            return {measure.spread: spread.plain}, []
        draft.refuse(place, f"{measure.spread.upper()} {spread.plain}; allowed: > 0")
        return {}, ["The printed spread is not positive."]
    if measure.spread == "ci95" and low and high:
        return {"low": low.plain, "high": high.plain}, []
    printed = [f.printed for f in (spread, low, high) if f.printed]
    return {}, [f"{label}: {' to '.join(printed)}."] if printed else ["No spread in the registry."]
