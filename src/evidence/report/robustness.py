"""How far the answer depends on the choices, and what one more trial would add: sentences and tables."""

from __future__ import annotations

import math

from ..choices import WINDOWS, Choices
from ..prose.tables import table
from ..prose.wording import answer, join_words, number, percent
from ..review.efficacy import pool_window
from ..robustness.information import SIZES, expected_learning, filled_in, next_trials
from ..robustness.multiverse import MODELS, Multiverse, multiverse, of_model, setting_words, swept
from ..robustness.summary import by_setting, needed_to_exclude_zero, summarise, variance_explained
from .statements import WINDOW_NAMES, WINDOW_WORDS

MAIN = ("24h", "end_of_course")
NEARLY_ALL = 0.95  # share of analyses from which an answer is said not to depend on the choices


def all_multiverses(review, choices=None) -> dict[str, Multiverse]:
    """
    Multiverse of every window, in time order.

    Parameters
    ----------
    review : Review
    choices : Choices, optional
    """
    return {window: multiverse(review, window, choices) for window in WINDOWS}


def robustness_verdict(summaries) -> str:
    """
    Answer in a word whether the result depends on the choices, by stated rules.

    Parameters
    ----------
    summaries : sequence of MultiverseSummary
        Of the main windows.

    Returns
    -------
    str
        "firm" if at least 95% of the analyses of every window exclude zero on the same side; "open" if at
        most 5% of those of every window exclude it; "dependent" otherwise.
    """
    sides = [[getattr(s, side) for s in summaries] for side in ("favours", "against")]
    if any(all(share >= NEARLY_ALL for share in side) for side in sides):
        return "firm"
    return "open" if all(s.excludes_zero <= 1 - NEARLY_ALL for s in summaries) else "dependent"


LEADS = {
    "firm": "No: whichever defensible choices are made, the intervals exclude no difference.",
    "open": "No: whichever defensible choices are made, the intervals include no difference.",
    "dependent": "Partly: some defensible analyses exclude no difference and others do not.",
}


def robustness_answer(multiverses) -> str:
    """Say whether the answer depends on the choices, with the shares behind it."""
    found = {window: summarise(multiverses[window]) for window in MAIN}
    lead = LEADS[robustness_verdict(list(found.values()))]
    parts = [
        answer(
            "At {place}, {n:count distinct analysis} give an estimate, from {low:number} to {high:number} "
            "(median {mid:number}); {negative:percent} of them lean towards ketamine and {clear:percent} "
            "have a 95% interval that excludes zero.",
            place=WINDOW_WORDS[window],
            n=s.estimable,
            low=s.low,
            high=s.high,
            mid=s.median,
            negative=s.negative,
            clear=s.excludes_zero,
        )
        for window, s in found.items()
    ]
    return " ".join([lead, *parts])


def drivers_sentence(many: Multiverse) -> str:
    """Say which choices move the headline of a window most, and which are needed for a clear result."""
    head = of_model(many, MODELS[0])
    frame = variance_explained(head).dropna().head(2)
    name = WINDOW_NAMES[many.window]
    if not len(frame):
        return f"{name.capitalize()}: no choice moves the headline."
    top = [f"{row.knob} ({percent(row.involved)})" for row in frame.itertuples()]
    text = answer(
        "{name}: under the headline model the estimates differ most by {top:list}, the share of their "
        "variance that remains when all other choices are made.",
        name=name[:1].upper() + name[1:],
        top=top,
    )
    return f"{text} {_needed(head)}"


def _needed(head):
    found = summarise(head)
    if not found.excludes_zero > 0:
        return "None of its intervals excludes zero."
    needed = [f"{knob} = {setting}" for knob, setting in needed_to_exclude_zero(head).items()]
    share = f"{percent(found.excludes_zero)} of its intervals exclude zero"
    return f"{share}, all of them with {join_words(needed)}." if needed else f"{share}."


