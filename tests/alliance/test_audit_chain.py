"""The audit in closed batches: one changed byte is found, and so is a chain that was made anew."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from alliance import audit_chain
from alliance.audit_chain import close_batches, verify
from alliance.models import AuditEvent, AuditSeal
from tests.factories import days_ago


def happen(n, at=None):
    AuditEvent.objects.bulk_create(
        AuditEvent(subject_type="episode", subject_code=f"{n}", verb="read", at=at or days_ago(1)) for n in range(n)
    )


@pytest.fixture
def closed(db, monkeypatch):
    """Five events in three batches, and their newest seal."""
    monkeypatch.setattr(audit_chain, "AT_MOST", 2)
    happen(5)
    return close_batches()


@pytest.fixture
def lifted(closed):
    """The database without its triggers, as its owner can have it."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE alliance_auditevent DISABLE TRIGGER USER")
            yield closed
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'")
        for name, _sql in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name}")
    yield closed


def test_what_was_closed_is_as_it_was(closed):
    assert verify() == audit_chain.Verdict(5, 3, closed, "")
    assert verify(closed).fault == "" == verify(AuditSeal.objects.first().digest).fault


def test_new_events_are_closed_later_and_change_no_seal(closed):
    happen(1)
    happen(1, at=timezone.now() - timedelta(minutes=5))
    assert verify().fault == ""
    head = close_batches()
    assert head != closed and verify(closed) == audit_chain.Verdict(6, 4, head, "")
    assert close_batches() == head


@pytest.mark.django_db
def test_the_very_first_event_of_an_installation_is_closed():
    AuditEvent.objects.create(pk=1, subject_type="episode", verb="read", at=days_ago(1))
    head = close_batches()
    assert verify() == audit_chain.Verdict(1, 1, head, "") and AuditSeal.objects.get().count == 1


@pytest.mark.django_db
def test_batches_are_of_events_in_the_order_of_their_keys_whenever_they_were(monkeypatch):
    monkeypatch.setattr(audit_chain, "AT_MOST", 2)
    for days in (1, 3, 2, 5, 4):
        AuditEvent.objects.create(subject_type="episode", verb="read", at=days_ago(days))
    close_batches()
    events = list(AuditEvent.objects.order_by("pk").values_list("pk", flat=True))
    assert list(AuditSeal.objects.order_by("pk").values_list("last_event", flat=True)) == events[1::2] + events[4:]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE alliance_auditevent SET subject_code = '9' WHERE subject_code = '3'",
        "UPDATE alliance_auditevent SET actor_code = 'x' WHERE subject_code = '0'",
        "UPDATE alliance_auditevent SET count = 2 WHERE subject_code = '4'",
        "UPDATE alliance_auditevent SET verb = 'lists' WHERE subject_code = '1'",
        "DELETE FROM alliance_auditevent WHERE subject_code = '2'",
    ],
)
def test_one_changed_byte_is_found(lifted, change):
    with connection.cursor() as cursor:
        cursor.execute(change)
    assert "are not as they were" in verify().fault
    with pytest.raises(CommandError, match="not as they were"):
        call_command("verify_audit")


def test_a_chain_that_was_made_anew_does_not_hold_the_seal_that_was_kept(lifted):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alliance_auditevent SET count = 2 WHERE subject_code = '4'")
    AuditSeal.objects.all().delete()
    close_batches()
    assert verify().fault == ""
    assert "made anew" in verify(lifted).fault


def test_a_batch_that_was_sealed_anew_by_itself_does_not_fit_the_next(lifted):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alliance_auditevent SET count = 2 WHERE subject_code = '0'")
    first = AuditSeal.objects.order_by("last_event")[0]
    rows = AuditEvent.objects.filter(pk__lte=first.last_event).order_by("pk")
    AuditSeal.objects.filter(pk=first.pk).update(digest=audit_chain._digest("", rows))
    assert f"The events {first.last_event + 1} to" in verify().fault


def test_a_seal_that_was_changed_is_found(closed):
    AuditSeal.objects.filter(digest=closed).update(digest="0" * 64)
    assert "are not as they were" in verify().fault


def test_the_commands_print_the_seal(closed, capsys):
    call_command("seal_audit")
    call_command("verify_audit", head=closed)
    assert capsys.readouterr().out.splitlines() == [closed, f"5 events in 3 batches are as they were. {closed}"]


def test_an_empty_audit_is_as_it_was(db, capsys):
    call_command("seal_audit")
    call_command("verify_audit")
    assert capsys.readouterr().out.splitlines() == [
        "Nothing to close yet.",
        "0 events in 0 batches are as they were.",
    ]
