"""The sender as a service: it outlives a database that is away for a while, and ends for a fault."""

from datetime import timedelta
from io import StringIO
from unittest import mock

import psycopg2
import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from alliance.models import BrowserSession, LastRun
from ratings.check_in import links
from ratings.management.commands import send_due
from ratings.models import ClientLink
from tests.alliance.site.test_trouble import wrapped
from tests.factories import editor_of
from tests.ratings.delivery.conftest import due_message as due_message
from tests.ratings.delivery.conftest import live as live
from tests.ratings.delivery.conftest import log as log
from tests.ratings.delivery.conftest import reachable as reachable


def test_the_loop_goes_on_when_the_database_is_away_for_a_while(monkeypatch, due_message):
    command, rounds = send_due.Command(stderr=StringIO(), stdout=StringIO()), []
    send = command._send

    def send_once_it_is_back():
        rounds.append(1)
        if len(rounds) < 3:
            raise wrapped(psycopg2.OperationalError("server closed the connection unexpectedly"))
        send()
        command.is_over = True

    monkeypatch.setattr(command, "_send", send_once_it_is_back)
    monkeypatch.setattr(command, "_is_over_within", lambda seconds: command.is_over)
    monkeypatch.setattr(send_due.connections, "close_all", lambda: None)  # the test's own is among them
    monkeypatch.setattr(send_due, "close_old_connections", lambda: None)
    command.handle(loop=1)
    assert command.stderr._out.getvalue().count("The database is away; tried again soon.") == 2
    assert len(mail.outbox) == 1
    assert LastRun.objects.get().job == "sender"


def test_without_the_loop_or_for_a_fault_of_ours_it_ends(monkeypatch):
    for loop, error in ((None, wrapped(psycopg2.OperationalError("gone"))), (1, ValueError("a fault"))):
        command = send_due.Command(stderr=StringIO())
        monkeypatch.setattr(command, "_send", mock.Mock(side_effect=error))
        with pytest.raises(type(error)):
            command.handle(loop=loop)


def test_what_has_ended_is_deleted_and_what_says_how_somebody_was_asked_stays(millrace, dana, juniper, live_through):
    millrace.shows_history = True
    millrace.save()
    juniper.client.consents.create(purpose="history", text_version="2026-11")
    _answered, waiting = live_through(juniper, [3, None])
    links.mint_check_in_link(check_in=waiting, editor=None, channel="screen")
    links.mint_history_link(editor=editor_of(juniper))
    links.mint_copy_link(editor=editor_of(juniper))
    Client().force_login(dana.user)
    call_command("send_due", stdout=StringIO())
    assert sorted(ClientLink.objects.values_list("kind", flat=True)) == ["check_in", "copy", "history"]
    assert BrowserSession.objects.count() == 1
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        call_command("send_due", stdout=StringIO())
        assert not BrowserSession.objects.exists()
        assert sorted(ClientLink.objects.values_list("kind", flat=True)) == ["check_in", "copy"]
    with time_machine.travel(timezone.now() + timedelta(days=16)):
        call_command("send_due", stdout=StringIO())
        assert list(ClientLink.objects.values_list("kind", flat=True)) == ["check_in"]
