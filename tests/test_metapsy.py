"""Metapsy files: the published MDMA review reproduced from its data set, reading, writing, bad files."""

import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from evidence.choices import WINDOWS
from evidence.data import metapsy_csv
from evidence.data.load import load
from evidence.errors import DataError
from evidence.models.multilevel import pool_multilevel
from evidence.models.pool import pool
from evidence.review.effects import effect_sizes
from evidence.review.metapsy import effects_to_metapsy, mdma_rows, read_metapsy, to_metapsy, write_metapsy

ROOT = Path(__file__).parents[1]
MDMA = ROOT / "data" / "external" / "metapsy_ptsd_mdmactr" / "data.csv"
PUBLISHED = json.loads(
    (Path(__file__).parent / "reference" / "metapsy_mdma_published.json").read_text(), parse_float=Decimal
)
CLOSED_RTOL = 1e-11


def assert_printed(value, printed, digits=0):
    """Equal to half the last printed digit; `digits` where JSON lost trailing zeros, as in 3.0 for 3.0000."""
    printed = Decimal(printed)
    half = 0.5 * 10.0 ** -max(-printed.as_tuple().exponent, digits)
    assert abs(value - float(printed)) <= half * (1 + 1e-9), f"{value} is not {printed}"


@pytest.fixture(scope="module")
def mdma():
    return read_metapsy(MDMA)


@pytest.fixture(scope="module")
def main_fit(mdma):
    rows = mdma_rows(mdma, "main")
    return pool(rows["yi"], rows["vi"], pi_method="meta")


def assert_rows(rows, published, transform):
    assert list(rows["study"].sort_values()) == sorted(published)
    half = stats.norm.ppf(0.975) * np.sqrt(rows["vi"])
    for study, *ours in zip(rows["study"], rows["yi"], rows["yi"] - half, rows["yi"] + half, strict=True):
        for value, printed in zip(ours, published[study], strict=True):
            assert_printed(transform(value), printed, digits=4)


def test_every_published_analysis_has_a_test():
    """The Bayesian analysis is reproduced with the tests of the partial-information model."""
    assert set(PUBLISHED) - {"source", "reading_the_csv"} == {
        "main", "bayes", "three_level_che", "response_rr", "remission_rr",
    }  # fmt: skip


def test_published_rows_of_the_main_analysis(mdma):
    assert_rows(mdma_rows(mdma, "main"), PUBLISHED["main"]["rows"], float)


def test_published_pool(main_fit):
    published = PUBLISHED["main"]
    assert main_fit.k == published["k"]
    assert main_fit.q_df == published["q_df"]
    assert_printed(main_fit.estimate, published["estimate"])
    assert_printed(main_fit.ci_low, published["ci"][0])
    assert_printed(main_fit.ci_high, published["ci"][1])
    assert_printed(main_fit.estimate / main_fit.se, published["t"])
    assert_printed(main_fit.p_value, published["p"])
    assert_printed(main_fit.pi_low, published["prediction_interval"][0])
    assert_printed(main_fit.pi_high, published["prediction_interval"][1])
    assert_printed(main_fit.tau2, published["tau2"], digits=4)
    assert_printed(main_fit.i2, published["i2"], digits=1)
    assert_printed(main_fit.q, published["q"])
    assert_printed(main_fit.q_p, published["q_p"])


def test_published_prediction_interval_has_its_printed_degrees_of_freedom(mdma, main_fit):
    """As the note of the source says: the common-effect standard error (tau2 is 0) and t with 5 df."""
    half = stats.t.ppf(0.975, PUBLISHED["main"]["prediction_df"]) / np.sqrt(
        np.sum(1 / mdma_rows(mdma, "main")["vi"])
    )
    assert_printed(main_fit.estimate - half, PUBLISHED["main"]["prediction_interval"][0])
    assert_printed(main_fit.estimate + half, PUBLISHED["main"]["prediction_interval"][1])


def test_published_q_profile_interval(main_fit):
    low, high = PUBLISHED["main"]["tau2_ci_q_profile"]
    assert_printed(main_fit.tau2_ci_low, low, digits=2)
    assert_printed(main_fit.tau2_ci_high, high)


def test_published_three_level_model(mdma):
    published = PUBLISHED["three_level_che"]
    rows = mdma_rows(mdma, "three_level_che")
    fit = pool_multilevel(
        rows["yi"], rows["vi"], rows["cluster"], rho=float(published["rho"]), smooth_vi=True
    )
    assert (fit.k, fit.n_studies, fit.q_df) == (published["k"], published["clusters"], published["df"])
    for field in ("estimate", "se", "t", "sigma2_effect", "q"):
        assert_printed(getattr(fit, field), published[field])
    assert_printed(fit.sigma2_study, published["sigma2_study"], digits=4)
    assert_printed(fit.ci_low, published["ci"][0])
    assert_printed(fit.ci_high, published["ci"][1])


