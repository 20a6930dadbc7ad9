"""Results that exist and cannot be read: unreported trials, silent reports, changed outcomes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..choices import Choices
from ..measures.escalc import interval_se_parallel
from ..measures.reading import Z95, interval_of
from ..partial.pool import pool_partial_many
from ..review.efficacy import partial_fit, summary

# Enrolment that counts people who were not randomised, and the fact with the number to be randomised.
PLANNED_RANDOMISED = {"NCT04032301": "F0251"}
# What a source says about how a trial's outcomes were chosen before any result was reported.
REMARKS = {"NCT04032301": "F0253"}
GRID = np.round(np.arange(-3, 3.0001, 0.02), 2)
SCENARIOS = {
    "left_out": "as it stands: unreported trials left out",
    "as_reported": "unreported trials like the reported numbers",
    "not_significant": "unreported trials not significant",
    "all_null": "unreported trials exactly null",
    "selected": "selected: unreported trials favour the comparator",
}


def unreported(review) -> pd.DataFrame:
    """
    Randomised trials that ended and of which no result could be read.

    Parameters
    ----------
    review : Review

    Returns
    -------
    DataFrame
        nct, title, enrolled, n (randomised: the planned number where enrolment counts others too), fact_id of
        that number, se (of g at zero effect, two equal arms), completion, primary_outcome, remark (on the
        choice of outcomes, with its fact).

    Examples
    --------
    >>> from evidence import load
    >>> print(len(unreported(load())) > 0)
    True
    """
    registry = review.registry
    rows = registry[(registry["category"] == "completed_unpublished") & (registry["randomised"] == "yes")]
    facts = review.facts.set_index("fact_id")
    planned = rows["nct"].map({nct: facts.loc[fact, "value"] for nct, fact in PLANNED_RANDOMISED.items()})
    rows = rows.assign(
        enrolled=rows["n"],
        n=np.fmin(rows["n"], planned),
        fact_id=rows["nct"].map(PLANNED_RANDOMISED),
        remark=rows["nct"].map({n: f"{facts.loc[fact, 'note']} ({fact})" for n, fact in REMARKS.items()}),
    )
    rows["se"] = [float(interval_se_parallel(n / 2, n / 2)) for n in rows["n"]]
    columns = ["nct", "title", "enrolled", "n", "fact_id", "se", "completion", "primary_outcome", "remark"]
    return rows[columns].reset_index(drop=True)


def scenarios(result, silent, choices=None) -> pd.DataFrame:
    """
    Headline of a window if the unreported trials had been rated then, under assumptions about them.

    Parameters
    ----------
    result : WindowPool
    silent : DataFrame
        As from `unreported`.
    choices : Choices, optional

    Returns
    -------
    DataFrame
        scenario (key of `SCENARIOS`), g (their common effect, NaN where they have a range), estimate, ci_low,
        ci_high, p_benefit, k, n.
    """
    choices = choices or Choices()
    like = result.complete.estimate if result.k_exact else result.partial.estimate
    se = silent["se"].to_numpy()
    worse = np.array([interval_of("favours_comparator", None, "not_stated", s) for s in se]).reshape(-1, 2)
    ranges = {
        "as_reported": (np.full(len(se), like),) * 2,
        "not_significant": (-Z95 * se, Z95 * se),
        "all_null": (np.zeros(len(se)),) * 2,
        "selected": (worse[:, 0], worse[:, 1]),
    }
    records = [_scenario("left_out", np.nan, result.partial, result.k, result.n)]
    for key, (lower, upper) in ranges.items():
        g = {"as_reported": like, "all_null": 0.0}.get(key, np.nan)
        if np.isnan(lower).any():
            continue
        fit = partial_fit(_with(result, lower, upper, se), choices)
        records.append(_scenario(key, g, fit, result.k + len(se), result.n + int(silent["n"].sum())))
    return pd.DataFrame(records)


def _scenario(key, g, fit, k, n):
    return {"scenario": key, "g": g, **summary(fit), "k": k, "n": n}


def _with(result, lower, upper, se):
    """Bounds of the window's rows and of further trials."""
    rows = result.included[["lower", "upper", "se"]].astype(float)
    return pd.concat([rows, pd.DataFrame({"lower": lower, "upper": upper, "se": se})], ignore_index=True)


@dataclass(frozen=True, eq=False)
class Tipping:
    """
    The headline as a function of the common effect of the unreported trials.

    Attributes
    ----------
    g : array of shape (m,)
        Common effects tried.
    estimate, ci_low, ci_high, p_benefit : array of shape (m,)
        Headline with the unreported trials at `g`.
    clear_high : float
        Effect nearest to none at which the interval excludes zero in favour of the drug; NaN if no effect
        tried does that.
    clear_low : float
        Effect beyond which it no longer does, because trials then disagree too much; -inf if not within
        the effects tried.
    zero : float
        Effect at which the estimate is zero; NaN if none tried.
    """

    g: np.ndarray
    estimate: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    p_benefit: np.ndarray
    clear_high: float
    clear_low: float
    zero: float


