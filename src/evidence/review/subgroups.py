"""Who and how: groups of trials, tests of their differences, and when nothing can be said."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..choices import WINDOWS, Choices
from ..partial.groups import GroupDifference, group_difference
from .effects import effect_sizes
from .efficacy import people

# A group is compared when one of its trials gives a number, or this many tell something about the effect.
ENOUGH_TRIALS = 2


@dataclass(frozen=True)
class Dimension:
    """
    One way to sort trials into groups.

    Attributes
    ----------
    name : str
        In words.
    column : str
        Column of the frame that `trial_groups` makes.
    groups : dict of str to tuple of str
        Name of each group and the values that belong to it; trials with other values are not compared.
    pairs : tuple of (str, str)
        Groups to compare.
    windows : tuple of str
        Windows in which the comparison makes sense.
    """

    name: str
    column: str
    groups: dict[str, tuple[str, ...]]
    pairs: tuple[tuple[str, str], ...]
    windows: tuple[str, ...] = WINDOWS


DIMENSIONS = (
    Dimension(
        "population",
        "population",
        {
            "civilians": ("civilian", "mostly_civilian"),
            "veterans and military": ("veteran_military",),
            "first responders": ("first_responder",),
        },
        (("veterans and military", "civilians"), ("first responders", "civilians")),
    ),
    Dimension(
        "earlier treatment",
        "treatment_resistant",
        {"earlier treatment failed": ("required",), "no earlier failure needed": ("not_required",)},
        (("earlier treatment failed", "no earlier failure needed"),),
    ),
    Dimension(
        "route",
        "route",
        {
            "intravenous": ("iv",),
            "intramuscular": ("im",),
            "nasal spray": ("intranasal",),
            "oral or sublingual": ("oral", "im_or_sublingual"),
        },
        (
            ("intramuscular", "intravenous"),
            ("nasal spray", "intravenous"),
            ("oral or sublingual", "intravenous"),
        ),
    ),
    Dimension(
        "dosing",
        "dosing",
        {"repeated doses": ("repeated",), "a single dose": ("single",)},
        (("repeated doses", "a single dose"),),
        # A day after the first dose every trial has given one dose.
        ("end_of_course", "follow_up"),
    ),
    Dimension(
        "psychotherapy",
        "psychotherapy",
        {"with psychotherapy": ("both_arms", "with_drug"), "without psychotherapy": ("none",)},
        (("with psychotherapy", "without psychotherapy"),),
    ),
    Dimension(
        "comparator",
        "comparator_kind",
        {
            "psychoactive comparator": ("active_psychoactive",),
            "other active comparator": ("active_other",),
            "inert comparator": ("inert",),
        },
        (
            ("inert comparator", "psychoactive comparator"),
            ("other active comparator", "psychoactive comparator"),
        ),
    ),
)


@dataclass(frozen=True)
class GroupTest:
    """
    Two groups of trials in one window: their difference, or why nothing can be said.

    Attributes
    ----------
    dimension, group_a, group_b : str
    window : str
        "" where the trials of one group are usable in no window.
    trials_a, trials_b : tuple of str
        Labels of the trials that tell something in this window.
    n_a, n_b : int
        People behind them.
    difference : GroupDifference or None
        Mean effect in group a less that in group b; negative when group a benefits more.
    reason : str
        Why there is none; "" when there is one.
    """

    dimension: str
    group_a: str
    group_b: str
    window: str
    trials_a: tuple[str, ...]
    trials_b: tuple[str, ...]
    n_a: int
    n_b: int
    difference: GroupDifference | None
    reason: str

    @property
    def testable(self) -> bool:
        """Whether the groups could be compared."""
        return self.difference is not None

    @property
    def clear(self) -> bool:
        """Whether they could, and the interval of the difference excludes zero."""
        return self.difference is not None and self.difference.clear


def trial_groups(review, choices=None, role="core") -> pd.DataFrame:
    """
    Trials of a role with what sorts them into groups, and the people that may be counted.

    Parameters
    ----------
    review : Review
    choices : Choices, optional
    role : {"core", "supporting", "context"}

    Returns
    -------
    DataFrame
        The trials, with `dosing` ("single", "repeated" or missing), `people` (randomised or treated; where
        that is not known those who completed; for the trial whose eligible half was not counted by its
        authors, two arms of `choices.dadabayev_n`) and `sample` (one key for trials that share people).
    """
    choices = choices or Choices()
    trials = review.trials[review.trials["role"] == role].copy()
    doses = trials["n_doses"]
    trials["dosing"] = np.select([doses == 1, doses > 1], ["single", "repeated"], "not_stated")
    arms = review.arms[review.arms["arm"] == "all"].set_index("trial_id")["n_completed"]
    trials["people"] = trials["n_randomised"].fillna(trials["trial_id"].map(arms)).fillna(0)
    trials.loc[trials["trial_id"] == "dadabayev_2020", "people"] = 2 * choices.dadabayev_n
    pairs = trials[["trial_id", "overlaps_with"]].fillna("~")  # sorts behind every key
    trials["sample"] = pairs.min(axis=1)
    return trials


def samples(trials) -> tuple[int, int]:
    """Trials and people, those that share people counted once and as the largest of them."""
    largest = trials.groupby("sample")["people"].max()
    return len(largest), int(largest.sum())


def group_counts(review, choices=None) -> pd.DataFrame:
    """
    What exists for each group.

    Returns
    -------
    DataFrame
        dimension, group, k and n (randomised trials and their people), usable and exact (trials that tell
        something and that give a number in at least one window), trials (labels), uncontrolled and
        uncontrolled_n (series without a control, and the people in them).
    """
    choices = choices or Choices()
    core, series = trial_groups(review, choices), trial_groups(review, choices, "supporting")
    rows = pd.concat([_included(review, window, choices) for window in WINDOWS])
    usable, exact = set(rows["trial_id"]), set(rows.loc[rows["finding"] == "estimate", "trial_id"])
    records = []
    for dimension in DIMENSIONS:
        for group, values in dimension.groups.items():
            trials = core[core[dimension.column].isin(values)]
            others = series[series[dimension.column].isin(values)]
            (k, n), (more, more_n) = samples(trials), samples(others)
            ids = set(trials["trial_id"])
            records.append(
                {
                    "dimension": dimension.name,
                    "group": group,
                    "k": k,
                    "n": n,
                    "usable": len(ids & usable),
                    "exact": len(ids & exact),
                    "trials": ", ".join(trials["label"]),
                    "uncontrolled": more,
                    "uncontrolled_n": more_n,
                }
            )
    return pd.DataFrame(records)


def _included(review, window, choices):
    effects = effect_sizes(review, window, choices)
    return effects[effects["included"]]


def group_tests(review, choices=None) -> list[GroupTest]:
    """
    Compare every pair of groups in every window in which both have a trial that tells something.

    Parameters
    ----------
    review : Review
    choices : Choices, optional

    Returns
    -------
    list of GroupTest
        At least one for each pair; with window "" when no window holds trials of both groups. A pair is
        tested when each group has a trial with a number, or two trials that tell something and together
        bound the mean effect from both sides.

    Examples
    --------
    >>> from evidence import load
    >>> tests = group_tests(load())
    >>> print(sorted({t.dimension for t in tests if t.testable}))
    ['dosing']
    """
    choices = choices or Choices()
    core = trial_groups(review, choices)
    effects = {window: _included(review, window, choices) for window in WINDOWS}
    tests: list[GroupTest] = []
    for dimension in DIMENSIONS:
        for pair in dimension.pairs:
            members = [core[core[dimension.column].isin(dimension.groups[name])] for name in pair]
            found = []
            for window in dimension.windows:
                a, b = (effects[window][effects[window]["trial_id"].isin(m["trial_id"])] for m in members)
                if len(a) and len(b):
                    found.append(_test(dimension.name, pair, window, a, b, choices))
            tests += found or [_silent(dimension, pair, members, effects)]
    return tests


def _test(name, pair, window, a, b, choices) -> GroupTest:
    """The test of one pair in one window, or why there is none."""
    known = tuple(tuple(rows["label"]) for rows in (a, b)) + (people(a), people(b))
    lacking = [group for group, rows in zip(pair, (a, b), strict=True) if not _enough(rows)]
    if lacking:
        reason = " and ".join(_too_few(g, a if g == pair[0] else b) for g in lacking)
        return GroupTest(name, *pair, window, *known, None, reason)
    rows = pd.concat([a, b])
    fit = group_difference(
        rows["lower"].to_numpy(float),
        rows["upper"].to_numpy(float),
        rows["se"].to_numpy(float),
        np.arange(len(rows)) < len(a),
        choices.tau_prior_scale,
        choices.mu_prior_sd,
        choices.level,
    )
    return GroupTest(name, *pair, window, *known, fit, "")


def _enough(rows) -> bool:
    bounded = np.isfinite(rows["lower"]).any() and np.isfinite(rows["upper"]).any()
    return bool((rows["finding"] == "estimate").any() or (len(rows) >= ENOUGH_TRIALS and bounded))


def _too_few(group, rows) -> str:
    number = {1: "one trial"}.get(len(rows), f"{len(rows)} trials")
    return f"{group}: {number} with a finding in words only"


def _silent(dimension, pair, members, effects) -> GroupTest:
    """A pair without a common window: which group lacks what."""
    useful = {t for window in dimension.windows for t in effects[window]["trial_id"]}
    parts = []
    for group, trials in zip(pair, members, strict=True):
        if not len(trials):
            parts.append(f"{group}: no randomised trial reported as such")
        elif not set(trials["trial_id"]) & useful:
            parts.append(f"{group}: no trial reports anything usable")
    reason = "; ".join(parts) or "no time at which trials of both groups report something usable"
    return GroupTest(dimension.name, *pair, "", (), (), 0, 0, None, reason)


def group_sensitivity(review, choices=None) -> pd.DataFrame:
    """
    Every test that can be made, again under other readings and priors.

    Returns
    -------
    DataFrame
        dimension, group_a, group_b, window, knob, value, estimate, ci_low, ci_high, p_below, clear; NaN
        where the setting leaves too little to test.
    """
    choices = choices or Choices()
    settings = [("default", "", choices)]
    for knob in ("null_rule", "omnibus_df", "metric", "tau_prior_scale", "mu_prior_sd"):
        sweep = next(k["sweep"] for k in Choices.describe() if k["name"] == knob)
        settings += [
            (knob, str(value).lower(), choices.replace(**{knob: value}))
            for value in sweep
            if value != getattr(choices, knob)
        ]
    key = ("dimension", "group_a", "group_b", "window")
    wanted = [tuple(getattr(t, k) for k in key) for t in group_tests(review, choices) if t.testable]
    records = []
    for knob, value, other in settings:
        tests = {tuple(getattr(t, k) for k in key): t.difference for t in group_tests(review, other)}
        for name in wanted:
            fit = tests.get(name)
            numbers = {f: getattr(fit, f, math.nan) for f in ("estimate", "ci_low", "ci_high", "p_below")}
            clear = bool(fit is not None and fit.clear)
            records.append({**dict(zip(key, name, strict=True)), "knob": knob, "value": value,
                            **numbers, "clear": clear})  # fmt: skip
    return pd.DataFrame(records)
