"""Results to sentences; every number in prose comes from here."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd

from ..data.load import load
from ..prose.wording import answer, count, join_words, number
from ..review.efficacy import WindowPool, pool_all, sensitivity
from ..review.wanted import wanted

WINDOW_NAMES = {
    "24h": "24 hours",
    "week1": "week 1",
    "end_of_course": "end of course",
    "follow_up": "follow-up",
}
WINDOW_WORDS = {
    "24h": "24 hours after the first dose",
    "week1": "days 3 to 9 after the first dose",
    "end_of_course": "the end of a course of treatment",
    "follow_up": "three weeks or more after the last dose",
}
LEADS = {
    "yes": "Yes: ketamine beats its comparators a day after the first dose and at the end of a course.",
    "partly": "Partly: an advantage over the comparators is clear at one time and not at another.",
    "no": "No: the trials leave little room for an advantage of more than a small effect.",
    "uncertain": "Uncertain: the trials do not settle whether ketamine beats its comparators.",
}
CLEAR = 0.975  # P(benefit) from which a 95% equal-tail interval excludes zero


class Prose(str):
    """Text that a notebook shows as a paragraph; everywhere else it is a plain string."""

    def _repr_markdown_(self) -> str:
        return str(self)

    def __repr__(self) -> str:
        return str(self)


def prose(*texts: str) -> Prose:
    """Join sentences to paragraphs for a notebook."""
    return Prose("\n\n".join(texts))


def window_sentence(result: WindowPool) -> str:
    """
    Say what one window shows: effect, interval, probability, and what is behind it.

    Examples
    --------
    >>> from evidence import load, pool_window
    >>> print(window_sentence(pool_window(load(), "follow_up"))[:37])
    At three weeks or more after the last
    """
    behind = _behind(result)
    place = WINDOW_WORDS[result.window]
    if math.isnan(result.partial.estimate):
        return f"At {place} no effect can be estimated: {behind}."
    return answer(
        "At {place} the pooled effect is g = {fit:full}; it {fit:favours}. The probability that "
        "ketamine is better at all "
        "is {fit.p_benefit:prob}, that it is better by more than a small effect {p:prob}. Behind it: "
        "{behind}.",
        place=place,
        fit=result.partial,
        p=result.p_relevant,
        behind=behind,
    )


def _behind(result) -> str:
    if not result.k:
        text = "no trial tells anything usable"
    else:
        words = result.k - result.k_exact
        kinds = [count(result.k_exact, "trial") + " with a number"] if result.k_exact else []
        kinds += [count(words, "trial") + " with a finding in words"] if words else []
        people = count(result.n, "participant", spell=False)
        text = f"{count(result.k, 'trial')} with {people} ({join_words(kinds)})"
    if result.k_silent:
        text += f"; {count(result.k_silent, 'further trial')} rated symptoms then but told nothing usable"
    return text


def verdict(pools) -> str:
    """
    Answer the review's question in one word or two, by stated rules.

    Parameters
    ----------
    pools : dict of window to WindowPool

    Returns
    -------
    str
        "yes" if P(benefit) reaches 0.975 at 24 h and at the end of a course; "no" if P(g < -0.2) is at most
        0.1 in both; "partly" if it reaches 0.975 in one of the two; else "uncertain".
    """
    fits = [pools[w] for w in ("24h", "end_of_course")]
    clear = [f.partial.p_benefit >= CLEAR for f in fits]
    if all(clear):
        return "yes"
    if all(f.p_relevant <= 0.1 for f in fits):
        return "no"
    return "partly" if any(clear) else "uncertain"


def main_answer(pools) -> str:
    """Answer the question of the review in plain words, computed from the pools of all windows."""
    first, last = pools["24h"], pools["end_of_course"]
    lead = LEADS[verdict(pools)]
    if lead is LEADS["uncertain"] and max(f.partial.estimate for f in (first, last)) < 0:
        lead = "Uncertain: the trials lean towards ketamine, but do not settle that it beats its comparators."
    partly = any(fit.k > fit.k_exact for fit in (first, last))
    return answer(
        "{lead} A day after the first dose the pooled effect is g = {a:full}, at the end of a course "
        "g = {b:full} (negative favours ketamine; 95% intervals). The probability of any advantage is "
        "{a.p_benefit:prob} and {b.p_benefit:prob}. Behind the first stand {ka:count trial} with "
        "{na:count participant} (a number from {ea:count trial}), behind the second {kb:count trial} with "
        "{nb:count participant} (a number from {eb:count trial}){rest}.",
        lead=lead,
        a=first.partial,
        b=last.partial,
        ka=first.k,
        na=first.n,
        kb=last.k,
        nb=last.n,
        ea=first.k_exact,
        eb=last.k_exact,
        rest="; the others report only a direction or no difference" if partly else "",
    )


def answer_table(choices=None, review=None) -> pd.DataFrame:
    """
    Collect the answers of the review under given choices.

    Parameters
    ----------
    choices : Choices, optional
    review : Review, optional
        Loaded if left out.

    Returns
    -------
    DataFrame
        Indexed by answer; estimate, ci_low, ci_high, p_benefit, k, k_exact, n.

    Examples
    --------
    >>> print(*answer_table().index, sep="; ")
    effect, 24h; effect, week1; effect, end_of_course; effect, follow_up
    """
    review = review or load()
    records = {}
    for window, result in pool_all(review, choices).items():
        fit = result.partial
        records[f"effect, {window}"] = {
            "estimate": fit.estimate,
            "ci_low": fit.ci_low,
            "ci_high": fit.ci_high,
            "p_benefit": fit.p_benefit,
            "k": result.k,
            "k_exact": result.k_exact,
            "n": result.n,
        }
    return pd.DataFrame.from_dict(records, orient="index").round(4)


def sensitivity_sentence(review, window, choices=None) -> str:
    """Say which single choice moves a window's headline most, and whether any makes it clear."""
    frame = sensitivity(review, window, choices)
    if not len(frame):
        return "No single choice moves this window."
    top = frame.iloc[0]
    clear = (frame["p_benefit"] >= CLEAR).sum()
    return answer(
        "Of {n:count single change} of an assumption, {knob} = {value} moves the estimate most, by "
        "{moved:number}; "
        "{clear:count setting} would make the interval exclude zero.",
        n=len(frame),
        knob=top["knob"],
        value=top["value"],
        moved=top["moved"],
        clear=int(clear),
    )


