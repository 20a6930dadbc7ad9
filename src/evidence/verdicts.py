"""
From a recognised claim to a verdict, by the rules of ``answers.json``. Standard library only.

A verdict is a function of the topic's answer and of what the sentence asserts; the rules are data, tried in
order, and every number in a reason comes from a fact row or from a result of the review.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .quantities import Quantity
from .recognise import Asserted, Claim

VERDICTS = (
    "contradicted",
    "overstated",
    "no evidence",
    "supported with limits",
    "supported",
    "outside scope",
)
_DAYS = {"minutes": 1 / 1440, "hours": 1 / 24, "days": 1, "weeks": 7, "months": 30.4, "years": 365}
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Judgement:
    """Verdict, its reason with numbers, an honest wording, and the facts and sources behind it."""

    verdict: str
    reason: str
    suggestion: str
    evidence: tuple[dict, ...]
    sources: tuple[dict, ...]


@dataclass(frozen=True)
class _Row:
    """A fact row for ``say``: value, low, high, n as numbers (NaN when blank), percent of n."""

    value: float
    low: float
    high: float
    n: float

    @property
    def percent(self) -> float:
        return 100 * self.value / self.n


def _row(fact: dict) -> _Row:
    return _Row(*(float(fact[c]) if fact[c] else float("nan") for c in ("value", "ci_low", "ci_high", "n")))


def fill(
    template: dict, facts: dict[str, dict], references: dict[str, dict], slots: dict | None = None
) -> dict:
    """
    Fill the numbers of the answer template.

    Parameters
    ----------
    template : dict
        ``answers_template.json``.
    facts : dict
        Rows of ``data/facts.csv`` (strings) by ``fact_id``.
    references : dict
        Rows of ``data/references.csv`` by ``key``.
    slots : dict, optional
        Results of this review by slot name: ``{"say": ..., "sources": [...]}``. A slot without one keeps its
        published stand-in and is marked provisional.

    Returns
    -------
    dict
        The content of ``answers.json``: topics with finished sentences, facts, sources.

    Raises
    ------
    KeyError
        If a fact, a source or a name in a sentence is unknown.
    """
    said = {}
    for name, fact in template["facts"].items():
        rows = [facts[i] for i in fact["ids"]]
        sources = list(dict.fromkeys(r["source_key"] for r in rows))
        text = fact["say"].format(*(_row(r) for r in rows)) if "{" in fact["say"] else fact["say"]
        said[name] = {"say": text, "fact_ids": fact["ids"], "sources": sources, "provisional": False}
    for name, slot in template["slots"].items():
        computed = (slots or {}).get(name)
        said[name] = {**said[slot["provisional"]], **(computed or {}), "provisional": computed is None}
    keys = sorted({key for fact in said.values() for key in fact["sources"]})

    def worded(text: str) -> str:
        return _SLOT.sub(lambda m: said[m.group(1)]["say"], text)

    def named(*texts: str) -> list[str]:
        return list(dict.fromkeys(name for text in texts for name in _SLOT.findall(text)))

    topics = {}
    for topic, spec in template["topics"].items():
        rules = [
            {**r, "reason": _sentence(worded(r["reason"])), "facts": named(r["reason"])}
            for r in spec["rules"]
        ]
        topics[topic] = {**spec, "suggestion": _sentence(worded(spec["suggestion"])), "rules": rules}
    return {"facts": said, "sources": {k: _cited(references[k]) for k in keys}, "topics": topics}


def _sentence(text: str) -> str:
    """Capital first letter, one space after a full stop."""
    return text[:1].upper() + text[1:]


def _cited(reference: dict) -> dict:
    """What a reader needs to find a source."""
    cite = ", ".join(v for v in (reference["authors_short"], reference["year"], reference["journal"]) if v)
    url = f"https://doi.org/{reference['doi']}" if reference["doi"] else reference["url"]
    return {"cite": cite, "title": reference["title"], "url": url}


def _values(numbers: tuple[Quantity, ...], unit: str) -> list[float]:
    """Values in a unit; times are converted to the days or minutes asked for."""
    if unit in ("days", "minutes"):
        return [q.value * _DAYS[q.unit] / _DAYS[unit] for q in numbers if q.unit in _DAYS]
    return [q.value for q in numbers if q.unit == unit]


def _number_holds(numbers: tuple[Quantity, ...], condition: dict) -> bool:
    inside = [condition["min"] <= v <= condition["max"] for v in _values(numbers, condition["unit"])]
    return all(inside) and bool(inside) if condition.get("every") else any(inside)


def holds(when: dict, asserted: Asserted) -> bool:
    """
    Whether the conditions of a rule are met.

    Parameters
    ----------
    when : dict
        Any of ``polarity`` (characters allowed), ``strength`` (list), ``has`` (all of these word families),
        ``any`` (one of them), ``lacks`` (none of them), ``number``.
    asserted : Asserted

    Returns
    -------
    bool

    Raises
    ------
    ValueError
        If a condition is unknown.
    """
    tests = {
        "polarity": lambda allowed: asserted.polarity in allowed,
        "strength": lambda allowed: asserted.strength in allowed,
        "has": lambda names: asserted.families.issuperset(names),
        "any": lambda names: not asserted.families.isdisjoint(names),
        "lacks": lambda names: asserted.families.isdisjoint(names),
        "number": lambda condition: _number_holds(asserted.numbers, condition),
    }
    unknown = set(when) - set(tests)
    if unknown:
        raise ValueError(f"rule condition {sorted(unknown)[0]!r} is unknown; allowed: {', '.join(tests)}")
    return all(tests[key](value) for key, value in when.items())


def judge(claim: Claim, answers: dict) -> Judgement:
    """
    Verdict of one claim: the first rule of its topic that fits.

    Parameters
    ----------
    claim : Claim
    answers : dict
        Content of ``answers.json``, from `fill`.

    Returns
    -------
    Judgement
    """
    topic = answers["topics"][claim.topic]
    rule = next(r for r in topic["rules"] if holds(r["when"], claim.asserted))
    names = list(dict.fromkeys([*rule["facts"], *topic["facts"]]))
    evidence = tuple({"name": n, **answers["facts"][n]} for n in names)
    keys = dict.fromkeys(key for fact in evidence for key in fact["sources"])
    sources = tuple({"key": key, **answers["sources"][key]} for key in keys)
    return Judgement(rule["verdict"], rule["reason"], topic["suggestion"], evidence, sources)
