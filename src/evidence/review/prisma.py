"""PRISMA 2020 for what this review actually did: the flow from the data, the checklist from a table."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..prose.tables import table
from ..prose.wording import count
from .efficacy import pool_all

CHECKLIST = Path("docs") / "prisma_checklist.csv"
# Page et al. (2021), BMJ 372:n71: the items and sub-items, in order.
ITEMS = (
    "1", "2", "3", "4", "5", "6", "7", "8", "9", "10a", "10b", "11", "12", "13a", "13b", "13c", "13d", "13e",
    "13f", "14", "15", "16a", "16b", "17", "18", "19", "20a", "20b", "20c", "20d", "21", "22", "23a", "23b",
    "23c", "23d", "24a", "24b", "24c", "25", "26", "27",
)  # fmt: skip
REPORTED = ("yes", "partly", "no")
STAGES = ("Identification", "Screening", "Reading", "Inclusion")
NOT_KEPT = "not kept"
CATEGORIES = {
    "open_label": "no control group",
    "observational": "observational",
    "perioperative_prevention": "surgery or burns, not treatment of PTSD",
    "withdrawn": "withdrawn before anyone was enrolled",
    "planned": "planned",
    "ongoing": "ongoing",
    "unknown_unpublished": "status unknown, nothing published",
    "completed_unpublished": "completed, no readable result",
}
SEEN = {
    "primary_full_text": "as full text",
    "primary_abstract": "as abstract",
    "registry": "as registry entry",
    "secondary_meta": "in another review",
    "secondary_other": "in another source",
}
_MARKS = ("<!-- prisma -->", "<!-- /prisma -->")


@dataclass(frozen=True)
class Box:
    """
    One box of the flow.

    Attributes
    ----------
    stage : str
        One of `STAGES`.
    words : str
    n : float
        Count; NaN where it was not kept.
    aside : bool
        True for what left the flow.
    parts : tuple of (str, int)
        What the count is made of.
    """

    stage: str
    words: str
    n: float
    aside: bool = False
    parts: tuple[tuple[str, int], ...] = ()

    @property
    def shown(self) -> str:
        """Count as shown; "not kept" where it is unknown."""
        return NOT_KEPT if math.isnan(self.n) else f"{self.n:.0f}"


def flow(review, choices=None) -> list[Box]:
    """
    Boxes of the flow diagram, counted from the data.

    Parameters
    ----------
    review : Review
    choices : Choices, optional

    Returns
    -------
    list of Box
        In reading order. Counts that were not kept are NaN.

    References
    ----------
    Page et al. (2021), BMJ 372:n71, figure 1.

    Examples
    --------
    >>> from evidence import load
    >>> print(flow(load())[0].words, "-", flow(load())[0].shown)
    Records from bibliographic databases (none searched as such) - not kept
    """
    return [*_identified(review), *_screened(review), *_read(review), *_included(review, choices)]


def _identified(review):
    return [
        Box("Identification", "Records from bibliographic databases (none searched as such)", math.nan),
        Box("Identification", "Registered studies found on public pages", len(review.registry)),
        Box("Identification", "Sources listed (reports, reviews, registries, news)", len(review.references)),
    ]


def _screened(review):
    registry = review.registry
    left = registry[registry["category"] != "published"]
    parts = _parts(left["category"], CATEGORIES)
    return [
        Box("Screening", "Records screened", math.nan),
        Box("Screening", "Records left out", math.nan, aside=True),
        Box(
            "Screening",
            "Registered studies that are no randomised trial with a report",
            len(left),
            True,
            parts,
        ),
        Box("Screening", "Registered randomised trials with a report", len(registry) - len(left)),
    ]


def _read(review):
    core = review.trials[review.trials["role"] == "core"]
    parts = _parts(core["seen_in"], SEEN)
    return [
        Box("Reading", "Reports of randomised trials", len(core), parts=parts),
        Box(
            "Reading",
            "Uncontrolled studies, shown apart",
            int((review.trials["role"] == "supporting").sum()),
            aside=True,
        ),
        Box(
            "Reading",
            "Published reviews with a pool, shown as anchors",
            review.published_pools["review"].nunique(),
            aside=True,
        ),
    ]


def _included(review, choices):
    core = review.trials[review.trials["role"] == "core"]
    pairs = core["overlaps_with"].isin(core["trial_id"]).sum() // 2
    used = pd.concat([result.included for result in pool_all(review, choices).values()])
    exact = used.loc[used["finding"] == "estimate", "trial_id"]
    return [
        Box("Inclusion", "Randomised trials, reports that share people counted once", len(core) - int(pairs)),
        Box("Inclusion", "Trials in at least one pool", used["trial_id"].nunique()),
        Box("Inclusion", "Trials with a number in at least one pool", exact.nunique()),
    ]


def _parts(values, words):
    """Counts by kind in the order of `words`; an unknown kind is an error, so that none is lost."""
    found = values.value_counts()
    if unknown := sorted(set(found.index) - set(words)):
        raise ValueError(f"flow: found {unknown}; allowed: {', '.join(words)}. Fix: give the kind its words")
    return tuple((name, int(found[kind])) for kind, name in words.items() if kind in found)


def checklist(root) -> list[dict[str, str]]:
    """
    Read the checklist of a checkout.

    Parameters
    ----------
    root : str or Path
        Top folder, which holds ``docs/prisma_checklist.csv``.

    Returns
    -------
    list of dict
        item, section, topic, reported ("yes", "partly", "no"), place (relative to docs), note.

    Raises
    ------
    ValueError
        If an item is missing, doubled or unknown, `reported` is another word, or a shortfall has no note.
    """
    with (Path(root) / CHECKLIST).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [row["item"] for row in rows]
    if found != list(ITEMS):
        odd = sorted(set(found) ^ set(ITEMS)) or "another order"
        raise ValueError(f"{CHECKLIST}: found {odd}; allowed: the items of PRISMA 2020. Fix: one row each")
    for row in rows:
        if row["reported"] not in REPORTED or (row["reported"] != "yes" and not row["note"]):
            raise ValueError(
                f"{CHECKLIST} item {row['item']}: found {row['reported']!r}, note {row['note']!r}; allowed: "
                f"{', '.join(REPORTED)}, with a note unless yes. Fix: say what is missing"
            )
    return rows


def flow_table(review, choices=None):
    """Show the flow as a table."""
    rows = [
        {
            "stage": box.stage,
            "words": box.words,
            "n": box.shown,
            "parts": "; ".join(f"{name}: {n}" for name, n in box.parts),
            "aside": "left the flow" if box.aside else "",
        }
        for box in flow(review, choices)
    ]
    columns = {"stage": "stage", "words": "what", "n": "count", "parts": "of which", "aside": "note"}
    return table(rows, columns, missing="-")


def checklist_sentence(rows) -> str:
    """Say how many items are reported in full, in part and not."""
    given = [row["reported"] for row in rows]
    return (
        f"Of {count(len(rows), 'checklist item')}, {given.count('yes')} are reported in full, "
        f"{given.count('partly')} in part and {given.count('no')} not."
    )


def page(review, root) -> str:
    """
    The page ``docs/prisma.md``.

    Parameters
    ----------
    review : Review
    root : str or Path
        Top folder of the checkout.
    """
    rows = checklist(root)
    columns = {
        "item": "item",
        "section": "section",
        "topic": "topic",
        "reported": "reported",
        "place": "place",
        "note": "note",
    }
    body = "\n\n".join(
        [
            "## Flow",
            "Counted from the tables in `data/`. What was not counted at the time is left blank and says so.",
            flow_table(review).markdown(),
            "## Checklist",
            checklist_sentence(rows),
            table(rows, columns, missing="-", links={"place": "place"}).markdown(),
        ]
    )
    head = (
        "# PRISMA 2020: flow and checklist\n\nGenerated by `make data-docs` from the data and "
        "from [prisma_checklist.csv](prisma_checklist.csv). The items are those of Page et al. 2021 "
        "([BMJ 372:n71](https://doi.org/10.1136/bmj.n71)); this review claims no more than what stands here."
    )
    return f"{head}\n\n{_MARKS[0]}\n{body}\n{_MARKS[1]}\n"