@pytest.mark.parametrize(
    ("moderator", "name"),
    [
        ("n_dosing_sessions", "meta_regression_n_dosing_sessions"),
        ("cumulative_dose_arm1", "meta_regression_cumulative_dose"),
    ],
)
def test_published_meta_regressions(mdma, moderator, name):
    published = PUBLISHED["three_level_che"][name]
    rows = mdma_rows(mdma, "three_level_che")
    fit = pool_multilevel(
        rows["yi"], rows["vi"], rows["cluster"], moderators=moderator, smooth_vi=True, data=rows
    )
    for i, term in enumerate(("intercept", "slope")):
        assert_printed(fit.estimate[i], published[term][0])
        assert_printed(fit.se[i], published[term][1])
    assert_printed(fit.p_value[1], published["slope_p"])


@pytest.mark.parametrize("analysis", ["response_rr", "remission_rr"])
def test_published_risk_ratios(mdma, analysis):
    published = PUBLISHED[analysis]
    rows = mdma_rows(mdma, analysis)
    assert_rows(rows, published["rows"], np.exp)
    fit = pool(rows["yi"], rows["vi"], tau2_method="PM", pi_method="meta")
    assert fit.k == published["k"]
    assert_printed(np.exp(fit.estimate), published["estimate"])
    assert_printed(np.exp(fit.ci_low), published["ci"][0])
    assert_printed(np.exp(fit.ci_high), published["ci"][1])
    assert_printed(np.exp(fit.pi_low), published["prediction_interval"][0])
    assert_printed(np.exp(fit.pi_high), published["prediction_interval"][1])


def test_published_q_of_response(mdma):
    rows = mdma_rows(mdma, "response_rr")
    assert_printed(pool(rows["yi"], rows["vi"], tau2_method="PM").q, PUBLISHED["response_rr"]["q"])


def test_adr_0003_states_how_g_and_the_risk_ratio_are_made(mdma):
    """The formulas of the ADR give every released value; with hedges_g they would not."""
    rows = mdma[mdma["outcome_type"] == "msd"]
    n1, n2 = rows["n_arm1"], rows["n_arm2"]
    pooled = ((n1 - 1) * rows["sd_arm1"] ** 2 + (n2 - 1) * rows["sd_arm2"] ** 2) / (n1 + n2 - 2)
    d = (rows["mean_arm1"] - rows["mean_arm2"]) / np.sqrt(pooled)
    assert_allclose(rows[".g"], d * (1 - 3 / (4 * (n1 + n2 - 2) - 1)), rtol=CLOSED_RTOL)
    assert_allclose(rows[".g_se"], np.sqrt((n1 + n2) / (n1 * n2) + d**2 / (2 * (n1 + n2))), rtol=CLOSED_RTOL)
    rows = mdma[mdma["event_arm1"].notna()]
    half = 0.5 * ((rows["event_arm1"] == 0) | (rows["event_arm2"] == 0))
    a, n1, c, n2 = (rows[f"{name}_arm{arm}"] + half for arm in (1, 2) for name in ("event", "totaln"))
    assert half.sum() > 0
    assert_allclose(rows[".log_rr"], np.log(a / n1) - np.log(c / n2), rtol=CLOSED_RTOL)
    assert_allclose(rows[".log_rr_se"], np.sqrt(1 / a - 1 / n1 + 1 / c - 1 / n2), rtol=CLOSED_RTOL)


def test_reading_keeps_names_and_types(mdma):
    assert list(mdma.columns) == MDMA.read_text(encoding="utf-8").split("\n", 1)[0].split(";")
    assert len(mdma) == 61
    assert mdma["time_weeks"].iloc[0] == 4.0
    assert mdma["n_dosing_sessions"].dtype == np.int64
    assert np.isnan(mdma["post_crossover"].iloc[0])
    assert pd.isna(mdma["multi_arm1"].iloc[0])
    assert mdma["doi"].iloc[0] == "10.1038/s41591-021-01336-3"


def write_lines(path, *lines, encoding="utf-8", newline="\n"):
    path.write_bytes(newline.join([*lines, ""]).encode(encoding))
    return path


