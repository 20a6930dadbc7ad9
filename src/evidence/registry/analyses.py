"""Analyses of a registry record to `contrasts`; and differences of means where no analysis gives one."""

from __future__ import annotations

import math
import re

from .draft import denominators
from .record import figure, items, words
from .titles import plain

_ANALYSES = (
    ("mixed_model", r"mixed|repeated|mmrm|random"),
    ("ancova", r"ancova|covariance|regression"),
)
_KNOWN = ("crossover", "first_period", "mixed_model", "ancova", "change_scores", "post_scores", "not_stated")
_BLANK: dict[str, str] = {}


def contrasts(draft, measure):
    """
    Propose a row for each analysis that compares two arms at one time.

    Parameters
    ----------
    draft : Draft
    measure : Measure
        With its cells filled in.
    """
    for number, analysis in enumerate(items(measure.source, "analyses"), start=1):
        place = f"{measure.place} / analysis {number}"
        pair = _pair(draft, measure, analysis, place)
        time = pair and _time(draft, measure, analysis, place)
        if not time or draft.is_compared(place, pair[0], pair[1], measure.scale, time[1]):
            continue
        name = f"{measure.title}: analysis {number}"
        guess = _guess_analysis(draft, measure, analysis)
        kind = draft.decide("analyses", name, guess, place, "what kind of analysis in a crossover?", _KNOWN)
        people = _people(measure, analysis, time[0], pair) if kind else None
        if people is None:
            if kind:
                draft.refuse(place, "no denominator for both arms")
            continue
        row = {"active_arm": pair[0], "comparator_arm": pair[1], "scale": measure.scale}
        row |= {"timepoint_label": time[0], "timepoint_days": time[1], "analysis": kind}
        row |= {"n1": people[0], "n2": people[1], "derived_by": time[2]}
        _finding(draft, measure, analysis, place, name, row)


def _pair(draft, measure, analysis, place):
    """Active arm and comparator of an analysis, and their group ids; None when it compares anything else."""
    ids = analysis.get("groupIds")
    ids = [g for g in ids if isinstance(g, str)] if isinstance(ids, list) else []
    arms = {measure.groups[g]: g for g in ids if g in measure.groups}
    active = [a for a in arms if draft.arms[a] in ("active", "active_secondary")]
    control = [a for a in arms if draft.arms[a] == "comparator"]
    if len(ids) != 2 or len(active) != 1 or len(control) != 1:
        draft.refuse(place, f"compares {len(ids)} groups that are not one active arm and one comparator")
        return None
    return active[0], control[0], arms[active[0]], arms[control[0]]


def _time(draft, measure, analysis, place):
    """Label, days and derivation of the one time point an analysis is about."""
    labels = list(measure.cells)
    if len(labels) > 1:
        about = " ".join(words(analysis, key, limit=1000) for key in _REMARKS)
        named = [pair for pair in labels if f" {plain(pair[0])} " in f" {plain(about)} "]
        labels = named or labels
    if len(labels) != 1:
        draft.refuse(place, "its time point is not stated" if labels else "its time point has no row")
        return None
    return (*labels[0], _derived_by(draft, labels[0][0]))


def _derived_by(draft, label):
    """Function that turned the words of a time point into days."""
    rows = draft.rows["outcomes"][::-1]
    return next(row.get("derived_by", "") for row in rows if row["timepoint_label"] == label)


_REMARKS = ("groupDescription", "statisticalComment", "estimateComment", "pValueComment")


def _guess_analysis(draft, measure, analysis):
    if draft.trial.get("design") == "rct_crossover":
        return ""
    text = words(analysis, "statisticalMethod")
    for kind, pattern in _ANALYSES:
        if re.search(pattern, text, re.I):
            return kind
    if re.search(r"\bt[- ]test|anova", text, re.I):
        return "change_scores" if measure.reading == "change" else "post_scores"
    return "not_stated"


def _people(measure, analysis, label, pair):
    """People in both arms, or None."""
    own = next((c for c in items(measure.source, "classes") if words(c, "title", limit=80) == label), _BLANK)
    n = denominators(own, measure.source)
    return (n[pair[2]], n[pair[3]]) if pair[2] in n and pair[3] in n else None


