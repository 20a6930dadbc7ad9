"""data/README.md: generated, current, and never half written."""

import pytest
from badfiles import DATA, ROWS, columns_of, make, put

from evidence.data.derive import DERIVATIONS
from evidence.data.guide import render, write
from evidence.errors import DataErrors


@pytest.fixture
def folder(tmp_path):
    return make(tmp_path / "data")


def test_the_guide_of_the_data_is_current():
    assert (DATA / "README.md").read_text("utf-8") == render(DATA)


def test_every_table_column_trial_and_derivation_stands_in_the_guide(folder):
    text = render(folder)
    for table in ROWS:
        assert f"### {table}\n" in text
        assert all(f"| `{column}` |" in text for column in columns_of(table))
    assert "| Demo 2020 | rct_parallel |" in text
    assert all(f"| `{name}` |" in text for name in DERIVATIONS)


CONFLICT = """\
- id: demo_n
  kind: conflict
  where: {table: trials, key: {trial_id: demo_2020}, column: n_randomised}
  printed: [30, 31]
  use: 30
  why: Paper | registry.
  source: demo_2020
  status: open
"""


def test_corrections_stand_in_the_guide(folder):
    assert "\n\nNone.\n\n" in render(folder)
    (folder / "corrections.yml").write_text(CONFLICT, "utf-8")
    cells = [
        "demo_n",
        "trials, line 2, n_randomised",
        "conflict",
        "30; 31",
        "30",
        "open",
        "Paper \\| registry.",
    ]
    assert f"| {' | '.join(cells)} | demo_2020 |" in render(folder)


def test_a_faulty_folder_has_no_guide(folder):
    put(folder, "outcomes", 2, sd="0")
    with pytest.raises(DataErrors):
        write(folder)
    assert sorted(path.name for path in folder.iterdir() if path.suffix in (".md", ".tmp")) == []


def test_the_guide_is_replaced_whole(folder):
    assert write(folder).read_bytes() == render(folder).encode()
    assert not list(folder.glob(".*"))
