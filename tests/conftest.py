"""Shared by every test: fixed surroundings, repeatable hypothesis runs, tools that may be missing."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from evidence.rerun.run import isolate

isolate(Path(__file__).parent.parent / "build")
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")

REQUIRE_ALL = os.environ.get("EVIDENCE_REQUIRE_ALL") == "1"


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "requires_tool(name): run only where this program is found; see EVIDENCE_REQUIRE_ALL"
    )


def pytest_runtest_setup(item):
    for mark in item.iter_markers("requires_tool"):
        if shutil.which(mark.args[0]) is None:
            pytest.skip(f"{mark.args[0]} not found")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """With EVIDENCE_REQUIRE_ALL=1 a check that was left out is a failure, however it was left out."""
    report = yield
    if report.skipped and REQUIRE_ALL and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"EVIDENCE_REQUIRE_ALL=1, but {report.longrepr[2]}"
    return report


def pytest_terminal_summary(terminalreporter):
    left_out = terminalreporter.stats.get("skipped", [])
    if left_out:
        terminalreporter.section("not run (EVIDENCE_REQUIRE_ALL=1 makes these failures)")
    for report in left_out:
        terminalreporter.write_line(f"{report.nodeid}: {report.longrepr[2].removeprefix('Skipped: ')}")
