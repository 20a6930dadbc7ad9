"""
Find checkable claims about ketamine for PTSD in text. Standard library only.

Words are looked up once per sentence in the word families of ``patterns.json``; a topic is a set of
families that occur together, never a whole sentence. What a sentence asserts (direction, strength, negation,
hedging, numbers) is read from the same families, so that a new wording needs a new word, not a new rule.
"""

from __future__ import annotations

from dataclasses import dataclass

from .families import CARRIED, Hit, Reading, Table, table
from .quantities import Quantity
from .sentences import Sentence, split_sentences

CLAIM_SCORE = 5.0  # a cue of this weight makes a claim
SECOND_SCORE = 7.0  # a further claim in the same sentence must be as specific as this
_PENALTY = {"nav": 2.5, "definition": 3.0}  # what speaks against a claim anywhere in the sentence
_LOCAL_PENALTY = {"advice": 4.0, "clinicself": 1.5}  # ... and in the clause of the claim
_DERIVED = {"nonresponse": "responderword", "acute2": "acute_ae", "promo2": "promo"}
_SEVERAL = (
    "safety",
    "mechanism",
    "practice",
    "protocol",
)  # a sentence may make several claims of these kinds


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
    """One recognised claim: the sentence, its topic and what it asserts."""

    sentence: Sentence
    topic: str
    claim_type: str
    score: float
    cues: tuple[str, ...]
    asserted: Asserted


def _scores(reading: Reading, lexicon: Table) -> dict[str, tuple[float, list]]:
    """Best cue of every topic, after what speaks against a claim."""
    penalty = sum(p for name, p in _PENALTY.items() if name in reading.families)
    found = {}
    worth_trying = {place for name in reading.families for place in lexicon.opened_by.get(name, ())}
    best: dict[str, tuple[float, int]] = {}
    for topic, k in worth_trying:
        cue, weight = lexicon.cues[topic][k]
        if reading.fits(cue):
            best[topic] = max(best.get(topic, (0.0, 0)), (weight, -k))
    for topic, (weight, k) in best.items():
        cue = lexicon.cues[topic][-k][0]
        weight -= penalty + _local_penalty(reading, cue)
        if weight >= CLAIM_SCORE:
            found[topic] = (weight, cue)
    return found


def _local_penalty(reading: Reading, cue) -> float:
    """Advice or self-description in the clause that carries the cue."""
    clauses = {reading.clause[i] for i in _anchor(reading, cue)} or set(reading.clause)
    return sum(
        p for name, p in _LOCAL_PENALTY.items()
        if any(reading.clause[h.start] in clauses for h in reading.at.get(name, ()))
    )  # fmt: skip


def _makes_claim(sentence: Sentence, reading: Reading, lexicon: Table) -> str:
    """'yes', 'promo' (only a slogan can be claimed) or '' for questions, titles and instructions."""
    words = [w for w in reading.words if w[0].isalnum()]
    if not words:
        return ""
    if sentence.text.rstrip("\"')").endswith("?"):
        return "yes" if words[:3] == ["did", "you", "know"] else ""
    if sentence.kind != "prose":
        letters = [w for w in sentence.text.split() if w[0].isalpha()]
        title = sum(w[0].isupper() for w in letters) >= 0.6 * len(letters)
        verbless = "finite" not in reading.families
        announces = words[0] in lexicon.concepts["qlead"]["words"].split()
        if announces or (sentence.kind == "heading" and verbless):
            return ""
        if verbless and (title or len(words) > 12) and "acute2" not in reading.families:
            return ""
    first, second = words[0], words[1] if len(words) > 1 else ""
    if first in lexicon.imperatives and second not in lexicon.not_imperative_before:
        return "promo"
    return "yes"


def _anchor(reading: Reading, cue) -> set[int]:
    """Word positions of what a cue is about: its first slot."""
    names = {base for name in cue[0][1] for base in (name, _DERIVED.get(name, name))}
    return {i for h in reading.hits if h.concept in names for i in range(h.start, h.end)}


