"""The validation itself: it compares everything, and it fails where something is off."""

import dataclasses
import json
from math import lgamma

import numpy as np
import pytest
from numpy.testing import assert_allclose

import evidence as ev
from evidence.checkout import reference_folder
from evidence.review.metapsy import mdma_rows
from evidence.validation import agreement as validation
from evidence.validation.agreement import (
    AGREED,
    definition_differences,
    gap,
    hidden_null_rows,
    mdma_comparison,
    metafor_agreement,
    metafor_version,
)
from evidence.validation.hidden import simulate_hidden_nulls


@pytest.fixture(scope="module")
def review():
    return ev.load()


@pytest.fixture(scope="module")
def cells():
    return metafor_agreement()


def test_every_reference_fit_is_compared_in_every_statistic(cells):
    reference = json.loads((reference_folder() / "metafor_dev.json").read_text())
    fits = sum(len(case["fits"]) for case in reference["cases"])
    assert len(cells) == fits * 16
    assert cells["statistic"].nunique() == 16
    assert not cells.duplicated(["case", "method", "test", "statistic"]).any()
    assert metafor_version() == reference["meta"]["metafor"]


def test_all_agree(cells):
    assert cells["gap"].max() <= AGREED


def test_a_pool_that_is_off_is_seen(monkeypatch, tmp_path):
    reference = json.loads((reference_folder() / "metafor_dev.json").read_text())
    reference["cases"] = reference["cases"][:2]
    (tmp_path / "metafor_dev.json").write_text(json.dumps(reference))
    honest = validation.pool

    def off(*args, **choices):
        fit = honest(*args, **choices)
        return dataclasses.replace(fit, estimate=fit.estimate + 1e-5, h2=np.nan)

    monkeypatch.setattr(validation, "pool", off)
    cells = metafor_agreement(tmp_path)
    wrong = cells[cells["gap"] > AGREED]
    assert set(wrong["statistic"]) == {"estimate", "h2"}
    assert np.isinf(wrong.loc[wrong["statistic"] == "h2", "gap"]).all()


def test_a_gap_is_relative_and_absolute_near_zero():
    ours, theirs = (
        np.array([101.0, 0.001 + 1e-8, 0.0, np.nan, 1.0]),
        np.array([100.0, 0.001, 0.0, np.nan, np.nan]),
    )
    assert_allclose(gap(ours, theirs), [0.01, 1e-6, 0, 0, np.inf], rtol=1e-6)
    assert gap(np.array([np.nan]), np.array([1.0])) == np.inf


def numbers_printed(entry):
    """Count the numbers of an entry that are results; written without the package's own walk."""
    inputs = {"rho": 1, "prediction_df": 1}
    text = json.dumps(
        {k: v for k, v in entry.items() if k not in ("prediction_interval_note", "filter", "model")}
    )
    text = "".join(part for i, part in enumerate(text.split('"')) if i % 2 == 0)  # outside quotes
    kept = "".join(c if c in "0123456789.-e" else " " for c in text).split()
    return len([t for t in kept if any(c.isdigit() for c in t)]) - sum(inputs.get(k, 0) for k in entry)


def test_every_printed_number_is_compared_and_reproduced(review):
    frame = mdma_comparison(review)
    published = json.loads((reference_folder() / "metapsy_mdma_published.json").read_text())
    analyses = {k: v for k, v in published.items() if isinstance(v, dict)}
    assert frame.groupby("analysis").size().to_dict() == {k: numbers_printed(v) for k, v in analyses.items()}
    assert frame["agrees"].all()
    assert (frame["difference"].abs() <= frame["allowed"] * (1 + 1e-9)).all()


@pytest.mark.parametrize(("path", "value"), [
    (("main", "estimate"), -0.7121), (("main", "rows", "Oehen 2013"), [-0.8525, -2.1083, 0.4034]),
    (("bayes", "tau_mean"), 0.1929), (("three_level_che", "clusters"), 7), (("response_rr", "q"), 2.83),
])  # fmt: skip
def test_a_changed_published_number_is_seen(review, tmp_path, path, value):
    published = json.loads((reference_folder() / "metapsy_mdma_published.json").read_text())
    place = published
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    (tmp_path / "metapsy_mdma_published.json").write_text(json.dumps(published))
    frame = mdma_comparison(review, tmp_path)
    wrong = frame[~frame["agrees"]]
    assert wrong["analysis"].tolist() == [path[0]]


def test_a_printed_number_that_is_not_reproduced_is_an_error(review, tmp_path):
    published = json.loads((reference_folder() / "metapsy_mdma_published.json").read_text())
    published["main"]["h2"] = 1.0
    (tmp_path / "metapsy_mdma_published.json").write_text(json.dumps(published))
    with pytest.raises(KeyError, match="h2"):
        mdma_comparison(review, tmp_path)


def test_the_differences_are_those_of_the_two_definitions(review):
    """Both forms of J and of the standard error, written out from the trial's means and SDs."""
    frame = definition_differences(review)
    data = ev.read_metapsy(review.path / "external" / "metapsy_ptsd_mdmactr" / "data.csv")
    row = mdma_rows(data, "main").set_index("study").loc["Oehen 2013"]
    n1, n2 = row["n_arm1"], row["n_arm2"]
    df = n1 + n2 - 2
    pooled = ((n1 - 1) * row["sd_arm1"] ** 2 + (n2 - 1) * row["sd_arm2"] ** 2) / df
    d = (row["mean_arm1"] - row["mean_arm2"]) / np.sqrt(pooled)
    j = np.exp(lgamma(df / 2) - lgamma((df - 1) / 2)) / np.sqrt(df / 2)
    base = 1 / n1 + 1 / n2
    assert_allclose(
        frame.loc[0, ["published", "ours"]].astype(float), [d * (1 - 3 / (4 * df - 1)), d * j], rtol=1e-9
    )
    expected = [np.sqrt(base + x**2 / (2 * (n1 + n2))) for x in (d, d * j)]
    assert_allclose(frame.loc[1, ["published", "ours"]].astype(float), expected, rtol=1e-9)
    printed = mdma_comparison(review).set_index(["analysis", "quantity"])["ours"]
    assert frame.loc[2, "published"] == printed["main", "estimate"]
    assert frame.loc[6, "published"] == printed["three_level_che", "estimate"]
    assert (frame["published"] != frame["ours"]).all()


def test_simulated_rows_are_kept_whole(monkeypatch, tmp_path):
    monkeypatch.setattr(validation, "REPLICATES", 20)
    monkeypatch.setattr(validation, "TRUTHS", ((0.0, 0.2, ("nulls hidden",)), (-0.4, 0.1, ("all printed",))))
    honest = validation.kept
    monkeypatch.setattr(validation, "kept", lambda *args: honest(*args, tmp_path))
    rows = [hidden_null_rows() for _ in range(2)]
    direct = (*simulate_hidden_nulls(20, 0.0, 0.2, scenarios=["nulls hidden"]),
              *simulate_hidden_nulls(20, -0.4, 0.1, scenarios=["all printed"]))  # fmt: skip
    assert rows[0] == rows[1] == direct
