"""Every assumption a reader may disagree with, in one frozen record."""

from __future__ import annotations

import dataclasses
import math
import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from .errors import DataError

WINDOWS = ("24h", "week1", "end_of_course", "follow_up")


def _knob(default, allowed, reason, adr, sweep=()):
    """Field with its allowed values, its reason, its decision record and the values the multiverse tries."""
    meta = {"allowed": allowed, "reason": reason, "adr": adr, "sweep": tuple(sweep) or (default,)}
    return dataclasses.field(default=default, metadata=meta)


@dataclass(frozen=True)
class Choices:
    """
    One field for each assumption; `Choices.describe()` lists default, range, reason and decision record.

    Parameters
    ----------
    **fields
        Any field by name, for example ``Choices(crossover_r=0.3)``. Fields left out keep their default.

    Raises
    ------
    ValueError
        If a value is outside its allowed set or range; the message names field, value and remedy.

    Examples
    --------
    >>> Choices(crossover_r=0.7).crossover_r
    0.7
    >>> Choices(crossover_r=2)
    Traceback (most recent call last):
    ...
    ValueError: choice 'crossover_r': found 2; allowed: a number from 0 to 0.95. Fix: choose a value inside
    """

    crossover_r: float = _knob(
        0.5,
        (0.0, 0.95),
        "correlation of one person's two period scores; no trial reports it",
        "0006-crossover",
        (0.3, 0.5, 0.7),
    )
    prepost_r: float = _knob(
        0.5,
        (0.0, 0.95),
        "correlation of scores before and after treatment, uncontrolled series only",
        "0006-crossover",
        (0.3, 0.5, 0.7),
    )
    feder_2014_n: int = _knob(
        29,
        (29, 35, 41),
        "people behind the crossover estimate: 29 completed both periods, 41 were "
        "randomised, one review prints 35",
        "0006-crossover",
        (29, 41),
    )
    feder_2014_analysis: str = _knob(
        "crossover",
        ("crossover", "between_people", "first_period"),
        "the printed number read as a crossover difference, as a first-period difference between people, or "
        "dropped for the direction of the first period",
        "0006-crossover",
        ("crossover", "between_people", "first_period"),
    )
    abdallah_arm: str = _knob(
        "standard",
        ("standard", "low", "both"),
        "0.5 mg/kg is the dose of the other trials; both doses "
        "share one placebo arm and are never counted twice",
        "0007-selection",
        ("standard", "low", "both"),
    )
    dadabayev_n: int = _knob(
        10,
        (5, 20),
        "people per arm in the PTSD half of 41 in four groups; not printed",
        "0007-selection",
        (8, 10, 13),
    )
    abdallah_first_infusion: str = _knob(
        "24h",
        ("24h", "leave_out"),
        "its rating after the first infusion has no printed time",
        "0007-selection",
        ("24h", "leave_out"),
    )
    include_duek: bool = _knob(
        True,
        (True, False),
        "computed from public files, therapy in both arms",
        "0007-selection",
        (True, False),
    )
    beaglehole_untimed: str = _knob(
        "leave_out",
        ("leave_out", "24h"),
        "its short-term rating has no printed time",
        "0007-selection",
        ("leave_out", "24h"),
    )
    metric: str = _knob(
        "printed_smd",
        ("printed_smd", "raw_difference"),
        "use the standardised difference a report prints, or standardise its raw difference by t",
        "0007-selection",
        ("printed_smd", "raw_difference"),
    )
    instrument_priority: str = _knob(
        "primary",
        ("primary", "clinician", "self"),
        "clinician-rated before self-rated, unless the trial's own primary scale is self-rated",
        "0007-selection",
        ("primary", "clinician", "self"),
    )
    follow_up_pick: str = _knob(
        "earliest",
        ("earliest", "latest"),
        "which of several follow-up ratings stands for the trial",
        "0008-windows",
        ("earliest", "latest"),
    )
    null_rule: str = _knob(
        "omnibus",
        ("omnibus", "pairwise", "ignore"),
        "how strictly a report of no difference is read",
        "0005-partial-reports",
        ("omnibus", "pairwise", "ignore"),
    )
    omnibus_df: int = _knob(
        6,
        (1, 30),
        "degrees of freedom of a group-by-time test whose df is not printed: two contrasts of "
        "three arms at the three ratings after baseline that the abstracts name",
        "0005-partial-reports",
        (2, 6, 18),
    )
    window_24h_low: float = _knob(0.5, (0.0, 1.0), "days after the first dose", "0008-windows")
    window_24h_high: float = _knob(2.0, (1.0, 2.9), "days after the first dose", "0008-windows", (1.0, 2.0))
    window_week1_low: float = _knob(3.0, (2.0, 6.0), "days after the first dose", "0008-windows")
    window_week1_high: float = _knob(
        9.0, (7.0, 14.0), "days after the first dose", "0008-windows", (7.0, 9.0)
    )
    end_of_course_gap: float = _knob(
        10.0,
        (0.0, 20.0),
        "most days from the last dose to the declared end of treatment",
        "0008-windows",
        (4.0, 10.0),
    )
    follow_up_gap: float = _knob(
        21.0, (7.0, 60.0), "fewest days from the last dose to a follow-up", "0008-windows", (21.0, 28.0)
    )
    tau2_method: str = _knob(
        "REML",
        ("FE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"),
        "complete-case estimator",
        "0004-headline",
        ("REML", "DL", "PM"),
    )
    ci_method: str = _knob(
        "hksj",
        ("wald", "hksj", "hksj_adhoc"),
        "complete-case interval: holds its level at few trials",
        "0004-headline",
        ("wald", "hksj", "hksj_adhoc"),
    )
    pi_method: str = _knob(
        "metafor", ("metafor", "hts", "meta"), "complete-case prediction interval", "0004-headline"
    )
    tau_prior_scale: float = _knob(
        0.5,
        (0.01, 5.0),
        "half-normal scale for the SD of true effects between trials",
        "0004-headline",
        (0.25, 0.5, 1.0),
    )
    mu_prior_sd: float | None = _knob(
        None,
        (0.1, 100.0),
        "SD of a normal prior on the mean effect; none means flat",
        "0004-headline",
        (None, 1.0),
    )
    rho: float = _knob(
        0.6,
        (0.0, 0.95),
        "correlation of sampling errors of one trial at several times",
        "0009-joint-windows",
        (0.3, 0.6, 0.8),
    )
    level: float = _knob(0.95, (0.5, 0.999), "level of every interval", "0004-headline")
    exclude_high_risk: bool = _knob(
        False,
        (False, True),
        "leave out trials with a domain at high risk of bias",
        "0007-selection",
        (False, True),
    )

    def __post_init__(self):
        for field in dataclasses.fields(self):
            _check(field, getattr(self, field.name))

    def replace(self, **changes) -> Choices:
        """Return a copy with some fields changed; errors as on creation."""
        return dataclasses.replace(self, **changes)

    def changed(self) -> dict:
        """Return the fields that differ from their default, by name."""
        default = Choices()
        return {
            f.name: getattr(self, f.name)
            for f in dataclasses.fields(self)
            if getattr(self, f.name) != getattr(default, f.name)
        }

    @classmethod
    def describe(cls) -> list[dict]:
        """Return one record per field: name, default, allowed, sweep, reason, adr."""
        return [
            {
                "name": f.name,
                "default": f.default,
                "allowed": allowed_words(f),
                "sweep": f.metadata["sweep"],
                "reason": f.metadata["reason"],
                "adr": f.metadata["adr"],
            }
            for f in dataclasses.fields(cls)
        ]

    @classmethod
    def from_toml(cls, path) -> Choices:
        """
        Read choices from a TOML file of ``name = value`` lines.

        Parameters
        ----------
        path : str or Path
            A file; names are the fields of this class, values as there (``mu_prior_sd = "flat"`` for none).

        Raises
        ------
        DataError
            With file, line, field, what was found and what is allowed.
        """
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
            values = tomllib.loads(text)
        except OSError as error:
            raise DataError(
                path,
                None,
                None,
                error.strerror or "unreadable",
                "a readable TOML file",
                "give the path of an existing file",
            ) from None
        except UnicodeDecodeError:
            raise DataError(
                path, None, None, "bytes that are not UTF-8", "UTF-8 text", "save the file as UTF-8"
            ) from None
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"line (\d+)", str(error))
            raise DataError(
                path,
                int(line[1]) if line else None,
                None,
                str(error),
                "TOML: name = value",
                "mend the syntax at that place",
            ) from None
        return cls(**_checked(path, text, values))

    @classmethod
    def from_environment(cls) -> Choices:
        """Return the choices of the TOML file named by ``EVIDENCE_CHOICES``, or the defaults."""
        path = os.environ.get("EVIDENCE_CHOICES", "")
        return cls.from_toml(path) if path else cls()


