"""
Rules of the claims ledger: from what a query found to a verdict, each with a rationale an editor may quote.

A rule reads values of an `Answer` and, where lengths are claimed, the numbers of the claim. The text checker
uses the same rules: ``answers_template.json`` names them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

SUPPORTED, LIMITS, OVERSTATED = "supported", "supported with limits", "overstated"
CONTRADICTED, NO_EVIDENCE, OUTSIDE = "contradicted", "no evidence", "outside scope"

CLEAR = 0.975  # probability from which a 95% equal-tail interval excludes zero
LEANING = 0.8  # four to one
MANY_TRIALS = 10  # Cochrane Handbook, chapter 13: the fewest for a test of small-study effects
MANY_PEOPLE = 1 / 3
HALF = 0.5
LONG_WATCH = 365  # days
RARE = 1 / 1000  # what is less frequent is called rare in drug labels (CIOMS)
RELEVANT = 0.2  # Cohen's small effect


@dataclass(frozen=True)
class Rule:
    """
    One rule of the ledger.

    Attributes
    ----------
    name : str
    reads : tuple of str
        Values of the answer that it needs.
    why : str
        Rationale for an editor.
    because : mapping of str to str
        Verdict to the words that open the reason.
    judge : callable
        Values and claimed minutes to a verdict.
    """

    name: str
    reads: tuple[str, ...]
    why: str
    because: Mapping[str, str]
    judge: Callable[[Mapping[str, float], tuple[float, ...]], str]


def _leaning(v, _):
    p = v["p_benefit"]
    if not p > 1 - CLEAR:  # NaN: no pool
        return NO_EVIDENCE if p != p else CONTRADICTED
    return SUPPORTED if p >= CLEAR else LIMITS if p >= LEANING else OVERSTATED


def _proven(v, _):
    p = v["p_benefit"]
    if not p > 1 - CLEAR:
        return NO_EVIDENCE if p != p else CONTRADICTED
    return OVERSTATED if p < CLEAR else SUPPORTED if v["p_relevant"] >= CLEAR else LIMITS


def _no_effect(v, _):
    if v["low"] != v["low"]:
        return NO_EVIDENCE
    if v["high"] < 0 or v["low"] > 0:
        return CONTRADICTED
    return SUPPORTED if v["low"] > -RELEVANT and v["high"] < RELEVANT else OVERSTATED


def _trials_agree(v, _):
    favour = v["clear"] + v["better"]
    if not favour + v["not"]:
        return NO_EVIDENCE
    if not favour:
        return CONTRADICTED
    if v["not"]:
        return LIMITS if v["largest"] else OVERSTATED
    return SUPPORTED if v["clear"] >= 2 and not v["better"] else LIMITS


def _most(v, _):
    if not v["some"]:
        return CONTRADICTED
    return OVERSTATED if v["share"] < HALF else LIMITS if v["some"] < v["k"] else SUPPORTED


def _share(v, _):
    return CONTRADICTED if not v["some"] else SUPPORTED if v["share"] >= HALF else LIMITS


def _many_trials(v, _):
    return OVERSTATED if v["k"] < MANY_TRIALS else LIMITS if v["exact"] < MANY_TRIALS else SUPPORTED


def _duration(v, claimed):
    inside = [v["low"] <= minutes <= v["high"] for minutes in claimed]
    return SUPPORTED if all(inside) else LIMITS if any(inside) else CONTRADICTED


def _shown_in_people(v, _):
    if v["against"]:
        return OVERSTATED if v["elsewhere"] or v["shown"] else CONTRADICTED
    return SUPPORTED if v["shown"] else LIMITS if v["elsewhere"] else NO_EVIDENCE


def _harm_possible(v, _):
    return SUPPORTED if v["trials"] else LIMITS if v["elsewhere"] else NO_EVIDENCE


def _harms_listed(v, _):
    return NO_EVIDENCE if not v["clear"] else SUPPORTED if v["clear"] >= v["named"] else LIMITS


def _safe(v, _):
    return OVERSTATED if v["events"] else SUPPORTED if v["bound"] <= RARE else LIMITS


_RULES = (
    Rule("background", (), "Treatment trials cannot tell whether it is true; another source has to.",
         {OUTSIDE: "Background or advice, no question for trials of ketamine in PTSD"},
         lambda v, _: OUTSIDE),
    Rule("slogan", (), "A word of praise names nothing that could be measured.",
         {NO_EVIDENCE: "A slogan; what was measured"},
         lambda v, _: NO_EVIDENCE),
    Rule("unmeasured", ("measured",), "What no instrument of a trial rates, no trial can show.",
         {NO_EVIDENCE: "Nothing measured it", LIMITS: "It was measured, but not as a goal"},
         lambda v, _: LIMITS if v["measured"] else NO_EVIDENCE),
    Rule("on_record", ("records",), "A regulator, a label or established pharmacology says the same.",
         {SUPPORTED: "It is on record", NO_EVIDENCE: "No record of it was found"},
         lambda v, _: SUPPORTED if v["records"] else NO_EVIDENCE),
    Rule("contrary_fact", ("against",),
         "A statement that leaves out a fact on record which turns its meaning says more than is known.",
         {OVERSTATED: "It leaves out", LIMITS: "Nothing on record speaks against it"},
         lambda v, _: OVERSTATED if v["against"] else LIMITS),
    Rule("with_exceptions", ("exceptions",),
         "What holds as a rule and has counted exceptions needs its exceptions.",
         {LIMITS: "It holds with exceptions", SUPPORTED: "No exception was found"},
         lambda v, _: LIMITS if v["exceptions"] else SUPPORTED),
    Rule("shown_in_people", ("elsewhere", "shown", "against"),
         "What is said of people must be measured in people; animals and receptors are a reason to look.",
         {SUPPORTED: "Shown in people", LIMITS: "Known from elsewhere, not measured in people with PTSD",
          OVERSTATED: "Told as fact, but people were looked at without finding it",
          CONTRADICTED: "People show the opposite", NO_EVIDENCE: "Nothing shows it"},
         _shown_in_people),
    Rule("leaning", ("p_benefit",),
         "A benefit told plainly or as a possibility agrees with a pool that leans its way by four to one, "
         "with limits until the interval excludes no difference.",
         {SUPPORTED: "The interval excludes no difference",
          LIMITS: "The direction is right, certainty is missing",
          OVERSTATED: "The trials do not lean clearly that way",
          CONTRADICTED: "The trials point the other way",
          NO_EVIDENCE: "No effect can be estimated"},
         _leaning),
    Rule("proven", ("p_benefit", "p_relevant"),
         "Proven, strong or dramatic needs an interval that excludes no difference, and a small one as well.",
         {SUPPORTED: "The interval excludes even a small effect",
          LIMITS: "A difference is clear, its size is not", OVERSTATED: "The interval includes no difference",
          CONTRADICTED: "The trials point the other way", NO_EVIDENCE: "No effect can be estimated"},
         _proven),
    Rule("no_effect", ("low", "high"),
         "No effect is shown only when the whole interval is too small to matter; uncertain is not none.",
         {SUPPORTED: "Any effect is too small to matter",
          OVERSTATED: "An effect that matters is not excluded",
          CONTRADICTED: "A difference is clear", NO_EVIDENCE: "No effect can be estimated"},
         _no_effect),
    Rule("trials_agree", ("clear", "better", "not", "largest"),
         "What is said of a group or a treatment must stand in trials of just that, the largest included.",
         {SUPPORTED: "The trials agree", LIMITS: "Most, not all of the trial evidence agrees",
          OVERSTATED: "Trials disagree and the largest found no clear benefit",
          CONTRADICTED: "No trial in just this found a benefit", NO_EVIDENCE: "No trial can tell"},
         _trials_agree),
    Rule("most", ("k", "some", "share"),
         "Trials in the plural have shown something when those that did hold at least half of the people.",
         {SUPPORTED: "All did", LIMITS: "Most people were in trials that did",
          OVERSTATED: "Fewer than said did", CONTRADICTED: "None did"},
         _most),
    Rule("share", ("some", "share"),
         "An example is right if one exists, and typical if it covers at least half of the participants.",
         {SUPPORTED: "It is typical", LIMITS: "It exists but is not typical", CONTRADICTED: "There is none"},
         _share),
    Rule("many_trials", ("k", "exact"),
         "Numerous needs ten randomised trials, the fewest in which one can see whether small ones mislead.",
         {SUPPORTED: "There are enough", LIMITS: "Many trials, few with numbers", OVERSTATED: "Not numerous"},
         _many_trials),
    Rule("some_people", ("share",), "One person is enough for some.",
         {SUPPORTED: "Even on the best result", CONTRADICTED: "Nobody was counted"},
         lambda v, _: SUPPORTED if v["share"] > 0 else CONTRADICTED),
    Rule("many_people", ("share",),
         "Many needs a third of the people; without the share on the comparator it always says too little.",
         {LIMITS: "The share is right, but the comparison is missing", OVERSTATED: "Fewer than a third"},
         lambda v, _: LIMITS if v["share"] >= MANY_PEOPLE else OVERSTATED),
    Rule("before_first_rating", ("days",), "Relief cannot be seen before the first time it was looked for.",
         {NO_EVIDENCE: "Nobody looked so early", LIMITS: "It was looked for so early"},
         lambda v, _: LIMITS if v["days"] < HALF else NO_EVIDENCE),
    Rule("differs_by_group", ("clear",), "Groups differ when a test of their difference says so.",
         {NO_EVIDENCE: "No such test is clear", LIMITS: "A test is clear, across trials only"},
         lambda v, _: LIMITS if v["clear"] else NO_EVIDENCE),
    Rule("duration", ("low", "high"), "A length is right when it lies within what trials or the label use.",
         {SUPPORTED: "It fits", LIMITS: "It fits in part", CONTRADICTED: "It does not fit"},
         _duration),
    Rule("harms_listed", ("named", "clear"),
         "A side effect is established when its excess over the comparator is clear.",
         {SUPPORTED: "All are clearly more frequent", LIMITS: "Some are clearly more frequent",
          NO_EVIDENCE: "None is clearly more frequent"},
         _harms_listed),
    Rule("harm_possible", ("trials", "elsewhere"),
         "A harm may happen when it was counted; how often depends on who was counted, at which dose.",
         {SUPPORTED: "More frequent in trials", LIMITS: "Known outside medical use, not clear in trials",
          NO_EVIDENCE: "It was not counted"},
         _harm_possible),
    Rule("watched_long", ("days",),
         "Long-term risk is assessed thoroughly when controlled groups are watched for a year.",
         {OVERSTATED: "Too short", LIMITS: "Watched for a year or more"},
         lambda v, _: OVERSTATED if v["days"] < LONG_WATCH else LIMITS),
    Rule("safe", ("events", "bound"),
         "Safe needs enough people to exclude serious harm in one of a thousand.",
         {SUPPORTED: "Frequent serious harm is excluded", LIMITS: "Tolerated so far, in too few people",
          OVERSTATED: "Serious harm occurred"},
         _safe),
)  # fmt: skip
RULES = {rule.name: rule for rule in _RULES}
_MIRROR = {
    SUPPORTED: CONTRADICTED, LIMITS: OVERSTATED, OVERSTATED: LIMITS, CONTRADICTED: SUPPORTED,
    NO_EVIDENCE: NO_EVIDENCE, OUTSIDE: OUTSIDE,
}  # fmt: skip


def decide(rule, answer, claimed=()) -> str:
    """
    Verdict of a rule on an answer.

    Parameters
    ----------
    rule : str
        Name in `RULES`; with "not " before it, the verdict on the denial.
    answer : Answer
    claimed : tuple of float
        Minutes that the claim names, for `duration`.

    Returns
    -------
    str
        One of `evidence.verdicts.VERDICTS`.

    Raises
    ------
    ValueError
        If the rule is unknown, or the answer lacks a value that it reads.

    Examples
    --------
    >>> from evidence.claims.view import Answer
    >>> answer = Answer("", "", {"k": 9, "exact": 9})
    >>> print(decide("many_trials", answer), "|", decide("not many_trials", answer))
    overstated | supported with limits
    """
    name = rule.removeprefix("not ")
    if name not in RULES:
        raise ValueError(f"rule: found {rule!r}; allowed: {', '.join(RULES)}. Fix: use one of these names")
    if missing := set(RULES[name].reads) - set(answer.values):
        raise ValueError(
            f"rule {name!r}: found no value {sorted(missing)[0]!r}; allowed: answers with "
            f"{', '.join(RULES[name].reads)}. Fix: bind it to another query"
        )
    verdict = RULES[name].judge(answer.values, claimed)
    return _MIRROR[verdict] if rule != name else verdict