def _finding(draft, measure, analysis, place, name, row):
    """Fill in what the analysis says: a number, or a test without one."""
    p = figure(analysis, "pValue")
    superiority = not re.match(r"non|equiv", words(analysis, "nonInferiorityType"), re.I)
    p_value = p.plain if superiority and p and 0 <= p.value <= 1 else ""
    significance = _significance(p) if superiority else "not_stated"
    estimate = figure(analysis, "paramValue")
    metric = _metric(words(analysis, "paramType"), measure.reading)
    if not estimate:
        return _test_only(draft, measure, place, row, p, p_value, significance)
    if metric is None:
        found = words(analysis, "paramType") or "no type"
        return draft.refuse(place, f"'{found}' is no difference of scores")
    numbers = _precision(analysis, metric) | ({"p_value": p_value} if p_value else {})
    n_is_enough = metric in ("cohen_d", "hedges_g")
    if not (numbers or n_is_enough) or (set(numbers) <= {"ci_low", "ci_high"} and len(numbers) == 1):
        return draft.refuse(place, "an estimate without an SE, a 95% interval or an exact p")
    guess = _direction(measure, row, estimate.value, draft.scales[measure.scale].get("lower_is_better"))
    question = f"which sign of {estimate.plain} favours {row['active_arm']}?"
    sign = draft.decide("directions", name, guess, place, question, ("negative", "positive"))
    if sign is None:
        return None
    cells = _where(measure, row)
    limits = {key: numbers.get(key, "") for key in ("ci_low", "ci_high")}
    method = words(analysis, "statisticalMethod", limit=100)
    facts = [draft.fact("contrast", metric, estimate.plain, place, sign=sign, note=method, **cells, **limits)]
    facts += [
        draft.fact("contrast", key, numbers[key], place, note=method, **cells)
        for key in ("se", "p_value")
        if key in numbers
    ]
    draft.add(
        "contrasts", place, [*facts, *_cells_facts(measure, row)], finding="estimate", metric=metric,
        significance=significance, estimate=estimate.plain, favours_active_when=sign,
        note=_note(analysis, p), **numbers, **row,
    )  # fmt: skip
    return None


def _where(measure, row):
    """Cells of a fact that say what a contrast compares and when."""
    return {
        "arm": f"{row['active_arm']} v {row['comparator_arm']}", "outcome": measure.scale,
        "timepoint_days": row["timepoint_days"], "timepoint_label": row["timepoint_label"],
    }  # fmt: skip


def _test_only(draft, measure, place, row, p, p_value, significance):
    """A p value without a difference: no significant difference, or a direction that the means show."""
    finding = "not_significant" if significance == "not_significant" else _side(draft, measure, row)
    if significance == "not_stated" or not finding:
        return draft.refuse(place, f"no estimate, and p '{p.printed}' alone tells nothing")
    status = "as printed" if p_value else "direction or text only"
    fact = draft.fact(
        "contrast", "p_value", p_value, place, status=status, note=f"p as printed: {p.printed}",
        **_where(measure, row),
    )  # fmt: skip
    test = {"test": "pairwise"} if finding == "not_significant" else {}
    draft.add(
        "contrasts", place, [fact, *_cells_facts(measure, row)], finding=finding, metric="none",
        significance=significance, p_value=p_value, note=f"p as printed: {p.printed}.", **test, **row,
    )  # fmt: skip
    return None


def _side(draft, measure, row):
    """Finding that the two means show; empty when one is missing or they are equal."""
    active, control = _means(measure, row)
    if active is None or control is None or active == control:
        return ""
    better = (active < control) == bool(draft.scales[measure.scale].get("lower_is_better"))
    return "favours_active" if better else "favours_comparator"


def _significance(p):
    """Significance at 0.05, as far as a p or its bound tells."""
    value = float(p.text) if p.text else math.nan
    if not 0 <= value <= 1:
        return "not_stated"
    if p.bound == "<":
        return "significant" if value <= 0.05 else "not_stated"
    if p.bound == ">":
        return "not_significant" if value >= 0.05 else "not_stated"
    return "significant" if value < 0.05 else "not_significant"


def _metric(label, reading):
    text = plain(label)
    if "HEDGES" in text or "COHEN" in text:
        return "hedges_g" if "HEDGES" in text else "cohen_d"
    if "MEAN DIFFERENCE" not in text or "STANDARDI" in text or "RATIO" in text:
        return None
    return "mean_difference_of_change" if "NET" in text.split() or reading == "change" else "mean_difference"


def _precision(analysis, metric):
    """SE and 95% limits of an estimate; a one-sided interval, another level or an SD has no column."""
    low, high = figure(analysis, "ciLowerLimit"), figure(analysis, "ciUpperLimit")
    two_sided = words(analysis, "ciNumSides") != "ONE_SIDED"
    numbers = {}
    if figure(analysis, "ciPctValue").value == 95 and two_sided and low and high:
        numbers = {"ci_low": low.plain, "ci_high": high.plain}
    se = figure(analysis, "dispersionValue")
    is_se = plain(words(analysis, "dispersionType")).startswith("STANDARD ERROR")
    if is_se and se and se.value > 0 and metric.startswith("mean"):
        numbers["se"] = se.plain
    return numbers


