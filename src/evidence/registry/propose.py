"""
From a registry record to proposed rows: `evidence fetch`.

Nothing is guessed silently. What a title means is a decision, written down in ``decisions.toml`` and open to
change; what cannot be read is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..data.pending import finish
from ..data.validate import check
from ..errors import DataErrors
from .counts import baseline, count_measures, flow, harms
from .decisions import FILE, Decisions, read_decisions
from .draft import Draft
from .http import RegistryError
from .proposals import next_fact, write_proposal
from .record import words
from .scores import baseline_measures, outcome_measures

_README = """\
Rows proposed from {nct} for {trial}. Nothing here is in the data yet.

1. Look at {file}: is every arm, time point and instrument read as it should be? Change what is not, and run
   `evidence fetch {nct}` again; the tables are rewritten then.
2. Look at the tables. Delete rows that do not belong in the review.
3. `evidence fetch {nct} --write` validates the data with these rows in them, then merges the rows.

Refused ({count}):
{refused}
"""


@dataclass(frozen=True)
class Proposal:
    """Rows proposed from one record, what was refused and why, and the folder they were written to."""

    nct: str
    title: str
    draft: Draft
    folder: Path | None = None


def propose(study, checked, decisions=None, trial_id=None):
    """
    Map a registry record to proposed rows.

    Parameters
    ----------
    study : dict
        The record, from `fetch_study` or `read_study`.
    checked : Checked
        The data, from `validate.check`.
    decisions : Decisions, optional
    trial_id : str, optional
        Trial that the record belongs to, where its registration stands in several.

    Returns
    -------
    Draft

    Raises
    ------
    RegistryError
        If the record has no results, or belongs to no trial of the data or to several.
    """
    nct = words(study, "protocolSection", "identificationModule", "nctId")
    trial = _trial(checked.tables["trials"].rows, nct, trial_id)
    if not isinstance(study.get("resultsSection"), dict):
        raise RegistryError(f"{nct}: no results are posted. Fix: nothing to fetch; look for a publication")
    tables = {name: table.rows for name, table in checked.tables.items()}
    own = {name: [r for r in tables[name] if r["trial_id"] == trial["trial_id"]] for name in _OWN}
    draft = Draft(
        nct=nct,
        trial=trial,
        arms={row["arm"]: row["role"] for row in own["arms"]},
        scales={row["scale"]: row for row in tables["scales"]},
        source_key=nct.lower(),
        decisions=decisions or Decisions(),
        next_fact=next_fact(tables["facts"]),
        compared={
            (r["active_arm"], r["comparator_arm"], r["scale"], float(r["timepoint_days"]))
            for r in own["contrasts"]
            if r["finding"] == "estimate" and r["timepoint_days"] is not None
        },
        counted={
            (r["arm"], r["outcome"], days): f"{r['events']} of {r['n']}, {r['timepoint_label']}"
            for r in own["events"]
            for days in (None, r["timepoint_days"])
        },
    )
    _reference(draft, study, {row["key"] for row in tables["references"]})
    flow(draft, study)
    groups = baseline(draft, study)
    baseline_measures(draft, study, groups)
    outcome_measures(draft, study)
    count_measures(draft, study)
    harms(draft, study)
    for title in draft.decisions.unused():
        draft.refuse(FILE, f"{title} is no title of the record", "correct or delete the line")
    return draft


_OWN = ("arms", "contrasts", "events")


def _trial(trials, nct, trial_id):
    """Row of the trial a record belongs to."""
    found = [row for row in trials if nct in (row["registration"] or "")]
    if trial_id:
        found = [row for row in trials if row["trial_id"] == trial_id]
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(row["trial_id"] for row in found)
        raise RegistryError(f"{nct}: registration of {listed}. Fix: say which with --trial")
    missing = f"no trial '{trial_id}'" if trial_id else f"no trial with the registration {nct}"
    raise RegistryError(f"{nct}: {missing} in trials.csv. Fix: add it first, see evidence new --help")


def _reference(draft, study, keys):
    """The record itself as a source, unless it is one already."""
    if draft.source_key in keys:
        return
    protocol = study.get("protocolSection")
    updated = words(protocol, "statusModule", "lastUpdatePostDateStruct", "date")
    draft.rows["references"].append(
        {
            "key": draft.source_key,
            "authors_short": words(protocol, "sponsorCollaboratorsModule", "leadSponsor", "name"),
            "year": updated[:4] if updated[:4].isdecimal() and updated[:4].isascii() else "",
            "title": words(protocol, "identificationModule", "briefTitle") or draft.nct,
            "journal": "ClinicalTrials.gov",
            "volume_pages": f"last updated {updated}" if updated else "",
            "registration": draft.nct,
            "url": f"https://clinicaltrials.gov/study/{draft.nct}",
        }
    )


def propose_into(out, study, folder, trial_id=None):
    """
    Map a record with the decisions beside earlier proposals, and write the proposals.

    Parameters
    ----------
    out : str or Path
        Folder of all proposals; this record gets the folder of its number in it.
    study : dict
    folder : str or Path
        The data folder.
    trial_id : str, optional

    Returns
    -------
    Proposal

    Raises
    ------
    RegistryError
    DataErrors
        If the data have faults.
    """
    checked = check(folder)
    if checked.faults:
        raise DataErrors(checked.faults)
    nct = words(study, "protocolSection", "identificationModule", "nctId")
    target = Path(out) / nct
    finish(target)
    decisions = Decisions(read_decisions(target / FILE))
    draft = propose(study, checked, decisions, trial_id)
    schemas = {name: checked.tables[name].schema for name in draft.rows}
    refused = "\n".join(f"- {refusal}" for refusal in draft.refused) or "- nothing"
    readme = _README.format(
        nct=nct, trial=draft.trial_id, file=FILE, count=len(draft.refused), refused=refused
    )
    extra = {FILE: decisions.text(nct), "README.md": readme}
    write_proposal(target, schemas, draft.rows, extra)
    title = words(study, "protocolSection", "identificationModule", "briefTitle")
    return Proposal(nct, title, draft, target)


def summary(proposal) -> str:
    """Say in a few lines what was proposed, what was refused and what comes next."""
    draft = proposal.draft
    counts = ", ".join(f"{len(rows)} {table}" for table, rows in draft.rows.items() if rows) or "nothing"
    lines = [f"{proposal.nct} ({draft.trial_id}): {proposal.title}"]
    lines.append(f"  proposed in {proposal.folder}: {counts}")
    lines += [f"  note: {note}" for note in draft.notes]
    lines += [f"  refused: {refusal}" for refusal in draft.refused]
    return "\n".join(lines)
