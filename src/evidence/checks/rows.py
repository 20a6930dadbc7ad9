"""Checks within one row: do estimate, SE, interval, p, SD and n belong together, and are they possible?"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from statistics import median

from .coherence import fewest_df, interval_fits_se, is_centred, p_fits, within_factor
from .dossier import LARGEST, beyond_measure
from .grim import grim, grimmer, half_unit, percent_counts

_SOURCE = "compare estimate, interval, SE and p with the source: one digit, sign or column is wrong"
_RATIOS = {"odds_ratio", "risk_ratio", "odds ratio", "risk ratio"}
_CREDIBLE = re.compile(r"HDI|Bayes|credible", re.I)
# table: estimate, lower, upper
_INTERVALS = {
    "outcomes": (("mean", "ci_low", "ci_high"), ("mean_change", "mean_change_ci_low", "mean_change_ci_high")),
    "contrasts": (("estimate", "ci_low", "ci_high"),),
    "published_pools": (("estimate", "ci_low", "ci_high"),),
    "facts": (("value", "ci_low", "ci_high"),),
    "context": (("value", "interval_low", "interval_high"),),
}
_SPREADS = (
    ("mean", "sd", "se", "ci_low", "ci_high"),
    ("mean_change", "sd_change", "se_change", "mean_change_ci_low", "mean_change_ci_high"),
)
# An SD that is an SE is 1/sqrt(n) too small: for the arms at hand a third of the others or less.
SPREAD_FACTOR = 2.0
RANGE_SHARES = (0.02, 0.5)
LARGE_SMD = 2.0  # metafor 5.1 warns above this


def _has(row, *columns):
    return all(row.get(column) is not None for column in columns)


def measurable(dossier):
    """No number is a billion or more; a row with one is left out of the other checks."""
    for table in dossier.tables.values():
        for line, row in table.sound():
            for column in beyond_measure(row):
                yield table.fault(line, row, column, f"a number below {LARGEST:g}", "copy the number again")


def interval_centre(dossier):
    """A confidence interval is symmetric about its estimate, on the log scale for a ratio."""
    for table, line, row in dossier.rows(*_INTERVALS):
        is_range = row.get("status") == "range, not a CI" or row.get("interval_kind") == "range"
        if is_range or _CREDIBLE.search(f"{row.get('note')} {row.get('analysis')}"):
            continue
        measure = row.get("metric") or row.get("statistic")
        for columns in _INTERVALS[table.schema.name]:
            if _has(row, *columns) and not is_centred(*(row[c] for c in columns), ratio=measure in _RATIOS):
                kind = "geometric" if measure in _RATIOS else "arithmetic"
                low, high = row[columns[1]], row[columns[2]]
                centre = math.sqrt(low * high) if kind == "geometric" and low * high > 0 else (low + high) / 2
                allowed = f"about {centre:.4g}, the {kind} middle of {low:g} to {high:g}"
                yield table.fault(line, row, columns[0], allowed, _SOURCE)


def interval_half(dossier):
    """Both limits of an interval are given, or neither."""
    for table, line, row in dossier.rows(*_INTERVALS):
        for _, low, high in _INTERVALS[table.schema.name]:
            if (row[low] is None) != (row[high] is None):
                blank = low if row[low] is None else high
                yield table.fault(line, row, blank, "both limits, or neither", _SOURCE, found="blank")


def se_and_interval(dossier):
    """A 95% interval of a contrast is two t or normal quantiles of its SE wide."""
    for table, line, row in dossier.rows("contrasts"):
        if _has(row, "se", "ci_low", "ci_high"):
            df = fewest_df(row["n1"], row["n2"])
            if not interval_fits_se(row["ci_low"], row["ci_high"], row["se"], df):
                width = row["ci_high"] - row["ci_low"]
                allowed = f"an SE of about {width / 3.92:.3g}: the interval is {width:.4g} wide"
                yield table.fault(line, row, "se", allowed, _SOURCE)


def p_and_estimate(dossier):
    """A p value belongs to the estimate and its SE, interval or group sizes for some degrees of freedom."""
    for table, line, row in dossier.rows("contrasts", "published_pools"):
        if not _has(row, "estimate", "p_value") or row.get("metric") in _RATIOS:
            continue
        df = fewest_df(row.get("n1"), row.get("n2"))
        if _has(row, "ci_low", "ci_high") and row.get("se") is None:
            fits = p_fits(row["estimate"], row["p_value"], df, low=row["ci_low"], high=row["ci_high"])
        elif (se := _standard_error(row)) is not None:
            fits = p_fits(row["estimate"], row["p_value"], df, se=se)
        else:
            continue
        if not fits:
            allowed = f"the two-sided p of {row['estimate']:g} with its SE or interval, for any df >= {df:g}"
            fix = f"the p may belong to another test; {_SOURCE}"
            yield table.fault(line, row, "p_value", allowed, fix)


def _standard_error(row):
    """Printed SE, or the one that d and the group sizes imply under no effect."""
    if row.get("se") is not None:
        return row["se"]
    if row["metric"] in ("cohen_d", "hedges_g") and _has(row, "n1", "n2"):
        return float(f"{math.sqrt(1 / row['n1'] + 1 / row['n2']):.3g}")
    return None


def significance(dossier):
    """What a contrast says of its significance agrees with its p value and with its interval."""
    for table, line, row in dossier.rows("contrasts"):
        said = {"significant": True, "not_significant": False}.get(row["significance"])
        seen = []
        if _has(row, "ci_low", "ci_high"):
            seen.append((not row["ci_low"] <= 0 <= row["ci_high"], "the interval"))
        if row["p_value"] is not None:
            seen.append((row["p_value"] < 0.05, "the p value"))
        if _has(row, "estimate", "se"):
            seen.append((abs(row["estimate"]) > 1.96 * row["se"], "estimate over SE"))
        for is_significant, witness in seen:
            if said is not None and is_significant != said:
                word = "significant" if is_significant else "not_significant"
                yield table.fault(line, row, "significance", f"{word}, by {witness}", _SOURCE)


def d_interval_and_n(dossier):
    """The interval of a standardised difference is as wide as its group sizes make it."""
    for table, line, row in dossier.rows("contrasts"):
        if row["metric"] in ("cohen_d", "hedges_g") and _has(
            row, "estimate", "ci_low", "ci_high", "n1", "n2"
        ):
            printed = (row["ci_high"] - row["ci_low"]) / 3.92
            n1, n2 = row["n1"], row["n2"]
            expected = math.sqrt(1 / n1 + 1 / n2 + row["estimate"] ** 2 / (2 * (n1 + n2)))
            if not within_factor(printed, expected, 0.75, 1.1):  # adjustment for baseline narrows it
                allowed = f"an interval about {3.92 * expected:.3g} wide for {n1:g} and {n2:g} people"
                yield table.fault(line, row, "ci_high", allowed, f"check n1 and n2; {_SOURCE}")


def large_smd(dossier):
    """A standardised difference is at most 2 in size; a larger one may rest on an SE read as an SD."""
    for table, line, row in dossier.rows("contrasts", "published_pools"):
        smd = _standardised(row)
        if smd is not None and abs(smd) > LARGE_SMD and row.get("comparable") != "pre_post":
            allowed = f"a difference within {LARGE_SMD:g} SD, not {smd:.2f}"
            yield table.fault(
                line, row, "estimate", allowed, "check that the SE is not an SD, nor an SD an SE"
            )


def _standardised(row):
    if row["estimate"] is None:
        return None
    if row["metric"] in ("cohen_d", "hedges_g", "smd", "smd_pre_post"):
        return row["estimate"]
    if row["metric"] == "mean_difference" and _has(row, "se", "n1", "n2"):
        return row["estimate"] / row["se"] * math.sqrt(1 / row["n1"] + 1 / row["n2"])
    return None


def implied_sd(row, columns) -> float | None:
    """
    SD of a mean or change from what is printed of its spread: SD, SE with n, or interval with n.

    Parameters
    ----------
    row : dict
    columns : tuple of str
        Names of mean, SD, SE and the limits of the interval.

    Returns
    -------
    float or None
    """
    _, sd, se, low, high = columns
    if row[sd] is not None:
        return row[sd]
    if _has(row, se, "n"):
        return row[se] * math.sqrt(row["n"])
    if _has(row, low, high, "n") and row["n"] >= 2 and row[high] > row[low]:
        from ..measures.arms import sd_from_ci  # numpy, only where an interval is all there is

        return float(sd_from_ci(row[low], row[high], row["n"]))
    return None


def spread_plausible(dossier):
    """An SD is 2 to 50% of the instrument's range and within a factor of two of its other SDs."""
    known = defaultdict(list)
    rows = [(*entry, columns) for entry in dossier.rows("outcomes") for columns in _SPREADS]
    found = [(table, line, row, cols, implied_sd(row, cols)) for table, line, row, cols in rows]
    found = [entry for entry in found if entry[-1] is not None]
    for _, _, row, columns, sd in found:
        known[row["scale"], columns[0]].append(sd)
    for table, line, row, columns, sd in found:
        problem = _range_problem(dossier.width(row["scale"]), sd) or _peer_problem(
            known[row["scale"], columns[0]], sd
        )
        if problem:
            column = next((c for c in columns[1:] if row[c] is not None), columns[1])
            fix = "check SD against SE, the n, and the scale"
            yield table.fault(line, row, column, problem, fix, found=f"an SD of {sd:.3g}")


