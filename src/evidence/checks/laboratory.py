"""Try a corruption in memory: which fault or warning does it raise that the clean data do not?"""

from __future__ import annotations

from ..data.cells import Refused
from ..data.load import Review, _frame
from ..data.rules import RULES
from ..data.schema import Table, all_key_faults
from .dossier import Dossier
from .run import CHECKS, NOTE, findings


class Laboratory:
    """
    A checked data folder that can be corrupted, one change at a time, without touching a file.

    Parameters
    ----------
    checked : Checked
        From `evidence.validate.check`, without faults.
    """

    def __init__(self, checked):
        self.checked = checked
        self.tables = checked.tables
        dossier = Dossier(self.tables, checked.corrections)
        self._clean = {check.name: _places(check, dossier) for check in CHECKS}

    def detect(self, corruption, every=False) -> list[str]:
        """
        Names of what raises a new fault or warning; empty when the corruption goes unseen.

        Parameters
        ----------
        corruption : Corruption
        every : bool
            Whether to go on after the first.

        Returns
        -------
        list of str
            "cell", "key", "corrections", names of rules of the loader and names of checks.
        """
        try:
            tables = self.corrupted(corruption)
        except Refused:
            return ["cell"]
        caught = []
        for name in self._new(tables, corruption.table):
            caught.append(name)
            if not every:
                break
        return caught

    def corrupted(self, corruption) -> dict:
        """
        Tables with a corruption in them.

        Parameters
        ----------
        corruption : Corruption

        Returns
        -------
        dict of str to Table

        Raises
        ------
        Refused
            If the schema admits no such text in its cell.
        """
        old = self.tables[corruption.table]
        table = Table(old.schema, old.path, list(old.lines), list(old.rows), dict(old.faulty))
        place = {line: i for i, line in enumerate(old.lines)}
        if corruption.added:
            line = corruption.edits[0][0]
            table.lines.append(old.lines[-1] + 1)
            table.rows.append(dict(old.rows[place[line]]))
            place[line] = len(table.rows) - 1
        for line, column, text in corruption.edits:
            i = place[line]
            table.rows[i] = {**table.rows[i], column: table.schema.field(column).parse(text)}
        return {**self.tables, corruption.table: table}

    def review(self, tables) -> Review:
        """Tables as a `Review`, so that results can be computed from them."""
        return Review(
            self.checked.folder, self.checked.corrections, {n: _frame(t) for n, t in tables.items()}
        )

    def _new(self, tables, name):
        """Names of what finds something new, cheapest first."""
        if self._repeated(tables[name]):
            yield "key"
        for table in tables.values():
            keys = [k for k in table.schema.foreign_keys if name in (table.schema.name, k.table)]
            if keys and all_key_faults(table, keys, tables):
                yield "key"
        if not all(_holds(c, tables[c.table]) for c in self.checked.corrections if c.table == name):
            yield "corrections"
        dossier = Dossier(tables, self.checked.corrections)
        for check in CHECKS:
            if name in check.tables and _places(check, dossier) - self._clean[check.name]:
                yield check.name
        yield from (rule.__name__ for rule in RULES if any(True for _ in rule(tables)))

    @staticmethod
    def _repeated(table):
        keys = [tuple(row[c] for c in table.schema.primary_key) for row in table.rows]
        unique = [[row[f.name] for row in table.rows] for f in table.schema.fields if f.unique]
        values = [[v for v in column if v is not None] for column in unique]
        return any(len(set(found)) < len(found) for found in (keys, *values))


def _places(check, dossier):
    """Faults and warnings of a check, as a set that can be compared."""
    found = findings(check, dossier)
    return {(f.path, f.line, f.column, f.found) for f in found if f.severity != NOTE}


def _holds(correction, table):
    """A correction still finds its one row, and the value that it speaks of in it."""
    hits = [row for row in table.rows if all(row[c] == value for c, value in correction.key)]
    return len(hits) == 1 and hits[0][correction.column] == correction.use
