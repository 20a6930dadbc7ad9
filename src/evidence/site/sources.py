"""A page per source: where it is, and every fact that was read in it, one row with its own address."""

from __future__ import annotations

from .links import FACT
from .trials import citation, readable
from ..prose.tables import is_missing
from ..prose.wording import number

SEEN = {
    "primary_full_text": "the full text",
    "primary_abstract": "the abstract",
    "registry": "the registry record",
    "secondary_meta": "another review",
    "secondary_other": "another secondary source",
}


def source_pages(review) -> list[dict]:
    """
    Values for the template of every source.

    Parameters
    ----------
    review : Review

    Returns
    -------
    list of dict
        ``title``, ``source`` (from `citation`), ``facts``, ``used_by`` (trials that rest on it), ``tables``.
    """
    facts = review.facts
    labels = dict(zip(review.trials["trial_id"], review.trials["label"], strict=True))
    uses = _uses(review)
    grouped = {key: frame.to_dict("records") for key, frame in facts.groupby("source_key", sort=False)}
    pages = []
    for row in review.references.to_dict("records"):
        own = grouped.get(row["key"], [])
        trials = dict.fromkeys(f["trial_id"] for f in own if f["trial_id"] in labels)
        pages.append({
            "title": _title(row),
            "source": citation(row["key"], {k: v for k, v in row.items() if k != "key"}),
            "facts": [fact_row(fact, labels, uses) for fact in own],
            "trials": [(f"trials/{trial}.html", labels[trial]) for trial in trials],
        })  # fmt: skip
    return pages


def _title(row) -> str:
    who = " ".join(row[c] for c in ("authors_short", "year") if not is_missing(row[c]))
    return who or row["title"]


def _uses(review) -> dict[str, list[str]]:
    """Tables that cite each fact, with the number of rows."""
    found: dict[str, list[str]] = {}
    for name, frame in review.tables.items():
        if "fact_ids" in frame:
            for ids in frame["fact_ids"].dropna():
                for fact_id in FACT.findall(ids):
                    found.setdefault(fact_id, []).append(name)
    return {fact_id: list(dict.fromkeys(names)) for fact_id, names in found.items()}


def fact_row(fact, labels, uses) -> dict:
    """
    One fact as shown: what it is about, the value as printed, where, and what was read.

    Parameters
    ----------
    fact : dict
        Row of the table `facts`.
    labels : dict of str to str
        Label of each trial with a page.
    uses : dict of str to list of str
        Tables that cite each fact.
    """
    web = "" if is_missing(fact["source_url"]) else str(fact["source_url"])
    about = [fact[c] for c in ("arm", "outcome", "timepoint_label") if not is_missing(fact[c])]
    trial = fact["trial_id"]
    return {
        "id": fact["fact_id"],
        "trial": f"trials/{trial}.html" if trial in labels else "",
        "who": "" if is_missing(trial) else labels.get(trial, readable(trial)),
        "about": ", ".join(map(readable, about)),
        "statistic": readable(fact["statistic"]),
        "value": printed(fact),
        "n": "" if is_missing(fact["n"]) else number(fact["n"], 0),
        "status": fact["status"],
        "place": fact["source_location"],
        "seen": SEEN.get(fact["seen_in"], readable(fact["seen_in"])),
        "note": "; ".join(str(fact[c]) for c in ("note", "analysis") if not is_missing(fact[c])),
        "url": web if web.startswith(("https://", "http://")) else "",
        "used": ", ".join(map(readable, uses.get(fact["fact_id"], []))),
    }


def printed(fact) -> str:
    """
    Value of a fact with its interval, with as many decimals as it has.

    Examples
    --------
    >>> nan = float("nan")
    >>> print(printed({"value": 12.7, "ci_low": 2.5, "ci_high": 22.8}))
    12.7 (2.5 to 22.8)
    >>> print(printed({"value": nan, "ci_low": nan, "ci_high": 3}))
    not reported to 3
    """
    columns = ("value", "ci_low", "ci_high")
    value, low, high = ("" if is_missing(fact[c]) else f"{fact[c]:.15g}" for c in columns)
    if not low and not high:
        return value
    ends = f"{low or 'not reported'} to {high or 'not reported'}"
    return f"{value} ({ends})" if value else ends
