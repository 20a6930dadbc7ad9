"""
Which number of a fact may stand in which cell: spellings of the pack, slots of each table, derivations.

The pack was extracted in several passes, each with its own spelling of arms and studies. The spellings that
mean the same are listed here once; a fact whose arm or study is spelled another way fits no cell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Spelling in the pack: arm in the tables. The first period of the crossover stands for its sequence.
ARMS = {
    "midazolam_0.045": "midazolam",
    "placebo_saline+TIMBER": "placebo+TIMBER",
    "ketamine_then_midazolam": "ketamine_0.5",
    "midazolam_then_ketamine": "midazolam",
    "ketamine then midazolam": "ketamine_0.5",
    "midazolam then ketamine": "midazolam",
    "ketamine_0.5_IV_x6": "ketamine_0.5",
    "ketamine_0.5_IV_x1": "ketamine_0.5",
    "ketamine_0.5_IV_x3_plus_PE": "ketamine_0.5+exposure",
    "ketamine_0.5_IV_x1_plus_TIMBER": "ketamine_0.5+TIMBER",
    "ketamine_highdose_IV_x6": "ketamine_high_dose",
    "esketamine_IN": "esketamine",
    "esketamine+AD": "esketamine",
    "esketamine+AD (maintenance)": "esketamine",
    "esketamine+AD (open)": "esketamine",
    "esketamine_84mg+SoC": "esketamine_84mg",
    "placebo+SoC": "placebo",
    "placebo+AD": "placebo",
    "placebo+AD (maintenance)": "placebo",
    "ketamine_IV": "ketamine_iv",
    "ketamine IV": "ketamine",
    "ketamine_oral_0.5-3.0_weekly_x6": "ketamine_oral",
    "ketamine_IV_real_world": "ketamine",
    "ketamine_IV_psychedelic_paradigm": "ketamine",
    "KAP_IM_or_SL": "ketamine+therapy",
    "KAT_0.5-1.0_x1-4": "ketamine+therapy",
    "ketamine_nasal_0.5_plus_TFP": "ketamine_nasal+therapy",
    "esketamine_IN_56-84mg": "esketamine",
    "esketamine open": "esketamine",
    "group_KAP": "group_ketamine+therapy",
    "esketamine_IN_then_ketamine_IV": "all",
}
# Spelling in the pack: study in the tables.
STUDIES = {
    "shiroma_2020_openlabel": "shiroma_2020",
    "openlabel_n10_ptsd_mdd": "openlabel_n10",
    "aspire_pooled": "aspire_pooled_2021",
    "sustain1": "sustain1_2019",
    "sustain2": "wajs_2020",
    "yale_bp": "yale_bp_2024",
    "borgogna": "borgogna_2024",
    "sicignano": "sicignano_2024",
    "du_2021": "du_2022",
    "osmind": "osmind_2024",
    "earleywine": "macconnel_preprint",
    "klarisana": "ross_2019",
}
COUNTS = frozenset({"count", "n", "n_events", "n_participants"})
_SIZE = re.compile(r"randomi[sz]ed|started|^n$|n_participants|enrolled|participants|cohort_n")
_COMPLETED = re.compile(r"complet")


def arm_of(fact) -> str:
    """Arm that a fact is about, as the tables spell it; empty when it is about no single arm."""
    arm = fact["arm"] or ""
    return ARMS.get(arm, arm)


def study_of(fact) -> str:
    """Study that a fact is about, as the tables spell it."""
    study = fact["trial_id"] or ""
    return STUDIES.get(study, study)


def study_or_source(fact) -> str:
    """Study that a fact is about, or its source where it is about none."""
    return study_of(fact) or fact["source_key"]


def arms_of(fact) -> set:
    """Arms that a fact is about, when it lists several."""
    return {ARMS.get(arm, arm) for arm in (fact["arm"] or "").split(";")}


def text_of(fact) -> str:
    """All prose of a fact."""
    names = ("note", "analysis", "timepoint_label", "outcome", "arm")
    return " | ".join(str(fact[name]) for name in names if fact[name])


@dataclass(frozen=True)
class Slot:
    """
    Where the number of a cell may come from.

    Attributes
    ----------
    column : str
        Column of the table.
    statistics : frozenset of str
        Statistics of a fact that fits; empty for any.
    part : {"value", "ci_low", "ci_high", "n"}
        Which of its numbers.
    arm : str
        Column of the row whose arm the fact must be about; empty for any arm.
    outcome : str or re.Pattern
        Column of the row that the fact's outcome must equal, or a pattern for it.
    text : re.Pattern or None
        Where the number stands in the prose of a fact, when no fact has it as a value.
    timed : bool
        Whether the fact must be of the row's day.
    optional : bool
        Whether the cell may stay blank although a fact fits: people behind some number, not all randomised.
    every : bool
        Whether all facts that fit must print the number of the cell, not one of them.
    """

    column: str
    statistics: frozenset = frozenset()
    part: str = "value"
    arm: str = ""
    outcome: str | re.Pattern = ""
    text: re.Pattern | None = None
    timed: bool = False
    optional: bool = False
    every: bool = False

    def fits(self, fact, row) -> bool:
        """Whether a fact is of the statistic, arm, outcome and day that the cell means."""
        wanted = (
            METRICS.get(row.get("metric"), frozenset()) if self.statistics == BY_METRIC else self.statistics
        )
        if (wanted and fact["statistic"] not in wanted) or fact["status"] == "no: low confidence":
            return False
        if self.arm and arm_of(fact) != row[self.arm]:
            return False
        if self.timed and not same_day(fact, row):
            return False
        if isinstance(self.outcome, str):
            return not self.outcome or fact["outcome"] == row[self.outcome]
        return bool(self.outcome.search(fact["outcome"] or ""))


def same_day(fact, row) -> bool:
    """Whether fact and row are of one day, as far as both say."""
    days = fact["timepoint_days"], row.get("timepoint_days")
    return None in days or days[0] == days[1]


BY_METRIC = frozenset({"the metric of the row"})
# Metric of a row: statistics of the pack that are this metric.
METRICS = {
    "mean_difference": frozenset({"mean_difference"}),
    "mean_difference_of_change": frozenset({"mean_difference_of_change"}),
    "cohen_d": frozenset({"cohen_d"}),
    "hedges_g": frozenset({"hedges_g", "hedges_g_bias_adjusted"}),
    "smd": frozenset({"smd", "SMD", "standardized_effect_size"}),
    "smd_pre_post": frozenset({"smd_pre_post"}),
    "odds_ratio": frozenset({"odds_ratio"}),
    "risk_ratio": frozenset({"risk_ratio"}),
}


def _is(*statistics):
    return frozenset(statistics)


def _said(pattern):
    return re.compile(pattern)


_P = _said(r"\b[pP] ?[=<]? ?(\d*\.\d+)")
_DOSES = _said(
    r"(?i)\b(\d+|single|six|eight)\W(?:[\w().,/-]+ ){0,4}?(?:infusion|treatments|dose|sessions|IV)|x(\d+)"
)
_SPREADS = ("mean", "sd", "se", "mean_change", "sd_change", "se_change")
SLOTS = {
    "outcomes": (
        *(Slot(c, _is(c), arm="arm", outcome="scale", timed=True) for c in _SPREADS),
        Slot("ci_low", _is("mean"), "ci_low", "arm", "scale", timed=True),
        Slot("ci_high", _is("mean"), "ci_high", "arm", "scale", timed=True),
        Slot("mean_change_ci_low", _is("mean_change"), "ci_low", "arm", "scale", timed=True),
        Slot("mean_change_ci_high", _is("mean_change"), "ci_high", "arm", "scale", timed=True),
        Slot("n", _is(*_SPREADS), "n", "arm", "scale", timed=True, every=True),
    ),
    "contrasts": (
        Slot("estimate", BY_METRIC, outcome="scale", timed=True),
        Slot("ci_low", BY_METRIC, "ci_low", outcome="scale", timed=True),
        Slot("ci_high", BY_METRIC, "ci_high", outcome="scale", timed=True),
        Slot("se", _is("se"), outcome="scale", text=_said(r"\bSE (\d*\.?\d+)"), timed=True),
        Slot("p_value", _is("p_value"), outcome="scale", text=_P, timed=True),
        Slot("n1", part="n", arm="active_arm"),
        Slot("n1", part="n", outcome="scale"),
        Slot("n2", part="n", arm="comparator_arm"),
        Slot("n2", part="n", outcome="scale"),
    ),
    "events": (
        Slot("events", _is("n_events"), arm="arm"),
        Slot("events", _is("n_events"), outcome=_said("serious"), text=_said(r"(\d+)(?:/| of )\d+")),
        Slot("n", part="n", arm="arm", every=True),
        Slot("n", part="n", text=_said(r"\d+(?:/| of )(\d+)")),
    ),
    "timing": (
        Slot("median_days", _is("median_days"), arm="arm"),
        Slot("mean_days", _is("mean"), arm="arm"),
        Slot("sd_days", _is("sd"), arm="arm"),
        Slot("n", _is("median_days", "mean"), part="n", arm="arm"),
    ),
    "arms": (
        Slot("n_randomised", COUNTS, arm="arm", outcome=_SIZE),
        Slot("n_randomised", COUNTS, outcome=_SIZE),
        Slot("n_randomised", part="n", optional=True),
        Slot("n_completed", COUNTS, arm="arm", outcome=_COMPLETED),
        Slot("n_completed", COUNTS, outcome=_COMPLETED, optional=True),
        Slot("n_completed", part="n", arm="arm", outcome=_said("^(PCL|CAPS|IES)-"), optional=True),
        Slot("age", _is("mean"), arm="arm", outcome=_said("age"), text=_said(r"age (\d+\.?\d*)")),
        Slot("female", COUNTS, arm="arm", outcome=_said("female"), text=_said(r"(\d+) female")),
    ),
    "trials": (
        Slot("dose_mg_per_kg", _is("mg_per_kg")),
        Slot("dose_mg_per_kg", _is("mean"), outcome=_said("dose_mg_per_kg")),
        Slot("dose_mg_per_kg", _is("none"), text=_said(r"(?<![-\d.])(\d+\.?\d*) mg/kg|ketamine_(\d\.\d)")),
        Slot("n_doses", _is("count"), outcome=_said("n_infusions"), text=_DOSES),
        Slot("last_dose_day", _is("slope"), "timepoint_days", optional=True, text=_said(r"over (\d+) d\b")),
        Slot("end_of_treatment_day", part="timepoint_days", optional=True),
        Slot("infusion_minutes", _is("minutes"), text=_said(r"(\d+)[- ]min")),
        Slot("n_randomised", COUNTS, outcome=_said(r"^n_(randomised|enrolled)$")),
        Slot("n_randomised", part="n", optional=True),
    ),
    "published_pools": (
        Slot("estimate", BY_METRIC),
        Slot("ci_low", BY_METRIC, "ci_low"),
        Slot("ci_high", BY_METRIC, "ci_high"),
        Slot("p_value", _is("p_value"), text=_said(r"\b[pP] ?= ?(\d*\.\d+)")),
        Slot("k", _is("k_studies"), text=_said(r"k ?= ?(\d+)|(\d+) PTSD RCTs")),
        Slot("n", BY_METRIC, "n"),
    ),
    "scales": (
        Slot("minimum", _is("scale_minimum"), outcome="scale"),
        Slot("maximum", _is("scale_maximum"), outcome="scale"),
        Slot("items", _is("none"), text=_said(r"(\w+) items scored")),
        Slot("item_maximum", _is("none"), text=_said(r"scored \d to (\d)")),
        Slot("meaningful_change", _is("reliable_change_min_points"), outcome="scale"),
        Slot("retest_r", _is("test_retest_r", "test_retest_ICC"), outcome="scale"),
    ),
    "context": (
        Slot("value"),
        Slot("value", _is("none"), text=_said(r"(\d+\.?\d*)")),
        Slot("interval_low", part="ci_low"),
        Slot("interval_high", part="ci_high"),
        Slot("n", part="n"),
    ),
}  # fmt: skip
