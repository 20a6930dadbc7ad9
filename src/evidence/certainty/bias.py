"""What could bias the trials: overall risk of bias, unblinding by comparator, small-study checks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from ..models.smallstudy import egger, rank_test, trim_and_fill
from ..review.efficacy import published_anchors

# docs/adr/0010-grade.md. Both domains are judged on one weakness here: people can feel what they received.
ONE_WEAKNESS = {"deviations": "unblinding", "measurement": "unblinding"}
SEVERAL = 3
# Cochrane Handbook 10.11.5.1: no meta-regression with fewer than ten studies.
FEWEST_FOR_A_TEST = 10
KINDS = {
    "active_psychoactive": "psychoactive (midazolam, fentanyl)",
    "active_other": "other active drug (ketorolac)",
    "inert": "inert (saline)",
}
POWER = 0.8


def overall_judgement(domains) -> str:
    """
    Overall risk of bias of one trial from its domains.

    Parameters
    ----------
    domains : mapping of str to str
        RoB 2 domain to "low", "some_concerns", "high" or "no_information".

    Returns
    -------
    str
        "high" if a domain is high or at least three separate weaknesses are not low; "low" if all domains are
        low; else "some_concerns". Deviations and measurement count as one weakness, and "no information" as a
        concern.

    Raises
    ------
    ValueError
        If no domain is given.

    References
    ----------
    Sterne et al. (2019), BMJ 366:l4898: high also for "some concerns for multiple domains"; how many is ours.

    Examples
    --------
    >>> overall_judgement({"deviations": "some_concerns", "missing_data": "low"})
    'some_concerns'
    """
    if not domains:
        raise ValueError(
            "domains: found none; allowed: one judgement or more. Fix: judge the trial's domains"
        )
    if "high" in domains.values() or len(weaknesses(domains)) >= SEVERAL:
        return "high"
    return "some_concerns" if weaknesses(domains) else "low"


def weaknesses(domains) -> set[str]:
    """
    Separate weaknesses behind domains that are not at low risk.

    Examples
    --------
    >>> sorted(weaknesses({"deviations": "some_concerns", "measurement": "high", "missing_data": "low"}))
    ['unblinding']
    """
    return {ONE_WEAKNESS.get(domain, domain) for domain, judged in domains.items() if judged != "low"}


def judgements(review) -> dict[str, dict[str, str]]:
    """Judgement by trial and domain, in the order of the trials table."""
    rob = review.rob
    return {
        trial: dict(zip(rows["domain"], rows["judgement"], strict=True))
        for trial in review.trials["trial_id"]
        if len(rows := rob[rob["trial_id"] == trial])
    }


def risk_of_bias(review) -> pd.DataFrame:
    """
    Every judgement with the overall one of each trial, for the traffic light.

    Parameters
    ----------
    review : Review

    Returns
    -------
    DataFrame
        trial_id, label, domain (with "overall"), judgement, reason, basis, source_key, fact_ids.

    Examples
    --------
    >>> from evidence import load
    >>> frame = risk_of_bias(load()).set_index(["trial_id", "domain"])
    >>> print(frame.loc[("feder_2021", "overall"), "judgement"])
    some_concerns
    """
    columns = ["trial_id", "domain", "judgement", "reason", "basis", "source_key", "fact_ids"]
    overall = [
        {"trial_id": trial, "domain": "overall", "judgement": overall_judgement(domains)}
        for trial, domains in judgements(review).items()
    ]
    rows = pd.concat([review.rob[columns], pd.DataFrame(overall)], ignore_index=True)
    labels = review.trials[["trial_id", "label"]]
    return labels.merge(rows, on="trial_id")


def one_row_each(pools, exact=False) -> pd.DataFrame:
    """
    One comparison per trial over all windows: the earliest one that is used.

    Parameters
    ----------
    pools : dict of str to WindowPool
        In time order.
    exact : bool
        Only comparisons with a number.
    """
    rows = pd.concat([result.included for result in pools.values()])
    rows = rows[rows["finding"] == "estimate"] if exact else rows
    return rows.drop_duplicates("trial_id").reset_index(drop=True)


def comparator_kinds(pools, review) -> pd.DataFrame:
    """
    What the trials say by kind of comparator, one comparison per trial.

    Parameters
    ----------
    pools : dict of str to WindowPool
    review : Review

    Returns
    -------
    DataFrame
        kind, trials (randomised reports), k (with a usable finding), k_exact (with a number), g_low and
        g_high (range of those numbers), bound (most favourable effect that any usable finding allows).
    """
    rows = one_row_each(pools)
    core = review.trials[review.trials["role"] == "core"]
    records = []
    for kind, name in KINDS.items():
        found = rows[rows["comparator_kind"] == kind]
        numbers = found.loc[found["finding"] == "estimate", "yi"]
        records.append(
            {
                "kind": kind,
                "name": name,
                "trials": int((core["comparator_kind"] == kind).sum()),
                "k": len(found),
                "k_exact": len(numbers),
                "g_low": numbers.min(),
                "g_high": numbers.max(),
                "bound": found["lower"].min(),
            }
        )
    return pd.DataFrame(records)


def unblinding_lesson(kinds) -> str:
    """
    How much comparing kinds of comparator can teach, by stated rules.

    Parameters
    ----------
    kinds : DataFrame
        As from `comparator_kinds`.

    Returns
    -------
    str
        "nothing" if fewer than two kinds have a number; "description" with fewer than ten numbers; else
        "test".

    Examples
    --------
    >>> unblinding_lesson(pd.DataFrame({"k_exact": [3, 0, 0]}))
    'nothing'
    """
    if (kinds["k_exact"] > 0).sum() < 2:
        return "nothing"
    return "description" if kinds["k_exact"].sum() < FEWEST_FOR_A_TEST else "test"


def opposite_to_unblinding(kinds) -> bool:
    """
    Tell whether some trial against a psychoactive comparator found more than any inert one allows.

    Guessing is easiest against an inert comparator, so unblinding alone would make effects largest there.
    """
    by_kind = kinds.set_index("kind")
    best, allowed = by_kind.loc["active_psychoactive", "g_low"], by_kind.loc["inert", "bound"]
    return bool(best < allowed)  # False when either is missing


@dataclass(frozen=True)
class Difference:
    """
    Difference between two independent pooled effects.

    Attributes
    ----------
    estimate, se, ci_low, ci_high, p_value : float
        First minus second; negative when the first favours the drug more.
    smallest : float
        Difference that these two pools would find with 80% power at the 5% level.
    """

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p_value: float
    smallest: float


def pool_difference(first, second) -> Difference:
    """
    Compare two published pools by their difference, not by whether each interval excludes zero.

    Parameters
    ----------
    first, second : mapping
        estimate, ci_low, ci_high of each; 95% intervals, normal theory.

    Returns
    -------
    Difference
        Too narrow if trials stand in both pools.

    References
    ----------
    Altman and Bland (2003), BMJ 326:219.

    Examples
    --------
    >>> gap = pool_difference({"estimate": -0.44, "ci_low": -0.85, "ci_high": -0.03},
    ...                       {"estimate": -0.24, "ci_low": -0.78, "ci_high": 0.30})
    >>> print(f"{gap.estimate:.2f}, p = {gap.p_value:.2f}")
    -0.20, p = 0.56
    """
    z = float(ndtri(0.975))
    se = math.hypot(*((pool["ci_high"] - pool["ci_low"]) / (2 * z) for pool in (first, second)))
    gap = first["estimate"] - second["estimate"]
    return Difference(
        gap, se, gap - z * se, gap + z * se, float(2 * ndtr(-abs(gap) / se)), (z + float(ndtri(POWER))) * se
    )


def published_comparator_difference(review, window="24h") -> Difference | None:
    """Passive minus active comparators as another review pooled them; None where it did not."""
    anchors = published_anchors(review, window).set_index("comparison")
    if not {"passive controls", "active controls"} <= set(anchors.index):
        return None
    return pool_difference(*(anchors.loc[f"{kind} controls"] for kind in ("passive", "active")))


def small_study_checks(yi, vi) -> pd.DataFrame:
    """
    Run the small-study methods that the trials allow.

    Parameters
    ----------
    yi, vi : array of shape (k,)
        Effects and sampling variances.

    Returns
    -------
    DataFrame
        method, k, statistic (what `value` is), value, ci_low, ci_high, p_value, note: the method's own
        warning about few studies, or why it could not run.

    Examples
    --------
    >>> print(*small_study_checks([-0.5, -0.4], [0.1, 0.2])["note"].unique())
    not run: needs three trials of different precision
    """
    yi, vi = np.asarray(yi, float), np.asarray(vi, float)
    runs = {
        "Egger regression": _egger,
        "rank correlation": _rank,
        "trim and fill": _filled,
    }
    able = len(yi) >= 3 and len(set(vi)) > 1
    blank = {
        "statistic": "",
        "value": math.nan,
        "note": "not run: needs three trials of different precision",
    }
    columns = ["method", "k", "statistic", "value", "ci_low", "ci_high", "p_value", "note"]
    records = [{"method": m, "k": len(yi), **(run(yi, vi) if able else blank)} for m, run in runs.items()]
    return pd.DataFrame(records, columns=columns)


def _egger(yi, vi):
    found = egger(yi, vi)
    return {
        "statistic": "slope on the standard error",
        "value": found.slope,
        "p_value": found.p_value,
        "note": found.note,
    }


def _rank(yi, vi):
    found = rank_test(yi, vi)
    return {"statistic": "Kendall's tau", "value": found.tau, "p_value": found.p_value, "note": found.note}


def _filled(yi, vi):
    found = trim_and_fill(yi, vi)
    return {
        "statistic": f"g with {found.k0} filled in",
        "value": found.estimate,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "note": found.note,
    }
