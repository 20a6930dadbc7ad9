"""The multiverse against one-by-one pooling and brute force; its summaries against algebra."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import evidence as ev
from evidence import checkout
from evidence.choices import WINDOWS
from evidence.review.efficacy import pool_window, sensitivity
from evidence.robustness.multiverse import MODELS, Multiverse, multiverse, of_model, setting_words
from evidence.robustness.space import drop_inert, explore, nearest_to_default, row_sets, swept, with_models
from evidence.robustness.summary import by_setting, needed_to_exclude_zero, summarise, variance_explained

SAME = 1e-9  # the same quadrature, run alone and in a batch


@pytest.fixture(scope="module")
def review():
    return ev.load()


@pytest.fixture(scope="module")
def all_of_them(review):
    return {window: multiverse(review, window) for window in WINDOWS}


def settings_at(many, place):
    return {name: values[i] for (name, values), i in zip(many.knobs.items(), place, strict=True)}


def alone(review, window, model, choices):
    """One combination, pooled by itself; a pool without any trial is no analysis, whatever the prior."""
    if not ev.effect_sizes(review, window, choices)["included"].any():
        return [np.nan] * 3
    result = pool_window(review, window, choices)
    fit = result.partial if model == MODELS[0] else result.complete
    return [fit.estimate, fit.ci_low, fit.ci_high]


@pytest.mark.parametrize("window", WINDOWS)
def test_random_combinations_equal_pooling_one_by_one(review, all_of_them, window):
    many = all_of_them[window]
    rng = np.random.default_rng(7)
    for flat in rng.choice(many.index.size, size=40, replace=False):
        chosen = settings_at(many, np.unravel_index(flat, many.index.shape))
        model = chosen.pop("model")
        row = many.analyses.iloc[many.index.flat[flat]][["estimate", "ci_low", "ci_high"]].to_numpy(float)
        assert_allclose(row, alone(review, window, model, ev.Choices(**chosen)), rtol=SAME, atol=SAME)


def test_a_small_multiverse_is_what_brute_force_finds(review):
    """Every combination of seven choices, pooled one by one; as many distinct sets of numbers are found."""
    tried = {
        "null_rule": ("omnibus", "pairwise", "ignore"),
        "omnibus_df": (6, 2),
        "include_duek": (True, False),
        "metric": ("printed_smd", "raw_difference"),
        "dadabayev_n": (10, 8),
        "exclude_high_risk": (False, True),
        "end_of_course_gap": (10.0, 4.0),
    }
    sweeps = {name: values[:1] for name, values in swept(ev.Choices()).items()} | tried
    names, index, sets = row_sets(review, "end_of_course", sweeps)
    found = set()
    for values in itertools.product(*tried.values()):
        chosen = dict(zip(tried, values, strict=True))
        rows = pool_window(review, "end_of_course", ev.Choices(**chosen)).included
        numbers = tuple(
            zip(rows["finding"] == "estimate", rows["lower"], rows["upper"], rows["se"], strict=True)
        )
        place = tuple(tried[name].index(chosen[name]) for name in names)
        assert sorted(sets[index[place]]) == sorted(numbers)
        found.add(tuple(sorted(numbers)))
    assert len(found) == len(sets)
    assert "dadabayev_n" not in names  # its rating then has no role: nothing to be repeated


@pytest.mark.parametrize("window", WINDOWS)
def test_every_choice_that_moves_the_headline_alone_is_among_the_knobs(review, all_of_them, window):
    assert set(sensitivity(review, window)["knob"]) <= set(all_of_them[window].knobs)


@pytest.mark.parametrize("window", WINDOWS)
def test_the_default_analysis_is_the_headline(review, all_of_them, window):
    many = all_of_them[window]
    default = many.analyses[many.analyses["default"]]
    fit = pool_window(review, window).partial
    assert_allclose(default[["estimate", "ci_low", "ci_high", "p_benefit"]].to_numpy(float)[0],
                    [fit.estimate, fit.ci_low, fit.ci_high, fit.p_benefit], rtol=SAME)  # fmt: skip
    assert all(default[name].item() == setting_words(name, values[0]) for name, values in many.knobs.items())


@pytest.mark.parametrize("window", WINDOWS)
def test_index_and_settings_belong_together(all_of_them, window):
    many = all_of_them[window]
    assert set(np.unique(many.index)) == set(range(len(many.analyses)))
    words = {name: [setting_words(name, v) for v in values] for name, values in many.knobs.items()}
    for i, row in many.analyses.iloc[::97].iterrows():
        assert many.index[tuple(words[name].index(row[name]) for name in many.knobs)] == i


def test_a_value_of_the_reader_joins_the_settings_tried(review):
    many = multiverse(review, "follow_up", ev.Choices(tau_prior_scale=0.4))
    assert many.knobs["tau_prior_scale"] == (0.4, 0.25, 0.5, 1.0)
    fit = pool_window(review, "follow_up", ev.Choices(tau_prior_scale=0.4)).partial
    assert many.analyses.query("default")["ci_low"].item() == pytest.approx(fit.ci_low, rel=SAME)


def test_progress_is_told_and_an_unchanged_rerun_pools_nothing(review, tmp_path, monkeypatch, capfd):
    (tmp_path / "src" / "evidence").mkdir(parents=True)
    (tmp_path / "src" / "evidence" / "__init__.py").touch()
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(checkout, "repository_root", lambda start=None: tmp_path)
    shares = []
    first = multiverse(review, "follow_up", progress=shares.append)
    assert shares[-1] == 1
    assert shares == sorted(shares)
    again = multiverse(review, "follow_up", progress=lambda share: pytest.fail("pooled again"))
    pd.testing.assert_frame_equal(first.analyses, again.analyses)
    assert (first.index == again.index).all()
    multiverse(review, "follow_up", ev.Choices(level=0.9))
    assert capfd.readouterr() == ("", "")  # not a terminal: a notebook would keep the line


@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=4),
    st.randoms(use_true_random=False),
)
@settings(max_examples=50)
def test_exploring_visits_every_combination_once_and_reads_nothing_twice(sizes, random):
    sweeps = {f"k{i}": tuple(range(size)) for i, size in enumerate(sizes)}
    table = {key: random.randrange(3) for key in itertools.product(*sweeps.values())}

    def run(choices):
        """Reads a choice only where the one before is 0."""
        key = []
        for name in sweeps:
            key.append(getattr(choices, name) if not key or key[-1] == 0 else 0)
        return table[tuple(key)]

    leaves = list(explore(run, sweeps))
    for values in itertools.product(*sweeps.values()):
        chosen = dict(zip(sweeps, values, strict=True))
        hits = [out for made, out in leaves if all(chosen[name] == value for name, value in made.items())]
        assert hits == [run(type("Made", (), chosen))]


def test_inert_axes_go_and_others_stay():
    index = np.zeros((2, 3, 2), int)
    index[:, 1, :] = 1
    names, left = drop_inert(["a", "b", "c"], index)
    assert names == ["b"]
    assert left.tolist() == [0, 1, 0]


def test_the_nearest_combination_stands_for_an_analysis():
    index = np.array([[0, 1], [1, 1]])
    # Analysis 1 is one step from the default in either choice; the earlier choice is the one shown.
    assert nearest_to_default(index).tolist() == [[0, 0], [1, 0]]


def test_models_read_only_their_own_settings():
    exact, bound = (True, -0.4, -0.4, 0.2), (False, -0.6, 0.6, 0.3)
    sweeps = {"model": MODELS, "tau_prior_scale": (0.5, 1.0), "mu_prior_sd": (None, 1.0),
              "tau2_method": ("REML", "DL"), "ci_method": ("hksj", "wald")}  # fmt: skip
    sets = [(), (exact,), (exact, bound), (exact, exact)]
    _, index, analyses = with_models(["which"], np.arange(4), sets, sweeps)
    per_set = [len(np.unique(part)) for part in index]
    # Nothing: one of each model. One number: 4 priors and one complete case, and so on.
    assert per_set == [2, 5, 5, 8]
    assert len(analyses) == 2 + 5 + 4 + 8  # the complete case of the third set is that of the second


def hand_made(estimates, half=0.3, names=("a", "b")):
    """A multiverse of one analysis a combination."""
    estimates = np.asarray(estimates, float)
    flat = estimates.ravel()
    frame = pd.DataFrame({"estimate": flat, "ci_low": flat - half, "ci_high": flat + half})
    frame["p_benefit"] = np.where(np.isnan(flat), np.nan, np.where(flat < -half, 0.99, 0.5))
    knobs = {name: tuple(range(size)) for name, size in zip(names, estimates.shape, strict=True)}
    return Multiverse("24h", knobs, np.arange(flat.size).reshape(estimates.shape), frame)


def test_shares_are_counted_over_what_can_be_estimated():
    found = summarise(hand_made([[-0.5, -0.4, -0.1], [0.0, 0.4, np.nan]]))
    assert (found.combinations, found.analyses, found.estimable) == (6, 6, 5)
    assert (found.low, found.median, found.high) == (-0.5, -0.1, 0.4)
    assert found.negative == pytest.approx(0.6)
    assert found.favours == pytest.approx(0.4)
    assert found.against == pytest.approx(0.2)
    assert found.excludes_zero == pytest.approx(0.6)
    assert found.clear == pytest.approx(0.4)


@given(
    st.lists(st.floats(-2, 2), min_size=2, max_size=4),
    st.lists(st.floats(-2, 2), min_size=2, max_size=4),
    st.floats(0.1, 5),
)
def test_additive_choices_share_the_variance_between_them(a, b, scale):
    a, b = np.round(a, 3), np.round(b, 3)
    parts = {"a": np.var(a), "b": np.var(b)}
    frame = variance_explained(hand_made(scale * (a[:, None] + b) + 1.5)).set_index("knob")
    total = sum(parts.values())
    for name, part in parts.items():
        expected = part / total if total > 1e-9 else None
        if expected is not None:
            assert frame.loc[name, "alone"] == pytest.approx(expected, abs=1e-6)
            assert frame.loc[name, "involved"] == pytest.approx(expected, abs=1e-6)


def test_a_pure_interaction_is_nobodys_alone():
    frame = variance_explained(hand_made([[1.0, -1.0], [-1.0, 1.0]]))
    assert_allclose(frame["alone"], 0, atol=1e-12)
    assert_allclose(frame["involved"], 1, atol=1e-12)


def test_combinations_without_an_estimate_count_in_no_sum():
    """Compared within the columns where both settings of `a` have an estimate, they do not differ."""
    frame = variance_explained(hand_made([[-0.5, -0.5, -0.1], [-0.5, -0.5, np.nan]])).set_index("knob")
    assert frame.loc["a", "involved"] == pytest.approx(0)
    assert frame.loc["a", "alone"] > 0
    assert frame.loc["b", "involved"] == pytest.approx(1, abs=0.4)


def test_equal_estimates_leave_nothing_to_explain():
    assert variance_explained(hand_made(np.full((2, 2), -0.3)))[["alone", "involved"]].isna().all().all()


def test_settings_are_averaged_over_the_others():
    frame = by_setting(hand_made([[-0.5, -0.1], [np.nan, 0.5]])).set_index(["knob", "setting"])
    row = frame.loc[("b", "0")]
    assert (row["estimate"], row["excludes_zero"], row["estimable"]) == (-0.5, 1.0, 0.5)
    row = frame.loc[("a", "0")]
    assert row[["estimate", "low", "high", "excludes_zero"]].tolist() == pytest.approx(
        [-0.3, -0.5, -0.1, 0.5]
    )


def test_a_setting_is_needed_only_if_no_other_will_do():
    assert needed_to_exclude_zero(hand_made([[-0.5, -0.1], [-0.5, -0.1]])) == {"b": "0"}
    assert needed_to_exclude_zero(hand_made([[-0.1, -0.1], [-0.1, -0.1]])) == {}
    assert needed_to_exclude_zero(hand_made([[-0.5, -0.1], [-0.1, -0.5]])) == {}


def test_a_part_by_model_keeps_its_analyses(all_of_them):
    many = all_of_them["end_of_course"]
    parts = [of_model(many, model) for model in MODELS]
    assert sum(len(part.analyses) for part in parts) == len(many.analyses)
    assert not {"model", "tau2_method", "ci_method"} & set(parts[0].knobs)
    assert not {"tau_prior_scale", "null_rule"} & set(parts[1].knobs)
    assert parts[0].analyses["default"].sum() == 1
    with pytest.raises(ValueError, match="found 'both'"):
        of_model(many, "both")
