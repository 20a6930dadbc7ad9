"""A page per trial: design, what is known and what is not, every number with its source, risk of bias."""

from __future__ import annotations

import pandas as pd

from ..certainty.bias import overall_judgement
from ..choices import WINDOWS
from ..report.pooled import FINDING_WORDS
from .links import FACT, linked
from ..report.statements import WINDOW_NAMES
from ..prose.tables import is_missing, table
from ..review.wanted import wanted
from ..prose.wording import number

DESIGNS = {
    "rct_parallel": "randomised, parallel groups",
    "rct_crossover": "randomised crossover",
    "single_arm": "one group, no control",
    "cohort": "cohort, no randomised control",
}
ROLES = {
    "core": "Randomised trial of ketamine for PTSD: it can enter the pools.",
    "supporting": "Uncontrolled: it shows what happened to people who were treated, not what the treatment "
    "did. It never enters a pool.",
    "context": "Not a trial in people with PTSD: it is here for its facts on safety or on other treatments.",
}
_DESIGN = {
    "population": "people",
    "treatment_resistant": "earlier treatment without success",
    "n_randomised": "people randomised or treated",
    "drug": "drug",
    "route": "route",
    "dose_mg_per_kg": "dose, mg/kg",
    "infusion_minutes": "minutes of infusion",
    "n_doses": "doses",
    "last_dose_day": "day of the last dose",
    "end_of_treatment_day": "day the treatment ended",
    "comparator": "compared with",
    "psychotherapy": "psychotherapy",
    "primary_scale": "main scale",
    "note": "remarks",
}
_FROM = {"source_key": "source", "source_location": "place", "fact_ids": "facts"}
_SECTIONS = (
    ("contrasts", "What its reports say about the difference between groups", {
        "active_arm": "arm", "comparator_arm": "against", "scale": "scale", "timepoint_label": "time",
        "says": "report", "metric": "metric", ("estimate", "ci_low", "ci_high"): "as printed (95% interval)",
        "se": "SE", "p_value": "p", "n1": "n, arm", "n2": "n, against"}),
    ("outcomes", "Scores of each group", {
        "arm": "arm", "scale": "scale", "timepoint_label": "time", "n": "n", "mean": "mean", "sd": "SD",
        "se": "SE", "mean_change": "change", "sd_change": "SD of change", "se_change": "SE of change"}),
    ("events", "People with an event", {
        "arm": "arm", "outcome": "event", "definition": "defined as", "timepoint_label": "time",
        "events": "with it", "n": "of"}),
    ("timing", "How long it took or lasted", {
        "arm": "arm", "event": "event", "median_days": "median, days", "mean_days": "mean, days",
        "sd_days": "SD", "counted_from": "counted from", "n": "n"}),
    ("arms", "Groups", {
        "arm": "arm", "role": "role", "n_randomised": "randomised", "n_completed": "completed", "age": "age",
        "female": "women"}),
)  # fmt: skip
_DIGITS = {"n1": 0, "n2": 0, "p_value": 3, "timepoint_days": 0, "age": 1, "female": 0, "median_days": 1}


def readable(value) -> str:
    """
    A code of the data in words.

    Examples
    --------
    >>> readable("some_concerns"), readable("rct_crossover")
    ('some concerns', 'randomised crossover')
    """
    return DESIGNS.get(str(value), str(value).replace("_", " "))


