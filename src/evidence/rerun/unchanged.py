"""
Executed notebooks that still stand: nothing they were made from has changed since.

A notebook depends on its own source, on the code, the installed packages and the choices, on the few other
files that notebooks read, and on the tables of the review that it looked at; the kernel lists them as it
runs. A changed cell of a table thus reruns the notebooks that read this table, and no other.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import distributions
from pathlib import Path

from ..atomic import replace_file
from ..checkout import code_fingerprint, digest_of, table_digests

# Besides tables and code, relative to the checkout: what a notebook may read.
OTHER_INPUTS = (
    "data/corrections.yml", "data/datapackage.json", "data/external/**/*", "docs/prisma_checklist.csv",
    "notebooks/sanitize.cfg", "src/evidence/**/*.json", "tests/claims/*", "tests/reference/*",
)  # fmt: skip
FIGURE = "figure data "


class Unchanged:
    """
    The record of one folder of executed notebooks.

    Parameters
    ----------
    root : str or Path
        The checkout.
    target : Path
        Folder that holds the executed notebooks.
    record : Path
        Folder for what is remembered about each; made if missing.
    figures : Path
        Folder of the figures that notebooks keep for the site.
    review : Review
    choices : str
        Text of the choices file, or nothing.
    """

    def __init__(self, root, target, record, figures, review, choices=""):
        self.target, self.record, self.figures, self.review = target, record, figures, review
        record.mkdir(parents=True, exist_ok=True)
        others = [p for pattern in OTHER_INPUTS for p in sorted(Path(root).glob(pattern)) if p.is_file()]
        packages = sorted({f"{d.name} {d.version}" for d in distributions()})
        self._common = digest_of(others, code_fingerprint(), sys.version, choices, *packages)

    def log(self, path) -> Path:
        """File in which the kernel of this notebook lists the tables it looks at."""
        return self.record / f"{path.stem}.tables"

    def _inputs(self, path, tables) -> dict:
        """What the outputs of a notebook were made from."""
        return {"source": digest_of([], *_cells(path)), "common": self._common,
                "tables": table_digests(self.review, tables)}  # fmt: skip

    def stands(self, path) -> bool:
        """Whether the executed notebook in the target folder can be used as it is."""
        try:
            kept = json.loads((self.record / f"{path.stem}.json").read_text(encoding="utf-8"))
            executed = self.target / path.name
            return (
                kept["inputs"] == self._inputs(path, kept["inputs"]["tables"])
                and kept["output"] == digest_of([executed])
                and all((self.figures / name).is_file() for name in kept["figures"])
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return False  # no record, or one that cannot be trusted

    def remember(self, path) -> None:
        """Record what the notebook just written to the target folder was made from."""
        log = self.log(path)
        tables = log.read_text(encoding="utf-8").split() if log.exists() else []
        executed = self.target / path.name
        kept = {
            "inputs": self._inputs(path, tables),
            "output": digest_of([executed]),
            "figures": _figures(executed, self.figures),
        }
        replace_file(self.record / f"{path.stem}.json", json.dumps(kept))


def _cells(path) -> list[str]:
    """Sources of the cells of a notebook."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [f"{cell['cell_type']}\n{''.join(cell['source'])}" for cell in notebook["cells"]]


def _figures(path, folder) -> list[str]:
    """Names of the files that the figures of an executed notebook left in the figure folder."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    printed = [
        "".join(output.get("text", ""))
        for cell in notebook["cells"]
        for output in cell.get("outputs", ())
        if output["output_type"] == "stream"
    ]
    digests = [line.removeprefix(FIGURE) for text in printed for line in text.splitlines()
               if line.startswith(FIGURE)]  # fmt: skip
    return sorted(p.name for digest in digests for p in folder.glob(f"{digest}.*"))
