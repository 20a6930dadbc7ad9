"""Imports point one way, and light modules stay light."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "evidence"
# A folder, or a module of the package itself, may import from itself and from the lines above it.
ORDER = (
    "errors _arrays __init__",
    "atomic prose textcheck",
    "checkout choices data",
    "measures",
    "models partial",
    "checks review",
    "certainty",
    "robustness validation",
    "claims",
    "plots",
    "report",
    "figures registry",
    "diff",
    "rerun site",
    "cli",
)
# Arrays in, arrays out: these know nothing of pandas or of the data tables.
NUMBERS = {"errors", "_arrays", "measures", "models", "partial"}
DRAWING = {"plots"}
# Half a second or more each: imported inside the functions that need them.
SLOW = ("scipy.stats", "scipy.optimize", "scipy.integrate", "numba", "statsmodels", "IPython", "matplotlib")


def imported(path, whole=True):
    """Names a module imports, absolute; `whole` includes those inside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree) if whole else tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = ("evidence", *path.relative_to(SOURCE).parts[:-1])
            near = parents[: len(parents) + 1 - node.level] if node.level else ()
            module = ".".join([*near, *([node.module] if node.module else [])])
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return names


def name_of(path):
    return ".".join(["evidence", *path.relative_to(SOURCE).with_suffix("").parts]).removesuffix(".__init__")


MODULES = {name_of(path): path for path in SOURCE.rglob("*.py")}
SIBLINGS = {name: imported(path) & set(MODULES) - {"evidence", name} for name, path in MODULES.items()}


def home(module):
    """Folder of a module, or its own name where it stands in the package itself."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def place(module):
    return next(i for i, names in enumerate(ORDER) if home(module) in names.split())


def test_the_order_names_every_folder_once():
    listed = [name for names in ORDER for name in names.split()]
    assert sorted(listed) == sorted({home(module) for module in MODULES})


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_point_one_way(module):
    backwards = {
        other
        for other in SIBLINGS[module]
        if place(other) > place(module) or (place(other) == place(module) and home(other) != home(module))
    }
    assert backwards == set()


def test_imports_have_no_circle():
    deep = {name: {o for o in found if MODULES[o].stem != "__init__"} for name, found in SIBLINGS.items()}
    assert len(list(TopologicalSorter(deep).static_order())) == len(MODULES)


@pytest.mark.parametrize("module", sorted(module for module in MODULES if home(module) in NUMBERS))
def test_number_modules_know_no_tables(module):
    assert {other for other in SIBLINGS[module] if home(other) not in NUMBERS} == set()
    assert {name for name in imported(MODULES[module]) if name.split(".")[0] == "pandas"} == set()


def test_the_text_checker_needs_the_standard_library_only():
    checker = [module for module in MODULES if home(module) == "textcheck"]
    names = {name for module in checker for name in imported(MODULES[module])}
    outside = {name for name in names if name.split(".")[0] not in sys.stdlib_module_names}
    assert checker != []
    assert {name for name in outside if not name.startswith("evidence.textcheck")} == set()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_slow_libraries_load_when_needed(module):
    slow = SLOW[:-1] if home(module) in DRAWING else SLOW
    assert {name for name in imported(MODULES[module], whole=False) if name.startswith(slow)} == set()


def test_package_itself_loads_no_library():
    code = "import sys, evidence; print(*sorted({'numpy', 'scipy', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_no_module_hides_a_public_name():
    code = (
        "import evidence, importlib, types\n"
        f"for name in {sorted(MODULES)}: importlib.import_module(name)\n"
        "print([n for n in evidence.__all__ if isinstance(getattr(evidence, n), types.ModuleType)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