def inert_sentence(multiverses, choices=None) -> str:
    """Say which of the choices that were tried change nothing in any window."""
    tried = [name for name, values in swept(choices or Choices()).items() if len(values) > 1]
    used = {name for many in multiverses.values() for name in many.knobs}
    idle = [name for name in tried if name not in used]
    if not idle:
        return "Every choice that was tried matters in some window."
    return answer(
        "Of {n:count choice} tried, {k:count choice} change nothing in any window with the data at hand: "
        "{idle:list}.",
        n=len(tried),
        k=len(idle),
        idle=idle,
    )


def multiverse_table(multiverses):
    """Show, per window and model, how many analyses there are and what they find."""
    rows = []
    for window, many in multiverses.items():
        for model, part in (("both", many), *((model, of_model(many, model)) for model in MODELS)):
            s = summarise(part)
            shares = {name: _share(getattr(s, name)) for name in ("negative", "excludes_zero", "clear")}
            counts = {name: f"{getattr(s, name):,}" for name in ("combinations", "analyses", "estimable")}
            numbers = {name: getattr(s, name) for name in ("low", "median", "high")}
            rows.append({"window": WINDOW_NAMES[window], "model": model, **counts, **numbers, **shares})
    columns = {
        "window": "window",
        "model": "model",
        "combinations": "combinations",
        "analyses": "distinct",
        "estimable": "with an estimate",
        "median": "median g",
        ("low", "high"): "range of g",
        "negative": "g below 0",
        "excludes_zero": "interval excludes 0",
        "clear": "P(benefit) > .975",
    }
    return table(rows, columns, missing="-")


def _share(value) -> str:
    return "-" if math.isnan(value) else percent(value, 1)


def knobs_table(multiverses, choices=None):
    """Show the settings tried of every choice, and the windows in which it matters."""
    described = {knob["name"]: knob for knob in Choices.describe()}
    rows = []
    for name, values in swept(choices or Choices()).items():
        windows = [WINDOW_NAMES[window] for window, many in multiverses.items() if name in many.knobs]
        if len(values) > 1:
            rows.append(
                {
                    "choice": name,
                    "settings": ", ".join(setting_words(name, value) for value in values),
                    "windows": ", ".join(windows) or "none",
                    "adr": described[name]["adr"] if name in described else "0004-headline",
                }
            )
    return table(
        rows,
        {
            "choice": "choice",
            "settings": "settings, default first",
            "windows": "matters at",
            "adr": "decision",
        },
    )


def drivers_table(many: Multiverse):
    """Show what each choice does to the headline of a window, largest share of the variance first."""
    head = of_model(many, MODELS[0])
    settings = by_setting(head).groupby("knob", sort=False)
    rows = [
        {
            "choice": row.knob,
            "alone": _share(row.alone),
            "involved": _share(row.involved),
            "means": "; ".join(_setting(s) for s in settings.get_group(row.knob).itertuples()),
        }
        for row in variance_explained(head).itertuples()
    ]
    columns = {
        "choice": "choice",
        "involved": "variance left when the others are made",
        "alone": "between its settings",
        "means": "mean g by setting (intervals that exclude 0)",
    }
    return table(rows, columns)


def _setting(row) -> str:
    if math.isnan(row.estimate):
        return f"{row.setting}: not estimable"
    return f"{row.setting}: {number(row.estimate)} ({percent(row.excludes_zero)})"


def next_trials_table(review, choices=None, sizes=SIZES):
    """Show what a next trial of each size would be expected to do in each window."""
    frame = next_trials(review, choices, sizes)
    frame = frame.assign(window=frame["window"].map(WINDOW_NAMES), **_chances(frame))
    columns = {
        "window": "window",
        "n": "participants",
        "width_now": "interval width now",
        "width": "expected width",
        "favours": "P(interval below 0)",
        "against": "P(interval above 0)",
    }
    return table(frame, columns)


