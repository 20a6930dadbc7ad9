"""Risk-of-bias figures: every judgement by symbol, colour and hatching."""

from __future__ import annotations

from matplotlib.patches import Circle, Patch
from matplotlib.transforms import blended_transform_factory

from ..prose.numerals import count, join_words
from .drawing import (
    GREEN,
    GREY,
    PALE,
    VERMILLION,
    WIDTH,
    YELLOW,
    axes,
    draw_keys,
    figure,
    key_height,
    literal,
    plain_ticks,
    rows_of,
    styled,
    with_alt,
    wrap,
)

# RoB 2 (Sterne et al. 2019, BMJ 366:l4898); the period domain belongs to its version for crossover trials.
DOMAINS = {
    "randomisation": "Randomisation",
    "period_carryover": "Period and carry-over",
    "deviations": "Deviations from the intended intervention",
    "missing_data": "Missing outcome data",
    "measurement": "Measurement of the outcome",
    "selection": "Selection of the reported result",
    "overall": "Overall",
}
JUDGEMENTS = {
    "low": ("+", GREEN, "", "low risk"),
    "some_concerns": ("-", YELLOW, "....", "some concerns"),
    "high": ("x", VERMILLION, "////", "high risk"),
    "no_information": ("?", "white", "", "no information"),
}
_ROW, _LEFT = 0.3, 1.1  # inches


@styled
def traffic_light(rob, title="", alt=None):
    """
    Draw the risk-of-bias judgements, one row a trial and one column a domain.

    Parameters
    ----------
    rob : DataFrame or sequence of records
        `trial_id` (or `label`, which is shown if present), `domain`, `judgement`. Trials keep their order of
        appearance; a domain without a judgement, such as carry-over in a parallel trial, stays blank.
    title : str
    alt : str, optional
        Alternative text instead of the one made from the rows.

    Returns
    -------
    Figure
        7.2 inches wide, with `alt_text`.

    Raises
    ------
    ValueError
        If there is no row, a domain or judgement is unknown, or a trial has two judgements of one domain.
    """
    cells = _cells(rob)
    trials, domains = list(dict.fromkeys(trial for trial, _ in cells)), _domains(cells)
    wide = (WIDTH - _LEFT - 0.1) / len(domains)
    heads = [wrap(DOMAINS[domain], min(wide, 1.3) - 0.02, 7, "bold") for domain in domains]
    head, body = 0.14 * max(map(len, heads)) + 0.1, _ROW * len(trials)
    keys = _keys(cells, symbol=True)
    foot = key_height(keys) + 0.05
    fig = figure(foot + body + head, title)
    ax = axes(fig, _LEFT, foot, WIDTH - 0.1, foot + body)
    ax.set(xlim=(0, WIDTH - 0.1 - _LEFT), ylim=(body, 0))  # inches, so that circles are round
    ax.set_axis_off()
    for j, lines in enumerate(heads):
        ax.text((j + 0.5) * wide, -0.06, "\n".join(lines), ha="center", va="bottom", size=7, weight="bold")
    side = blended_transform_factory(fig.dpi_scale_trans, ax.transData)
    for i, trial in enumerate(trials):
        y = (i + 0.5) * _ROW
        ax.text(0.1, y, literal(" ".join(wrap(trial, 1.3, 8)[:1])), transform=side, va="center")
        ax.plot([0.1, WIDTH - 0.1], [y - _ROW / 2] * 2, transform=side, color=PALE, lw=0.6, clip_on=False)
        for j, domain in enumerate(domains):
            if (trial, domain) in cells:
                _light(ax, (j + 0.5) * wide, y, cells[trial, domain])
    draw_keys(fig, keys)
    return with_alt(fig, alt or _alt_text("Risk of bias by trial", title, cells, trials, 0))


