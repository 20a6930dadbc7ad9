"""
What a sentence is made of, for the linear model that reads it. Standard library only.

A feature is a word, the beginning of a word, two neighbouring beginnings, a word family (plain, under a
negator, or in a clause about another treatment), the form of the sentence, or, weaker, any of these in the
question just before it. Families and beginnings crossed with the topic tell which position it takes on that.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from .families import Reading, Table
from .sentences import Sentence

LONG, SHORT = 6, 4  # letters that stand for a word and its inflections
LENGTH = 40  # words; longer sentences differ no more
ASKED = 0.5  # value of a feature that only the question before has; a smaller value than 1 is penalised more
NOTHING: Mapping[str, float] = {}
_CROSSED = ("c:", "n:", "w:", "r:")


def asks(reading: Reading) -> bool:
    """Whether a sentence is a question; "did you know ..." is none."""
    question = reading.sentence.text.rstrip("\"')").endswith("?")
    return question and reading.words[:3] != ["did", "you", "know"]


def form_of(sentence: Sentence, reading: Reading, lexicon: Table) -> str:
    """'yes', 'promo' for an instruction (only a slogan can be claimed), '' for questions and titles."""
    words = [w for w in reading.words if w[0].isalnum()]
    if not words:
        return ""
    if asks(reading):
        return ""
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


def features(reading: Reading, lexicon: Table, asked: Mapping[str, float] = NOTHING) -> dict[str, float]:
    """
    Features of a sentence and their values.

    Parameters
    ----------
    reading : Reading
    lexicon : Table
    asked : mapping of str to float
        Features of the sentence just before it when that is a question.

    Returns
    -------
    dict of str to float
    """
    words = [word for word in reading.words if word[0].isalnum()]
    elsewhere = reading.others()
    stems = ["#" if word[0].isdigit() else word[:LONG] for word in words]
    names = [
        *(f"f:{word}" for word in words if not word[0].isdigit()),
        *(f"w:{stem}" for stem in stems),
        *(f"s:{stem[:SHORT]}" for stem in stems),
        *(f"b:{one} {two}" for one, two in pairwise(["^", *stems, "$"])),
        *(f"{_kind(hit.start, reading, elsewhere)}:{hit.concept}" for hit in reading.hits),
        *(f"c:{name}" for name in sorted(reading.families)),
        f"form:{form_of(reading.sentence, reading, lexicon) or 'no'}",
        f"kind:{reading.sentence.kind}",
    ]
    question = {name: ASKED * value for name, value in asked.items()}
    return {**question, **dict.fromkeys(names, 1.0), "length": min(len(words), LENGTH) / LENGTH}


def _kind(place: int, reading: Reading, elsewhere: set[int]) -> str:
    """Of a word: o in a clause on another treatment, n under a negator, else c."""
    if reading.clause[place] in elsewhere:
        return "o"
    return "n" if place in reading.negated else "c"


def on_topic(found: dict[str, float], topic: str, rule: str = "") -> dict[str, float]:
    """
    Features for the position that a sentence takes on a topic.

    Parameters
    ----------
    found : dict of str to float
        From `features`.
    topic : str
    rule : str
        Stance of the rule about a number of the sentence, when one holds: the model cannot compare numbers.

    Returns
    -------
    dict of str to float
        The same, the topic, the rule, and the families, beginnings of words and rule crossed with the topic.
    """
    ruled = {**found, f"r:{rule}": 1.0} if rule else found
    crossed = {f"{topic}|{name}": 1.0 for name in ruled if name[:2] in _CROSSED}
    return {**ruled, f"topic:{topic}": 1.0, **crossed}