def _means(measure, row):
    """Means of both arms at the time of a contrast; None where there is none."""
    cells = {c.arm: float(c.mean) for c in measure.cells[row["timepoint_label"], row["timepoint_days"]]}
    return cells.get(row["active_arm"]), cells.get(row["comparator_arm"])


def _cells_facts(measure, row):
    """Facts of the two means a contrast is about."""
    arms = (row["active_arm"], row["comparator_arm"])
    cells = measure.cells[row["timepoint_label"], row["timepoint_days"]]
    return [fact for cell in cells if cell.arm in arms for fact in cell.facts]


def _direction(measure, row, estimate, lower_is_better):
    """Sign that favours the active arm, when the means tell which was subtracted from which."""
    active, control = _means(measure, row)
    if active is None or control is None:
        return ""
    same, turned = abs(estimate - (active - control)), abs(estimate + (active - control))
    if max(same, turned) < 1.5 * min(same, turned) + 1e-9 or min(same, turned) > abs(estimate) / 2:
        return ""
    return "negative" if (same < turned) == bool(lower_is_better) else "positive"


def _note(analysis, p):
    level = figure(analysis, "ciPctValue")
    limits = [figure(analysis, key).printed for key in ("ciLowerLimit", "ciUpperLimit")]
    notes = [words(analysis, "statisticalMethod", limit=100)]
    notes += [f"p as printed: {p.printed}"] if p.bound else []
    if any(limits) and (level.value != 95 or words(analysis, "ciNumSides") == "ONE_SIDED"):
        notes.append(f"{level.printed or '?'}% interval {' to '.join(limits)}")
    return "; ".join(filter(None, notes))


def differences_of_means(draft, measure):
    """
    Propose the difference of two arms' means, with its pooled standard error, where no analysis gives one.

    Only arithmetic means of parallel arms with an SD, or an SE of the mean, and n; not at baseline. The
    difference is a derived fact that shows its arithmetic.

    References
    ----------
    Standard error of a difference with the pooled SD, so that its t is the two-sample t statistic.
    """
    if measure.kind or draft.trial.get("design") != "rct_parallel":
        return
    rows = [row for row in draft.rows["contrasts"] if "estimate" in row]
    done = {(row["scale"], row["timepoint_label"], row["active_arm"]) for row in rows}
    for (label, days), cells in measure.cells.items():
        control = [c for c in cells if draft.arms[c.arm] == "comparator"]
        active = [c for c in cells if draft.arms[c.arm] in ("active", "active_secondary")]
        if float(days) == 0 or len(control) != 1:
            continue
        for cell in active:
            pair = (cell.arm, control[0].arm)
            if (measure.scale, label, cell.arm) in done or not all(map(_sd, (cell, control[0]))):
                continue
            if not draft.is_compared(f"{measure.place} / {label}", *pair, measure.scale, days):
                _difference(draft, measure, label, days, cell, control[0])


def _sd(cell):
    """SD of a cell, printed or from its SE; None without n."""
    if not cell.n or int(cell.n) < 2 or not (cell.sd or cell.se):
        return None
    return float(cell.sd) if cell.sd else float(cell.se) * math.sqrt(int(cell.n))


def _difference(draft, measure, label, days, active, control):
    n1, n2, sd1, sd2 = int(active.n), int(control.n), _sd(active), _sd(control)
    pooled = math.sqrt(((n1 - 1) * sd1**2 + (n2 - 1) * sd2**2) / (n1 + n2 - 2))
    estimate = f"{float(active.mean) - float(control.mean):.6g}"
    se = f"{pooled * math.sqrt(1 / n1 + 1 / n2):.6g}"
    shown = f"{active.mean} - {control.mean}; pooled SD {pooled:.4g}, n {n1} and {n2}"
    location, derived_by = f"{measure.place} / {label}", _derived_by(draft, label)
    change = measure.reading == "change"
    metric = "mean_difference_of_change" if change else "mean_difference"
    sign = "negative" if draft.scales[measure.scale].get("lower_is_better") else "positive"
    cells = {"outcome": measure.scale, "timepoint_days": days, "timepoint_label": label, "status": "derived"}
    cells |= {"arm": f"{active.arm} v {control.arm}", "analysis": shown}
    facts = [
        draft.fact("contrast", metric, estimate, location, sign=sign, **cells),
        draft.fact("contrast", "se", se, location, **cells),
    ]
    draft.add(
        "contrasts", location, [*facts, *active.facts, *control.facts], active_arm=active.arm,
        comparator_arm=control.arm, scale=measure.scale, timepoint_days=days, timepoint_label=label,
        finding="estimate", metric=metric, estimate=estimate, se=se, n1=active.n, n2=control.n,
        favours_active_when=sign, analysis="change_scores" if change else "post_scores",
        derived_by="; ".join(filter(None, [derived_by, "as_extracted"])),
        note=f"Difference of the printed means: {shown}.",
    )  # fmt: skip