def what_would_change(pools, review, choices=None) -> str:
    """Say which missing numbers or results could turn the answer."""
    frame = wanted(review, choices)
    top = frame.dropna(subset=["swing"]).head(2)
    names = join_words(
        [f"{r.trial} ({r.scale}, {r.time}: up to {number(r.swing)})" for r in top.itertuples()]
    )
    silent = review.registry[review.registry["category"] == "completed_unpublished"]
    return answer(
        "The missing numbers that could move a pooled effect most are those of {names}. {k:Count "
        "randomised trial} "
        "with {n:count participant} enrolled ended without any result we could read; a clear result "
        "of either sign there would "
        "outweigh what is pooled now.",
        names=names,
        k=len(silent),
        n=int(silent["n"].sum()),
    )


def data_answer(review, choices=None) -> str:
    """Say how many trials there are and how much of them is known."""
    core = review.trials[review.trials["role"] == "core"]
    apart = core[core["trial_id"] != "pradhan_2017"]  # its people are counted with the later report
    exact = set(review.contrasts.loc[review.contrasts["finding"] == "estimate", "trial_id"]) & set(
        core["trial_id"]
    )
    scales = review.scales.loc[review.scales["domain"] == "ptsd", "scale"]
    rows = review.contrasts[
        review.contrasts["trial_id"].isin(core["trial_id"]) & review.contrasts["scale"].isin(scales)
    ]
    printed = rows[(rows["finding"] == "estimate") & rows["metric"].isin(["mean_difference", "cohen_d"])]
    timed = printed.drop_duplicates(["trial_id", "scale", "timepoint_days"])
    return answer(
        "{k:Count randomised report} with at least {n:count participant} were found; {e:count report}"
        " give a number for PTSD "
        "symptoms at any time, {t:count rating} in all. Missing, and wanted: {w:count number}.",
        k=len(core),
        n=int(apart["n_randomised"].sum()),
        e=len(exact),
        t=len(timed),
        w=len(wanted(review, choices)),
    )


def effects_answer(pools) -> str:
    """Say how the included rows of all windows were read."""
    rows = pd.concat([p.included for p in pools.values()])
    exact = rows[rows["finding"] == "estimate"]
    return answer(
        "{k:Count effect} from {t:count trial} enter the pools of four windows: {e:count effect} with"
        " a number, from {low:number} to "
        "{high:number} (negative favours ketamine), and {p:count report} in words, each read as a "
        "range or a side.",
        k=len(rows),
        t=rows["trial_id"].nunique(),
        e=len(exact),
        low=exact["yi"].min(),
        high=exact["yi"].max(),
        p=len(rows) - len(exact),
    )


def validation_sentence(review) -> str:
    """Say what was checked on loading."""
    rows = sum(len(frame) for frame in review.tables.values())
    located = sum(
        frame["source_location"].notna().sum()
        for frame in review.tables.values()
        if "source_location" in frame
    )
    asked = sum(
        len(frame) for name, frame in review.tables.items() if "source_location" in frame and name != "scales"
    )
    asked += int(review.scales["source_location"].notna().sum())
    return answer(
        "{tables:Count table} with {rows:count row} loaded without a fault; {located:count row} of "
        "{asked:count row} that hold "
        "facts name the place in their source.",
        tables=len(review.tables),
        rows=rows,
        located=int(located),
        asked=asked,
    )


def data_version(review) -> str:
    """Version of the data, as its datapackage.json states it."""
    return json.loads((Path(review.path) / "datapackage.json").read_text(encoding="utf-8"))["version"]
