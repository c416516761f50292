# Two commands do everything: `make demo` and `make test`. Both set up .venv by themselves.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready-dev
STAMP_RUN := $(VENV)/.ready-runtime
ONCE ?=
WRITE ?=
WORKERS ?= 2
# Where the stages of tests are put up: sqlite or postgresql.
DATABASE ?= sqlite
# Long suites are played by a sample; 1: whole. The seed of the sample is printed first.
WHOLE ?=
RUNS ?= 10000
SEED ?= 1
# Twice the cores: a chaos run waits for about half of its time.
CHAOS_WORKERS ?= 4
FUZZ_TRIES ?= 25000
# Whose mutants: files below src/trueup/core, few at a time.
OF ?= amounts.py money.py period.py

.PHONY: demo test chromium check format bench chaos fuzz mutants lock clean setup

setup: $(STAMP)

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Trueup needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)

$(STAMP_RUN): requirements/runtime.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	@touch $@

$(STAMP): requirements/dev.txt requirements/thirdparty.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/thirdparty.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ $(STAMP_RUN)

demo: $(STAMP_RUN)
	PYTHONPATH=src $(BIN)/python -m trueup demo $(if $(ONCE),--once)

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.lint

# A Chromium for the browser tests: the system's, else one that is installed now.
chromium: $(STAMP)
	$(BIN)/python -m tools.chromium

# Compiled first, also where Python was told to write no bytecode: the tests start some hundreds of processes, and a
# quarter of what each start costs would be compiling. A worker that has nothing left takes half of what the other has.
test: check chromium
	$(BIN)/python -m compileall -q src
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --database $(DATABASE) $(if $(WHOLE),--whole)

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP)
	$(BIN)/python -m bench $(if $(WRITE),--write)

chaos: $(STAMP)
	$(BIN)/python -m tests.chaos --runs $(RUNS) --seed $(SEED) --workers $(CHAOS_WORKERS)

fuzz: $(STAMP)
	TRUEUP_FUZZ_TRIES=$(FUZZ_TRIES) $(BIN)/python -m pytest -n $(WORKERS) tests/fuzz

# Not among what `make setup` brings: few need it, and it is large.
mutants: $(STAMP) requirements/mutants.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/mutants.txt
	$(BIN)/python -m tools.mutants $(foreach one,$(OF),'$(one)') $(WORKERS)

lock:
	tools/lock.sh

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
