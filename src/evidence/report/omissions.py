"""What the article that started the review leaves out: topic, fact, source."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..prose.tables import table
from ..prose.wording import answer, join_words
from ..review.safety import harm_contrasts
from ..review.subgroup_anchors import join_facts
from .safety import blood_pressure_sentence, serious_sentence
from .subgroups import spelled, trial_findings


@dataclass(frozen=True)
class Omission:
    """
    A topic that a reader of the article would need.

    Attributes
    ----------
    topic : str
    mentioned : str
        Pattern; a claim of the article whose paraphrase matches mentions the topic.
    fact : callable
        Review to (fact in words, source keys, fact ids).
    """

    topic: str
    mentioned: str
    fact: Callable


def _context(*keys):
    """Fact of context rows that are there."""

    def fact(review):
        rows = review.context[review.context["context_id"].isin(keys)]
        said = " ".join(rows["subject"] + ": " + rows["statement"])
        return said, list(rows["source_key"]), list(rows["fact_ids"])

    return fact


def _pressure(review):
    rows = review.context[review.context["unit"] == "mmHg"]
    return blood_pressure_sentence(review), list(rows["source_key"]), list(rows["fact_ids"])


def _lasting(review):
    rows = review.timing[review.timing["event"] == "loss_of_response"].merge(
        review.trials.loc[review.trials["role"] == "core", ["trial_id", "label"]], on="trial_id"
    )
    said = [
        answer(
            "{label}: half of {n:count responder} had lost the response {d:days} after the course.",
            label=row["label"],
            n=row["n"],
            d=row["median_days"],
        )
        for row in rows.to_dict("records")
    ]
    return " ".join(said), list(rows["source_key"]), list(rows["fact_ids"])


def _veterans(review):
    core = review.trials[
        (review.trials["role"] == "core") & (review.trials["population"] == "veteran_military")
    ]
    found = trial_findings(review)
    said = [
        answer(
            "{label} ({n:count person}): {finding}.",
            label=r["label"],
            n=r["n_randomised"],
            finding=found[r["trial_id"]],
        )
        for r in core.to_dict("records")
    ]
    return " ".join(said), list(core["source_key"]), list(core["fact_ids"])


def _sizes(review):
    core = review.trials[review.trials["role"] == "core"]
    sizes = core["n_randomised"].dropna()
    fact = answer(
        "{k:Count randomised report}, from {low} to {high} people, half of them with {middle} or fewer.",
        k=len(core),
        low=f"{sizes.min():.0f}",
        high=f"{sizes.max():.0f}",
        middle=f"{sizes.median():.0f}",
    )
    return fact, list(core["source_key"]), []


def _serious(review):
    rows = harm_contrasts(review)
    rows = rows[(rows["kind"] == "serious") & (rows["evidence"] == "direct")]
    return serious_sentence(review), list(rows["source_key"]), list(rows["fact_ids"])


OMISSIONS = (
    Omission("approval status", r"off-label|approv|FDA", _context("fda_ketamine", "spravato_indication")),
    Omission("guideline position", r"guideline", _context("vadod_2023_ketamine", "vadod_2023_first_line")),
    Omission("rise in blood pressure", r"blood pressure|hypertens", _pressure),
    Omission(
        "misuse and dependence",
        r"misuse|abus|addict|dependen",
        _context("fda_risks", "dependence_recreational", "abuse_supervised"),
    ),
    Omission(
        "observation after a dose",
        r"observ|monitored for|hours? (of|in) the clinic",
        _context("spravato_monitoring", "feder_2021_onsite"),
    ),
    Omission(
        "how long benefit lasts", r"(benefit|relief|effect|response)s? lasts?|how long|relapse", _lasting
    ),
    Omission("the trials in veterans", r"no (benefit|difference|effect)|null|did not", _veterans),
    Omission("how small the trials are", r"sample|small|number of (people|participants|patients)", _sizes),
    Omission("how little is known of serious events", r"serious", _serious),
)


def omissions(review) -> list[dict]:
    """
    Topics that no claim of the article mentions, each with its fact and source.

    Returns
    -------
    list of dict
        topic, fact, source_key, fact_ids.
    """
    records = []
    for item in OMISSIONS:
        if any(re.search(item.mentioned, claim, re.IGNORECASE) for claim in review.claims["paraphrase"]):
            continue
        fact, sources, ids = item.fact(review)
        if fact:
            records.append(
                {
                    "topic": item.topic,
                    "fact": fact,
                    "source_key": "; ".join(dict.fromkeys(sources)),
                    "fact_ids": join_facts(ids) if ids else None,
                }
            )
    return records


def omissions_table(review):
    """Show what the article leaves out: topic, fact, source."""
    columns = {"topic": "left out", "fact": "fact", "source_key": "source", "fact_ids": "facts"}
    return table(omissions(review), columns, missing="as in the trials table")


def omissions_sentence(review) -> str:
    """Say how much of what a reader needs the article mentions, and whether it puts a number on benefit."""
    efficacy = review.claims[review.claims["claim_class"].isin(["efficacy", "onset", "durability"])]
    numeric = int(efficacy["paraphrase"].str.contains(r"\d").sum())
    left = omissions(review)
    return answer(
        "The article makes {n:count claim} and mentions {m} of {all:count topic} a reader would need. Left "
        "out: {left}. Of its {e:count claim} on benefit {k} holds a number.",
        n=len(review.claims),
        m=spelled(len(OMISSIONS) - len(left)),
        all=len(OMISSIONS),
        left=join_words(r["topic"] for r in left) or "nothing",
        e=len(efficacy),
        k=spelled(numeric),
    )
