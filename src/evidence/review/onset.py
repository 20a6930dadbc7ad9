"""When does the effect start? Joint effects over windows and days, and what was not measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..choices import WINDOWS, Choices
from ..partial.joint import pool_joint
from .effects import effect_sizes, effects_between

RELEVANT = -0.2  # Cohen's conventional small effect
DETECTED = 0.975  # P(benefit) that counts as detection
NEGLIGIBLE = (
    -0.1
)  # an end-of-course effect must be beyond this with probability KNOWN for a share to mean anything
KNOWN = 0.9
# Days of the time course and the ratings that stand for each, in days since the first dose.
NODES = {1: (0.5, 2), 7: (3, 9), 14: (10, 20), 28: (21, 45), 90: (46, 400)}


@dataclass(frozen=True)
class Onset:
    """
    What can be said about onset, each quantity NaN where it cannot be estimated.

    Attributes
    ----------
    windows : DataFrame
        Per window: window, estimate, ci_low, ci_high, p_benefit, p_relevant (P(g < -0.2)), k.
    detection : str
        Earliest window with P(benefit) > 0.975, or "none"; it measures power too, so no interval.
    share, share_low, share_high : float
        Median and 95% interval of the effect at 24 h as a share of the end-of-course effect; NaN unless an
        end-of-course effect beyond -0.1 has probability 0.9 or more.
    p_end_known : float
        That probability.
    p_half_by_first : float
        Probability that at the first assessment (24 h) at least half of the end-of-course effect was there,
        so that the time to half maximum is left-censored at one day; NaN under the same condition.
    """

    windows: pd.DataFrame
    detection: str
    share: float
    share_low: float
    share_high: float
    p_end_known: float
    p_half_by_first: float


def joint_matrix(rows, windows):
    """
    Arrange effects as a trial by window matrix.

    Parameters
    ----------
    rows : DataFrame
        trial_id, window, lower, upper, se, and, if given, timepoint_days.
    windows : sequence of str
        Columns, in order of time.

    Returns
    -------
    trials : list of str
    lower, upper, se : array of shape (k, W)
        NaN where a trial has no row.

    Raises
    ------
    ValueError
        If a trial has two effects in one window or its days run backwards over the windows; the message names
        the trial and the rule.
    """
    twice = rows[rows.duplicated(["trial_id", "window"])]
    if len(twice):
        raise ValueError(
            f"rows: found two effects of {twice.iloc[0]['trial_id']} in {twice.iloc[0]['window']}; "
            "allowed: one per trial and window. Fix: mark the one that stands for the trial"
        )
    order = {w: i for i, w in enumerate(windows)}
    rows = rows.assign(place=rows["window"].map(order)).sort_values("place", kind="stable")
    if "timepoint_days" in rows:
        back = rows[rows.groupby("trial_id")["timepoint_days"].diff() < 0]
        if len(back):
            raise ValueError(
                f"rows: found {back.iloc[0]['trial_id']} rated on day {back.iloc[0]['timepoint_days']:g} in "
                f"{back.iloc[0]['window']}, before its earlier window; allowed: days in order. "
                "Fix: check from which dose the days count"
            )
    trials = list(dict.fromkeys(rows["trial_id"]))
    arrays = [np.full((len(trials), len(windows)), np.nan) for _ in range(3)]
    for row in rows.itertuples():
        for array, value in zip(arrays, (row.lower, row.upper, row.se), strict=True):
            array[trials.index(row.trial_id), order[row.window]] = value
    return trials, *arrays


def joint_rows(review, choices=None) -> pd.DataFrame:
    """
    Effects of all windows for a joint model: one per trial and window, each rating once.

    A rating that serves both week 1 and end of course stands in week 1: onset counts from the first dose.
    """
    choices = choices or Choices()
    frames = [effect_sizes(review, window, choices) for window in WINDOWS]
    rows = pd.concat([frame[frame["included"]] for frame in frames])
    return rows[~rows.duplicated(["trial_id", "timepoint_days", "scale"])]


def joint_windows(review, choices=None, rho=None):
    """
    Joint posterior of the mean effect in every window.

    Parameters
    ----------
    review : Review
    choices : Choices, optional
    rho : float, optional
        Correlation of a trial's sampling errors between windows; `choices.rho` when left out.

    Returns
    -------
    JointResult
    """
    choices = choices or Choices()
    _, lower, upper, se = joint_matrix(joint_rows(review, choices), WINDOWS)
    return pool_joint(
        lower,
        upper,
        se,
        windows=WINDOWS,
        rho=choices.rho if rho is None else rho,
        tau_prior_scale=choices.tau_prior_scale,
        mu_prior_sd=choices.mu_prior_sd,
        level=choices.level,
    )


def time_course(review, choices=None, walk_prior_scale=0.5):
    """
    Mean effect as a function of days since the first dose: a random walk over the days of `NODES`.

    Steps are normal around 0; their variance grows with the logarithm of time, one unit from day 1 to day 7.

    Parameters
    ----------
    review : Review
    choices : Choices, optional
    walk_prior_scale : float
        Scale of the half-normal prior of the SD of a step of one unit.

    Returns
    -------
    JointResult
        `windows` holds the days as text, "day 1" ...
    """
    choices = choices or Choices()
    names = [f"day {day}" for day in NODES]
    frames = []
    for name, (low, high) in zip(names, NODES.values(), strict=True):
        frame = effects_between(review, low, high, choices)
        frames.append(frame[frame["included"]].assign(window=name))
    rows = pd.concat(frames)
    present = [name for name in names if name in set(rows["window"])]
    _, lower, upper, se = joint_matrix(rows, present)
    days = np.array([float(name.split()[1]) for name in present])
    return pool_joint(
        lower,
        upper,
        se,
        windows=present,
        rho=choices.rho,
        tau_prior_scale=choices.tau_prior_scale,
        mu_prior_sd=choices.mu_prior_sd,
        prior="random-walk",
        walk_prior_scale=walk_prior_scale,
        gaps=np.diff(np.log(days)) / np.log(7),
        level=choices.level,
    )


def window_frame(fit) -> pd.DataFrame:
    """
    Estimates of a joint fit as a frame.

    Parameters
    ----------
    fit : JointResult

    Returns
    -------
    DataFrame
        window, estimate, ci_low, ci_high, p_benefit, p_relevant (P(g < -0.2)), k.
    """
    return pd.DataFrame(
        {
            "window": fit.windows,
            "estimate": fit.estimate,
            "ci_low": fit.ci_low,
            "ci_high": fit.ci_high,
            "p_benefit": fit.p_benefit,
            "p_relevant": fit.prob_below(RELEVANT),
            "k": fit.k,
        }
    )


def onset(fit, first="24h", end="end_of_course") -> Onset:
    """
    Onset quantities of a joint fit.

    Parameters
    ----------
    fit : JointResult
    first, end : str
        Names of the first window and of the end of the course.

    Returns
    -------
    Onset
    """
    windows = window_frame(fit)
    detected = windows.loc[windows["p_benefit"] > DETECTED, "window"]
    a, b = list(fit.windows).index(first), list(fit.windows).index(end)
    known = float(fit.prob_below(NEGLIGIBLE)[b])
    share, half = (np.nan,) * 3, np.nan
    if known >= KNOWN and not np.isnan(fit.estimate[a]):
        share = tuple(fit.quantile(lambda mu: mu[:, a] / mu[:, b], [0.5, 0.025, 0.975]))
        half = fit.prob(lambda mu: (mu[:, b] < NEGLIGIBLE) & (mu[:, a] <= 0.5 * mu[:, b])) / known
    return Onset(windows, detected.iloc[0] if len(detected) else "none", *share, known, half)


def rho_sweep(review, choices=None, rhos=(0.0, 0.3, 0.6, 0.8)) -> pd.DataFrame:
    """Estimates of every window for several correlations of a trial's sampling errors."""
    records = []
    for rho in rhos:
        table = window_frame(joint_windows(review, choices, rho=rho))
        records.append(table.assign(rho=rho))
    return pd.concat(records, ignore_index=True)


