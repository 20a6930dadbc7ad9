"""Choices: every field documented, checked, read from TOML with the place of each error."""

import dataclasses
from pathlib import Path

import pytest

import evidence as ev
from evidence.choices import Choices

ROOT = Path(__file__).parents[1]


def test_every_field_has_a_default_inside_its_range_a_reason_and_an_existing_record():
    for knob in Choices.describe():
        assert knob["reason"]
        assert knob["default"] in knob["sweep"], knob["name"]
        assert (ROOT / "docs" / "adr" / f"{knob['adr']}.md").is_file(), knob["adr"]
        for value in knob["sweep"]:
            Choices(**{knob["name"]: value})


def test_choices_are_frozen_and_report_what_was_changed():
    choices = Choices(crossover_r=0.7)
    assert choices.changed() == {"crossover_r": 0.7}
    assert choices.replace(crossover_r=0.5) == Choices()
    with pytest.raises(dataclasses.FrozenInstanceError):
        choices.crossover_r = 0.1


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("crossover_r", 1.5, "a number from 0 to 0.95"),
        ("crossover_r", "high", "a number from 0 to 0.95"),
        ("crossover_r", True, "a number from 0 to 0.95"),
        ("crossover_r", float("nan"), "a number from 0 to 0.95"),
        ("dadabayev_n", 10.5, "a whole number from 5 to 20"),
        ("feder_2014_n", 30, "one of 29, 35, 41"),
        ("null_rule", "strict", "one of omnibus, pairwise, ignore"),
        ("include_duek", 1, "one of true, false"),
        ("mu_prior_sd", 0, "a number from 0.1 to 100 or none"),
    ],
)
def test_values_outside_their_range_are_named(field, value, allowed):
    with pytest.raises(ValueError, match="choice") as error:
        Choices(**{field: value})
    assert f"'{field}'" in str(error.value)
    assert allowed in str(error.value)


def test_a_toml_file_sets_fields(tmp_path):
    file = tmp_path / "my.toml"
    file.write_text('crossover_r = 0.3\nmu_prior_sd = "flat"\nnull_rule = "pairwise"\n')
    assert Choices.from_toml(file) == Choices(crossover_r=0.3, null_rule="pairwise")


@pytest.mark.parametrize(
    ("text", "line", "column", "found"),
    [
        (b"crossover_r = 0.3\ncrosover_r = 0.5\n", 2, "crosover_r", "0.5"),
        (b"\nnull_rule = 'strict'\n", 2, "null_rule", "strict"),
        (b"crossover_r 0.3\n", 1, None, None),
        (b"crossover_r = '\xff'\n", None, None, "bytes that are not UTF-8"),
    ],
)
def test_faults_of_a_toml_file_name_their_place(tmp_path, text, line, column, found):
    file = tmp_path / "my.toml"
    file.write_bytes(text)
    with pytest.raises(ev.DataError) as error:
        Choices.from_toml(file)
    assert (error.value.path, error.value.line, error.value.column) == (str(file), line, column)
    assert found is None or error.value.found == found
    assert error.value.fix


def test_a_missing_file_is_a_data_error(tmp_path):
    with pytest.raises(ev.DataError, match=r"none\.toml"):
        Choices.from_toml(tmp_path / "none.toml")


def test_the_environment_names_the_choices(tmp_path, monkeypatch):
    monkeypatch.delenv("EVIDENCE_CHOICES", raising=False)
    assert Choices.from_environment() == Choices()
    file = tmp_path / "my.toml"
    file.write_text("feder_2014_n = 41\n")
    monkeypatch.setenv("EVIDENCE_CHOICES", str(file))
    assert Choices.from_environment().feder_2014_n == 41
