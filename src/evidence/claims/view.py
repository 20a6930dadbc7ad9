"""What a query of the claims ledger reads and returns: the review under given choices, and an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from ..choices import Choices
from ..data.load import Review
from ..review.effects import orient
from ..review.efficacy import WindowPool, pool_all
from ..review.subgroups import trial_groups
from ..textcheck.verdicts import say_facts, template


@dataclass(frozen=True)
class Answer:
    """
    What a query found.

    Attributes
    ----------
    say : str
        In words with numbers, to stand inside a sentence; "" when there is nothing to say.
    wording : str
        A sentence that the evidence carries; "" when that of the topic holds.
    values : mapping of str to float
        What rules read.
    sources, fact_ids : tuple of str
        Keys of `references` and `facts`.
    outcome : str
        Outcome of `certainty_ratings` that it belongs to, or "".
    topic : str
        Topics of the text checker whose suggested wordings hold, separated by spaces, or "".
    """

    say: str
    wording: str
    values: Mapping[str, float] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    fact_ids: tuple[str, ...] = ()
    outcome: str = ""
    topic: str = ""


@dataclass(frozen=True)
class View:
    """A review under given choices, with what several queries share."""

    review: Review
    choices: Choices

    @cached_property
    def facts(self) -> dict[str, dict]:
        """Rows of the facts table by id, blanks as NaN."""
        return self.review.facts.set_index("fact_id").to_dict("index")

    @cached_property
    def said(self) -> dict[str, dict]:
        """Facts of the text checker in words, by name."""
        return say_facts(template(), self.facts)

    @cached_property
    def pools(self) -> dict[str, WindowPool]:
        """Pool of every window."""
        return pool_all(self.review, self.choices)

    @cached_property
    def trials(self) -> pd.DataFrame:
        """Randomised trials with the people in them and the `direction` each reports for PTSD."""
        trials = trial_groups(self.review, self.choices)
        found = directions(self.review)
        trials["direction"] = [found.get(trial, "silent") for trial in trials["trial_id"]]
        return trials


def cited(rows) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Sources and facts of rows, each once, in order."""
    facts = (fact for cell in rows["fact_ids"].dropna() for fact in str(cell).split("; "))
    return tuple(dict.fromkeys(rows["source_key"].dropna())), tuple(dict.fromkeys(facts))


def directions(review) -> dict[str, str]:
    """
    What each trial reports for PTSD severity against its comparator, follow-up after the course apart.

    Parameters
    ----------
    review : Review

    Returns
    -------
    dict of str to str
        Trial to "clear" (significant, in favour of ketamine), "better" (in favour, not known to be
        significant), "not" (no difference, or against) or "silent".
    """
    scales = review.scales.set_index("scale")["domain"]
    rows = review.contrasts[review.contrasts["scale"].map(scales) == "ptsd"]
    ends = review.trials.set_index("trial_id")["end_of_treatment_day"]
    rows = rows[~(rows["timepoint_days"] > rows["trial_id"].map(ends))]
    reported = {
        trial: {direction(row) for row in group.itertuples()} for trial, group in rows.groupby("trial_id")
    }
    order = ("clear", "better", "not", "silent")
    return {trial: next(word for word in order if word in found) for trial, found in reported.items()}


def direction(row) -> str:
    """What one comparison reports, in the words of `directions`."""
    if row.finding == "unknown":
        return "silent"
    favours = row.finding == "favours_active" or (
        row.finding == "estimate" and orient(row.estimate, row.favours_active_when) < 0
    )
    if favours and row.significance == "significant":
        return "clear"
    return "better" if favours and row.significance != "not_significant" else "not"
