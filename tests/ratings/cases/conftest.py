import pytest
from django.db import connection
from django.utils import timezone

from alliance.crypto import Sealed
from alliance.models import Client, DataKey, Episode
from benchmarks.colleagues import analyse
from ratings.models import Rupture, Standing
from sessions.models import TherapySession
from tests.factories import days_ago

SPARK = {"values": [70.0, 75.0, None, 80.0, 72.0, 66.0, 75.0, 81.0, 70.0, 64.0], "band": [62.0, 83.0]}


@pytest.fixture
def many(db):
    """`many(therapist, 800)`: so many cases as lists read them, each with a session, written at once.

    `opened_by` gives each an open rupture, or with `aside` one that was set aside; `batch` is the import that it came
    with, and the rest goes into the standing.
    """

    def make(therapist, count, *, batch=None, opened_by="", aside=False, name="Case", **standing):
        now, at = timezone.now(), days_ago(40)
        keys = DataKey.objects.bulk_create(DataKey() for _n in range(count))
        clients = Client.objects.bulk_create(
            Client(practice=therapist.practice, data_key=key, name=Sealed(f"{name} {n:03}", key))
            for n, key in enumerate(keys)
        )
        episodes = Episode.objects.bulk_create(
            Episode(client=client, therapist=therapist, starts_at=days_ago(900), import_batch=batch)
            for client in clients
        )
        held = {"starts_at": at, "ends_at": now, "zone": "UTC", "attendance": "attended", "import_batch": batch}
        sessions = TherapySession.objects.bulk_create(TherapySession(episode=episode, **held) for episode in episodes)
        ruptures = dict.fromkeys(episodes)
        if opened_by:
            opened = {"opened_by": opened_by, "opened_at": now}
            if aside:
                opened |= {"state": "set_aside", "closed_at": now}
            rows = Rupture.objects.bulk_create(
                Rupture(episode=row.episode, opened_session=row, **opened) for row in sessions
            )
            if not aside:
                ruptures = {row.episode: row for row in rows}
        given = {"last_session_at": at, "spark": dict.fromkeys(("goal", "task", "bond"), SPARK)} | standing
        Standing.objects.bulk_create(Standing(episode=one, rupture=ruptures[one], **given) for one in episodes)
        if connection.vendor == "postgresql":
            analyse()  # or it plans for tables that it last saw empty
        return episodes

    return make
