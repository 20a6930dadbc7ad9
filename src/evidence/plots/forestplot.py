"""Forest plot that keeps every trial in sight: exact, partly reported, and rated without a word."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.transforms import blended_transform_factory

from ..prose.numerals import count, interval, join_words, number, with_interval
from .drawing import GREY, axes, draw_keys, figure, key_height, literal, rows_of, styled, with_alt, wrap
from .forestmarks import (
    DRAW,
    FIRST,
    LINE,
    N_RIGHT,
    PAD,
    PLOT,
    PLOT_END,
    REPORTED,
    RIGHT,
    axis_limits,
    directions,
    exact_ends,
    frame,
    legend_keys,
    partial_ends,
)

_LABEL = 1.1  # inches for the name of a trial; leaves room for "100 + 100" beside it
_WORDS = {
    ("not_significant", "group_by_time"): "no difference (group-by-time test)",
    ("not_significant", "pairwise"): "no difference (tested)",
    ("not_significant", "text_only"): "no difference, in words only",
    ("not_significant", None): "no difference",
    ("estimate", None): "a number",
    ("favours_active", None): "direction only: favours {active}",
    ("favours_comparator", None): "direction only: favours {comparator}",
    ("unknown", None): "rated, nothing reported",
}  # fmt: skip
_HEADS = {
    "exact": "Reported as a number",
    "partial": "Reported in words or by a test",
    "silent": "Rated, but nothing that bounds the effect",
    "pool": "Pooled here",
    "published": "Published pools, for comparison (not pooled here)",
}
_COLUMNS = ["yi", "se", "lower", "upper", "ci_low", "ci_high", "n1", "n2", "comparator", "comparator_arm",
            "test", "reported", "weight", "study_estimate", "study_ci_low", "study_ci_high", "included",
            "trial_id", "design", "analysis"]  # fmt: skip


@dataclass
class _Line:
    """One row of the figure: its kind, its record, the words in each column, and where it stands."""

    kind: str
    record: dict
    left: list[str]
    n: str = ""
    reported: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    y: float = 0.0  # inches from the bottom of the body to the middle of the first line of text
    area: float = 0.0  # of the square of an exact row, points squared

    @property
    def height(self) -> float:
        return LINE * max(len(self.left), len(self.reported), len(self.numbers), 1) + PAD


@styled
def forest(rows, pools, title="", active="ketamine", comparator="comparator", xlim=None, alt=None):
    """
    Forest plot of one window.

    Parameters
    ----------
    rows : DataFrame or sequence of records
        One comparison a row: `label`, `finding`, `yi`, `se`, `lower`, `upper`, `n1`, `n2`, `comparator` (or
        `comparator_arm`), `included`; for partly reported rows `study_estimate`, `study_ci_low`,
        `study_ci_high`, the model's posterior. Optional: `reported` (own words for what the report says),
        `ci_low` and `ci_high` of an exact row (1.96 `se` on each side when left out), `weight` (1 / se^2 when
        left out). Rows with `included` False are listed in grey where a trial is shown in no other way, and
        dropped otherwise. Order within a block is kept.
    pools : sequence of records
        `label`, `estimate`, `ci_low`, `ci_high`, optionally `pi_low`, `pi_high`, `k`, and `kind`: "partial"
        (headline), "complete" or "published" (shown in a block of their own). NaN reads "not estimable".
    title : str
    active, comparator : str
        Names in the direction labels.
    xlim : tuple of float, optional
        Ends of the axis; chosen so that every interval up to 2.5 stays in sight when left out.
    alt : str, optional
        Alternative text instead of the one made from the rows.

    Returns
    -------
    Figure
        7.2 inches wide, with `alt_text`.

    Raises
    ------
    ValueError
        If there is no row, a column is missing, a finding is unknown or an included exact row has no number.
    """
    rows = rows_of(rows, "rows", ["label", "finding"], _COLUMNS)
    pools = rows_of(pools, "pools", ["label", "estimate", "ci_low", "ci_high"],
                    ["pi_low", "pi_high", "k", "kind"], allow_empty=True)  # fmt: skip
    if xlim is not None and not xlim[0] < xlim[1]:
        raise ValueError(f"xlim: found {xlim!r}; allowed: two increasing numbers. Fix: swap the ends")
    lines, body = _lay_out(rows, pools, {"active": active, "comparator": comparator})
    _size_squares([line for line in lines if line.kind == "exact"])
    limits = xlim or axis_limits(lines)
    keys = legend_keys(lines)
    foot = 0.52 + key_height(keys)
    fig = figure(body + foot + 0.27, title)
    ax = axes(fig, PLOT, foot, PLOT_END, foot + body)
    ax.set(xlim=limits, ylim=(0, body))
    frame(fig, ax, lines, body)
    for line in lines:
        DRAW[line.kind](ax, line)
        _words(fig, ax, line)
    directions(ax, active, comparator)
    draw_keys(fig, keys)
    return with_alt(fig, alt or _alt_text(title, lines, active))


def forest_rows(effects, fit):
    """
    Rows for `forest` from `effect_sizes` and the partial pool of its included rows.

    Parameters
    ----------
    effects : DataFrame
        As from `effect_sizes`.
    fit : PartialResult
        Made from the included rows in their order; its posteriors are attached to them.

    Returns
    -------
    DataFrame
        `effects` with `study_estimate`, `study_ci_low` and `study_ci_high`, NaN on rows left out.
    """
    effects = effects.copy()
    included = effects["included"].to_numpy(bool)
    for name in ("study_estimate", "study_ci_low", "study_ci_high"):
        values = np.full(len(effects), np.nan)
        values[included] = getattr(fit, name) if included.any() else []
        effects[name] = values
    return effects


def _lay_out(rows, pools, names):
    """Lines of the figure from top to bottom with their places, and the height of all in inches."""
    blocks: dict[str, list] = {kind: [] for kind in _HEADS}
    shown = [row for row in rows if row["included"] in (None, True) and _kind(row) != "silent"]
    seen = {_trial(row) for row in shown}
    for row in shown:
        blocks[_kind(row)].append(_trial_line(row, _kind(row), names))
    for row in rows:
        if _trial(row) not in seen and _kind(row) == "silent":
            seen.add(_trial(row))
            blocks["silent"].append(_trial_line(row, "silent", names))
    for pool in pools:
        block = "published" if pool["kind"] == "published" else "pool"
        blocks[block].append(_pool_line(pool, block))
    lines = [line for kind, block in blocks.items() if block
             for line in (_Line("head", {"of": kind}, [_HEADS[kind]]), *block)]  # fmt: skip
    body = sum(line.height for line in lines) + PAD
    y = body - PAD
    for line in lines:
        line.y = y - LINE / 2
        y -= line.height
    return lines, body


def _trial(row):
    return row["trial_id"] or row["label"]


def _kind(row) -> str:
    """Block of a row: exact, partial, or silent when nothing bounds the effect."""
    known = {finding for finding, _ in _WORDS}
    if row["finding"] not in known:
        found = f"rows ({row['label']}): found finding {row['finding']!r}"
        raise ValueError(f"{found}; allowed: {', '.join(sorted(known))}. Fix: correct the finding")
    if row["finding"] == "estimate":
        if row["yi"] is None or (row["se"] is None and row["ci_low"] is None):
            found = f"yi {row['yi']}, se {row['se']}"
            raise ValueError(f"rows ({row['label']}): found {found}; allowed: numbers in an exact row. "
                             "Fix: pass yi and se")  # fmt: skip
        return "exact"
    ends = [e for e in (row["lower"], row["upper"]) if e is not None and math.isfinite(e)]
    return "partial" if ends else "silent"


def _trial_line(row, kind, names) -> _Line:
    against = row["comparator"] or str(row["comparator_arm"] or "").replace("_", " ")
    left = [*wrap(row["label"], _LABEL, 8), *(wrap(f"v {against}", _LABEL, 7) if against else [])]
    test = row["test"] if (row["finding"], row["test"]) in _WORDS else None
    words = row["reported"] or _WORDS[row["finding"], test].format(**names)
    line = _Line(kind, row, left, _group_sizes(row), tuple(wrap(words, PLOT - REPORTED - 0.14, 7)))
    if kind == "exact":
        line.numbers = (with_interval(row["yi"], *exact_ends(row)),)
    elif kind == "partial":
        low, high = partial_ends(row)
        line.numbers = (f"allows {interval(low, high)}",)
        if row["study_estimate"] is not None:
            posterior = with_interval(row["study_estimate"], row["study_ci_low"], row["study_ci_high"])
            line.numbers += (f"model {posterior}",)
    return line


def _group_sizes(row) -> str:
    n1, n2 = row["n1"], row["n2"]
    if n1 is None or n2 is None:
        return "?"
    once = row["design"] == "rct_crossover" or row["analysis"] == "crossover"
    return number(n1, 0) if once else f"{number(n1, 0)} + {number(n2, 0)}"


def _pool_line(pool, block) -> _Line:
    k = f", {count(pool['k'], 'trial')}" if pool["k"] is not None else ""
    left = wrap(f"{pool['label']}{k}", PLOT - FIRST - 0.15, 8)
    ends = [math.nan if pool[c] is None else pool[c] for c in ("estimate", "ci_low", "ci_high")]
    numbers = [with_interval(*ends)]
    if pool["pi_low"] is not None and pool["pi_high"] is not None:
        numbers.append(f"new trial {interval(pool['pi_low'], pool['pi_high'])}")
    return _Line(block, pool, left, numbers=tuple(numbers))


def _words(fig, ax, line):
    """The text columns of a line."""
    side = blended_transform_factory(fig.dpi_scale_trans, ax.transData)

    def put(x, pieces, ha, **style):
        for i, piece in enumerate(pieces):
            ax.text(x, line.y - i * LINE, literal(piece), transform=side, ha=ha, va="center", **style)

    colour = GREY if line.kind == "silent" else "black"
    bold = {"weight": "bold"} if line.record.get("kind") == "partial" else {}
    if line.kind == "head":
        put(FIRST, line.left, "left", size=7.5, color=GREY, style="italic")
        return
    labels = len(wrap(line.record["label"], _LABEL, 8)) if line.n else len(line.left)
    for i, piece in enumerate(line.left):
        small = {"size": 8, "color": colour, **bold} if i < labels else {"size": 7, "color": GREY}
        ax.text(FIRST, line.y - i * LINE, literal(piece), transform=side, va="center", **small)
    put(N_RIGHT, [line.n], "right", size=7.5, color=colour)
    put(REPORTED, line.reported, "left", size=7, color=colour)
    put(RIGHT, line.numbers[:1], "right", size=7 if line.kind == "partial" else 7.5, color=colour, **bold)
    for i, piece in enumerate(line.numbers[1:], 1):
        ax.text(RIGHT, line.y - i * LINE, piece, transform=side, ha="right", va="center", size=7, color=GREY)


def _size_squares(exact):
    """Area by weight; the lightest trial keeps a square that can be seen."""
    weights = [row["weight"] if row["weight"] is not None else 1 / row["se"] ** 2 if row["se"] else 1.0
               for row in (line.record for line in exact)]  # fmt: skip
    for line, weight in zip(exact, weights, strict=True):
        line.area = 16 + 54 * weight / max(weights)


def _alt_text(title, lines, active) -> str:
    """The result in words, pools first."""

    def ways(kind):
        return [line for line in lines if line.kind == kind]

    pools = [f"{' '.join(line.left)}: g {line.numbers[0]}" for line in ways("pool") + ways("published")]
    silent = [line.record["label"] for line in ways("silent")]
    parts = [f"Forest plot{': ' + title.rstrip('.') if title else ''}. Negative values favour {active}."]
    parts += [f"{'; '.join(pools)}."] if pools else []
    for kind, words in (("exact", "with a number"), ("partial", "reported without a number")):
        if labels := [f"{line.record['label']} {line.numbers[0]}" for line in ways(kind)]:
            parts.append(f"{count(len(labels), 'trial').capitalize()} {words}: {'; '.join(labels)}.")
    parts += [f"Rated but nothing usable reported: {join_words(silent)}."] if silent else []
    return " ".join(parts)
