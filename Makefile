# The commands of this workspace. Each sets up what it needs first, which takes a minute once and
# nothing after that. Python 3.11 or newer and make are all that has to be there.
#
# VENV    the folder of the environment; give another one to keep several Pythons side by side
# PYTHON  the Python that makes VENV where there is none yet: make test VENV=.venv-313 PYTHON=python3.13
# SEEDS   how many random histories `make histories` plays
# HOURS   how long `make torture` goes on; SECONDS the same for `make fuzz`
# SEED    what `make torture` and `make fuzz` draw by lot; 0 is any, which is then told
# PAGE    the document that gets what `make torture` saw: make torture PAGE=docs/torture.md
# JOBS    letters of what `make bench` measures; empty means all
# KIND    what `make fuzz` makes up; empty means all kinds in turn
# ARGS    words for pytest: make fast ARGS="tests/core -k rename"

VENV ?= .venv
ARGS ?=
SEEDS ?= 500
HOURS ?= 1
SECONDS ?= 3600
SEED ?= 0
JOBS ?=
KIND ?=
PAGE ?=

ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif

PACKAGES := buckia-core buckia-s3 buckia-linode buckia-bunny
EXAMPLES := $(patsubst %/pyproject.toml,%,$(wildcard examples/*/pyproject.toml))
INSTALLED := -e packages/buckia-core[keyring,merge,testing] \
	$(patsubst %,-e packages/%,$(filter-out buckia-core,$(PACKAGES))) $(patsubst %,-e %,$(EXAMPLES))

# What decides which things are installed; the stamp is as new as the newest of them.
INPUTS := requirements-dev.txt constraints-dev.txt .ci/venv \
	$(wildcard packages/*/pyproject.toml examples/*/pyproject.toml)
STAMP := $(VENV)/.set-up

PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal

# One thing after the other, so that the last lines are pytest's.
.NOTPARALLEL:
.PHONY: help setup demo test fast histories torture fuzz bench bench-smoke \
	test-s3 test-ceph test-bunny lint format types wheels clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' Makefile

setup: $(STAMP)  ## the environment, with all distributions in it, editable

$(STAMP): $(INPUTS)
	@sh .ci/venv $(VENV)
	@echo "Installing the workspace into $(VENV) ..."
	@$(PIP) install -r requirements-dev.txt
	@$(PIP) install --no-build-isolation -c constraints-dev.txt $(INSTALLED)
	@touch $@

demo: setup  ## a guided tour on throw-away folders
	@$(BIN)/buckia demo

test: lint types  ## every check there is
	$(PYTEST) $(ARGS)

fast: setup  ## the quick tests only, up to the first failure
	$(PYTEST) -x -m "not slow" $(ARGS)

histories: setup  ## hundreds of random histories, and a kill at every single step: about an hour
	BUCKIA_SEEDS=$(SEEDS) $(PYTEST) tests/histories

torture: setup  ## kills, power cuts, failing networks and disks, hostile input: HOURS long
	$(BIN)/python -m tests.torture --hours $(HOURS) --seed $(SEED) $(if $(PAGE),--page $(PAGE))

fuzz: setup  ## made-up input of one KIND, or of all, for SECONDS each
	$(BIN)/python -m tests.torture.fuzz $(if $(KIND),--kind '$(KIND)') --seconds $(SECONDS) --seed $(SEED)

bench: setup  ## Buckia beside rclone, s5cmd, aws and unison: hours, alone on its machine
	$(BIN)/python -m benchmarks $(if $(JOBS),--only $(JOBS))

bench-smoke: setup  ## that the benchmarks run, on trees of a few files; a part of `make test`
	$(BIN)/python -m pytest tests/benchmarks

test-s3: setup  ## the providers s3 and linode against all their servers: ceph, ministack, tools
	$(BIN)/python -m tests.s3.servers.ceph install
	BUCKIA_SERVERS=all $(PYTEST) tests/s3 tests/linode $(ARGS)

test-ceph: setup  ## what concerns a real Ceph gateway; installs one (root and apt) if need be
	$(BIN)/python -m tests.s3.servers.ceph install
	BUCKIA_SERVERS=ceph $(PYTEST) tests/s3 tests/linode -k "ceph or gateway" $(ARGS)

test-bunny: setup  ## the provider bunny against each way in which its service may fail
	BUCKIA_SERVERS=bunny $(PYTEST) tests/bunny $(ARGS)

lint: setup  ## form, ruff's rules, and who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo

types: setup  ## mypy, strict, over everything
	$(BIN)/mypy packages tests benchmarks $(EXAMPLES)

format: setup  ## bring all files into form, and mend what ruff can mend safely
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

wheels: setup  ## an sdist, and a wheel built from it, of each distribution, in dist/
	@set -e; for package in $(PACKAGES); do \
		$(BIN)/python -m build --no-isolation --outdir dist packages/$$package; done

clean:  ## remove all that these commands made, the environment too
	rm -rf $(VENV) .cache build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(wildcard packages tests examples) -name __pycache__ -type d -prune -exec rm -rf {} +
