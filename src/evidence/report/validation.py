"""How the methods were checked: sentences and tables."""

from __future__ import annotations

from ..prose.tables import table
from ..prose.wording import answer, join_words, number, percent
from ..validation.agreement import AGREED, PRINTED, TRUTHS
from ..validation.coverage import HEADLINE
from ..validation.hidden import PER_ARM, SCENARIOS

NOISE = 1e-12  # differences below this are the rounding of the machine
USED = ("REML", "hksj")  # the complete-case interval of the review
ANALYSES = {
    "main": "six trials, REML with Hartung-Knapp",
    "bayes": "six trials, Bayesian",
    "three_level_che": "three-level model",
    "response_rr": "response, risk ratio",
    "remission_rr": "remission, risk ratio",
}
# Scenarios in which the rule by which "no difference" is read is not the one by which results were hidden.
WRONG_READINGS = (
    ("only favourable printed", "partial, pairwise"),
    ("omnibus nulls hidden", "partial, pairwise"),
)
PLACES = ("estimate", "lower limit", "upper limit")


def validation_answer(cells, published, coverage, hidden, metafor) -> str:
    """
    Say whether the methods give the numbers they should.

    Parameters
    ----------
    cells : DataFrame
        From `metafor_agreement`.
    published : DataFrame
        From `mdma_comparison`.
    coverage, hidden : sequence of rows
        From `coverage_rows` and `hidden_null_rows`.
    metafor : str
        Its version.
    """
    agree = (cells["gap"] <= AGREED).all()
    reproduced = published["agrees"].all()
    lead = "Yes" if agree and reproduced else "Not all of them"
    return " ".join(
        [
            f"{lead}: {agreement_sentence(cells, metafor)}",
            published_sentence(published),
            coverage_sentence(coverage),
            hidden_sentence(hidden),
        ]
    )


def agreement_sentence(cells, metafor) -> str:
    """Say how many numbers were compared with metafor and how far the farthest is off."""
    return answer(
        "of {n:count number} compared with metafor {version} ({cases:count real data set}, {methods} "
        "estimators of the between-trial variance), {k:count number} agree to {limit:.0e}; the largest "
        "relative difference is {worst:.0e}, and {same:percent 1} are within the rounding of the reference "
        "values.",
        n=len(cells),
        version=metafor,
        cases=cells["case"].nunique(),
        methods=cells["method"].nunique(),
        k=int((cells["gap"] <= AGREED).sum()),
        limit=AGREED,
        worst=cells["gap"].max(),
        same=(cells["gap"] <= PRINTED).mean(),
    )


def published_sentence(published) -> str:
    """Say how many printed numbers of the MDMA review are reproduced."""
    wrong = published.loc[~published["agrees"], "quantity"].tolist()
    text = answer(
        "Of the {n:count number} that a published review of MDMA for PTSD prints, {k} come out of our "
        "functions and its open data to within its rounding",
        k=int(published["agrees"].sum()),
        n=len(published),
    )
    return f"{text}; not {join_words(wrong)}." if wrong else f"{text}."


def coverage_sentence(rows) -> str:
    """Say how the interval in use covers beside the plain one, over all numbers of trials simulated."""
    used = [row for row in rows if (row.tau2_method, row.ci_method) == USED]
    plain = [row for row in rows if (row.tau2_method, row.ci_method) == ("REML", "wald")]
    head = [row for row in rows if row.tau2_method == HEADLINE]
    return answer(
        "Where the truth is known, with {low} to {high} trials, the 95% interval by Hartung-Knapp holds it "
        "in {used} of simulated reviews, the plain (Wald) one in {plain}, that of the headline model in "
        "{head}.",
        low=min(row.k for row in rows),
        high=max(row.k for row in rows),
        used=_range(used),
        plain=_range(plain),
        head=_range(head),
    )


def _range(rows) -> str:
    low, high = (end(row.coverage for row in rows) for end in (min, max))
    return f"{percent(low, 1)} to {percent(high, 1)}"


def hidden_sentence(rows) -> str:
    """Say what hiding the null results does to pooling with and without them."""
    mu, tau, _ = TRUTHS[0]
    complete, partial = (
        row for row in rows if row.scenario == "nulls hidden" and (row.mu, row.tau) == (mu, tau)
    )
    wrong = [row for row in rows if (row.scenario, row.method) in WRONG_READINGS]
    return answer(
        "Where trials print a number only if it is significant, pooling the printed numbers is off by "
        "{a:number} and covers in {b:percent}; the headline model, which reads the rest as ranges, is off by "
        "{c:number} and covers in {d:percent}. Read by the wrong rule it is off by up to {e:number} and "
        "covers in as little as {f:percent}.",
        a=complete.bias,
        b=complete.coverage,
        c=partial.bias,
        d=partial.coverage,
        e=max(abs(row.bias) for row in wrong),
        f=min(row.coverage for row in wrong),
    )


