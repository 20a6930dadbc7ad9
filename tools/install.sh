#!/bin/sh
# Build .venv with exactly the packages of requirements.lock. Instant when nothing changed.
# The two stamps hold what was installed, word for word, and are written last: an interrupted
# installation leaves none and starts afresh. The folder is part of the stamp, because a virtual
# environment does not survive a move.
set -eu
cd "$(dirname "$0")/.."
venv_python=.venv/bin/python
lock_stamp=.venv/lock.stamp
project_stamp=.venv/project.stamp
wanted=build/wanted.$$
trap 'rm -f "$wanted"' EXIT

suitable() {
    "$1" -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
        >/dev/null 2>&1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3 python3.13 python3.12 python3.11; fi
    for candidate in "$@"; do
        if suitable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    {
        echo "No suitable Python among: $*"
        echo "Needed: Python 3.11, 3.12 or 3.13 with the modules venv and ensurepip"
        echo "(on Debian and Ubuntu: apt-get install python3-venv)."
        echo "Fix: install one, or name it: make install PYTHON=/path/to/python3.12"
    } >&2
    exit 1
}

mkdir -p build
{ pwd; cat requirements.lock; } >"$wanted"
if ! cmp -s "$wanted" "$lock_stamp" || ! "$venv_python" -c '' 2>/dev/null; then
    python=$(find_python)
    echo "Installing the locked packages into .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
    "$venv_python" -m pip install --quiet --require-hashes --only-binary :all: -r requirements.lock
    mv "$wanted" "$lock_stamp"
fi
if ! cmp -s pyproject.toml "$project_stamp"; then
    rm -f "$project_stamp"
    "$venv_python" -m pip install --quiet --no-deps --no-build-isolation --editable .
    cp pyproject.toml "$wanted"
    mv "$wanted" "$project_stamp"
fi
