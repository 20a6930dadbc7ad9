"""Mean and SD of one arm from its median with quartiles, range, or both."""

from __future__ import annotations

from itertools import pairwise

from scipy.special import ndtri

from .._arrays import as_arrays, plain, require, require_at_least


def mean_sd_from_quartiles(q1, median, q3, n):
    """
    Mean and SD of a roughly normal sample from its median and quartiles.

    Parameters
    ----------
    q1, median, q3 : float or array of shape (k,)
        First quartile, median, third quartile, scale points, in order.
    n : int or array of shape (k,)
        Sample size, >= 2.

    Returns
    -------
    mean, sd : float or array of shape (k,)
        Scale points. Biased for skewed scores, which are often the reason why medians were printed.

    Raises
    ------
    ValueError
        If the three are out of order, q1 equals q3 or an n is below 2.

    References
    ----------
    Mean: Luo et al. (2018), Stat Methods Med Res 27: 1785. SD: Wan et al. (2014), BMC Med Res Methodol 14:
    135, equation 16.

    Examples
    --------
    >>> mean, sd = mean_sd_from_quartiles(20, 30, 36, 40)
    >>> print(f"{mean:.2f} {sd:.2f}")
    28.58 12.30
    """
    q1, median, q3, n = as_arrays(q1=q1, median=median, q3=q3, n=n)
    _require_rising(q1=q1, median=median, q3=q3)
    require_at_least(2, n=n)
    weight = 0.7 + 0.39 / n
    mean = weight * (q1 + q3) / 2 + (1 - weight) * median
    return plain(mean, (q3 - q1) / _expected_iqr(n))


def mean_sd_from_range(minimum, median, maximum, n):
    """
    Mean and SD of a roughly normal sample from its median and its observed range.

    Parameters
    ----------
    minimum, median, maximum : float or array of shape (k,)
        Lowest score, median and highest score seen, scale points, in order. Not the ends of the scale.
    n : int or array of shape (k,)
        Sample size, >= 2.

    Returns
    -------
    mean, sd : float or array of shape (k,)
        Scale points.

    Raises
    ------
    ValueError
        If the three are out of order, the range is 0 or an n is below 2.

    References
    ----------
    Mean: Luo et al. (2018). SD: Wan et al. (2014), equation 9, for every n (their table of
    exact values lies within 0.6% of it from n = 10).

    Examples
    --------
    >>> mean, sd = mean_sd_from_range(1, 4, 10, 30)
    >>> print(f"{mean:.6f} {sd:.6f}")
    4.356748 2.205578
    """
    minimum, median, maximum, n = as_arrays(minimum=minimum, median=median, maximum=maximum, n=n)
    _require_rising(minimum=minimum, median=median, maximum=maximum)
    require_at_least(2, n=n)
    weight = 4 / (4 + n**0.75)
    mean = weight * (minimum + maximum) / 2 + (1 - weight) * median
    return plain(mean, (maximum - minimum) / _expected_range(n))


def mean_sd_from_five_numbers(minimum, q1, median, q3, maximum, n):
    """
    Mean and SD of a roughly normal sample from its five-number summary.

    Parameters
    ----------
    minimum, q1, median, q3, maximum : float or array of shape (k,)
        Lowest score, quartiles and highest score seen, scale points, in order.
    n : int or array of shape (k,)
        Sample size, >= 2.

    Returns
    -------
    mean, sd : float or array of shape (k,)
        Scale points; the SD is the mean of the one from the range and the one from the quartiles.

    Raises
    ------
    ValueError
        If the five are out of order, a spread is 0 or an n is below 2.

    References
    ----------
    Mean: Luo et al. (2018). SD: Wan et al. (2014), equation 13.

    Examples
    --------
    >>> mean, sd = mean_sd_from_five_numbers(5, 20, 30, 36, 60, 40)
    >>> print(f"{mean:.2f} {sd:.2f}")
    29.09 12.53
    """
    minimum, q1, median, q3, maximum, n = as_arrays(
        minimum=minimum, q1=q1, median=median, q3=q3, maximum=maximum, n=n
    )
    _require_rising(minimum=minimum, q1=q1, median=median, q3=q3, maximum=maximum)
    _require_rising(q1=q1, median=median, q3=q3)
    require_at_least(2, n=n)
    outer = 2.2 / (2.2 + n**0.75)
    inner = 0.7 - 0.72 / n**0.55
    mean = outer * (minimum + maximum) / 2 + inner * (q1 + q3) / 2 + (1 - outer - inner) * median
    sd = ((maximum - minimum) / _expected_range(n) + (q3 - q1) / _expected_iqr(n)) / 2
    return plain(mean, sd)


def _expected_range(n):
    """Range of n standard normal scores, by Blom's approximation (Wan et al. 2014)."""
    return 2 * ndtri((n - 0.375) / (n + 0.25))


def _expected_iqr(n):
    """Distance of the quartiles of n standard normal scores (Wan et al. 2014)."""
    return 2 * ndtri((0.75 * n - 0.125) / (n + 0.25))


def _require_rising(**points):
    names = list(points)
    for lower, upper in pairwise(names):
        ok = points[lower] <= points[upper]
        require(
            ok, lower, points[lower], f"at most {upper}", "check the order and that all belong to one group"
        )
    first, last = points[names[0]], points[names[-1]]
    require(
        first < last,
        names[-1],
        last,
        f"above {names[0]}",
        "a spread of 0 gives no SD; look for another source",
    )
