"""The same four jobs in each package that can do them. A package that is not installed is left out."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import numpy as np

LOOP_FITS = 500  # a package without a vectorised form fits this many; its time is scaled to the whole job


@dataclass(frozen=True)
class Peer:
    """A package: its jobs take (yi, vi) and return nothing; `loop` is a single fit to be repeated."""

    name: str
    version: str
    jobs: dict = field(default_factory=dict)
    note: str = ""


def available():
    """Peers found, with a printed line for each that is not."""
    found = []
    for make, module in ((pimeta, "pimeta"), (pymetaanalysis, "meta_analyze"), (pymare, "pymare"),
                         (statsmodels, "statsmodels")):  # fmt: skip
        if find_spec(module):
            found.append(make())
        else:
            print(f"skipped: {module} is not installed")
    return found


def pimeta():
    """pimeta: own GOSH and leave-one-out."""
    import pimeta as package

    return Peer(
        "pimeta", metadata.version("pimeta"),
        {
            "single": lambda y, v: package.rma(y, v, method="REML", test="knha"),
            "gosh": lambda y, v: package.gosh(y, v, method="REML"),
            "leave_one_out": lambda y, v: package.leave1out(y, v, method="REML"),
        },
    )  # fmt: skip


def pymetaanalysis():
    """PyMetaAnalysis: own leave-one-out."""
    from meta_analyze import meta_analysis

    def single(y, v):
        return meta_analysis(effect=y, variance=v, tau2_method="REML", ci_method="hksj")

    jobs = {"single": single, "leave_one_out": lambda y, v: single(y, v).leave_one_out()}
    return Peer("PyMetaAnalysis", metadata.version("PyMetaAnalysis"), jobs)


def pymare():
    """PyMARE: many data sets of one size at once."""
    from pymare.estimators import VarianceBasedLikelihoodEstimator

    def many(y, v):
        estimator = VarianceBasedLikelihoodEstimator(method="reml")
        return estimator.fit(
            np.ascontiguousarray(y.T), np.ascontiguousarray(v.T), np.ones((y.shape[1], 1))
        ).summary()

    jobs = {"single": lambda y, v: many(y[None], v[None]), "many": many}
    return Peer("PyMARE", metadata.version("PyMARE"), jobs)


def statsmodels():
    """statsmodels: no REML, so Paule-Mandel."""
    from statsmodels.stats.meta_analysis import combine_effects

    jobs = {"single": lambda y, v: combine_effects(y, v, method_re="iterated", use_t=True)}
    return Peer("statsmodels", metadata.version("statsmodels"), jobs, note="Paule-Mandel, it has no REML")


def metafor(data):
    """Seconds of each job in R, or {} with a printed line when R or metafor is missing."""
    if shutil.which("Rscript") is None:
        print("skipped: R is not installed")
        return {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "data.json"
        file.write_text(json.dumps({name: [y.tolist(), v.tolist()] for name, (y, v) in data.items()}))
        script = Path(__file__).with_name("metafor.R")
        done = subprocess.run(
            ["Rscript", str(script), str(file)], capture_output=True, text=True, check=False
        )
    if done.returncode:
        print(f"skipped: metafor ({done.stderr.strip().splitlines()[-1] if done.stderr else 'no output'})")
        return {}
    return json.loads(done.stdout)
