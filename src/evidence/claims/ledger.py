"""
The claims ledger: each claim of the article bound to a query and a rule, its verdict computed.

`answers` makes the content of ``answers.json``: the text checker answers by the same queries and rules.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

import pandas as pd

from ..certainty.outcomes import certainty_ratings
from ..choices import Choices
from ..data.load import load
from ..textcheck.quantities import quantities_of, tokens_of
from ..textcheck.verdicts import fill, template
from . import facts, queries
from .rules import RULES, decide
from .view import Answer, View

QUERIES: dict[str, Callable[[View], Answer]] = {
    **{f"pool_{name}": partial(queries.window, name=name) for name in queries.PLACES},
    "published_pools": queries.published,
    "trial_count": queries.trial_count,
    "significant_trials": queries.significant,
    "jama_psychiatry": queries.journal,
    "courses": queries.courses,
    "veterans": partial(queries.population, value="veteran_military", name="in veterans and the military"),
    "first_responders": partial(queries.population, value="first_responder", name="in first responders"),
    "children": partial(queries.population, value="children", name="in children or adolescents"),
    "treatment_resistant": queries.resistant,
    "combined": queries.combined,
    "first_rating": queries.first_rating,
    "group_tests": queries.group_comparisons,
    "response": queries.response,
    "non_response": queries.non_response,
    "symptom_clusters": queries.clusters,
    "process_measures": queries.process,
    "recent_trauma": queries.recent_trauma,
    "follow_up_length": queries.follow_up_length,
    "infusion_minutes": queries.minutes,
    "nasal_visit": facts.nasal_visit,
    "usual_treatments": facts.usual_treatments,
    "usual_onset": facts.usual_onset,
    "disorders": facts.disorders,
    "status": facts.status,
    "acute_effects": facts.acute_effects,
    "passing_effects": facts.passing,
    "urinary": facts.urinary,
    "cognition": facts.thinking,
    "serious_events": facts.serious,
    "durability": facts.lasting,
    "blood_pressure": facts.blood_pressure,
    "misuse": facts.misuse,
    "synapses": facts.synapses,
    "thoughts": facts.thoughts,
    "glutamate": facts.glutamate,
    "circuits": facts.circuits,
    "receptor": partial(facts.told, text="ketamine is a {nmda}", topic="mechanism_nmda", records="nmda"),
    "anaesthetic": partial(facts.told, text="{fda}", topic="anaesthetic_origin", records="fda"),
    "supervision": partial(
        facts.told,
        text="{fda_risks}; it reported {home_case}",
        topic="supervision",
        records="fda_risks home_case",
    ),
    "coverage": partial(
        facts.told, text="{offcover}; {price}", topic="cost_insurance", exceptions="offcover"
    ),
    "outside": lambda view: Answer("", "Cite a source on this question, or leave it out."),
}


def ask(query, view) -> Answer:
    """
    Answer a named query.

    Parameters
    ----------
    query : str
        Name in `QUERIES`.
    view : View

    Returns
    -------
    Answer

    Raises
    ------
    ValueError
        If the query is unknown.
    """
    if query not in QUERIES:
        known = ", ".join(QUERIES)
        raise ValueError(f"query: found {query!r}; allowed: {known}. Fix: use one of these names")
    return QUERIES[query](view)


def answers(review=None, choices=None) -> dict:
    """
    What the text checker needs to know, as plain data.

    Parameters
    ----------
    review : Review, optional
    choices : Choices, optional

    Returns
    -------
    dict
        The content of ``answers.json``.

    Examples
    --------
    >>> rules = answers()["topics"]["veterans"]["rules"]
    >>> rule = next(rule for rule in rules if rule.get("rule") == "trials_agree")
    >>> print(rule["rule"], rule["query"], rule["verdict"])
    trials_agree veterans contradicted
    """
    view = View(review or load(), choices or Choices())
    known: dict[str, Answer] = {}

    def found(query):
        if query not in known:
            known[query] = ask(query, view)
        return known[query]

    def decided(rule, query):
        return decide(rule, found(query)), RULES[rule.removeprefix("not ")].why

    said = dict(view.said)
    for name, query in template()["slots"].items():
        answer = found(query)
        said[name] = {
            "say": answer.say,
            "fact_ids": list(dict.fromkeys(answer.fact_ids)),
            "sources": list(answer.sources),
        }
    references = view.review.references.set_index("key").to_dict("index")
    return fill(template(), said, references, decided)


def claims_ledger(review=None, choices=None) -> pd.DataFrame:
    """
    Judge every claim of the article.

    Parameters
    ----------
    review : Review, optional
    choices : Choices, optional

    Returns
    -------
    DataFrame
        claim_id, section, locator, paraphrase, claim_class, query, rule, verdict, certainty (of the outcome
        it is about, see `certainty_of`), reason, wording (one that the evidence carries), sources, fact_ids
        ("; "-separated), second_opinion (made before any pool was computed), second_opinion_reason, agrees.

    Raises
    ------
    ValueError
        If a claim names an unknown query or rule.

    Examples
    --------
    >>> ledger = claims_ledger().set_index("claim_id")
    >>> print(ledger.loc["S31", "verdict"], "|", ledger.loc["S57", "verdict"])
    contradicted | no evidence
    """
    view = View(review or load(), choices or Choices())
    ratings = {r.outcome: r.level for r in certainty_ratings(view.review, view.choices, view.pools)}
    topics = answers(view.review, view.choices)["topics"]
    claims = view.review.claims.to_dict("records")
    known = {query: ask(query, view) for query in dict.fromkeys(claim["query"] for claim in claims)}
    return pd.DataFrame([_judged(claim, known[claim["query"]], ratings, topics) for claim in claims])


def _judged(claim, answer, ratings, topics) -> dict:
    """One row of the ledger."""
    verdict = decide(claim["rule"], answer, minutes_in(claim["paraphrase"]))
    because = RULES[claim["rule"]].because[verdict]
    opinion = {name: claim.pop(name) for name in ("second_opinion", "second_opinion_reason")}
    return {
        **claim,
        "verdict": verdict,
        "certainty": certainty_of(verdict, answer, ratings),
        "reason": f"{because}: {answer.say}." if answer.say else f"{because}.",
        "wording": answer.wording or " ".join(topics[t]["suggestion"] for t in answer.topic.split()),
        "sources": "; ".join(answer.sources),
        "fact_ids": "; ".join(dict.fromkeys(answer.fact_ids)),
        **opinion,
        "agrees": verdict == opinion["second_opinion"],
    }


def minutes_in(text) -> tuple[float, ...]:
    """
    Lengths of time that a claim names, in minutes.

    Examples
    --------
    >>> minutes_in("Sessions last 40 minutes to two hours.")
    (40.0, 120.0)
    """
    unit = {"minutes": 1, "hours": 60}
    found = quantities_of(tokens_of(text))
    return tuple(float(q.value * unit[q.unit]) for q in found if q.unit in unit)


def certainty_of(verdict, answer, ratings) -> str:
    """
    Certainty of the evidence behind a verdict: the GRADE rating of the outcome it is about.

    Parameters
    ----------
    verdict : str
    answer : Answer
    ratings : dict of str to str
        Outcome to level.

    Returns
    -------
    str
        A level, "no evidence", "not applicable" (outside scope) or "not rated" (a fact on record, no effect).
    """
    fixed = {"no evidence": "no evidence", "outside scope": "not applicable"}
    return fixed.get(verdict) or ratings.get(answer.outcome, "not rated")


def text_of(content) -> str:
    """The content of ``answers.json`` as written."""
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
