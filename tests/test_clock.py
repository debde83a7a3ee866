"""Under TEST_TODAY every clock is on that day: this process, its database, the processes that tests start."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db.models import F
from django.utils import timezone

from alliance.database_clock import DaysAgo, Now
from alliance.models import Practice
from tests import clock
from tests.clock.moved_clock import SHIFT
from tests.factories import make_practice

TWO_CLOCKS = """
import datetime, sqlite3
print(datetime.datetime.now(datetime.UTC).isoformat())
print(*sqlite3.connect(":memory:").execute("SELECT STRFTIME('%Y-%m-%dT%H:%M:%f+00:00', 'now')").fetchone())
"""


def test_what_names_a_day():
    assert clock.instant("2028-02-29") == datetime(2028, 2, 29, 12, tzinfo=UTC)
    assert clock.instant("2028-02-29T23:40") == datetime(2028, 2, 29, 23, 40, tzinfo=UTC)
    assert abs(timezone.now() + timedelta(days=40) - clock.instant("+40")) < timedelta(seconds=10)


def test_this_run_is_on_its_day():
    today = os.environ.get("TEST_TODAY") or "+0"
    day = clock.instant(today)
    if today.startswith("+"):  # counted from the real day
        day -= timedelta(seconds=float(os.environ.get(SHIFT, 0)))
    assert abs(timezone.now() - day) < timedelta(hours=1)


@pytest.mark.sqlite
def test_the_database_is_on_the_same_day(db):
    make_practice(ended_visible_days=29)
    found = Practice.objects.annotate(now=Now(), then=DaysAgo(F("ended_visible_days"))).get()
    for instant in (found.now, found.then + timedelta(days=29)):
        assert abs(timezone.now() - instant) < timedelta(seconds=5)


def test_what_was_stored_a_moment_ago_is_past(db):
    for _ in range(200):  # SQLite's clock has milliseconds: most tries fall into the same one
        Practice.objects.all().delete()
        practice = make_practice()
        Practice.objects.filter(pk=practice.pk).update(created_at=timezone.now())
        assert Practice.objects.filter(created_at__lte=Now()).exists()


def test_a_process_is_on_the_day_that_it_is_given():
    forty_days_on = float(os.environ.get(SHIFT, 0)) + timedelta(days=40).total_seconds()
    given = os.environ | {SHIFT: str(forty_days_on), "PYTHONPATH": clock.FOLDER}
    command = [sys.executable, "-c", TWO_CLOCKS]
    printed = subprocess.run(command, cwd=settings.BASE_DIR, env=given, capture_output=True, text=True, check=True)
    clocks = [datetime.fromisoformat(line) for line in printed.stdout.split()]
    assert len(clocks) == 2
    for instant in clocks:
        assert abs(timezone.now() + timedelta(days=40) - instant) < timedelta(minutes=1)