def filled_in_table(review, choices=None):
    """Show what each wanted number would be expected to do in its window."""
    frame = filled_in(review, choices)
    frame = frame.assign(window=frame["window"].map(WINDOW_NAMES), **_chances(frame))
    columns = {
        "trial": "trial",
        "scale": "scale",
        "time": "time",
        "window": "window",
        "n": "people",
        "swing": "could move g by",
        "width_now": "interval width now",
        "width": "expected width",
        "favours": "P(interval below 0)",
        "against": "P(interval above 0)",
    }
    return table(frame, columns, missing="not estimable")


def _chances(frame) -> dict:
    return {name: [_share(value) for value in frame[name]] for name in ("favours", "against")}


def next_trial_sentence(review, choices=None, sizes=SIZES) -> str:
    """Say what the smallest and the largest next trial would be expected to do in the main windows."""
    frame = next_trials(review, choices, sizes)
    parts = []
    for window in MAIN:
        rows = frame[frame["window"] == window]
        if not len(rows):
            parts.append(f"At {WINDOW_WORDS[window]} there is no pool to add a trial to.")
            continue
        small, large = rows.iloc[0], rows.iloc[-1]
        parts.append(
            answer(
                "At {place} the 95% interval is {now:number} wide; a next trial with {n:count participant} "
                "would be expected to bring it to {a:number}, one with {m:count participant} to {b:number}, "
                "and the interval would exclude zero with probability {p:prob} and {q:prob}.",
                place=WINDOW_WORDS[window],
                now=small["width_now"],
                n=int(small["n"]),
                m=int(large["n"]),
                a=small["width"],
                b=large["width"],
                p=small["favours"] + small["against"],
                q=large["favours"] + large["against"],
            )
        )
    return " ".join(parts)


def flip_sentence(review, choices=None) -> str:
    """Say which single missing number would most likely make an interval exclude zero."""
    frame = filled_in(review, choices)
    frame = frame.assign(clear=frame["favours"] + frame["against"]).dropna(subset=["clear"])
    if not len(frame):
        return "No missing number can be given a probability."
    top = frame.sort_values("clear", ascending=False, kind="stable").iloc[0]
    narrow = (
        frame.assign(gain=frame["width_now"] - frame["width"]).sort_values("gain", kind="stable").iloc[-1]
    )
    return answer(
        "Of the numbers that exist and were not printed, {who} ({scale}, {time}) would be the likeliest to "
        "make an interval exclude zero (probability {p:prob}); {other} ({other_scale}, {other_time}) would "
        "narrow one most, from {a:number} to an expected {b:number}.",
        who=top["trial"],
        scale=top["scale"],
        time=top["time"],
        p=top["clear"],
        other=narrow["trial"],
        other_scale=narrow["scale"],
        other_time=narrow["time"],
        a=narrow["width_now"],
        b=narrow["width"],
    )


def robustness_checks(multiverses, review, choices=None) -> str:
    """Say how well two identities hold: default analysis against headline, and total probability."""
    choices = choices or Choices()
    gaps: list[float] = []
    probabilities: list[float] = []
    for window in MAIN:
        result = pool_window(review, window, choices)
        fit = result.partial
        if math.isnan(fit.estimate):
            continue
        default = multiverses[window].analyses.query("default").iloc[0]
        gaps.append(abs(float(default["estimate"]) - float(fit.estimate)))
        rows = result.included
        ahead = expected_learning(
            rows["lower"], rows["upper"], rows["se"], 0.2,
            tau_prior_scale=choices.tau_prior_scale, mu_prior_sd=choices.mu_prior_sd, level=choices.level,
        )  # fmt: skip
        probabilities.append(abs(ahead.p_benefit - float(fit.p_benefit)))
    if not gaps:
        return "No headline can be estimated, so there is nothing to check."
    return answer(
        "The analysis of the multiverse under default settings differs from the headline by less than "
        "{a:.0e}. The probability of benefit expected after a next trial, which has to be the probability "
        "now, differs from it by less than {b:.0e}.",
        a=_power_above(max(gaps)),
        b=_power_above(max(probabilities)),
    )


def _power_above(gap) -> float:
    """Power of ten above a numerical error, whose digits differ between machines."""
    return 10.0 ** math.ceil(math.log10(max(gap, 1e-10)))
