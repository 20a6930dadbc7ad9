"""What a row says besides its numbers, against its facts: instrument, outcome, direction, window, arms."""

from __future__ import annotations

import re
from collections import defaultdict

from .dossier import named_days
from .facts import AGAIN, listed
from .slots import METRICS, study_of, text_of

_NONE = re.compile(r"\bno (\w+ ){0,2}(significant|difference)|\bcomparable|\bequal|\bpersisted\b", re.I)
_BETTER = re.compile(r"\bbetter\b|\bgreater\b|\blower\b|\breduc|\bfavours ketamine|\bsome effect\b", re.I)
_SIGNS = {">0": "positive", "<0": "negative", ">1": "above_one", "<1": "below_one"}
_WINDOW_DAYS = {"24h": 1, "week1": 7, "week2": 14}
_WINDOW_WORDS = {
    "all_times": "all time points|omnibus",
    "follow_up": "follow-up",
    "end_of_course": "end of treatment|treatment completion",
}
_SAME_WORD = {
    "ae": "adve",
    "teae": "adve",
    "even": "adve",
    "comp": "drop",
    "comb": "toge",
    "time": "days",
    "pare": "para",
    "trd": "depr",
}
_FILLERS = {"ptsd", "and", "or", "of", "to", "for", "the", "n"}


def fact_scale(dossier):
    """The instrument of a row is that of its facts: of those about one instrument, if there are any."""
    for table, line, row in dossier.rows("outcomes", "contrasts"):
        facts = [f for f in dossier.cited(row) if f["kind"] in ("continuous", "contrast") and f["outcome"]]
        exact = {f["outcome"] for f in facts} & set(dossier.scales)
        if facts and row["scale"] not in (exact or set().union(*map(_scales_of, facts))):
            allowed = f"a scale of the cited facts: {', '.join(sorted({f['outcome'] for f in facts}))}"
            yield table.fault(line, row, "scale", allowed, "correct the scale, or cite its facts")


def scale_of_trial(dossier):
    """The instrument of a contrast and the primary scale of a trial are named in the facts of the trial."""
    named = defaultdict(set)
    for _, _, row in dossier.rows("facts"):
        named[study_of(row)] |= _instruments(row)
    rated = defaultdict(set)
    for _, _, row in dossier.rows("outcomes", "contrasts"):
        rated[row["trial_id"]].add(row["scale"])
    for table, line, row in dossier.rows("contrasts", "trials"):
        column = "scale" if "scale" in row else "primary_scale"
        overlap = dossier.trials.get(row["trial_id"], {}).get("overlaps_with")
        scale, words = row[column], named[row["trial_id"]] | named[overlap]
        old = (scale or "").removesuffix("-IV")  # reports before DSM-5 leave the version out
        known = scale in words or (old != scale and old in words and f"{old}-5" not in words)
        ptsd = column == "scale" or dossier.scales.get(scale, {}).get("domain") == "ptsd"
        listed = column == "scale" or not rated[row["trial_id"]] or scale in rated[row["trial_id"]]
        if scale is not None and not (known and ptsd and listed):
            allowed = f"an instrument for PTSD that facts and rows of {row['trial_id']} name"
            yield table.fault(line, row, column, allowed, "correct the scale, or cite its facts")


def _instruments(fact):
    """Words of a fact that look like an instrument, with and without their version."""
    words = re.findall(r"[A-Z]{3,5}(?:-(?:IV|R|M|\d))?", f"{fact['outcome']} {text_of(fact)}")
    return {*words, *(word.split("-")[0] for word in words)}


def _scales_of(fact):
    """Instruments that a fact names in its outcome, alone or with others."""
    return set(re.split(r"[ /]", fact["outcome"] or ""))


def fact_finding(dossier):
    """A finding in words is what the cited fact says: a direction, or no difference."""
    for table, line, row in dossier.rows("contrasts"):
        said = [f for f in dossier.cited(row) if f["statistic"] == "direction"]
        said = [f for f in said if row["scale"] in _scales_of(f) or f["outcome"] == "onset"]
        texts = [str(f["note"]).split(" | ")[0] for f in said if f["analysis"] != "preprint"]
        if not texts or row["finding"] in ("estimate", "unknown"):
            continue
        null, better = (any(pattern.search(t) for t in texts) for pattern in (_NONE, _BETTER))
        allowed = "not_significant" if null else "favours_active"
        if null != better and row["finding"] != allowed:
            yield table.fault(line, row, "finding", f"{allowed}, as the fact says: {texts[0]}", AGAIN)


