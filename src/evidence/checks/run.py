"""
Extraction checks: what catches a wrong cell before it reaches a result.

A check looks at the tables and yields what it finds. Its severity is one of three: a ``fault`` contradicts
the data's own second copy or arithmetic, a ``warning`` is improbable, a ``note`` is known and acknowledged by
an entry of kind ``quirk`` in `corrections.yml`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import DataError
from . import facts as checks_facts
from . import meaning as checks_meaning
from . import pack as checks_pack
from . import people as checks_people
from . import rows as checks_rows
from . import sources as checks_sources
from . import trials as checks_trials
from . import words as checks_words
from .dossier import Dossier

FAULT, WARNING, NOTE = "fault", "warning", "note"
_HANDBOOK = "Cochrane Handbook, 6.5.2"
_PRACTICE = "double extraction: the fact pack is the second copy (Buscemi 2006)"
_GOTZSCHE = "Gøtzsche 2007 on extraction errors"
_ARITHMETIC = "arithmetic"
_PROVENANCE = "every number is traceable to its source"


@dataclass(frozen=True)
class Check:
    """
    One extraction check.

    Attributes
    ----------
    run : callable
        Takes a `Dossier`, yields `DataError`.
    severity : {"fault", "warning"}
    tables : tuple of str
        Tables whose cells can change what it finds.
    source : str
        Where the idea or the formula comes from.
    """

    run: Callable
    severity: str
    tables: tuple[str, ...]
    source: str

    @property
    def name(self) -> str:
        """Name by which `corrections.yml` acknowledges what the check finds."""
        return self.run.__name__

    @property
    def summary(self) -> str:
        """What holds when the check finds nothing: the first line of its docstring."""
        return (self.run.__doc__ or "").strip().splitlines()[0]


def _of(module, severity, source, **tables_by_name):
    return [
        Check(getattr(module, name), severity, tuple(tables.split()), source)
        for name, tables in tables_by_name.items()
    ]


def unknown_checks(dossier):
    """Every check that a quirk names is one of the checks."""
    names = {check.name for check in CHECKS}
    for quirk in dossier.corrections:
        for name in quirk.checks:
            if name not in names:
                yield _idle(dossier.tables, quirk, name)


def _idle(tables, quirk, name):
    """A quirk whose check finds nothing: the cell no longer looks odd, or the name is not a check."""
    table = tables[quirk.table]
    row = table.rows[table.lines.index(quirk.line)]
    allowed = f"a cell in which the check {name} finds something, as {quirk.id} says"
    error = table.fault(quirk.line, row, quirk.column, allowed, f"delete {quirk.id}, or correct its checks")
    error.check, error.severity = name, WARNING
    return error


_SLOTTED = "outcomes contrasts events timing arms trials published_pools scales context facts"
_NUMERIC = f"{_SLOTTED} registry"
CHECKS = (
    *_of(
        checks_facts, FAULT, _PRACTICE,
        value_differs=_SLOTTED,
        fact_day="outcomes contrasts events trials facts",
        fact_place=f"{_SLOTTED} rob",
        fact_subject="outcomes contrasts events timing arms trials facts",
        fact_same_cell="outcomes facts",
        fact_total="contrasts facts",
    ),
    *_of(
        checks_facts, WARNING, _PROVENANCE,
        value_untraced=_SLOTTED,
        value_unused=_SLOTTED,
        fact_used_twice="outcomes contrasts events timing published_pools",
    ),
    *_of(
        checks_meaning, FAULT, _PRACTICE,
        fact_scale="outcomes contrasts facts scales",
        fact_finding="contrasts facts",
        fact_sign="contrasts published_pools facts",
        fact_review="published_pools facts",
        fact_outcome="events timing published_pools facts",
        fact_clock="timing facts",
        arm_roles="contrasts arms",
    ),
    *_of(
        checks_meaning, WARNING, _PROVENANCE,
        scale_of_trial="facts trials contrasts outcomes scales",
        statement_day="context facts",
        window_told="published_pools facts",
    ),
    *_of(
        checks_rows, WARNING, "Altman and Bland 2011: a Wald or t interval",
        interval_centre="outcomes contrasts published_pools facts context",
        interval_half="outcomes contrasts published_pools facts context",
        se_and_interval="contrasts",
        p_and_estimate="contrasts published_pools",
        significance="contrasts",
    ),
    *_of(checks_rows, WARNING, "Hedges and Olkin 1985: variance of d", d_interval_and_n="contrasts"),
    *_of(checks_rows, WARNING, "metafor 5.1 warns of a huge SMD", large_smd="contrasts published_pools"),
    *_of(checks_rows, WARNING, f"{_GOTZSCHE}; Popoviciu's bound", spread_plausible="outcomes scales"),
    *_of(checks_rows, WARNING, _HANDBOOK, spread_agrees="outcomes"),
    *_of(
        checks_rows, WARNING, "GRIM: Brown and Heathers 2017; GRIMMER: Anaya 2016, Allard 2018",
        whole_scores="outcomes scales timing",
        percent_possible="facts",
    ),
    *_of(checks_rows, FAULT, _ARITHMETIC, scale_items="scales", measurable=_NUMERIC),
    *_of(
        checks_trials, WARNING, _HANDBOOK,
        change_and_ends="outcomes",
        change_spread="outcomes",
        contrast_and_arms="contrasts outcomes",
        adjusted_between="contrasts outcomes",
        same_comparison="contrasts",
    ),
    *_of(
        checks_trials, WARNING, "CONSORT flow of participants",
        contrast_people="contrasts arms outcomes",
        people_at_most="outcomes events timing arms",
        dropout_and_flow="events arms",
        one_denominator="events",
        responders_and_timing="timing events",
        arms_and_trial="arms trials",
    ),
    *_of(
        checks_trials, WARNING, _ARITHMETIC,
        labelled_day="outcomes contrasts events trials",
        days_and_schedule="trials outcomes",
        copied_values="outcomes contrasts",
    ),
    *_of(
        checks_pack, WARNING, _PRACTICE,
        restated_facts="facts scales arms",
        fact_complete="facts",
        fact_subset="facts",
        fact_scale_known="facts trials contrasts outcomes published_pools scales",
    ),
    *_of(
        checks_pack, WARNING, _ARITHMETIC,
        fact_size="facts",
        fact_possible="facts",
        fact_in_range="facts scales",
    ),
    *_of(checks_pack, WARNING, _GOTZSCHE, fact_spread="facts"),
    *_of(
        checks_people, WARNING, _PROVENANCE,
        fact_people="facts trials arms context",
        fact_n_missing="facts",
    ),
    *_of(
        checks_words, WARNING, _PRACTICE,
        fact_fraction="facts",
        percent_and_count="facts",
        fact_label_day="facts",
        range_in_words="facts",
        days_in_words="facts",
    ),
    *_of(checks_words, WARNING, "statcheck: Nuijten et al. 2016", fact_test="facts"),
    *_of(
        checks_sources, WARNING, _PROVENANCE,
        source_address="facts references",
        fact_place_shared="facts",
        published_trials="trials registry references arms",
        registry_and_facts="registry facts trials",
        years="trials references",
        same_paper="references",
    ),
    Check(unknown_checks, WARNING, (), _PROVENANCE),
)  # fmt: skip


def run_checks(tables, corrections=(), only=CHECKS) -> list[DataError]:
    """
    Run the extraction checks over tables that loaded without faults.

    Parameters
    ----------
    tables : dict of str to Table
        As in `evidence.validate.Checked`, corrections applied.
    corrections : sequence of Correction
        Entries of `corrections.yml`; a quirk turns what the checks it names find in its cell into a note.
    only : sequence of Check, optional
        Checks to run; all by default.

    Returns
    -------
    list of DataError
        In file and line order, each with `check` (its name) and `severity`. A quirk that acknowledges
        nothing any more is a warning of the check it names.

    Examples
    --------
    >>> from evidence.data.load import find_data
    >>> from evidence.data.validate import check
    >>> checked = check(find_data())
    >>> {found.severity for found in run_checks(checked.tables, checked.corrections)} <= {"note"}
    True
    """
    dossier = Dossier(tables, corrections)
    found = [error for check in only for error in findings(check, dossier)]
    order = {str(table.path): i for i, table in enumerate(tables.values())}
    return sorted(found, key=lambda error: (order[error.path], error.line or 0))


def findings(check, dossier) -> list[DataError]:
    """
    What one check finds, quirks acknowledged, and the quirks that name it in vain.

    Parameters
    ----------
    check : Check
    dossier : Dossier

    Returns
    -------
    list of DataError
    """
    quirks = {(str(dossier.tables[c.table].path), c.line, c.column): c for c in dossier.quirks(check.name)}
    found, seen = [], set()
    for error in check.run(dossier):
        error.check, error.severity = check.name, check.severity
        place = (error.path, error.line, error.column)
        if place in quirks:
            error.severity = NOTE
            error.fix = f"acknowledged by {quirks[place].id} in corrections.yml: {quirks[place].why}"
            seen.add(place)
        found.append(error)
    return found + [_idle(dossier.tables, quirks[place], check.name) for place in quirks if place not in seen]


def checks_page() -> str:
    """
    The page docs/checks.md: every check with its severity, what it holds and where it comes from.

    Returns
    -------
    str
        Markdown, ending in a newline.
    """
    lines = [
        "# Extraction checks",
        "",
        "`evidence validate` runs these after the rules of the data descriptor. A fault contradicts the",
        "second copy of a number or plain arithmetic and gives exit code 1; a warning is improbable and says",
        "what to look at; a quirk of a source is acknowledged in `data/corrections.yml`, with the check it",
        "answers, and is then a note, which `--notes` prints. `benchmarks/corruption.py` measures how many",
        "wrong cells they catch.",
        "",
        "| check | severity | holds when nothing is found | source |",
        "|---|---|---|---|",
    ]
    lines += [f"| `{c.name}` | {c.severity} | {c.summary} | {c.source} |" for c in CHECKS]
    return "\n".join([*lines, ""])
