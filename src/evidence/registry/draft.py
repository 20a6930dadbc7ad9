"""Proposed rows from one registry record, each with its facts and its place, and what was refused and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from .decisions import FILE, Decisions
from .http import RegistryError
from .record import figure, items, words
from .titles import LEFT_OUT, guess_arm, guess_days

TABLES = ("references", "facts", "arms", "outcomes", "contrasts", "events")
_LAST_FACT = 9999


@dataclass(frozen=True)
class Refusal:
    """What was not proposed: its place in the record, the reason, and the remedy."""

    place: str
    reason: str
    fix: str

    def __str__(self):
        return f"{self.place}: {self.reason}{'' if self.reason.endswith('?') else '.'} Fix: {self.fix}"


@dataclass
class Draft:
    """
    Rows proposed so far, and what is known about the trial they belong to.

    Attributes
    ----------
    nct : str
    trial : dict
        The trial's row of ``trials.csv``.
    arms : dict of str to str
        Arm to role.
    scales : dict of str to dict
        Instrument to its row of ``scales.csv``.
    source_key : str
        Key of the registry record in ``references.csv``.
    decisions : Decisions
    next_fact : int
        Number of the next free ``X`` fact.
    compared : set of (str, str, str, float)
        Arms, instrument and days of contrasts that the data have a number for.
    counted : dict of (str, str, float or None) to str
        Arm, event and days that the data have, and the counts there; days None stands for any time.
    """

    nct: str
    trial: dict
    arms: dict[str, str]
    scales: dict[str, dict]
    source_key: str
    decisions: Decisions
    next_fact: int
    compared: set[tuple] = field(default_factory=set)
    counted: dict[tuple, str] = field(default_factory=dict)
    rows: dict[str, list[dict]] = field(default_factory=lambda: {table: [] for table in TABLES})
    refused: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def trial_id(self):
        """Key of the trial."""
        return self.trial["trial_id"]

    def refuse(self, place, reason, fix="leave it out, or add the row by hand"):
        """Note what is not proposed."""
        self.refused.append(Refusal(place, reason, fix))

    def decide(self, section, title, guess, place, question, allowed=None):
        """
        Decision on a title, or None when it is open, left out or not allowed.

        Parameters
        ----------
        section, title : str
        guess : str
            Empty when the title is not clear.
        place : str
            Where in the record, for the refusal.
        question : str
            What is not known, for the refusal.
        allowed : container of str, optional
            Values that make sense.
        """
        value = self.decisions.ask(section, title, guess)
        if value == LEFT_OUT:
            return None
        remedy = f'decide [{section}] "{title}" in {FILE}'
        if not value:
            self.refuse(place, question, remedy)
            return None
        if allowed is not None and value not in allowed:
            self.refuse(place, f"{FILE} says '{value}'; allowed: {', '.join(allowed)}", remedy)
            return None
        return value

    def is_compared(self, place, active, control, scale, days):
        """Tell whether the data have a number for a comparison, and note it."""
        known = (active, control, scale, float(days)) in self.compared
        if known:
            self.notes.append(f"{place}: contrasts.csv has a number for {active} v {control} already")
        return known

    def fact(self, kind, statistic, value, location, **cells):
        """Add a fact as printed; its id."""
        if self.next_fact > _LAST_FACT:
            raise RegistryError("no free fact id up to X9999. Fix: write longer ids into datapackage.json")
        fact_id = f"X{self.next_fact:04d}"
        self.next_fact += 1
        row = {
            "fact_id": fact_id, "pack": "registry", "trial_id": self.trial_id, "kind": kind,
            "statistic": statistic, "value": value, "status": "as printed", "analysis": "registry",
            "source_key": self.source_key, "source_url": f"https://clinicaltrials.gov/study/{self.nct}",
            "source_location": location, "seen_in": "registry",
        }  # fmt: skip
        self.rows["facts"].append(row | {name: text for name, text in cells.items() if text})
        return fact_id

    def add(self, table, location, fact_ids, **cells):
        """Add a row that rests on facts."""
        row = {
            "trial_id": self.trial_id, "source_key": self.source_key, "source_location": location,
            "seen_in": "registry", "fact_ids": "; ".join(dict.fromkeys(fact_ids)),
        }  # fmt: skip
        self.rows[table].append({name: text for name, text in cells.items() if text} | row)

    def groups(self, module, *keys, place):
        """
        Arms of the groups of one module, by their local ids.

        Returns
        -------
        dict of str to str
            A group that is left out or not decided is missing.
        """
        found: dict[str, str] = {}
        for group in items(module, *keys):
            title, about = words(group, "title"), words(group, "description")
            guess = guess_arm(title, about, self.arms)
            arm = self.decide("arms", title, guess, place, f"which arm is the group '{title}'?", self.arms)
            if arm in found.values() and arm is not None:
                self.refuse(place, f"two groups are the arm '{arm}'", f"decide [arms] in {FILE}")
                return {}
            if arm is not None and (key := words(group, "id")):
                found[key] = arm
        return found

    def days(self, text, place):
        """Days of a time point and the function behind them, or None."""
        doses = self.trial.get("n_doses")
        guess, derived_by = guess_days(text, doses)
        value = self.decide("times", text, guess, place, f"how many days after the first dose is '{text}'?")
        if value is None:
            return None
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not 0 <= number < 100_000:
            fix = f'decide [times] "{text}" in {FILE}'
            self.refuse(place, f"{FILE} says '{value}'; allowed: a number of days >= 0", fix)
            return None
        return f"{number:.6g}", derived_by if value == guess else ""


def denominators(holder, fallback=None):
    """
    People behind each group, by its local id: of a class, else of its measure.

    Examples
    --------
    >>> counts = [{"groupId": "OG000", "value": "1,015"}]
    >>> denominators({"denoms": [{"units": "Participants", "counts": counts}]})
    {'OG000': '1015'}
    """
    for denom in items(holder, "denoms"):
        if words(denom, "units").lower() in ("participants", ""):
            counts = {words(c, "groupId"): figure(c, "value").plain for c in items(denom, "counts")}
            return {group: n for group, n in counts.items() if n.isdigit() and n != "0"}
    return denominators(fallback) if fallback is not None else {}
