"""The claims ledger: rules at their edges, queries against the tables, one rule book with the checker."""

from __future__ import annotations

import csv
import io
import json
import math
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evidence import cli
from evidence.choices import Choices
from evidence.claims import ledger as claims
from evidence.claims.ledger import QUERIES, ask, claims_ledger, minutes_in
from evidence.claims.rules import RULES, decide
from evidence.claims.view import Answer, View, directions
from evidence.data.load import Review, load
from evidence.review.efficacy import pool_window
from evidence.textcheck.check import MAX_BYTES, check_text
from evidence.textcheck.verdicts import VERDICTS, template

ROOT = Path(__file__).parents[1]
NAN = float("nan")
REVIEW = load(ROOT)
LEDGER = claims_ledger(REVIEW)
VIEW = View(REVIEW, Choices())


def judged(rule, claimed=(), **values):
    return decide(rule, Answer("", "", values), claimed)


def changed(table, rows, **cells):
    """The review with some cells of a table replaced."""
    frames = REVIEW.tables
    for column, value in cells.items():
        frames[table].loc[rows(frames[table]), column] = value
    return Review(REVIEW.path, REVIEW.corrections, frames)


# --- rules at their edges -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("p", "plain", "strong"),
    [
        (0.975, "supported", "supported with limits"),
        (0.9749, "supported with limits", "overstated"),
        (0.8, "supported with limits", "overstated"),
        (0.7999, "overstated", "overstated"),
        (0.026, "overstated", "overstated"),
        (0.025, "contradicted", "contradicted"),
        (NAN, "no evidence", "no evidence"),
    ],
)
def test_what_a_pool_carries(p, plain, strong):
    assert judged("leaning", p_benefit=p) == plain
    assert judged("proven", p_benefit=p, p_relevant=0.9) == strong


def test_proven_needs_more_than_a_small_effect():
    assert judged("proven", p_benefit=0.99, p_relevant=0.975) == "supported"
    assert judged("proven", p_benefit=0.99, p_relevant=0.974) == "supported with limits"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.19, 0.19, "supported"),
        (-0.2, 0.1, "overstated"),
        (-1.0, 0.5, "overstated"),
        (-1.0, -0.01, "contradicted"),
        (0.01, 1.0, "contradicted"),
        (NAN, NAN, "no evidence"),
    ],
)
def test_no_effect_needs_a_narrow_interval(low, high, expected):
    assert judged("no_effect", low=low, high=high) == expected


