"""Every migration back and forward on a hundred thousand rows, on each database."""

import pytest

from tests.alliance.installation.test_backup import filled as filled  # a fixture
from tests.test_migrations import FREE, walked

pytestmark = pytest.mark.evidence
# So many therapies as fill a hundred thousand rows: sessions, ratings of both sides, what was made of them, the audit.
FILLED = ("--therapists=40", "--clients=1100", "--sessions=15")
# In the oldest tables, which stay on the way back to the first version, and come forward again.
MANY = """
from alliance.models import AuditEvent, Episode
from sessions.models import TherapySession
from datetime import timedelta
from django.utils import timezone
episode, start = Episode.objects.first(), timezone.now() - timedelta(days=4000)
AuditEvent.objects.bulk_create([AuditEvent(subject_type="walk", verb="read") for _n in range(50_000)], batch_size=5000)
TherapySession.objects.bulk_create(
    [
        TherapySession(
            episode=episode, starts_at=start + timedelta(hours=n), ends_at=start + timedelta(hours=n, minutes=50),
            zone="Europe/London",
        )
        for n in range(50_000)
    ],
    batch_size=5000,
)
"""


def walk(project, record_property):
    found = walked(project)
    assert found["rows"] > 100_000 and found["differences"] == {}
    assert set(found["refused"]) == set(FREE)
    record_property("rows, in so many tables", f"{found['rows']:,}, {found['filled']}")
    record_property(
        "rows in tables of the first version, kept at each of the steps", f"{found['kept']:,}, {found['steps']}"
    )
    record_property("seconds back, one by one, and forward", f"{found['back']}, {found['forward']}")
    record_property("the slowest steps back", found["slowest"])
    record_property("goes back only when these are gone, and says so", sorted(found["refused"]))
    return found


def test_a_hundred_thousand_rows_go_back_and_forward(filled, record_property):
    filled.python(MANY)
    assert walk(filled, record_property)["kept"] > 100_000


def test_a_hundred_thousand_rows_in_every_table_of_a_practice_go_back_and_forward(project, record_property):
    project.manage("sync_instruments")
    project.manage("seed_demo", *FILLED)
    assert walk(project, record_property)["filled"] > 30
