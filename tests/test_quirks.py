"""Entries of kind quirk in corrections.yml: one printed value, kept, with the checks it answers."""

import pytest
from badfiles import make, parts

from evidence.data.validate import check

ENTRY = """\
- id: odd_se
  kind: quirk
  where: {table: outcomes, key: {arm: ketamine, scale: DEMO}, column: se}
  printed: 3.1
  use: 3.1
  why: The source prints it so.
  source: demo_2020
  status: open
  expect: {gt: 3}
  checks: [spread_agrees]
"""


def write(folder, text=ENTRY):
    make(folder)
    (folder / "corrections.yml").write_text(text, "utf-8")
    return check(folder)


def test_a_quirk_keeps_the_printed_value_and_names_its_checks(tmp_path):
    checked = write(tmp_path)
    assert checked.faults == []
    (quirk,) = checked.corrections
    assert (quirk.kind, quirk.use, quirk.checks) == ("quirk", 3.1, ("spread_agrees",))
    assert checked.tables["outcomes"].rows[0]["se"] == 3.1


@pytest.mark.parametrize(
    ("old", "new", "key", "allowed"),
    [
        ("use: 3.1", "use: 3.2", "use", "the printed value of a quirk"),
        ("printed: 3.1\n  use: 3.1", "printed: 3.3\n  use: 3.3", "printed", "the printed value 3.3"),
        ("  expect: {gt: 3}\n", "", "expect", "a guard for a quirk"),
        ("{gt: 3}", "{gt: 4}", "expect", "se gt 4"),
        ("  checks: [spread_agrees]\n", "", "checks", "a list of check names for a quirk"),
        ("checks: [spread_agrees]", "checks: spread_agrees", "checks", "a list of check names"),
        ("kind: quirk", "kind: replace", "checks", "a list of check names for a quirk"),
    ],
)
def test_each_wrong_quirk_is_one_fault(tmp_path, old, new, key, allowed):
    assert old in ENTRY
    (fault,) = write(tmp_path, ENTRY.replace(old, new)).faults
    assert parts(fault)[0] == "corrections.yml"
    assert fault.column == key
    assert fault.allowed.startswith(allowed)
