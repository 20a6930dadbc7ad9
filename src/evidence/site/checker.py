"""The text checker for a browser: its own modules, unchanged, with a Python that runs there."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
TABLES = ("patterns.json", "model.json", "answers.json")
# Files of the npm package that a page needs; the rest is for Node and for terminals.
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
INSTALL_SECONDS = 180
_FIXED = (1980, 1, 1, 0, 0, 0)


def archive() -> bytes:
    """The package `evidence.textcheck` as a zip file: its modules and tables, the same bytes on every build."""
    files = [PACKAGE / "__init__.py", *sorted((PACKAGE / "textcheck").glob("*.py"))]
    files += [PACKAGE / "textcheck" / name for name in TABLES]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for path in files:
            name = path.relative_to(PACKAGE.parent).as_posix()
            file.writestr(zipfile.ZipInfo(name, _FIXED), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def node_modules(source, build) -> Path | str:
    """
    Install the npm packages of the site, unless they are there.

    Parameters
    ----------
    source : Path
        Folder with ``package.json`` and ``package-lock.json``; the lock has the hash of every package.
    build : Path
        Folder to install into.

    Returns
    -------
    Path or str
        Their folder, or the reason why there is none.
    """
    target = build / "npm"
    lock = (source / "package-lock.json").read_bytes()
    stamp = target / "installed.json"
    if stamp.is_file() and stamp.read_bytes() == lock:
        return target / "node_modules"
    npm = shutil.which("npm")
    if npm is None:
        return "npm (of Node.js) was not found"
    target.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(source / name, target)
    command = [
        npm,
        "ci",
        "--ignore-scripts",
        "--prefer-offline",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]
    try:
        done = subprocess.run(command, cwd=target, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        return f"npm did not finish in {INSTALL_SECONDS} seconds"
    if done.returncode:
        return (
            f"npm could not install the packages: {(done.stderr.strip().splitlines() or ['no message'])[-1]}"
        )
    stamp.write_bytes(lock)
    return target / "node_modules"


def python_version(packages) -> str:
    """Version of Python that the bundled Pyodide runs, and its own."""
    info = json.loads((packages / "pyodide" / "pyodide-lock.json").read_text(encoding="utf-8"))["info"]
    own = json.loads((packages / "pyodide" / "package.json").read_text(encoding="utf-8"))["version"]
    return f"Python {info['python']}, Pyodide {own}"


def bundle(packages, folder) -> None:
    """
    Copy what the checker page needs.

    Parameters
    ----------
    packages : Path
        From `node_modules`.
    folder : Path
        Made if missing.
    """
    runtime = folder / "pyodide"
    runtime.mkdir(parents=True, exist_ok=True)
    for name in PYODIDE:
        shutil.copyfile(packages / "pyodide" / name, runtime / name)
    (folder / "evidence.zip").write_bytes(archive())