def allowed_words(field) -> str:
    """Say in words what a field allows."""
    allowed = field.metadata["allowed"]
    if _is_range(field):
        flat = " or none" if field.default is None else ""
        kind = "a whole number" if isinstance(field.default, int) else "a number"
        return f"{kind} from {allowed[0]:g} to {allowed[1]:g}{flat}"
    return "one of " + ", ".join(str(a).lower() if isinstance(a, bool) else str(a) for a in allowed)


def _is_range(field) -> bool:
    allowed = field.metadata["allowed"]
    number = isinstance(field.default, (int, float)) and not isinstance(field.default, bool)
    return field.default is None or (number and len(allowed) == 2)


def _check(field, value) -> None:
    problem = _problem(field, value)
    if problem:
        raise ValueError(
            f"choice '{field.name}': found {value!r}; allowed: {allowed_words(field)}. Fix: {problem}"
        )


def _problem(field, value) -> str:
    if not _is_range(field):
        same = any(
            value == a and isinstance(value, bool) == isinstance(a, bool) for a in field.metadata["allowed"]
        )
        return "" if same else "choose one of these"
    if value is None and field.default is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return "give a finite number"
    if isinstance(field.default, int) and value != int(value):
        return "give a whole number"
    low, high = field.metadata["allowed"]
    return "" if low <= value <= high else "choose a value inside"


def _checked(path, text, values) -> dict:
    """Turn file values into field values, or raise with the line of the first offence."""
    fields = {f.name: f for f in dataclasses.fields(Choices)}
    for name, value in values.items():
        line = next(
            (i for i, row in enumerate(text.splitlines(), 1) if re.match(rf"\s*\[?{re.escape(name)}\b", row)),
            None,
        )
        if name not in fields:
            raise DataError(
                path, line, name, str(value), "one of " + ", ".join(fields), "correct or remove the name"
            )
        if fields[name].default is None and value == "flat":
            values[name] = value = None
        problem = _problem(fields[name], value)
        if problem:
            raise DataError(path, line, name, str(value), allowed_words(fields[name]), problem)
    return values
