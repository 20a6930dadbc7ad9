"""Risk of bias, unblinding, missing and changed results: tables and sentences."""

from __future__ import annotations

import math

import pandas as pd

from ..certainty.bias import (
    FEWEST_FOR_A_TEST,
    KINDS,
    comparator_kinds,
    judgements,
    one_row_each,
    opposite_to_unblinding,
    overall_judgement,
    published_comparator_difference,
    small_study_checks,
    unblinding_lesson,
)
from ..certainty.unreported import (
    GRID,
    SCENARIOS,
    availability,
    outcome_switching,
    scenarios,
    tipping,
    unreported,
)
from ..plots.robplots import DOMAINS, JUDGEMENTS
from ..prose.tables import table
from ..prose.wording import answer, count, join_words, number
from ..review.prisma import CATEGORIES
from .statements import WINDOW_NAMES, WINDOW_WORDS

HEADLINES = ("24h", "end_of_course")
ESTIMATE = {("estimate", "ci_low", "ci_high"): "g (95% interval)"}


def rob_answer(review) -> str:
    """Say how many randomised reports are at which overall risk of bias, and in which domains it is high."""
    judged = judgements(review)
    overall = [overall_judgement(domains) for domains in judged.values()]
    kinds = [(j, overall.count(j)) for j in ("low", "some_concerns", "high")]
    high = [d for domains in judged.values() for d, j in domains.items() if j == "high"]
    often = sorted(set(high), key=lambda d: (-high.count(d), d))
    return answer(
        "Of {k:count randomised trial report}: {overall}. {where}",
        k=len(judged),
        overall=join_words([f"{count(n, 'report')} at {JUDGEMENTS[j][3]}" for j, n in kinds]),
        where="Single domains at high risk: "
        + (join_words([f"{DOMAINS[d].lower()} ({high.count(d)})" for d in often]) or "none")
        + ".",
    )


def rob_table(review):
    """Show every judgement with its reason, what could be read, and its source."""
    rows = review.trials[["trial_id", "label"]].merge(review.rob, on="trial_id")
    rows["domain"] = rows["domain"].map(DOMAINS)
    rows["judgement"] = [JUDGEMENTS[j][3] for j in rows["judgement"]]
    rows["basis"] = rows["basis"].str.replace("_", " ", regex=False)
    columns = {
        "label": "trial",
        "domain": "domain",
        "judgement": "judgement",
        "reason": "reason",
        "basis": "what was read",
        "source_key": "source",
        "fact_ids": "facts",
    }
    return table(rows, columns, missing="-")


def unblinding_answer(pools, review) -> str:
    """Say what comparing kinds of comparator teaches about unblinding, and what it cannot."""
    kinds = comparator_kinds(pools, review)
    with_number = kinds.loc[kinds["k_exact"] > 0]
    lesson = {
        "nothing": "Numbers exist against {names} comparators only, so effects cannot be compared by kind of "
        "comparator.",
        "description": "Numbers exist against {names} comparators, but from too few trials for a test: a "
        "difference between kinds is also a difference between trials.",
        "test": "Numbers exist against {names} comparators, from enough trials for meta-regression.",
    }[unblinding_lesson(kinds)]
    names = [KINDS[kind].split(" (")[0] for kind in with_number["kind"]] or ["no"]
    text = answer(lesson, names=join_words(names))
    if opposite_to_unblinding(kinds):
        by_kind = kinds.set_index("kind")
        text += answer(
            " What there is points the other way: a trial with a psychoactive comparator found g = "
            "{best:number}, more than any usable report against an inert one leaves room for "
            "({bound:number}), while guessing is easiest against an inert one. This compares single trials, "
            "not kinds.",
            best=by_kind.loc["active_psychoactive", "g_low"],
            bound=by_kind.loc["inert", "bound"],
        )
    gap = published_comparator_difference(review)
    if gap is not None:
        text += answer(
            " In another review passive and active comparators differ by g = {gap:full} at 24 hours "
            "({gap.p_value:p}); only a difference of {gap.smallest:number} or more had a good chance of "
            "being found (power 80%).",
            gap=gap,
        )
    return text


