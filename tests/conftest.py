import os
import sqlite3
from importlib import import_module

import hypothesis
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase, override_settings

from alliance import acting

# In a file of its own, as the hooks below are also used where Django is not set up.
pytest_plugins = ["tests.clock", "tests.signing_in", "tests.personas", "tests.courses", "tests.servers"]

# Only the processes that a moved run starts import it, with its folder on their path.
collect_ignore = ["clock/sitecustomize.py"]

# With how many examples each property is tried: the same few in every run, many others with the profile `evidence`.
hypothesis.settings.register_profile("few", max_examples=25, deadline=None, derandomize=True)
hypothesis.settings.register_profile("evidence", max_examples=1000, deadline=None)
hypothesis.settings.load_profile("few")


def pytest_report_header():
    if connection.vendor == "sqlite":
        return f"database: SQLite {sqlite3.sqlite_version}"


def pytest_collection_modifyitems(config, items):
    """Leaves out what the other run has: deselected, not skipped."""
    left_out = [item for item in items if not concerns(connection.vendor, item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def concerns(vendor, item):
    """Whether a test can tell something about this database. With SQLite all can but the facts about PostgreSQL; with
    PostgreSQL only those that ask for a database, as pytest-django keeps any other test from it."""
    if vendor == "sqlite":
        return not item.get_closest_marker("postgres")
    asks = "db" in getattr(item, "fixturenames", ()) or item.get_closest_marker("django_db")
    return bool(item.get_closest_marker("postgres") or (asks and not item.get_closest_marker("sqlite")))


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.stats.get("skipped", []):
        terminalreporter.write_line(f"SKIPPED, and so failed: {report.nodeid}: {report.longrepr[-1]}", red=True)


def pytest_sessionfinish(session):
    """A skipped test is one that nobody notices missing: the run fails."""
    if session.config.pluginmanager.get_plugin("terminalreporter").stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def application_role(django_db_setup, django_db_blocker):
    """The role that runs the program, on PostgreSQL: with its rights, and bound by what its owner wrote."""
    if connection.vendor != "postgresql":
        return None
    name = f"application_of_{connection.settings_dict['NAME']}"
    with django_db_blocker.unblock(), connection.cursor() as cursor, override_settings(ROW_SECURITY=True):
        cursor.execute(f'CREATE ROLE "{name}"')
        call_command("grant_application", name)
    return name


# With AS_APPLICATION in the environment for every test: `AS_APPLICATION=yes pytest -p tests.pg_plugin tests/...`
@pytest.fixture(autouse="AS_APPLICATION" in os.environ)
def as_application(application_role, db, monkeypatch):
    """Every statement that is made for somebody goes to PostgreSQL as the application's role, and is filtered there."""
    if application_role is None:
        return
    said = acting.said_before

    def said_as_application():
        role = application_role if acting.now_acting() else "none"
        return f"SELECT set_config('role', '{role}', true); {said()}"

    monkeypatch.setattr(acting, "said_before", said_as_application)
    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "cursor_factory", acting.ActingCursor)
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)  # as the settings have it


@pytest.fixture(scope="session", autouse=True)
def append_only_tables_emptied_between_tests():
    """Lifts the triggers that keep some tables while Django empties all after a test without a transaction.

    The table of the cache has no model, so Django leaves it as it is.
    """
    triggers = [
        import_module("alliance.migrations.0002_audit_append_only"),
        import_module("ratings.migrations.0013_verdicts_only_grow"),
    ]
    empty_tables = TransactionTestCase._fixture_teardown

    def lift_and_empty(self):
        with connection.schema_editor() as editor:
            for one in triggers:
                one.backwards(None, editor)
        try:
            empty_tables(self)
            cache.clear()
        finally:
            with connection.schema_editor() as editor:
                for one in triggers:
                    one.forwards(None, editor)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lift_and_empty)
        yield


@pytest.fixture
def in_no_order(db):
    """SQLite gives rows backwards unless it is asked for an order, as PostgreSQL may."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA reverse_unordered_selects = ON")
        yield
        cursor.execute("PRAGMA reverse_unordered_selects = OFF")
