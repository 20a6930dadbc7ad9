"""
Can whole numbers have this mean and this SD? Granularity tests for reported summaries.

Arrays are not needed here: a test judges one printed pair of numbers. `decimals` is what the source prints;
a float forgets trailing zeros, so a number of decimals read off a float makes a test milder, never stricter.
"""

from __future__ import annotations

import math

MANY_SUMS = 1000
EPSILON = 1e-9  # binary noise of a decimal number, far below half a printed digit


def decimals(value) -> int:
    """
    Decimals that a number shows, without trailing zeros.

    Parameters
    ----------
    value : float

    Returns
    -------
    int

    Examples
    --------
    >>> decimals(49.615), decimals(16.50), decimals(13.0)
    (3, 1, 0)
    """
    text = f"{value:.12g}"
    if "e" in text:  # 1e-05
        text = f"{value:.15f}".rstrip("0")
    return len(text.partition(".")[2])


def half_unit(value) -> float:
    """
    Half a unit in the last printed place of a number: the most that rounding has moved it.

    Parameters
    ----------
    value : float

    Returns
    -------
    float

    Examples
    --------
    >>> half_unit(12.7)
    0.05
    """
    return 0.5 * 10.0 ** -decimals(value)


def totals(mean, n, digits=None) -> range:
    """
    Whole-number sums whose mean over n people prints as `mean`.

    Parameters
    ----------
    mean : float
    n : int
        People, >= 1.
    digits : int, optional
        Decimals of the printed mean; those the number shows by default.

    Returns
    -------
    range
        Empty when no sum fits.

    Raises
    ------
    ValueError
        If n is below 1.

    Examples
    --------
    >>> list(totals(49.615, 13)), list(totals(49.625, 13))
    ([645], [])
    """
    if n < 1:
        raise ValueError(f"n: found {n}; allowed: a whole number >= 1. Fix: give the people behind the mean")
    half = 0.5 * 10.0 ** -(decimals(mean) if digits is None else digits)
    low, high = n * (mean - half) - EPSILON * n, n * (mean + half) + EPSILON * n
    return range(math.ceil(low), math.floor(high) + 1)


def grim(mean, n, digits=None) -> bool:
    """
    Granularity test: can n whole numbers have this mean?

    Parameters
    ----------
    mean : float
        Mean of whole numbers as printed, such as a total score or days.
    n : int
        People behind it, >= 1.
    digits : int, optional
        Decimals of the printed mean.

    Returns
    -------
    bool
        False when no whole-number sum gives the mean. True says little once n exceeds ten to the power of
        the decimals: then every mean is possible.

    References
    ----------
    Brown and Heathers (2017), Social Psychological and Personality Science 8:363-369; their example is a mean
    of 5.19 from 28 people.

    Examples
    --------
    >>> grim(5.19, 28), grim(5.18, 28)
    (False, True)
    """
    return bool(totals(mean, n, digits))


def grimmer(mean, sd, n, digits=None, sd_half=None) -> bool:
    """
    Granularity test of a standard deviation: can n whole numbers have this mean and this SD?

    Parameters
    ----------
    mean, sd : float
        As printed; the SD has the denominator n - 1.
    n : int
        People, >= 2.
    digits : int, optional
        Decimals of the printed mean.
    sd_half : float, optional
        Rounding of the SD, half a unit of its last digit by default; larger for an SD made from an SE.

    Returns
    -------
    bool
        False when no whole-number sum and sum of squares of the same parity give both.

    Raises
    ------
    ValueError
        If n is below 2.

    References
    ----------
    Anaya (2016), PeerJ Preprints 4:e2400v1; the analytic form, with the parity of sum and sum of squares, is
    Allard's (2018). Written here as an interval of sums of squares.

    Examples
    --------
    Three whole numbers have an SD of 1 (1, 2, 3) and never one of 1.2:

    >>> grimmer(2, 1, 3, digits=2), grimmer(2, 1.2, 3, digits=2)
    (True, False)
    """
    if n < 2:
        raise ValueError(f"n: found {n}; allowed: a whole number >= 2. Fix: an SD needs two people")
    half = half_unit(sd) if sd_half is None else sd_half
    sums = totals(mean, n, digits)
    if len(sums) > MANY_SUMS:  # so many people that whole numbers can have any mean and SD
        return True
    for total in sums:
        centre = total * total / n
        low = centre + (n - 1) * max(sd - half, 0.0) ** 2
        high = centre + (n - 1) * (sd + half) ** 2
        slack = EPSILON * max(high, 1.0)
        first = math.ceil(low - slack)
        first += (first - total) % 2  # a square is odd when its root is: the sums agree in parity
        if first <= high + slack:
            return True
    return False


def debit(proportion, sd, n) -> bool:
    """
    Test of the SD of a yes-or-no variable, which its mean and n determine.

    Parameters
    ----------
    proportion : float
        Share of ones as printed, 0 to 1.
    sd : float
        Its SD as printed, denominator n - 1.
    n : int
        People, >= 2.

    Returns
    -------
    bool

    Raises
    ------
    ValueError
        If n is below 2.

    References
    ----------
    Heathers and Brown (2019), DEBIT: a simple consistency test for binary data.

    Examples
    --------
    >>> debit(0.5, 0.53, 10), debit(0.5, 0.45, 10)
    (True, False)
    """
    if n < 2:
        raise ValueError(f"n: found {n}; allowed: a whole number >= 2. Fix: an SD needs two people")
    for ones in totals(proportion, n):
        share = ones / n
        if (
            0 <= share <= 1
            and abs(math.sqrt(n / (n - 1) * share * (1 - share)) - sd) <= half_unit(sd) + EPSILON
        ):
            return True
    return False


def percent_counts(percent, n) -> list[int]:
    """
    Counts out of n that print as this percentage: GRIM for a share.

    Parameters
    ----------
    percent : float
        As printed, 0 to 100.
    n : int
        Denominator, >= 1.

    Returns
    -------
    list of int
        Empty when no count fits, so the denominator is another one or a digit is wrong.

    Examples
    --------
    >>> percent_counts(67, 15), percent_counts(45.5, 22), percent_counts(68, 15)
    ([10], [10], [])
    """
    sums = totals(percent / 100, n, decimals(percent) + 2)
    return list(range(max(sums.start, 0), min(sums.stop, n + 1)))