def fact_sign(dossier):
    """Which sign favours the active arm is what the cited fact says."""
    for table, line, row in dossier.rows("contrasts", "published_pools"):
        wanted = METRICS.get(row["metric"], ())
        signs = {f["sign"] for f in dossier.cited(row) if f["statistic"] in wanted and f["sign"]}
        known = {_SIGNS[s[:2]] for s in signs if s[:2] in _SIGNS and "favours" in s}
        if known and row["favours_active_when"] not in known:
            allowed = f"{' or '.join(sorted(known))}, as the fact says: {'; '.join(sorted(signs))}"
            yield table.fault(line, row, "favours_active_when", allowed, AGAIN)


def fact_review(dossier):
    """A published pool cites facts of its own review, of the time that its window means."""
    for table, line, row in dossier.rows("published_pools"):
        facts = dossier.cited(row)
        studies = {study_of(fact) for fact in facts} - {""}
        if studies and row["review"] not in studies:
            allowed = f"a review of the cited facts: {', '.join(sorted(studies))}"
            yield table.fault(line, row, "review", allowed, AGAIN)
        windows = _windows_of(facts)
        if row["comparable"] != "yes":  # other reviews' times need not be windows of this one
            windows |= {"not_stated"} if windows else set()
        if windows and row["window"] not in windows:
            allowed = f"{' or '.join(sorted(windows))}, as the facts say"
            yield table.fault(line, row, "window", allowed, AGAIN)


def _windows_of(facts):
    """Windows that the days, or else the labels, of facts mean."""
    days = {f["timepoint_days"] for f in facts} - {None}
    text = " ".join(str(f["timepoint_label"]) for f in facts)
    windows = {w for w, day in _WINDOW_DAYS.items() if day in days}
    return windows or {w for w, words in _WINDOW_WORDS.items() if re.search(words, text)}


def window_told(dossier):
    """A published pool has a window only when its facts name a time."""
    for table, line, row in dossier.rows("published_pools"):
        if row["window"] != "not_stated" and not _windows_of(dossier.cited(row)):
            allowed = "not_stated: no cited fact names a time"
            yield table.fault(
                line, row, "window", allowed, "cite the fact that names it, or write not_stated"
            )


def fact_outcome(dossier):
    """The outcome of a row is that of a fact that it cites: same words, whatever their order and endings."""
    for table, line, row in dossier.rows("events", "timing", "published_pools"):
        column = "event" if table.schema.name == "timing" else "outcome"
        facts = [f for f in dossier.cited(row) if f["kind"] != "design" and f["outcome"]]
        stems, least = _stems(row[column]), 0.5 if column == "outcome" and "review" in row else 0.51
        shared = [len(stems & _stems(fact["outcome"])) / max(len(stems), 1) for fact in facts]
        if stems and facts and max(shared) < least:
            allowed = f"an outcome of the facts: {', '.join(sorted({f['outcome'] for f in facts}))}"
            yield table.fault(line, row, column, allowed, "correct the outcome, or cite its facts")


def _stems(text):
    """Words of an outcome, cut to four letters, fillers left out."""
    stems = {word[:4] for word in re.findall(r"[a-z]+|\d+", (text or "").lower())}
    return {_SAME_WORD.get(stem, stem) for stem in stems} - _FILLERS


def fact_clock(dossier):
    """Days to an event are counted from where the fact says."""
    for table, line, row in dossier.rows("timing"):
        text = " ".join(text_of(fact) for fact in dossier.cited(row))
        after = re.search(r"from end of course|after (the )?(2-week course|infusion series)", text)
        if after and row["counted_from"] != "end_of_course":
            allowed = f"end_of_course: the fact says '{after[0]}'"
            yield table.fault(line, row, "counted_from", allowed, AGAIN)


def arm_roles(dossier):
    """A contrast sets an active arm against a comparator."""
    for table, line, row in dossier.rows("contrasts"):
        for column in ("active_arm", "comparator_arm"):
            role = dossier.arms.get((row["trial_id"], row[column]), {}).get("role")
            if role is not None and role.split("_")[0] != column.split("_")[0]:
                allowed = f"an arm whose role is {column.split('_')[0]}, not {role}"
                yield table.fault(
                    line, row, column, allowed, "exchange the arms, or correct the role in arms"
                )


def statement_day(dossier):
    """A time in the subject of a context row is the day of its facts."""
    for table, line, row in dossier.rows("context"):
        low, high = named_days(row["subject"])
        days = [f["timepoint_days"] for f in dossier.cited(row) if f["statistic"] not in ("text_fact",)]
        wrong = [d for d in days if d is not None and low is not None and not low <= d <= high]
        if wrong:
            allowed = f"facts of day {low:g} to {high:g}, as '{row['subject']}' says"
            yield table.fault(line, row, "fact_ids", allowed, AGAIN, found=f"day {listed(wrong)}")
