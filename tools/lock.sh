#!/bin/sh
# Makes the lock files anew, with hashes, for every platform at once, and without naming a registry.
# Needs `uv` on the PATH (pip install uv); nothing else in the project does.
set -eu
cd "$(dirname "$0")/.."
compile() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate --no-header "$@"
}
compile pyproject.toml -o requirements/runtime.txt
compile -c requirements/runtime.txt --extra postgresql pyproject.toml -o requirements/postgresql.txt
compile -c requirements/postgresql.txt --extra postgresql pyproject.toml requirements/dev.in -o requirements/dev.txt
compile -c requirements/dev.txt --no-deps requirements/thirdparty.in -o requirements/thirdparty.txt
compile -c requirements/dev.txt requirements/mutants.in -o requirements/mutants.txt
