"""Who and how, in words and tables: groups of trials, tests of their differences, what is claimed."""

from __future__ import annotations

from ..choices import WINDOWS, Choices
from ..prose.tables import table
from ..prose.wording import answer, count, join_words, with_interval
from ..review.effects import effect_sizes
from ..review.subgroup_anchors import (
    anchor_difference,
    comparator_anchors,
    dose_bounds,
    join_facts,
    randomised_between,
)
from ..review.subgroups import DIMENSIONS, group_counts, group_sensitivity, group_tests, trial_groups
from .statements import WINDOW_NAMES

FINDINGS = {
    "not_significant": "no difference",
    "favours_active": "better, no number",
    "favours_comparator": "worse, no number",
}
TEXT_ONLY = "called comparable, no test"
LEADS = {
    "nothing": "Nothing can be said about who benefits more, or from which way of treating.",
    "none": "No trial evidence shows that any group benefits more than another, or any way of treating.",
    "some": "At least one difference between groups of trials is clear.",
}


def groups_answer(review, choices=None) -> str:
    """Answer who benefits more and how to treat, in plain words, computed from all tests of groups."""
    tests = group_tests(review, choices)
    pairs = {(t.group_a, t.group_b) for t in tests}
    tested = {(t.group_a, t.group_b) for t in tests if t.testable}
    clear = {(t.group_a, t.group_b) for t in tests if t.clear}
    lead = LEADS["some" if clear else "none" if tested else "nothing"]
    absent = [r["group"] for r in group_counts(review, choices).to_dict("records") if not r["k"]]
    sentence = answer(
        "{lead} Of {n:count comparison} of one group with another {t} can be tested; of these {c} shows a "
        "clear difference.",
        lead=lead,
        n=len(pairs),
        t=spelled(len(tested)),
        c=spelled(len(clear)),
    )
    return f"{sentence} No randomised trial is reported for: {join_words(absent)}." if absent else sentence


def spelled(n) -> str:
    """
    A count without its noun, as a sentence has it.

    Examples
    --------
    >>> print(spelled(0), spelled(2), spelled(12))
    none two 12
    """
    return count(n, "trial").split()[0] if n else "none"


def group_tests_sentences(review, choices=None) -> str:
    """Say what each test that can be made shows, and which of them rest on the same split of trials."""
    tests = [t for t in group_tests(review, choices) if t.testable]
    if not tests:
        return "No pair of groups can be tested."
    return "\n\n".join([*map(_test_sentence, tests), *_same_split(tests)])


def _test_sentence(test) -> str:
    fit = test.difference
    return answer(
        "{a} against {b}, {window}: the difference in g is {fit:full} (negative means that the former gain "
        "more), from {ka:count trial} against {kb}. A difference below about {half:number 1} could not have "
        "been seen.",
        a=test.group_a.capitalize(),
        b=test.group_b,
        window=WINDOW_NAMES[test.window],
        fit=fit,
        ka=len(test.trials_a),
        kb=spelled(len(test.trials_b)),
        half=(fit.ci_high - fit.ci_low) / 2,
    )


def _same_split(tests) -> list[str]:
    """Name the tests that sort the same trials in the same way: their causes cannot be told apart."""
    splits: dict[tuple, list[str]] = {}
    for t in tests:
        key = (t.window, frozenset((frozenset(t.trials_a), frozenset(t.trials_b))))
        splits.setdefault(key, []).append(t.dimension)
    return [
        f"{join_words(names).capitalize()} split the same trials in the same way, so these data cannot tell "
        "one from the other."
        for names in splits.values()
        if len(names) > 1
    ]


def population_sentence(review, choices=None) -> str:
    """Say how many randomised trials there are in each population, and what those in veterans found."""
    counts = group_counts(review, choices)
    rows = counts[counts["dimension"] == "population"].to_dict("records")
    said = [
        answer("{group}, {k:count trial} with {n:count participant}", group=r["group"], k=r["k"], n=r["n"])
        if r["k"]
        else f"{r['group']}, none"
        for r in rows
    ]
    trials = trial_groups(review, choices)
    trials = trials[trials["population"] == "veteran_military"]
    found = trial_findings(review, choices)
    veterans = [f"{r['label']}, {found[r['trial_id']]}" for r in trials.to_dict("records")]
    return f"Randomised: {'; '.join(said)}." + (
        f" What the trials in veterans and military people found: {'; '.join(veterans)}." if veterans else ""
    )