def _range_problem(width, sd):
    if width and not RANGE_SHARES[0] * width <= sd <= RANGE_SHARES[1] * width:
        low, high = (share * width for share in RANGE_SHARES)
        return f"an SD of {low:.3g} to {high:.3g} on a scale {width:g} points wide"
    return ""


def _peer_problem(peers, sd):
    typical = median(peers)
    if len(peers) >= 4 and not within_factor(sd, typical, 1 / SPREAD_FACTOR, SPREAD_FACTOR):
        return f"an SD within a factor {SPREAD_FACTOR:g} of {typical:.3g}, the median of this scale's rows"
    return ""


def spread_agrees(dossier):
    """SD, SE, interval and n of one mean give the same spread."""
    for table, line, row in dossier.rows("outcomes"):
        for _mean, sd, se, low, high in _SPREADS:
            if _has(row, sd, se, "n"):
                expected = row[sd] / math.sqrt(row["n"])
                slack = half_unit(row[se]) + half_unit(row[sd]) / math.sqrt(row["n"])
                if abs(row[se] - expected) > slack + 1e-9:
                    allowed = f"{expected:.4g}, the SD over the root of n"
                    yield table.fault(line, row, se, allowed, "check SD, SE and n")
            if _has(row, se, low, high) and not interval_fits_se(
                row[low], row[high], row[se], fewest_df(row["n"])
            ):
                allowed = f"an interval about {3.92 * row[se]:.3g} wide, from the SE"
                yield table.fault(line, row, low, allowed, "check interval and SE")