@pytest.mark.parametrize(
    "lines",
    [
        ("study;.g;.g_se;n", "Feder 2014;-0,5;0,25;29", "Duek 2023;NA;;13"),
        ("study;.g;.g_se;n", "Feder 2014;-0.5;0.25;29", "Duek 2023;NA;;13"),
        ("study,.g,.g_se,n", "Feder 2014,-0.5,0.25,29", "Duek 2023,NA,,13"),
        ('"study";".g";".g_se";"n"', '"Feder 2014";-,5;2,5e-01;29', '"Duek 2023";NA;NA;13'),
    ],
    ids=["standard", "semicolon and point", "plain CSV", "as R quotes"],
)
@pytest.mark.parametrize(("encoding", "newline"), [("utf-8", "\n"), ("utf-8-sig", "\r\n")])
def test_each_dialect_gives_the_same_frame(tmp_path, lines, encoding, newline):
    frame = read_metapsy(write_lines(tmp_path / "a.csv", *lines, encoding=encoding, newline=newline))
    expected = pd.DataFrame(
        {"study": ["Feder 2014", "Duek 2023"], ".g": [-0.5, np.nan], ".g_se": [0.25, np.nan], "n": [29, 13]}
    )
    pd.testing.assert_frame_equal(frame, expected)


def test_labels_codes_and_text_columns_stay_text(tmp_path):
    path = write_lines(tmp_path / "a.csv", "study;.g;.g_se;id;arm", "1;0,1;0,2;007;1-2", "2;0,3;0,2;010;3")
    frame = read_metapsy(path)
    assert list(frame["study"]) == ["1", "2"]
    assert list(frame["id"]) == ["007", "010"]
    assert list(frame["arm"]) == ["1-2", "3"]


HEAD = "study;.g;.g_se"


@pytest.mark.parametrize(
    ("content", "line", "column", "found"),
    [
        (b"", None, None, "an empty file"),
        (b"PK\x03\x04 not text", None, None, "an Excel or zip file"),
        (b"study;.g\0;.g_se\n", 1, None, "a NUL byte"),
        (b"study;.g;.g_se\nM\xfcller 2001;0,1;0,2\n", 2, None, "byte 0xfc"),
        (HEAD.encode() + b"\n", None, None, "no row"),
        (HEAD.encode() + b"\nA;0,1;0,2\nB;0,1\n", 3, None, "2 cells"),
        (HEAD.encode() + b'\nA;"0,1;0,2\n', None, None, "unexpected end of data"),
        (b"trial;.g;.g_se\nA;0,1;0,2\n", 1, "study", "trial, .g, .g_se"),
        (b"study;year\nA;2001\n", 1, ".g", "no effect columns"),
        (b"study;.g;.g_se;.g\nA;0,1;0,2;0,3\n", 1, ".g", "the name twice"),
        (HEAD.encode() + b"\nA;0,1;0,2\nB;0.1;0,2\n", 3, ".g", "0.1"),
        (HEAD.encode() + b"\nA;0,1;large\n", 2, ".g_se", "large"),
        (b'study,.g,.g_se\nA,0.1,"0,2"\n', 2, ".g_se", "0,2"),
    ],
)
def test_bad_files_are_named_by_line_and_column(tmp_path, content, line, column, found):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_metapsy(path)
    error = caught.value
    assert (error.path, error.line, error.column) == (str(path), line, column)
    assert found in error.found
    assert error.allowed
    assert error.fix


