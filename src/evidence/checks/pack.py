"""Checks of the fact pack against itself: numbers it holds twice, and numbers that cannot be."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from statistics import median

from ..data.schema import printed_text
from .slots import arm_of, study_of, study_or_source, text_of

# Facts that repeat one printed number, extracted from different places or in different passes. The pack says
# so by its contents only; a new pack that restates an old number is added here.
RESTATED = """
F0005 F0494 F0606 | F0006 F0491 F0620 | F0007 F0492 F0621 | F0027 F0029 | F0028 F0789 | F0051 F0496
F0052 F0500 | F0053 F0501 F0618 | F0055 F0506 | F0056 F0507 F0619 | F0058 F0502 | F0059 F0503 | F0060 F0508
F0061 F0509 | F0064 F0504 | F0065 F0505 | F0066 F0510 | F0067 F0511 | F0073 F0077 F0078 | F0082 F0497 F0764
F0084 F0498 F0765 | F0088 F0394 F0499 F0766 | F0092 F0853 | F0102 F0512 | F0103 F0612 | F0104 F0613
F0106 F0513 | F0111 F0616 | F0107 F0614 | F0108 F0615 | F0110 F0514 | F0112 F0617 | F0127 F0516
F0132 F0424 F0752 | F0133 F0425 F0753 | F0134 F0426 F0754 | F0135 F0427 F0756 | F0136 F0428 F0755
F0137 F0429 F0757 | F0139 F0140 | F0152 F0751 | F0248 F0397 | F0278 F0780 | F0279 F0781 | F0285 F0524
F0286 F0525 | F0287 F0526 | F0288 F0527 | F0289 F0528 | F0290 F0529 | F0333 F0384 | F0339 F0772 | F0340 F0773
F0341 F0774 | F0345 F0776 | F0347 F0777 | F0351 F0624 | F0400 F0561 | F0401 F0562 | F0405 F0565 | F0432 F0758
F0433 F0759 | F0434 F0760 | F0435 F0761 | F0436 F0607 | F0437 F0608 | F0438 F0609 | F0463 F0466 F0762
F0464 F0467 F0763 | F0488 F0555 | F0489 F0556
"""
_GROUPS = [group.split() for group in RESTATED.replace("\n", " | ").split(" | ") if group.strip()]
# Statistics that carry no number of their own.
_TEXT = re.compile(r"text|direction|qualitative|grade|range|scope|status|MCID_SD_units$")
SIZES = re.compile(
    r"^n$|^n_(randomised|enrolled|started|participants|screened|planned)|randomised|started|sample size"
)
BASELINE = re.compile(r"^(n_randomised|n_started|n_started_period1|age|female|male)$")
_POSITIVE = re.compile(
    r"^(count|n|n_\w+|k_\w+|percent|percent_range|proportion|mean|median|\w*days\w*|mean_months|sd\w*|se\w*|F|hours_min"
    r"|odds_ratio|risk_ratio|p_value|mg_per_kg|minimum|cohen_d_se|implied_sd|scale_\w+|\w*_ICC|\w*points)$"
)
_WHOLE = re.compile(r"^(count|n|n_events|n_studies|n_significant|n_participants|k_studies|planned_n)$")
DESIGN = re.compile(r"_arm$|^RCT_|^case_|^randomised_|_review$")
_SHARES = re.compile(r"ICC|^pearson|cronbach|test_retest_r$|^proportion$|^p_value$")
_FAMILIES = {"n": "count", "n_events": "count", "hedges_g_bias_adjusted": "hedges_g", "SMD": "smd"}
# What restated facts share, and how it is read off one of them.
_READ = {
    **{c: lambda fact, dossier, c=c: fact[c] for c in ("value", "ci_low", "ci_high", "n")},
    "statistic": lambda fact, dossier: _FAMILIES.get(fact["statistic"], fact["statistic"]),
    "outcome": lambda fact, dossier: fact["outcome"] if fact["outcome"] in dossier.scales else None,
    "timepoint_days": lambda fact, dossier: (
        None if fact["timepoint_days"] is None else round(fact["timepoint_days"] / 7)
    ),
    "arm": lambda fact, dossier: arm_of(fact) if (study_of(fact), arm_of(fact)) in dossier.arms else None,
}
_AGAIN = "compare both facts with their sources"


def restated_facts(dossier):
    """Facts that repeat one printed number agree in value, interval, n, statistic and scale."""
    table = dossier.tables.get("facts")
    lines = {row["fact_id"]: line for _, line, row in dossier.rows("facts")}
    for group in _GROUPS:
        known = [dossier.facts[i] for i in group if i in dossier.facts]
        for column, read in _READ.items():
            told = [(fact, read(fact, dossier)) for fact in known]
            usual = Counter(x for _, x in told if x is not None).most_common(1)
            for fact, value in told:
                if usual and value != usual[0][0] and (value is not None or column == "value"):
                    twins = " and ".join(f["fact_id"] for f in known if f is not fact)
                    allowed = f"{printed_text(usual[0][0])}, as in {twins}"
                    yield table.fault(lines[fact["fact_id"]], fact, column, allowed, _AGAIN)


def fact_complete(dossier):
    """A fact of a numeric statistic has its number, or both limits of a range."""
    for table, line, row in dossier.rows("facts"):
        if row["value"] is None and row["ci_low"] is None and not _TEXT.search(row["statistic"]):
            allowed = f"a number for the statistic '{row['statistic']}'"
            yield table.fault(line, row, "value", allowed, "copy the number from the source", found="blank")


def fact_size(dossier):
    """The number of people in an arm or trial is its own n."""
    for table, line, row in dossier.rows("facts"):
        size = row["statistic"] in ("count", "n") and row["kind"] in ("arm", "design")
        if size and SIZES.search(row["outcome"] or "") and "complet" not in row["outcome"]:
            second = "period2" in row["outcome"]
            if not second and None not in (row["value"], row["n"]) and row["value"] != row["n"]:
                allowed = f"{row['n']:g}, the n of this fact"
                yield table.fault(line, row, "value", allowed, "check value and n")
        counts = row["statistic"] in ("count", "n_events") and row["kind"] != "meta"
        if counts and None not in (row["value"], row["n"]) and row["value"] > row["n"]:
            yield table.fault(line, row, "value", f"at most n, {row['n']:g}", "check value and n")


def fact_possible(dossier):
    """Counts are whole, sizes and spreads positive, correlations within 1, the mark of a design is 1."""
    for table, line, row in dossier.rows("facts"):
        value, kind = row["value"], row["statistic"]
        if row["timepoint_days"] is not None and not _is_day(row["timepoint_days"]):
            allowed = "a day of 0 to 366, whole or half once it is past 1"
            yield table.fault(line, row, "timepoint_days", allowed, "check sign and decimal point")
        if row["kind"] == "arm" and row["timepoint_days"] and BASELINE.search(row["outcome"] or ""):
            yield table.fault(line, row, "timepoint_days", "day 0 for people at the start", "correct the day")
        for allowed, wrong in (
            ("a number >= 0", value is not None and _POSITIVE.search(kind) and value < 0),
            ("a whole number", value is not None and _WHOLE.search(kind) and value % 1),
            ("1, the mark of a design", DESIGN.search(kind) and value != 1),
            (
                "an SE for a comparison, an SD for an arm",
                kind == {"contrast": "sd", "arm": "se"}.get(row["kind"]),
            ),
            ("a number from -1 to 1", value is not None and _SHARES.search(kind) and abs(value) > 1),
        ):
            if wrong:
                yield table.fault(
                    line, row, "value", f"{allowed} for the statistic '{kind}'", "copy it again"
                )


def _is_day(day):
    return 0 <= day <= 366 and (day < 1 or (2 * day) % 1 == 0)


def fact_in_range(dossier):
    """Scores and changes in a fact lie within the range of their instrument."""
    for table, line, row in dossier.rows("facts"):
        scale, width = dossier.scales.get(row["outcome"]), dossier.width(row["outcome"])
        if not width or row["value"] is None:
            continue
        low, high = {
            "mean": (scale["minimum"], scale["maximum"]),
            "mean_change": (-width, width),
            "mean_difference": (-width, width),
            "reliable_change_min_points": (0, width / 2),
            "clinically_significant_end_score_max": (scale["minimum"], scale["maximum"]),
        }.get(row["statistic"], (-1e9, 1e9))
        if not low <= row["value"] <= high:
            allowed = f"{low:g} to {high:g}, which {row['outcome']} can give"
            yield table.fault(line, row, "value", allowed, "copy the value again, or correct the scale")


def fact_subset(dossier):
    """Events in part of a pooled group are among the events of the whole."""
    whole = {}
    for _, _, row in dossier.rows("facts"):
        whole[row["trial_id"], row["arm"], _words(row["outcome"]), row["statistic"]] = row
    for table, line, row in dossier.rows("facts"):
        if match := re.search(r"SUBSET of (\w+)", row["note"] or ""):
            pool = whole.get((match[1], row["arm"], _words(row["outcome"]), row["statistic"]))
            if pool is None or None in (row["value"], row["n"], pool["value"], pool["n"]):
                continue
            rest, people = pool["value"] - row["value"], pool["n"] - row["n"]
            if not (0 <= rest <= people and 0.2 <= people / pool["n"] <= 0.8 and _similar(row, rest, people)):
                allowed = f"a part of {pool['value']:g} of {pool['n']:g} ({pool['fact_id']})"
                yield table.fault(line, row, "value", allowed, _AGAIN)


def _words(text):
    return frozenset(re.findall(r"[a-z]+", (text or "").lower()))


def _similar(row, rest, people):
    """Whether both parts of a pool may have one risk: their difference is within four standard errors."""
    pooled = (row["value"] + rest + 1) / (row["n"] + people + 2)
    spread = (pooled * (1 - pooled) * (1 / row["n"] + 1 / people)) ** 0.5
    return abs(row["value"] / row["n"] - rest / people) <= 4 * spread


def fact_spread(dossier):
    """An SE times the root of its n is an SD that the scale allows, and an SD is not an SE."""
    known = defaultdict(list)
    for entry in dossier.rows("facts"):
        if (sd := _sd_of(entry[2])) is not None:
            known[entry[2]["outcome"]].append((*entry, sd))
    for rows in known.values():
        typical = median(sd for *_, sd in rows)
        for table, line, row, sd in rows:
            if len(rows) >= 3 and not typical / 2.2 <= sd <= typical * 2.2:
                allowed = f"an SD near {typical:.3g}, the median for {row['outcome']}"
                fix = "check value, n, and SD against SE"
                yield table.fault(line, row, "statistic", allowed, fix, found=f"an SD of {sd:.3g}")


def _sd_of(row):
    """SD of scores that a fact prints, or implies through its SE."""
    value, n = row["value"], row["n"]
    if value is None or row["kind"] not in ("continuous", "arm"):
        return None
    if row["statistic"] in ("sd", "sd_change"):
        return value
    return value * n**0.5 if row["statistic"] in ("se", "se_change") and n else None


def fact_scale_known(dossier):
    """An instrument in a fact is one that its study uses elsewhere, in facts, rows or words."""
    used = defaultdict(Counter)
    for _, _, row in dossier.rows("facts"):
        used[study_or_source(row)].update(
            {row["outcome"], *re.findall(r"[A-Z]{3,5}-?(?:IV|R|M|\d)?", text_of(row))}
        )
    for _, _, row in dossier.rows("trials", "contrasts", "outcomes", "published_pools"):
        study = row.get("trial_id") or row.get("review")
        used[study].update({row.get("primary_scale"), row.get("scale"), row.get("outcome")} - {None})
    for table, line, row in dossier.rows("facts"):
        scale, others = row["outcome"], used[study_or_source(row)]
        peers = sum(n for name, n in others.items() if name in dossier.scales)
        if scale in dossier.scales and others[scale] < 2 and peers > 1:
            allowed = (
                f"an instrument of this study: {', '.join(sorted(s for s in others if s in dossier.scales))}"
            )
            yield table.fault(line, row, "outcome", allowed, "correct the scale")
