# Everything a person types; `make` alone lists it. Python 3.11 or 3.12, make and git are all that must be there.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
PLATFORM := $(VENV)/.platform-installed
DEV := $(VENV)/.dev-installed
SUPERSET := .venv-superset/.installed
ARGS ?=

.PHONY: help install install-dev run up down status test quick check format lock

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F '\t' '{printf "  make %-12s %s\n", $$1, $$2}'

install: $(PLATFORM) $(SUPERSET) ## Make .venv with everything `okr` needs, and .venv-superset
	@echo "Ready: $(BIN)/okr --help"

install-dev: $(DEV) $(SUPERSET) ## The same, with what tests and checks need

$(PLATFORM): requirements.txt requirements/install.sh pyproject.toml
	@UV_VERSION=$(UV_VERSION) requirements/install.sh $(VENV) $(if $(wildcard $(DEV)),requirements/dev.txt,requirements.txt)
	@touch $@

$(DEV): requirements.txt requirements/dev.txt requirements/install.sh pyproject.toml
	@UV_VERSION=$(UV_VERSION) requirements/install.sh $(VENV) requirements/dev.txt
	@touch $(PLATFORM) $@

$(SUPERSET): superset/requirements.txt requirements/install.sh
	@UV_VERSION=$(UV_VERSION) requirements/install.sh .venv-superset superset/requirements.txt --packages-only
	@touch $@

run: $(PLATFORM) ## The main job: from CSV files in data/raw to a forecast (ARGS="--as-of 2026-03-31")
	@$(BIN)/okr run $(ARGS)

up: $(PLATFORM) $(SUPERSET) ## Every service behind one URL, kept up
	@$(BIN)/okr up $(ARGS)

status: $(PLATFORM) ## Tell how each service is
	@$(BIN)/okr status $(ARGS)

down: $(PLATFORM) ## Stop the services; everything they hold stays
	@$(BIN)/okr down $(ARGS)

test: check $(SUPERSET) ## Everything: all checks, then all tests
	$(BIN)/pytest -n 2 $(ARGS)

quick: $(DEV) ## The tests that take no time, for the inner loop
	$(BIN)/pytest -m "not slow" $(ARGS)

check: $(DEV) ## Style, types, SQL, YAML, imports between the parts, dbt for both databases
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/yamllint --strict .
	$(BIN)/sqlfluff lint dbt_project
	DBT_TARGET_PATH=target/check-postgres $(BIN)/dbt --quiet parse --target postgres
	DBT_TARGET_PATH=target/check-oracle $(BIN)/dbt --quiet parse --target oracle

format: $(DEV) ## Put Python and SQL into shape
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix dbt_project

lock: $(DEV) ## Choose versions anew from requirements/*.in
	@UV_VERSION=$(UV_VERSION) requirements/lock.sh