def test_a_missing_file_and_a_folder_are_data_errors(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(DataError):
            read_metapsy(path)


def test_all_faults_are_collected(tmp_path):
    path = write_lines(tmp_path / "a.csv", HEAD, "A;x;0,2", "B;0,1;y", "C;0,1;0,2", "D;z;0,1")
    with pytest.raises(DataError) as caught:
        read_metapsy(path)
    assert [(fault.line, fault.column, fault.row) for fault in caught.value.faults] == [
        (2, ".g", "A"), (3, ".g_se", "B"), (5, ".g", "D"),
    ]  # fmt: skip


def test_released_file_survives_writing(mdma, tmp_path):
    write_metapsy(mdma, tmp_path / "again.csv")
    pd.testing.assert_frame_equal(read_metapsy(tmp_path / "again.csv"), mdma)


words = st.text(
    st.characters(codec="utf-8", categories=["L", "P", "Zs"], exclude_characters=";"), max_size=12
)
labels = words.map(str.strip).filter(lambda text: text not in ("", "NA", "NaN") and text.isprintable())
numbers = st.one_of(st.floats(allow_nan=False, width=64), st.just(np.nan))


@settings(deadline=None, max_examples=60)
@given(data=st.data(), rows=st.integers(1, 5))
def test_read_undoes_write(tmp_path_factory, data, rows):
    def column(values):
        return data.draw(st.lists(values, min_size=rows, max_size=rows))

    frame = pd.DataFrame(
        {
            "study": column(labels),
            ".g": column(numbers),
            ".g_se": column(numbers),
            "n": column(st.integers(0, 999)),
        }
    )
    frame["n"] = frame["n"].astype(np.int64)
    path = tmp_path_factory.mktemp("metapsy") / "a.csv"
    write_metapsy(frame, path)
    pd.testing.assert_frame_equal(read_metapsy(path), frame, check_exact=True)


EFFECTS = pd.DataFrame(
    {
        "trial_id": ["feder_2014", "abdallah_2022", "abdallah_2022"],
        "label": ["Feder 2014", "Abdallah 2022", "Abdallah 2022"],
        "window": ["24h", "end_of_course", "end_of_course"],
        "scale": ["IES-R", "PCL-5", "PCL-5"],
        "timepoint_days": [1, 28, 28],
        "yi": [-0.5, np.nan, np.nan],
        "vi": [0.04, np.nan, np.nan],
        "active_arm": ["ketamine", "standard", "low"],
        "comparator_arm": ["midazolam", "placebo", "placebo"],
        "rater": ["self", "clinician", "self"],
        "finding": ["estimate", "not_significant", "not_significant"],
        "lower": [-0.5, -0.7, -np.inf],
        "upper": [-0.5, 0.7, np.inf],
        "included": [True, True, False],
        "fact_ids": ["F0027; F0028", "F0114", "F0114"],
    }
)
# Typed from the standard (https://docs.metapsy.org/data-preparation/format/), not taken from the module.
REQUIRED = """
study condition_arm1 condition_arm2 multi_arm1 multi_arm2 outcome_type instrument time time_weeks rating
mean_arm1 mean_arm2 sd_arm1 sd_arm2 n_arm1 n_arm2 event_arm1 event_arm2 totaln_arm1 totaln_arm2
precalc_g precalc_g_se
.id .g .g_se .log_rr .log_rr_se .event_arm1 .event_arm2 .totaln_arm1 .totaln_arm2
"""


def test_effects_are_laid_out_as_the_standard_asks():
    frame = effects_to_metapsy(EFFECTS)
    assert set(REQUIRED.split()) <= set(frame.columns)
    assert frame.loc[0, [".g", "precalc_g"]].tolist() == [-0.5, -0.5]
    assert_allclose(frame.loc[0, [".g_se", "precalc_g_se"]].astype(float), 0.2)
    assert_allclose(frame["time_weeks"], [1 / 7, 4, 4])
    assert frame[".g"].isna().tolist() == [False, True, True]
    assert frame["rating"].tolist() == ["self-report", "clinician", "self-report"]
    assert frame["multi_arm1"].isna().tolist() == [True, False, False]
    assert frame["multi_arm2"].tolist()[1:] == ["placebo", "placebo"]
    assert frame["included"].tolist() == [1, 1, 0]
    assert frame[".id"].is_unique
    assert frame["fact_ids"].iloc[0] == "F0027, F0028"


def test_same_comparison_twice_has_two_ids():
    assert effects_to_metapsy(pd.concat([EFFECTS, EFFECTS]))[".id"].is_unique


def test_laid_out_effects_survive_writing(tmp_path):
    frame = effects_to_metapsy(EFFECTS)
    write_metapsy(frame, tmp_path / "ours.csv")
    pd.testing.assert_frame_equal(read_metapsy(tmp_path / "ours.csv"), frame)


def test_the_fewest_columns_are_enough_and_named_when_absent():
    needed = ["trial_id", "label", "window", "scale", "timepoint_days", "yi", "vi"]
    frame = effects_to_metapsy(EFFECTS[needed])
    assert frame["condition_arm1"].tolist() == ["ketamine"] * 3
    with pytest.raises(ValueError, match="effects lack scale, vi"):
        effects_to_metapsy(EFFECTS[needed].drop(columns=["scale", "vi"]))


def test_review_is_exported_with_one_row_a_trial_and_window(tmp_path):
    review = load(ROOT / "data")
    to_metapsy(review, tmp_path / "review.csv")
    frame = read_metapsy(tmp_path / "review.csv")
    assert not frame.duplicated(["trial_id", "time"]).any()
    expected = pd.concat([effect_sizes(review, window) for window in WINDOWS], ignore_index=True)
    expected = expected[expected["included"].astype(bool)].reset_index(drop=True)
    assert frame["trial_id"].tolist() == expected["trial_id"].tolist()
    assert_allclose(frame[".g"], expected["yi"].astype(float), rtol=CLOSED_RTOL)
    assert_allclose(frame[".g_se"] ** 2, expected["vi"].astype(float), rtol=CLOSED_RTOL)
    assert frame["condition_arm2"].str.contains(" ").sum() == 0


def test_a_failed_write_leaves_the_old_file_alone(tmp_path, monkeypatch):
    path = tmp_path / "ours.csv"
    path.write_text("old")
    with pytest.raises(ValueError, match=r"study\[1\]"):
        write_metapsy(pd.DataFrame({"study": ["A", "B; C"], ".g": [0.1, 0.2]}), path)

    def full_disk(*_):
        raise OSError("no space left")

    monkeypatch.setattr(metapsy_csv.Path, "replace", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_metapsy(pd.DataFrame({"study": ["A"]}), path)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["ours.csv"]
