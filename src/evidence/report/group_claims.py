"""Claims about groups as clinics and news make them: what each would need, beside what exists."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..choices import Choices
from ..prose.tables import table
from ..prose.wording import answer, join_words, with_interval
from ..review.subgroup_anchors import randomised_between
from ..review.subgroups import DIMENSIONS, group_counts, trial_groups
from .subgroups import spelled, trial_findings


@dataclass(frozen=True)
class GroupClaim:
    """
    A claim about a group of people or a way of treating.

    Attributes
    ----------
    claim : str
        In our words.
    article : tuple of str
        Keys in the claims table, where the article makes it.
    needs : str
        What would carry it.
    group : str
        Group whose randomised trials are counted; "" where no group of trials answers to it.
    between : str
        "" for a claim about a group alone; else what people would have to be randomised between: "dose" or
        "other".
    context : tuple of str
        Keys in the context table, evidence without a control.
    pool : tuple of (str, str) or None
        Review and outcome of a published pool on another question that bears on it.
    """

    claim: str
    article: tuple[str, ...]
    needs: str
    group: str
    between: str = ""
    context: tuple[str, ...] = ()
    pool: tuple[str, str] | None = None


CLAIMS = (
    GroupClaim(
        "Veterans and military people benefit",
        ("S31",),
        "randomised trials in them that favour ketamine",
        "veterans and military",
    ),
    GroupClaim(
        "First responders benefit",
        ("S32",),
        "any randomised trial in them",
        "first responders",
        context=("paramedics", "firefighters"),
    ),
    GroupClaim(
        "Anyone distressed by trauma may benefit",
        ("S33",),
        "randomised trials in recent trauma or without a diagnosis of PTSD",
        "",
        pool=("du_2022", "early PTSD scales"),
    ),
    GroupClaim(
        "It works when earlier treatment failed",
        ("S28",),
        "trials that required failure and favour ketamine, and trials without that requirement to compare",
        "earlier treatment failed",
    ),
    GroupClaim(
        "Combined with psychotherapy it works better",
        ("S16", "S40", "S58"),
        "people randomised to ketamine with or without psychotherapy",
        "with psychotherapy",
        "other",
        ("kap_trajectory",),
    ),
    GroupClaim(
        "A nasal spray works, and faster",
        ("S15",),
        "any randomised trial of a spray in PTSD; people randomised between spray and infusion",
        "nasal spray",
        "other",
        ("esketamine_ptsd_phase3",),
    ),
    GroupClaim(
        "Tablets or lozenges at home work as well",
        (),
        "any randomised trial of them in PTSD; people randomised between them and infusion",
        "oral or sublingual",
        "other",
        ("quigley_response",),
    ),
    GroupClaim(
        "A series of sessions works better than one",
        ("S51",),
        "people randomised between one dose and several",
        "repeated doses",
        "other",
    ),
    GroupClaim(
        "A higher dose works better",
        (),
        "people randomised between doses, with a number for the difference",
        "",
        "dose",
    ),
    GroupClaim(
        "Some groups benefit more than others",
        ("S27",),
        "a test of the difference between groups, inside trials or across many",
        "",
        "other",
    ),
)

# What a registered trial would inform, by words of its title, arms or note.
WOULD_INFORM = {
    "veterans and military": r"veteran|military|active-duty|department of defense",
    "nasal spray": r"intranasal",
    "with psychotherapy": r"exposure|therapy\b(?! for)|\bPE\b|CBT",
    "two doses": r"0\.2 or 0\.5",
    "repeated doses": r"repeated|twice weekly|weekly|x[2-9]\b",
}
OPEN = ("ongoing", "planned", "completed_unpublished", "unknown_unpublished")


def group_claims(review, choices=None) -> list[dict]:
    """
    Every claim with what exists for it.

    Returns
    -------
    list of dict
        claim, article (keys of claims), needs, k and n (randomised trials in the group, and people in them),
        between (trials that randomise what is claimed), finding, others (other evidence), sources.
    """
    choices = choices or Choices()
    counts = {r["group"]: r for r in group_counts(review, choices).to_dict("records")}
    core, found = trial_groups(review, choices), trial_findings(review, choices)
    between = randomised_between(review)
    members = {
        group: core[core[d.column].isin(values)] for d in DIMENSIONS for group, values in d.groups.items()
    }
    records = []
    for claim in CLAIMS:
        trials = (
            core[core["label"].isin(between["dose"])] if claim.between == "dose" else members.get(claim.group)
        )
        known = counts.get(claim.group, {"k": None, "n": None})
        others, sources = _others(review, claim, counts)
        if trials is not None:
            sources = [*trials["source_key"], *sources]
        records.append(
            {
                "claim": claim.claim,
                "article": ", ".join(claim.article),
                "needs": claim.needs,
                "k": known["k"],
                "n": known["n"],
                "between": _between(claim, between),
                "finding": _findings(trials, found),
                "others": others,
                "sources": "; ".join(dict.fromkeys(sources)),
            }
        )
    return records


def _between(claim, between) -> str:
    return "" if not claim.between else join_words(between[claim.between]) or "none"


def _findings(trials, found) -> str:
    """Findings of the trials of a group, the silent ones named at the end."""
    if trials is None:
        return ""
    labels = dict(zip(trials["trial_id"], trials["label"], strict=True))
    silent = [label for trial, label in labels.items() if found[trial] == "nothing usable reported"]
    said = [f"{label}: {found[trial]}" for trial, label in labels.items() if label not in silent]
    if silent:
        said.append(f"Nothing usable reported: {join_words(silent)}")
    return ". ".join(said)


def _others(review, claim, counts):
    """Evidence without a control, or on another question, in words, and its sources."""
    said, sources = [], []
    series = counts.get(claim.group, {})
    if series.get("uncontrolled"):
        said.append(
            answer(
                "{k:Count series} without a control, {n:count person}.".replace(
                    "series", "uncontrolled study"
                ),
                k=series["uncontrolled"],
                n=series["uncontrolled_n"],
            )
        )
    facts = review.context.set_index("context_id")
    for key in claim.context:
        said.append(facts.loc[key, "statement"])
        sources.append(facts.loc[key, "source_key"])
    if claim.pool:
        pools = review.published_pools
        row = pools[(pools["review"] == claim.pool[0]) & (pools["outcome"] == claim.pool[1])].iloc[0]
        said.append(_pool_words(row))
        sources.append(row["source_key"])
    return " ".join(said), sources


def _pool_words(row) -> str:
    worse = (row["estimate"] > 0) == (row["favours_active_when"] == "negative")
    return answer(
        "A published pool of {k:count trial} ({n:count person}) on {outcome}: {value} points, {side} with "
        "ketamine.",
        k=row["k"],
        n=row["n"],
        outcome=row["outcome"],
        value=with_interval(row["estimate"], row["ci_low"], row["ci_high"]),
        side="worse" if worse else "better",
    )


def group_claims_table(review, choices=None):
    """Show what each claim about a group would need beside what exists."""
    columns = {
        "claim": "claim",
        "article": "in the article",
        "needs": "would need",
        "k": "randomised trials in the group",
        "n": "people",
        "between": "trials that randomise it",
        "finding": "what the randomised trials found",
        "others": "other evidence",
        "sources": "sources",
    }
    return table(group_claims(review, choices), columns, missing="-")


def group_claims_sentence(review, choices=None) -> str:
    """Say how many claims about groups have a randomised trial, and how many a randomised comparison."""
    rows = group_claims(review, choices)
    compared = [r for r in rows if r["between"]]
    return answer(
        "Of {n:count claim} about groups and ways of treating, {none} have no randomised trial behind them; "
        "of {m} that say one way or group is better than another, {no} were never put to a randomised "
        "comparison in PTSD.",
        n=len(rows),
        none=spelled(sum(r["k"] in (0, None) and r["between"] in ("", "none") for r in rows)),
        m=spelled(len(compared)),
        no=spelled(sum(r["between"] == "none" for r in compared)),
    )


def registered_trials(review) -> list[dict]:
    """
    Registered randomised trials without a result that could be read, and which groups they would inform.

    Returns
    -------
    list of dict
        nct, title, n, status, category, informs, url; those that would inform none are left out.
    """
    rows = review.registry
    rows = rows[(rows["randomised"] == "yes") & rows["category"].isin(OPEN)]
    records = []
    for row in rows.to_dict("records"):
        text = " ".join(str(row[c]) for c in ("title", "arms", "note") if isinstance(row[c], str))
        informs = [group for group, words in WOULD_INFORM.items() if re.search(words, text, re.IGNORECASE)]
        if informs:
            records.append({**row, "informs": ", ".join(informs)})
    return records


def registered_table(review):
    """Show the registered trials that would inform a comparison of groups."""
    columns = {
        "nct": "registration",
        "title": "title",
        "n": "people",
        "status": "status",
        "informs": "would inform",
    }
    return table(registered_trials(review), columns, digits={"n": 0}, links={"nct": "url"})


def registered_sentence(review) -> str:
    """Say what registered trials would inform once they report."""
    rows = registered_trials(review)
    exact = set(review.contrasts.loc[review.contrasts["finding"] == "estimate", "trial_id"])
    silent = trial_groups(review)[lambda t: ~t["trial_id"].isin(exact)]
    done = [r for r in rows if r["category"] == "completed_unpublished"]
    return answer(
        "{k:Count registered trial} with {n:count participant} planned or enrolled would inform a group; {d} "
        "ended without a result that could be read. A number by arm from {label}, the largest trial without "
        "one, or from any of these, could make a comparison possible that is not possible now.",
        k=len(rows),
        n=int(sum(r["n"] for r in rows if r["n"] == r["n"])),
        d=spelled(len(done)),
        label=silent.loc[silent["people"].idxmax(), "label"],
    )
