from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from alliance.crypto import Sealed
from alliance.models import Client, DataKey, Episode
from benchmarks.colleagues import analyse
from ratings.check_in import links
from ratings.delivery import schedule
from ratings.models import Rupture, Standing
from sessions.models import TherapySession
from tests.factories import days_ago, editor_of

SPARK = {"values": [70.0, 75.0, None, 80.0, 72.0, 66.0, 75.0, 81.0, 70.0, 64.0], "band": [62.0, 83.0]}


@pytest.fixture
def demo(db):
    call_command("seed_demo", stdout=StringIO())


@pytest.fixture
def asked(juniper, live_through):
    """The check-in of Juniper's only session, unanswered."""
    (check_in,) = live_through(juniper, [None])
    return check_in


@pytest.fixture
def opened(http):
    """`opened(check_in)`: the address of a fresh link to it."""

    def address(check_in):
        token = links.mint_check_in_link(check_in=check_in, editor=None, channel="screen")
        return reverse("links:check-in", args=[token])

    return address


@pytest.fixture
def waiting(live_through):
    """`waiting(episode, email)`: a check-in of a week ago without an answer."""

    def ask(episode, email=None):
        (check_in,) = live_through(episode, [None])
        if email:
            contact = {"phone": "", "zone": "", "check_in_delay_minutes": None, "therapist_may_be_named": False}
            schedule.change_contact(
                editor=editor_of(episode),
                email=email,
                agrees_to_email=True,
                was_shown_agreed=False,
                **contact,
            )
        return check_in

    return ask


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
