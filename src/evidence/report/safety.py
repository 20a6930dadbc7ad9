"""Harms in words and tables: acute effects, stopping, serious events; PTSD trials first, depression apart."""

from __future__ import annotations

import math

from ..prose.tables import table
from ..prose.wording import answer, count, join_words, number, percent
from ..review.safety import (
    harm_contrasts,
    long_term_topic,
    published_harm_ratios,
    single_arm_harms,
    zero_events,
)
from .subgroups import spelled

EVIDENCE_WORDS = {
    "direct": "PTSD, randomised",
    "no control": "PTSD, no control",
    "indirect": "depression (indirect)",
}
EFFECT_WORDS = {
    "dropout_week1": "dropout in week 1",
    "dropout_adverse_event": "dropout for an adverse event",
    "pollakiuria": "frequent urination",
    "renal_or_urinary": "any renal or urinary event",
    "paraesthesia": "tingling",
    "dysgeusia": "odd taste",
    "blood_pressure_increased": "raised blood pressure",
    "ptsd_worsening": "worsening of PTSD",
}
COUNT_COLUMNS = {
    "label": "trial",
    "evidence": "evidence",
    "outcome": "effect",
    "active_arm": "arm",
    "comparator_arm": "against",
    "active": "with it",
    "comparator": "with it, comparator",
    ("rd", "rd_low", "rd_high"): "risk difference, points (95% interval)",
    ("odds_ratio", "or_low", "or_high"): "odds ratio (exact 95% interval)",
    "clear": "clear",
    "source_key": "source",
    "fact_ids": "facts",
}


def effect_words(outcome) -> str:
    """
    Name of an outcome in words.

    Examples
    --------
    >>> effect_words("nausea_or_vomiting"), effect_words("dropout_week1")
    ('nausea or vomiting', 'dropout in week 1')
    """
    return EFFECT_WORDS.get(outcome, outcome).replace("_", " ")


def points(row) -> dict:
    """Risk difference of a record with its interval, in percentage points, for a template."""
    return {"estimate": 100 * row["rd"], "ci_low": 100 * row["rd_low"], "ci_high": 100 * row["rd_high"]}


def safety_answer(review) -> str:
    """Answer what harms are known in people with PTSD, in plain words."""
    return " ".join(
        [
            acute_sentence(review),
            serious_sentence(review),
            "What happens beyond some weeks is not known: no long-term safety trial in PTSD was found."
            if not _long_ptsd_trials(review)
            else "",
        ]
    ).strip()


def _long_ptsd_trials(review) -> list[str]:
    """Randomised PTSD trials that report a serious event half a year or more after the first dose."""
    core = set(review.trials.loc[review.trials["role"] == "core", "trial_id"])
    rows = review.events[review.events["trial_id"].isin(core) & (review.events["timepoint_days"] >= 180)]
    return list(rows.loc[rows["outcome"].str.startswith(("serious", "death")), "trial_id"].unique())


def acute_sentence(review) -> str:
    """Say which acute effects differ clearly between the arms of the PTSD trials that count them."""
    rows = harm_contrasts(review)
    rows = rows[(rows["evidence"] == "direct") & (rows["kind"] == "acute effect")]
    if not len(rows):
        return "No PTSD trial counts acute effects by arm."
    more, fewer = (rows[rows["clear"] & (sign * rows["rd"] > 0)] for sign in (1, -1))
    rest = rows[~rows["clear"]]
    parts = [
        answer(
            "{k:Count PTSD trial} counts acute effects by arm ({n:count participant}).",
            k=rows["trial_id"].nunique(),
            n=int((rows["n1"] + rows["n2"]).max()),
        )
    ]
    parts += [f"Clearly commoner on ketamine: {_listed(more)}."] if len(more) else []
    parts += [f"Clearly commoner on the comparator: {_listed(fewer)}."] if len(fewer) else []
    if len(rest):
        parts.append(
            f"Too few people to tell: {join_words(effect_words(o) for o in rest['outcome'].unique())}."
        )
    return " ".join(parts)


def _listed(rows) -> str:
    return join_words(
        [
            answer(
                "{effect} ({a} of {n1} against {c} of {n2}, {rd:full 0} points)",
                effect=effect_words(row["outcome"]),
                rd=points(row),
                **{name: str(row[name]) for name in ("a", "n1", "c", "n2")},
            )
            for row in rows.to_dict("records")
        ]
    )


