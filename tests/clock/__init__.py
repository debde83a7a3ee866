"""Runs the tests on another day: `TEST_TODAY=2028-02-29T23:40 python -m pytest`.

TEST_TODAY is an instant in UTC, a date (noon of it), or `+40`: so many days from now. The clock of the whole run is
moved to it once and then goes as always, also for SQLite and for the Python processes that tests start. time-machine
does it and not libfaketime, since pip brings it to every machine. The clock of a PostgreSQL stays where it is, so this
is for the run on SQLite.
"""

import os
import time
from datetime import UTC, datetime, timedelta

from tests.clock.moved_clock import SHIFT, move

FOLDER = os.path.dirname(__file__)
NOON = timedelta(hours=12)


def instant(today):
    """The instant that TEST_TODAY names."""
    if today.startswith("+"):
        return datetime.now(UTC) + timedelta(days=int(today))
    at = datetime.fromisoformat(today).replace(tzinfo=UTC)
    return at if "T" in today else at + NOON


def environment():
    """What a process is given so that its clock is that of this run; nothing on the real day."""
    return {name: os.environ[name] for name in (SHIFT, "PYTHONPATH") if SHIFT in os.environ}


def pytest_report_header():
    if SHIFT in os.environ:
        return f"clock: moved to {datetime.now(UTC):%A %Y-%m-%d %H:%M} UTC"


# The other processes of a parallel run are given the seconds, and are moved by them when they start.
if os.environ.get("TEST_TODAY") and SHIFT not in os.environ:
    seconds = instant(os.environ["TEST_TODAY"]).timestamp() - time.time()
    os.environ[SHIFT] = str(seconds)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [FOLDER, os.environ.get("PYTHONPATH")]))
    move(seconds)
