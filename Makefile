.DEFAULT_GOAL := help
.PHONY: help serve test test-postgresql long-run bench bench-micro bench-check clean
PYTHON ?= python3
VENV := .venv

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(VENV)/serve: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/test: requirements.txt requirements-test.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-test.txt
	@touch $@

$(VENV)/bench: requirements.txt requirements-test.txt requirements-bench.txt \
		benchmarks/peers/fastify/package-lock.json
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	npm ci --silent --no-audit --no-fund --prefix benchmarks/peers/fastify
	@touch $@

serve: $(VENV)/serve ## Start the server on http://127.0.0.1:8000, with a demo shop
	@exec $(VENV)/bin/flask --app app clientxcms:serve

test: $(VENV)/test ## Run all tests and checks
	$(VENV)/bin/tox

test-postgresql: $(VENV)/test ## Run the tests on a PostgreSQL server of their own
	tests/postgresql/scratch.sh $(VENV)/bin/tox -e postgresql

long-run: $(VENV)/test ## Judge generated requests; RUN="--requests 1000000 --seed 1"
	$(VENV)/bin/tox -e long-run -- $(RUN)

bench: $(VENV)/bench ## Compare the speed with that of others; BENCH="--help" tells more
	tests/postgresql/scratch.sh $(VENV)/bin/python -m benchmarks $(BENCH)

bench-micro: $(VENV)/test ## Tell what each step of a request costs
	$(VENV)/bin/python -m benchmarks.micro

bench-check: $(VENV)/test ## Fail if a request takes more instructions than it did
	$(VENV)/bin/python -m benchmarks.check $(CHECK)

clean: ## Remove what was installed and built, but no data
	rm -rf $(VENV) .tox build .mypy_cache .ruff_cache .import_linter_cache
