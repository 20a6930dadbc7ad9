"""Every defensible combination of the choices, and what the distinct analyses among them find."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..checkout import kept, table_digests
from ..choices import Choices
from ..models.pool import pool_many
from ..partial.pool import pool_partial_many
from .space import (
    COMPLETE_KNOBS,
    HEADLINE_KNOBS,
    MODEL_KNOBS,
    MODELS,
    drop_inert,
    nearest_to_default,
    row_sets,
    swept,
    with_models,
)

NUMBERS = ("estimate", "ci_low", "ci_high", "p_benefit")
TABLES = ("contrasts", "rob", "scales", "trials")  # what effect sizes are made of
BATCH = 250  # analyses pooled between two signs of progress


@dataclass(frozen=True, eq=False)
class Multiverse:
    """
    All combinations of the choices that matter in a window, and the distinct analyses they amount to.

    Attributes
    ----------
    window : str
    knobs : dict of str to tuple
        Choices that matter, with the settings tried, the default first. `model` is the headline model or
        complete cases.
    index : int array, one axis a knob
        Row of `analyses` behind each combination.
    analyses : DataFrame
        One distinct analysis a row: `estimate`, `ci_low`, `ci_high`, `p_benefit` (NaN under complete cases),
        `k`, `default` (True for the headline), and for each knob a column of its setting: of all combinations
        that amount to the analysis, the one nearest to the defaults. NaN where nothing can be estimated.
    """

    window: str
    knobs: dict[str, tuple]
    index: np.ndarray
    analyses: pd.DataFrame

    @property
    def estimable(self) -> pd.DataFrame:
        """The analyses with an estimate."""
        return self.analyses[self.analyses["estimate"].notna()]


def multiverse(review, window, choices=None, progress=None) -> Multiverse:
    """
    Run every distinct combination of the choices that matter in a window.

    Parameters
    ----------
    review : Review
    window : {"24h", "week1", "end_of_course", "follow_up"}
    choices : Choices, optional
        Defaults of this multiverse; a value that is not among the settings tried is added to them.
    progress : callable, optional
        Given the share of analyses done, 0 to 1. Left out: a line on a terminal, nothing elsewhere.

    Returns
    -------
    Multiverse
        Read from the build folder when data, choices and code are those of an earlier run.

    References
    ----------
    Steegen et al. (2016), doi:10.1177/1745691616658637 (multiverse analysis); Simonsohn, Simmons and Nelson
    (2020), doi:10.1038/s41562-020-0912-z (specification curve over analyses that do not repeat each other).

    Examples
    --------
    >>> from evidence import load
    >>> many = multiverse(load(), "follow_up")
    >>> print(many.analyses["default"].sum(), many.index.size > len(many.analyses))
    1 True
    """
    choices = choices or Choices()
    sweeps = swept(choices)
    say = progress or _terminal_line(f"multiverse, {window}")
    key = (table_digests(review, TABLES), window, choices)
    stored = kept(f"multiverse-{window}", key, lambda: _run(review, window, choices, sweeps, say))
    knobs = {name: sweeps[name] for name in stored["knobs"].tolist()}
    return Multiverse(window, knobs, stored["index"], _frame(stored, knobs))


def _run(review, window, choices, sweeps, say) -> dict:
    names, index, analyses = with_models(*row_sets(review, window, sweeps), sweeps)
    numbers = {name: np.full(len(analyses), np.nan) for name in NUMBERS}
    _fill_headline(numbers, analyses, choices, say)
    _fill_complete(numbers, analyses, choices)
    k = [len(rows) for _, rows, _ in analyses]
    settings = nearest_to_default(index)
    return {"knobs": np.array(names, str), "index": index, "settings": settings, "k": k, **numbers}


def _fill_headline(numbers, analyses, choices, say):
    """Pool all analyses of the headline model, in batches."""
    chosen = [i for i, (model, rows, _) in enumerate(analyses) if model == MODELS[0] and rows]
    for at in range(0, len(chosen), BATCH):
        part = chosen[at : at + BATCH]
        lower, upper, se = _padded([analyses[i][1] for i in part])[1:]
        priors = [dict(zip(MODEL_KNOBS, analyses[i][2], strict=True)) for i in part]
        scale, prior_sd = ([prior[name] for prior in priors] for name in HEADLINE_KNOBS)
        flat = [np.inf if sd is None else sd for sd in prior_sd]
        fits = pool_partial_many(lower, upper, se, np.array(scale), np.array(flat), choices.level)
        for name in NUMBERS:
            numbers[name][part] = getattr(fits, name)
        say((at + len(part)) / len(chosen))


def _fill_complete(numbers, analyses, choices):
    """Pool all complete-case analyses, those of one method together."""
    methods: dict[tuple, list] = {}
    for i, (model, rows, settings) in enumerate(analyses):
        if model == MODELS[1] and rows:
            named = dict(zip(MODEL_KNOBS, settings, strict=True))
            methods.setdefault(tuple(named[name] for name in COMPLETE_KNOBS), []).append(i)
    for (tau2_method, ci_method), part in methods.items():
        _, yi, _, se = _padded([analyses[i][1] for i in part])
        single = tau2_method is None  # one trial: neither method has a role
        fits = pool_many(
            yi,
            se**2,
            choices.tau2_method if single else tau2_method,
            choices.ci_method if single else ci_method,
            choices.level,
        )
        for name in NUMBERS[:3]:
            numbers[name][part] = getattr(fits, name)


def _padded(sets):
    """Rows (exact, lower, upper, se) of several sets as four arrays of shape (m, k), padded with NaN."""
    table = np.full((4, len(sets), max(map(len, sets))), np.nan)
    for i, rows in enumerate(sets):
        table[:, i, : len(rows)] = np.transpose(rows)
    return table


def _frame(stored, knobs) -> pd.DataFrame:
    frame = pd.DataFrame({name: stored[name] for name in (*NUMBERS, "k")})
    frame["default"] = False
    frame.loc[stored["index"].flat[0], "default"] = True
    for axis, (name, values) in enumerate(knobs.items()):
        words = np.array([setting_words(name, value) for value in values])
        frame[name] = words[stored["settings"][:, axis]]
    return frame


def setting_words(name, value) -> str:
    """
    Say a setting of a choice.

    Examples
    --------
    >>> setting_words("mu_prior_sd", None), setting_words("include_duek", True), setting_words("rho", 0.6)
    ('flat', 'yes', '0.6')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "flat" if name == "mu_prior_sd" else "none"
    return f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")


def _terminal_line(name):
    """Progress on a terminal; a notebook or a file, which would keep it, gets nothing."""

    def say(share):
        if sys.stderr.isatty():
            end = "\n" if share >= 1 else ""
            print(f"\r{name}: {share:4.0%}", end=end, file=sys.stderr, flush=True)

    return say


def of_model(many: Multiverse, model) -> Multiverse:
    """
    The part of a multiverse that uses one model, with the choices that matter under it.

    Parameters
    ----------
    many : Multiverse
    model : {"all reports", "numbers only"}

    Raises
    ------
    ValueError
        If the model is unknown.
    """
    if model not in MODELS:
        raise ValueError(f"model: found {model!r}; allowed: {', '.join(MODELS)}. Fix: use one of these")
    names = list(many.knobs)
    part = many.index.take(many.knobs["model"].index(model), names.index("model"))
    names, part = drop_inert([name for name in names if name != "model"], part)
    rows, index = np.unique(part, return_inverse=True)
    left_out = [name for name in many.knobs if name not in names]
    analyses = many.analyses.iloc[rows].drop(columns=left_out).reset_index(drop=True)
    return Multiverse(many.window, {n: many.knobs[n] for n in names}, index.reshape(part.shape), analyses)