def assessments(review) -> pd.DataFrame:
    """
    Schedule of PTSD ratings of the core trials.

    Returns
    -------
    DataFrame
        label, trial_id, scale, days_since_first_dose, days_since_last_dose, timepoint_label, finding,
        source_key, fact_ids; one row per trial, scale and time, the most informative report.
    """
    trials = review.trials[review.trials["role"] == "core"]
    scales = review.scales.loc[review.scales["domain"] == "ptsd", "scale"]
    rows = review.contrasts[review.contrasts["scale"].isin(scales)].merge(
        trials[["trial_id", "label", "last_dose_day"]], on="trial_id"
    )
    rank = {"estimate": 0, "favours_active": 1, "favours_comparator": 1, "not_significant": 2, "unknown": 3}
    rows = rows.assign(rank=rows["finding"].map(rank)).sort_values("rank", kind="stable")
    rows = rows.drop_duplicates(["trial_id", "scale", "timepoint_label"])
    rows = rows.assign(
        days_since_first_dose=rows["timepoint_days"],
        days_since_last_dose=rows["timepoint_days"] - rows["last_dose_day"],
    )
    order = rows["trial_id"].map({t: i for i, t in enumerate(trials["trial_id"])})
    rows = rows.assign(order=order).sort_values(["order", "timepoint_days"], kind="stable")
    columns = [
        "label",
        "trial_id",
        "scale",
        "days_since_first_dose",
        "days_since_last_dose",
        "timepoint_label",
    ]
    return rows[[*columns, "finding", "source_key", "fact_ids"]].reset_index(drop=True)
