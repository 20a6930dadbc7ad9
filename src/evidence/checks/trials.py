"""Checks between rows: arms against contrasts, change against its ends, people and days against the trial."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from itertools import combinations, pairwise

from .coherence import within_factor
from .dossier import days_in, names_end
from .grim import half_unit

_CELLS = "compare both rows with the source"
_NUMBERS = ("mean", "sd", "mean_change", "sd_change")


def _has(row, *columns):
    return all(row.get(column) is not None for column in columns)


def _slack(*values):
    return sum(half_unit(v) for v in values) + 1e-9


def change_and_ends(dossier):
    """A mean change is end minus baseline when the same number of people is behind both."""
    for (_trial, _scale, day), rows in dossier.outcomes.items():
        for table, line, row in rows:
            start = _baseline(dossier, row) if day != 0 else None
            if start is None or not _has(row, "mean", "mean_change") or row["n"] != start["n"]:
                continue
            change = row["mean"] - start["mean"]
            if abs(change - row["mean_change"]) > _slack(row["mean"], start["mean"], row["mean_change"]):
                allowed = f"{change:.6g}, which is {row['mean']:g} minus {start['mean']:g} at baseline"
                yield table.fault(line, row, "mean_change", allowed, _CELLS)


def _baseline(dossier, row):
    for _, _, start in dossier.outcomes.get((row["trial_id"], row["scale"], 0), []):
        if start["arm"] == row["arm"] and start["mean"] is not None:
            return start
    return None


def change_spread(dossier):
    """SDs at both ends and of the change leave a correlation between -1 and 1."""
    for (_trial, _scale, day), rows in dossier.outcomes.items():
        for table, line, row in rows:
            start = _baseline(dossier, row) if day != 0 else None
            if start is None or not (_has(row, "sd", "sd_change") and start["sd"] and row["n"] == start["n"]):
                continue
            low, high = abs(row["sd"] - start["sd"]), row["sd"] + start["sd"]
            if not low - 0.01 <= row["sd_change"] <= high + 0.01:
                allowed = f"{low:.4g} to {high:.4g}, from the SDs at both ends"
                yield table.fault(line, row, "sd_change", allowed, _CELLS)


def contrast_and_arms(dossier):
    """A contrast is what the rows of its two arms give: difference of changes, its Welch SE, Hedges' g."""
    for (trial, active, comparator, scale, day), rows in dossier.contrasts.items():
        arms = {row["arm"]: row for _, _, row in dossier.outcomes.get((trial, scale, day), [])}
        if active in arms and comparator in arms:
            for table, line, row in rows:
                yield from _against_arms(table, line, row, arms[active], arms[comparator])


def _against_arms(table, line, row, a, b):
    for column, expected, slack in _expected(row, a, b):
        if row[column] is not None and abs(row[column] - expected) > slack + _slack(row[column]):
            allowed = f"{expected:.4g}, from the rows of {row['active_arm']} and {row['comparator_arm']}"
            yield table.fault(line, row, column, allowed, _CELLS)
    for column, arm in (("n1", a), ("n2", b)):
        if row["finding"] == "estimate" and row[column] != arm["n"]:
            allowed = f"{arm['n']:g}, as in outcomes for {arm['arm']}"
            yield table.fault(line, row, column, allowed, _CELLS)


def _expected(row, a, b):
    """Column, expected value and slack of what two arms give for one contrast."""
    if row["metric"] == "mean_difference_of_change" and _has(a, "mean_change") and _has(b, "mean_change"):
        yield "estimate", a["mean_change"] - b["mean_change"], _slack(a["mean_change"], b["mean_change"])
        if _has(a, "sd_change", "n") and _has(b, "sd_change", "n"):
            se = math.sqrt(a["sd_change"] ** 2 / a["n"] + b["sd_change"] ** 2 / b["n"])
            yield "se", se, 0.01
    whole = _has(a, "mean", "sd", "n") and _has(b, "mean", "sd", "n")
    if row["analysis"] == "post_scores" and row["metric"] == "hedges_g" and whole and min(a["n"], b["n"]) > 1:
        from ..measures.escalc import hedges_g  # numpy, only where it is needed

        g, v = hedges_g(a["mean"], a["sd"], a["n"], b["mean"], b["sd"], b["n"])
        yield "estimate", float(g), 0.003
        yield "ci_low", float(g) - 1.96 * math.sqrt(float(v)), 0.01
        yield "ci_high", float(g) + 1.96 * math.sqrt(float(v)), 0.01


