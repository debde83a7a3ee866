"""Counts by e-mail: to whom, how often, what is in them, and what is not."""

import smtplib
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from alliance.accounts.digests import choose_digest
from alliance.models import Digest
from ratings.check_in.actions import answer_check_in
from ratings.delivery.send import MailServerFails
from ratings.detection.actions import set_detector
from ratings.digest import send
from ratings.digest.counts import parts_of
from ratings.digest.send import send_digests
from tests.courses import client_answers, held
from tests.factories import days_ago, make_episode, make_member

MONDAY = datetime(2026, 11, 30, 6, 30, tzinfo=UTC)  # half past seven in Berlin
RULE = {"criterion": "rupture_filter", "budget": "normal", "use": "client+therapist"}


@pytest.fixture
def live(millrace):
    millrace.crisis_phone, millrace.live_at = "01632 960 117", days_ago(500)
    millrace.save()
    return millrace


def due(*members, rhythm="weekly"):
    for member in members:
        Digest.objects.update_or_create(user=member.user, defaults={"rhythm": rhythm, "due_at": days_ago(1)})


def lines_to(member):
    return [line for part in parts_of(member.user) for line in part.lines]


def body_to(member):
    return "\n".join(message.body for message in mail.outbox if message.to == [member.user.email])


def test_each_gets_what_they_may_see_in_counts_without_a_name(
    live, dana, sam, mona, noor, juniper, sorrel, live_through
):
    live_through(juniper, [3, 3, 3, 3, 3, 0])
    live_through(sorrel, [3, 3])
    make_member(live, "Ines Marchetti", first_seen_at=None)
    due(dana, sam, mona, noor)
    assert send_digests() == 3
    assert "- 1 case in which something is open\n" in body_to(dana)
    assert "- 2 cases with answers you have not read yet\n" in body_to(dana)
    assert "/today/" in body_to(dana)
    assert "- 1 case in which something is open\n" in body_to(sam)
    assert "/caseload/" in body_to(sam)
    assert "- 1 person who was invited and has not signed in\n" in body_to(mona)
    assert "something is open" not in body_to(mona)
    assert "answers" not in body_to(mona)
    assert body_to(noor) == "", "nothing waits for Noor"
    said = "".join(message.body + message.subject + str(message.message()) for message in mail.outbox)
    assert not [name for name in ("Juniper", "Sorrel", "Dana", "Ines", "Millrace Practice") if name in said]


def test_before_the_own_rating_no_count_tells_the_answer(live, dana, juniper, live_through):
    """Two worlds that differ in what the client answered get the same mail; once it is rated, they do not."""
    live_through(juniper, [3, 3, 3, 3, 3])
    check_in = held(juniper, 0.5).check_in
    said = {}
    for first_since in (days_ago(1), None):
        live.rates_first_since = first_since
        live.save()
        for level, tension in ((4, None), (0, True)):
            with transaction.atomic():
                answer_check_in(check_in=check_in, answers=client_answers(level, tension=tension), may_change=False)
                dana.user.refresh_from_db()
                said[bool(first_since), level] = lines_to(dana)
                transaction.set_rollback(True)
            check_in.refresh_from_db()
    assert said[True, 4] == said[True, 0]
    assert "1 case in which answers wait for your own rating" in said[True, 0]
    assert said[False, 4] != said[False, 0]


def test_in_shadow_mode_no_count_tells_of_a_flag(live, dana, sam, mona, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 3, 0])
    told = "1 case in which something is open"
    assert told in lines_to(dana) and told in lines_to(sam)
    set_detector(practice=live, by=mona, shadow=True, **RULE)
    assert told not in lines_to(dana) + lines_to(sam)


def test_what_somebody_may_no_longer_see_is_not_counted(live, dana, sam, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 3, 0])
    assert lines_to(sam)
    sam.supervisions_given.update(ends_at=timezone.now())
    assert lines_to(sam) == []
    dana.ends_at = timezone.now()
    dana.save()
    due(dana, sam)
    assert send_digests() == 0
    assert mail.outbox == []


