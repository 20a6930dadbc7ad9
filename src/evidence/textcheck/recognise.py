"""
Find checkable claims about ketamine for PTSD in text. Standard library only.

Linear models (`model`) read a sentence from its words and word families (`features`): the topic of its main
claim or none, its direction, and further topics that stand out among the rest; a group that it points back to
("these individuals") makes one more. What else is asserted (strength, negation, hedging, numbers, population,
route) is read from the families.
"""

from __future__ import annotations

from dataclasses import dataclass

from .families import CARRIED, Hit, Reading, Table, table
from .features import LONG, NOTHING, asks, features, on_topic
from .model import NONE, heads, probabilities
from .quantities import Quantity
from .sentences import Sentence, split_sentences

SECOND_SHARE = 0.7  # a further claim has at least this share of the probability that the ones before it leave
SHOWN_CUES = 4
FOREIGN_WORDS = 2  # this many small words of other languages, and none of English
_FOREIGN = (
    "la le les des du et est une dans chez pour avec der die das und ist mit bei nicht ein eine auf von wird "
    "durch um el los las una con por para sin es il di che gli della uma com dos het een van met de en del"
)
_ENGLISH = "the of and to is for with that it are as by from was were has have can may this not in on at"
FOREIGN, ENGLISH = frozenset(_FOREIGN.split()), frozenset(_ENGLISH.split())


@dataclass(frozen=True)
class Asserted:
    """
    What a sentence asserts.

    Attributes
    ----------
    direction : {"benefit", "no_benefit", "harm", "no_harm", "neutral"}
    polarity : {"+", "-", "0"}
        Whether the topic's own statement is affirmed, denied or neither.
    strength : {"absolute", "strong", "plain", "hedged", "modest", "limits"}
        ``limits`` states uncertainty or missing evidence; ``modest`` calls the effect small.
    negated, hedged : bool
    quantifier, population, route, comparator : str
        Empty when none is named.
    numbers : tuple of Quantity
    families : frozenset of str
        Word families and quantity features found; rules may ask for them.
    """

    direction: str
    polarity: str
    strength: str
    negated: bool
    hedged: bool
    quantifier: str
    population: str
    route: str
    comparator: str
    numbers: tuple[Quantity, ...]
    families: frozenset[str]


@dataclass(frozen=True)
class Claim:
    """
    One recognised claim.

    Attributes
    ----------
    sentence : Sentence
    topic, claim_type : str
    cues : tuple of str
        Words that spoke most for the topic.
    asserted : Asserted
    found : dict of str to float
        Features of the sentence, from which `verdicts.judge` reads the position it takes.
    """

    sentence: Sentence
    topic: str
    claim_type: str
    cues: tuple[str, ...]
    asserted: Asserted
    found: dict[str, float]


def _others(chances: dict[str, float]) -> list[str]:
    """Further topics of a sentence: each the clear first among those that are left."""
    _, *left = chances
    chosen = []
    while left[0] != NONE and not table().topics[left[0]].get("generic"):
        if chances[left[0]] < SECOND_SHARE * sum(chances[topic] for topic in left):
            break
        chosen.append(left.pop(0))
    return chosen


def _polarity(reading: Reading, topic: str, lexicon: Table) -> str:
    """Whether a statement of law or practice is affirmed (+), denied (-) or neither (0), by its words."""
    plus, minus = lexicon.polar_words(topic)
    skipped = reading.others()

    def count(hits: list[Hit]) -> int:
        return len({h.start for h in hits if reading.clause[h.start] not in skipped})

    against = count([*reading.denied(*plus), *reading.plain(*minus)])
    towards = count(
        [*(h for h in reading.plain(*plus) if h.start not in reading.soft), *reading.denied(*minus)]
    )
    if not against and not towards:
        return "0"
    return "-" if against and against * 2 >= towards else "+"


_POPULATIONS = ("veteran", "responder_pop", "resistant", "children", "recreational", "animal", "anyone")
_POLARITY = {"benefit": "+", "harm": "+", "no_benefit": "-", "no_harm": "-", "neutral": "0"}


