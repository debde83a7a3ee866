# Alliance: `make demo` to look at it, `make test` to check it.
# Both work from a bare clone; they need python3 (3.11 or newer) and make, and bring everything else.

PYTHON ?= python3
PORT ?= 8000
export PORT

# The demo and the tests are local installations, whatever the shell has set for another one.
unexport DATABASE_URL DJANGO_SETTINGS_MODULE ALLIANCE_SECRET_KEY ALLIANCE_DATA_KEYS ALLIANCE_HASH_KEY
unexport ALLIANCE_ALLOWED_HOSTS ALLIANCE_BASE_URL ALLIANCE_SMTP_HOST
unexport DATABASE_URL_FILE ALLIANCE_SECRET_KEY_FILE ALLIANCE_DATA_KEYS_FILE ALLIANCE_HASH_KEY_FILE

PY := .venv/bin/python
# Each file that is downloaded has to be one of those that the lock knows by their hashes.
INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes
# One resolution for every Python and every platform.
LOCK := .venv/bin/uv pip compile pyproject.toml --quiet --upgrade --universal --generate-hashes
LOCK += --python-version 3.11 --custom-compile-command 'make upgrade'

.PHONY: help demo test test-fast test-sqlite test-rest test-days test-postgresql test-browser test-newest lint checks evidence pictures messages upgrade
# Each run takes all cores, so one after the other even under `make -j`.
.NOTPARALLEL:

help:
	@echo "make demo        the program with demo data on http://127.0.0.1:$(PORT)"
	@echo "make test        every check: style, imports, migrations, production settings, tests on two databases and in a browser"
	@echo "make test-fast   style, types and most of the tests on SQLite, for the inner loop"
	@echo "make test-newest the tests on SQLite, on the newest that pyproject.toml allows, in .venv-newest"
	@echo "make upgrade     requirements.lock and requirements-dev.lock, written anew with the newest that pyproject.toml allows"
	@echo "make pictures    the pictures of README and docs, taken anew"
	@echo "make messages    locale/en/LC_MESSAGES/django.po, written anew: all that can be translated"
	@echo "make evidence    the long measurements, written to var/evidence/report.txt"

# Every core takes its share; each process has a database, files and a browser of its own.
PARALLEL := -n auto --dist worksteal

demo: .venv/.runtime
	@exec $(PY) manage.py demo

test: lint checks test-rest test-days test-postgresql test-browser

# What starts the program in processes of its own takes a third of the time: `make test` has it.
test-fast: lint
	$(PY) -m pytest $(PARALLEL) -m "not evidence and not process"

lint: .venv/.dev
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	.venv/bin/lint-imports --no-logo
	$(PY) -m djlint templates --lint --quiet
	$(PY) -m mypy

checks: .venv/.dev
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) -m tests.check_production

test-sqlite: .venv/.dev
	$(PY) -m pytest $(PARALLEL)

# The tests that know a day, on two others: a leap day far ahead, and the hour that the clocks of London repeat. What
# draws its histories by chance is on the first alone, as it takes a fifth of the time.
KNOW_A_DAY := tests/alliance tests/sessions tests/ratings

test-days: .venv/.dev
	TEST_TODAY=2040-02-29T23:40 $(PY) -m pytest $(PARALLEL) -m "not evidence and not process" $(KNOW_A_DAY)
	TEST_TODAY=2027-10-31T00:30 $(PY) -m pytest $(PARALLEL) -m "not evidence and not process and not hypothesis" \
		$(KNOW_A_DAY)

# All that test-days leaves out. What it has is not run on SQLite a third time: of today, PostgreSQL tells.
test-rest: .venv/.dev
	$(PY) -m pytest $(PARALLEL) $(addprefix --ignore=,$(KNOW_A_DAY))
	$(PY) -m pytest $(PARALLEL) -m "process and not evidence" $(KNOW_A_DAY)

# What asks for no database is left out: `concerns` in tests/conftest.py.
test-postgresql: .venv/.dev
	$(PY) -m pytest $(PARALLEL) -p tests.pg_plugin

# Playwright runs an event loop beside the test, which Django takes for asynchronous code; and its pytest plugin warns.
test-browser: .venv/.dev
	chromium=$$($(PY) -m tests.e2e.find_chromium) && \
	CHROMIUM="$$chromium" DJANGO_ALLOW_ASYNC_UNSAFE=1 $(PY) -m pytest $(PARALLEL) -W default tests/e2e

pictures: .venv/.dev
	chromium=$$($(PY) -m tests.e2e.find_chromium) && \
	CHROMIUM="$$chromium" DJANGO_ALLOW_ASYNC_UNSAFE=1 TAKE_PICTURES=yes $(PY) -m pytest -W default tests/e2e/test_docs_pictures.py

# Without the day of the run and the lines of the sources, which would change it each time.
messages: .venv/.dev
	@command -v xgettext >/dev/null || { echo "This takes GNU gettext; on Debian and Ubuntu: apt install gettext"; exit 1; }
	$(PY) manage.py makemessages --locale en --no-location --no-wrap --ignore '.venv*' --ignore 'tests/*' --ignore 'var/*'
	@sed -i.before '/^"POT-Creation-Date: /d' locale/en/LC_MESSAGES/django.po && rm locale/en/LC_MESSAGES/django.po.before

AS_LONG_AS_IT_TAKES := -o faulthandler_timeout=0

evidence: .venv/.dev
	$(PY) -m pytest $(AS_LONG_AS_IT_TAKES) -m evidence
	$(PY) -m pytest $(AS_LONG_AS_IT_TAKES) $(PARALLEL) -m hypothesis --hypothesis-profile=evidence
	$(PY) -m pytest $(AS_LONG_AS_IT_TAKES) -p tests.pg_plugin -m evidence tests/alliance/test_row_security.py

# The tests' tools keep to the versions that the program runs on.
upgrade: .venv/.dev
	$(LOCK) --output-file requirements.lock
	$(LOCK) --extra dev --constraint requirements.lock --output-file requirements-dev.lock

# What `make upgrade` would bring, before it is in the lock.
test-newest: .venv/.dev
	$(PY) -m venv .venv-newest
	.venv/bin/uv pip install --quiet --python .venv-newest --upgrade --requirements pyproject.toml --extra dev
	.venv/bin/uv pip list --python .venv-newest
	.venv-newest/bin/python -m pytest $(PARALLEL)

.venv/.runtime: requirements.lock | .venv/bin/pip
	@echo "Installing what Alliance runs on ..."
	@$(INSTALL) -r requirements.lock
	@touch $@

.venv/.dev: requirements-dev.lock | .venv/bin/pip
	@echo "Installing what Alliance is tested with ..."
	@$(INSTALL) -r requirements-dev.lock
	@touch .venv/.runtime $@

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Alliance needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	{ echo "This Python cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv
