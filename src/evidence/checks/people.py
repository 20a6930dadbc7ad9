"""Checks of the numbers of people in the fact pack: is an n the n of its study, and is there one?"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import combinations

from .dossier import numbers_in
from .pack import DESIGN, SIZES
from .slots import study_or_source, text_of

_SHARED_N = {"percent", "proportion", "n_events", "hedges_g"}
_SPREAD_OF_PEOPLE = {"mean", "sd", "se", "mean_change", "sd_change", "se_change"}


def fact_people(dossier):
    """The n of a fact is that of another fact or row of its study, or stands in its own text."""
    sizes, people = _study_sizes(dossier)
    for table, line, row in dossier.rows("facts"):
        n, others = row["n"], sizes[study_or_source(row)]
        if n is None or n == row["value"] or n in numbers_in(text_of(row)) or others[n] > 1:
            continue
        near = [x for x, times in others.items() if x != n and _slip(x, n) and (times >= 3 or x >= 100)]
        alone = sum(others.values()) >= 3 and n not in _totals(people[study_or_source(row)], row)
        if near or (alone and row["kind"] != "meta"):
            allowed = "an n that another fact of this study has, or that its own text names"
            yield table.fault(line, row, "n", allowed, "check n; name in the note whose number it is")


def _slip(x, n):
    """Whether a slip makes n of x: off by up to ten, a digit lost or added, digits in another order."""
    return abs(x - n) <= 10 or max(x, n) == 10 * min(x, n) or sorted(f"{x:g}") == sorted(f"{n:g}")


def _totals(people, row):
    """Sums and differences of two groups of the study, sums of two numbers in the text of a fact."""
    pairs = list(combinations([n for n in people if n >= 20], 2))  # small groups add up to anything
    told = combinations(numbers_in(text_of(row)), 2)
    known = {a + b for a, b in pairs} | {abs(a - b) for a, b in pairs if row["n"] not in (a, b)}
    return known | {a + b for a, b in told}


def _study_sizes(dossier):
    """How often each number of people stands in a study's facts and the rows that cite them; its groups."""
    sizes, people = defaultdict(Counter), defaultdict(set)
    for _, _, row in dossier.rows("facts"):
        told = row["statistic"] in ("count", "n") or re.match("response|remission", row["outcome"] or "")
        value = row["value"] if told and row["statistic"] in ("count", "n", "n_events") else None
        sizes[study_or_source(row)].update({x for x in (row["n"], value) if x is not None and x >= 1})
        people[study_or_source(row)].update({row["n"]} - {None})
    for _, _, row in dossier.rows("trials", "arms", "context"):
        for study in {study_or_source(fact) for fact in dossier.cited(row)}:
            sizes[study].update(row[c] for c in ("n", "n_randomised") if row.get(c) is not None)
    return sizes, people


def fact_n_missing(dossier):
    """A count, mean or spread of people has an n, and so has a percentage when its neighbours have one."""
    groups = defaultdict(list)
    for table, line, row in dossier.rows("facts"):
        if row["value"] is not None and row["status"] in ("as printed", "derived"):
            key = row["trial_id"] or row["source_key"], row["pack"], row["kind"]
            groups[(*key, _of_people(row), row["statistic"] in _SHARED_N)].append((table, line, row))
    for (*_, always, shared), rows in groups.items():
        blank = [entry for entry in rows if entry[2]["n"] is None]
        if (always and len(blank) < max(len(rows), 2)) or (shared and len(rows) > len(blank) == 1):
            for table, line, row in blank:
                allowed = f"an n for the statistic '{row['statistic']}' of {row['outcome']}"
                fix = "fill n in, or give the statistic without a count of people as text"
                yield table.fault(line, row, "n", allowed, fix, found="blank")


def _of_people(row):
    """Whether a fact counts people, or averages over them."""
    size = bool(SIZES.search(row["outcome"] or "") or "complet" in (row["outcome"] or ""))
    abstract = row["source_location"].startswith(("abstract", "press"))
    return {
        "continuous": row["statistic"] in _SPREAD_OF_PEOPLE,
        "dichotomous": row["statistic"] == "n_events",
        "arm": row["statistic"] in ("mean", "sd") or size,
        "design": abstract and bool(DESIGN.search(row["statistic"])),
    }.get(row["kind"], False)
