"""
Word families in a sentence: the pattern table, what it finds, and what negation governs.

Standard library only. One pass over the words with dictionary look-ups; no regular expression is searched.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .quantities import Quantity, Token, quantities_of, tokens_of
from .sentences import Sentence

NEGATION_REACH = 8  # words; a negator further away rarely governs the word
_STOPS = frozenset(
    ", ; : — – ( ) but although though while whereas however yet because unlike where".split()  # noqa: SIM905
)
_HARD_STOPS = _STOPS - {","}
# Families hidden inside a longer set phrase: "no better than" holds no benefit, "safe bet" no safety.
_POLAR = frozenset(
    "neg benefit nobenefit absolute safe relapse epistemic harm permanent resistant lasting "  # noqa: SIM905
    "therapybare strong".split()
)
_OTHERS = ("ssri", "stdmed", "psychother", "other_drug")  # treatments that are not ketamine
# Groups that "these individuals" may point back to, and the topic of a claim about them.
CARRIED = {"veteran": "veterans", "responder_pop": "first_responders", "resistant": "treatment_resistant"}


@dataclass(frozen=True)
class Hit:
    """A phrase of a family found in a sentence: word positions ``start`` to ``end``, exclusive."""

    concept: str
    start: int
    end: int


class Table:
    """The pattern table: phrases by first word, topics."""

    def __init__(self, patterns: dict):
        self.concepts, self.topics = patterns["concepts"], patterns["topics"]
        self.types, self.imperatives = patterns["types"], frozenset(patterns["imperatives"].split())
        self.not_imperative_before = frozenset(patterns["not_imperative_before"].split())
        self.exact, self.stems = defaultdict(list), defaultdict(list)
        for name, concept in self.concepts.items():
            for phrase in concept["words"].split("|"):
                words = tuple(phrase.split())
                if words[0].endswith("*"):
                    self.stems[words[0][:-1]].append((name, words[1:]))
                else:
                    self.exact[words[0]].append((name, words[1:]))
        self.absorbing = frozenset(n for n, c in self.concepts.items() if c.get("absorbs"))
        self.starts: dict[str, list] = {}

    def polar_words(self, topic: str) -> tuple[list[str], list[str]]:
        """Families that affirm and that deny a statement of law or practice."""
        spec, usual = self.topics[topic], self.types[self.topics[topic]["type"]]
        return spec.get("plus", usual["plus"]), spec.get("minus", usual["minus"])

    def phrases_from(self, word: str) -> list:
        """Phrases that may begin with this word."""
        found = self.starts.get(word)
        if found is None:
            found = list(self.exact.get(word, ()))
            for k in range(2, min(len(word), 20) + 1):
                found += self.stems.get(word[:k], ())
            if len(self.starts) < 50_000:  # bounded memory for hostile vocabularies
                self.starts[word] = found
        return found


@cache
def table() -> Table:
    """The pattern table of the package, read once."""
    return Table(json.loads(Path(__file__).with_name("patterns.json").read_text(encoding="utf-8")))


def _same(pattern: str, word: str) -> bool:
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else pattern in (word, "_")


def _rest(words: list[str], i: int, phrase: tuple[str, ...]) -> int:
    """End of a phrase whose remaining words start at i, or -1. A gap (~) takes up to three words."""
    for k, pattern in enumerate(phrase):
        if pattern == "~":
            for skip in range(4):
                if i + skip < len(words) and words[i + skip] in _HARD_STOPS:
                    return -1
                end = _rest(words, i + skip, phrase[k + 1 :])
                if end > 0:
                    return end
            return -1
        if i >= len(words) or not _same(pattern, words[i]):
            return -1
        i += 1
    return i


def _hits(words: list[str], lexicon: Table) -> list[Hit]:
    """All phrases found; polarity words inside an absorbing phrase are dropped."""
    hits = []
    for i, word in enumerate(words):
        for concept, rest in lexicon.phrases_from(word):
            end = _rest(words, i + 1, rest)
            if end > 0:
                hits.append(Hit(concept, i, end))
    longest: dict[int, int] = {}
    for hit in hits:
        if hit.concept in lexicon.absorbing and hit.end - hit.start > 1:
            for i in range(hit.start, hit.end):
                longest[i] = max(longest.get(i, 0), hit.end - hit.start)

    def hidden(hit: Hit) -> bool:
        return all(longest.get(i, 0) > hit.end - hit.start for i in range(hit.start, hit.end))

    return [hit for hit in hits if hit.concept not in _POLAR or not hidden(hit)]


def _negated_tokens(words: list[str], hits: list[Hit]) -> set[int]:
    """Positions under an odd number of negators."""
    count: dict[int, int] = defaultdict(int)
    for hit in hits:
        if hit.concept == "neg":
            for i in range(hit.end, min(hit.end + NEGATION_REACH, len(words))):
                if words[i] in _HARD_STOPS or (words[i] == "," and i - hit.end > 1):
                    break
                count[i] += 1
    return {i for i, n in count.items() if n % 2}


def _softened_tokens(words: list[str], hits: list[Hit]) -> set[int]:
    """Positions just behind 'not statistically', 'no clear' and the like: no word there is meant strongly."""
    soft: set[int] = set()
    for hit in hits:
        if hit.concept in ("nobenefit", "uncertain", "offlabel", "against"):
            soft.update(range(hit.start, hit.end))
            for i in range(hit.end, min(hit.end + 3, len(words))):
                if words[i] in _STOPS:
                    break
                soft.add(i)
    return soft


def _clauses(words: list[str]) -> list[int]:
    """Number of the clause each word stands in."""
    clause, numbers = 0, []
    for word in words:
        clause += word in _STOPS
        numbers.append(clause)
    return numbers


def _quantity_features(quantities: list[Quantity]) -> set[str]:
    """Features such as q:24h or q:percent."""
    found = {f"q:{q.unit}" for q in quantities}
    days = {"minutes": 1 / 1440, "hours": 1 / 24, "days": 1, "weeks": 7, "months": 30.4, "years": 365}
    for q in quantities:
        if q.unit in days:
            span = q.value * days[q.unit]
            found |= {"q:short"} if span < 0.8 else set()
            found |= {"q:24h"} if 0.8 <= span <= 1.2 else set()
            found |= {"q:week"} if 6 <= span <= 9 else set()
            found |= {"q:halfyear"} if span >= 120 else set()
            found |= {"q:weeksonly"} if 9 < span < 120 else set()
            found |= {"q:visitlength"} if 5 / 1440 <= span <= 4 / 24 else set()
        if q.unit == "participants":
            found |= {"q:people"} | ({f"q:{q.value:.0f}"} if 100 <= q.value < 1000 else set())
    found |= {"q:minority"} if any(q.unit == "percent" and q.value < 50 for q in quantities) else set()
    found |= {"q:percent2"} if sum(q.unit == "percent" for q in quantities) > 1 else set()
    found |= {"q:pair"} if sum(q.unit in ("count", "points") for q in quantities) > 1 else set()
    return found


class Reading:
    """Everything read from one sentence."""

    def __init__(self, sentence: Sentence, lexicon: Table, before: frozenset[str] = frozenset()):
        tokens: list[Token] = tokens_of(sentence.text)
        self.sentence = sentence
        marks = [t.word.removesuffix("'s") for t in tokens]
        # Hyphens join words that families spell apart, so they count as spaces.
        self.words = [w for w in marks if w not in ("-", "'", '"')]
        self.quantities = quantities_of(tokens)
        self.hits = _hits(self.words, lexicon)
        self.clause = _clauses(self.words)
        self.negated = _negated_tokens(self.words, self.hits)
        self.soft = _softened_tokens(self.words, self.hits)
        self.at: dict[str, list[Hit]] = defaultdict(list)
        for hit in self.hits:
            self.at[hit.concept].append(hit)
        self.families = set(self.at) | _quantity_features(self.quantities)
        self._derive()
        self.carried: list[str] = []
        for back in self.at["backref"][:1]:  # "these individuals" stand for the groups named before
            self.carried = sorted(before.intersection(CARRIED))
            for name in self.carried:
                hit = Hit(name, back.start, back.end)
                self.hits.append(hit)
                self.at[name].append(hit)
        self.families |= {name for name, hits in self.at.items() if hits}

    def plain(self, *concepts: str) -> list[Hit]:
        """Hits of these families that no negator governs."""
        return [h for c in concepts for h in self.at.get(c, ()) if h.start not in self.negated]

    def denied(self, *concepts: str) -> list[Hit]:
        """Hits of these families under a negator."""
        return [h for c in concepts for h in self.at.get(c, ()) if h.start in self.negated]

    def _derive(self) -> None:
        """Families that follow from several words together."""
        add = self.families.add
        if len({h.start for h in self.at["acute_ae"]}) > 1:
            add("acute2")
        if len({h.start for h in self.at["promo"]}) > 1:
            add("promo2")
        if self._says_some_do_not_respond():
            add("nonresponse")
        if self.denied("monitorwords", "supervised"):
            add("nomonitor")
        if self.denied("epistemic") or self.at["uncertain"]:
            add("uncertain")
        if self._other_failed():
            add("resistant")

    def _says_some_do_not_respond(self) -> bool:
        """'Not everyone responds', 'a minority gets no benefit', 'many feel nothing after the first dose'."""
        some = {"softhedge", "manypeople"} & self.families
        if "responderword" in self.families and (
            self.denied("everyone")
            or (some and self.denied("respondverb"))
            or (self.at["nobenefit"] and "manypeople" in self.families)
        ):
            return True
        first = "firstdose" in self.families
        unfelt = self.denied("benefit", "feelword") and not self.at["everyone"]
        return bool(first and (unfelt or (self.at["nobenefit"] and self.at["softhedge"])))

    def others(self) -> set[int]:
        """Clauses about another treatment only."""
        mine = {self.clause[h.start] for c in ("ket", "thisdrug") for h in self.at.get(c, ())}
        other = {self.clause[h.start] for c in _OTHERS for h in self.at.get(c, ())}
        if not mine:
            return set()
        for i, word in enumerate(self.words[1:], 1):  # "pills, which often fail": the clause belongs to pills
            if (
                word in ("which", "who", "whose")
                and self.words[i - 1] in _STOPS
                and self.clause[i] - 1 in other
            ):
                other.add(self.clause[i])
        return other - mine

    def _other_failed(self) -> bool:
        """'When other medication has failed' in a clause of its own."""
        others = self.others()
        failing = [*self.at["nobenefit"], *self.denied("benefit", "work"), *self.plain("neg")]
        return any(self.clause[h.start] in others for h in failing)
