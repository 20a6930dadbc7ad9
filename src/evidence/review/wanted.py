"""The numbers this review would use and does not have, and how much each could move its answers."""

from __future__ import annotations

import math

import pandas as pd

from ..choices import WINDOWS, Choices
from .effects import effect_sizes
from .efficacy import partial_fit, people, pool_effects

COLUMNS = ["trial", "trial_id", "scale", "time", "window", "statistic", "n", "swing", "doi", "registration"]
NUMBERS = "mean, SD and n of each arm (or the difference with its SE)"
SPREAD = "SD of the scores and number analysed (n and r are assumed)"


def wanted(review, choices=None) -> pd.DataFrame:
    """
    List missing numbers, the most influential first.

    Parameters
    ----------
    review : Review
    choices : Choices, optional

    Returns
    -------
    DataFrame
        One row per trial, scale, time and statistic. `swing` is the change of the window's headline estimate
        when the missing effect moves from one end of its 95% posterior predictive interval to the other (for
        a number that rests on assumptions: when they move through their sweep); NaN where the window has no
        pool, and then rows are ordered by `n`, the people behind the row.

    Examples
    --------
    >>> from evidence import load
    >>> print("feder_2014" in set(wanted(load())["trial_id"]))
    True
    """
    choices = choices or Choices()
    records = []
    for window in WINDOWS:
        records += _window_rows(review, window, choices)
    records += _untimed_rows(review)
    frame = pd.DataFrame(records).merge(_addresses(review), on="trial_id", how="left")
    frame = frame.sort_values(
        ["swing", "n"], ascending=False, na_position="last", kind="stable", ignore_index=True
    )
    return frame[COLUMNS].drop_duplicates(["trial_id", "scale", "time", "statistic"], ignore_index=True)


def _window_rows(review, window, choices):
    """Rated but without a number, in a window; and numbers that rest on assumptions."""
    effects = effect_sizes(review, window, choices)
    result = pool_effects(effects, window, choices)
    core = set(review.trials.loc[review.trials["role"] == "core", "trial_id"])
    with_number = set(effects.loc[effects["finding"] == "estimate", "trial_id"])
    records = []
    for trial, rows in effects[effects["trial_id"].isin(core)].groupby("trial_id", sort=False):
        row = rows.sort_values("included", ascending=False, kind="stable").iloc[0]
        if trial not in with_number:
            records.append(_record(row, window, NUMBERS, swing(result, row, choices)))
        elif trial == "feder_2014":
            records.append(_record(row, window, SPREAD, _assumption_swing(review, window, choices)))
    return records


def swing(result, row, choices) -> float:
    """
    Change of a window's headline when the row's effect moves across its 95% predictive interval.

    Parameters
    ----------
    result : WindowPool
    row : Series
        A row of its `effects`; its standard error at zero effect is kept.
    choices : Choices

    Returns
    -------
    float
        Absolute change in g; NaN where the window has no pool or the row no standard error.
    """
    low, high = result.partial.pi_low, result.partial.pi_high
    if math.isnan(low) or pd.isna(row["se"]):
        return math.nan
    others = result.included[result.included["trial_id"] != row["trial_id"]]
    ends = []
    for value in (low, high):
        filled = pd.concat([others, row.to_frame().T.assign(lower=value, upper=value)])
        ends.append(partial_fit(filled, choices).estimate)
    return abs(ends[1] - ends[0])


def _assumption_swing(review, window, choices):
    """Largest change over the sweep of the crossover's n and r."""
    sweep = {k["name"]: k["sweep"] for k in Choices.describe()}
    estimates = [
        pool_effects(effect_sizes(review, window, changed), window, changed).partial.estimate
        for n in sweep["feder_2014_n"]
        for r in sweep["crossover_r"]
        for changed in [choices.replace(feder_2014_n=n, crossover_r=r)]
    ]
    return max(estimates) - min(estimates)


def _record(row, window, statistic, change):
    known = not (pd.isna(row["n1"]) or pd.isna(row["n2"]))
    day = row["timepoint_days"]
    return {
        "trial": row["label"],
        "trial_id": row["trial_id"],
        "scale": row["scale"],
        "time": "not stated" if pd.isna(day) else f"day {day:g}",
        "window": window,
        "statistic": statistic,
        "n": people(row.to_frame().T) if known else math.nan,
        "swing": change,
    }


def _untimed_rows(review):
    """Comparisons of core trials whose time was not seen, and completed trials without any report."""
    labels = review.trials.set_index("trial_id")
    contrasts = review.contrasts
    records = []
    for row in (
        contrasts[contrasts["timepoint_days"].isna()].drop_duplicates(["trial_id", "scale"]).itertuples()
    ):
        records.append(
            {
                "trial": labels.loc[row.trial_id, "label"],
                "trial_id": row.trial_id,
                "scale": row.scale,
                "time": "not stated",
                "window": "none",
                "statistic": f"{NUMBERS}, with its time",
                "n": labels.loc[row.trial_id, "n_randomised"],
                "swing": math.nan,
            }
        )
    silent = review.registry[
        review.registry["category"].isin(["completed_unpublished", "unknown_unpublished"])
    ]
    for row in silent.itertuples():
        records.append(
            {
                "trial": row.nct,
                "trial_id": row.nct,
                "scale": "any PTSD scale",
                "time": "all",
                "window": "none",
                "statistic": f"{NUMBERS}; nothing published",
                "n": row.n,
                "swing": math.nan,
            }
        )
    return records


def _addresses(review):
    """DOI and registration of each trial, where known."""
    trials = review.trials[["trial_id", "source_key", "registration"]]
    dois = review.references.set_index("key")["doi"]
    known = trials.assign(doi=trials["trial_id"].map(dois).fillna(trials["source_key"].map(dois)))
    silent = pd.DataFrame(
        {"trial_id": review.registry["nct"], "registration": review.registry["nct"], "doi": None}
    )
    return pd.concat([known[["trial_id", "doi", "registration"]], silent], ignore_index=True)
