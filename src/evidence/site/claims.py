"""The claims page: every claim of the article with its verdict, the reason and what is behind it."""

from __future__ import annotations

from collections import Counter

from ..claims.ledger import claims_ledger
from .links import FACT
from ..textcheck.page import LOOKS
from ..prose.wording import answer, count, join_words

ABOUT = (
    "One clinic article on ketamine for post-traumatic stress disorder, claim by claim. Each verdict is "
    "computed: a claim is bound to a question that the review can answer and to a rule. Dotted numbers lead "
    "to the fact as printed."
)


def claims_page(review, links) -> dict:
    """
    Values for the template of the claims page.

    Parameters
    ----------
    review : Review
    links : Links

    Returns
    -------
    dict
        ``lead``, ``about``, ``verdicts`` as (verdict, symbol, number), ``claims``.
    """
    ledger = claims_ledger(review)
    counted = Counter(ledger["verdict"])
    return {
        "title": "Claims",
        "lead": lead(counted),
        "about": ABOUT,
        "verdicts": [(v, LOOKS[v][0], counted[v]) for v in LOOKS if counted[v]],
        "claims": [_shown(row, links) for row in ledger.to_dict("records")],
    }


def _shown(row, links) -> dict:
    """A claim as the template shows it."""
    facts = [fact for fact in FACT.findall(row["fact_ids"]) if fact in links.facts]
    return {
        **row,
        "symbol": LOOKS[row["verdict"]][0],
        **{name: links.numbers(row[name], facts) for name in ("reason", "wording")},
        "facts": [(links.fact(fact), fact) for fact in facts],
        "cited": [(links.source(key), key) for key in row["sources"].split("; ") if key in links.sources],
    }


def lead(counted) -> str:
    """
    Say how many claims got which verdict.

    Examples
    --------
    >>> lead({"supported": 2, "overstated": 1})
    'Of three claims of one clinic article, one is overstated and two are supported.'
    """
    parts = []
    for verdict in (v for v in LOOKS if counted.get(v)):
        n = counted[verdict]
        words = {"no evidence": "without evidence"}.get(verdict, verdict)
        parts.append(f"{count(n, 'claim').split()[0]} {'is' if n == 1 else 'are'} {words}")
    return answer(
        "Of {n:count claim} of one clinic article, {parts}.", n=sum(counted.values()), parts=join_words(parts)
    )
