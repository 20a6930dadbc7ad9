"""
Find checkable claims about ketamine for PTSD in text. Standard library only.

A linear model (`model`) reads a sentence from its words and word families (`features`): the topic of its
main claim or none, the direction, and the positions it may take on the topic. Further claims of a sentence
need word families of their own, the cues of ``patterns.json``, and the model's consent. What else is asserted
(strength, negation, hedging, numbers, population, route) is read from the families.
"""

from __future__ import annotations

from dataclasses import dataclass

from .families import CARRIED, Hit, Reading, Table, table
from .features import LONG, features, on_topic
from .model import NONE, heads
from .quantities import Quantity
from .sentences import Sentence, split_sentences

SECOND_SCORE = 7.0  # cue weight of a further claim: it must be specific
SECOND_SHARE = 0.2  # ... and has at least this share of the probability that the main topic leaves
DOUBT = 0.75  # a smaller probability of no claim gives way to a specific cue ...
DOUBT_CHANCE = 0.1  # ... of a topic at least as probable as this
SHOWN_CUES = 4
FOREIGN_WORDS = 2  # this many small words of other languages, and none of English
_FOREIGN = (
    "la le les des du et est une dans chez pour avec der die das und ist mit bei nicht ein eine auf von wird "
    "durch um el los las una con por para sin es il di che gli della uma com dos het een van met de en del"
)
_ENGLISH = "the of and to is for with that it are as by from was were has have can may this not in on at"
FOREIGN, ENGLISH = frozenset(_FOREIGN.split()), frozenset(_ENGLISH.split())
_DERIVED = {"nonresponse": "responderword", "acute2": "acute_ae", "promo2": "promo"}
# A sentence may make several claims of these kinds.
_SEVERAL = ("safety", "mechanism", "practice", "protocol")


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
    chance : float
        Probability that the model gives this topic as the main one.
    cues : tuple of str
        Words that spoke most for the topic.
    asserted : Asserted
    stances : tuple of str
        Positions that rules of the topic may stand for, the likeliest first; see `verdicts.judge`.
    """

    sentence: Sentence
    topic: str
    claim_type: str
    chance: float
    cues: tuple[str, ...]
    asserted: Asserted
    stances: tuple[str, ...]


def _cued(reading: Reading, lexicon: Table) -> dict[str, tuple[float, list]]:
    """Weight and cue of every topic whose cues are there, the heaviest cue of each."""
    worth_trying = {place for name in reading.families for place in lexicon.opened_by.get(name, ())}
    best: dict[str, tuple[float, int]] = {}
    for topic, k in worth_trying:
        cue, weight = lexicon.cues[topic][k]
        if reading.fits(cue):
            best[topic] = max(best.get(topic, (0.0, 0)), (weight, -k))
    return {topic: (weight, lexicon.cues[topic][-k][0]) for topic, (weight, k) in best.items()}


def _anchor(reading: Reading, cue) -> set[int]:
    """Word positions of what a cue is about: its first slot."""
    names = {base for name in cue[0][1] for base in (name, _DERIVED.get(name, name))}
    return {i for h in reading.hits if h.concept in names for i in range(h.start, h.end)}


def _others(reading: Reading, main: str, chances: dict[str, float], lexicon: Table) -> list[str]:
    """Further topics of a sentence, each on words of its own."""
    cued = _cued(reading, lexicon)
    used = _anchor(reading, cued[main][1]) if main in cued else set()
    chosen, types = [], {lexicon.topics[main]["type"]}
    for topic in sorted(cued, key=lambda t: (-cued[t][0], -chances[t])):
        score, cue = cued[topic]
        own, spec = _anchor(reading, cue), lexicon.topics[topic]
        also = spec.get("also", False)
        if topic == main or spec.get("generic") or not own or (own & used and not also):
            continue
        if chances[topic] < SECOND_SHARE * (1 - chances[main]):
            continue
        if not also and (score < SECOND_SCORE or (spec["type"] in types and spec["type"] not in _SEVERAL)):
            continue
        chosen.append(topic)
        used |= own
        types.add(spec["type"])
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


def _asserted(reading: Reading, topic: str, kind: str, direction: str, lexicon: Table) -> Asserted:
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


def _claims(reading: Reading) -> list[Claim]:
    """Claims of a sentence that was read, the main claim first; empty when it makes none."""
    if _asks(reading) or _foreign(reading):
        return []
    lexicon = table()
    found = features(reading, lexicon)
    chances = heads()["topic"].probabilities(found)
    main = _main(reading, chances, lexicon)
    if main == NONE:
        return []
    topics = [main, *_others(reading, main, chances, lexicon)]
    return [_claim(reading, topic, found, chances[topic], lexicon) for topic in topics]


def _main(reading: Reading, chances: dict[str, float], lexicon: Table) -> str:
    """The likeliest topic; a specific cue decides where it is doubtful that there is a claim."""
    main = next(iter(chances))
    if main == NONE and chances[NONE] < DOUBT:
        cued = _cued(reading, lexicon)
        specific = (t for t in chances if t in cued and cued[t][0] >= SECOND_SCORE)
        return next((t for t in specific if chances[t] >= DOUBT_CHANCE), NONE)
    return main


def _asks(reading: Reading) -> bool:
    asks = reading.sentence.text.rstrip("\"')").endswith("?")
    return asks and reading.words[:3] != ["did", "you", "know"]


def _foreign(reading: Reading) -> bool:
    """Whether a sentence has small words of another language and none of English."""
    others = sum(word in FOREIGN for word in reading.words)
    return others >= FOREIGN_WORDS and ENGLISH.isdisjoint(reading.words)


def _claim(reading: Reading, topic: str, found: dict, chance: float, lexicon: Table) -> Claim:
    kind = lexicon.topics[topic]["type"]
    detailed = on_topic(found, topic)
    direction = next(iter(heads()["direction"].probabilities(detailed)))
    return Claim(
        reading.sentence, topic, kind, chance, _cues(reading, topic),
        _asserted(reading, topic, kind, direction, lexicon),
        tuple(heads()["stance"].probabilities(detailed)),
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
    found: list[Claim] = []
    before: frozenset[str] = frozenset()
    for sentence in split_sentences(text):
        reading = Reading(sentence, table(), before)
        found += _claims(reading)
        before = frozenset(reading.families.intersection(CARRIED)) or (
            before if sentence.kind != "prose" else frozenset()
        )
    return found
