# Two commands are enough: `make demo` and `make test`. Both make what they need first.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install -qq --no-input --only-binary :all: -c constraints.txt
JOBS ?= 3
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist worksteal
COG := $(BIN)/cog -I . --verbosity=1

MADE := $(VENV)/.made
RUN := $(VENV)/.run-ready
DEV := $(VENV)/.dev-ready

# $(call group,NAME,COMMAND): say what runs and how long it took.
define group
	@start=$$(date +%s); printf '== %s\n' '$(1)'; \
	if $(2); then printf '== %s: ok, %s s\n' '$(1)' $$(( $$(date +%s) - start )); \
	else code=$$?; printf '== %s: FAILED, %s s\n' '$(1)' $$(( $$(date +%s) - start )) >&2; exit $$code; fi
endef

.PHONY: help setup demo test check deep bench docs \
	format lint types contracts whole tests boots everyday docs-check docs-run wheel

help:
	@printf '%s\n' \
	  'make demo    the whole story on the practice AWS, under two minutes' \
	  'make test    everything that CI checks' \
	  'make check   the everyday part of it' \
	  'make deep    the full interruption sweeps; slow' \
	  'make bench   the benchmarks' \
	  'make docs    write the generated reference pages and IAM policies again' \
	  'make setup   only what the others need: Debian packages when missing, and .venv'

setup: $(DEV)
	@:

# A stamp, because .venv/bin/python is a link to an interpreter that is not ours to touch.
$(MADE): packages.txt
	@PYTHON=$(PYTHON) bash .ci/packages run
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@touch $@

# What `ec2kit` and its sandbox need to run.
$(RUN): pyproject.toml constraints.txt $(MADE)
	@echo 'making .venv (once; about a minute)'
	@$(PIP) hatchling editables
	@$(PIP) --no-build-isolation -e '.[sandbox]'
	@touch $@

# And what the checks need, what builds images and boots them, and the name servers of the tests.
$(DEV): $(RUN)
	@PYTHON=$(PYTHON) bash .ci/packages images names
	@echo 'adding the development tools to .venv (once; about a minute)'
	@$(PIP) --no-build-isolation -e '.[sandbox,images,usage,service,dev]'
	@touch $@

demo: $(RUN)
	@$(BIN)/ec2kit demo

# One run of everything, so that neither core waits for a long test of the other; the parts are targets too.
test: format lint types contracts docs-check whole

check: format lint types contracts everyday docs-check

format: $(DEV)
	$(call group,format,$(BIN)/ruff format --check --quiet .)

lint: $(DEV)
	$(call group,lint,$(BIN)/ruff check --quiet .)

types: $(DEV)
	$(call group,types,$(BIN)/mypy --no-error-summary)

contracts: $(DEV)
	$(call group,contracts,$(BIN)/lint-imports --no-logo)

whole: $(DEV)
	$(call group,every test but the deep ones,$(PYTEST) -m 'not deep')

tests: $(DEV)
	$(call group,tests,$(PYTEST) -m 'not deep and not docs and not wheel and not boot')

# Builds images and starts machines under an emulator. The roots are kept in .cache for the next time.
boots: $(DEV)
	$(call group,images that are built and booted,$(PYTEST) -v --durations=10 -m 'boot and not deep')

everyday: $(DEV)
	$(call group,everyday tests,$(PYTEST) -m 'not deep and not docs and not wheel and not kill and not boot and not slow')

docs-check: $(DEV)
	$(call group,generated docs,$(COG) --check --diff docs/reference/*.md)

docs-run: $(DEV)
	$(call group,docs,$(PYTEST) -m docs)

wheel: $(DEV)
	$(call group,wheel,$(PYTEST) -m wheel)

deep: $(DEV)
	@PYTHON=$(PYTHON) bash .ci/packages deep
	$(call group,deep,HYPOTHESIS_PROFILE=deep $(PYTEST) -m deep --timeout 3600)

bench: $(DEV)
	@$(BIN)/python -m benchmarks

# The page of faults is measured, which takes a minute or two.
docs: $(DEV)
	@FAULTS=write $(PYTEST) -q tests/faults
	@$(COG) -r docs/reference/*.md
	@$(BIN)/python -m docs.policies