def unblinding_table(pools, review):
    """Show findings by kind of comparator, one comparison per trial."""
    columns = {
        "name": "comparator",
        "trials": "randomised reports",
        "k": "usable",
        "k_exact": "with a number",
        ("g_low", "g_high"): "numbers, g",
        "bound": "most favourable g allowed",
    }
    return table(comparator_kinds(pools, review), columns, missing="-")


def small_study_table(pools):
    """Show the small-study methods on one number per trial over all windows."""
    rows = one_row_each(pools, exact=True)
    frame = small_study_checks(rows["yi"], rows["vi"])
    columns = {
        "method": "method",
        "k": "trials",
        "statistic": "statistic",
        ("value", "ci_low", "ci_high"): "value (95% interval)",
        "p_value": "p",
        "note": "note",
    }
    return table(frame, columns, missing="-", digits={"p_value": 3})


def small_study_answer(pools, review) -> str:
    """Say what the small-study methods can tell, and what a larger published pool found."""
    k = len(one_row_each(pools, exact=True))
    few = "cannot tell missing trials from chance; their results are shown, not used"
    verb = few if k < FEWEST_FOR_A_TEST else "can be run; their results are below"
    text = answer("With {k:count number} at any time, small-study methods {verb}.", k=k, verb=verb)
    known = review.published_pools
    names = {"plain": "any control", "adjusted": "any control, adjusted for small-study bias"}
    rows = known[(known["window"] == "all_times") & (known["metric"] == "hedges_g")].set_index("comparison")
    if not set(names.values()) <= set(rows.index):
        return text
    plain, adjusted = (rows.loc[name] for name in names.values())
    return text + answer(
        " A published pool of {n:count trial} falls from {plain:full} to {adjusted:full} when adjusted for "
        "small-study bias (positive favours ketamine there).",
        n=int(plain["k"]),
        plain=plain,
        adjusted=adjusted,
    )


def unreported_table(review):
    """Show the randomised trials that ended without a readable result."""
    columns = {
        "nct": "registration",
        "title": "title",
        "enrolled": "enrolled",
        "n": "randomised",
        "completion": "ended",
        "fact_id": "fact",
        "primary_outcome": "registered primary outcome",
        "remark": "said about its outcomes",
    }
    return table(unreported(review), columns, missing="-", digits={"enrolled": 0})


def scenarios_table(pools, review, choices=None):
    """Show every window under assumptions about the unreported trials."""
    silent = unreported(review)
    frames = [
        scenarios(result, silent, choices).assign(window=WINDOW_NAMES[window])
        for window, result in pools.items()
    ]
    rows = pd.concat(frames)
    rows["assumed"] = [_assumed(row) for row in rows.itertuples()]
    rows["scenario"] = rows["scenario"].map(SCENARIOS)
    columns = {
        "window": "window",
        "scenario": "assumption",
        "assumed": "their g",
        **ESTIMATE,
        "p_benefit": "P(benefit)",
        "k": "trials",
        "n": "participants",
    }
    return table(rows, columns, missing="-")


def _assumed(row) -> str:
    """Effect assumed of the unreported trials, in words where it is no number."""
    words = {"left_out": "-", "not_significant": "within 1.96 SE", "selected": "above 0"}
    return words.get(row.scenario) or number(row.g)


def registry_answer(pools, review, choices=None) -> str:
    """Say how large the effects of unreported trials must be to change the answers."""
    silent = unreported(review)
    if not len(silent):
        return "Every completed randomised trial that was found has a readable result."
    text = answer(
        "{k:Count randomised trial} with {n:count randomised participant} ended without a readable result. "
        "Their times of rating are not known in full; each window is shown as if all of them had been rated "
        "then.",
        k=len(silent),
        n=int(silent["n"].sum()),
    )
    sentences = [tipping_sentence(w, tipping(pools[w], silent, choices)) for w in HEADLINES]
    return " ".join([text, *sentences])


def tipping_sentence(window, tip) -> str:
    """Say where the answer of one window tips."""
    return f"At {WINDOW_WORDS[window]} {_clear(tip)}, and {_zero(tip)}."


