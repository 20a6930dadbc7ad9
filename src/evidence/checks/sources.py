"""Checks of sources: addresses of facts, registrations, references and years."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import combinations

from .dossier import numbers_in
from .slots import text_of

_SAID = re.compile(r"(?<!planned )\bn ?= ?(\d+)|\b(\d+) (?:treated|enrolled)\b", re.I)
_PLANNED = re.compile(r"\b(target|planned|estimated) n\b", re.I)


def source_address(dossier):
    """The address of a fact belongs to its source, by references, other facts, the study or its letters."""
    pages, studies = defaultdict(Counter), defaultdict(Counter)
    for _, _, row in dossier.rows("facts"):
        pages[row["source_key"]][row["source_url"]] += 1
        studies[row["source_key"]][row["trial_id"]] += 1
    own = {row["key"]: row["url"] for _, _, row in dossier.rows("references")}
    for table, line, row in dossier.rows("facts"):
        key, url, study = row["source_key"], row["source_url"], row["trial_id"]
        known = own.get(key) == url or pages[key][url] > 1 or (study and studies[key][study] > 1)
        if url and not known and key.split("_")[0] not in f"{study} {url.lower()}":
            allowed = "a source that has this address elsewhere"
            yield table.fault(line, row, "source_key", allowed, "correct the source or its address")


def fact_place_shared(dossier):
    """Facts of one study at one place of one page come from one source and one kind of text."""
    for whole, column in (
        (("source_url", "seen_in"), "source_key"),
        (("source_url", "source_key"), "seen_in"),
    ):
        groups = defaultdict(Counter)
        for _, _, row in dossier.rows("facts"):
            groups[_place(row, whole)][row[column]] += 1
        for table, line, row in dossier.rows("facts"):
            found = groups[_place(row, whole)]
            usual, count = found.most_common(1)[0]
            if row[column] != usual and found[row[column]] == 1 and row["source_url"]:
                allowed = f"{usual}, as for {count} other facts at this place"
                yield table.fault(line, row, column, allowed, "correct the source, its address or its kind")


def _place(row, whole):
    return (row["trial_id"], row["source_location"], *(row[c] for c in whole))


def published_trials(dossier):
    """A registered trial and the trial it is published as name each other and count the same people."""
    known = {row["nct"] for _, _, row in dossier.rows("registry")}
    known |= {row["registration"] for _, _, row in dossier.rows("references")}
    for table, line, row in dossier.rows("trials"):
        if row["registration"] is not None and row["registration"] not in known:
            allowed = "a registration that registry or references list"
            yield table.fault(line, row, "registration", allowed, "add it to registry, or correct the number")
    places = {row["trial_id"]: (table, line) for table, line, row in dossier.rows("trials")}
    for table, line, row in dossier.rows("registry"):
        linked = [t for t in str(row["published_as"] or "").split("; ") if t in dossier.trials]
        for name in linked:
            if dossier.trials[name]["registration"] not in (None, row["nct"]):
                allowed = f"a trial registered as {row['nct']}"
                yield table.fault(line, row, "published_as", allowed, "correct one of the two", found=name)
        sizes = set().union(*(_sizes(dossier, name, places) for name in linked))
        if _PLANNED.search(row["note"] or ""):
            continue
        if (
            row["n"] is not None
            and sizes
            and row["n"] not in sizes
            and row["n"] not in numbers_in(row["note"])
        ):
            allowed = f"{' or '.join(f'{n:g}' for n in sorted(sizes))}, the people of {' and '.join(linked)}"
            yield table.fault(line, row, "n", allowed, "check n; name another count in note")


def _sizes(dossier, name, places):
    """People randomised by the trial, by another source, or in all arms together."""
    sizes = {dossier.trials[name]["n_randomised"], dossier.arms.get((name, "all"), {}).get("n_randomised")}
    return (sizes | dossier.accepted(*places[name], "n_randomised")) - {None}


def registry_and_facts(dossier):
    """A registered number of people stands in a fact about that registration, or in the note."""
    about = defaultdict(set)
    for _, _, row in dossier.rows("facts"):
        text = f"{row['source_key']} {row['source_url'] or ''} {text_of(row)}".upper()
        for nct in re.findall(r"NCT\d{8}|ACTRN\d{14}", text):
            about[nct].update(numbers_in(text_of(row)), {row["value"], row["n"]} - {None})
    for table, line, row in dossier.rows("registry"):
        said = [float(a or b) for a, b in _SAID.findall(row["note"] or "")]
        if said and row["n"] not in said:
            allowed = f"{' or '.join(f'{n:g}' for n in said)}, as the note says"
            yield table.fault(line, row, "n", allowed, "check n against the registration")
        known = about.get(row["nct"].upper(), set())
        linked = row["published_as"] is not None and not _PLANNED.search(row["note"] or "")
        if (
            row["n"] is not None
            and known
            and not linked
            and row["n"] not in {*known, *numbers_in(row["note"])}
        ):
            allowed = f"a number of people in the facts about {row['nct']}"
            yield table.fault(line, row, "n", allowed, "check n against the registration")


def years(dossier):
    """Trial, its label, its id and its reference are of one year."""
    published = {row["key"]: row["year"] for _, _, row in dossier.rows("references")}
    for table, line, row in dossier.rows("trials"):
        named = {
            m
            for x in (row["trial_id"], row["label"])
            for m in re.findall(r"\b(?:19|20)\d\d\b|(?<=_)20\d\d$", x)
        }
        named |= {published.get(row["trial_id"])} - {None}
        if row["year"] is not None and named and f"{row['year']:g}" not in named:
            allowed = f"{' or '.join(sorted(named))}, as in label, id or reference"
            yield table.fault(line, row, "year", allowed, "correct the year")
        if row["year"] is None and named:
            allowed = f"{' or '.join(sorted(named))}, as in label, id or reference"
            yield table.fault(line, row, "year", allowed, "fill the year in", found="blank")
    for table, line, row in dossier.rows("references"):
        years = re.findall(r"_(20\d\d|19\d\d)[a-z]?$", row["key"])
        if (
            row["year"] is not None and years and abs(int(row["year"]) - int(years[0])) > 1
        ):  # online and in print
            yield table.fault(line, row, "year", f"{years[0]}, as in the key", "correct the year or the key")


def same_paper(dossier):
    """References with one DOI or PMID are one paper: year, registration and numbers agree."""
    for column, other in (("doi", "pmid"), ("pmid", "doi")):
        groups = defaultdict(list)
        for table, line, row in dossier.rows("references"):
            if row[column] is not None:
                groups[row[column]].append((table, line, row))
        for rows in groups.values():
            for (_, _, first), (table, line, row) in combinations(rows, 2):
                for name in ("year", other):
                    if None not in (first[name], row[name]) and first[name] != row[name]:
                        allowed = f"{first[name]}, as in {first['key']} with the same {column}"
                        yield table.fault(line, row, name, allowed, "correct one of the two references")
