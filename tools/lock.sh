#!/bin/sh
# Resolve every extra of pyproject.toml for Python 3.11 to 3.13 and all systems into one hash-pinned,
# address-free list, with one version of each package for all of them. uv is fetched into build/.
set -eu
cd "$(dirname "$0")/.."
[ -x .venv/bin/python ] || tools/install.sh
if [ ! -x build/uv/bin/uv ]; then
    .venv/bin/python -m venv build/uv
    build/uv/bin/python -m pip install --quiet uv
fi
build/uv/bin/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
    --fork-strategy fewest --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
    --custom-compile-command "make lock" --quiet --output-file requirements.lock "$@"