class TrialPages:
    """
    What the pages of all trials need, computed once.

    Parameters
    ----------
    review : Review
    pools : dict of window to WindowPool
    links : Links
    """

    def __init__(self, review, pools, links):
        self.tables = review.tables
        self.corrections = review.corrections
        self.pools = pools
        self.links = links
        self.wanted = wanted(review)
        self.references = self.tables["references"].set_index("key")

    def page(self, trial) -> dict:
        """
        Values for the template of one trial.

        Parameters
        ----------
        trial : namedtuple
            Row of the table `trials`.

        Returns
        -------
        dict
        """
        rows = {
            name: frame[frame["trial_id"] == trial.trial_id]
            for name, frame in self.tables.items()
            if "trial_id" in frame and name not in ("facts", "trials")
        }
        return {
            "title": trial.label,
            "lead": self.lead(trial),
            "role": ROLES[trial.role],
            "design": self.design(trial),
            "sections": [s for s in (self.used(trial), *self.sections(rows), self.bias(rows["rob"])) if s],
            "unknown": self.unknown(trial),
            "conflicts": self.conflicts(trial),
            "reports": self.reports(trial, rows),
            "doi": self.references["doi"].get(trial.source_key),
            "registration": None if is_missing(trial.registration) else trial.registration,
            "overlaps": None if is_missing(trial.overlaps_with) else trial.overlaps_with.split("; "),
        }

    def lead(self, trial) -> str:
        """One sentence: what was compared, in whom."""
        n = trial.n_randomised
        people = "" if is_missing(n) else f"in {number(n, 0)} people"
        against = "" if is_missing(trial.comparator) else f"against {trial.comparator}"
        parts = [readable(trial.drug), against, people, f"({readable(trial.design)})"]
        words = " ".join(filter(None, parts))
        return f"{words[:1].upper()}{words[1:]}."

    def design(self, trial) -> list[dict]:
        """Design as (what, value, address of the fact behind the value)."""
        facts, found = FACT.findall(str(trial.fact_ids)), []
        for column, words in _DESIGN.items():
            value = getattr(trial, column)
            if is_missing(value):
                continue
            text = readable(value) if isinstance(value, str) else f"{value:.15g}"
            address = self.links.behind(text, facts) if facts and text[:1].isdigit() else ""
            kind = "wide" if column == "note" else ""
            found.append({"what": words, "value": text, "address": address, "kind": kind})
        return found

    def sections(self, rows):
        """Tables of what was reported, each with its heading; those without rows are left out."""
        for name, heading, columns in _SECTIONS:
            frame = rows[name]
            if len(frame):
                if name == "contrasts":
                    frame = frame.assign(says=frame["finding"].map(FINDING_WORDS))
                if name == "events":
                    frame = frame.assign(outcome=frame["outcome"].map(readable))
                yield self.section(heading, frame, {**columns, **_FROM})

    def section(self, heading, frame, columns) -> dict:
        """A heading with its table; columns without a value are left out."""
        filled = {
            key: words
            for key, words in columns.items()
            if frame[list(key) if isinstance(key, tuple) else [key]].notna().any(axis=None)
        }
        shown = table(frame, filled, digits=_DIGITS, missing="-")
        return {"heading": heading, "table": linked(shown.html(), self.links, "../", heading)}

    def used(self, trial) -> dict | None:
        """How the pools read the trial, window by window."""
        frames = [pool.effects[pool.effects["trial_id"] == trial.trial_id] for pool in self.pools.values()]
        frame = pd.concat(frames)
        if frame.empty:
            return None
        frame = frame.assign(
            window=frame["window"].map(WINDOW_NAMES),
            says=frame["finding"].map(FINDING_WORDS),
            **{end: frame[end].where(frame["finding"] != "estimate") for end in ("lower", "upper")},
            used=frame["included"].map({True: "yes", False: "no"}),
        )
        columns = {"window": "window", "scale": "scale", "timepoint_days": "day", "says": "report",
                   "yi": "g", "se": "SE", ("lower", "upper"): "read as g between", "used": "used",
                   "exclusion_reason": "why not", "source_key": "source", "fact_ids": "facts"}  # fmt: skip
        return self.section("How the pools read it", frame, columns)

    def bias(self, rob) -> dict | None:
        """Risk of bias by domain, the overall judgement in the heading."""
        if rob.empty:
            return None
        overall = readable(overall_judgement(dict(zip(rob["domain"], rob["judgement"], strict=True))))
        frame = rob.assign(**{c: rob[c].map(readable) for c in ("domain", "judgement", "basis")})
        columns = {"domain": "domain", "judgement": "judgement", "reason": "reason", "basis": "what was read"}
        return self.section(f"Risk of bias: {overall}", frame, {**columns, **_FROM})

    def unknown(self, trial) -> list[str]:
        """Numbers that the review would use and does not have."""
        rows = self.wanted[self.wanted["trial_id"] == trial.trial_id]
        return [f"{row.scale}, {row.time}: {row.statistic}." for row in rows.itertuples()]

    def conflicts(self, trial) -> list[dict]:
        """Known errors and conflicts of the sources of the trial."""
        found = []
        for entry in self.corrections:
            frame = self.tables[entry.table]
            if "trial_id" in frame and frame["trial_id"].get(entry.line) == trial.trial_id:
                found.append({"why": entry.why, "use": str(entry.use), "status": entry.status})
        return found

    def reports(self, trial, rows) -> list[dict]:
        """References that rows of the trial name, the main report first."""
        keys = [trial.source_key, *(key for frame in rows.values() for key in frame["source_key"].dropna())]
        facts = self.tables["facts"]
        keys += list(facts.loc[facts["trial_id"] == trial.trial_id, "source_key"])
        return [citation(key, self.references.loc[key]) for key in dict.fromkeys(keys)]


def citation(key, reference) -> dict:
    """
    A reference for a template: words, page on the site, and address of the report.

    Parameters
    ----------
    key : str
    reference : Series
        Row of the table `references`.
    """
    shown = {name: "" if is_missing(value) else str(value) for name, value in reference.items()}
    web = shown["url"] if shown["url"].startswith(("https://", "http://")) else ""
    return {
        **shown,
        "key": key,
        "address": f"sources/{key}.html",
        "report": f"https://doi.org/{shown['doi']}" if shown["doi"] else web,
    }


def windows_of(review, pools) -> dict[str, list[str]]:
    """Windows that each trial enters, by trial."""
    found: dict[str, list[str]] = {}
    for window in WINDOWS:
        for trial in pools[window].included["trial_id"]:
            found.setdefault(trial, []).append(WINDOW_NAMES[window])
    return found