def agreement_table(cells):
    """Show, per statistic, the numbers compared, those that agree and the farthest one."""
    rows = []
    for name, part in cells.groupby("statistic", sort=False):
        worst = part.loc[part["gap"].idxmax()]
        rows.append(
            {
                "statistic": name,
                "compared": f"{len(part):,}",
                "agree": f"{int((part['gap'] <= AGREED).sum()):,}",
                "largest": f"{worst['gap']:.0e}",
                "case": f"{worst['case']} ({worst['method']}, {worst['test']})",
            }
        )
    columns = {
        "statistic": "statistic",
        "compared": "compared",
        "agree": f"agree to {AGREED:.0e}",
        "largest": "largest difference",
        "case": "where",
    }
    return table(rows, columns)


def published_table(published):
    """Show every number the MDMA review prints, ours and the difference."""
    rows = [
        {
            "analysis": ANALYSES[row.analysis],
            "quantity": _quantity(row.quantity),
            "published": row.published,
            "ours": number(row.ours, 5),
            "difference": f"{row.difference:+.0e}" if abs(row.difference) > NOISE else "0",
            "allowed": f"{row.allowed:.0e}",
            "agrees": "yes" if row.agrees else "no",
        }
        for row in published.itertuples()
    ]
    return table(rows, {name: name for name in rows[0]} | {"allowed": "rounding of the printed one"})


def _quantity(path) -> str:
    """A place in the published numbers in words."""
    words = path.removeprefix("rows: ").replace("_", " ").split(": ")
    if words[-1].isdigit() and path.startswith("rows"):
        words[-1] = PLACES[int(words[-1])]
    elif words[-1].isdigit():
        pair = ("estimate", "SE") if words[-2] in ("slope", "intercept") else ("lower limit", "upper limit")
        words[-1] = pair[int(words[-1])]
    return ", ".join(words)


def definitions_table(differences):
    """Show where our definitions are not those of the MDMA review."""
    columns = {"what": "number", "published": "by their definition", "ours": "by ours", "why": "why"}
    return table(differences, columns, digits=4)


def coverage_table(rows):
    """Show coverage and width of every method."""
    records = [
        {
            "tau": row.tau,
            "i2": row.i2,
            "k": row.k,
            "method": row.tau2_method
            if row.tau2_method == HEADLINE
            else f"{row.tau2_method}, {row.ci_method}",
            "coverage": percent(row.coverage, 1),
            "mcse": percent(row.mcse, 1),
            "width": row.width,
            "replicates": f"{row.replicates:,}",
        }
        for row in sorted(rows, key=lambda row: (row.tau, row.k))
    ]
    columns = {
        "tau": "tau",
        "i2": "typical I2, %",
        "k": "trials",
        "method": "method",
        "coverage": "coverage",
        "mcse": "Monte Carlo error",
        "width": "median width",
        "replicates": "simulated reviews",
    }
    return table(records, columns, digits={"tau": 1, "i2": 0, "width": 2})


def hidden_table(rows):
    """Show bias and coverage of the pools under every way of hiding results."""
    records = [
        {
            "scenario": row.scenario,
            "truth": f"{number(row.mu, 1)}, {number(row.tau, 2)}",
            "method": row.method,
            "bias": f"{row.bias:+.3f} ({number(row.bias_mcse, 3)})",
            "coverage": f"{percent(row.coverage, 1)} ({percent(row.coverage_mcse, 1)})",
            "width": row.width,
            "shown": percent(row.shown),
            "undefined": percent(row.undefined),
        }
        for row in rows
    ]
    columns = {
        "scenario": "what is hidden",
        "truth": "true mean, tau",
        "method": "pool",
        "bias": "bias (Monte Carlo error)",
        "coverage": "coverage (Monte Carlo error)",
        "width": "mean width",
        "shown": "trials printing a number",
        "undefined": "no interval",
    }
    return table(records, columns)


def scenarios_sentence() -> str:
    """Say what is simulated when results are hidden."""
    kinds = "; ".join(f"*{name}*: {text}" for name, text in SCENARIOS.items())
    return f"{kinds}. Trials have {join_words(list(map(str, PER_ARM)))} people per arm."
