"""
What the review knows about a claim: named queries of pools, trials and counts.

A query returns an `Answer`: what is known in words with numbers, a wording that it carries, the values that a
rule reads, and where they stand. Facts outside the trials are in `claims_facts`.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ..certainty.outcomes import event_counts
from ..prose.wording import answer, count, days, join_words, number, percent
from ..review.efficacy import published_anchors
from ..review.subgroups import group_tests, samples
from .view import Answer, cited, direction

PLACES = {
    "24h": "24 hours after the first dose",
    "week1": "one week",
    "end_of_course": "the end of a course",
    "follow_up": "three weeks or more after the last dose",
}


def window(view, name) -> Answer:
    """Pooled effect in one window, beside what other reviews found there."""
    result = view.pools[name]
    fit, place = result.partial, PLACES[name]
    anchors = published_anchors(view.review, name)
    anchors = anchors[anchors["comparison"] == "any control"]
    say = answer(
        "g = {fit:full} at {place}, from {k:count trial} with {n:count participant} (negative favours "
        "ketamine; probability of any benefit {fit.p_benefit:prob})",
        fit=fit, place=place, k=result.k, n=result.n,
    )  # fmt: skip
    for a in anchors.itertuples():
        say += answer("; another review pooled g = {a:full}", a=a)
    wording = answer(
        "At {place} the evidence {fit:favours}: {words}.", place=place, fit=fit, words=in_words(fit)
    )
    values = {
        "p_benefit": fit.p_benefit,
        "p_relevant": result.p_relevant,
        "low": fit.ci_low,
        "high": fit.ci_high,
    }
    sources, facts = (a + b for a, b in zip(cited(result.included), cited(anchors), strict=True))
    rated = name if name != "week1" else ""  # GRADE is applied to three of the windows
    return Answer(say, wording, values, sources, facts, rated)


def in_words(fit) -> str:
    """
    An effect and its interval without signs.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> print(in_words(SimpleNamespace(estimate=-0.37, ci_low=-1.03, ci_high=0.48)))
    0.37 standard deviations in favour of ketamine (95% interval from 1.03 in favour to 0.48 against)
    """

    def side(x):
        return f"{number(abs(x))} {'in favour' if x < 0 else 'against'}"

    estimate = f"{number(abs(fit.estimate))} standard deviations"
    towards = "in favour of" if fit.estimate < 0 else "against"
    return f"{estimate} {towards} ketamine (95% interval from {side(fit.ci_low)} to {side(fit.ci_high)})"


def published(view) -> Answer:
    """Pools of another review over all times, with and without its adjustment for small-study bias."""
    anchors = published_anchors(view.review, "all_times")
    plain, adjusted = anchors.iloc[0], anchors.iloc[1]
    say = answer(
        "a published pool of {plain.k:count trial} with {plain.n:count participant} gives g = {plain:full}, "
        "and {adjusted:full} after adjustment for small-study bias",
        plain=plain, adjusted=adjusted,
    )  # fmt: skip
    values = {"low": plain["ci_low"], "high": plain["ci_high"]}
    return Answer(say, sentence(say), values, *cited(anchors.iloc[:2]))


def trial_count(view) -> Answer:
    """Randomised trials and the people in them."""
    k, n = samples(view.trials)
    rows = pd.concat([pool.included for pool in view.pools.values()])
    exact = rows.loc[rows["finding"] == "estimate", "trial_id"].nunique()
    say = answer(
        "{k:count randomised trial} with {n:count participant}, {exact} of these trials with a usable number",
        k=k, n=n, exact=exact,
    )  # fmt: skip
    return Answer(say, f"The controlled evidence is {say}.", {"k": k, "exact": exact}, *cited(view.trials))


def significant(view) -> Answer:
    """Trials with a significant difference in favour of ketamine, and their share of the people."""
    k, n = samples(view.trials)
    kc, nc = samples(view.trials[view.trials["direction"] == "clear"])
    say = answer(
        "{kc} of {k} trials reported a significant difference for PTSD, with {share:percent} of the "
        "participants",
        kc=kc, k=k, share=nc / n,
    )  # fmt: skip
    largest = view.trials.loc[view.trials["people"].idxmax()]
    if largest["direction"] != "clear":
        say += f"; the largest ({largest['label']}, n = {largest['people']:.0f}) did not"
    values = {"k": k, "some": kc, "share": nc / n}
    return Answer(say, sentence(say), values, *cited(view.trials), "end_of_course")


def journal(view, name="JAMA Psychiatry") -> Answer:
    """Share of the randomised trials, and of their people, published in a journal."""
    journals = view.review.references.set_index("key")["journal"]
    trials = view.trials
    inside = trials[trials["trial_id"].map(journals) == name]
    (k, n), (kj, nj) = samples(trials), samples(inside)
    say = answer(
        "{kj} of {k} trials ({labels:list}), with {nj} of {n:count participant}, appeared in {name}",
        kj=kj, k=k, labels=list(inside["label"]), nj=nj, n=n, name=name,
    )  # fmt: skip
    values = {"k": k, "some": kj, "share": nj / n}
    return Answer(say, sentence(say), values, *cited(inside), "end_of_course")


def courses(view) -> Answer:
    """Share of the trials whose doses are spread over three weeks or more."""
    trials = view.trials.dropna(subset=["n_doses", "last_dose_day"])
    long = trials[trials["last_dose_day"] >= 21]
    (k, n), (kl, nl) = samples(trials), samples(long)
    plans = trials.drop_duplicates(["n_doses", "last_dose_day"])
    plan = [
        answer("{n:count dose}", n=d) + ("" if last == 0 else f" over {days(last)}")
        for d, last in zip(plans["n_doses"], plans["last_dose_day"], strict=True)
    ]
    say = answer("trials gave {plan:list}; {kl} of {k} trials spread them over weeks", plan=plan, kl=kl, k=k)
    wording = answer("Trials gave {plan:list}; no single schedule is established.", plan=plan)
    return Answer(say, wording, {"k": k, "some": kl, "share": nl / n}, *cited(trials))


def population(view, value, name) -> Answer:
    """What the randomised trials in one population report."""
    return _agreement(view.trials[view.trials["population"] == value], name)


def resistant(view) -> Answer:
    """What the randomised trials that required failed treatment report."""
    return _agreement(view.trials[view.trials["treatment_resistant"] == "required"], "after failed treatment")


def combined(view) -> Answer:
    """Trials of ketamine against a comparator, both with psychotherapy; none isolates the therapy."""
    timing = view.review.timing.dropna(subset=["mean_days"])
    longer = {
        trial for trial, rows in timing.groupby("trial_id")
        if len(rows) > 1 and rows.loc[rows["mean_days"].idxmax(), "arm"].startswith("ketamine")
    }  # fmt: skip
    trials = view.trials[view.trials["psychotherapy"] == "both_arms"].copy()
    trials.loc[trials["trial_id"].isin(longer), "direction"] = "better"
    found = _agreement(trials, "of ketamine on top of psychotherapy")
    note = "none compares ketamine alone with ketamine plus therapy"
    say = f"{found.say}; {note}"
    wording = f"Small trials disagree on whether ketamine adds to psychotherapy, and {note}."
    return Answer(say, wording, found.values, found.sources, found.fact_ids, found.outcome)


_FOUND = {
    "clear": "a significant benefit",
    "better": "a benefit without a test that could be read",
    "not": "no clear benefit",
}


def _agreement(trials, name) -> Answer:
    """What the trials of a group report, and what the largest that tells anything found."""
    k, n = samples(trials)
    told = trials[trials["direction"] != "silent"]
    counts = {word: samples(told[told["direction"] == word])[0] for word in _FOUND}
    values: dict[str, float] = {"k": k, **counts, "largest": 0}
    if not k:
        text = f"no randomised trial {name} was found"
        return Answer(text, sentence(text), values)
    if len(told):
        largest = told.loc[told["people"].idxmax()]
        values["largest"] = float(largest["direction"] != "not")
    parts = [
        f"{found} in {join_words(_labels(told, word))}" for word, found in _FOUND.items() if counts[word]
    ] or ["nothing usable in any"]
    all_of_them = f"{count(k, 'randomised trial')} {name} with {count(n, 'participant')}"
    say = f"{all_of_them}: {', '.join(parts)}"
    return Answer(say, sentence(say), values, *cited(trials), "end_of_course")


def _labels(told, word) -> list[str]:
    """Trials with one finding; the largest of all that tell anything is marked."""
    rows = told[told["direction"] == word]
    marks = {told["people"].idxmax(): f" (n = {told['people'].max():.0f}, the largest)"}
    return [f"{label}{marks.get(line, '')}" for line, label in rows["label"].items()]


def sentence(say) -> str:
    """What was found as a sentence."""
    return f"{say[:1].upper()}{say[1:]}."


def first_rating(view) -> Answer:
    """When PTSD was first rated after a dose."""
    scales = view.review.scales.set_index("scale")["domain"]
    rows = view.review.contrasts
    rows = rows[(rows["scale"].map(scales) == "ptsd") & rows["trial_id"].isin(view.trials["trial_id"])]
    untimed = set(rows.loc[rows["timepoint_days"].isna() & (rows["finding"] != "unknown"), "trial_id"])
    labels = view.review.trials.set_index("trial_id")["label"]
    timed = rows[rows["timepoint_days"].notna()]
    first = timed["timepoint_days"].min()
    say = f"the first rating of PTSD whose time is known stands at {days(first)}"
    if untimed:
        names = join_words(labels[t] for t in sorted(untimed))
        say += f" ({names} also rated at a time that was not printed)"
    wording = f"PTSD was first rated {days(first)} after a dose; relief within hours has not been shown."
    return Answer(say, wording, {"days": first}, *cited(timed[timed["timepoint_days"] == first]))


def group_comparisons(view) -> Answer:
    """Comparisons between groups of people or schedules, and how many are clear."""
    tests = group_tests(view.review, view.choices)
    done = [test.difference for test in tests if test.difference is not None]
    clear = [d for d in done if d.ci_low > 0 or d.ci_high < 0]
    say = answer(
        "of {all:count comparison} between groups {done} could be tested, and {clear} showed a difference",
        done=len(done), all=len(tests), clear=len(clear) or "none",
    )  # fmt: skip
    wording = "No trial has shown that one group of people with PTSD benefits more than another."
    values = {"tested": len(done), "clear": len(clear)}
    return Answer(say, wording, values, *cited(view.trials))


def response(view) -> Answer:
    """Share of people who met the threshold of response, by trial and against the comparator."""
    rows = event_counts(view.review, "response", view.choices).reset_index()
    labels = view.review.trials.set_index("trial_id")["label"]
    one, two = rows["a"] / rows["n1"], rows["c"] / rows["n2"]
    texts = [
        f"{percent(a)} against {percent(c)} in {labels[trial]} (n = {n})"
        for a, c, trial, n in zip(one, two, rows["trial_id"], rows["n1"] + rows["n2"], strict=True)
    ]
    say = f"a fall of 30% or more in symptoms was reached by {join_words(texts)}"
    wording = sentence(f"{say}; the difference matters, as people on the comparator respond too")
    values = {"share": float(one.max())}
    facts = events_cited(view, rows["trial_id"], "response")
    return Answer(say, wording, values, *facts, "response")


def non_response(view) -> Answer:
    """Share of people who did not meet the threshold where most did."""
    found = response(view)
    return replace(found, values={"share": 1 - found.values["share"]}, outcome="")


def events_cited(view, trials, starts):
    """Sources and facts of the event rows of some trials."""
    events = view.review.events
    return cited(events[events["trial_id"].isin(trials) & events["outcome"].str.startswith(starts)])


def clusters(view) -> Answer:
    """Trials that report a single cluster of symptoms, and what happens to mood."""
    facts = view.review.facts
    reported = facts[(facts["kind"] == "contrast") & facts["outcome"].str.contains("clusters", na=False)]
    reported = reported[reported["trial_id"].isin(view.trials["trial_id"])]
    k, _ = samples(view.trials)
    some = reported["trial_id"].nunique()
    scales = view.review.scales.set_index("scale")["domain"]
    mood = view.review.contrasts
    mood = mood[(mood["scale"].map(scales) == "depression") & mood["trial_id"].isin(view.trials["trial_id"])]
    better = {row.trial_id for row in mood.itertuples() if direction(row) in ("clear", "better")}
    say = answer(
        "{some} of {k} trials reports clusters of PTSD symptoms (fewer intrusions, less avoidance, "
        "fewer negative thoughts); depression fell further on ketamine in {better} of {rated} trials",
        some=some, k=k, better=len(better), rated=mood["trial_id"].nunique(),
    )  # fmt: skip
    a, b = cited(reported.rename(columns={"fact_id": "fact_ids"})), cited(mood)
    values = {"k": k, "some": some, "share": some / k}
    return Answer(say, sentence(say), values, a[0] + b[0], a[1] + b[1])


def process(view) -> Answer:
    """Whether any instrument of the trials measures something else than PTSD, depression or dissociation."""
    domains = sorted(set(view.review.scales["domain"]))
    measured = len(set(domains) - {"ptsd", "depression", "dissociation"})
    names = [{"ptsd": "PTSD"}.get(d, d) for d in domains]
    say = f"the instruments of the trials rate {join_words(names)}, nothing else"
    wording = f"The trials rated {join_words(names)}; this was not measured."
    return Answer(
        say, wording, {"measured": measured}, *cited(view.review.scales.dropna(subset=["source_key"]))
    )


def recent_trauma(view) -> Answer:
    """Whether anything was found in people without chronic PTSD."""
    pools = view.review.published_pools
    row = pools[pools["outcome"] == "early PTSD scales"].iloc[0]
    against = float(row["ci_low"] > 0)
    say = answer(
        "the trials enrolled people with a diagnosis of PTSD; after recent trauma a published pool of "
        "{row.k:count study} with {row.n:count participant} found scores {row:full} points higher "
        "on ketamine",
        row=row,
    )  # fmt: skip
    wording = "Trials enrolled people with diagnosed PTSD; nothing follows for anyone distressed by trauma."
    return Answer(say, wording, {"against": against}, *cited(pools[pools["outcome"] == "early PTSD scales"]))


def follow_up_length(view) -> Answer:
    """Longest comparison with a control group, and what a review says of long-term harm."""
    rows = view.review.contrasts
    rows = rows[rows["trial_id"].isin(view.trials["trial_id"]) & (rows["finding"] != "unknown")]
    longest = rows["timepoint_days"].max()
    context = view.review.context
    harm = context[context["context_id"] == "long_term_assessment"]
    found = harm["statement"].iloc[0].rstrip(".")
    say = (
        f"the longest controlled comparison in PTSD ends after {days(longest)}; {found[0].lower()}{found[1:]}"
    )
    wording = f"No controlled trial in PTSD looks further than {days(longest)}; later harm is little studied."
    a, b = cited(rows[rows["timepoint_days"] == longest]), cited(harm)
    return Answer(say, wording, {"days": longest}, a[0] + b[0], a[1] + b[1])


def minutes(view) -> Answer:
    """Length of an infusion in the randomised trials."""
    trials = view.trials.dropna(subset=["infusion_minutes"])
    low, high = trials["infusion_minutes"].min(), trials["infusion_minutes"].max()
    length = f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"
    dose = trials["dose_mg_per_kg"].unique()
    stay = view.review.context
    stay = stay[stay["context_id"] == "feder_2021_onsite"]
    say = answer(
        "trials infused {dose:list} mg/kg over {length} minutes; one kept people for at least "
        "{stay:.0f} hours",
        dose=[f"{d:g}" for d in dose], length=length, stay=stay["value"].iloc[0],
    )  # fmt: skip
    a, b = cited(trials), cited(stay)
    values = {"low": low, "high": high}
    return Answer(say, sentence(say), values, a[0] + b[0], a[1] + b[1])
