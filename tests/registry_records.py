"""Made-up registry records and a made-up trial for them to belong to."""

import copy
import json
from pathlib import Path

from badfiles import make, put

from evidence.data.validate import check
from evidence.registry.decisions import Decisions
from evidence.registry.propose import propose

FOLDER = Path(__file__).parent / "registry"
NCT = "NCT99999999"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def record(name):
    """A record of tests/registry."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def data_with_trial(folder, **values):
    """The made-up data folder; its trial has one dose and the records' registration."""
    folder = make(folder)
    put(folder, "trials", 2, registration=NCT, **{"n_doses": "1", "last_dose_day": "0", **values})
    put(folder, "trials", 2, end_of_treatment_day="14")
    return folder


def drafted(name, tmp_path, given=None, change=lambda study: None, **values):
    """Draft of a record, perhaps changed first, under given decisions."""
    study = copy.deepcopy(record(name))
    change(study)
    checked = check(data_with_trial(tmp_path / "data", **values))
    return propose(study, checked, Decisions(given))


def columns(rows, *names):
    """Chosen cells of rows, blanks as empty text."""
    return [tuple(row.get(name, "") for name in names) for row in rows]


def refusals(draft):
    """Place and reason of what was refused, the outcome measure's number left out."""
    return [(r.place.partition(": ")[2] or r.place, r.reason) for r in draft.refused]


def state(folder):
    """Names and bytes of all files."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