def serious_sentence(review) -> str:
    """Say what is known of serious events in randomised PTSD trials, with what no event leaves open."""
    rows = harm_contrasts(review)
    rows = rows[(rows["evidence"] == "direct") & (rows["kind"] == "serious")]
    trials = int((review.trials["role"] == "core").sum())
    if not len(rows):
        return f"None of {count(trials, 'randomised report')} gives serious events by arm."
    known = answer(
        "Serious events by arm could be read for {k} of {all}: {a} among {n1} on ketamine, {c} among {n2} on "
        "the comparator.",
        k=spelled(rows["trial_id"].nunique()),
        all=count(trials, "randomised report"),
        a=_none(rows["a"].sum()),
        n1=str(rows["n1"].sum()),
        c=_none(rows["c"].sum()),
        n2=str(rows["n2"].sum()),
    )
    bounds = zero_events(review)
    bounds = bounds[(bounds["kind"] == "serious") & (bounds["evidence"] == "direct")]
    if not len(bounds):
        return known
    best = bounds.sort_values("bound").iloc[0]
    return f"{known} " + answer(
        "None among {n} people still leaves a risk of up to {bound:percent} possible.",
        n=str(best["n"]),
        bound=best["bound"],
    )


def _none(n) -> str:
    return str(int(n)) if n else "none"


def indirect_sentence(review) -> str:
    """Say which acute effects are clearly commoner on the drug in first courses for depression."""
    rows = harm_contrasts(review)
    rows = rows[(rows["evidence"] == "indirect") & (rows["kind"] == "acute effect") & ~rows["enriched"]]
    clear = rows[rows["clear"]].sort_values("rd", ascending=False).to_dict("records")
    if not clear:
        return "No depression programme shows a clear difference in an acute effect."
    largest = [
        answer("{rd:full 0} more with {what}", rd=points(r), what=effect_words(r["outcome"]))
        for r in clear[:3]
    ]
    said = answer(
        "Indirect evidence, from people treated for depression ({labels}): per 100 people, {list}.",
        labels=join_words(dict.fromkeys(r["label"] for r in clear)),
        list=join_words(largest),
    )
    rest = join_words(effect_words(r["outcome"]) for r in clear[3:])
    return f"{said} Clear, too: {rest}." if rest else said


def stopping_sentence(review) -> str:
    """Say whether people stop more often on ketamine in the PTSD trials."""
    rows = harm_contrasts(review)
    rows = rows[(rows["evidence"] == "direct") & (rows["kind"] == "discontinuation")]
    if not len(rows):
        return "No PTSD trial reports by arm who stopped."
    said = [
        answer(
            "{label} ({arm}): {a} of {n1} against {c} of {n2}, {rd:full 0} points",
            label=r["label"],
            arm=r["active_arm"].replace("_", " "),
            rd=points(r),
            **{name: str(r[name]) for name in ("a", "n1", "c", "n2")},
        )
        for r in rows.to_dict("records")
    ]
    clear = int(rows["clear"].sum())
    return answer(
        "Stopping early, for any reason: {said}. Of {n:count comparison} {clear} shows a clear difference by "
        "the exact odds ratio.",
        said="; ".join(said),
        clear=spelled(clear),
        n=len(rows),
    )


def blood_pressure_sentence(review) -> str:
    """Say how far blood pressure rises, by series, and how often it becomes severe."""
    facts = review.context
    rises = facts[(facts["unit"] == "mmHg") & facts["subject"].str.startswith("Systolic")]
    if len(rises) < 2:
        return "Too few series give the rise in blood pressure."
    parts = [
        answer(
            "Systolic blood pressure rises by {low:number 0} to {high:number 0} mmHg on average, by series "
            "({k}), in people treated for depression or other disorders.",
            low=rises["value"].min(),
            high=rises["value"].max(),
            k=count(len(rises), "series", "series"),
        )
    ]
    sessions = facts[(facts["unit"] == "sessions") & facts["subject"].str.contains("ypertension")]
    for row in sessions.to_dict("records"):
        parts.append(
            answer(
                "Severe in {share:percent 1} of infusions of one series ({statement}",
                share=row["value"] / row["n"],
                statement=row["statement"].rstrip(".") + ").",
            )
        )
    people = single_arm_harms(review)
    for row in people[people["outcome"] == "severe_hypertension"].to_dict("records"):
        parts.append(
            answer(
                "By person: {a} of {n}, {risk:percent} ({low:percent} to {high:percent}), at least once.",
                a=str(row["events"]),
                n=str(row["n"]),
                **{name: row[name] for name in ("risk", "low", "high")},
            )
        )
    return " ".join(parts)