def adjusted_between(dossier):
    """A baseline-adjusted difference lies between the raw difference of end scores and that of changes."""
    for (trial, active, comparator, scale, day), rows in dossier.contrasts.items():
        arms = {row["arm"]: row for _, _, row in dossier.outcomes.get((trial, scale, day), [])}
        if not all(_has(arms.get(arm, {}), "mean", "mean_change") for arm in (active, comparator)):
            continue
        ends = sorted(arms[active][c] - arms[comparator][c] for c in ("mean", "mean_change"))
        for table, line, row in rows:
            adjusted = row["metric"] == "mean_difference" and row["analysis"] == "ancova"
            if adjusted and not ends[0] - 1 <= row["estimate"] <= ends[1] + 1:
                allowed = f"from {ends[0]:.4g} (less 1) to {ends[1]:.4g} (plus 1), which the arms give"
                yield table.fault(line, row, "estimate", allowed, _CELLS)


def same_comparison(dossier):
    """Several estimates of one comparison favour the same arm and imply one SD and one t value."""
    for rows in dossier.contrasts.values():
        given = [(t, n, r) for t, n, r in rows if r["estimate"] is not None]
        for (_, _, first), (table, line, row) in pairwise(given):
            if _towards(first) * _towards(row) < 0:
                allowed = "the same arm favoured as in the other estimates of this comparison"
                yield table.fault(
                    line, row, "estimate", allowed, f"check sign and favours_active_when; {_CELLS}"
                )
        raw = [r for _, _, r in given if r["metric"] == "mean_difference" and _has(r, "se", "n1", "n2")]
        for table, line, row in given:
            for other in raw if row["metric"] == "cohen_d" else ():
                yield from _one_sd(table, line, row, other)


def _towards(row):
    """1 when the estimate favours the active arm, -1 when the comparator, 0 at no difference."""
    sign = (row["estimate"] > 0) - (row["estimate"] < 0)
    return sign if row["favours_active_when"] == "positive" else -sign


def _one_sd(table, line, row, raw):
    """SD behind d and SD behind the SE of the raw difference; t of both."""
    n = math.sqrt(1 / raw["n1"] + 1 / raw["n2"])
    if row["estimate"] and not within_factor(raw["se"] / n, raw["estimate"] / row["estimate"], 0.6, 1.4):
        allowed = f"d with an SD near {raw['se'] / n:.3g}, which the SE of the raw difference implies"
        found = f"d {row['estimate']:g} for {raw['estimate']:g} points"
        yield table.fault(line, row, "estimate", allowed, _CELLS, found=found)
    if row["estimate"] and _has(row, "ci_low", "ci_high"):
        t = row["estimate"] / (row["ci_high"] - row["ci_low"]) * 3.92
        if not within_factor(t, raw["estimate"] / raw["se"], 0.85, 1.15):
            allowed = f"d over its SE near {raw['estimate'] / raw['se']:.3g}, as for the raw difference"
            yield table.fault(line, row, "ci_high", allowed, _CELLS, found=f"{t:.3g}")


def contrast_people(dossier):
    """People in a contrast are those randomised, completing or rated in that arm."""
    for table, line, row in dossier.rows("contrasts"):
        if (row["n1"] is None) != (row["n2"] is None):
            blank = "n1" if row["n1"] is None else "n2"
            yield table.fault(line, row, blank, "n1 and n2, or neither", "fill in both", found="blank")
        for column, arm in (("n1", row["active_arm"]), ("n2", row["comparator_arm"])):
            known = _people(dossier, row["trial_id"], arm) | {
                r["n"]
                for _, _, r in dossier.outcomes.get(
                    (row["trial_id"], row["scale"], row["timepoint_days"]), []
                )
                if r["arm"] == arm
            }
            if row[column] is not None and known and row[column] not in known:
                allowed = f"{_either(known)}, the people of {arm} elsewhere"
                yield table.fault(line, row, column, allowed, "check n against the flow of participants")


def _people(dossier, trial, arm):
    found = dossier.arms.get((trial, arm), {})
    return {found.get(c) for c in ("n_randomised", "n_completed")} - {None}


