"""Counts of a registry record: flow, age and sex to `arms`; dropout, harms and responders to `events`."""

from __future__ import annotations

import re

from .decisions import FILE
from .draft import denominators
from .record import dig, figure, items, words
from .titles import LEFT_OUT, plain, slug

_TOTALS = {"serious_adverse_event": "serious", "death": "deaths"}


def flow(draft, study):
    """
    Propose numbers started and completed, and dropout.

    Parameters
    ----------
    draft : Draft
    study : dict
    """
    module = dig(study, "resultsSection", "participantFlowModule")
    periods = items(module, "periods")
    if not periods:
        return
    groups = draft.groups(module, "groups", place="participant flow")
    if len(periods) > 1:
        draft.refuse("participant flow", f"{len(periods)} periods", "read who started and completed by hand")
        return
    label = words(periods[0], "title", limit=80) or "whole trial"
    counts: dict[str, dict[str, str]] = {"STARTED": {}, "COMPLETED": {}, "NOT COMPLETED": {}}
    for milestone in items(periods[0], "milestones"):
        kind = plain(words(milestone, "type"))
        for entry in items(milestone, "achievements"):
            if kind in counts:
                counts[kind][words(entry, "groupId")] = figure(entry, "numSubjects").plain
    for group, arm in groups.items():
        started, completed = (counts[kind].get(group, "") for kind in ("STARTED", "COMPLETED"))
        left = counts["NOT COMPLETED"].get(group, "")
        _flow_of_arm(draft, arm, label, started, completed, left)


def _flow_of_arm(draft, arm, label, started, completed, left):
    location = f"participant flow: {label}"
    if not started.isdigit():
        draft.refuse(location, f"no number started for {arm}")
        return
    facts = {
        name: draft.fact("arm", "count", text, location, arm=arm, n=started, outcome=name)
        for name, text in (("n_started", started), ("n_completed", completed))
        if text.isdigit()
    }
    numbers = {"n_randomised": started, "n_completed": completed if completed.isdigit() else ""}
    draft.add("arms", location, facts.values(), arm=arm, role=draft.arms[arm], **numbers)
    derived = ""
    if not left.isdigit() and completed.isdigit() and int(completed) <= int(started):
        left, derived = str(int(started) - int(completed)), "total_minus_completed"
    if (arm, "dropout", None) in draft.counted:
        draft.notes.append(f"{location}: {arm}: dropout is in events.csv already")
    elif left.isdigit() and int(started) > 0:
        where = {"arm": arm, "outcome": "dropout", "n": started}
        status = "derived" if derived else "as printed"
        own = draft.fact("dichotomous", "n_events", left, location, status=status, **where)
        draft.add(
            "events", location, [own, *facts.values()] if derived else [own], definition="did not complete",
            timepoint_label="whole trial", events=left, derived_by=derived, **where,
        )  # fmt: skip


def baseline(draft, study):
    """
    Propose mean age and number of women of each arm.

    Returns
    -------
    dict of str to str
        Group id to arm, for the scores of the same module.
    """
    module = dig(study, "resultsSection", "baselineCharacteristicsModule")
    if not items(module, "measures"):
        return {}
    groups = draft.groups(module, "groups", place="baseline")
    n = denominators(module)
    for measure in items(module, "measures"):
        title = plain(words(measure, "title"))
        if title == "AGE CONTINUOUS" and plain(words(measure, "paramType")) == "MEAN":
            _baseline_rows(draft, measure, groups, n, "age", "mean", lambda category: True)
        elif title.startswith("SEX"):
            _baseline_rows(draft, measure, groups, n, "female", "count", lambda c: plain(c) == "FEMALE")
    return groups


def _baseline_rows(draft, measure, groups, n, column, statistic, wanted):
    location = f"baseline: {words(measure, 'title', limit=80)}"
    for one in items(measure, "classes"):
        for category in items(one, "categories"):
            if not wanted(words(category, "title")):
                continue
            for entry in items(category, "measurements"):
                arm, number = groups.get(words(entry, "groupId")), figure(entry, "value")
                if arm is None or not number or (statistic == "count" and not number.plain.isdigit()):
                    continue
                people = n.get(words(entry, "groupId"), "")
                where = {"arm": arm, "outcome": column, "timepoint_label": "baseline", "n": people}
                fact = draft.fact("arm", statistic, number.plain, location, timepoint_days="0", **where)
                draft.add("arms", location, [fact], arm=arm, role=draft.arms[arm], **{column: number.plain})


