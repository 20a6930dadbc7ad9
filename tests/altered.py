"""A review with some tables altered, to see that words follow the data."""

import pandas as pd

from evidence.data.load import Review


def altered(review, **tables):
    """The same review with whole tables replaced."""
    return Review(review.path, review.corrections, {**review.tables, **tables})


def with_cells(review, table, where, **cells):
    """The same review with cells set in the rows of a table that match `where`, column to value."""
    frame = review.tables[table]
    rows = pd.Series(True, index=frame.index)
    for column, value in where.items():
        rows &= frame[column] == value
    assert rows.any(), f"{table}: no row matches {where}"
    for column, value in cells.items():
        frame.loc[rows, column] = value
    return altered(review, **{table: frame})


def with_row(review, table, like, **cells):
    """The same review with one more row, a copy of the first that matches `like`, with some cells changed."""
    frame = review.tables[table]
    rows = frame
    for column, value in like.items():
        rows = rows[rows[column] == value]
    row = rows.iloc[[0]].assign(**cells)
    row.index = [frame.index.max() + 1]
    return altered(review, **{table: pd.concat([frame, row])})
