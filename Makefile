# Guichet. `make` alone prints this help; docs/install.md says more.
#
# PYTHON=PATH and RASA_PYTHON=PATH name the interpreters to use (Python 3.11 to 3.13, and 3.10).

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup run train build test check bench pictures clean

DESK := .venv/bin
RASA := .venv-rasa/bin

# Any Python from 3.8 starts the bootstrap. `python3` may be a pyenv shim for a version that is not there,
# so each candidate is run.
BOOTSTRAP = for python in python3 python3.13 python3.12 python3.11 python3.10 /usr/bin/python3; do \
	    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null \
	    && exec "$$python" -m deploy.bootstrap --python "$(PYTHON)" --rasa-python "$(RASA_PYTHON)"; \
	done; \
	echo "set-up: no Python was found that runs; install Python 3.11 or newer, and Python 3.10" >&2; exit 1

# What the Rasa environment checks, because its Python and its packages are others.
RASA_SOURCES := bot/rasa_extensions tests/rasa_extensions knowledge/encoder/runtime.py

help: ## this help
	@echo "Guichet: one counter for every IT request."; echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## both environments, .venv and .venv-rasa (skipped when nothing changed)
	@$(BOOTSTRAP)

run: setup ## set everything up, start the desk and Rasa, say where to go; Ctrl-C stops
	@$(DESK)/guichet run

train: setup ## train Rasa (skipped when nothing changed)
	@$(DESK)/guichet train

build: setup ## build what browsers get, web/ into build/web (skipped when nothing changed)
	@$(DESK)/guichet build

test: setup ## every test, in both environments and of web/; GUICHET_REQUIRE=all forbids skipping
	@tests/run

check: setup ## ruff, mypy strict, import contracts, in both environments; TypeScript and Biome in web/
	$(DESK)/ruff format --check .
	$(DESK)/ruff check .
	$(DESK)/mypy
	$(RASA)/python -m mypy --config-file constraints/mypy-rasa.ini $(RASA_SOURCES)
	$(DESK)/lint-imports
	web/run check

bench: setup ## the benchmarks of docs/benchmarks.md
	$(DESK)/python -m benchmarks.turn
	$(DESK)/python -m benchmarks.widget
	$(DESK)/python -m benchmarks.desk

pictures: build ## pictures of every state of the widget, by the system's Chromium
	$(DESK)/python -m tests.browser.pictures

clean: ## remove what can be made again (caches and build/; never var/ nor the environments)
	rm -rf build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .rasa
	find . -name __pycache__ -type d -not -path './.venv*' -not -path './var/*' -prune -exec rm -rf {} +
