"""Sending, one message at a time: what is asked once more before, what is in it, what follows."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.core import mail
from django.core.management import CommandError
from django.urls import reverse
from django.utils import timezone

from alliance.clients import actions as client_actions
from alliance.crypto import Sealed
from alliance.models import AuditEvent, Client, Episode, ImportDraft
from ratings.cases.actions import log_session
from ratings.check_in.actions import answer_check_in
from ratings.delivery import schedule, send
from ratings.delivery.send import SHORTEST_WAIT
from ratings.importing import actions as importing
from ratings.models import CheckIn, ClientLink, Delivery
from tests.courses import answers, client_answers
from tests.factories import editor_of, make_episode, make_member, make_practice
from tests.ratings.delivery.conftest import keys, run


def test_a_due_message_is_sent_once_with_a_key_that_works(due_message, http):
    assert run() == "1 sent.\n"
    assert run() == ""
    (message,) = mail.outbox
    assert message.to == ["juniper@example.org"]
    assert message.subject == "A quick check-in"
    assert message.extra_headers["Message-ID"] == due_message.message_id
    assert message.message().get_content_type() == "text/plain"
    check_in, preferences = keys(message.body)
    assert http.get(reverse("links:check-in", args=[check_in])).status_code == 200
    assert http.get(reverse("links:preferences", args=[preferences])).status_code == 200
    assert message.extra_headers["List-Unsubscribe"] == f"<http://127.0.0.1:8000/c/p/stop/{preferences}/>"
    due_message.refresh_from_db()
    assert due_message.sent_at is not None


def test_an_address_that_cannot_be_opened_stops_no_other_message(due_message, sorrel, reachable, log):
    log(reachable(sorrel, "sorrel@example.org"))
    Client.objects.filter(pk=due_message.episode.client_id).update(email=Sealed.from_token("a2.foreign.token"))
    run()
    assert [message.to for message in mail.outbox] == [["sorrel@example.org"]]
    due_message.refresh_from_db()
    assert due_message.failed_at is not None


# --- Asked once more --------------------------------------------------------------------------------------------------


def withdraw(message):
    client_actions.settle_consent(client=message.episode.client, purpose="email", given=False)


def withdraw_all(message):
    client_actions.settle_consent(client=message.episode.client, purpose="check_in", given=False)


def no_address(message):
    message.episode.client.email = None
    message.episode.client.save()


def pause(message):
    message.episode.client.paused_until = timezone.now() + timedelta(days=1)
    message.episode.client.save()


def answer(message):
    answer_check_in(check_in=message.check_in, answers=client_answers(3), may_change=False)


def void(message):
    therapy_session = message.check_in.therapy_session
    therapy_session.voided_at, therapy_session.voided_by = timezone.now(), message.episode.therapist
    therapy_session.save()


def end(message):
    client_actions.close_episode(editor=editor_of(message.episode), reason="client")


def test_the_last_session_is_asked_about_once_though_the_therapy_has_ended(due_message, http):
    end(due_message)
    assert run() == "1 sent.\n"
    path = reverse("links:check-in", args=keys(mail.outbox[0].body)[:1])
    assert http.post(path, answers(3)).status_code in (200, 302, 303)
    assert due_message.check_in.ratings.filter(rater="client").count() == 1
    due_message.check_in.ratings.all().delete()
    with time_machine.travel(timezone.now() + timedelta(hours=30)):
        assert run() == "1 dropped.\n"  # the reminder


def test_a_practice_taken_off_line_during_a_run_sends_no_more_and_loses_nothing(due_message, live):
    def taken_off_line():
        type(live).objects.update(live_at=None)
        return False

    assert send.send_due(is_over=taken_off_line) == {"held back": 1}
    assert mail.outbox == []
    type(live).objects.update(live_at=timezone.now())
    assert run() == "1 sent.\n"


def test_what_is_put_off_during_a_run_is_not_sent_by_it(due_message):
    def put_off():
        Delivery.objects.update(due_at=timezone.now() + timedelta(hours=1))
        return False

    assert send.send_due(is_over=put_off) == {}
    assert mail.outbox == []


def test_no_reminder_of_what_was_dropped_while_it_went_out(due_message):
    schedule.drop(Delivery.objects.filter(pk=due_message.pk))
    send._mark_sent(due_message.pk)
    assert not Delivery.objects.filter(kind="reminder").exists()


def make_late(message):
    therapy_session = message.check_in.therapy_session
    therapy_session.starts_at -= timedelta(days=15)
    therapy_session.ends_at -= timedelta(days=15)
    therapy_session.save()


@pytest.mark.parametrize("change", [withdraw, withdraw_all, no_address, pause, answer, void, make_late])
def test_what_has_changed_since_it_was_scheduled_drops_it(change, due_message):
    change(due_message)
    assert run() == "1 dropped.\n"
    assert mail.outbox == []
    due_message.refresh_from_db()
    assert due_message.dropped_at is not None
    assert not ClientLink.objects.exists()


@pytest.mark.parametrize("change", [withdraw, pause, answer, void])
def test_also_between_the_claim_and_the_sending(change, due_message, monkeypatch):
    claim = send.claim

    def claimed_and_then(key):
        taken = claim(key)
        change(due_message)
        return taken

    monkeypatch.setattr(send, "claim", claimed_and_then)
    run()
    assert mail.outbox == []


def test_a_pause_that_is_over_holds_nothing_back(due_message):
    due_message.episode.client.paused_until = timezone.now() - timedelta(minutes=1)
    due_message.episode.client.save()
    assert run() == "1 sent.\n"


def test_a_late_sender_does_not_wake_the_client(due_message, live):
    live.quiet_from, live.quiet_to = time(21), time(8)
    live.save()
    with time_machine.travel(datetime(2026, 11, 18, 22, tzinfo=UTC), tick=False):
        therapy_session = due_message.check_in.therapy_session
        therapy_session.starts_at, therapy_session.ends_at = (
            timezone.now() - timedelta(hours=9),
            timezone.now() - timedelta(hours=8),
        )
        therapy_session.save()
        Delivery.objects.update(due_at=timezone.now() - timedelta(hours=6))
        live.live_at = timezone.now()
        live.save()
        assert run() == "1 postponed.\n"
        assert mail.outbox == []
    with time_machine.travel(datetime(2026, 11, 19, 6, 59, tzinfo=UTC)):
        assert run() == ""
    with time_machine.travel(datetime(2026, 11, 19, 7, 0, tzinfo=UTC)):
        assert run() == "1 sent.\n"


def test_by_hand_it_may_be_about_a_session_of_long_ago(due_message):
    make_late(due_message)
    check_in = CheckIn.objects.get()
    schedule.resend(check_ins=[check_in], user=due_message.episode.therapist.user)
    assert run() == "1 sent.\n"


# --- The reminder -----------------------------------------------------------------------------------------------------


def test_one_reminder_counted_from_the_sending(due_message):
    with time_machine.travel(timezone.now(), tick=False):
        run()
        reminder = Delivery.objects.get(kind="reminder")
        assert reminder.due_at == timezone.now() + timedelta(hours=24)
    for hours, said in ((23, ""), (25, "1 sent.\n"), (80, ""), (200, "")):
        with time_machine.travel(timezone.now() + timedelta(hours=hours)):
            assert run() == said
    first, second = mail.outbox
    assert "This is the only reminder." in second.body
    assert "reminder" not in first.body
    assert keys(first.body) != keys(second.body)
    assert first.extra_headers["Message-ID"] != second.extra_headers["Message-ID"]


def test_no_reminder_where_the_practice_wants_none_or_an_answer_came(due_message, live):
    run()
    answer_check_in(check_in=due_message.check_in, answers=client_answers(3), may_change=False)
    with time_machine.travel(timezone.now() + timedelta(hours=30)):
        assert run() == "1 dropped.\n"
    live.reminder_after_hours = 0
    live.save()
    Delivery.objects.filter(kind="reminder").delete()
    Delivery.objects.update(sent_at=None, claimed_at=None)
    CheckIn.objects.get().ratings.all().delete()
    assert run() == "1 sent.\n"
    assert not Delivery.objects.filter(kind="reminder").exists()


def test_a_reminder_waits_for_the_morning(due_message, live):
    live.quiet_from, live.quiet_to = time(14), time(8)
    live.save()
    first = send._load(due_message.pk)
    first.sent_at = datetime(2026, 10, 24, 14, tzinfo=UTC)  # 16:00 in Berlin; a day later 15:00, the clocks go back
    schedule.add_reminder(first)
    assert Delivery.objects.get(kind="reminder").due_at == datetime(2026, 10, 26, 7, tzinfo=UTC)


# --- Who sends --------------------------------------------------------------------------------------------------------


def test_a_claim_holds_for_a_while_and_then_no_more(due_message):
    assert send.claim(due_message.pk)
    assert not send.claim(due_message.pk)
    assert run() == ""
    with time_machine.travel(timezone.now() + send.CLAIM_LASTS - timedelta(seconds=5)):
        assert run() == ""
    with time_machine.travel(timezone.now() + send.CLAIM_LASTS + timedelta(seconds=5)):
        assert run() == "1 sent.\n"
        assert not send.claim(due_message.pk)


def test_a_practice_that_is_not_live_is_named_and_the_others_go_on(due_message, reachable, log):
    ida = make_member(make_practice("Weir House", zone="Europe/London"), "Ida Berg")
    episode = reachable(make_episode(ida, "Heron"), "heron@example.org")
    log_session(
        editor=editor_of(episode), starts_at=timezone.now() - timedelta(hours=30),
        ends_at=timezone.now() - timedelta(hours=29), zone="Europe/London", mode="video", attendance="attended",
    )  # fmt: skip
    assert run() == "Weir House is not live, and 1 of its messages wait: see People, Settings.\n1 sent.\n"
    assert [message.to for message in mail.outbox] == [["juniper@example.org"]]
    assert Delivery.objects.waiting().get(kind="first").episode == episode


def test_what_it_says_names_nobody(due_message):
    said = run()
    assert not [word for word in ("juniper", "example", "Millrace", "/c/") if word in said]


def test_drafts_that_nobody_came_back_for_go_as_well(dana, live):
    importing.keep_draft(text="x", by=dana)
    ImportDraft.objects.update(created_at=timezone.now() - timedelta(days=2))
    run()
    assert not ImportDraft.objects.exists()


def test_each_sending_is_on_record_with_its_practice(due_message, live):
    run()
    event = AuditEvent.objects.get(verb="linked")
    assert (event.actor_code, event.practice_code) == ("", str(live.code))
    assert event.subject_code == str(due_message.check_in.code)


def test_without_a_mail_server_nothing_is_lost(due_message, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens there
    with pytest.raises(CommandError, match="did not let us in"):
        run()
    due_message.refresh_from_db()
    assert (due_message.claimed_at, due_message.sent_at, due_message.failed_at) == (None, None, None)


def test_a_sender_slower_than_its_claim_does_not_break_on_the_reminder(due_message):
    send._mark_sent(due_message.pk)
    send._mark_sent(due_message.pk)
    assert Delivery.objects.filter(kind="reminder").count() == 1


# --- What a real mail server may answer -------------------------------------------------------------------------------


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


@pytest.mark.parametrize("just_after", ["claim", "message_of", "is_permanent"])
def test_whoever_is_erased_meanwhile_stops_no_other_message(just_after, inbox, three_due, monkeypatch):
    if just_after == "is_permanent":
        inbox.answers["juniper@example.org"] = "451 4.7.1 later"
    deed = getattr(send, just_after)

    def erase_after(*args, **given):
        done = deed(*args, **given)
        Episode.objects.filter(pk=three_due[0].episode_id).delete()
        return done

    monkeypatch.setattr(send, just_after, erase_after)
    run()
    assert recipients(inbox)[-2:] == ["heron@example.org", "bramble@example.org"]


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