def dose_sentence(review, choices=None) -> str:
    """Say what the trials with two doses let us know about the difference between the doses."""
    bounds = dose_bounds(review, choices)
    if not len(bounds):
        return "No trial with two doses reports a test that covers their difference."
    widest = bounds.sort_values("upper").iloc[-1]
    others = [label for label in randomised_between(review)["dose"] if label not in set(bounds["label"])]
    more = f" {join_words(others)} gave two doses, too, and reports no number for either." if others else ""
    return answer(
        "{labels} compared {low} with {high} mg/kg and found neither different from the comparator by a test "
        "over all arms and times. Such a test leaves the difference between the doses anywhere from "
        "{lower:number} to {upper:number}: it neither shows nor excludes that more is better.{more}",
        labels=join_words(dict.fromkeys(bounds["label"])),
        low=_mg_per_kg(widest["lower_dose"]),
        high=_mg_per_kg(widest["higher"]),
        lower=widest["lower"],
        upper=widest["upper"],
        more=more,
    )


def _mg_per_kg(arm) -> str:
    return str(arm).rpartition("_")[2]


def comparator_sentence(review) -> str:
    """Say whether a published review finds another effect against passive than against active comparators."""
    rows = {r["comparison"]: r for r in comparator_anchors(review).to_dict("records")}
    if len(rows) != 2:
        return "No published review splits its pool by kind of comparator."
    passive, active = rows["passive controls"], rows["active controls"]
    test = anchor_difference(passive, active)
    clear = test.ci_low > 0 or test.ci_high < 0
    return answer(
        "A published review finds g = {passive:full} against passive and {active:full} against active "
        "comparators a day after the first dose. Only the {only} differs from zero, but that is no test: the "
        "difference between the two is {test:full}, {test.p:p}, {verdict}."
        if _one_clear(passive, active)
        else "A published review finds g = {passive:full} against passive and {active:full} against active "
        "comparators a day after the first dose; the difference between the two is {test:full}, {test.p:p}, "
        "{verdict}.",
        passive=passive,
        active=active,
        test=test,
        verdict="a clear difference" if clear else "so no difference has been shown",
        **({"only": _one_clear(passive, active)} if _one_clear(passive, active) else {}),
    )


def _one_clear(passive, active) -> str:
    """The one of two intervals that excludes zero, "" if neither or both do."""
    clear = [n for n, r in (("first", passive), ("second", active)) if r["ci_low"] > 0 or r["ci_high"] < 0]
    return clear[0] if len(clear) == 1 else ""


def groups_table(review, choices=None):
    """Show for each group what exists: randomised trials, people, usable reports, uncontrolled series."""
    columns = {
        "dimension": "sorted by",
        "group": "group",
        "k": "randomised trials",
        "n": "people",
        "usable": "usable",
        "exact": "with a number",
        "trials": "reports",
        "uncontrolled": "series without control",
        "uncontrolled_n": "people in them",
    }
    counts = group_counts(review, choices)
    for name in ("k", "n", "usable", "exact", "uncontrolled", "uncontrolled_n"):
        counts[name] = counts[name].astype(int)
    return table(counts, columns, missing="none")


def group_tests_table(review, choices=None):
    """Show every comparison of groups: its test, or why nothing can be said."""
    rows = []
    for t in group_tests(review, choices):
        fit = t.difference
        rows.append(
            {
                "pair": f"{t.group_a} v {t.group_b}",
                "window": WINDOW_NAMES.get(t.window, "any time"),
                "trials_a": join_words(t.trials_a) or "none",
                "trials_b": join_words(t.trials_b) or "none",
                "difference": with_interval(fit.estimate, fit.ci_low, fit.ci_high) if fit else "",
                "p_below": fit.p_below if fit else None,
                "reason": t.reason,
            }
        )
    columns = {
        "pair": "groups",
        "window": "window",
        "trials_a": "usable, former",
        "trials_b": "usable, latter",
        "difference": "difference in g (95% interval)",
        "p_below": "P(former gain more)",
        "reason": "nothing can be said because",
    }
    return table(rows, columns, missing="-")


