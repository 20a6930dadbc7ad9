"""Certainty of evidence: the ratings, their reasons, and what effects mean for people."""

from __future__ import annotations

import math

import numpy as np

from ..certainty.absolute import assumed_sd, control_rates, per_100, points, responders_per_100
from ..certainty.grade import LEVELS, Rating
from ..certainty.outcomes import event_counts
from ..measures.absolute_risk import zero_event_upper_bound
from ..prose.tables import table
from ..prose.wording import answer, count, join_words, number, with_interval

SCALES = ("CAPS-5", "PCL-5")
# Santesso et al. (2020), J Clin Epidemiol 119:126: one phrase for each level of certainty.
PHRASES = {
    "high": "the result is",
    "moderate": "the result is probably",
    "low": "the result may be",
    "very low": "the evidence is very uncertain:",
    "no evidence": "there is no evidence:",
}


def certainty_answer(ratings) -> str:
    """Say how certain the evidence is, and what lowers it most often."""
    levels = [rating.level for rating in ratings]
    kinds = [level for level in (*reversed(LEVELS), "no evidence") if level in levels]
    found = join_words([f"{level} for {count(levels.count(level), 'outcome')}" for level in kinds])
    lost: dict[str, int] = {}
    for step in (step for rating in ratings for step in rating.steps):
        lost[step.domain] = lost.get(step.domain, 0) + step.levels
    most = sorted((d for d in lost if lost[d]), key=lambda d: -lost[d])
    reasons = join_words([f"{domain} ({count(lost[domain], 'level', spell=False)})" for domain in most])
    text = f"The certainty of the evidence is {found}."
    return (
        f"{text} Over all outcomes it was lowered for {reasons}."
        if reasons
        else f"{text} Nothing lowered it."
    )


def severity_statement(rating: Rating) -> str:
    """Put one rating of symptom severity into a sentence whose strength follows its certainty."""
    if math.isnan(rating.estimate):
        return f"{rating.name}: no effect can be estimated."
    return answer(
        "{name}: {phrase} g = {rating:full}; it {rating:favours} (certainty: {level}).",
        name=rating.name,
        phrase=PHRASES[rating.level],
        rating=rating,
        level=rating.level,
    )


def certainty_table(ratings):
    """Show each outcome with the levels taken off in every domain."""
    rows = [
        {
            "name": r.name,
            "k": r.k,
            "n": r.n,
            **{step.domain: _shown(step) for step in r.steps},
            "level": r.level,
        }
        for r in ratings
    ]
    domains = [step.domain for step in ratings[0].steps]
    columns = {"name": "outcome", "k": "trials", "n": "participants", **{d: d for d in domains}}
    return table(rows, {**columns, "level": "certainty"})


def _shown(step) -> str:
    if step.reason.startswith("not assessable"):
        return "not assessable"
    return f"-{step.levels}" if step.levels else "0"


def reasons_table(ratings):
    """Show the reason for every level, computed."""
    rows = [
        {"name": r.name, "domain": step.domain, "levels": _shown(step), "reason": step.reason}
        for r in ratings
        for step in r.steps
    ]
    columns = {"name": "outcome", "domain": "domain", "levels": "levels", "reason": "reason"}
    return table(rows, columns)


def findings_table(ratings, review, choices=None):
    """Show the summary of findings: effect, what it means for people, certainty."""
    rows = [
        {
            "name": r.name,
            "k": r.k,
            "n": r.n,
            "effect": _effect(r),
            "absolute": _absolute(r, review, choices),
            "level": r.level,
        }
        for r in ratings
    ]
    columns = {
        "name": "outcome",
        "k": "trials",
        "n": "participants",
        "effect": "effect (95% interval)",
        "absolute": "what it means, under the assumptions below",
        "level": "certainty",
    }
    return table(rows, columns)


def _effect(r) -> str:
    if math.isnan(r.estimate):
        return number(r.estimate)
    if r.measure == "g":
        return f"g {with_interval(r.estimate, r.ci_low, r.ci_high)}"
    return f"odds ratio {with_interval(*np.exp([r.estimate, r.ci_low, r.ci_high]))}"


def _absolute(r, review, choices) -> str:
    if math.isnan(r.estimate):
        return number(r.estimate)
    return _severity(r, review) if r.measure == "g" else _event(r, event_counts(review, r.outcome, choices))


def _severity(r, review) -> str:
    """Points on both scales and responders at both rates; a negative effect is more responders."""
    ends = (r.estimate, r.ci_low, r.ci_high)
    parts = [
        f"{with_interval(*points(np.array(ends), assumed_sd(review, scale).sd), 1)} points on {scale}"
        for scale in SCALES
    ]
    for control in control_rates(review):
        most, fewest = (responders_per_100(g, control.rate) for g in (r.ci_low, r.ci_high))
        found = with_interval(responders_per_100(r.estimate, control.rate), fewest, most, 0)
        parts.append(f"{found} responders per 100 against {number(100 * control.rate, 0)}")
    return "; ".join(parts)


def _event(r, counts) -> str:
    """People with the event per 100 at the comparator's observed rate, or a bound where nobody had it."""
    rate = counts["c"].sum() / counts["n2"].sum()
    if counts["a"].sum() == 0:
        n = int(counts["n1"].sum())
        bound = 100 * zero_event_upper_bound(n)
        return f"none in {n} on the drug; as many as {number(bound, 0)} in 100 would still fit"
    if rate == 0:
        return "none on the comparator: no rate to start from"
    low, high = (per_100(end, rate) for end in (r.ci_low, r.ci_high))
    return f"{with_interval(per_100(r.estimate, rate), low, high, 0)} per 100 against {number(100 * rate, 0)}"


def assumptions_table(review):
    """Show the assumptions behind absolute effects, each with its source."""
    rows = []
    for scale in SCALES:
        sd = assumed_sd(review, scale)
        row = review.scales.set_index("scale").loc[scale]
        note = f"reliable change in one person: {number(row['meaningful_change'], 0)} points"
        rows.append(
            {
                "what": f"SD of {scale}",
                "value": f"{number(sd.sd)} points",
                "source": sd.source,
                "facts": sd.fact_ids,
                "note": note,
            }
        )
    for control in control_rates(review):
        rows.append(
            {
                "what": "response on the comparator",
                "value": f"{number(100 * control.rate, 0)} per 100",
                "source": control.source,
                "facts": control.fact_ids,
                "note": "g to log odds by pi over root three (Chinn 2000)",
            }
        )
    columns = {
        "what": "assumption",
        "value": "value",
        "source": "taken from",
        "facts": "facts",
        "note": "note",
    }
    return table(rows, columns)


def what_would_raise(ratings) -> str:
    """Say which single repair would raise the certainty of each severity outcome by how much."""
    parts = []
    for r in (r for r in ratings if r.measure == "g" and r.points):
        below = sum(step.levels for step in r.steps)
        lowered = [f"{step.domain} (-{step.levels})" for step in r.steps if step.levels]
        short = max(0, below - 3)
        extra = f", {count(short, 'level')} more than the scale has" if short else ""
        parts.append(f"{r.name}: {join_words(lowered) or 'nothing'}{extra}")
    return f"What stands between these ratings and high certainty. {'; '.join(parts)}."