def _strength(reading: Reading) -> str:
    """How firmly it is said."""
    absolute = [h for h in reading.plain("absolute") if h.start not in reading.soft]
    strong = [h for h in reading.plain("strong") if h.start not in reading.soft]
    modest = {"small", "shrink", "few"} & reading.families
    if "uncertain" in reading.families:
        return "hedged" if strong and not modest and reading.plain("benefit") else "limits"
    if absolute:
        return "absolute"
    if strong and not modest:
        return "hedged" if reading.plain("hedge") and len(strong) < 2 else "strong"
    if modest:
        return "modest"
    return "hedged" if {"hedge", "softhedge"} & reading.families else "plain"


def _first(reading: Reading, *concepts: str) -> str:
    """First of these families that occurs."""
    return next((c for c in concepts if c in reading.families), "")


def _words_at(reading: Reading, concept: str) -> str:
    """The words of the first hit of a family."""
    hits = reading.at.get(concept)
    return " ".join(reading.words[hits[0].start : hits[0].end]) if hits else ""


def asserted_in(reading: Reading, topic: str, direction: str) -> Asserted:
    """What a sentence asserts on a topic, its direction given; the rest is read from the word families."""
    lexicon = table()
    kind = lexicon.topics[topic]["type"]
    by_words = kind in lexicon.types  # facts of law and practice have no direction of effect
    return Asserted(
        direction=direction,
        polarity=_polarity(reading, topic, lexicon) if by_words else _POLARITY[direction],
        strength=_strength(reading),
        negated=bool(reading.at.get("neg")),
        hedged=bool({"hedge", "softhedge"} & reading.families),
        quantifier=_words_at(reading, _first(reading, "everyone", "many", "softhedge")),
        population=_first(reading, *_POPULATIONS),
        route=_first(reading, "nasal", "oral", "home", "iv"),
        comparator=_words_at(reading, "comparator"),
        numbers=tuple(reading.quantities),
        families=frozenset(reading.families),
    )


def _claims(reading: Reading, found: dict[str, float]) -> list[Claim]:
    """Claims of a sentence that was read, the main claim first; empty when it makes none."""
    if asks(reading) or _foreign(reading):
        return []
    chances = probabilities(heads()["topic"].scores(found))
    main = next(iter(chances))
    if main == NONE:
        return []
    pointed_at = (CARRIED[group] for group in reading.carried)
    topics = dict.fromkeys((main, *_others(chances), *pointed_at))
    return [_claim(reading, topic, found) for topic in topics]


def _foreign(reading: Reading) -> bool:
    """Whether a sentence has small words of another language and none of English."""
    others = sum(word in FOREIGN for word in reading.words)
    return others >= FOREIGN_WORDS and ENGLISH.isdisjoint(reading.words)


def _claim(reading: Reading, topic: str, found: dict[str, float]) -> Claim:
    direction = heads()["direction"].ranked(on_topic(found, topic))[0]
    return Claim(
        reading.sentence, topic, table().topics[topic]["type"], _cues(reading, topic),
        asserted_in(reading, topic, direction), found,
    )  # fmt: skip


def _cues(reading: Reading, topic: str) -> tuple[str, ...]:
    """Words whose own weights speak most for a topic, in their order."""
    head = heads()["topic"]
    weight = {word: head.weight(f"f:{word}", topic) + head.weight(f"w:{word[:LONG]}", topic)
              for word in reading.words}  # fmt: skip
    best = sorted((w for w in weight if weight[w] > 0), key=lambda w: -weight[w])[:SHOWN_CUES]
    return tuple(word for word in weight if word in best)


def recognise(text: str) -> list[Claim]:
    """
    Find the claims of a text.

    Parameters
    ----------
    text : str
        Plain text or HTML.

    Returns
    -------
    list of Claim
        In order of appearance; offsets refer to the text as given.

    Examples
    --------
    >>> found = recognise("Welcome! Ketamine does not raise blood pressure.")
    >>> [(c.topic, c.asserted.direction) for c in found]
    [('blood_pressure', 'no_harm')]
    """
    lexicon = table()
    claims: list[Claim] = []
    groups: frozenset[str] = frozenset()
    asked = NOTHING
    for sentence in split_sentences(text):
        reading = Reading(sentence, lexicon, groups)
        found = features(reading, lexicon, asked)
        claims += _claims(reading, found)
        asked = found if asks(reading) else NOTHING
        groups = frozenset(reading.families.intersection(CARRIED)) or (
            groups if sentence.kind != "prose" else frozenset()
        )
    return claims
