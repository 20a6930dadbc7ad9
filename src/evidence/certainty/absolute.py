"""What an effect means in points on a scale and in responders, under stated assumptions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd
from scipy.special import expit, logit

from ..measures.conversions import log_odds_ratio_from_smd

# Fact with a standardiser implied by a trial's printed difference and d, by scale.
IMPLIED_SD = {"CAPS-5": "F0081"}
# Trial whose baseline SDs stand in where no other SD was found, by scale.
BASELINE = {"PCL-5": "duek_2023"}


@dataclass(frozen=True)
class AssumedSD:
    """
    Standard deviation that turns g into points.

    Attributes
    ----------
    scale : str
    sd : float
        Points.
    source : str
        Where it comes from, in words.
    fact_ids : str
    """

    scale: str
    sd: float
    source: str
    fact_ids: str


@dataclass(frozen=True)
class ControlRate:
    """
    Share of responders on the comparator, and where it was read.

    Attributes
    ----------
    rate : float
        Proportion, between 0 and 1.
    source, fact_ids : str
    """

    rate: float
    source: str
    fact_ids: str


def assumed_sd(review, scale) -> AssumedSD:
    """
    Choose the SD of a scale: external, else implied by a trial's report, else pooled over its baseline arms.

    Parameters
    ----------
    review : Review
    scale : str
        "CAPS-5" or "PCL-5", or any scale with an external SD.

    Raises
    ------
    ValueError
        If no SD of the scale is known.

    Examples
    --------
    >>> from evidence import load
    >>> print(assumed_sd(load(), "CAPS-5").fact_ids)
    F0081
    """
    row = review.scales.set_index("scale").loc[scale]
    if pd.notna(row["sd_external"]):
        return AssumedSD(scale, float(row["sd_external"]), "external sample", row["fact_ids"])
    if scale in IMPLIED_SD:
        fact = review.facts.set_index("fact_id").loc[IMPLIED_SD[scale]]
        source = f"implied by the difference and d of {_label(review, fact['trial_id'])}"
        return AssumedSD(scale, float(fact["value"]), source, IMPLIED_SD[scale])
    if scale in BASELINE:
        return _baseline_sd(review, scale, BASELINE[scale])
    known = ", ".join([*IMPLIED_SD, *BASELINE])
    raise ValueError(f"scale: found {scale!r} without an SD; allowed: {known}. Fix: give it an sd_external")


def _baseline_sd(review, scale, trial):
    rows = review.outcomes
    same = (rows["trial_id"] == trial) & (rows["scale"] == scale) & (rows["timepoint_days"] == 0)
    rows = rows[same]
    df = rows["n"] - 1
    sd = math.sqrt((df * rows["sd"] ** 2).sum() / df.sum())
    source = f"baseline of {_label(review, trial)}, arms pooled"
    return AssumedSD(scale, sd, source, "; ".join(rows["fact_ids"]))


def _label(review, trial):
    return review.trials.set_index("trial_id").loc[trial, "label"]


def control_rates(review) -> list[ControlRate]:
    """
    Response on the comparator: in the trial with the largest effect, and on placebo in a Cochrane review.

    Returns
    -------
    list of ControlRate
        Smallest first.
    """
    events = review.events.set_index(["trial_id", "arm", "outcome"])
    trial = events.loc[("feder_2021", "midazolam", "response")]
    review_rate = review.context.set_index("context_id").loc["placebo_response"]
    return [
        ControlRate(
            float(trial["events"] / trial["n"]),
            f"midazolam arm of {_label(review, 'feder_2021')}",
            trial["fact_ids"],
        ),
        ControlRate(
            float(review_rate["value"]) / 100,
            f"placebo arms of {review_rate['source_key'].replace('_', ' ').capitalize()} (SSRI trials)",
            review_rate["fact_ids"],
        ),
    ]


def points(g, sd):
    """
    Points on a scale that an effect stands for; negative is fewer symptoms.

    Examples
    --------
    >>> print(points(-0.5, 12))
    -6.0
    """
    return g * sd


def responders_per_100(g, control_rate):
    """
    Responders among a hundred people on the active drug, at a given rate on the comparator.

    Parameters
    ----------
    g : float or array
        Effect, negative favours the active drug.
    control_rate : float
        Proportion of responders on the comparator, between 0 and 1.

    Returns
    -------
    float or array
        Responders per 100.

    Raises
    ------
    ValueError
        If the rate is not strictly between 0 and 1.

    References
    ----------
    Chinn (2000), Stat Med 19:3127: the log odds ratio is pi / sqrt(3) times the standardised difference, as
    if response were a cut of a logistic distribution; Cochrane Handbook 15.5.3.3.

    Examples
    --------
    >>> print(f"{responders_per_100(-0.5, 0.2):.1f}")
    38.2
    """
    if not 0 < control_rate < 1:
        raise ValueError(
            f"control_rate: found {control_rate!r}; allowed: between 0 and 1. Fix: write 0.2 for 20%"
        )
    return per_100(-log_odds_ratio_from_smd(g, 1.0)[0], control_rate)


def per_100(log_odds_ratio, control_rate):
    """
    People with an event among a hundred on the active drug, at a given rate on the comparator.

    Examples
    --------
    >>> print(f"{per_100(math.log(2), 0.2):.1f}")
    33.3
    """
    return 100 * expit(logit(control_rate) + log_odds_ratio)
