"""Every fault of a data folder: bytes, cells, keys, corrections and the rules across tables."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import DataError
from .corrections import apply_corrections, read_corrections
from .descriptor import DESCRIPTOR, read_package
from .pending import finish
from .rules import RULES
from .schema import ForeignKey, Table, all_key_faults, read_table

_PLACE = "source_key source_location seen_in fact_ids"
# What the package cannot do without; a descriptor that drops one of these is not the contract of this review.
CONTRACT = {
    "facts": "fact_id statistic value ci_low ci_high status source_key",
    "references": "key authors_short year title doi",
    "trials": "trial_id label year design role last_dose_day end_of_treatment_day n_randomised overlaps_with",
    "arms": "trial_id arm role n_randomised n_completed",
    "outcomes": "trial_id arm scale timepoint_days n mean sd se ci_low ci_high mean_change sd_change"
    f" se_change mean_change_ci_low mean_change_ci_high analysis {_PLACE}",
    "contrasts": "trial_id active_arm comparator_arm scale timepoint_days finding test test_df significance"
    f" metric estimate se ci_low ci_high p_value n1 n2 favours_active_when analysis {_PLACE}",
    "events": f"trial_id arm outcome timepoint_days events n {_PLACE}",
    "timing": f"trial_id arm event median_days mean_days sd_days counted_from n {_PLACE}",
    "rob": f"trial_id domain judgement reason {_PLACE}",
    "published_pools": f"review outcome window metric estimate ci_low ci_high k n {_PLACE}",
    "registry": "nct status n",
    "scales": f"scale minimum maximum lower_is_better retest_r sd_external {_PLACE}",
    "context": f"topic statistic value interval_low interval_high {_PLACE}",
    "claims": "claim_id locator paraphrase claim_class query rule",
}
# Lists of keys in one cell, which a Table Schema cannot declare: column, table, its column.
_KEY_LISTS = [("fact_ids", "facts", "fact_id")]


@dataclass
class Checked:
    """A data folder as read: its tables with corrections applied, and every fault."""

    folder: Path
    tables: dict[str, Table] = field(default_factory=dict)
    corrections: tuple = ()
    faults: list[DataError] = field(default_factory=list)


def data_folder(path, fix="give the path of the data folder"):
    """
    Folder that holds `datapackage.json`: `path` itself or the folder `data` in it.

    Parameters
    ----------
    path : str or Path
    fix : str
        Advice in the error.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        If neither holds one.
    """
    path = Path(path)
    for folder in (path, path / "data"):
        if os.path.lexists(folder / DESCRIPTOR):
            return folder
    allowed = f"a folder with {DESCRIPTOR}, or the folder above it"
    raise DataError(path, None, None, f"no {DESCRIPTOR}", allowed, fix, check="folder")


def validate(path):
    """
    Every fault of a data folder, in the order of its tables and lines.

    Parameters
    ----------
    path : str or Path
        The data folder or the folder above it.

    Returns
    -------
    list of DataError
        Empty when the data may be loaded.

    Raises
    ------
    DataError
        If there is no data folder at `path`.

    Examples
    --------
    >>> from evidence.data.load import find_data
    >>> validate(find_data())
    []
    """
    return check(data_folder(path)).faults


def check(folder):
    """
    Read and check a data folder.

    Parameters
    ----------
    folder : Path
        The folder with `datapackage.json`.

    Returns
    -------
    Checked
        Tables that could be read, with corrections applied; all faults.
    """
    checked = Checked(Path(folder))
    try:
        finish(folder)  # a merge that was interrupted is completed before anything is read
    except DataError as error:
        checked.faults = [error]
        return checked
    schemas, checked.faults = read_package(folder)
    checked.faults = checked.faults or list(_contract_faults(folder, schemas))
    if checked.faults:
        return checked
    for name, schema in schemas.items():
        table, faults = read_table(folder, schema)
        checked.faults += faults
        if table is not None:
            checked.tables[name] = table
    for table in checked.tables.values():
        keys = (*table.schema.foreign_keys, *_key_lists(table))
        checked.faults += all_key_faults(table, keys, checked.tables)
    checked.corrections, faults = read_corrections(folder, checked.tables)
    apply_corrections(checked.tables, checked.corrections)
    for rule in RULES:
        checked.faults += rule(checked.tables)
    checked.faults = _in_order(checked.faults, checked.folder, schemas) + faults
    return checked


def _contract_faults(folder, schemas):
    path = Path(folder) / DESCRIPTOR
    fix = "restore datapackage.json with git"
    for name, columns in CONTRACT.items():
        if name not in schemas:
            yield DataError(path, None, None, f"no table '{name}'", "all tables of the review", fix)
            continue
        for column in columns.split():
            if column not in schemas[name].columns:
                found = f"no column '{column}' in table '{name}'"
                yield DataError(path, None, None, found, "the columns that the review uses", fix)


def _key_lists(table):
    for column, target, target_column in _KEY_LISTS:
        if column in table.schema.columns and table.schema.field(column).type == "string":
            yield ForeignKey((column,), target, (target_column,), "; ")


def _in_order(faults, folder, schemas):
    """Faults by file, as the package lists the files, then by line."""
    place = {str(folder / schema.file): i for i, schema in enumerate(schemas.values())}
    return sorted(faults, key=lambda fault: (place[fault.path], fault.line or 0))
