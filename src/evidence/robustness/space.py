"""
Which combinations of choices are different analyses.

A choice matters in a window only where some combination of the others lets it change what is pooled; the
rest would repeat analyses. Which choices a trial's row depends on is found by letting the code that makes the
row ask for them one at a time, so no list of dependencies has to be kept true by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..choices import Choices
from ..review.effects import _effect as effect_of_row
from ..review.effects import _joined as joined_rows
from ..review.effects import _mark_included as mark_included
from ..review.effects import in_window

MODELS = ("all reports", "numbers only")
HEADLINE_KNOBS = ("tau_prior_scale", "mu_prior_sd")
COMPLETE_KNOBS = ("tau2_method", "ci_method")
MODEL_KNOBS = (*HEADLINE_KNOBS, *COMPLETE_KNOBS)


def swept(choices) -> dict[str, tuple]:
    """
    Settings tried of every choice, its value in `choices` first.

    Examples
    --------
    >>> swept(Choices(crossover_r=0.6))["crossover_r"]
    (0.6, 0.3, 0.5, 0.7)
    """
    sweeps = {}
    for knob in Choices.describe():
        base = getattr(choices, knob["name"])
        sweeps[knob["name"]] = (base, *(value for value in knob["sweep"] if value != base))
    return sweeps | {"model": MODELS}


class _AskedError(Exception):
    """A choice was read that is not made yet."""


class _OpenChoices:
    """Choices of which only some are made; reading another one raises."""

    def __init__(self, made):
        self._made = made

    def __getattr__(self, name):
        if name in self._made:
            return self._made[name]
        raise _AskedError(name)


def explore(run: Callable, sweeps) -> Iterator[tuple[dict, Any]]:
    """
    Run a function of choices under every combination of those that it reads, and of no others.

    Parameters
    ----------
    run : callable
        Takes choices, reads some of their fields, returns its outcome.
    sweeps : dict of str to tuple
        Settings of each field.

    Yields
    ------
    made : dict of str to value
        The fields that were read, with their settings.
    outcome

    Examples
    --------
    >>> sweeps = {"include_duek": (True, False), "crossover_r": (0.3, 0.5)}
    >>> for made, outcome in explore(lambda c: c.include_duek and c.crossover_r, sweeps):
    ...     print(made, outcome)
    {'include_duek': False} False
    {'include_duek': True, 'crossover_r': 0.5} 0.5
    {'include_duek': True, 'crossover_r': 0.3} 0.3
    """
    stack: list[dict] = [{}]
    while stack:
        made = stack.pop()
        try:
            outcome = run(_OpenChoices(made))
        except _AskedError as asked:
            name = asked.args[0]
            stack += [made | {name: value} for value in sweeps[name]]
        else:
            yield made, outcome


def drop_inert(names, index):
    """
    Leave out the axes along which an index never changes.

    Examples
    --------
    >>> names, index = drop_inert(["a", "b"], np.array([[0, 0], [1, 1]]))
    >>> print(names, index)
    ['a'] [0 1]
    """
    names = list(names)
    for axis in reversed(range(len(names))):
        if (index == index.take([0], axis)).all():
            index = index.take(0, axis)
            del names[axis]
    return names, index


def row_sets(review, window, sweeps):
    """
    Distinct sets of pooled rows, and the one behind each combination of the choices that decide on them.

    Parameters
    ----------
    review : Review
    window : str
    sweeps : dict of str to tuple

    Returns
    -------
    names : list of str
        Choices that matter.
    index : int array, one axis a name
    sets : list of tuple
        Rows (exact, lower, upper, se) of each set.
    """
    units: dict[str, list] = {}
    for row in joined_rows(review, "ptsd"):
        # Two reports on the same people compete for one place, so they are settled together.
        units.setdefault(min(row["trial_id"], row["overlaps_with"] or row["trial_id"]), []).append(row)
    risks = SimpleNamespace(rob=review.rob)
    tables = [_unit_table(rows, window, risks, sweeps) for rows in units.values()]
    names = [name for name in sweeps if any(name in used for used, _, _ in tables)]
    code = np.zeros([len(sweeps[name]) for name in names], np.int64)
    for used, ids, outcomes in tables:
        places = [len(sweeps[name]) if name in used else 1 for name in names]
        code = code * len(outcomes) + ids.reshape(places)
    codes, index = np.unique(code, return_inverse=True)
    sets = [_decoded(int(c), [outcomes for _, _, outcomes in tables]) for c in codes]
    return names, index.reshape(code.shape), sets


def _unit_table(rows, window, review, sweeps):
    """Choices that matter to one trial, the outcome under each combination of them, and the outcomes."""
    leaves = list(_unit_leaves(rows, window, review, sweeps))
    names = [name for name in sweeps if any(name in made for made, _ in leaves)]
    outcomes = {outcome: i for i, outcome in enumerate(dict.fromkeys(outcome for _, outcome in leaves))}
    ids = np.empty([len(sweeps[name]) for name in names], np.int64)
    for made, outcome in leaves:
        place = tuple(sweeps[name].index(made[name]) if name in made else slice(None) for name in names)
        ids[place] = outcomes[outcome]
    return *drop_inert(names, ids), list(outcomes)


def _unit_leaves(rows, window, review, sweeps):
    """
    Yield choices read and pooled rows of one trial.

    Effects and their selection read different choices; explored one after the other, a set of effects that
    several settings share is selected from once.
    """

    def effects_of(choices):
        inside = [row for row in rows if in_window(row, window, choices)]
        return inside, [effect_of_row(row, inside, window, choices) for row in inside]

    def selection(inside, effects, choices):
        effects = [dict(effect) for effect in effects]
        mark_included(effects, inside, review, choices)
        used = [effect for effect in effects if effect["included"]]
        return tuple((e["finding"] == "estimate", e["lower"], e["upper"], e["se"]) for e in used)

    selected: dict[str, list] = {}
    for first, (inside, effects) in explore(effects_of, sweeps):
        same = repr(effects)
        if same not in selected:
            selected[same] = list(explore(partial(selection, inside, effects), sweeps))
        for then, outcome in selected[same]:
            if all(first.get(name, value) == value for name, value in then.items()):
                yield first | then, outcome


def _decoded(code, outcomes) -> tuple:
    """Rows of all trials, given a number whose digits are their outcomes, the last trial's digit last."""
    rows: tuple = ()
    for options in reversed(outcomes):
        code, digit = divmod(code, len(options))
        rows = options[digit] + rows
    return rows


