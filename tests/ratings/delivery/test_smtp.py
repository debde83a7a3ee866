"""What a real mail server may answer, and what follows from it."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from ratings.delivery.send import SHORTEST_WAIT
from ratings.models import Delivery
from tests.factories import make_episode


@pytest.fixture
def inbox(mail_server, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail_server.port
    return mail_server.handler


@pytest.fixture
def three_due(due_message, dana, reachable, log):
    """Juniper's, Heron's and Bramble's, due in this order."""
    for name in ("Heron", "Bramble"):
        log(reachable(make_episode(dana, name), f"{name.lower()}@example.org"))
    return list(Delivery.objects.order_by("pk"))


def run():
    said = StringIO()
    call_command("send_due", stdout=said)
    return said.getvalue()


def recipients(inbox):
    return [recipient for recipient, _message in inbox.received]


def test_what_arrives(inbox, due_message):
    assert run() == "1 sent.\n"
    ((recipient, message),) = inbox.received
    assert recipient == "juniper@example.org"
    assert message["Message-ID"] == due_message.message_id
    assert message["Subject"] == "A quick check-in"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message.get_content_type() == "text/plain"
    assert len(message.get_all("Date")) == len(message.get_all("Message-ID")) == 1
    assert all(len(line) < 200 for line in message.get_payload().splitlines())


@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "553 5.1.3 not an address", "550 5.2.1 off"])
def test_an_address_refused_for_good_is_not_tried_again(answer, inbox, three_due):
    inbox.answers["heron@example.org"] = answer
    assert run() == "1 refused, 2 sent.\n"
    assert recipients(inbox) == ["juniper@example.org", "bramble@example.org"]
    assert run() == ""
    assert [bool(delivery.failed_at) for delivery in Delivery.objects.filter(kind="first").order_by("pk")] == [
        False, True, False,
    ]  # fmt: skip


def test_a_message_refused_for_good_is_not_tried_again(inbox, due_message):
    inbox.answers["DATA"] = "554 5.1.1 no such user"
    assert run() == "1 refused.\n"
    assert run() == ""


@pytest.mark.parametrize("answer", ["554 5.7.1 relay access denied", "550 5.1.8 who are you", "550 blocked, not 5.1.1"])
@pytest.mark.parametrize("stage", ["juniper@example.org", "DATA"])
def test_a_refusal_that_may_be_about_us_fails_nobody(stage, answer, inbox, due_message):
    inbox.answers[stage] = answer
    assert run() == "1 postponed.\n"
    assert Delivery.objects.waiting().get().due_at > timezone.now() + SHORTEST_WAIT


def test_not_an_address_at_all_is_refused_without_asking(inbox, juniper, due_message, reachable):
    reachable(juniper, "juniper@exa\x00mple.org\nBcc: x@example.org")
    assert run() == "1 refused.\n"
    assert inbox.received == []


@pytest.mark.parametrize("answer", ["450 4.2.1 greylisted", "421 4.3.2 too many today"])
def test_a_refusal_for_now_is_tried_again_after_a_wait_that_grows(answer, inbox, three_due):
    inbox.answers["juniper@example.org"] = answer
    now = timezone.now()
    assert run() == "1 postponed, 2 sent.\n"
    assert recipients(inbox) == ["heron@example.org", "bramble@example.org"]
    first = Delivery.objects.get(pk=three_due[0].pk)
    assert first.claimed_at is None
    wait = first.due_at - now
    assert timedelta(hours=3) / 8 <= wait < timedelta(hours=3) / 8 + timedelta(minutes=1)
    assert wait > SHORTEST_WAIT
    assert run() == ""
    with time_machine.travel(first.due_at + timedelta(seconds=1)):
        assert run() == "1 postponed.\n"
        assert Delivery.objects.get(pk=first.pk).due_at - first.due_at > wait
    del inbox.answers["juniper@example.org"]
    with time_machine.travel(timezone.now() + timedelta(hours=5)):
        assert run() == "1 sent.\n"
    assert inbox.received[-1][1]["Message-ID"] == first.message_id


@pytest.mark.parametrize("answer", ["553 5.7.1 not your address", "451 4.3.0 not now"])
def test_a_server_that_refuses_us_ends_the_run_and_fails_nobody(answer, inbox, three_due):
    inbox.answers["MAIL"] = answer
    with pytest.raises(CommandError, match="refused alliance@localhost"):
        run()
    assert Delivery.objects.waiting().filter(claimed_at__isnull=True).count() == 3
    del inbox.answers["MAIL"]
    assert run() == "3 sent.\n"