@pytest.mark.parametrize(
    ("clear", "better", "against", "largest", "expected"),
    [
        (0, 0, 0, 0, "no evidence"),
        (0, 0, 1, 0, "contradicted"),
        (0, 1, 1, 0, "overstated"),
        (0, 1, 1, 1, "supported with limits"),
        (1, 0, 0, 1, "supported with limits"),
        (2, 0, 0, 1, "supported"),
        (2, 1, 0, 1, "supported with limits"),
    ],
)
def test_trials_of_just_that_group_decide(clear, better, against, largest, expected):
    values = {"clear": clear, "better": better, "not": against, "largest": largest}
    assert decide("trials_agree", Answer("", "", values)) == expected


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        ("many_trials", {"k": 9, "exact": 9}, "overstated"),
        ("many_trials", {"k": 10, "exact": 9}, "supported with limits"),
        ("many_trials", {"k": 10, "exact": 10}, "supported"),
        ("most", {"k": 4, "some": 0, "share": 0.0}, "contradicted"),
        ("most", {"k": 4, "some": 2, "share": 0.49}, "overstated"),
        ("most", {"k": 4, "some": 2, "share": 0.5}, "supported with limits"),
        ("most", {"k": 4, "some": 4, "share": 1.0}, "supported"),
        ("share", {"some": 0, "share": 0.0}, "contradicted"),
        ("share", {"some": 1, "share": 0.49}, "supported with limits"),
        ("share", {"some": 1, "share": 0.5}, "supported"),
        ("before_first_rating", {"days": 0.5}, "no evidence"),
        ("before_first_rating", {"days": 0.49}, "supported with limits"),
        ("some_people", {"share": 0.01}, "supported"),
        ("some_people", {"share": 0.0}, "contradicted"),
        ("many_people", {"share": 1 / 3}, "supported with limits"),
        ("many_people", {"share": 0.33}, "overstated"),
        ("differs_by_group", {"clear": 0}, "no evidence"),
        ("differs_by_group", {"clear": 1}, "supported with limits"),
        ("harms_listed", {"named": 3, "clear": 3}, "supported"),
        ("harms_listed", {"named": 3, "clear": 2}, "supported with limits"),
        ("harms_listed", {"named": 3, "clear": 0}, "no evidence"),
        ("harm_possible", {"trials": 1, "elsewhere": 0}, "supported"),
        ("harm_possible", {"trials": 0, "elsewhere": 1}, "supported with limits"),
        ("harm_possible", {"trials": 0, "elsewhere": 0}, "no evidence"),
        ("watched_long", {"days": 364}, "overstated"),
        ("watched_long", {"days": 365}, "supported with limits"),
        ("safe", {"events": 1, "bound": NAN}, "overstated"),
        ("safe", {"events": 0, "bound": 0.0011}, "supported with limits"),
        ("safe", {"events": 0, "bound": 0.001}, "supported"),
        ("shown_in_people", {"elsewhere": 1, "shown": 0, "against": 1}, "overstated"),
        ("shown_in_people", {"elsewhere": 0, "shown": 0, "against": 1}, "contradicted"),
        ("shown_in_people", {"elsewhere": 1, "shown": 0, "against": 0}, "supported with limits"),
        ("shown_in_people", {"elsewhere": 0, "shown": 1, "against": 0}, "supported"),
        ("shown_in_people", {"elsewhere": 0, "shown": 0, "against": 0}, "no evidence"),
        ("contrary_fact", {"against": 1}, "overstated"),
        ("contrary_fact", {"against": 0}, "supported with limits"),
        ("with_exceptions", {"exceptions": 1}, "supported with limits"),
        ("with_exceptions", {"exceptions": 0}, "supported"),
        ("on_record", {"records": 1}, "supported"),
        ("on_record", {"records": 0}, "no evidence"),
        ("unmeasured", {"measured": 0}, "no evidence"),
        ("unmeasured", {"measured": 1}, "supported with limits"),
        ("slogan", {}, "no evidence"),
        ("background", {}, "outside scope"),
    ],
)  # fmt: skip
def test_counts_at_their_edges(rule, values, expected):
    assert judged(rule, **values) == expected


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [((), "supported"), ((40,), "supported"), ((40, 60), "supported with limits"), ((39,), "contradicted")],
)
def test_a_claimed_length_lies_within_what_is_used(claimed, expected):
    assert judged("duration", claimed, low=40, high=40) == expected


def test_a_denial_gets_the_opposite():
    assert judged("not leaning", p_benefit=0.99) == "contradicted"
    assert judged("not leaning", p_benefit=0.9) == "overstated"
    assert judged("not leaning", p_benefit=0.01) == "supported"
    assert judged("not slogan") == "no evidence"


def test_rules_are_few_and_say_why():
    assert len(RULES) <= 25
    assert all(len(rule.why) > 20 and rule.why.endswith(".") for rule in RULES.values())
    assert all(set(rule.because) <= set(VERDICTS) for rule in RULES.values())
    assert {name for name in RULES if name not in set(LEDGER["rule"])} == {"proven", "no_effect"}


@pytest.mark.parametrize(
    ("rule", "values", "part"), [("luck", {}, "leaning"), ("leaning", {"k": 1}, "p_benefit")]
)
def test_a_rule_says_what_it_lacks(rule, values, part):
    with pytest.raises(ValueError, match=part):
        judged(rule, **values)


# --- queries against the tables -------------------------------------------------------------------------


