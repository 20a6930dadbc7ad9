"""The three lists of what to install agree: pyproject.toml, requirements.lock, environment.yml."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


def named(requirement):
    """Name of a requirement as the lock spells it."""
    return re.match(r"[A-Za-z0-9._-]+", requirement).group().lower().replace("_", "-")


EXTRAS = PROJECT["optional-dependencies"].values()
DIRECT = {named(text) for group in [PROJECT["dependencies"], *EXTRAS] for text in group} - {PROJECT["name"]}


def third_party_imports():
    """Names of the packages that the code, its tests and its tools import."""
    found = set()
    for folder in ("src", "tests", "tools", "notebooks"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    found |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.level == 0:
                    found.add(node.module.split(".")[0])
    helpers = {path.stem for path in (ROOT / "tests").glob("*.py")}
    return found - set(sys.stdlib_module_names) - helpers - {"evidence"}


# Packages that come as a fixed part of a declared one, and names that differ from the package's.
PART_OF = {
    "IPython": "ipykernel",
    "jupyter_client": "nbclient",
    "matplotlib_inline": "ipykernel",
    "urllib3": "requests",
}
SPELLED = {"markdown_it": "markdown-it-py", "sklearn": "scikit-learn", "yaml": "pyyaml"}


def test_every_imported_package_is_declared():
    needed = {PART_OF.get(name, SPELLED.get(name, name)) for name in third_party_imports()}
    assert {named(name) for name in needed} - DIRECT == set()


def test_lock_pins_every_direct_dependency():
    assert DIRECT - {name for name, _ in PIN.findall(LOCK)} == set()


def test_lock_has_one_version_of_each_package_for_all_pythons():
    names = [name for name, _ in PIN.findall(LOCK)]
    assert sorted(names) == sorted(set(names))


def test_lock_is_hash_pinned():
    unpinned = [entry for entry in re.split(r"\n(?=[a-z])", LOCK)[1:] if "--hash=sha256:" not in entry]
    assert unpinned == []


@pytest.mark.parametrize("address", ["://", "--index-url", "--extra-index-url", "--find-links", " @ "])
def test_lock_names_no_download_address(address):
    assert address not in LOCK


def test_lock_versions_satisfy_the_lower_bounds():
    pins = dict(PIN.findall(LOCK))
    bounds = [text for group in [PROJECT["dependencies"], *EXTRAS] for text in group if ">=" in text]
    low = [text for text in bounds if parts(pins[named(text)]) < parts(text.split(">=")[1])]
    assert low == []


def parts(version):
    return [int(part) for part in re.findall(r"\d+", version)]


def test_conda_environment_asks_for_the_same_python():
    python = next(item for item in ENVIRONMENT["dependencies"] if str(item).startswith("python "))
    assert python == f"python {PROJECT['requires-python']}"


def test_conda_environment_installs_the_lock():
    pip = next(item["pip"] for item in ENVIRONMENT["dependencies"] if isinstance(item, dict))
    assert pip == ["--requirement requirements.lock"]


def test_installer_accepts_exactly_the_supported_pythons():
    classifiers = {text.split()[-1] for text in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", text)}
    installer = (ROOT / "tools" / "install.sh").read_text(encoding="utf-8")
    assert classifiers == {"3.11", "3.12", "3.13"}
    assert "(3, 11) <= sys.version_info[:2] <= (3, 13)" in installer
    assert "python3 python3.13 python3.12 python3.11" in installer
