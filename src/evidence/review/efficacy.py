"""Does the drug beat its comparators? One pool per window, with what is behind it."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from ..choices import WINDOWS, Choices
from ..models.pool import PoolResult, empty_pool, pool
from ..partial.pool import PartialResult, pool_partial
from .effects import effect_sizes

RELEVANT = -0.2  # Cohen's conventional small effect; P(g < -0.2) is reported beside P(g < 0)


@dataclass(frozen=True)
class WindowPool:
    """
    The pooled effect in one window and the comparisons behind it.

    Attributes
    ----------
    window : str
    effects : DataFrame
        As from `effect_sizes`, all rows.
    partial : PartialResult
        Headline: exact values, intervals and one-sided reports together; NaN where nothing bounds the effect.
    complete : PoolResult
        Exact values only.
    k, k_exact, k_silent : int
        Trials in the headline, those with a number, and those rated in the window that tell nothing.
    n, n_exact : int
        Participants behind them (a crossover's people count once).
    """

    window: str
    effects: pd.DataFrame
    partial: PartialResult
    complete: PoolResult
    k: int
    k_exact: int
    k_silent: int
    n: int
    n_exact: int

    @property
    def p_relevant(self) -> float:
        """P(mean effect < -0.2), or NaN."""
        return np.nan if np.isnan(self.partial.estimate) else float(self.partial.prob_below(RELEVANT))

    @property
    def included(self) -> pd.DataFrame:
        """The rows that stand for their trial, in data order."""
        return self.effects[self.effects["included"]]


def pool_window(review, window, choices=None, domain="ptsd") -> WindowPool:
    """
    Pool one window under given choices.

    Parameters
    ----------
    review : Review
    window : {"24h", "week1", "end_of_course", "follow_up"}
    choices : Choices, optional
    domain : {"ptsd", "depression"}

    Returns
    -------
    WindowPool

    Raises
    ------
    ValueError
        If the window is unknown.

    Examples
    --------
    >>> from evidence import load
    >>> result = pool_window(load(), "24h")
    >>> print(result.k, result.k_exact, result.partial.p_benefit > 0.5)
    2 1 True
    """
    choices = choices or Choices()
    effects = effect_sizes(review, window, choices, domain)
    return pool_effects(effects, window, choices)


def pool_effects(effects, window, choices) -> WindowPool:
    """Pool the included rows of an `effect_sizes` frame; see `pool_window`."""
    rows = effects[effects["included"]]
    exact = rows[rows["finding"] == "estimate"]
    silent = effects.loc[
        ~effects["included"] & effects["exclusion_reason"].str.startswith("no information"), "trial_id"
    ]
    return WindowPool(
        window,
        effects,
        partial_fit(rows, choices),
        complete_fit(exact, choices),
        len(rows),
        len(exact),
        len(set(silent) - set(rows["trial_id"])),
        people(rows),
        people(exact),
    )


def partial_fit(rows, choices) -> PartialResult:
    """Headline model of included rows, or NaN fields when nothing bounds the mean from both sides."""
    lower, upper = rows["lower"].to_numpy(float), rows["upper"].to_numpy(float)
    open_sided = not (np.isfinite(lower).any() and np.isfinite(upper).any())
    if not len(rows) or (choices.mu_prior_sd is None and open_sided):
        return _not_estimable(PartialResult, level=choices.level, k=len(rows), k_exact=0)
    return pool_partial(
        lower,
        upper,
        rows["se"].to_numpy(float),
        tau_prior_scale=choices.tau_prior_scale,
        mu_prior_sd=choices.mu_prior_sd,
        level=choices.level,
    )


def complete_fit(exact, choices) -> PoolResult:
    """Complete-case pool of rows with a number; NaN fields when there is none."""
    if not len(exact):
        return empty_pool(choices.level, choices.tau2_method, choices.ci_method, choices.pi_method)
    return pool(
        exact["yi"].to_numpy(float),
        exact["vi"].to_numpy(float),
        tau2_method=choices.tau2_method,
        ci_method=choices.ci_method,
        level=choices.level,
        pi_method=choices.pi_method,
    )


def _not_estimable(result, **known):
    """A result whose every number is NaN."""
    return result(**{f.name: known.get(f.name, np.nan) for f in fields(result)})


def people(rows) -> int:
    """Participants behind rows: both arms of a parallel comparison, everyone once in a crossover."""
    once = rows["analysis"] == "crossover"
    return int(np.where(once, rows["n1"], rows["n1"] + rows["n2"]).sum()) if len(rows) else 0


def pool_all(review, choices=None) -> dict[str, WindowPool]:
    """
    Pool every window.

    Parameters
    ----------
    review : Review
    choices : Choices, optional

    Returns
    -------
    dict of str to WindowPool
        Keys are the window codes in time order.

    Examples
    --------
    >>> from evidence import load
    >>> print(*pool_all(load()))
    24h week1 end_of_course follow_up
    """
    return {window: pool_window(review, window, choices) for window in WINDOWS}


def leave_one_out(result: WindowPool, choices=None) -> pd.DataFrame:
    """
    Headline with each included trial left out in turn.

    Returns
    -------
    DataFrame
        label, estimate, ci_low, ci_high, p_benefit; NaN where nothing is left to bound the effect.
    """
    choices = choices or Choices()
    records = []
    for i, row in result.included.iterrows():
        fit = partial_fit(result.included.drop(index=i), choices)
        records.append({"label": f"without {row['label']}", **summary(fit)})
    return pd.DataFrame(records, columns=["label", "estimate", "ci_low", "ci_high", "p_benefit"])


def summary(fit) -> dict:
    """Estimate, interval and probability of benefit of a headline fit, as a record."""
    return {name: getattr(fit, name) for name in ("estimate", "ci_low", "ci_high", "p_benefit")}


def sensitivity(review, window, choices=None) -> pd.DataFrame:
    """
    Headline of a window with each knob moved alone through its sweep.

    Returns
    -------
    DataFrame
        knob, value, estimate, ci_low, ci_high, p_benefit, moved (change of the estimate), k; only settings
        that
        change something in this window, largest change first, the knobs' default settings left out.
    """
    choices = choices or Choices()
    base = pool_window(review, window, choices)
    records = []
    for knob in Choices.describe():
        for value in knob["sweep"]:
            if value == getattr(choices, knob["name"]):
                continue
            other = pool_window(review, window, choices.replace(**{knob["name"]: value}))
            if other.k == base.k and summary(other.partial) == summary(base.partial):
                continue
            records.append(
                {
                    "knob": knob["name"],
                    "value": "none" if value is None else str(value).lower(),
                    **summary(other.partial),
                    "moved": other.partial.estimate - base.partial.estimate,
                    "k": other.k,
                }
            )
    frame = pd.DataFrame(
        records, columns=["knob", "value", "estimate", "ci_low", "ci_high", "p_benefit", "moved", "k"]
    )
    return frame.sort_values("moved", key=abs, ascending=False, kind="stable", ignore_index=True)


def published_anchors(review, window) -> pd.DataFrame:
    """
    Published pools that estimate the same thing in a window, oriented so that negative favours the drug.

    Returns
    -------
    DataFrame
        label, review, comparison, estimate, ci_low, ci_high, k, n, source_key, fact_ids.
    """
    pools = review.published_pools
    same = pools[(pools["comparable"] == "yes") & (pools["window"] == window)].copy()
    sources = review.references.set_index("key").loc[same["source_key"]]
    author = sources["authors_short"].str.replace(" et al.", "", regex=False)
    same["label"] = [
        f"{a} {y}, {c}" for a, y, c in zip(author, sources["year"], same["comparison"], strict=True)
    ]
    flip = same["favours_active_when"] == "positive"
    low, high = same["ci_low"].copy(), same["ci_high"].copy()
    same.loc[flip, "estimate"] = -same.loc[flip, "estimate"]
    same.loc[flip, "ci_low"], same.loc[flip, "ci_high"] = -high[flip], -low[flip]
    columns = [
        "label",
        "review",
        "comparison",
        "estimate",
        "ci_low",
        "ci_high",
        "k",
        "n",
        "source_key",
        "fact_ids",
    ]
    return same[columns]
