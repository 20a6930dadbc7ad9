"""The claims ledger and the checker's record, as sentences and tables."""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections import Counter
from itertools import accumulate, groupby

import pandas as pd

from ..choices import Choices
from ..claims.ledger import ask
from ..claims.rules import RULES
from ..claims.view import View
from ..prose.tables import table
from ..prose.wording import answer, join_words
from ..textcheck.check import committed_answers
from ..textcheck.recognise import recognise
from ..textcheck.verdicts import VERDICTS, judge

# Labelled texts that the checker's model was not made from; tests/claims/README.md.
SETS = {"sentences": "single sentences", "articles": "whole texts"}
NO_CLAIM = "none", "no claim"
# What the article is silent about: question, query.
LEFT_OUT = (
    ("Is it approved, and what do guidelines say?", "status"),
    ("What happens to blood pressure?", "blood_pressure"),
    ("Can it be misused?", "misuse"),
    ("How long does a benefit last?", "durability"),
    ("What did trials in veterans find?", "veterans"),
    ("How large is the effect at the end of a course?", "pool_end_of_course"),
)


def claims_answer(ledger) -> str:
    """Say how many claims of the article the evidence carries."""
    counts = Counter(ledger["verdict"])
    checked = ledger[ledger["verdict"] != "outside scope"]
    weak = counts["overstated"] + counts["contradicted"] + counts["no evidence"]
    return answer(
        "Of {n:count claim} in the article, {outside} are no question for trials. Of the other {checked}, "
        "{supported} are supported, {limits} are supported with limits, {over} are overstated, {contra} are "
        "contradicted, and for {none} there is no evidence: {weak} of {checked} say more than is known.",
        n=len(ledger),
        outside=counts["outside scope"],
        checked=len(checked),
        supported=counts["supported"],
        limits=counts["supported with limits"],
        over=counts["overstated"],
        contra=counts["contradicted"],
        none=counts["no evidence"],
        weak=weak,
    )


def claims_table(ledger, verdict):
    """Show the claims with one verdict: reason, certainty, a wording that holds, and sources."""
    columns = {
        "claim_id": "claim",
        "paraphrase": "what it says",
        "reason": "why",
        "certainty": "certainty",
        "wording": "what could be said",
        "rule": "rule",
        "sources": "sources",
    }
    return table(ledger[ledger["verdict"] == verdict], columns, missing="-")


def left_out_table(review, choices=None):
    """Show what a reader of the article does not learn."""
    view = View(review, choices or Choices())
    rows = [
        {"question": question, "answer": found.say, "sources": "; ".join(found.sources)}
        for question, query in LEFT_OUT
        for found in [ask(query, view)]
    ]
    return table(rows, {"question": "question", "answer": "what is known", "sources": "sources"})


def disagreements_answer(ledger) -> str:
    """Say how often the second opinion differs, and what agreement is worth."""
    others = ledger.loc[~ledger["agrees"], "claim_id"]
    text = answer("The second opinion agrees on {k} of {n}", k=int(ledger["agrees"].sum()), n=len(ledger))
    text += f" and differs on {join_words(others)}." if len(others) else "."
    return (
        f"{text} It was at hand when claims were bound to queries and rules, so that agreement is no "
        "independent confirmation; a difference shows where a stated rule leads elsewhere."
    )


def disagreements_table(ledger):
    """Show the claims on which the second opinion differs, with both reasons and the rule."""
    rows = ledger[~ledger["agrees"]]
    rows = rows.assign(why=[RULES[rule].why for rule in rows["rule"]])
    columns = {
        "claim_id": "claim",
        "paraphrase": "what it says",
        "verdict": "verdict here",
        "reason": "because",
        "why": "rule",
        "second_opinion": "second opinion",
        "second_opinion_reason": "because",
    }
    return table(rows, columns)


def claim_rules_table(ledger):
    """Show every rule with its rationale and the claims it judges."""
    judged = ledger.groupby("rule")["claim_id"].agg(" ".join)
    rows = [
        {"rule": rule.name, "why": rule.why, "claims": judged.get(rule.name, "text checker only")}
        for rule in RULES.values()
    ]
    return table(rows, {"rule": "rule", "why": "rationale", "claims": "claims"})


