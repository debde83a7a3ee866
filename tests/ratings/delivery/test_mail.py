"""What is in a message, and what is not."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.urls import reverse

from ratings.cases.actions import move_session
from tests.factories import editor_of
from tests.ratings.delivery.conftest import keys, run


def test_what_is_in_a_message_and_what_is_not(due_message, dana, settings, live):
    starts_at = due_message.check_in.therapy_session.starts_at
    run()
    day = f"{starts_at.astimezone(ZoneInfo('Europe/Berlin')):%A %-d %B, %H:%M}"
    first, preferences = keys(mail.outbox[0].body)
    assert mail.outbox[0].body.splitlines() == [
        f"This is about your appointment on {day}.",
        "It comes from the practice that asked you.",
        "A few short questions. They take about a minute:",
        f"http://127.0.0.1:8000/c/{first}/",
        "",
        "You can ignore this message.",
        "No one reads your answers right away. If you need help now, call 01632 960 117 or 112.",
        "",
        "To stop or pause these messages:",
        f"http://127.0.0.1:8000/c/p/{preferences}/",
    ]
    whole = mail.outbox[0].message().as_string()
    for hidden in ("Juniper", "Dana", "Whitlock", "Millrace", "therap", str(due_message.episode.code)):
        assert hidden not in whole.replace("juniper@example.org", "")
    assert f"From: {settings.DEFAULT_FROM_EMAIL}" in whole


def test_the_therapist_is_named_where_the_client_said_so(due_message):
    client = due_message.episode.client
    client.therapist_may_be_named = True
    client.save()
    run()
    assert "with Dana Whitlock on" in mail.outbox[0].body


def test_two_who_share_a_mailbox_tell_their_messages_apart_by_the_hour(due_message, sorrel, reachable, log):
    """The address is one, the day is one, and no name may stand in either."""
    first = due_message.check_in.therapy_session
    log(reachable(sorrel, due_message.episode.client.email.open(due_message.episode.client.data_key)),
        first.starts_at - timedelta(minutes=10))  # fmt: skip
    run()
    assert len({message.to[0] for message in mail.outbox}) == 1
    assert len({message.body.splitlines()[0] for message in mail.outbox}) == 2


def test_where_only_the_day_of_a_session_is_known_no_hour_is_named(due_message):
    due_message.check_in.therapy_session.starts_at_known = False
    due_message.check_in.therapy_session.save()
    run()
    assert ":" not in mail.outbox[0].body.splitlines()[0]


@pytest.mark.time_machine(datetime(2026, 11, 19, 10, tzinfo=UTC))
def test_the_day_is_the_clients_own(due_message, http):
    """At 23:00 in Berlin it is the next morning in Auckland; the message and the form say so alike."""
    client, therapy_session = due_message.episode.client, due_message.check_in.therapy_session
    client.zone = "Pacific/Auckland"
    client.save()
    start = datetime(2026, 11, 18, 22, tzinfo=UTC)
    move_session(
        editor=editor_of(therapy_session.episode),
        therapy_session=therapy_session,
        starts_at=start,
        ends_at=start + timedelta(minutes=50),
    )
    run()
    assert "on Thursday 19 November, 11:00." in mail.outbox[0].body
    form = http.get(reverse("links:check-in", args=keys(mail.outbox[0].body)[:1]))
    assert "Thursday 19 November, 11:00" in form.text
