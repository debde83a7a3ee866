"""Every migration back and forward on a hundred thousand rows, on each database."""

import pytest

from tests.alliance.installation.test_backup import filled as filled  # a fixture
from tests.test_migrations import FREE, walked

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


@pytest.mark.evidence
def test_a_hundred_thousand_rows_go_back_and_forward(filled, record_property):
    filled.python(MANY)
    found = walked(filled)
    assert found["kept"] > 100_000 and found["differences"] == {}
    assert set(found["refused"]) == set(FREE)
    record_property("rows", found["rows"])
    record_property(
        "rows in tables of the first version, kept at each of the steps", f"{found['kept']}, {found['steps']}"
    )
