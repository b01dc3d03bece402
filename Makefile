# The two main targets: `make serve` runs Hearthkey, `make test` runs all checks and tests.
SHELL := /bin/sh
BIN := .venv/bin
APPS := accounts passkeys oidc_clients audit mailer config
# Tests that use the database. They run on SQLite and on PostgreSQL.
ROWS := not browser and not container and not wheel and not clients and not serve

PYTEST := $(BIN)/python -m pytest -q --durations=10

# Tools in another directory (BIN=...) are not installed or updated here.
READY = @[ "$(BIN)" != .venv/bin ] || sh requirements/install.sh dev

.PHONY: serve test lint test-rows test-services screenshots bench lock docs

serve:
	@sh requirements/install.sh base
	@exec $(BIN)/python manage.py serve

test:
	@sh requirements/install.sh dev
	@sh requirements/apt-test.sh
	@$(MAKE) --no-print-directory lint test-rows test-services

lint:
	$(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(APPS)
	$(BIN)/lint-imports --no-logo
	git ls-files '*.html' | xargs -r $(BIN)/djhtml --check --tabwidth 2

test-rows:
	$(PYTEST) -n 2 -m "$(ROWS)"
	TEST_DB=postgres $(PYTEST) -n 2 -m "$(ROWS)"

# They wait for servers and browsers more than they compute.
test-services:
	$(PYTEST) -n 3 --dist loadfile -m "not ($(ROWS))"

screenshots:
	$(READY)
	SCREENSHOTS=1 $(BIN)/python -m pytest -q -m browser -k screenshot

bench:
	$(READY)
	$(BIN)/python -m benchmarks.audit_list sqlite
	$(BIN)/python -m benchmarks.audit_list postgres
	$(BIN)/python -m benchmarks.member_search sqlite
	$(BIN)/python -m benchmarks.member_search postgres

docs:
	$(READY)
	@ENV_FILE=/dev/null $(BIN)/python manage.py configuration_page > docs/configuration.md.new || { rm -f docs/configuration.md.new; exit 1; }
	@mv docs/configuration.md.new docs/configuration.md

lock:
	$(READY)
	$(BIN)/uv pip compile -q --no-header --universal --python-version 3.11 --generate-hashes --extra server --output-file requirements/base.txt pyproject.toml
	$(BIN)/uv pip compile -q --no-header --universal --python-version 3.11 --generate-hashes --extra server --extra dev --output-file requirements/dev.txt pyproject.toml
	@! grep -n '://' requirements/*.txt
