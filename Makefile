# What people do with this tree. `make` alone prints the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help install install-dev run test check check-static eval lock clean

help: ## print this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

install: $(VENV)/.installed ## make the environment in .venv (pinned, hash-checked)

$(VENV)/.installed: requirements.txt tools/install.sh
	@PYTHON=$(PYTHON) sh tools/install.sh requirements.txt
	@touch $@

install-dev: $(VENV)/.installed-dev ## the same, with what tests and linting need

$(VENV)/.installed-dev: requirements-dev.txt tools/install.sh
	@PYTHON=$(PYTHON) sh tools/install.sh requirements-dev.txt
	@touch $@ $(VENV)/.installed

run: install ## the service when a token is set, else a chat in this terminal
	@sh tools/run.sh $(BIN)/python

test: install-dev ## all tests
	@$(BIN)/python -m pytest -n 2

check: check-static ## lint, types, import contracts, configuration and unit tests, under a minute
	@$(BIN)/python -m pytest -n 2 -m "not slow"

check-static: install-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m bot check

eval: install ## judge the public evaluation set and print the figures, beside those last published
	@$(BIN)/python -m bot eval evaluation/*.jsonl
	@$(BIN)/python -m bot eval evaluation/*.jsonl --json | $(BIN)/python tools/figures.py check public

lock: ## pin requirements*.in again (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements.in -o requirements.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements-dev.in -o requirements-dev.txt

clean: ## take the environment and caches away (data/ stays)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
