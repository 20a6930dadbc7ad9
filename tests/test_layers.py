"""Imports point one way, and light modules stay light."""

import ast
import subprocess
import sys
from fnmatch import fnmatch
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "evidence"
# A module may import from its own layer and from the layers above it. A new module is added to one; a star
# stands for any ending or beginning, so that a module that grows can be split without a word here.
LAYERS = (
    "errors _arrays numerals checkout",
    "wording tables recognise* families sentences quantities files cells plainyaml decisions pending",
    "schema descriptor derive rules corrections",
    "validate data datadoc choices metapsy_csv",
    "conversions arms paired two_by_two dichotomous escalc reading absolute_risk grim coherence",
    "effects",
    "tau2 columns kernels quantiles pool robust three_level multilevel interval_likelihood mixture partial*"
    " joint* regression influence smallstudy metapsy dossier fact_* checks*",
    "efficacy wanted subgroup* onset durability prepost safety bias* simulate*",
    "certainty* multiverse* information validation",
    "claims* verdicts textcheck textpage statements",
    "drawing plots forest* *plots report* figures* docgen prisma site* diff* corrupt* laboratory registry*"
    " fetch proposals templates nbstyle notebooks",
    "rerun cli*",
)
# Arrays in, arrays out: these know nothing of pandas or of the data tables.
NUMBERS = (
    "_arrays conversions arms paired two_by_two dichotomous escalc absolute_risk grim coherence"
    " tau2 columns kernels quantiles pool robust three_level multilevel interval_likelihood mixture partial*"
    " joint* regression influence smallstudy simulate*"
)
DRAWING = "drawing plots forest* *plots"
# Half a second or more each: imported inside the functions that need them.
SLOW = ("scipy.stats", "scipy.optimize", "scipy.integrate", "numba", "statsmodels", "IPython", "matplotlib")


def imported(path, whole=True):
    """Names a module imports, siblings with a leading dot; `whole` includes those inside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if whole else tree.body
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.ImportFrom):
            names |= {f".{node.module}"} if node.module else {f".{alias.name}" for alias in node.names}
    return names


MODULES = {path.stem: path for path in SOURCE.rglob("*.py") if path.stem != "__init__"}
SIBLINGS = {
    name: {other[1:] for other in imported(path) if other[:1] == "." and other[1:] in MODULES}
    for name, path in MODULES.items()
}


def listed(module, names):
    return any(fnmatch(module, name) for name in names.split())


def layers_of(module):
    return [number for number, names in enumerate(LAYERS) if listed(module, names)]


def test_every_module_has_one_layer():
    assert {module: layers_of(module) for module in MODULES if len(layers_of(module)) != 1} == {}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_point_one_way(module):
    assert {other for other in SIBLINGS[module] if layers_of(other) > layers_of(module)} == set()


def test_imports_have_no_circle():
    assert len(list(TopologicalSorter(SIBLINGS).static_order())) == len(MODULES)


@pytest.mark.parametrize("module", sorted(module for module in MODULES if listed(module, NUMBERS)))
def test_number_modules_know_no_tables(module):
    assert {other for other in SIBLINGS[module] if not listed(other, NUMBERS + " errors")} == set()
    assert {name for name in imported(MODULES[module]) if name.split(".")[0] == "pandas"} == set()


def reachable(module):
    return {module}.union(*(reachable(other) for other in SIBLINGS[module]))


def test_recogniser_needs_the_standard_library_only():
    outside = {
        (module, name)
        for module in reachable("recognise")
        for name in imported(MODULES[module])
        if name[0] != "." and name.split(".")[0] not in sys.stdlib_module_names
    }
    assert outside == set()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_slow_libraries_load_when_needed(module):
    slow = SLOW[:-1] if listed(module, DRAWING) else SLOW
    at_once = imported(MODULES[module], whole=False)
    assert {name for name in at_once if name.startswith(slow)} == set()


def test_package_itself_loads_no_library():
    code = "import sys, evidence; print(*sorted({'numpy', 'scipy', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_no_submodule_hides_a_public_name():
    code = (
        "import evidence, importlib, types\n"
        f"for name in {sorted(MODULES)}: importlib.import_module(f'evidence.{{name}}')\n"
        "print([n for n in evidence.__all__ if isinstance(getattr(evidence, n), types.ModuleType)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