def tipping(result, silent, choices=None) -> Tipping:
    """
    Find how large the effects of unreported trials must be to change a window's answer.

    Parameters
    ----------
    result : WindowPool
    silent : DataFrame
        As from `unreported`.
    choices : Choices, optional

    Returns
    -------
    Tipping
        Crossings are interpolated between common effects 0.02 apart, from -3 to 3.
    """
    choices = choices or Choices()
    rows = result.included[["lower", "upper", "se"]].to_numpy(float)
    new = np.repeat(GRID[:, None], len(silent), axis=1)
    fixed = np.broadcast_to(rows.T[:, None, :], (3, len(GRID), len(rows)))
    se = np.broadcast_to(silent["se"].to_numpy(), new.shape)
    many = pool_partial_many(
        *(np.hstack([old, add]) for old, add in zip(fixed, (new, new, se), strict=True)),
        tau_prior_scale=choices.tau_prior_scale,
        mu_prior_sd=choices.mu_prior_sd,
        level=choices.level,
    )
    clear_low, clear_high = _span(many.ci_high)
    return Tipping(
        GRID,
        many.estimate,
        many.ci_low,
        many.ci_high,
        many.p_benefit,
        clear_high,
        clear_low,
        _span(many.estimate)[1],
    )


def _span(values):
    """Ends of the common effects at which `values` are below zero, highest run; interpolated."""
    below = np.flatnonzero(values < 0)
    if not len(below) or below[-1] == len(GRID) - 1:
        return np.nan, np.nan
    stop = below[-1]
    gaps = np.flatnonzero(np.diff(below) > 1)
    start = below[gaps[-1] + 1] if len(gaps) else below[0]
    high = _crossing(values, stop)
    return (-np.inf if start == 0 else _crossing(values, start - 1)), high


def _crossing(values, i):
    """Common effect between grid points i and i + 1 at which `values` pass through zero."""
    share = values[i] / (values[i] - values[i + 1])
    return float(GRID[i] + share * (GRID[i + 1] - GRID[i]))


@dataclass(frozen=True)
class Availability:
    """
    Randomised people by what can be read of them at one time.

    Attributes
    ----------
    exact, words, nothing : int
        In trials with a number, with a finding in words, and rated without any usable report.
    unreported : int
        In completed trials without any report.
    """

    exact: int
    words: int
    nothing: int
    unreported: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.exact + self.words + self.nothing + self.unreported

    @property
    def share(self) -> float:
        """Proportion behind numbers; NaN when there is nobody."""
        return self.exact / self.total if self.total else np.nan


def people_randomised(review, choices=None) -> pd.Series:
    """
    Randomised people by core trial: those with PTSD; completers where only they are printed.

    Returns
    -------
    Series
        Indexed by trial_id; the smaller of two reports that share people is left out.
    """
    choices = choices or Choices()
    core = review.trials[review.trials["role"] == "core"].set_index("trial_id")
    arms = review.arms
    completed = arms[arms["arm"] == "all"].set_index("trial_id")["n_completed"]
    n = core["n_randomised"].fillna(completed)
    n["dadabayev_2020"] = 2 * choices.dadabayev_n
    shared = core["overlaps_with"].map(n)
    return n[~(shared > n)]


def availability(review, result, choices=None) -> Availability:
    """
    Count the randomised people of a window by what can be read of them.

    Parameters
    ----------
    review : Review
    result : WindowPool
    choices : Choices, optional

    Examples
    --------
    >>> from evidence import load, pool_window
    >>> found = availability(load(), pool_window(load(), "24h"))
    >>> print(found.exact, found.share < 0.5)
    41 True
    """
    used = result.included
    exact = set(used.loc[used["finding"] == "estimate", "trial_id"])
    return count_people(
        review, exact, set(used["trial_id"]) - exact, set(result.effects["trial_id"]), choices
    )


def count_people(review, exact, words, rated, choices=None) -> Availability:
    """Count randomised people in sets of trials; `rated` holds all that measured the outcome."""
    n = people_randomised(review, choices)
    groups = (exact, words, set(rated) - set(exact) - set(words))
    counts = (int(n[n.index.isin(group)].sum()) for group in groups)
    return Availability(*counts, unreported=int(unreported(review)["n"].sum()))


def outcome_switching(review) -> pd.DataFrame:
    """
    Compare the outcome a registry names as primary with the one the report is read for.

    Parameters
    ----------
    review : Review

    Returns
    -------
    DataFrame
        trial_id, label, primary_scale, registered, match ("same scale named", "changed to this scale",
        "another measure", "not seen"), judgement, reason, source_key, fact_ids; one row per report.
    """
    core = review.trials[review.trials["role"] == "core"]
    registered = review.registry.set_index("nct")["primary_outcome"]
    rob = review.rob[review.rob["domain"] == "selection"]
    frame = core[["trial_id", "label", "primary_scale", "registration"]].merge(
        rob[["trial_id", "judgement", "reason", "source_key", "fact_ids"]], on="trial_id", how="left"
    )
    frame["registered"] = frame["registration"].map(registered)
    frame["match"] = [
        _match(named, scale) for named, scale in zip(frame["registered"], frame["primary_scale"], strict=True)
    ]
    return frame


def _match(registered, scale) -> str:
    if pd.isna(registered) or pd.isna(scale) or registered == "not seen":
        return "not seen"
    if scale not in registered:
        return "another measure"
    return "changed to this scale" if "originally" in registered else "same scale named"
