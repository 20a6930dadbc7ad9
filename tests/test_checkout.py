"""The checkout is found from anywhere in it, and kept results are those of the same data, code and key."""

import numpy as np
import pytest

import evidence as ev
from evidence import checkout
from evidence.checkout import kept, reference_folder, repository_root, table_digests


@pytest.fixture
def made(tmp_path):
    """A folder that looks like a checkout."""
    (tmp_path / "src" / "evidence").mkdir(parents=True)
    (tmp_path / "src" / "evidence" / "__init__.py").touch()
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


def test_the_nearest_checkout_above_is_found(made):
    inside = made / "notebooks" / "deep"
    inside.mkdir(parents=True)
    assert repository_root(inside) == made
    assert repository_root(made) == made


def test_outside_any_checkout_the_package_tells_where_it_runs_from(tmp_path, monkeypatch):
    assert (repository_root(tmp_path) / "tests" / "test_checkout.py").is_file()
    monkeypatch.setattr(checkout, "_PACKAGE", tmp_path / "site-packages" / "evidence")
    assert repository_root(tmp_path) is None
    with pytest.raises(FileNotFoundError, match="no source checkout found"):
        reference_folder(tmp_path)


def test_a_checkout_without_reference_values_says_so(made):
    with pytest.raises(FileNotFoundError, match="has no tests/reference"):
        reference_folder(made)


class Counted:
    """A computation that counts its runs."""

    def __init__(self):
        self.runs = 0

    def __call__(self):
        self.runs += 1
        return {"x": np.array([0.1, np.nan, -np.inf, 1 / 3]), "names": np.array(["a", "long name"])}


def test_a_result_is_computed_once_and_comes_back_unchanged(tmp_path):
    compute = Counted()
    first, again = (kept("thing", ("key", 1), compute, tmp_path) for _ in range(2))
    assert compute.runs == 1
    np.testing.assert_array_equal(first["x"], again["x"])
    assert again["names"].tolist() == ["a", "long name"]
    assert [path.name[:6] for path in tmp_path.iterdir()] == ["thing-"]


def test_another_key_or_other_code_computes_anew(tmp_path, monkeypatch):
    compute = Counted()
    kept("thing", 1, compute, tmp_path)
    kept("thing", 2, compute, tmp_path)
    assert compute.runs == 2
    monkeypatch.setattr(checkout, "code_fingerprint", lambda: "other code")
    kept("thing", 1, compute, tmp_path)
    assert compute.runs == 3


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"no archive at all"])
def test_a_broken_file_is_replaced(tmp_path, content):
    compute = Counted()
    kept("thing", 1, compute, tmp_path)
    next(tmp_path.iterdir()).write_bytes(content)
    assert kept("thing", 1, compute, tmp_path)["names"].tolist() == ["a", "long name"]
    kept("thing", 1, compute, tmp_path)
    assert compute.runs == 2


def test_a_folder_that_cannot_be_made_costs_time_only(tmp_path):
    (tmp_path / "file").touch()
    compute = Counted()
    assert kept("thing", 1, compute, tmp_path / "file" / "folder")["x"][0] == 0.1
    assert compute.runs == 1


def test_one_changed_cell_changes_the_digest_of_its_table():
    review = ev.load()
    same = table_digests(ev.load(), ["contrasts", "rob"])
    assert table_digests(review, ["contrasts", "rob"]) == same
    frames = dict(review._frames)
    frames["contrasts"] = review.contrasts.assign(estimate=review.contrasts["estimate"] + 0.01)
    changed = table_digests(ev.Review(review.path, review.corrections, frames), ["contrasts", "rob"])
    assert {name for name in same if changed[name] != same[name]} == {"contrasts"}
