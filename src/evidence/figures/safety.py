"""Figure of harms by arm: PTSD trials, and depression programmes as what they are, indirect."""

from __future__ import annotations

from ..plots.intervalplots import interval_chart
from ..report.safety import effect_words, points
from ..review.safety import harm_contrasts

KINDS = {
    "direct": "PTSD trials (direct evidence)",
    "indirect": "depression programmes, first course (indirect)",
}


def harms_figure(review):
    """
    Risk differences by effect with Newcombe intervals, direct and indirect evidence in blocks of their own.

    Second courses (people who had done well on the drug) stay in the table only.

    Returns
    -------
    Figure
        With `alt_text`.
    """
    rows = harm_contrasts(review)
    rows = rows[rows["evidence"].isin(list(KINDS)) & ~rows["enriched"]]
    # Effects by size within their block; who stopped, and serious events, after them.
    rows = rows.assign(late=rows["kind"] != "acute effect", place=rows["evidence"].map(list(KINDS).index))
    rows = rows.sort_values(["place", "late", "rd"], ascending=[True, True, False], kind="stable")
    records = []
    for row in rows.to_dict("records"):
        shown = points(row)
        records.append(
            {
                "label": effect_words(row["outcome"]).capitalize(),
                "detail": f"{row['label']}, {_dose(row)}{row['a']}/{row['n1']} v {row['c']}/{row['n2']}",
                "block": KINDS[row["evidence"]].capitalize().replace("Ptsd", "PTSD"),
                "estimate": shown["estimate"],
                "low": shown["ci_low"],
                "high": shown["ci_high"],
                "kind": row["evidence"],
            }
        )
    return interval_chart(
        records,
        KINDS,
        title="Harms: difference in risk between the arms of each trial",
        xlabel="risk difference, percentage points",
        sides=("more on comparator", "more on the drug"),
        digits=0,
    )


def _dose(row) -> str:
    dose = row["active_arm"].rpartition("_")[2]
    return f"{dose} mg/kg, " if row["trial_id"] == "abdallah_2022" else ""
