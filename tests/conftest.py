import sqlite3

import pytest
from django.db import connection


def pytest_report_header():
    if connection.vendor == "sqlite":
        return f"database: SQLite {sqlite3.sqlite_version}"


def pytest_collection_modifyitems(config, items):
    """Leaves tests of PostgreSQL out of a run on SQLite: deselected, not skipped, since the other run has them."""
    if connection.vendor == "postgresql":
        return
    left_out = [item for item in items if item.get_closest_marker("postgres")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.stats.get("skipped", []):
        terminalreporter.write_line(f"SKIPPED, and so failed: {report.nodeid}: {report.longrepr[-1]}", red=True)


def pytest_sessionfinish(session):
    """A skipped test is one that nobody notices missing: the run fails."""
    if session.config.pluginmanager.get_plugin("terminalreporter").stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
