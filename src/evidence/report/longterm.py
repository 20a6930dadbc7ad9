"""Long-term harms, and what regulators and guidelines say, in words and tables."""

from __future__ import annotations

from ..prose.tables import table
from ..prose.wording import answer, join_words, percent, with_interval
from ..review.safety import harm_contrasts, long_term_topic, single_arm_harms
from .safety import (
    EVIDENCE_WORDS,
    amounts,
    effect_words,
    points,
)

# Exposure of the people behind a fact; heavy use outside medicine is never read as a rate for treatment.
EXPOSURE = {
    "recreational users": "recreational or long-term use",
    "long-term users": "recreational or long-term use",
    "chronic pain": "medical, far above PTSD doses",
    "healthy volunteers": "one dose, volunteers",
}
UNVERIFIED = "Do not assert"  # how the note of a row marks a document whose position was not seen
SEEN = {
    "primary_full_text": "the document",
    "primary_abstract": "its abstract",
    "registry": "the registry",
    "secondary_meta": "a review",
    "secondary_other": "second-hand",
}


def long_term_facts(review):
    """
    Facts on long-term harms, with topic and exposure.

    Returns
    -------
    DataFrame
        Context rows with `harm`, `exposure` (a value of EXPOSURE, "medical use" for other people, or "not
        stated") and `amount`, sorted by topic.
    """
    facts = review.context
    facts = facts[facts["topic"] == "adverse_event"]
    facts = facts.assign(harm=facts["subject"].map(long_term_topic), amount=amounts(facts))
    who = facts["population"]
    facts["exposure"] = who.map(EXPOSURE).fillna(who.notna().map({True: "medical use", False: "not stated"}))
    return facts[facts["harm"] != ""].sort_values(["harm", "exposure"], kind="stable")


def bladder_sentence(review) -> str:
    """Say what is known of the bladder, heavy use and treatment clearly apart."""
    facts = review.context.set_index("context_id")
    rows = harm_contrasts(review)
    parts = []
    if "bladder_recreational" in facts.index:
        row = facts.loc["bladder_recreational"]
        parts.append(
            answer(
                "Recreational use: {share:percent} of past-year users in a self-selected survey ({a} of {n}) "
                "had urinary symptoms; that is not a rate for treatment.",
                share=row["value"] / row["n"],
                a=f"{row['value']:,.0f}",
                n=f"{row['n']:,.0f}",
            )
        )
    said = [
        f"{row['label']}, {with_interval(*points(row).values(), 1)} points"
        + ("" if row["clear"] else " (not clear)")
        for row in rows[rows["outcome"] == "pollakiuria"].to_dict("records")
    ]
    if said:
        parts.append(f"Treatment of depression, frequent urination against placebo: {'; '.join(said)}.")
    ptsd = rows[(rows["kind"] == "urinary") & (rows["evidence"] == "direct")]
    parts.append("PTSD trials: counted." if len(ptsd) else "PTSD trials: no count was found.")
    return " ".join(parts)


def long_term_sentence(review) -> str:
    """Say for how many long-term harms a rate exists at doses used in treatment, and for whom."""
    facts = long_term_facts(review)
    topics = [t for t in dict.fromkeys(facts["harm"]) if "whole" not in t]
    ptsd = facts[facts["population"].fillna("").str.contains("PTSD")]
    named = join_words(topics)
    documented = set(facts.loc[facts["exposure"].str.startswith("recreational"), "harm"])
    heavy = join_words(t for t in topics if t in documented)
    unknown = " How often they follow from years of the doses used for PTSD is not known."
    return answer(
        "Harms of long use concern {named}. Recreational or long-term use is where they are documented "
        "({heavy}); of {n:count fact} collected {k} from people treated for PTSD.{unknown}",
        named=named,
        heavy="all of them" if heavy == named else heavy,
        n=len(facts),
        k=f"{len(ptsd)} come" if len(ptsd) else "none comes",
        unknown="" if len(ptsd) else unknown,
    )


def long_term_table(review):
    """Show long-term harms with the exposure behind each fact; use outside medicine and treatment apart."""
    columns = {
        "harm": "harm",
        "exposure": "exposure",
        "subject": "what",
        "population": "in whom",
        "amount": "value",
        "n": "of",
        "statement": "fact",
        "source_key": "source",
        "fact_ids": "facts",
        "note": "note",
    }
    return table(long_term_facts(review), columns, missing="-")


def urinary_table(review):
    """Show counted urinary harms in treatment: differences where there is a comparator, else the risk."""
    rows = harm_contrasts(review)
    records = [
        {
            **row,
            "counted": f"{row['a']}/{row['n1']} v {row['c']}/{row['n2']}",
            "size": f"{with_interval(*points(row).values(), 1)} points more",
        }
        for row in rows[rows["kind"] == "urinary"].to_dict("records")
    ]
    alone = single_arm_harms(review)
    records += [
        {
            **row,
            "counted": f"{row['events']}/{row['n']}, no control",
            "size": f"{percent(row['risk'], 1)} ({percent(row['low'], 1)} to {percent(row['high'], 1)})",
        }
        for row in alone[alone["kind"] == "urinary"].to_dict("records")
    ]
    for record in records:
        record |= {"outcome": effect_words(record["outcome"]), "evidence": EVIDENCE_WORDS[record["evidence"]]}
    columns = {
        "label": "programme",
        "evidence": "evidence",
        "outcome": "effect",
        "timepoint_label": "time",
        "counted": "with it",
        "size": "size (95% interval)",
        "source_key": "source",
        "fact_ids": "facts",
    }
    return table(records, columns)


def _rules(review):
    facts = review.context
    rows = facts[facts["topic"].isin(["regulation", "guideline"]) & ~facts["subject"].str.contains("MDMA")]
    return rows.assign(seen=rows["seen_in"].map(SEEN)).sort_values("topic", kind="stable")


def regulation_table(review):
    """Show regulation and guideline positions as dated facts: what was read, and what was not verified."""
    columns = {
        "topic": "kind",
        "date": "date",
        "subject": "about",
        "statement": "fact",
        "seen": "read in",
        "note": "not verified",
        "source_key": "source",
        "fact_ids": "facts",
    }
    return table(_rules(review), columns, missing={"date": "not stated", "note": "-"})


def regulation_sentence(review) -> str:
    """Say what regulators and guidelines state about ketamine for PTSD, and whose position was not seen."""
    rules = _rules(review)
    keyed = rules.set_index("context_id")
    said = [
        _dated(keyed.loc[key])
        for key in ("fda_ketamine", "vadod_2023_ketamine", "spravato_indication")
        if key in keyed.index
    ]
    unknown = rules[rules["note"].fillna("").str.contains(UNVERIFIED)]
    if len(unknown):
        said.append(f"Positions not seen, so none is asserted: {join_words(unknown['subject'])}.")
    second = int((rules["seen_in"] == "secondary_other").sum())
    said.append(
        answer(
            "Of {n:count fact} here {k} were read second-hand.",
            n=len(rules),
            k=str(second) if second else "none",
        )
    )
    return " ".join(said)


def _dated(row) -> str:
    date = f" ({row['date']})" if isinstance(row["date"], str) and row["date"] not in row["statement"] else ""
    return f"{row['subject']}{date}: {row['statement']}"