def rows_of(name):
    with (ROOT / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_trial_is_read_as_it_reports():
    found = directions(REVIEW)
    assert {
        trial: found[trial] for trial in ("feder_2014", "feder_2021", "abdallah_2022", "dadabayev_2020")
    } == {
        "feder_2014": "clear",
        "feder_2021": "clear",
        "abdallah_2022": "not",
        "dadabayev_2020": "not",
    }
    assert found["duek_2023"] == "not"
    assert found["beaglehole_2025"] == "better"
    assert found["pradhan_2018"] == "silent"


def test_trials_that_share_people_count_once():
    core = [r for r in rows_of("trials") if r["role"] == "core"]
    overlapping = [r for r in core if r["overlaps_with"] and r["overlaps_with"] < r["trial_id"]]
    assert ask("trial_count", VIEW).values["k"] == len(core) - len(overlapping)


def test_journal_share_counts_the_references():
    inside = {r["key"] for r in rows_of("references") if r["journal"] == "JAMA Psychiatry"}
    expected = sum(r["role"] == "core" and r["trial_id"] in inside for r in rows_of("trials"))
    assert ask("jama_psychiatry", VIEW).values["some"] == expected == 1


def test_first_rating_is_the_earliest_of_a_ptsd_scale():
    ptsd = {r["scale"] for r in rows_of("scales") if r["domain"] == "ptsd"}
    core = {r["trial_id"] for r in rows_of("trials") if r["role"] == "core"}
    days = [
        float(r["timepoint_days"])
        for r in rows_of("contrasts")
        if r["scale"] in ptsd and r["trial_id"] in core and r["timepoint_days"]
    ]
    assert ask("first_rating", VIEW).values["days"] == min(days)


@pytest.mark.parametrize("window", ["24h", "week1", "end_of_course", "follow_up"])
def test_pool_queries_are_our_pools(window):
    answer, pool = ask(f"pool_{window}", VIEW), pool_window(REVIEW, window)
    assert answer.values["p_benefit"] == pool.partial.p_benefit
    assert set(pool.included["source_key"]) <= set(answer.sources)


def test_published_query_is_the_table():
    row = next(r for r in rows_of("published_pools") if r["window"] == "all_times")
    answer = ask("published_pools", VIEW)
    assert answer.values == {"low": -float(row["ci_high"]), "high": -float(row["ci_low"])}


def test_response_is_counted_from_events():
    events = {
        (r["trial_id"], r["arm"]): int(r["events"]) / int(r["n"])
        for r in rows_of("events")
        if r["outcome"] == "response"
    }
    assert ask("response", VIEW).values["share"] == events["feder_2021", "ketamine_0.5"]
    assert ask("non_response", VIEW).values["share"] == pytest.approx(
        1 - events["feder_2021", "ketamine_0.5"]
    )


@pytest.mark.parametrize("query", QUERIES)
def test_every_answer_stands_in_the_tables(query):
    answer = ask(query, VIEW)
    assert set(answer.sources) <= set(REVIEW.references["key"])
    assert set(answer.fact_ids) <= set(REVIEW.facts["fact_id"])
    assert answer.wording or set(answer.topic.split()) <= set(template()["topics"])
    assert not any(math.isnan(v) for v in answer.values.values())
    assert "nan" not in answer.say


def test_an_unknown_query_is_refused():
    with pytest.raises(ValueError, match="pool_24h"):
        ask("luck", VIEW)


# --- the ledger -----------------------------------------------------------------------------------------


def test_every_claim_is_judged():
    assert list(LEDGER["claim_id"]) == [r["claim_id"] for r in rows_of("claims")]
    assert set(LEDGER["verdict"]) == set(VERDICTS)
    assert all(LEDGER[name].str.len().gt(10).all() for name in ("reason", "wording"))
    assert LEDGER["reason"].str.endswith(".").all()
    assert set(LEDGER["query"]) <= set(QUERIES)


def test_claims_with_an_answer_cite_it():
    cited = LEDGER[~LEDGER["query"].isin(["outside", "first_responders"])]
    assert cited["sources"].str.len().gt(0).all()
    assert cited["fact_ids"].str.match(r"[FX]\d{4}").all()


def test_certainty_is_that_of_the_outcome():
    level = LEDGER.set_index("claim_id")["certainty"]
    assert level["S09"] == "very low"
    assert (level["S01"], level["S06"], level["S32"]) == ("not applicable", "not rated", "no evidence")


def test_the_second_opinion_is_compared_not_copied():
    assert LEDGER["agrees"].equals(LEDGER["verdict"] == LEDGER["second_opinion"])
    other = changed("claims", lambda c: c["claim_id"] == "S09", second_opinion="contradicted")
    row = claims_ledger(other).set_index("claim_id").loc["S09"]
    assert row["verdict"] == LEDGER.set_index("claim_id").loc["S09", "verdict"]
    assert not row["agrees"]


def test_a_changed_report_changes_the_verdict():
    def veterans(rows):
        return rows["trial_id"].isin(["abdallah_2022", "dadabayev_2020"])

    other = changed("contrasts", veterans, finding="favours_active", significance="significant")
    verdicts = claims_ledger(other).set_index("claim_id")["verdict"]
    assert verdicts["S31"] == "supported"
    assert verdicts["S18"] != LEDGER.set_index("claim_id").loc["S18", "verdict"]


def test_assumptions_reach_the_ledger():
    strict = claims_ledger(REVIEW, Choices(null_rule="ignore")).set_index("claim_id")
    assert strict.loc["S09", "reason"] != LEDGER.set_index("claim_id").loc["S09", "reason"]


def test_the_run_on_the_article_names_claims_and_topics():
    with (ROOT / "tests" / "claims" / "article_run.csv").open(encoding="utf-8", newline="") as file:
        run = list(csv.DictReader(file))
    assert [r["claim_id"] for r in run if r["claim_id"]] == list(LEDGER["claim_id"])
    assert {r["topic"] for r in run} - {""} <= set(template()["topics"])
    assert all(bool(r["topic"]) == (r["outcome"] in ("found", "second finding", "false alarm")) for r in run)


def test_locators_are_short():
    assert LEDGER["locator"].str.split().str.len().max() <= 6


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("Sessions last 40-60 minutes.", (40, 60)), ("It lasts two hours.", (120,)), ("Six.", ())],
)
def test_lengths_in_a_claim_are_read(text, minutes):
    assert minutes_in(text) == minutes