def with_models(names, index, sets, sweeps):
    """
    Cross the sets of rows with the models and their settings.

    Parameters
    ----------
    names, index, sets
        As from `row_sets`.
    sweeps : dict of str to tuple

    Returns
    -------
    names : list of str
        Choices that matter, those of the model included.
    index : int array, one axis a name
        Number of the analysis.
    analyses : list of (model, rows, settings)
        Each distinct analysis; settings are those of MODEL_KNOBS, None where its model does not read one.
    """
    model_names = ("model", *MODEL_KNOBS)
    sizes = [len(sweeps[name]) for name in model_names]
    lookup = np.empty((len(sets), *sizes), np.int32)
    analyses: dict[tuple, int] = {}
    for i, rows in enumerate(sets):
        exact = tuple(row for row in rows if row[0])
        for place in np.ndindex(*sizes):
            chosen = {name: sweeps[name][j] for name, j in zip(model_names, place, strict=True)}
            used = rows if chosen["model"] == MODELS[0] else exact
            read = _settings_read(chosen["model"], used)
            settings = tuple(chosen[name] if name in read else None for name in MODEL_KNOBS)
            lookup[(i, *place)] = analyses.setdefault((chosen["model"], used, settings), len(analyses))
    return *drop_inert([*names, *model_names], lookup[index]), list(analyses)


def _settings_read(model, rows):
    """Settings that have a role: none without rows, and none for the complete case of a single trial."""
    if model == MODELS[0]:
        return HEADLINE_KNOBS if rows else ()
    return COMPLETE_KNOBS if len(rows) > 1 else ()


def nearest_to_default(index):
    """
    For each analysis, the combination that amounts to it with the fewest settings off their default.

    Parameters
    ----------
    index : int array, one axis a choice
        Number of the analysis; setting 0 of each axis is the default.

    Returns
    -------
    int array of shape (analyses, axes)

    Examples
    --------
    >>> print(nearest_to_default(np.array([[0, 0], [1, 0]])))
    [[0 0]
     [1 0]]
    """
    off = (np.indices(index.shape) > 0).sum(0)
    # Of two equally near, the one that departs from the default in the earlier choice: trials before windows.
    order = np.lexsort((-np.arange(index.size), off.ravel()))
    _, first = np.unique(index.ravel()[order], return_index=True)
    return np.stack(np.unravel_index(order[first], index.shape), axis=1)
