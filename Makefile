# The two that matter: make run, make test.
PYTHON ?= python3
BIN := .venv/bin
SDK := $(if $(shell command -v npm),iafa_api/web/sdk/iafa.js)
DASHBOARD := $(if $(shell command -v npm),iafa_api/web/dashboard/index.html)

.DEFAULT_GOAL := help
.PHONY: help setup run test check soak bench sdk dashboard clean

help: ## list the commands
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

setup: .venv/ready ## make .venv with the pinned dependencies (run and test call it)

.venv/ready: requirements.txt requirements-dev.txt setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "IAFA needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

run: setup $(SDK) $(DASHBOARD) ## start the API and the scheduler
	$(BIN)/iafa up

test: setup $(SDK) $(DASHBOARD) ## run every test, print branch coverage; under 85 % fails
	$(if $(SDK),cd sdk && npm test --silent)
	$(if $(DASHBOARD),cd dashboard && npm test --silent)
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run --module pytest -m "not soak" -n auto --dist worksteal
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

check: setup $(SDK) ## lint, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(if $(SDK),cd sdk && npm run check --silent)

soak: setup ## the long tests; SOAK_MINUTES=3 for less than half an hour of mixed load
	$(BIN)/pytest -m soak

bench: setup .venv/bench-peers ## measure; ratios against a peer in the same run
	$(BIN)/python -m bench

.venv/bench-peers: requirements-bench.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --upgrade --target $@ --requirement $<
	@touch $@

sdk: $(SDK) ## build the JavaScript SDK (run and test call it)
	@command -v npm >/dev/null || { echo "the SDK is built by npm, which comes with Node 20 or newer"; exit 1; }

sdk/node_modules/ready: sdk/package-lock.json sdk/.npmrc
	cd sdk && npm ci --ignore-scripts --silent
	@touch $@

iafa_api/web/sdk/iafa.js: sdk/node_modules/ready sdk/build.mjs sdk/package.json $(wildcard sdk/src/*.ts)
	cd sdk && npm run build --silent
	@mkdir -p $(@D)
	@cp sdk/dist/iafa.js.gz sdk/dist/iafa.js $(@D)/

dashboard: $(DASHBOARD) ## build the dashboard (run and test call it)
	@command -v npm >/dev/null || { echo "the dashboard is built by npm, which comes with Node 20 or newer"; exit 1; }

dashboard/node_modules/ready: dashboard/package-lock.json dashboard/.npmrc
	cd dashboard && npm ci --ignore-scripts --silent
	@touch $@

# Its types are made of what the API says of itself: every module of rest/ counts as a source.
DASHBOARD_SOURCES := $(addprefix dashboard/,index.html package.json tsconfig.json vite.config.ts) \
	$(shell find dashboard/src dashboard/public dashboard/scripts -type f -not -path '*/generated/*' 2>/dev/null) \
	$(wildcard iafa_api/openapi.py iafa_api/rest/*.py)

iafa_api/web/dashboard/index.html: dashboard/node_modules/ready $(DASHBOARD_SOURCES) | setup
	cd dashboard && PYTHON=$(abspath $(BIN)/python) npm run build --silent

clean: ## remove what was built; data stays
	rm -rf .venv build *.egg-info iafa_api/web sdk/node_modules dashboard/node_modules dashboard/src/api/generated sdk/dist sdk/build .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis
