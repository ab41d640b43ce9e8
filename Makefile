.DEFAULT_GOAL := help
.PHONY: help serve serve-postgres serve-mariadb test contract checks test-postgresql test-mariadb long-run bench bench-micro bench-check soak clean
PYTHON ?= python3
VENV := .venv
# XML is written in C. Without a compiler this only warns, and it is written in Python.
COMPILE = $(VENV)/bin/python setup.py --quiet build_ext --inplace
COMPILED_FROM := setup.py app/xml/_elements.c

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 20

$(VENV)/serve: requirements.txt $(COMPILED_FROM)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(COMPILE)
	@touch $@

$(VENV)/test: requirements.txt requirements-otel.txt requirements-test.txt $(COMPILED_FROM)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-test.txt
	$(COMPILE)
	@touch $@

$(VENV)/bench: requirements.txt requirements-test.txt requirements-bench.txt \
		$(COMPILED_FROM) benchmarks/peers/fastify/package-lock.json
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	npm ci --silent --no-audit --no-fund --prefix benchmarks/peers/fastify
	$(COMPILE)
	@touch $@

serve: $(VENV)/serve ## Start the server on http://127.0.0.1:8000, with a demo shop
	@exec $(VENV)/bin/flask --app app clientxcms:serve

serve-postgres: $(VENV)/serve ## The same on a PostgreSQL server of its own, with its data in var/postgresql
	@exec scripts/with-postgresql.sh var/postgresql $(VENV)/bin/flask --app app clientxcms:serve

serve-mariadb: $(VENV)/serve ## The same on a MariaDB server of its own, with its data in var/mariadb
	@exec scripts/with-mariadb.sh var/mariadb $(VENV)/bin/flask --app app clientxcms:serve

test: contract checks ## Run all tests and checks

contract: $(VENV)/test ## Prove that the server and its contract agree
	$(VENV)/bin/tox -e contract

checks: $(VENV)/test ## Run all other tests and checks
	$(VENV)/bin/tox run-parallel --skip-env contract

test-postgresql: $(VENV)/test ## Run the tests on a PostgreSQL server of their own
	tests/postgresql/scratch.sh $(VENV)/bin/tox -e postgresql

test-mariadb: $(VENV)/test ## Run the tests on a MariaDB server of their own
	tests/mariadb/scratch.sh $(VENV)/bin/tox -e mariadb

long-run: $(VENV)/test ## Judge generated requests; RUN="--requests 1000000 --seed 1"
	$(VENV)/bin/tox -e long-run -- $(RUN)

bench: $(VENV)/bench ## Compare the speed with that of others; BENCH="--help" tells more
	tests/postgresql/scratch.sh $(VENV)/bin/python -m benchmarks $(BENCH)

bench-micro: $(VENV)/test ## Tell what each step of a request costs
	$(VENV)/bin/python -m benchmarks.micro

soak: $(VENV)/bench ## Load the server for minutes, and with ten times too much; SOAK="--help"
	tests/postgresql/scratch.sh $(VENV)/bin/python -m benchmarks.soak $(SOAK)

bench-check: $(VENV)/test ## Fail if a request takes more instructions than it did
	$(VENV)/bin/python -m benchmarks.check $(CHECK)

clean: ## Remove what was installed and built, but no data
	rm -rf $(VENV) .tox build app/xml/*.so .mypy_cache .ruff_cache .import_linter_cache