def _either(values):
    return " or ".join(f"{v:g}" for v in sorted(v for v in values if v is not None))


def people_at_most(dossier):
    """No arm has more people in a result than were randomised to it."""
    for table, line, row in dossier.rows("outcomes", "events", "timing"):
        limit = dossier.arms.get((row["trial_id"], row["arm"]), {}).get("n_randomised")
        if limit is not None and row["n"] is not None and row["n"] > limit:
            allowed = f"at most {limit:g}, the people randomised to {row['arm']}"
            yield table.fault(line, row, "n", allowed, "check n; another source may count other people")


def dropout_and_flow(dossier):
    """Dropouts and completers add up to the people at risk."""
    for table, line, row in dossier.rows("events"):
        completed = dossier.arms.get((row["trial_id"], row["arm"]), {}).get("n_completed")
        if row["outcome"] not in ("dropout", "dropout_week1") or completed is None:
            continue
        if row["n"] - row["events"] != completed:
            allowed = f"{row['n'] - completed:g}, so that {completed:g} of {row['n']:g} complete"
            yield table.fault(line, row, "events", allowed, "check events, n and n_completed of the arm")


def one_denominator(dossier):
    """Events of one arm at one time have one denominator."""
    groups = defaultdict(list)
    for entry in dossier.rows("events"):
        groups[entry[2]["trial_id"], entry[2]["arm"], entry[2]["timepoint_label"]].append(entry)
    for rows in groups.values():
        usual = Counter(row["n"] for _, _, row in rows).most_common(1)[0][0]
        for table, line, row in rows:
            if row["n"] != usual:
                allowed = f"{usual:g}, as in the other rows of this arm and time"
                yield table.fault(line, row, "n", allowed, "check n")


def responders_and_timing(dossier):
    """Time to loss of a response is counted in the people who responded."""
    events = {"loss_of_response": "response", "relapse_ptsd": "remission_ptsd"}
    counts = defaultdict(set)
    for _, _, row in dossier.rows("events"):
        counts[row["trial_id"], row["arm"], row["outcome"]].add(row["events"])
    for table, line, row in dossier.rows("timing"):
        known = counts.get((row["trial_id"], row["arm"], events.get(row["event"])), set())
        if known and row["n"] not in known:
            allowed = f"{_either(known)}, the people with {events[row['event']]} in events"
            yield table.fault(line, row, "n", allowed, "check n against the responders")


def arms_and_trial(dossier):
    """Arms add up to the trial: people randomised, women; the mean age lies between those of the arms."""
    by_trial = defaultdict(list)
    for table, line, row in dossier.rows("arms"):
        by_trial[row["trial_id"]].append((table, line, row))
    for table, line, trial in dossier.rows("trials"):
        rows = by_trial[trial["trial_id"]]
        parts = [r for _, _, r in rows if r["role"] != "all"]
        if parts and _has(trial, "n_randomised") and (len(parts) > 1 or trial["design"].startswith("rct")):
            yield from _arm_sums(table, line, trial, parts)
        elif len(parts) == 1 and parts[0]["n_randomised"] != trial["n_randomised"]:
            allowed = f"{_text(parts[0]['n_randomised'])}, as in arms"
            yield table.fault(line, trial, "n_randomised", allowed, "check n in trials and arms")
        if trial["n_randomised"] is None and parts and all(_has(row, "n_randomised") for row in parts):
            allowed = "the people randomised: every arm has its number"
            yield table.fault(line, trial, "n_randomised", allowed, "fill in the trial", found="blank")
        for whole_table, whole_line, whole in (entry for entry in rows if entry[2]["role"] == "all"):
            yield from _whole(whole_table, whole_line, whole, parts, (table, line, trial), dossier)


def _text(value):
    return "blank" if value is None else f"{value:g}"


def _arm_sums(table, line, trial, parts):
    known = [row["n_randomised"] for row in parts]
    if None in known and any(n is not None for n in known):
        allowed = "n_randomised in every arm of the trial, or in none"
        yield table.fault(line, trial, "n_randomised", allowed, "fill in the arms", found="an arm without")
    parallel = trial["design"].startswith("rct")
    if parallel and None not in known and sum(known) != trial["n_randomised"]:
        allowed = f"{sum(known):g}, the sum of the arms"
        yield table.fault(line, trial, "n_randomised", allowed, "check n in trials and arms")