def _clear(tip) -> str:
    if math.isnan(tip.clear_high):
        always = bool((tip.ci_high < 0).all())
        verb = "every" if always else "no"
        return f"{verb} common effect from {GRID[0]:g} to {GRID[-1]:g} would make the interval exclude zero"
    text = answer(
        "a common effect of g = {g:number} or more in favour of the drug would make the interval exclude "
        "zero",
        g=tip.clear_high,
    )
    if math.isinf(tip.clear_low):
        return text
    return text + answer(" (beyond {g:number} no longer, the trials then disagree too much)", g=tip.clear_low)


def _zero(tip) -> str:
    if math.isnan(tip.zero):
        return "none would bring the estimate to zero"
    return answer("one of g = {g:number} would bring the estimate to zero", g=tip.zero)


def tipping_table(pools, review, choices=None):
    """Show where each window's answer tips."""
    silent = unreported(review)
    tips = {window: tipping(result, silent, choices) for window, result in pools.items()}
    rows = [
        {
            "window": WINDOW_NAMES[window],
            "now": pools[window].partial.estimate,
            "clear": tip.clear_high,
            "zero": tip.zero,
        }
        for window, tip in tips.items()
    ]
    columns = {
        "window": "window",
        "now": "g now",
        "clear": "interval excludes zero from",
        "zero": "estimate is zero at",
    }
    return table(rows, columns, missing="none tried")


def availability_table(pools, review, choices=None):
    """Show the randomised people of each window by what can be read of them."""
    rows = []
    for window, result in pools.items():
        found = availability(review, result, choices)
        rows.append(
            {
                "window": WINDOW_NAMES[window],
                **{name: getattr(found, name) for name in ("exact", "words", "nothing", "unreported")},
                "share": "-" if math.isnan(found.share) else f"{100 * found.share:.0f}%",
            }
        )
    columns = {
        "window": "window",
        "exact": "behind a number",
        "words": "in words only",
        "nothing": "rated, nothing usable",
        "unreported": "trial without report",
        "share": "share behind a number",
    }
    return table(rows, columns)


def availability_answer(pools, review, choices=None) -> str:
    """Say what share of the randomised people stands behind numbers at the two headline times."""
    found = {window: availability(review, pools[window], choices) for window in HEADLINES}
    parts = [
        answer(
            "{share:percent} of {n:count person} at {place}", share=f.share, n=f.total, place=WINDOW_WORDS[w]
        )
        for w, f in found.items()
    ]
    return f"Numbers can be read for the trials of {join_words(parts)}."


def registry_table(review):
    """Show the registered studies by what became of them."""
    names = {"published": "published", **CATEGORIES}
    grouped = review.registry.assign(randomised=review.registry["randomised"] == "yes").groupby("category")
    frame = grouped.agg(k=("nct", "size"), k_randomised=("randomised", "sum"), n=("n", "sum"))
    rows = frame.reindex([name for name in names if name in frame.index]).reset_index()
    rows["category"] = rows["category"].map(names)
    columns = {
        "category": "what became of it",
        "k": "studies",
        "k_randomised": "randomised",
        "n": "people, where stated",
    }
    return table(rows, columns)


def switching_table(review):
    """Show registered and reported primary outcomes with the judgement on selective reporting."""
    rows = outcome_switching(review)
    rows["judgement"] = [JUDGEMENTS[j][3] if isinstance(j, str) else "" for j in rows["judgement"]]
    columns = {
        "label": "trial",
        "registered": "registered primary",
        "primary_scale": "read for",
        "match": "comparison",
        "judgement": "selective reporting",
        "reason": "reason",
        "source_key": "source",
        "fact_ids": "facts",
    }
    return table(rows, columns, missing="not seen")


def switching_answer(review) -> str:
    """Say how registered and reported outcomes compare over the trials."""
    found = outcome_switching(review)["match"].value_counts()
    parts = [f"{match} in {count(int(k), 'report', spell=False)}" for match, k in found.items()]
    return f"Registered primary outcome against the scale the report is read for: {join_words(parts)}."