def harms_table(review, evidence="direct", kind=None):
    """Show harms by arm with risk differences and odds ratios, a row for each active arm; never added up."""
    rows = harm_contrasts(review)
    rows = rows[rows["evidence"] == evidence]
    if kind:
        rows = rows[rows["kind"] == kind]
    second = rows["enriched"].map({True: " (second course)", False: ""}).astype(str)
    rows = rows.assign(
        label=rows["label"].astype(str) + second,
        evidence=rows["evidence"].map(EVIDENCE_WORDS),
        outcome=rows["outcome"].map(effect_words),
        active=rows["a"].astype(str) + "/" + rows["n1"].astype(str),
        comparator=rows["c"].astype(str) + "/" + rows["n2"].astype(str),
        **{name: 100 * rows[name] for name in ("rd", "rd_low", "rd_high")},
    )
    digits = {("rd", "rd_low", "rd_high"): 1, ("odds_ratio", "or_low", "or_high"): 2}
    return table(rows, COUNT_COLUMNS, digits=digits, missing="no event, no ratio")


def zero_events_table(review):
    """Show what nobody with PTSD on the drug had, and how often it could happen all the same."""
    rows = [
        {
            **row,
            "evidence": EVIDENCE_WORDS[row["evidence"]],
            "outcome": effect_words(row["outcome"]),
            "could": f"up to {percent(row['bound'], 1)}",
        }
        for row in zero_events(review).to_dict("records")
    ]
    columns = {
        "label": "trial",
        "evidence": "evidence",
        "outcome": "nobody had",
        "arm": "arm",
        "n": "people",
        "could": "could still happen in (95% bound)",
        "source_key": "source",
        "fact_ids": "facts",
    }
    return table(rows, columns)


def single_arm_table(review):
    """Show harms counted without a comparator, with exact intervals."""
    rows = [
        {
            **row,
            "evidence": EVIDENCE_WORDS[row["evidence"]],
            "outcome": effect_words(row["outcome"]),
            "counted": f"{row['events']}/{row['n']}",
            "risk": f"{percent(row['risk'], 1)} ({percent(row['low'], 1)} to {percent(row['high'], 1)})",
        }
        for row in single_arm_harms(review).to_dict("records")
    ]
    columns = {
        "label": "study",
        "evidence": "evidence",
        "outcome": "effect",
        "timepoint_label": "time",
        "counted": "with it",
        "risk": "risk (exact 95% interval)",
        "source_key": "source",
        "fact_ids": "facts",
        "note": "note",
    }
    return table(rows, columns, missing="-")


def published_ratios_table(review):
    """Show odds ratios of harms that another review pooled from PTSD trials."""
    columns = {
        "outcome": "effect",
        ("estimate", "ci_low", "ci_high"): "odds ratio (95% interval)",
        "k": "trials",
        "clear": "interval excludes 1",
        "source_key": "source",
        "fact_ids": "facts",
    }
    return table(published_harm_ratios(review), columns)


def published_ratios_sentence(review) -> str:
    """Say which pooled odds ratios of harms exclude no difference."""
    rows = published_harm_ratios(review)
    if not len(rows):
        return "No published review pools harms of PTSD trials."
    groups = [
        ("the interval excludes an odds ratio of 1 for", rows[rows["clear"]]),
        ("it does not for", rows[~rows["clear"]]),
    ]
    said = [f"{words} {join_words(part['outcome'])}" for words, part in groups if len(part)]
    return answer(
        "A published review pools {n:count harm} over PTSD trials: {said}.", n=len(rows), said="; ".join(said)
    )


def amounts(facts):
    """Value and unit of context rows as words, "" where a fact has no value."""
    return [
        ""
        if math.isnan(v)
        else f"{number(v, 1).removesuffix('.0')} {u if isinstance(u, str) else ''}".strip()
        for v, u in zip(facts["value"], facts["unit"], strict=True)
    ]


def dissociation_sentence(review) -> str:
    """Say what is stated of dissociation in PTSD trials, beside the counts of the depression programmes."""
    facts = review.context.set_index("context_id")
    rows = harm_contrasts(review)
    rows = rows[(rows["outcome"] == "dissociation") & ~rows["enriched"]]
    stated = [
        answer("{subject}: {statement}", **facts.loc[key, ["subject", "statement"]])
        for key in ("abdallah_dissociation", "spravato_dissociation")
        if key in facts.index
    ]
    counted = [
        answer(
            "{label} counted it in {a} of {n1} against {c} of {n2} (depression).",
            **{name: str(row[name]) for name in ("label", "a", "n1", "c", "n2")},
        )
        for row in rows.to_dict("records")
    ]
    return " ".join(stated + counted)


def acute_facts_table(review):
    """Show what is stated of dissociation, blood pressure and other acute effects without counts by arm."""
    facts = review.context
    acute = facts["subject"].map(long_term_topic) == ""
    rows = facts[(facts["topic"] == "adverse_event") & acute]
    rows = rows.assign(amount=amounts(rows))
    columns = {
        "subject": "what",
        "population": "in whom",
        "amount": "value",
        ("interval_low", "interval_high"): "interval or range",
        "statement": "fact",
        "source_key": "source",
        "fact_ids": "facts",
        "note": "note",
    }
    return table(rows, columns, digits=1, missing="-")
