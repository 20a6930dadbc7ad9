"""Onset, durability and uncontrolled change: sentences, tables and figures."""

from __future__ import annotations

import math

import pandas as pd

from ..partial.joint import pool_joint
from ..plots.figures import course, line_intervals
from ..prose.tables import table
from ..prose.wording import answer, interval, join_words
from ..review.durability import after_last_dose, durations, fading
from ..review.metapsy import read_metapsy
from ..review.onset import (
    KNOWN,
    NODES,
    assessments,
    joint_matrix,
    onset,
    rho_sweep,
    time_course,
    window_frame,
)
from ..review.prepost import control_share, prepost_changes
from .pooled import FINDING_WORDS
from .statements import WINDOW_NAMES

MDMA_WINDOWS = {1: "after dose 1", 2: "after dose 2", 3: "after dose 3"}
NO_HOURS = (
    "No report that could be read gives a PTSD scale earlier than about a day after the first dose:"
    " relief within "
    "hours is not something these trials measured."
)
WINDOW_COLUMNS = {
    "window": "window",
    ("estimate", "ci_low", "ci_high"): "g (95% interval)",
    "p_benefit": "P(benefit)",
    "p_relevant": "P(g < -0.2)",
    "k": "trials",
}


def earliest_day(review) -> float:
    """Earliest day on which a core trial rated PTSD symptoms, of those with a known day."""
    return float(assessments(review)["days_since_first_dose"].min())


def onset_answer(fit, review) -> str:
    """Say what is known about onset, and whether any time shows a clear effect."""
    result = onset(fit)
    rows = result.windows.set_index("window")
    hours = NO_HOURS if earliest_day(review) >= 0.5 else "Some ratings fall within hours of the first dose."
    clear = "no time window shows a clear effect"
    if result.detection != "none":
        clear = f"the earliest window with a clear effect is {WINDOW_NAMES[result.detection]}"
    return answer(
        "{hours} At 24 hours the pooled effect is g = {a:full} (probability of any benefit "
        "{pa:prob}), in the first "
        "week g = {b:full} ({pb:prob}); {clear}. {share}",
        hours=hours,
        a=rows.loc["24h"].to_dict(),
        pa=rows.loc["24h", "p_benefit"],
        b=rows.loc["week1"].to_dict(),
        pb=rows.loc["week1", "p_benefit"],
        clear=clear,
        share=share_sentence(result),
    )


def share_sentence(result) -> str:
    """Say how much of the end-of-course effect is there at 24 h, or why that cannot be said."""
    if math.isnan(result.share):
        return answer(
            "How much of the end-of-course effect is present at 24 hours is not estimable: that "
            "there is such an "
            "effect (beyond -0.1) has probability {p:prob}, below the {known:prob} asked for.",
            p=result.p_end_known,
            known=KNOWN,
        )
    return answer(
        "Of the end-of-course effect {share:percent} is present at 24 hours (95% interval {low:percent} to "
        "{high:percent}); the probability that at least half is there by then, so that the time to "
        "half of the "
        "effect lies before the first rating, is {half:prob}.",
        share=result.share,
        low=result.share_low,
        high=result.share_high,
        half=result.p_half_by_first,
    )


def windows_table(fit):
    """Show the joint estimates of every window."""
    rows = window_frame(fit)
    return table(rows.assign(window=rows["window"].map(lambda w: WINDOW_NAMES.get(w, w))), WINDOW_COLUMNS)


def course_table(review, choices=None):
    """Show the random-walk time course at each day under three priors for its steps."""
    records = []
    for scale in (0.25, 0.5, 1.0):
        fit = time_course(review, choices, scale)
        relevant = fit.prob_below(-0.2)
        for i, day in enumerate(fit.windows):
            names = ("estimate", "ci_low", "ci_high", "p_benefit", "k")
            records.append(
                {
                    "day": day,
                    "prior": scale,
                    "p_relevant": relevant[i],
                    **{n: getattr(fit, n)[i] for n in names},
                }
            )
    columns = {
        "day": "time",
        "prior": "prior scale of a step",
        **{k: v for k, v in WINDOW_COLUMNS.items() if k != "window"},
    }
    return table(records, columns)


def nodes_words() -> str:
    """Name the ratings that stand for each day of the time course."""
    return join_words(
        [f"day {day}: ratings from day {low:g} to {high:g}" for day, (low, high) in NODES.items()]
    )


