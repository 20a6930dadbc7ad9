"""The command line: exit codes, one line a fault, never a traceback."""

import io
import json
import subprocess
import sys

import pytest
from badfiles import make, put

import evidence as ev
from evidence.cli import COMMANDS, main


def test_clean_data_exit_0(tmp_path, capsys):
    assert main(["validate", str(make(tmp_path))]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("no fault in ")


def test_the_folder_above_and_the_working_folder_are_found(tmp_path, capsys, monkeypatch):
    make(tmp_path / "data")
    (tmp_path / "deep").mkdir()
    monkeypatch.delenv("EVIDENCE_DATA", raising=False)
    monkeypatch.chdir(tmp_path / "deep")
    assert main(["validate"]) == 0
    assert main(["validate", ".."]) == 0
    assert f"no fault in {tmp_path / 'data'}: 14 tables read, 24 rows" in capsys.readouterr().out


def test_faults_exit_1_one_on_each_line(tmp_path, capsys):
    put(make(tmp_path), "outcomes", 2, sd="-3.1")
    put(tmp_path, "events", 2, events="16")
    assert main(["validate", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].startswith(
        f"{tmp_path}/outcomes.csv:2: column 'sd' (demo_2020, ketamine, DEMO, week 2, itt)"
    )
    assert lines[1].startswith(f"{tmp_path}/events.csv:2: column 'events'")
    assert lines[2] == f"2 fault(s) in {tmp_path}: 14 tables read, 24 rows"
    assert len(lines) == 3
    assert err == ""


def test_acknowledged_quirks_are_counted_and_shown_when_asked_for(capsys):
    assert main(["validate"]) == 0
    (summary,) = capsys.readouterr().out.splitlines()
    assert main(["validate", "--notes"]) == 0
    *notes, last = capsys.readouterr().out.splitlines()
    assert last == summary
    assert notes
    assert all(line.startswith("note [") and "acknowledged by" in line for line in notes)
    assert summary.endswith(f"; {len(notes)} acknowledged quirk(s), shown by --notes")


def test_json_has_the_parts(tmp_path, capsys):
    put(make(tmp_path), "outcomes", 2, sd="0")
    assert main(["validate", "--json", str(tmp_path)]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["path"], report["rows"], len(report["faults"])) == (str(tmp_path), 24, 1)
    fault = report["faults"][0]
    assert (fault["line"], fault["column"], fault["found"], fault["allowed"]) == (
        2,
        "sd",
        "0",
        "a number > 0",
    )
    assert fault["severity"] == "fault"


@pytest.mark.parametrize("name", ["nothing", "", "a\0b", "x" * 5000])
def test_no_data_folder_exits_2(tmp_path, capsys, name):
    (tmp_path / "empty").mkdir()
    assert main(["validate", str(tmp_path / "empty" / name)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "no datapackage.json" in err


@pytest.mark.parametrize("argv", [["nonsense"], ["validate", "--nonsense"], ["validate", "a", "b"]])
def test_wrong_usage_exits_2(argv, capsys):
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_no_command_prints_help_and_exits_2(capsys):
    assert main([]) == 2
    out = capsys.readouterr().out
    assert all(name in out for name in COMMANDS)


def test_a_name_that_the_terminal_cannot_print_is_escaped(tmp_path, monkeypatch):
    put(make(tmp_path), "outcomes", 2, scale="Mäßig")
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    assert main(["validate", str(tmp_path)]) == 1
    terminal.flush()
    assert rb"M\xe4\xdfig" in terminal.buffer.getvalue()


def run(*args, **more):
    return subprocess.run(
        [sys.executable, "-m", "evidence.cli", *args], capture_output=True, text=True, **more
    )


def test_a_closed_pipe_is_not_an_error(tmp_path):
    folder = make(tmp_path)
    command = f"'{sys.executable}' -m evidence.cli validate '{folder}' | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"
    assert done.stderr == ""


def test_help_and_validate_load_no_numerical_library(tmp_path):
    folder = make(tmp_path)
    code = (
        "import sys; from evidence.cli import main; main(['validate', sys.argv[1]]);"
        " print(sorted({'pandas', 'numba', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_version_and_module(tmp_path):
    from evidence import __version__

    assert run("--version").stdout == f"evidence {__version__}\n"
    assert run("validate", str(tmp_path)).returncode == 2


def test_export_writes_what_the_metapsy_reader_reads(tmp_path):
    folder, out = make(tmp_path / "data"), tmp_path / "ours.csv"
    done = run("export", "--metapsy", str(out), "--data", str(folder))
    assert (done.returncode, done.stdout) == (0, f"{out}\n")
    assert len(ev.read_metapsy(out)) > 0


def test_export_refuses_what_it_cannot_do(tmp_path):
    folder = make(tmp_path / "data")
    assert run("export").returncode == 2
    missing = run("export", "--metapsy", str(tmp_path / "no" / "ours.csv"), "--data", str(folder))
    assert (missing.returncode, "a file that can be written" in missing.stderr) == (2, True)
    assert run("export", "--metapsy", str(tmp_path / "x.csv"), "--data", str(tmp_path / "no")).returncode == 2
    put(folder, "outcomes", 2, sd="0")
    faulty = run("export", "--metapsy", str(tmp_path / "x.csv"), "--data", str(folder))
    assert (faulty.returncode, "column 'sd'" in faulty.stderr) == (1, True)
    assert not (tmp_path / "x.csv").exists()


def test_a_site_without_notebooks_is_a_usage_error(tmp_path):
    done = run("site", "--notebooks", str(tmp_path), "--out", str(tmp_path / "site"))
    assert (done.returncode, "found none" in done.stderr) == (2, True)
    assert not (tmp_path / "site").exists()


def test_a_missing_optional_package_is_named(monkeypatch, capsys):
    def missing(name, package):
        raise ModuleNotFoundError("No module named 'jinja2'", name="jinja2")

    monkeypatch.setattr("evidence.cli.import_module", missing)
    assert main(["site"]) == 2
    assert "needs the package jinja2. Fix:" in capsys.readouterr().err
