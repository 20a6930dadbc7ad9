"""Checks of numeric arguments. A message names the argument, the position, the value and the remedy."""

from __future__ import annotations

from numbers import Real

import numpy as np


def as_arrays(**values):
    """
    Turn named arguments into float arrays of one shape.

    Parameters
    ----------
    **values : float or array
        Scalars, or arrays that all have the same shape. Scalars are stretched to it; nothing else is, so that
        a column set beside a row is an error and not a table.

    Returns
    -------
    list of ndarray
        In the order given, all of one shape (``()`` when every argument is a scalar).

    Raises
    ------
    ValueError
        For text, truth values, missing or infinite entries, and shapes that do not match.

    Examples
    --------
    >>> m, n = as_arrays(m=[1, 2, 3], n=20)
    >>> print(n.tolist())
    [20.0, 20.0, 20.0]
    >>> as_arrays(m=[1, float("nan")])
    Traceback (most recent call last):
    ValueError: m[1] is nan; allowed: a finite number. Fix: leave out rows with missing values
    """
    arrays = {name: _as_float(name, value) for name, value in values.items()}
    shapes = {name: array.shape for name, array in arrays.items() if array.ndim}
    if len(set(shapes.values())) > 1:
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"shapes do not match: {listed}. Fix: give scalars or arrays of one shape")
    for name, array in arrays.items():
        require(np.isfinite(array), name, array, "a finite number", "leave out rows with missing values")
    shape = next(iter(shapes.values()), ())
    return [np.broadcast_to(array, shape) for array in arrays.values()]


def _as_float(name, value):
    if isinstance(value, np.ma.MaskedArray):
        value = np.ma.filled(value.astype(float), np.nan)
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} is ragged. Fix: give a number or a rectangular array of numbers") from error
    if array.dtype == object:
        require(
            np.reshape([isinstance(x, Real) for x in array.flat], array.shape),
            name, array, "a number", "convert text and missing values before the call",
        )  # fmt: skip
    elif array.dtype.kind not in "iuf":
        raise ValueError(f"{name} holds {array.dtype}, first value {array.flat[0]!r}. Fix: give numbers")
    return array.astype(float)


def require(ok, name, values, allowed, fix):
    """
    Raise a ValueError about the first entry that is not allowed.

    Parameters
    ----------
    ok : bool array
        True where the entry is allowed; same shape as `values`.
    name : str
        The argument, as the caller knows it.
    values : array
        The argument itself.
    allowed, fix : str
        What may stand there, and the remedy.

    Examples
    --------
    >>> require(np.array([True, False]), "sd1", np.array([4.0, -3.0]), "an SD > 0", "copy the SD")
    Traceback (most recent call last):
    ValueError: sd1[1] is -3; allowed: an SD > 0. Fix: copy the SD
    """
    bad = np.argwhere(~np.asarray(ok))
    if not len(bad):
        return
    first = tuple(int(i) for i in bad[0])
    place = f"{name}[{', '.join(map(str, first))}]" if first else name
    found = values[first]
    shown = f"{found:.12g}" if isinstance(found, Real) else repr(found)
    more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
    raise ValueError(f"{place} is {shown}{more}; allowed: {allowed}. Fix: {fix}")


def require_positive(**values):
    """Raise unless every entry is > 0, as an SD or SE must be."""
    for name, value in values.items():
        require(value > 0, name, value, "a number > 0", "copy the SD or SE itself; a blank is not 0")


def require_at_least(minimum, **values):
    """Raise unless every entry is at least `minimum`, as a sample size must be."""
    for name, value in values.items():
        require(value >= minimum, name, value, f"at least {minimum}", "give the number of people analysed")


def require_correlation(**values):
    """Raise unless every entry lies strictly between -1 and 1."""
    for name, value in values.items():
        require(np.abs(value) < 1, name, value, "between -1 and 1, ends excluded", "give a correlation")


def require_events(a, n1, c, n2):
    """Raise unless 0 <= events <= people in both arms, and each arm has somebody in it."""
    require_at_least(1, n1=n1, n2=n2)
    for name, events, total, people in (("a", a, "n1", n1), ("c", c, "n2", n2)):
        allowed = f"events from 0 to {total}"
        inside = (events >= 0) & (events <= people)
        require(inside, name, events, allowed, "count people with the event, once each")


def require_interval(name, estimate, ci_low, ci_high):
    """Raise unless ci_low < ci_high and the estimate, called `name` by the caller, lies between them."""
    require(ci_low < ci_high, "ci_low", ci_low, "below ci_high", "swap the limits, or check their signs")
    inside = (ci_low <= estimate) & (estimate <= ci_high)
    fix = "check signs, and that all three belong together"
    require(inside, name, estimate, "within ci_low to ci_high", fix)


def require_level(level):
    """Raise unless `level` is a single number between 0 and 1, such as 0.95."""
    (value,) = as_arrays(level=level)
    if value.ndim:
        raise ValueError(f"level has shape {value.shape}; allowed: a single number. Fix: one call a level")
    require((value > 0) & (value < 1), "level", value, "between 0 and 1", "write 0.95 for 95%")


def require_choice(name, value, choices):
    """Raise unless `value` is one of `choices`."""
    if value not in choices:
        raise ValueError(f"{name} is {value!r}; allowed: {', '.join(choices)}. Fix: choose one of them")


def plain(*arrays):
    """Hand results back: arrays as they are, 0-d arrays as floats."""
    return tuple(np.asarray(array)[()] for array in arrays)
