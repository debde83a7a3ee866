"""The test runs see what they are there to see."""

import pytest
from django.conf import settings
from django.db import DatabaseError, connection

from alliance.models import AuditEvent

pytest_plugins = ["pytester"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", ["first", "second"])
def test_audit_is_emptied_between_tests_and_kept_within_one(time):
    assert not AuditEvent.objects.exists()
    AuditEvent.objects.create(verb=time, subject_type="test")
    with pytest.raises(DatabaseError, match="only grows"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM alliance_auditevent")


@pytest.mark.sqlite
def test_marked_tests_run_on_sqlite_only():
    assert connection.vendor == "sqlite"


@pytest.mark.postgres
def test_marked_tests_run_on_postgresql_only():
    assert connection.vendor == "postgresql"


@pytest.mark.parametrize("processes", ["-n0", "-n1"])
def test_a_skipped_test_fails_the_run_and_says_why(pytester, monkeypatch, processes):
    monkeypatch.setenv("PYTHONPATH", str(settings.BASE_DIR))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "yes")
    pytester.makeini("[pytest]")  # else a file in a folder above decides how its tests are named
    pytester.makeconftest("from tests.conftest import pytest_sessionfinish, pytest_terminal_summary")
    pytester.makepyfile(test_one="def test_one(): pass", test_two="import pytest\ndef test_two(): pytest.skip('no')")
    for file, outcome in (("test_one.py", 0), ("test_two.py", 1)):
        done = pytester.runpytest("-p", "xdist", "-p", "no:cacheprovider", processes, file)
        assert done.ret == outcome
        assert ("SKIPPED, and so failed: test_two.py::test_two: Skipped: no" in done.stdout.str()) == bool(outcome)
