"""How long does it last? Time-to-event summaries with their clocks, and effects after the last dose."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from ..choices import Choices
from .effects import effects_between
from .onset import joint_windows

# Events that mean the same thing may be compared; clocks must agree too.
CLOCKS = {
    "end_of_course": "counted from the end of the course",
    "first_dose": "counted from the first dose",
    "not_stated": "the clock is not stated",
}


@dataclass(frozen=True)
class DurationDifference:
    """
    Difference of two mean durations.

    Attributes
    ----------
    difference, se, ci_low, ci_high : float
        Days, active minus comparator; interval by t with pooled variance.
    df : int
    p_value : float
    """

    difference: float
    se: float
    ci_low: float
    ci_high: float
    df: int
    p_value: float


def duration_difference(m1, sd1, n1, m2, sd2, n2, level=0.95) -> DurationDifference:
    """
    Difference of two mean durations with a pooled-variance t interval.

    Parameters
    ----------
    m1, sd1, m2, sd2 : float
        Mean and SD, days.
    n1, n2 : int
        People, >= 2.
    level : float

    Returns
    -------
    DurationDifference

    Raises
    ------
    ValueError
        If an SD is not positive or an n is below 2.

    References
    ----------
    Student's two-sample t.

    Examples
    --------
    >>> d = duration_difference(34.44, 19.12, 9, 16.50, 11.39, 10)
    >>> print(f"{d.difference:.2f} ({d.ci_low:.1f} to {d.ci_high:.1f}), p = {d.p_value:.3f}")
    17.94 (2.9 to 33.0), p = 0.022
    """
    from scipy.special import stdtr, stdtrit

    for name, value, low in (("sd1", sd1, 0), ("sd2", sd2, 0), ("n1", n1, 1), ("n2", n2, 1)):
        if not value > low:
            raise ValueError(f"{name}: found {value}; allowed: above {low}. Fix: give the printed value")
    df = n1 + n2 - 2
    variance = ((n1 - 1) * sd1**2 + (n2 - 1) * sd2**2) / df
    se = math.sqrt(variance * (1 / n1 + 1 / n2))
    difference, half = m1 - m2, float(stdtrit(df, 0.5 + level / 2)) * se
    p = 2 * float(stdtr(df, -abs(difference) / se))
    return DurationDifference(difference, se, difference - half, difference + half, df, p)


def durations(review) -> pd.DataFrame:
    """
    Time-to-event summaries, each with its clock and with what it may be compared to.

    Returns
    -------
    DataFrame
        trial_id, label, arm, event, median_days, mean_days, sd_days, counted_from, n, controlled (True where
        the trial reports its comparator too), poolable (why or why not), source_key, fact_ids.
    """
    rows = review.timing.merge(review.trials[["trial_id", "label", "design"]], on="trial_id")
    both = rows.groupby(["trial_id", "event"])["arm"].transform("nunique") > 1
    rows = rows.assign(
        controlled=both, poolable=[_poolable(r, c) for r, c in zip(rows.itertuples(), both, strict=True)]
    )
    columns = [
        "trial_id",
        "label",
        "arm",
        "event",
        "median_days",
        "mean_days",
        "sd_days",
        "counted_from",
        "n",
    ]
    return rows[[*columns, "controlled", "poolable", "source_key", "fact_ids"]]


def _poolable(row, controlled) -> str:
    if controlled:
        return "contrast within the trial only; its clock is not stated"
    if row.design == "single_arm":
        return "no: no control group"
    if pd.isna(row.n):
        return "no: cited by another report, no control value"
    return "no: responders to the drug only, no control value"


def after_last_dose(review, choices=None) -> pd.DataFrame:
    """
    Effects by days since the last dose, of trials with a number or a bound after their last dose.

    Returns
    -------
    DataFrame
        label, timepoint_days, days_since_last_dose, yi, se, lower, upper, finding, source_key, fact_ids.
    """
    choices = choices or Choices()
    last = review.trials.set_index("trial_id")["last_dose_day"]
    frames = []
    for day in sorted(review.contrasts["timepoint_days"].dropna().unique()):
        rows = effects_between(review, day, day, choices)
        frames.append(rows[rows["included"]])
    rows = pd.concat(frames)
    rows = rows.assign(days_since_last_dose=rows["timepoint_days"] - rows["trial_id"].map(last))
    rows = rows[rows["days_since_last_dose"] >= 0].sort_values(["trial_id", "timepoint_days"], kind="stable")
    columns = ["label", "timepoint_days", "days_since_last_dose", "yi", "se", "lower", "upper", "finding"]
    return rows[[*columns, "source_key", "fact_ids"]].reset_index(drop=True)


def fading(fit, early="end_of_course", late="follow_up") -> tuple[float, float, float, float]:
    """
    Change of the mean effect from one window to a later one, in a joint fit.

    Parameters
    ----------
    fit : JointResult
    early, late : str

    Returns
    -------
    change, low, high : float
        Median and 95% interval of late minus early; positive means that the effect fades.
    p_fades : float
        Probability that it does.
    """
    a, b = list(fit.windows).index(early), list(fit.windows).index(late)
    change, low, high = fit.quantile(lambda mu: mu[:, b] - mu[:, a], [0.5, 0.025, 0.975])
    return float(change), float(low), float(high), fit.prob(lambda mu: mu[:, b] > mu[:, a])


def fading_of(review, choices=None):
    """`fading` of the joint windows of a review."""
    return fading(joint_windows(review, choices))
