# The two that matter: make run, make test.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup run test check soak bench clean

help: ## list the commands
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

setup: .venv/ready ## make .venv with the pinned dependencies (run and test call it)

.venv/ready: requirements.txt requirements-dev.txt setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "IAFA needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

run: setup ## start the API and the scheduler
	$(BIN)/iafa up

test: setup ## run every test, print branch coverage; under 85 % fails
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run --module pytest -m "not soak" -n auto --dist worksteal
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

check: setup ## lint, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

soak: setup ## the long tests; SOAK_MINUTES=3 for less than half an hour of mixed load
	$(BIN)/pytest -m soak

bench: setup .venv/bench-peers ## measure; ratios against a peer in the same run
	$(BIN)/python -m bench

.venv/bench-peers: requirements-bench.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --upgrade --target $@ --requirement $<
	@touch $@

clean: ## remove what was built; data stays
	rm -rf .venv build *.egg-info .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis
