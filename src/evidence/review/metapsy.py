"""Metapsy data standard: our effects laid out in it, and the published analyses of one of its data sets."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from ..choices import WINDOWS
from ..data.metapsy_csv import (
    MISSING,
    NUMBER_COLUMNS,
    TEXT_COLUMNS,
    TOOL_COLUMNS,
    read_metapsy,
    write_metapsy,
)
from .effects import effect_sizes

__all__ = ["effects_to_metapsy", "mdma_rows", "read_metapsy", "to_metapsy", "write_metapsy"]

_ID_PARTS = (
    "study", "outcome_type", "instrument", "time", "time_weeks", "rating", "condition_arm1", "condition_arm2",
    "multi_arm1", "multi_arm2",
)  # fmt: skip
_RATING = {"clinician": "clinician", "self": "self-report"}
_KEPT = (
    "trial_id", "timepoint_days", "finding", "lower", "upper", "included", "exclusion_reason", "source_key",
    "fact_ids",
)  # fmt: skip


def effects_to_metapsy(effects) -> pd.DataFrame:
    """
    Lay effect sizes out in the columns of the Metapsy data standard.

    Parameters
    ----------
    effects : DataFrame
        One row per comparison with `trial_id`, `label`, `window`, `scale`, `timepoint_days`, `yi` and `vi`,
        as `effect_sizes` gives. Where present, `drug`, `comparator`, `rater`, `active_arm`, `n1`, `n2` and
        the columns that say where a row comes from are carried over.

    Returns
    -------
    DataFrame
        All columns metapsyTools requires, the effect both as `precalc_g` and as `.g`, missing values NaN.
        Comparisons without a number stay, with missing effects and their `finding` and limits, so that a
        reader can see what the pool leaves out. Semicolons in text, which the standard forbids, become
        commas.

    Raises
    ------
    ValueError
        If a needed column is missing.

    Examples
    --------
    >>> row = {"trial_id": "feder_2014", "label": "Feder 2014", "window": "24h", "scale": "IES-R",
    ...        "timepoint_days": 7, "yi": -0.5, "vi": 0.0625}
    >>> print(effects_to_metapsy(pd.DataFrame([row]))[["study", "time_weeks", ".g", ".g_se"]].to_dict("list"))
    {'study': ['Feder 2014'], 'time_weeks': [1.0], '.g': [-0.5], '.g_se': [0.25]}
    """
    needed = ("trial_id", "label", "window", "scale", "timepoint_days", "yi", "vi")
    if missing := [name for name in needed if name not in effects.columns]:
        raise ValueError(f"effects lack {', '.join(missing)}. Fix: give the columns of effect_sizes")
    effects = effects.reset_index(drop=True)
    carried = effects.reindex(columns=["rater", "active_arm", "comparator_arm", "n1", "n2"])
    several = carried["active_arm"].groupby(effects["trial_id"]).transform("nunique") > 1
    yi, sei = effects["yi"].astype(float), np.sqrt(effects["vi"].astype(float))
    out = effects.reindex(columns=[*TEXT_COLUMNS, *NUMBER_COLUMNS, *TOOL_COLUMNS]).assign(
        study=effects["label"], instrument=effects["scale"], time=effects["window"], outcome_type="msd",
        condition_arm1=effects.get("drug", "ketamine"), condition_arm2=effects.get("comparator", "control"),
        multi_arm1=carried["active_arm"].where(several), multi_arm2=carried["comparator_arm"].where(several),
        rating=carried["rater"].map(_RATING), time_weeks=effects["timepoint_days"].astype(float) / 7,
        n_arm1=carried["n1"], n_arm2=carried["n2"], precalc_g=yi, precalc_g_se=sei.where(yi.notna()),
    )  # fmt: skip
    out[".g"], out[".g_se"] = out["precalc_g"], out["precalc_g_se"]
    out[".id"] = _row_ids(out)
    for name in _KEPT:
        if name in effects.columns:
            out[name] = effects[name]
    return pd.DataFrame({name: _plain(out[name]) for name in out.columns})


def _row_ids(rows):
    """Identifiers made of the parts calculateEffectSizes uses, numbered where those are not unique."""
    parts = rows[list(_ID_PARTS)].assign(time_weeks=rows["time_weeks"].round(2)).astype(object)
    text = parts.where(parts.notna(), "NA").astype(str).agg("_".join, axis=1).str.replace(" ", "")
    again = text.groupby(text).cumcount()
    return text.where(again == 0, text + "_" + (again + 1).astype(str))


def _plain(values):
    """Truth values as 0 and 1; text trimmed, on one line and without semicolons."""
    values = pd.Series(values).infer_objects()  # numbers lose their type where frames without rows are joined
    if values.dtype == bool:
        return values.astype(int)
    if pd.api.types.is_numeric_dtype(values):
        return values.astype(float)
    tidy = [v if pd.isna(v) else re.sub(r"\s+", " ", str(v).replace(";", ",")).strip() for v in values]
    return [np.nan if v in MISSING else v for v in tidy]


def to_metapsy(review, path, choices=None) -> None:
    """
    Write the effects of the review in the Metapsy data standard.

    One row per randomised trial and window (column `time`): the comparison that stands for the trial there,
    so that a pool over one window counts nobody twice. A trial that reports no number has its row too, with
    missing effect and the limits in `lower` and `upper`. One comparison may serve two windows.

    Parameters
    ----------
    review : Review
        Loaded data.
    path : str or Path
        Target file.
    choices : Choices, optional
        Assumptions behind the effects; the defaults when left out.

    See Also
    --------
    effects_to_metapsy : which columns are written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from evidence.data.load import load
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_metapsy(load(), Path(folder) / "ours.csv")
    ...     print(sorted(set(read_metapsy(Path(folder) / "ours.csv")["time"])))
    ['24h', 'end_of_course', 'follow_up', 'week1']
    """
    effects = pd.concat([effect_sizes(review, window, choices) for window in WINDOWS], ignore_index=True)
    trials = review.trials[["trial_id", "drug", "comparator"]]
    # The standard names a condition in one word: "midazolam", not its dose and route.
    trials = trials.assign(comparator=trials["comparator"].str.split().str[0])
    frame = effects.merge(trials, on="trial_id").merge(review.scales[["scale", "rater"]], on="scale")
    laid_out = effects_to_metapsy(frame)
    write_metapsy(laid_out[laid_out["included"] == 1], path)


def mdma_rows(frame, analysis) -> pd.DataFrame:
    """
    Rows of one published analysis of the Metapsy data set ptsd-mdmactr.

    Parameters
    ----------
    frame : DataFrame
        The data set, from `read_metapsy`.
    analysis : {"main", "three_level_che", "response_rr", "remission_rr"}
        Analysis of the reproducibility guide. The Bayesian one uses the rows of ``"main"``.

    Returns
    -------
    DataFrame
        The rows with `yi` and `vi` (g, or log risk ratio) and `cluster`, in which the medium- and the
        high-dose arms of two trials are studies of their own.

    Raises
    ------
    ValueError
        If the analysis is unknown.

    References
    ----------
    https://sypres.io/docs/datasets/mdmaptsd-meta-analysis; doi:10.5281/zenodo.18740439

    Examples
    --------
    >>> mdma_rows(pd.DataFrame(), "secondary")
    Traceback (most recent call last):
    ValueError: analysis is 'secondary'; allowed: main, three_level_che, response_rr, remission_rr
    """
    outcomes = {
        "main": "msd",
        "three_level_che": "msd",
        "response_rr": "response",
        "remission_rr": "remission",
    }
    if analysis not in outcomes:
        raise ValueError(f"analysis is {analysis!r}; allowed: {', '.join(outcomes)}")
    medium = frame["study"].map({"Mithoefer 2018": "75 mg", "Ot'alora 2018": "100 mg"})
    keep = (frame["primary_instrument"] == 1) & (frame["post_crossover"] != 1)
    keep &= (frame["outcome_type"] == outcomes[analysis]) & (frame["multi_arm2"] != medium)
    if analysis != "three_level_che":
        keep &= (frame["primary_timepoint"] == 1) & (frame["multi_arm1"] != medium)
    effect, se = (".log_rr", ".log_rr_se") if analysis.endswith("_rr") else (".g", ".g_se")
    split = frame["study"].where(medium.isna(), frame["study"] + " " + frame["multi_arm1"].astype(str))
    frame = frame.assign(yi=frame[effect], vi=frame[se] ** 2, cluster=split)
    return frame[keep].reset_index(drop=True)