def _whole(table, line, whole, parts, trial_entry, dossier):
    """The row of all arms together against the arms and the trial."""
    fix = "check this row and the rows of the arms"
    totals = {trial_entry[2]["n_randomised"]} | dossier.accepted(
        trial_entry[0], trial_entry[1], "n_randomised"
    )
    totals -= {None}
    if whole["n_randomised"] is not None and totals and whole["n_randomised"] not in totals:
        yield table.fault(line, whole, "n_randomised", f"{_either(totals)}, as in trials", fix)
    for column, exact in (("female", True), ("n_completed", False)):
        known = [row[column] for row in parts]
        if parts and None not in known and whole[column] is not None:
            total = sum(known)
            if whole[column] > total or (exact and whole[column] != total):
                allowed = f"{'' if exact else 'at most '}{total:g}, the sum of the arms"
                yield table.fault(line, whole, column, allowed, fix)
    ages = [row["age"] for row in parts if row["age"] is not None]
    whole_age = len(ages) == len(parts) > 0 and whole["age"] is not None
    if whole_age and not min(ages) - 0.05 <= whole["age"] <= max(ages) + 0.05:
        yield table.fault(line, whole, "age", f"{min(ages):g} to {max(ages):g}, the ages of the arms", fix)


def labelled_day(dossier):
    """The day of a row is the one that its label names, and a label means one day in a trial."""
    seen: dict[tuple, int] = {}
    for table, line, row in dossier.rows("outcomes", "contrasts", "events"):
        day, label, trial = row["timepoint_days"], row["timepoint_label"], row["trial_id"]
        allowed = _days_allowed(label, dossier.trials.get(trial, {}))
        if day is not None and allowed and not any(math.isclose(day, d) for d in allowed):
            text = f"day {_either(allowed)}, as '{label}' says"
            yield table.fault(line, row, "timepoint_days", text, "correct the day or the label")
        first = seen.setdefault((trial, label), day)
        if first != day:
            text = f"day {_text(first)}, as for '{label}' in another row of this trial"
            yield table.fault(line, row, "timepoint_days", text, "correct the day or the label")


def _days_allowed(label, trial):
    """Days that a label may mean; empty when it names none."""
    end = trial.get("end_of_treatment_day")
    if names_end(label):
        return [end] if end is not None else []
    day = days_in(label)
    if day is None:
        return []
    return [day, day + end] if "follow-up" in label and end is not None else [day]


def days_and_schedule(dossier):
    """One dose ends on day 0; several take longer; ratings of a change come after the first dose."""
    for table, line, row in dossier.rows("trials"):
        doses, last = row["n_doses"], row["last_dose_day"]
        if (doses is not None and last is not None) and (doses == 1) != (last == 0):
            allowed = "day 0 for a single dose, later for a course"
            yield table.fault(line, row, "last_dose_day", allowed, "check n_doses and last_dose_day")
        if doses is None and last is not None:
            fix = "fill in n_doses, or blank the day"
            yield table.fault(line, row, "n_doses", "a number beside last_dose_day", fix, found="blank")
    for table, line, row in dossier.rows("outcomes"):
        if row["mean_change"] is not None and row["timepoint_days"] == 0:
            yield table.fault(line, row, "timepoint_days", "a day after baseline for a change", _CELLS)


def copied_values(dossier):
    """No two rows of a trial hold the same mean and SD, and no estimate stands at two times."""
    seen: dict[tuple, int] = {}
    for table, line, row in dossier.rows("outcomes"):
        for pair in combinations([c for c in _NUMBERS if row[c] is not None], 2):
            key = (row["trial_id"], row["scale"], pair, tuple(row[c] for c in pair))
            if seen.setdefault(key, line) != line:
                allowed = f"its own numbers; the same {' and '.join(pair)} stand on line {seen[key]}"
                yield table.fault(line, row, pair[0], allowed, "copy the numbers of this arm and time")
    for table, line, row in dossier.rows("contrasts"):
        if row["estimate"] is not None:
            mark = (row["trial_id"], row["metric"], row["estimate"])
            if seen.setdefault(mark, line) != line:
                allowed = f"its own estimate; the same stands on line {seen[mark]}"
                yield table.fault(line, row, "estimate", allowed, "copy the numbers of this comparison")