@pytest.mark.time_machine(MONDAY)
def test_weekly_unless_somebody_chose_and_the_first_on_the_next_monday(live, dana, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 3, 0])
    assert send_digests() == 0, "it begins, and does not send at once"
    digest = Digest.objects.get(user=dana.user)
    assert (digest.rhythm, digest.due_at) == ("weekly", MONDAY.replace(minute=0) + timedelta(days=7))
    choose_digest(user=dana.user, rhythm="daily")
    digest.refresh_from_db()
    assert digest.due_at == MONDAY.replace(minute=0) + timedelta(days=1)
    choose_digest(user=dana.user, rhythm="none")
    Digest.objects.update(due_at=MONDAY - timedelta(days=1))
    assert send_digests() == 0


def test_once_however_often_it_runs(live, dana, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 3, 0])
    due(dana)
    assert [send_digests(), send_digests()] == [1, 0]
    digest = Digest.objects.get(user=dana.user)
    assert digest.due_at > timezone.now()
    Digest.objects.update(due_at=days_ago(1), claimed_at=timezone.now())
    assert send_digests() == 0, "another sender has it"
    Digest.objects.update(claimed_at=timezone.now() - timedelta(minutes=11))
    assert send_digests() == 1, "that sender died"


def test_the_sender_brings_them_and_says_how_many(live, dana, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 3, 0])
    due(dana)
    said = StringIO()
    call_command("send_due", stdout=said)
    assert "1 with counts." in said.getvalue()


def test_where_nothing_waits_the_next_one_is_due_without_a_mail(live, noor):
    due(noor, rhythm="daily")
    assert send_digests() == 0
    assert Digest.objects.get(user=noor.user).due_at > timezone.now()
    assert mail.outbox == []


def test_nothing_goes_out_of_a_practice_that_is_not_live(millrace, dana, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 3, 0])
    due(dana)
    assert send_digests() == 0


class Fails:
    """A connection to a mail server that answers with an error."""

    def __init__(self, error):
        self.error = error

    def open(self):
        pass

    def close(self):
        pass

    def send_messages(self, messages):
        raise self.error


@pytest.mark.parametrize(
    ("error", "again_after"),
    [
        (smtplib.SMTPRecipientsRefused({"dana@millrace.test": (450, b"4.2.1 later")}), timedelta(hours=1)),
        (smtplib.SMTPRecipientsRefused({"dana@millrace.test": (550, b"5.1.1 nobody")}), None),
    ],
    ids=["later", "nobody there"],
)
def test_what_the_server_does_not_take_waits(live, dana, juniper, live_through, monkeypatch, error, again_after):
    live_through(juniper, [3, 3, 3, 3, 3, 0])
    due(dana)
    monkeypatch.setattr(send, "get_connection", lambda: Fails(error))
    with time_machine.travel(timezone.now(), tick=False):
        assert send_digests() == 0
        digest = Digest.objects.get(user=dana.user)
        assert digest.claimed_at is None
        assert digest.due_at == timezone.now() + again_after if again_after else digest.due_at > timezone.now()


def test_a_server_that_refuses_us_stops_the_run_and_nothing_is_lost(live, dana, juniper, live_through, monkeypatch):
    live_through(juniper, [3, 3, 3, 3, 3, 0])
    due(dana)
    monkeypatch.setattr(send, "get_connection", lambda: Fails(smtplib.SMTPSenderRefused(550, b"no", "us@here")))
    with pytest.raises(MailServerFails):
        send_digests()
    monkeypatch.undo()
    assert send_digests() == 1


@pytest.mark.parametrize("n", [1, 3])
def test_the_counts_ask_as_often_for_three_cases_as_for_one(n, dana, sam, live_through, django_assert_num_queries):
    for number in range(n):
        live_through(make_episode(dana, f"Case {number}"), [3, 3, 3, 3, 3, 0])
    with django_assert_num_queries(3):
        parts_of(dana.user)