@styled
def rob_summary(rob, title="", alt=None):
    """
    Draw how many trials have each judgement, one bar a domain.

    Parameters
    ----------
    rob : DataFrame or sequence of records
        As for `traffic_light`.
    title : str
    alt : str, optional
        Alternative text instead of the one made from the rows.

    Returns
    -------
    Figure
        7.2 inches wide, with `alt_text`.

    Raises
    ------
    ValueError
        As `traffic_light`.
    """
    cells = _cells(rob)
    domains, keys = _domains(cells), _keys(cells, symbol=False)
    foot, body = key_height(keys) + 0.47, 0.34 * len(domains)
    fig = figure(foot + body + 0.05, title)
    ax = axes(fig, 2.75, foot, WIDTH - 0.15, foot + body)
    for i, domain in enumerate(domains):
        _bar(ax, i, [judgement for (_, d), judgement in cells.items() if d == domain])
    ax.set(ylim=(len(domains) - 0.5, -0.5), xlabel="trials judged")
    ax.set_yticks(range(len(domains)), [DOMAINS[d] for d in domains])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    plain_ticks(ax.xaxis, integer=True)
    draw_keys(fig, keys)
    return with_alt(fig, alt or _alt_text("Risk of bias by domain", title, cells, domains, 1))


def _cells(rob):
    """Judgement by trial and domain, in order of appearance."""
    cells = {}
    for row in rows_of(rob, "rob", ["domain", "judgement"], ["label", "trial_id"]):
        trial, domain, judgement = row["label"] or row["trial_id"], row["domain"], row["judgement"]
        for name, value, allowed in (("domain", domain, DOMAINS), ("judgement", judgement, JUDGEMENTS)):
            if value not in allowed:
                raise ValueError(f"rob ({trial}): found {name} {value!r}; allowed: {', '.join(allowed)}. "
                                 "Fix: use one of these codes")  # fmt: skip
        if trial is None or (trial, domain) in cells:
            found = f"a second judgement of {domain}" if trial else "no trial_id"
            raise ValueError(f"rob ({trial}): found {found}; allowed: one a domain. Fix: keep one row")
        cells[trial, domain] = judgement
    return cells


def _domains(cells):
    present = {domain for _, domain in cells}
    return [domain for domain in DOMAINS if domain in present]


def _light(ax, x, y, judgement):
    symbol, color, _, _ = JUDGEMENTS[judgement]
    ax.add_patch(Circle((x, y), 0.105, facecolor=color, edgecolor="black", lw=0.6))
    if symbol == "?":
        ax.text(x, y, "?", ha="center", va="center_baseline", size=8.5, weight="bold", color=GREY)
    else:
        ax.plot([x], [y], marker={"-": "_"}.get(symbol, symbol), ms=6.5, mew=1.6, color="black")


def _bar(ax, i, judgements):
    start = 0
    for judgement, (_, color, hatch, _) in JUDGEMENTS.items():
        n = judgements.count(judgement)
        if n:
            ax.barh(i, n, left=start, height=0.62, color=color, hatch=hatch, edgecolor="black", lw=0.6)
            box = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none"}
            ax.text(start + n / 2, i, str(n), ha="center", va="center_baseline", size=7.5, bbox=box)
        start += n


def _keys(cells, symbol):
    keys = []
    for judgement, (mark, color, hatch, words) in JUDGEMENTS.items():
        if judgement in cells.values():
            look = {"label": f"{mark}  {words}"} if symbol else {"label": words, "hatch": hatch}
            keys.append(Patch(facecolor=color, edgecolor="black", lw=0.6, **look))
    return keys


def _alt_text(kind, title, cells, names, place):
    """One clause for each trial or domain: how many judgements of each kind."""
    parts = [f"{kind}{': ' + title.rstrip('.') if title else ''}."]
    for name in names:
        found = [judgement for key, judgement in cells.items() if key[place] == name]
        said = [f"{found.count(j)} {words}" for j, (*_, words) in JUDGEMENTS.items() if j in found]
        total = count(len(found), "judgement", spell=False)
        parts.append(f"{DOMAINS.get(name, name)}: {join_words(said)} ({total}).")
    return " ".join(parts)
