# Needs only Python 3.11 or newer, Docker for images, and Docker and Chromium for `make test`; everything else is installed in .venv, .local and the user's cache.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
# Test processes. Each worker of the integration tests has its own control plane, and is often idle.
WORKERS ?= 6
UNIT_WORKERS ?= 3
# Each has a control plane, a broker and services in containers; much of the time they wait for what they broke.
TOPOLOGIES ?= 2
# Each has a whole platform and a browser.
BROWSERS ?= 2
# Tests in a file share fixtures; tests/integration/conftest.py orders the files.
BY_FILE := --dist loadfile --no-loadscope-reorder
IN_CONTAINERS := tests/integration/containers
IN_BROWSER := tests/integration/browser
AS_PROCESSES := tests/integration --ignore $(IN_CONTAINERS) --ignore $(IN_BROWSER)
PYTEST ?= -q
# There are more control planes than processors: limit each to one processor, and save time at the cost of memory.
SPARING := GOGC=400 GOMAXPROCS=1

RUN := .venv/bin/python
# Drop settings that would redirect pip away from .venv; keep those that choose the package index.
unexport PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_REQUIREMENT PIP_CONSTRAINT PIP_REQUIRE_HASHES PIP_NO_DEPS PYTHONHOME VIRTUAL_ENV
# Tests start hundreds of commands and services: without compiled files, each would compile everything again.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help engine chromium browser alerts autoscale-test node-test bench capacity demo up down status binaries helm images test test-long check lint unit unit-here unit-other integration containers durations format generate manifests docs lock clean

help: ## show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: .venv/ready ## start everything and run the submission guide's job in front of you
	@$(RUN) -m deploy.local demo

up: .venv/ready ## start control plane, NATS and services (SLIPWAY_KUBECONFIG=file: use that cluster instead)
	@$(RUN) -m deploy.local up

# You can stop a running platform even if the lock file has changed since.
down: $(if $(wildcard .venv/ready),,.venv/ready) ## stop everything that `make up` or `make demo` started
	@$(RUN) -m deploy.local down

status: $(if $(wildcard .venv/ready),,.venv/ready) ## show what runs
	@$(RUN) -m deploy.local status

binaries: .venv/ready ## find, download or build the control plane's programs
	@$(RUN) -m deploy.local binaries

helm: .venv/ready ## find or build Helm, which the chart's tests and `make manifests` run
	@$(RUN) -m deploy.local helm

images: .venv/ready ## build the image of the services, and show its size and its bill of materials
	@$(RUN) -m deploy.images build

# Not written as $(MAKE) in the rules: `make -n` would run them.
AGAIN := $(MAKE) --no-print-directory
STAGES := lint unit-here unit-other integration containers browser
test: engine chromium binaries helm ## run all checks and all tests, and show how long each stage took
	@times=; for stage in $(STAGES); do began=$$(date +%s); \
		$(AGAIN) $$stage || { printf "$$times\n  $$stage failed\n"; exit 1; }; \
		took=$$(($$(date +%s) - began)); times="$$times\n  $$stage $$((took / 60)) min $$((took % 60)) s"; \
	done; printf "time of each stage:$$times\n"

engine: .venv/ready # rather than a failure after some minutes
	@$(RUN) -m deploy.images engine

chromium: .venv/ready # at once, too
	@$(RUN) -m tests.integration.browser.chromium

check: lint unit ## run lint, types, layers, generated files and unit tests

lint: .venv/ready ## run all of check except the unit tests
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy
	.venv/bin/lint-imports
	$(RUN) -m generate --check

unit: unit-here unit-other ## run unit tests, which start no server; on the oldest and newest Python here

unit-here: helm
	$(RUN) -m pytest $(PYTEST) -n $(UNIT_WORKERS) tests/unit

unit-other: helm
	@other=$$($(RUN) -m tests.other_python) && { test -z "$$other" || \
		$(AGAIN) PYTHON="$$other" RUN=.venv/other/bin/python .venv/other/ready; }
	@test ! -e .venv/other/ready || { set -x; .venv/other/bin/python -m pytest $(PYTEST) -n $(UNIT_WORKERS) tests/unit; }