# --- one rule book --------------------------------------------------------------------------------------


def test_checker_and_ledger_agree_wherever_they_use_one_query():
    ledger = LEDGER.set_index(["rule", "query"])["verdict"]
    rules = [
        rule for spec in claims.answers(REVIEW)["topics"].values() for rule in spec["rules"] if "rule" in rule
    ]
    shared = [r for r in rules if (r["rule"], r["query"]) in ledger.index and r["rule"] != "duration"]
    assert len(shared) >= 30
    for rule in shared:
        assert {rule["verdict"]} == set(ledger.loc[[(rule["rule"], rule["query"])]])


def test_the_checker_reads_the_claims_as_the_ledger_does():
    readable = LEDGER[~LEDGER["rule"].isin(["background", "slogan", "unmeasured"])]
    found = [check_text(f"{text} PTSD, ketamine.").findings for text in readable["paraphrase"]]
    same = [
        verdict in {f.verdict for f in findings}
        for findings, verdict in zip(found, readable["verdict"], strict=True)
        if findings
    ]
    assert len(same) >= 25
    assert sum(same) >= 0.85 * len(same)


# --- the command ----------------------------------------------------------------------------------------

TEXT = "Ketamine cures PTSD forever. It may harm the bladder."


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 0),
        (["--fail-on", "contradicted"], 1),
        (["--fail-on", "outside scope"], 0),
        (["--fail-on", "outside scope", "--fail-on", "contradicted"], 1),
    ],
)
def test_check_exit_code_tells_whether_a_verdict_was_met(file, options, code, capsys):
    assert cli.main(["check", str(file), *options]) == code
    assert "CONTRADICTED" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no such file"), (b"", "empty"), (b"a\0b", "binary"), (b"a" * (MAX_BYTES + 1), "too large")],
)
def test_check_refuses_what_it_cannot_read(tmp_path, content, said, capsys):
    path = tmp_path / "input"
    if content is not None:
        path.write_bytes(content)
    assert cli.main(["check", str(path)]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""


def test_check_refuses_an_unknown_verdict(file, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["check", str(file), "--fail-on", "wrong"])
    assert stopped.value.code == 2
    assert "overstated" in capsys.readouterr().err


def test_check_writes_json_and_a_page(file, tmp_path, capsys):
    assert cli.main(["check", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["contradicted"] == 1
    page = tmp_path / "report.html"
    assert cli.main(["check", str(file), "--html", str(page), "--fail-on", "contradicted"]) == 1
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert cli.main(["check", str(file), "--html", str(tmp_path / "none" / "report.html")]) == 2


def test_check_reads_standard_input(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    assert cli.main(["check", "-"]) == 0
    assert "CONTRADICTED" in capsys.readouterr().out


def test_check_is_quick_and_loads_no_table_library(file):
    code = (
        "import sys; from evidence.cli import main; main(['check', sys.argv[1]]);"
        "print(sorted({'pandas', 'numpy', 'scipy'} & set(sys.modules)))"
    )
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert time.perf_counter() - start < 2