def whole_scores(dossier):
    """Means and SDs of whole-number totals are possible for the n (GRIM, GRIMMER)."""
    for table, line, row in dossier.rows("outcomes"):
        if not _is_total(dossier.scales.get(row["scale"])) or not row["n"]:
            continue
        for mean, sd, se, *_ in _SPREADS:
            if row[mean] is not None:
                spread, half = _printed_spread(row, sd, se)
                yield from _granularity(table, line, row, mean, sd, spread, half)
    for table, line, row in dossier.rows("timing"):
        if _has(row, "mean_days", "n"):
            yield from _granularity(table, line, row, "mean_days", "sd_days", row["sd_days"], None)


def _is_total(scale):
    """A sum of whole item scores: its range is whole and wide; a mean of items would run from 0 to 4."""
    low, high = (scale or {}).get("minimum"), (scale or {}).get("maximum")
    if low is None or high is None:
        return False
    return float(low).is_integer() and float(high).is_integer() and high - low >= 10


def _printed_spread(row, sd, se):
    """SD and its rounding, from an SE where only that is printed."""
    if row[sd] is not None or row[se] is None:
        return row[sd], None
    root = math.sqrt(row["n"])
    return row[se] * root, half_unit(row[se]) * root


def _granularity(table, line, row, mean, sd, spread, half):
    n = int(row["n"])
    fix = "check mean, SD and n; a mean over other people, or adjusted, belongs into note"
    if not grim(row[mean], n):
        yield table.fault(line, row, mean, f"a mean that {n} whole numbers can have", fix)
    elif spread is not None and n >= 2 and not grimmer(row[mean], spread, n, sd_half=half):
        allowed = f"an SD that {n} whole numbers with mean {row[mean]:g} can have"
        yield table.fault(line, row, sd, allowed, fix, found=f"an SD of {spread:.4g}")


def percent_possible(dossier):
    """A percentage is a whole count of its n (GRIM for shares)."""
    for table, line, row in dossier.rows("facts"):
        share = row["statistic"] in ("percent", "proportion") and row["status"] == "as printed"
        share = share and row["kind"] != "meta"  # a pooled percentage is no count
        if share and _has(row, "value", "n") and 0 < row["n"] < 1000:
            percent = row["value"] * (100 if row["statistic"] == "proportion" else 1)
            if not percent_counts(round(percent, 6), int(row["n"])):
                allowed = f"a percentage that a count of {row['n']:g} can give"
                yield table.fault(line, row, "value", allowed, "check value and n; another n is behind it")


def scale_items(dossier):
    """The highest score of an instrument is its items times the highest item score, the lowest likewise."""
    for table, line, row in dossier.rows("scales"):
        if _has(row, "items", "item_maximum", "maximum", "minimum"):
            highest, lowest = row["items"] * row["item_maximum"], row["minimum"]
            if row["maximum"] != highest or lowest % row["items"] or lowest >= highest:
                allowed = f"{highest:g}, {row['items']:g} items of at most {row['item_maximum']:g}"
                yield table.fault(line, row, "maximum", allowed, "check range, items and item_maximum")