def _chosen(reading: Reading, found: dict, lexicon: Table) -> list[str]:
    """Main topic first, then others that stand on words of their own."""
    order = sorted(found, key=lambda t: (-found[t][0], list(lexicon.topics).index(t)))
    main, used = order[0], _anchor(reading, found[order[0]][1])
    chosen, types = [main], {lexicon.topics[main]["type"]}
    for topic in order[1:]:
        score, cue = found[topic]
        own = _anchor(reading, cue)
        spec = lexicon.topics[topic]
        also = spec.get("also", False)
        if spec.get("generic") or not own or (own & used and not also):
            continue
        if not also and (score < SECOND_SCORE or (spec["type"] in types and spec["type"] not in _SEVERAL)):
            continue
        chosen.append(topic)
        used |= own
        types.add(spec["type"])
    return chosen


def _polarity(reading: Reading, topic: str, kind: str, lexicon: Table) -> str:
    """Whether the topic's statement is affirmed (+), denied (-) or neither (0)."""
    spec = lexicon.topics[topic]
    usual = lexicon.types[kind]
    plus, minus = spec.get("plus", usual["plus"]), spec.get("minus", usual["minus"])
    skipped = set() if topic in ("ssri_effect", "other_treatment", "mdma") else reading.others()

    def count(hits: list[Hit]) -> int:
        return len({h.start for h in hits if reading.clause[h.start] not in skipped})

    against = count([*reading.denied(*plus), *reading.plain(*minus)])
    towards = count(
        [*(h for h in reading.plain(*plus) if h.start not in reading.soft), *reading.denied(*minus)]
    )
    if not against and not towards:
        return "0"
    if kind == "safety":
        return "-" if against and against >= towards - 2 * (against > 1) else "+"
    return "-" if against and against * 2 >= towards else "+"


_POPULATIONS = ("veteran", "responder_pop", "resistant", "children", "recreational", "animal", "anyone")
_DIRECTIONS = {"safety": {"+": "harm", "-": "no_harm"}, "practice": {}, "protocol": {}}
_EFFICACY_DIRECTIONS = {"+": "benefit", "-": "no_benefit"}


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


def _asserted(reading: Reading, topic: str, kind: str, lexicon: Table) -> Asserted:
    polarity = _polarity(reading, topic, kind, lexicon)
    return Asserted(
        direction=_DIRECTIONS.get(kind, _EFFICACY_DIRECTIONS).get(polarity, "neutral"),
        polarity=polarity,
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


def recognise_sentence(sentence: Sentence, before: frozenset[str] = frozenset()) -> list[Claim]:
    """
    Claims of one sentence, the main claim first; empty when it makes none.

    Parameters
    ----------
    sentence : Sentence
    before : frozenset of str
        Groups named just before, to which "these individuals" points.

    Returns
    -------
    list of Claim
    """
    return _claims(Reading(sentence, table(), before), sentence)


def _claims(reading: Reading, sentence: Sentence) -> list[Claim]:
    """Claims of a sentence that was read."""
    lexicon = table()
    gate = _makes_claim(sentence, reading, lexicon)
    found = _scores(reading, lexicon) if gate else {}
    if gate == "promo":
        found = {t: f for t, f in found.items() if t == "promo" and f[0] > 6}
    if not found:
        return []
    claims = []
    for topic in _chosen(reading, found, lexicon):
        kind = lexicon.topics[topic]["type"]
        score, cue = found[topic]
        names = frozenset().union(*(n for wanted, n in cue if wanted))
        cues = dict.fromkeys(
            " ".join(reading.words[h.start : h.end]) for h in reading.hits if h.concept in names
        )
        claims.append(
            Claim(sentence, topic, kind, score, tuple(cues), _asserted(reading, topic, kind, lexicon))
        )
    return claims


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
        found += _claims(reading, sentence)
        before = frozenset(reading.families.intersection(CARRIED)) or (
            before if sentence.kind != "prose" else frozenset()
        )
    return found
