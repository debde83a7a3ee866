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


@pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["one process", "two"])
def test_a_skipped_test_fails_the_run_and_says_why(pytester, monkeypatch, processes):
    monkeypatch.setenv("PYTHONPATH", str(settings.BASE_DIR))
    pytester.makeconftest("from tests.conftest import pytest_sessionfinish, pytest_terminal_summary")
    options = ("-p", "no:django", "-p", "no:playwright", *processes)
    for body, outcome in (("pass", 0), ("pytest.skip('no browser here')", 1)):
        pytester.makepyfile(f"import pytest\n\ndef test_something():\n    {body}")
        done = pytester.runpytest_subprocess(*options)
        assert done.ret == outcome
        assert ("no browser here" in done.stdout.str()) == bool(outcome)