integration: binaries helm ## run tests on a real control plane and broker
	$(SPARING) $(RUN) -m pytest $(PYTEST) -n $(WORKERS) $(BY_FILE) $(AS_PROCESSES)

containers: binaries ## run tests of the image, with each service and server in a container of its own (needs Docker)
	GOGC=400 $(RUN) -m pytest $(PYTEST) -n $(TOPOLOGIES) $(BY_FILE) $(IN_CONTAINERS)

browser: binaries chromium ## run the console's stories in a real browser (needs Chromium)
	$(SPARING) $(RUN) -m pytest $(PYTEST) -n $(BROWSERS) $(BY_FILE) $(IN_BROWSER)

# Apart from the other tests, since the program is built from its module once, which takes minutes.
alerts: .venv/ready ## evaluate the alert rules with Prometheus' own tool
	$(RUN) -m pytest $(PYTEST) tests/alerts

# Files whose counts are smaller in `make test`.
FULL = $(shell grep -l 'harness.counts import' tests/integration/test_*.py)
test-long: binaries ## run the tests that count something with their full counts
	SLIPWAY_TEST_LONG=1 $(SPARING) $(RUN) -m pytest $(PYTEST) -n $(WORKERS) $(BY_FILE) $(FULL)

durations: binaries helm ## run the integration tests and write down how long each file takes
	$(SPARING) $(RUN) -m pytest $(PYTEST) -n $(WORKERS) $(BY_FILE) --update-durations $(AS_PROCESSES)

# Both need root on Linux, and say what else is missing.
node-test: .venv/ready ## install the chart on a real node on this machine, and try everything on it
	$(RUN) -m pytest $(PYTEST) tests/node/test_chart.py

autoscale-test: .venv/ready ## let real autoscalers scale the resolver on such a node
	$(RUN) -m pytest $(PYTEST) tests/node/test_autoscale.py

bench: binaries ## measure submissions, resolving and the command line; write docs/bench.md and its plots
	$(RUN) -m bench

capacity: binaries ## measure what each service needs; write docs/reference/capacity.md
	$(RUN) -m bench.services

format: .venv/ready ## format the code
	$(RUN) -m ruff check --fix
	$(RUN) -m ruff format

generate: .venv/ready ## write the resource definitions and pages that follow from the code
	$(RUN) -m generate

# VALUES=file: with these values of the chart.
manifests: helm ## write the chart as one file for `kubectl apply --server-side`
	@$(RUN) -m deploy.manifests $(if $(VALUES),--values $(VALUES))

docs: .venv/docs ## build the documentation as a site in site/
	.venv/bin/zensical build --clean --strict

COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock"
lock: ## choose the versions of all dependencies (needs uv)
	$(COMPILE) --upgrade --all-extras pyproject.toml -o requirements.lock
	$(COMPILE) --upgrade --group docs --constraint requirements.lock -o requirements-docs.lock

clean: down ## stop everything and delete data, ports, logs and the environment
	rm -rf .local .venv site

.venv/ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Slipway needs Python 3.11 or newer with its venv module (Debian: apt install python3 python3-venv)." >&2; exit 1; }
	@$(RUN) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(INSTALL)

# The environment of the other Python, which `make unit` selects in PYTHON and RUN.
.venv/other/ready: requirements.lock pyproject.toml
	@$(RUN) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv/other
	$(INSTALL)

define INSTALL
@cmp -s requirements.lock $(@D)/installed.lock || { \
	echo "  installing $$(grep -c '^[a-zA-Z]' requirements.lock) packages into $(@D) ..." && \
	$(RUN) -m pip install --quiet --require-hashes -r requirements.lock && cp requirements.lock $(@D)/installed.lock; }
@$(RUN) -m pip install --quiet --no-deps --no-build-isolation -e .
@touch $@
endef

.venv/docs: .venv/ready requirements-docs.lock
	@$(RUN) -m pip install --quiet --require-hashes -r requirements-docs.lock
	@touch $@
