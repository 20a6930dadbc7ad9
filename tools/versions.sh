#!/bin/sh
# Rerun the review with every other supported Python on this machine, in a copy of the tracked files, and fail
# where a cell of a notebook or a digit of an answer differs. Needs the network: each copy gets its own packages.
set -eu
cd "$(dirname "$0")/.."
answers='from evidence.report.pooled import answer_table; print(answer_table().to_dict())'
mkdir -p build
here=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
.venv/bin/python -c "$answers" >build/answers.txt

find_python() {
    for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python; do
        if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

for version in 3.11 3.12 3.13; do
    python=$(find_python "$version")
    if [ "$version" = "$here" ] || [ -z "$python" ]; then continue; fi
    copy=build/python$version
    mkdir -p "$copy"
    git ls-files -z | xargs -0 tar -c | tar -x -C "$copy"
    (
        cd "$copy"
        make --silent install PYTHON="$python"
        .venv/bin/python -m evidence.cli rerun --fresh >build/rerun.txt || { cat build/rerun.txt; exit 1; }
        .venv/bin/python -c "$answers" >build/answers.txt
    )
    if ! tail -1 "$copy/build/rerun.txt" | grep -qx none; then
        cat "$copy/build/rerun.txt"
        exit 1
    fi
    cmp build/answers.txt "$copy/build/answers.txt"
    echo "Python $version: every cell and every answer as with $here"
done
