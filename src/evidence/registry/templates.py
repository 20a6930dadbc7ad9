"""The command `evidence new`: template rows for a trial, and the filled-in rows into the data."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from ..data.descriptor import read_package
from ..data.pending import finish
from ..errors import DataError, DataErrors
from .fetch import merge_reviewed, writable_data
from .proposals import next_fact, read_rows, write_proposal

TABLES = ("references", "facts", "trials", "arms", "outcomes", "contrasts", "events", "timing", "rob")
_DOMAINS = ("randomisation", "deviations", "missing_data", "measurement", "selection")
_FACTS = 6
_README = """\
# {trial}: rows to fill in

Every number here must have been read in a source, and says where. A blank cell is unknown; a row you do not
need is deleted or left as it is. Nothing of this folder is in the data yet.

1. `references.csv`: the source. `facts.csv`: each number as printed; further rows get the next ids.
2. `trials.csv`, `arms.csv`, then `outcomes.csv`, `contrasts.csv`, `events.csv`, `timing.csv`, `rob.csv`. The
   column `fact_ids` lists the facts of a row, separated by "; ".
3. `evidence new {trial} --write` validates the data with these rows in them; it says what is missing, and
   merges only when nothing is.

{columns}
"""


def template_rows(trial_id, registration="", first_fact=1):
    """
    Rows of a new trial with what is known before any source is read.

    Parameters
    ----------
    trial_id : str
    registration : str
    first_fact : int
        Number of the first free ``X`` fact.

    Returns
    -------
    dict of str to list of dict

    Examples
    --------
    >>> rows = template_rows("doe_2099")
    >>> print(len(rows["rob"]), rows["arms"][0]["role"])
    5 active
    """
    trial = {"trial_id": trial_id}
    place = {"source_key": trial_id}
    ids = [f"X{number:04d}" for number in range(first_fact, first_fact + _FACTS)]
    row = trial | place
    return {
        "references": [{"key": trial_id, "registration": registration}],
        "facts": [{"fact_id": fact, "pack": "added"} | row for fact in ids],
        "trials": [row | {"registration": registration, "role": "core"}],
        "arms": [row | {"role": role} for role in ("active", "comparator")],
        "outcomes": [row | {"timepoint_label": "baseline", "timepoint_days": "0"}] * 2 + [row] * 2,
        "contrasts": [row],
        "events": [row] * 2,
        "timing": [row],
        "rob": [row | {"domain": domain} for domain in _DOMAINS],
    }


def is_untouched(table, row):
    """
    Tell whether a template row was left as it was written.

    Examples
    --------
    >>> row = template_rows("doe_2099")["arms"][0]
    >>> is_untouched("arms", row), is_untouched("arms", row | {"arm": "ketamine_0.5"})
    (True, False)
    """
    key = row.get("key") if table == "references" else row.get("trial_id")
    templates = template_rows(key or "", row.get("registration", "")).get(table, [])
    filled = {column: text for column, text in row.items() if text and column != "fact_id"}
    return any(filled == {c: t for c, t in one.items() if t and c != "fact_id"} for one in templates)


def run(args) -> int:
    """
    Write template rows, or with ``--write`` merge them once they are filled in.

    Parameters
    ----------
    args : argparse.Namespace
        trial_id, registration, write, data, out.

    Returns
    -------
    int
        0; 1 when the merged data would have faults; 2 for wrong usage.
    """
    if not re.fullmatch(r"[a-z0-9_]{1,60}", args.trial_id):
        print(f"{args.trial_id}: allowed: a-z, 0-9 and _, such as feder_2021", file=sys.stderr)
        return 2
    try:
        folder = writable_data(args.data)
        target = (Path(args.out) if args.out else folder.parent / "proposals") / args.trial_id
        if args.write:
            return merge_reviewed(target, folder, lambda table, row: not is_untouched(table, row))
        _write_templates(args, folder, target)
    except DataError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{target}: fill in the tables as README.md says, then evidence new {args.trial_id} --write")
    return 0


def _write_templates(args, folder, target):
    schemas, faults = read_package(folder)
    if faults:
        raise DataErrors(faults)
    facts, trials = (read_rows(folder / schemas[n].file, schemas[n].columns) for n in ("facts", "trials"))
    if any(row["trial_id"] == args.trial_id for row in trials):
        fix = "choose another key, or edit its rows"
        raise DataError(folder / "trials.csv", None, "trial_id", args.trial_id, "a trial not there yet", fix)
    finish(target)
    if any(target.glob("*.csv")):
        fix = f"fill in and merge with --write, or delete {target}"
        raise DataError(target, None, None, "templates already", "no folder of this name", fix)
    rows = template_rows(args.trial_id, args.registration, next_fact(facts))
    columns = "\n\n".join(_columns(schemas[name]) for name in TABLES)
    readme = _README.format(trial=args.trial_id, columns=columns)
    write_proposal(target, schemas, rows, {"README.md": readme})


def _columns(schema):
    """What each column of a table means and admits, as Markdown."""
    lines = [f"## {schema.name}", ""]
    for field in schema.fields:
        rule = [", ".join(map(str, field.enum)), field.bounds, "required" if field.required else ""]
        pattern = f"form {field.pattern.pattern}" if field.pattern else ""
        allowed = "; ".join(filter(None, [field.unit, *rule, pattern]))
        lines.append(f"- `{field.name}`: {field.description}" + (f" ({allowed})" if allowed else ""))
    return "\n".join(lines)