def rho_table(review, choices=None):
    """Show every window for several correlations of a trial's sampling errors."""
    rows = rho_sweep(review, choices)
    rows = rows.assign(window=rows["window"].map(WINDOW_NAMES))
    return table(
        rows,
        {"rho": "rho", **WINDOW_COLUMNS},
        digits={"rho": 1, "estimate": 2, "p_benefit": 2, "p_relevant": 2},
    )


def assessments_table(review):
    """Show when each trial rated PTSD symptoms, by both clocks, and what it then reported."""
    rows = assessments(review).assign(says=lambda f: f["finding"].map(FINDING_WORDS))
    columns = {
        "label": "trial",
        "scale": "scale",
        "timepoint_label": "time, as named",
        "days_since_first_dose": "days since first dose",
        "days_since_last_dose": "days since last dose",
        "says": "report",
        "source_key": "source",
        "fact_ids": "facts",
    }
    return table(rows, columns, digits=0, missing="not seen")


def mdma_fit(review):
    """The joint model on the complete MDMA data: one window per number of dosing sessions."""
    frame = read_metapsy(review.path / "external" / "metapsy_ptsd_mdmactr" / "data.csv")
    keep = (
        (frame["primary_instrument"] == 1) & (frame["outcome_type"] == "msd") & (frame["post_crossover"] != 1)
    )
    medium = frame["multi_arm1"].isin(["75 mg", "100 mg"]) | frame["multi_arm2"].isin(["75 mg", "100 mg"])
    rows = frame[keep & ~medium & ~frame["cov_time_point"].str.startswith("Follow-up")]
    rows = pd.DataFrame(
        {
            "trial_id": rows["study"],
            "window": rows["n_dosing_sessions"].map(MDMA_WINDOWS),
            "lower": rows[".g"],
            "upper": rows[".g"],
            "se": rows[".g_se"],
        }
    )
    names = list(MDMA_WINDOWS.values())
    _, lower, upper, se = joint_matrix(rows, names)
    return pool_joint(lower, upper, se, windows=names)


def mdma_sentence(fit) -> str:
    """Say what the same machinery finds on data that hide nothing."""
    result = onset(fit, first="after dose 1", end="after dose 3")
    rows = result.windows.set_index("window")
    return answer(
        "On the complete MDMA-assisted therapy data the same model finds g = {a:full} after one "
        "dose and g = {b:full} "
        "after three; the earliest clear window is {first}, and {share:percent} of the last effect "
        "({low:percent} to "
        "{high:percent}) is there after the first dose.",
        a=rows.loc["after dose 1"].to_dict(),
        b=rows.loc["after dose 3"].to_dict(),
        first=result.detection,
        share=result.share,
        low=result.share_low,
        high=result.share_high,
    )


def simulation_table(rows):
    """Show bias and coverage of the onset quantities under a known truth."""
    columns = {
        "k": "trials",
        "quantity": "quantity",
        "truth": "truth",
        "bias": "bias",
        "bias_mcse": "its Monte Carlo error",
        "coverage": "coverage of 95%",
        "coverage_mcse": "its Monte Carlo error ",
        "hidden": "results in words only",
        "replicates": "replicates",
    }
    return table(rows, columns)


def windows_interval_figure(fit, title):
    """Joint estimates over the windows of a fit."""
    names = [WINDOW_NAMES.get(w, w) for w in fit.windows]
    return line_intervals(names, fit.estimate, fit.ci_low, fit.ci_high, title=title)


# ------------------------------------------------------------------------------------------------ durability


def durability_answer(review, fit) -> str:
    """Say how long responders stayed well, whose clock that is, and what becomes of the pooled effect."""
    rows = {(row["trial_id"], row["event"]): row for row in durations(review).to_dict("records")}
    feder, albott = rows["feder_2021", "loss_of_response"], rows["albott_2018", "relapse_ptsd"]
    _, low, high, p = fading(fit)
    return answer(
        "In the one controlled trial that says so, {n:count responder} kept their response for a "
        "median of {m:days} "
        "after the end of the course, without a control value; in an uncontrolled series {n2:count "
        "remitter} did for "
        "{m2:days}. Between groups, the pooled effect leans towards fading after the course "
        "(probability {p:prob}; "
        "change {change}, one trial with a number). How many sessions would hold an effect has not "
        "been tested.",
        n=int(feder["n"]),
        m=feder["median_days"],
        n2=int(albott["n"]),
        m2=albott["median_days"],
        p=p,
        change=interval(low, high),
    )