def harms(draft, study):
    """
    Propose serious and other adverse events, each with the people at risk.

    Parameters
    ----------
    draft : Draft
    study : dict
    """
    module = dig(study, "resultsSection", "adverseEventsModule")
    # The key is `eventGroups` in records, `groups` in some descriptions of the format.
    key = "eventGroups" if items(module, "eventGroups") else "groups"
    groups = draft.groups(module, key, place="adverse events") if items(module, key) else {}
    label = words(module, "timeFrame", limit=80) or "whole trial"
    for group in items(module, key):
        arm = groups.get(words(group, "id"))
        for outcome, word in _TOTALS.items():
            affected, risk = figure(group, f"{word}NumAffected"), figure(group, f"{word}NumAtRisk")
            if arm is not None and (affected.printed or risk.printed):
                _event(draft, arm, outcome, "", label, affected, risk, f"adverse events: {word} total")
    for kind in ("serious", "other"):
        for event in items(module, f"{kind}Events"):
            _term(draft, event, kind, groups, label)


def _term(draft, event, kind, groups, label):
    term = words(event, "term", limit=80)
    outcome = slug(term) if kind == "other" else f"serious_{slug(term)}"
    system = words(event, "organSystem", limit=80)
    location = f"adverse events: {kind}: {', '.join(filter(None, [system, term]))}"
    if not slug(term):
        draft.refuse(location, "an event without a name")
        return
    for entry in items(event, "stats"):
        arm = groups.get(words(entry, "groupId"))
        if arm is not None:
            affected, risk = figure(entry, "numAffected"), figure(entry, "numAtRisk")
            _event(draft, arm, outcome, f"{term} ({kind})", label, affected, risk, location)


def _event(draft, arm, outcome, definition, label, affected, risk, location, days="", derived_by=""):
    """One count, if it has its denominator and its name is free."""
    if not (affected.plain.isdigit() and risk.plain.isdigit() and int(risk.plain) > 0):
        found = f"'{affected.printed}' of '{risk.printed}'"
        draft.refuse(location, f"{arm}: {found} is no count with a denominator")
        return
    if known := draft.counted.get((arm, outcome, float(days) if days else None)):
        draft.notes.append(f"{location}: {arm}: {outcome} is in events.csv already ({known})")
        return
    key = ("arm", "outcome", "timepoint_label")
    if any(tuple(row[c] for c in key) == (arm, outcome, label) for row in draft.rows["events"]):
        draft.refuse(location, f"{arm}: a second '{outcome}'", "add it by hand under another name")
        return
    where = {"arm": arm, "outcome": outcome, "timepoint_days": days, "timepoint_label": label}
    kind = "safety" if location.startswith("adverse") else "dichotomous"
    fact = draft.fact(kind, "n_events", affected.plain, location, n=risk.plain, **where)
    draft.add(
        "events", location, [fact], definition=definition, events=affected.plain, n=risk.plain,
        derived_by=derived_by, **where,
    )  # fmt: skip


def count_measures(draft, study):
    """
    Propose responders and other people counted as an outcome.

    Parameters
    ----------
    draft : Draft
    study : dict
    """
    found = items(study, "resultsSection", "outcomeMeasuresModule", "outcomeMeasures")
    for number, measure in enumerate(found, start=1):
        if plain(words(measure, "paramType")) != "COUNT OF PARTICIPANTS":
            continue
        title = words(measure, "title", limit=120)
        place = f"outcome measure {number}: {title or 'no title'}"
        name = draft.decide("events", title, _event_name(title), place, "which event is counted?")
        if name and (name == LEFT_OUT or not re.fullmatch(r"[a-z0-9_]+", name)):
            draft.refuse(place, f"{FILE} says '{name}'; allowed: a name of a-z, 0-9 and _")
        elif name:
            _count_measure(draft, measure, place, title, name)


def _event_name(title):
    stems = {"response": "respon", "remission": "remi[ts]"}
    hits = [name for name, stem in stems.items() if re.search(stem, title, re.I)]
    return hits[0] if len(hits) == 1 else ""


def _count_measure(draft, measure, place, title, name):
    groups = draft.groups(measure, "groups", place=place)
    for one in items(measure, "classes"):
        label = words(one, "title", limit=80) or words(measure, "timeFrame", limit=80) or "not stated"
        where, categories = f"{place} / {label}", items(one, "categories")
        if len(categories) != 1:
            draft.refuse(where, f"{len(categories)} categories; it is not clear which is the event")
            continue
        time = draft.days(label, where)
        n = denominators(one, measure)
        for entry in items(categories[0], "measurements") if time else []:
            if arm := groups.get(words(entry, "groupId")):
                risk = figure(n.get(words(entry, "groupId"), ""))
                _event(draft, arm, name, title, label, figure(entry, "value"), risk, where, *time)
