"""A small corruption trial: seeded, repeatable, and the same in memory as through the files."""

import csv
import shutil
from collections import Counter
from pathlib import Path

import pytest

from evidence.checks.corrupt import KINDS, Corruption, sample
from evidence.checks.laboratory import Laboratory
from evidence.checks.run import NOTE, run_checks
from evidence.data.load import find_data
from evidence.data.validate import check

ROOT = Path(__file__).parents[1]
PER_KIND = 25
# The benchmark's goals are 95% and 80%; 25 of a kind may fall short of them by chance.
LEAST, LEAST_OF_A_KIND = 0.90, 0.75


@pytest.fixture(scope="module")
def laboratory():
    return Laboratory(check(find_data(ROOT / "data")))


@pytest.fixture(scope="module")
def drawn(laboratory):
    return sample(laboratory.tables, PER_KIND, seed=1)


def test_most_wrong_cells_of_every_kind_are_caught(laboratory, drawn):
    caught = Counter(c.kind for c in drawn if laboratory.detect(c))
    tried = Counter(c.kind for c in drawn)
    assert set(tried) == set(KINDS)
    assert sum(caught.values()) / len(drawn) >= LEAST
    assert {k: caught[k] / n for k, n in tried.items() if caught[k] / n < LEAST_OF_A_KIND} == {}


def test_the_same_seed_draws_the_same_corruptions(laboratory, drawn):
    assert sample(laboratory.tables, PER_KIND, seed=1) == drawn
    assert sample(laboratory.tables, PER_KIND, seed=2) != drawn


def test_every_corruption_changes_a_cell(laboratory, drawn):
    for corruption in drawn:
        table = laboratory.tables[corruption.table]
        line, column, text = corruption.edits[0]
        assert corruption.added or laboratory_text(table, line, column) != text or len(corruption.edits) > 1


def laboratory_text(table, line, column):
    from evidence.data.schema import printed_text

    return printed_text(table.rows[table.lines.index(line)][column])


def test_nothing_is_left_in_the_clean_tables(laboratory, drawn):
    before = {name: [dict(row) for row in table.rows] for name, table in laboratory.tables.items()}
    for corruption in drawn[::50]:
        laboratory.detect(corruption, every=True)
    assert {name: table.rows for name, table in laboratory.tables.items()} == before


@pytest.mark.parametrize("kind", KINDS)
def test_memory_and_files_agree(laboratory, drawn, kind, tmp_path):
    corruption = next(c for c in drawn if c.kind == kind)
    folder = tmp_path / "data"
    shutil.copytree(ROOT / "data", folder)
    write(corruption, folder / f"{corruption.table}.csv")
    clean = alarms(laboratory.checked)
    assert bool(alarms(check(folder)) - clean) == bool(laboratory.detect(corruption))


def alarms(checked):
    """Faults and warnings of a folder, wherever it lies."""
    found = checked.faults or run_checks(checked.tables, checked.corrections)
    return {(Path(f.path).name, f.line, f.column, f.found, f.check) for f in found if f.severity != NOTE}


def write(corruption: Corruption, path):
    """Type a corruption into the file."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    if corruption.added:
        rows.append(list(rows[corruption.edits[0][0] - 1]))
    for line, column, text in corruption.edits:
        at = len(rows) - 1 if corruption.added else line - 1
        rows[at][rows[0].index(column)] = text
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