def checked_sentences(review) -> pd.DataFrame:
    """
    Run the text checker on the labelled texts that its model was not made from; an article is read whole.

    Parameters
    ----------
    review : Review
        Loaded from a checkout: the sets stand beside its data.

    Returns
    -------
    DataFrame
        set, text; topic and verdict as labelled (a further one that is as fair stands behind ``|``), as a
        second reader labelled them, and as found; "none" and "no claim" where there is none.
    """
    answers = committed_answers()
    records = []
    for name in SETS:
        path = review.path.parent / "tests" / "claims" / f"heldout_{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for _, parts in groupby(rows, key=lambda row: row.get("article_id") or row["sentence_id"]):
            for row, claim in _main_claims(list(parts)):
                topic, verdict = (claim.topic, judge(claim, answers).verdict) if claim else NO_CLAIM
                records.append({"set": name, **row, "found_topic": topic, "found_verdict": verdict})
    return pd.DataFrame(records)


def _main_claims(rows):
    """Rows of one text, read as one, each with the first claim in it or None."""
    ends = list(accumulate(len(row["text"]) + 2 for row in rows))
    claims = {}
    for claim in recognise("\n\n".join(row["text"] for row in rows)):
        claims.setdefault(bisect_right(ends, claim.sentence.start), claim)
    return [(row, claims.get(place)) for place, row in enumerate(rows)]


def quality(labelled, reader="found") -> dict[str, float]:
    """
    How one reader agrees with the labels.

    Parameters
    ----------
    labelled : DataFrame
        From `checked_sentences`.
    reader : {"found", "second"}
        The checker, or the second reader.

    Returns
    -------
    dict of str to float
        claims and others (counts); precision and recall of finding a claim; shares of the claims with the
        right topic and with the right verdict.
    """
    topics, verdicts = (labelled[name].str.split("|") for name in ("topic", "verdict"))
    claim, found = labelled["topic"] != "none", labelled[f"{reader}_topic"] != "none"

    def share(accepted, column):
        same = [given in fair for given, fair in zip(labelled[f"{reader}_{column}"], accepted, strict=True)]
        return float(pd.Series(same, index=labelled.index)[claim].mean())

    return {
        "claims": int(claim.sum()),
        "others": int((~claim).sum()),
        "precision": float((claim & found).sum() / found.sum()),
        "recall": float((claim & found).sum() / claim.sum()),
        "topic": share(topics, "topic"),
        "verdict": share(verdicts, "verdict"),
    }


def quality_table(checked):
    """Show detection of claims, and accuracy of topic and verdict, of the checker and of a second reader."""
    readers = {"found": "text checker", "second": "second reader"}
    rows = [
        {"set": SETS[name], "reader": readers[reader], **quality(part, reader)}
        for name, part in checked.groupby("set", sort=False)
        for reader in readers
    ]
    return table(rows)


def confusion_table(checked):
    """Show the verdicts of the text checker, labelled against found."""
    order = [*VERDICTS, "no claim"]
    labels = checked["verdict"].str.partition("|")[0]
    counts = Counter(zip(labels, checked["found_verdict"], strict=True))
    rows = [{"label": a, **{b: str(counts[a, b] or "-") for b in order}} for a in order]
    return table(rows, {"label": "labelled, found:", **{b: b for b in order}})


def article_run_table(review, ledger):
    """Show what the checker missed in the article, and where it spoke without cause."""
    run = _article_run(review).merge(ledger[["claim_id", "paraphrase"]], on="claim_id", how="left")
    columns = {
        "outcome": "outcome",
        "claim_id": "claim",
        "paraphrase": "what it says",
        "topic": "topic found",
        "verdict": "verdict found",
        "note": "note",
    }
    return table(run[run["outcome"] != "found"].fillna(""), columns, missing="-")


def article_run_answer(review, ledger) -> str:
    """Say how the checker did on the article."""
    run = _article_run(review)
    counts = Counter(run["outcome"])
    both = run[run["outcome"] == "found"].merge(ledger[["claim_id", "verdict"]], on="claim_id")
    return answer(
        "On the article itself, whose text is not part of this repository, the checker found {found} of {n} "
        "claims and gave {same} of them the verdict of the ledger. It missed {missed}, left {alone} pieces "
        "of advice alone, made {second} further findings that hold, and {false:count false alarm}.",
        found=counts["found"],
        n=len(ledger),
        same=int((both["verdict_x"] == both["verdict_y"]).sum()),
        missed=counts["missed"],
        alone=counts["left alone"],
        second=counts["second finding"],
        false=counts["false alarm"],
    )


def _article_run(review):
    path = review.path.parent / "tests" / "claims" / "article_run.csv"
    return pd.read_csv(path, keep_default_na=False)