def durations_table(review):
    """Show every time-to-event summary with its clock."""
    columns = {
        "label": "trial",
        "arm": "arm",
        "event": "event",
        "median_days": "median days",
        "mean_days": "mean days",
        "sd_days": "SD",
        "n": "n",
        "counted_from": "counted from",
        "poolable": "can it be pooled?",
        "source_key": "source",
        "fact_ids": "facts",
    }
    return table(durations(review), columns, digits=1, missing="-")


def after_last_dose_table(review, choices=None):
    """Show effects by days since the last dose."""
    rows = after_last_dose(review, choices)
    columns = {
        "label": "trial",
        "days_since_last_dose": "days since last dose",
        "timepoint_days": "days since first dose",
        ("lower", "upper"): "g allowed by the report",
        "yi": "g",
        "se": "SE",
        "source_key": "source",
        "fact_ids": "facts",
    }
    return table(
        rows, columns, digits={"days_since_last_dose": 0, "timepoint_days": 0, "yi": 2, "se": 2}, missing="-"
    )


def relapse_pool_table(review):
    """Show the published pooled difference in time to relapse as printed."""
    pools = review.published_pools
    rows = pools[pools["outcome"] == "days to PTSD relapse"]
    columns = {
        "review": "review",
        ("estimate", "ci_low", "ci_high"): "days (95% interval, as printed)",
        "k": "trials",
        "note": "remark",
        "source_key": "source",
        "fact_ids": "facts",
    }
    return table(rows, columns)


# ---------------------------------------------------------------------------------------------- uncontrolled


def prepost_table(review, choices=None):
    """Show changes without a control group."""
    columns = {
        "label": "study",
        "arm": "arm",
        "scale": "scale",
        "day": "day",
        "n": "n",
        "change": "change, points",
        "yi": "change, SD",
        "basis": "divided by",
        "included": "counted",
        "source_key": "source",
        "fact_ids": "facts",
    }
    rows = prepost_changes(review, choices)
    rows = rows.assign(included=rows["included"].map({True: "yes", False: "no: same people as another row"}))
    return table(rows, columns, digits={"day": 0, "change": 1, "yi": 2}, missing="-")


def prepost_sentence(review, choices=None) -> str:
    """Say how much people changed without a control, and how much control arms changed."""
    rows = prepost_changes(review, choices)
    kept = rows[rows["included"] & rows["yi"].notna() & (rows["role"] == "active") & (rows["n"] >= 10)]
    share = control_share(rows, "duek_2023")
    return answer(
        "In {k:count treated group} with enough numbers, PTSD scores fell by {low:number 1} to "
        "{high:number 1} SD with "
        "nobody to compare them to. In the one trial with both arms by score, the comparator arm "
        "showed {share:percent} "
        "of the fall of the ketamine arm at the end of the programme: a change is not an effect.",
        k=kept["trial_id"].nunique(),
        low=-kept["yi"].max(),
        high=-kept["yi"].min(),
        share=share,
    )


def course_figure(review):
    """Mean PCL-5 over time in groups without a control."""
    trials = review.trials.set_index("trial_id")
    rows = review.outcomes[(review.outcomes["scale"] == "PCL-5") & review.outcomes["mean"].notna()]
    rows = rows[rows["timepoint_days"].notna() & (rows["trial_id"].map(trials["role"]) == "supporting")]
    rows = rows[rows.groupby("trial_id")["timepoint_days"].transform("nunique") > 1]
    rows = rows.assign(label=rows["trial_id"].map(trials["label"])).sort_values(
        ["trial_id", "timepoint_days"]
    )
    rows = rows.assign(low=rows["mean"] - 1.96 * rows["se"], high=rows["mean"] + 1.96 * rows["se"])
    return course(rows, title="PCL-5 over time in uncontrolled series", ylabel="mean PCL-5")


def comparators_table(review, topics=("comparator_treatment",)):
    """Show facts about other treatments, with sources, unranked."""
    rows = review.context[review.context["topic"].isin(topics)]
    columns = {
        "subject": "what",
        "population": "in whom",
        "value": "value",
        ("interval_low", "interval_high"): "interval or range",
        "unit": "unit",
        "statement": "in words",
        "source_key": "source",
        "fact_ids": "facts",
    }
    return table(rows, columns, missing="-")
