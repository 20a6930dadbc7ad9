"""
From a recognised claim to a verdict, by the rules of ``answers.json``. Standard library only.

A verdict is a function of the topic's answer and of what the sentence asserts; the rules are data, tried in
order, and every number in a reason comes from a fact row or from a result of the review.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .features import on_topic
from .model import heads
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
REFUTED = VERDICTS[:2]
_DAYS = {"minutes": 1 / 1440, "hours": 1 / 24, "days": 1, "weeks": 7, "months": 30.4, "years": 365}
_SLOT = re.compile(r"\{(\w+)\}")
_NUMBER = re.compile(r"\d[\d,]*+(?:\.\d+)?")
# Units whose numbers a reader would want compared, and how they are written.
_COMPARED = {"percent": "{}%", "participants": "{} people", "studies": "{} studies", "points": "{} points",
             "g": "an effect of {}", "mmHg": "{} mmHg"}  # fmt: skip
# Remarks of the extraction in a reference: they stay in the table. Authors that are all remark are none.
_REMARK = re.compile(r"\([^()]*(?:not s(?:hown|een)|from brief)[^()]*\)|^\([^()]*\)$")
_ROUNDING = 0.1  # "a quarter" for 27%


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

    @property
    def oriented(self) -> str:
        """Effect with interval of a row in which positive favours ketamine, turned so that negative does."""
        return f"{0.0 - self.value:.2f} ({0.0 - self.high:.2f} to {0.0 - self.low:.2f})"


def _row(fact: dict) -> _Row:
    cells = (fact[c] for c in ("value", "ci_low", "ci_high", "n"))
    return _Row(*(float("nan" if cell == "" else cell) for cell in cells))


@cache
def template() -> dict:
    """Content of ``answers_template.json``."""
    return json.loads(Path(__file__).with_name("answers_template.json").read_text(encoding="utf-8"))


def say_facts(template: dict, facts: dict[str, dict]) -> dict[str, dict]:
    """
    Facts of the template in words, with the numbers of their rows.

    Parameters
    ----------
    template : dict
        Content of ``answers_template.json``.
    facts : dict
        Rows of ``data/facts.csv`` by ``fact_id``.

    Returns
    -------
    dict
        By name: ``say``, ``fact_ids``, ``sources``.
    """
    said = {}
    for name, fact in template["facts"].items():
        rows = [facts[i] for i in fact["ids"]]
        text = fact["say"].format(*(_row(r) for r in rows)) if "{" in fact["say"] else fact["say"]
        sources = list(dict.fromkeys(r["source_key"] for r in rows))
        said[name] = {"say": text, "fact_ids": fact["ids"], "sources": sources}
    return said


def fill(template: dict, said: dict[str, dict], references: dict[str, dict], decide: Callable) -> dict:
    """
    Fill the answer template: numbers into sentences, verdicts where a rule of the ledger decides.

    Parameters
    ----------
    template : dict
        Content of ``answers_template.json``.
    said : dict
        Facts and results of this review by name: ``say``, ``fact_ids``, ``sources``.
    references : dict
        Rows of ``data/references.csv`` by ``key``.
    decide : callable
        Takes a name of a rule and of a query, gives a verdict and the rationale of the rule.

    Returns
    -------
    dict
        The content of ``answers.json``: topics with finished sentences, facts, sources.

    Raises
    ------
    KeyError
        If a fact, a source or a name in a sentence is unknown.
    """

    def worded(text: str) -> str:
        return _sentence(_SLOT.sub(lambda m: said[m.group(1)]["say"], text))

    def rule_of(rule: dict) -> dict:
        named = list(dict.fromkeys(_SLOT.findall(rule["reason"])))
        filled = {"stance": rule["verdict"], **rule, "reason": worded(rule["reason"]), "facts": named}
        name, colon, query = rule["verdict"].partition(": ")
        if colon:
            filled["verdict"], filled["why"] = decide(name, query)
            filled["rule"], filled["query"] = name, query
        return filled

    topics = {
        topic: {**spec, "suggestion": worded(spec["suggestion"]), "rules": list(map(rule_of, spec["rules"]))}
        for topic, spec in template["topics"].items()
    }
    cited = {name for spec in topics.values() for r in [spec, *spec["rules"]] for name in r["facts"]}
    used = {name: fact for name, fact in said.items() if name in cited}
    keys = sorted({key for fact in used.values() for key in fact["sources"]})
    return {"facts": used, "sources": {k: _cited(references[k]) for k in keys}, "topics": topics}


def _sentence(text: str) -> str:
    """Capital first letter, one space after a full stop."""
    return text[:1].upper() + text[1:]


def _cited(reference: dict) -> dict:
    """What a reader needs to find a source."""
    reference = {name: "" if cell != cell else cell for name, cell in reference.items()}  # NaN is blank
    title = reference["title"]
    who, journal = (_REMARK.sub("", reference[name]).strip() for name in ("authors_short", "journal"))
    cite = ", ".join(part for part in (who or title, reference["year"], journal) if part)
    url = f"https://doi.org/{reference['doi']}" if reference["doi"] else reference["url"]
    return {"cite": cite, "title": title, "url": url}


def _values(numbers: tuple[Quantity, ...], unit: str) -> list[float]:
    """Values in a unit; times are converted to the days or minutes asked for."""
    if unit in ("days", "minutes"):
        return [q.value * _DAYS[q.unit] / _DAYS[unit] for q in numbers if q.unit in _DAYS]
    # the sign of an effect says whom it favours, which differs by source
    return [abs(q.value) if unit == "g" else q.value for q in numbers if q.unit == unit]


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


def number_rule(rules: list[dict], asserted: Asserted) -> dict | None:
    """The first rule about a number that the sentence names, or None."""
    return next((r for r in rules if "number" in r["when"] and holds(r["when"], asserted)), None)


def stance(rule: dict) -> str:
    """The position that a rule stands for."""
    return rule.get("stance", rule["verdict"])


def _rule(rules: list[dict], claim: Claim) -> dict:
    numbered = number_rule(rules, claim.asserted)
    if numbered and numbered["verdict"] in REFUTED:
        return numbered
    found = on_topic(claim.found, claim.topic, stance(numbered) if numbered else "")
    fitting = [rule for rule in rules if holds(rule["when"], claim.asserted)]
    others = [rule for rule in rules[::-1] if _may_stand(rule["when"], claim.asserted)]
    by_stance = {stance(rule): rule for rule in [*fitting, *others][::-1]}
    return by_stance[next(position for position in heads()["stance"].ranked(found) if position in by_stance)]


def _may_stand(when: dict, asserted: Asserted) -> bool:
    """Whether a rule may stand for a position although its words are not there; a number must be there."""
    return "number" not in when and asserted.polarity in when.get("polarity", asserted.polarity)


def judge(claim: Claim, answers: dict) -> Judgement:
    """
    Verdict of one claim, by a rule of its topic.

    The first rule about a number of the sentence decides when it refutes it; a right number does not make a
    sentence right, though the model weighs it. Else it is the likeliest stance that the topic's rules stand
    for, and of these the first rule whose conditions hold, never a rule for the other polarity.

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
    rule = _rule(topic["rules"], claim)
    names = list(dict.fromkeys([*rule["facts"], *topic["facts"]]))
    evidence = tuple({"name": n, **answers["facts"][n]} for n in names)
    keys = dict.fromkeys(key for fact in evidence for key in fact["sources"])
    sources = tuple({"key": key, **answers["sources"][key]} for key in keys)
    reason = rule["reason"] + _not_compared(rule, claim.asserted, [fact["say"] for fact in evidence])
    return Judgement(rule["verdict"], reason, topic["suggestion"], evidence, sources)


def _not_compared(rule: dict, asserted: Asserted, said: list[str]) -> str:
    """Say which numbers of a sentence that is supported stand in no fact behind the verdict."""
    if not rule["verdict"].startswith("supported") or "number" in rule["when"]:
        return ""
    known = [float(n.replace(",", "")) for text in [rule["reason"], *said] for n in _NUMBER.findall(text)]
    own = [
        _COMPARED[q.unit].format(f"{q.value:.4g}")
        for q in asserted.numbers
        if q.unit in _COMPARED and not any(abs(abs(q.value) - k) <= _ROUNDING * abs(k) for k in known)
    ]
    return f" Not compared with a source: {', '.join(dict.fromkeys(own))}." if own else ""
