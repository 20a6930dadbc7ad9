"""PRISMA: the page is current, the flow adds up, the checklist is complete and honest about gaps."""

import csv
import math
from pathlib import Path

import pytest

import evidence as ev
from evidence.data.load import Review
from evidence.review import prisma

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def review():
    return ev.load(ROOT)


def test_the_committed_page_is_current_run_make_data_docs(review):
    assert (ROOT / "docs" / "prisma.md").read_text(encoding="utf-8") == prisma.page(review, ROOT)


def test_parts_add_up_and_nothing_unknown_is_a_number(review):
    boxes = prisma.flow(review)
    for box in boxes:
        assert not box.parts or sum(n for _, n in box.parts) == box.n
        assert (box.shown == prisma.NOT_KEPT) == math.isnan(box.n)
    assert {box.stage for box in boxes} == set(prisma.STAGES)


def test_registered_studies_are_all_accounted_for(review):
    boxes = {box.words: box.n for box in prisma.flow(review)}
    out = next(n for words, n in boxes.items() if words.startswith("Registered") and "no random" in words)
    assert boxes["Registered randomised trials with a report"] + out == len(review.registry)


def test_reports_that_share_people_count_once(review):
    boxes = {box.words: box.n for box in prisma.flow(review)}
    core = review.trials[review.trials["role"] == "core"]
    assert boxes["Reports of randomised trials"] == len(core)
    assert boxes["Randomised trials, reports that share people counted once"] == len(core) - 1
    assert boxes["Trials in at least one pool"] >= boxes["Trials with a number in at least one pool"] > 0


def test_a_new_kind_of_registered_study_is_not_lost_silently(review):
    rows = review.registry.assign(category="something new")
    changed = Review(review.path, review.corrections, {**review.tables, "registry": rows})
    with pytest.raises(ValueError, match="something new"):
        prisma.flow(changed)


def test_the_checklist_holds_the_items_of_prisma_2020():
    rows = prisma.checklist(ROOT)
    assert [row["item"] for row in rows] == list(prisma.ITEMS)
    assert len(prisma.ITEMS) == 42  # 27 items, of which 10, 13, 16, 20, 23 and 24 have parts
    assert all((ROOT / "docs" / row["place"]).exists() for row in rows)


def write(folder, rows):
    path = folder / "docs" / "prisma_checklist.csv"
    path.parent.mkdir()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return folder


def test_a_missing_item_is_refused(tmp_path):
    rows = prisma.checklist(ROOT)
    with pytest.raises(ValueError, match="13c"):
        prisma.checklist(write(tmp_path, [row for row in rows if row["item"] != "13c"]))


@pytest.mark.parametrize("change", [{"reported": "mostly"}, {"reported": "no", "note": ""}])
def test_a_shortfall_without_a_note_or_another_word_is_refused(tmp_path, change):
    rows = prisma.checklist(ROOT)
    rows[4] = {**rows[4], **change}
    with pytest.raises(ValueError, match="item 5"):
        prisma.checklist(write(tmp_path, rows))


def test_the_sentence_counts_the_answers():
    rows = [{"reported": word} for word in ("yes", "yes", "partly", "no")]
    assert prisma.checklist_sentence(rows) == (
        "Of four checklist items, 2 are reported in full, 1 in part and 1 not."
    )
