"""The arithmetic behind cells that are not printed as such; a row names its function in `derived_by`."""

from __future__ import annotations

import math
from collections.abc import Callable


def count_from_percent(percent: float, n: int) -> int:
    """
    Count whose share of `n`, rounded to whole percent, is the printed percentage.

    Raises
    ------
    ValueError
        If no count or more than one fits.

    Examples
    --------
    >>> count_from_percent(67, 15)
    10
    """
    fits = [x for x in range(n + 1) if abs(100 * x / n - percent) <= 0.5 + 1e-9]
    if len(fits) != 1:
        raise ValueError(
            f"percent {percent} of n {n} fits {len(fits)} counts: {fits}; a count cannot be derived"
        )
    return fits[0]


def last_dose_day_from_schedule(weeks: int, doses_per_week: int) -> int:
    """
    Day of the last dose when doses are spread evenly over each week and the first is day 0.

    Examples
    --------
    >>> last_dose_day_from_schedule(weeks=2, doses_per_week=3)  # Monday, Wednesday, Friday, twice
    11
    """
    return 7 * (weeks - 1) + (7 // doses_per_week) * (doses_per_week - 1)


def single_dose_day_zero() -> int:
    """Day of the last dose of a single-dose study, by definition of the clock: 0."""
    return 0


def total_minus_completed(total: int, completed: int) -> int:
    """People who did not complete."""
    return total - completed


def total_minus_events(total: int, events: int) -> int:
    """People without the event, for example completers from a dropout count."""
    return total - events


def sum_of_arms(*counts: int) -> int:
    """Sum over arms or sequences."""
    return sum(counts)


def n_from_mean_denominator(mean: float, n_max: int, digits: int = 2) -> int:
    """
    Largest n up to `n_max` for which a mean of whole days prints as `mean`.

    Examples
    --------
    >>> n_from_mean_denominator(34.44, 10), n_from_mean_denominator(16.50, 10)
    (9, 10)
    """
    fits = [n for n in range(1, n_max + 1) if abs(round(mean * n) / n - mean) <= 0.5 * 10**-digits + 1e-12]
    return max(fits)


def weeks_to_days(weeks: float) -> float:
    """Days in `weeks`."""
    return 7 * weeks


def hours_to_days(hours: float) -> float:
    """Days in `hours`."""
    return hours / 24


def hours_to_minutes(hours: float) -> float:
    """Minutes in `hours`."""
    return 60 * hours


def nominal_day(day: float) -> float:
    """Day named by the protocol where the actual day was not seen."""
    return day


def as_extracted(value: float) -> float:
    """Arithmetic done at extraction: shown in the fact's `analysis` or `note`, its status derived."""
    return value if math.isfinite(value) else math.nan


DERIVATIONS: dict[str, Callable[..., float]] = {
    f.__name__: f
    for f in (
        count_from_percent,
        last_dose_day_from_schedule,
        single_dose_day_zero,
        total_minus_completed,
        total_minus_events,
        sum_of_arms,
        n_from_mean_denominator,
        weeks_to_days,
        hours_to_days,
        hours_to_minutes,
        nominal_day,
        as_extracted,
    )
}
