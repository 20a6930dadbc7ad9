"""Run the notebooks as tests: text, tables and figures must be what is committed."""

from pathlib import Path

import pytest

from evidence.rerun.run import isolate

HERE = Path(__file__).parent
isolate(HERE.parent / "build")


def pytest_collectstart(collector):
    """Compare figures too, which nbval leaves out, and find the sanitizer file from any folder."""
    if getattr(collector, "skip_compare", None) is not None:
        collector.config.option.nbval_sanitize_with = str(HERE / "sanitize.cfg")
        images = ("image/png", "image/jpeg")
        collector.skip_compare = tuple(kind for kind in collector.skip_compare if kind not in images)


def pytest_collection_modifyitems(items):
    """Refuse notebooks without stored outputs: nbval would pass them unchecked."""
    unrun = sorted(item.nodeid for item in items if _is_unrun(item))
    if unrun:
        raise pytest.UsageError(f"cells never run (make notebooks, then commit): {', '.join(unrun)}")


def _is_unrun(item):
    cell = getattr(item, "cell", None)
    if cell is None or item.options.get("skip"):
        return False
    return bool(cell.source.strip()) and cell.execution_count is None
