import re
from datetime import time, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from alliance.crypto import Sealed
from ratings.cases.actions import log_session
from ratings.models import CheckIn, Delivery
from tests.factories import days_ago, editor_of


@pytest.fixture
def reachable(instruments):
    """`reachable(episode)` gives the client an address and has them agree to everything."""

    def agree(episode, email="juniper@example.org"):
        client = episode.client
        client.email = Sealed(email, client.data_key)
        client.save()
        for purpose in ("check_in", "email"):
            client.consents.get_or_create(purpose=purpose, withdrawn_at=None, defaults={"text_version": "2026-11"})
        return episode

    return agree


@pytest.fixture(autouse=True)
def no_counts(monkeypatch):
    """Members get no counts by e-mail, on whatever day: these tests are about what goes to clients."""
    monkeypatch.setattr("ratings.management.commands.send_due.send_digests", lambda **_options: 0)


@pytest.fixture
def live(millrace):
    """The practice, live, and never asleep: whoever tests a night sets one."""
    millrace.live_at, millrace.crisis_phone, millrace.emergency_phone = days_ago(100), "01632 960 117", "112"
    millrace.quiet_from = millrace.quiet_to = time(0)
    millrace.save()
    return millrace


@pytest.fixture
def log():
    """`log(episode, ends_at)` logs an attended session of 50 minutes; returns its check-in, None if there is none."""

    def at(episode, ends_at=None):
        ends_at = ends_at or timezone.now() - timedelta(hours=3)
        therapy_session = log_session(
            editor=editor_of(episode),
            starts_at=ends_at - timedelta(minutes=50),
            ends_at=ends_at,
            zone="Europe/Berlin",
            mode="in_person",
            attendance="attended",
        )
        return CheckIn.objects.filter(therapy_session=therapy_session).first()

    return at


@pytest.fixture
def due_message(live, juniper, reachable, log):
    """Juniper's check-in of three hours ago, due since one."""
    return Delivery.objects.get(check_in=log(reachable(juniper)))


def run(**options):
    said = StringIO()
    call_command("send_due", stdout=said, **options)
    return said.getvalue()


def keys(text):
    return re.findall(r"/c/(?:p/)?([\w-]{43})/", text)