def trials_by_group(review, choices=None):
    """Show every randomised report with the groups it belongs to, what it found, and its source."""
    trials = trial_groups(review, choices)
    found = trial_findings(review, choices)
    names = {d.column: d for d in DIMENSIONS}
    for column, dimension in names.items():
        words = {value: group for group, values in dimension.groups.items() for value in values}
        trials[column] = trials[column].map(words)
    trials["finding"] = trials["trial_id"].map(found)
    columns = {
        "label": "trial",
        **{column: dimension.name for column, dimension in names.items()},
        "people": "people",
        "finding": "finding on PTSD symptoms",
        "source_key": "source",
        "fact_ids": "facts",
    }
    return table(trials, columns, digits={"people": 0}, missing="not stated")


def trial_findings(review, choices=None) -> dict[str, str]:
    """
    Say what each randomised report found on PTSD symptoms, window by window.

    Returns
    -------
    dict of str to str
        By trial_id; "nothing usable reported" where no window holds more.
    """
    choices = choices or Choices()
    said: dict[str, dict[str, list[str]]] = {
        t: {} for t in review.trials.loc[review.trials["role"] == "core", "trial_id"]
    }
    for window in WINDOWS:
        effects = effect_sizes(review, window, choices)
        for trial, rows in effects[effects["trial_id"].isin(said)].groupby("trial_id"):
            best = rows.sort_values("included", ascending=False, kind="stable")
            words = next(filter(None, map(_finding_words, best.to_dict("records"))), None)
            if words:
                said[trial].setdefault(words, []).append(WINDOW_NAMES[window])
    return {
        trial: "; ".join(f"{words} ({join_words(when)})" for words, when in found.items())
        or "nothing usable reported"
        for trial, found in said.items()
    }


def _finding_words(row):
    if row["finding"] == "estimate":
        half = 1.96 * row["se"]
        return f"g = {with_interval(row['yi'], row['yi'] - half, row['yi'] + half)}"
    return TEXT_ONLY if row["test"] == "text_only" else FINDINGS.get(row["finding"])


def doses_table(review, choices=None):
    """Show the limits on the difference between two doses of one trial."""
    bounds = dose_bounds(review, choices)
    bounds["window"] = bounds["window"].map(WINDOW_NAMES)
    columns = {
        "label": "trial",
        "window": "window",
        "scale": "scale",
        "higher": "dose",
        "lower_dose": "against",
        "n1": "n",
        "n2": "n, other",
        ("lower", "upper"): "difference lies within (g)",
        "source_key": "source",
        "fact_ids": "facts",
    }
    return table(bounds, columns)


def comparators_table(review):
    """Show the published pools by kind of comparator, and the test of their difference."""
    rows = comparator_anchors(review).to_dict("records")
    if len(rows) == 2:
        test = anchor_difference(*rows)
        rows.append(
            {
                "label": "difference, first less second",
                "estimate": test.estimate,
                "ci_low": test.ci_low,
                "ci_high": test.ci_high,
                "p": test.p,
                "source_key": rows[0]["source_key"],
                "fact_ids": join_facts(r["fact_ids"] for r in rows),
            }
        )
    columns = {
        "label": "published pool, 24 hours",
        ("estimate", "ci_low", "ci_high"): "g (95% interval)",
        "p": "p",
        "source_key": "source",
        "fact_ids": "facts",
    }
    return table([{"p": None, **r} for r in rows], columns, digits={"p": 2}, missing="-")


def group_sensitivity_table(review, choices=None):
    """Show every test again under other readings of null reports and other priors."""
    frame = group_sensitivity(review, choices)
    frame["pair"] = frame["group_a"] + " v " + frame["group_b"]
    frame["setting"] = (frame["knob"] + " " + frame["value"]).str.strip()
    columns = {
        "pair": "groups",
        "setting": "choice",
        ("estimate", "ci_low", "ci_high"): "difference in g (95% interval)",
        "p_below": "P(former gain more)",
        "clear": "clear",
    }
    return table(frame, columns, missing="too little to test")


def group_sensitivity_sentence(review, choices=None) -> str:
    """Say whether any other choice would make a difference between groups clear."""
    frame = group_sensitivity(review, choices)
    others = frame[frame["knob"] != "default"]
    return answer(
        "Of {n:count test} under other choices {k} would exclude no difference.",
        n=len(others),
        k=spelled(int(others["clear"].sum())),
    )
