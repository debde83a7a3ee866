"""What is scheduled when a session is logged, moves, or is voided."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from threading import Barrier
from time import sleep
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from alliance import dates
from alliance.clients import actions as client_actions
from alliance.models import AuditEvent, Client
from ratings.cases.actions import log_session, move_session
from ratings.check_in import links
from ratings.check_in.actions import answer_check_in
from ratings.delivery import schedule, send
from ratings.models import Assessment, ClientLink, Delivery, Rupture, Standing
from ratings.record.actions import remove_session
from tests.courses import answers, client_answers
from tests.factories import days_ago, editor_of


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


def dues():
    return list(Delivery.objects.order_by("pk").values_list("kind", "due_at"))


def test_a_logged_session_makes_one_message_due_after_the_practices_delay(juniper, reachable, log):
    ends_at = at(2026, 11, 18, 14)
    with time_machine.travel(ends_at + timedelta(minutes=5)):
        check_in = log(reachable(juniper), ends_at)
    assert dues() == [("first", at(2026, 11, 18, 16))]
    delivery = Delivery.objects.get()
    assert delivery.check_in == check_in
    assert delivery.message_id == f"<{delivery.code}@127.0.0.1>"


@pytest.mark.parametrize("missing", ["email", "consent to e-mail", "consent to check-ins"])
def test_nothing_is_scheduled_for_who_may_not_be_written_to(missing, juniper, reachable, log):
    reachable(juniper)
    if missing == "email":
        juniper.client.email = None
        juniper.client.save()
    else:
        purpose = "email" if missing == "consent to e-mail" else "check_in"
        juniper.client.consents.filter(purpose=purpose).update(withdrawn_at=timezone.now())
    log(juniper)
    assert dues() == []


def test_nothing_is_scheduled_about_a_session_of_long_ago(juniper, reachable, log):
    reachable(juniper)
    log(juniper, days_ago(15))
    assert dues() == []
    log(juniper, days_ago(13))
    assert len(dues()) == 1


@pytest.mark.parametrize(
    ("zone", "delay", "ends_at", "due"),
    [
        ("", None, at(2026, 11, 18, 19), at(2026, 11, 19, 7)),  # 22:00 in Berlin, so 08:00 there
        ("America/New_York", None, at(2026, 11, 18, 19), at(2026, 11, 18, 21)),  # 16:00 where the client is
        ("America/New_York", None, at(2026, 11, 18, 8), at(2026, 11, 18, 13)),  # 05:00 there: at 08:00
        ("", 0, at(2026, 11, 18, 19), at(2026, 11, 18, 19)),
        ("", 600, at(2026, 11, 18, 8), at(2026, 11, 18, 18)),
        # The night in which Berlin's clocks go back; and 08:00 comes an hour later.
        ("", None, at(2026, 10, 24, 18, 30), at(2026, 10, 25, 7)),
    ],
)
def test_the_clients_own_zone_and_delay_come_first(zone, delay, ends_at, due, juniper, reachable, log):
    juniper.client.zone, juniper.client.check_in_delay_minutes = zone, delay
    reachable(juniper)
    with time_machine.travel(ends_at):
        log(juniper, ends_at)
    assert dues() == [("first", due)]


# --- The session moves, or is voided ----------------------------------------------------------------------------------


def moved(check_in, by_hours):
    therapy_session = check_in.therapy_session
    shift = timedelta(hours=by_hours)
    move_session(
        editor=editor_of(therapy_session.episode),
        therapy_session=therapy_session,
        starts_at=therapy_session.starts_at + shift,
        ends_at=therapy_session.ends_at + shift,
    )


def test_what_is_not_sent_yet_moves_with_the_session(juniper, reachable, log, live):
    check_in = log(reachable(juniper))
    before = Delivery.objects.get().due_at
    moved(check_in, by_hours=-1)
    assert Delivery.objects.get().due_at == before - timedelta(hours=1)
    live.quiet_from, live.quiet_to = time(0), time(23, 59)
    live.save()
    check_in.episode.client.practice.refresh_from_db()
    moved(check_in, by_hours=-1)
    due = Delivery.objects.get().due_at.astimezone(ZoneInfo("Europe/Berlin"))
    assert (due.hour, due.minute) == (23, 59)
    assert AuditEvent.objects.filter(verb="changed", subject_type="therapysession").count() == 2


def test_a_date_put_right_makes_its_message_due(juniper, reachable, log, live):
    check_in = log(reachable(juniper), days_ago(30))
    assert dues() == []
    moved(check_in, by_hours=24 * 29)
    check_in.therapy_session.refresh_from_db()
    assert dues() == [("first", check_in.therapy_session.ends_at + timedelta(hours=2))]


def test_one_that_was_dropped_for_a_wrong_date_is_due_again(due_message):
    check_in, due_at = due_message.check_in, due_message.due_at
    moved(check_in, by_hours=-24 * 30)
    assert send.send_due() == {"dropped": 1}
    moved(check_in, by_hours=24 * 30)
    assert Delivery.objects.waiting().get().due_at == due_at


@pytest.mark.parametrize("gone_out", ["sent_at", "failed_at", "by hand", "answered"])
def test_none_is_due_again_where_one_went_out_or_an_answer_came(gone_out, due_message):
    check_in = due_message.check_in
    schedule.drop(Delivery.objects.all())
    if gone_out == "by hand":
        schedule._add(check_in, "again", timezone.now())
    elif gone_out == "answered":
        answer_check_in(check_in=check_in, answers=client_answers(3), may_change=False)
    else:
        Delivery.objects.update(**{gone_out: timezone.now()})
    moved(check_in, by_hours=-1)
    assert not Delivery.objects.waiting().filter(kind="first").exists()


def test_after_the_link_went_out_it_opens_the_session_at_its_new_time(due_message, http):
    check_in = due_message.check_in
    Delivery.objects.update(sent_at=timezone.now())
    due_at = Delivery.objects.get().due_at
    token = links.mint_check_in_link(check_in=check_in, editor=None, channel="email")
    zone, before = ZoneInfo(check_in.episode.zone), check_in.therapy_session.starts_at
    moved(check_in, by_hours=-30)
    now = (before - timedelta(hours=30)).astimezone(zone)
    assert dates.written(now, "weekday-time") in http.get(f"/c/{token}/").text
    assert Delivery.objects.get().due_at == due_at
    http.post(f"/c/{token}/", answers(3))
    assert check_in.ratings.get().therapy_session == check_in.therapy_session


def test_moving_a_session_draws_its_history_anew(juniper, live_through):
    asked = live_through(juniper, [3, 3, 3, 3, 0])
    assert Rupture.objects.get().state == "open"
    moved(asked[-1], by_hours=-24 * 29)  # the low one came first
    assert (
        list(Assessment.objects.order_by("therapy_session__starts_at").values_list("alert", flat=True)) == [False] * 5
    )
    assert Rupture.objects.get().state == "withdrawn"


def test_a_voided_session_takes_its_messages_links_and_meaning_along(juniper, live_through, reachable, http):
    asked = live_through(juniper, [3, 3, 3, 3, 0])
    last = asked[-1]
    reachable(juniper)
    waiting = schedule._add(last, "first", timezone.now())
    token = links.mint_check_in_link(check_in=last, editor=None, channel="email")
    remove_session(
        editor=editor_of(last.therapy_session.episode), therapy_session=last.therapy_session, reason="Logged twice."
    )
    waiting.refresh_from_db()
    assert waiting.dropped_at is not None
    assert http.get(f"/c/{token}/").status_code == 404
    assert http.post(f"/c/{token}/", answers(3)).status_code == 409, "what was typed meanwhile is given back"
    assert (Standing.objects.get().sessions_held, Standing.objects.get().rupture) == (4, None)
    assert Rupture.objects.get().state == "withdrawn"
    last.therapy_session.refresh_from_db()
    assert last.therapy_session.voided_reason.open(juniper.client.data_key) == "Logged twice."
    assert last.therapy_session.voided_by == juniper.therapist


def test_a_session_can_take_the_place_of_a_voided_one(juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    therapy_session = check_in.therapy_session
    remove_session(editor=editor_of(therapy_session.episode), therapy_session=therapy_session, reason="Wrong mode.")
    log_session(
        editor=editor_of(juniper), starts_at=therapy_session.starts_at, ends_at=therapy_session.ends_at,
        zone="Europe/Berlin", mode="video", attendance="attended",
    )  # fmt: skip
    assert Standing.objects.get().sessions_held == 1


# --- Again, and elsewhere ---------------------------------------------------------------------------------------------


def test_sent_again_by_hand_replaces_what_waits_and_a_second_click_does_nothing(due_message):
    for added in (1, 0):
        assert schedule.resend(check_ins=[due_message.check_in], user=due_message.episode.therapist.user) == added
    due_message.refresh_from_db()
    assert due_message.dropped_at is not None
    again = Delivery.objects.waiting().get()
    assert again.kind == "again"
    assert again.due_at <= timezone.now()
    assert AuditEvent.objects.filter(subject_type="delivery").count() == 1


def again(message):
    return schedule.resend(check_ins=[message.check_in], user=message.episode.therapist.user)


def test_by_hand_once_a_day(due_message):
    Delivery.objects.update(sent_at=timezone.now())
    assert again(due_message) == 1
    Delivery.objects.filter(kind="again").update(sent_at=timezone.now())
    assert again(due_message) == 0
    with time_machine.travel(timezone.now() + timedelta(hours=23, minutes=59)):
        assert again(due_message) == 0
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1)):
        assert again(due_message) == 1


def test_what_a_sender_has_in_hand_is_not_sent_again(due_message):
    Delivery.objects.update(claimed_at=timezone.now())
    assert again(due_message) == 0
    due_message.refresh_from_db()
    assert due_message.dropped_at is None
    Delivery.objects.update(claimed_at=timezone.now() - schedule.CLAIM_LASTS - timedelta(seconds=1))
    assert again(due_message) == 1


def test_by_hand_neither_into_a_pause_nor_after_the_end(due_message):
    client = Client.objects.get(pk=due_message.episode.client.pk)
    client_actions.change_preferences(client=client, gets_email=True, paused_until=timezone.now() + timedelta(days=14))
    assert again(due_message) == 0
    client_actions.change_preferences(client=client, gets_email=True)
    client_actions.close_episode(editor=editor_of(due_message.episode), reason="client")
    assert again(due_message) == 0
    due_message.refresh_from_db()
    assert due_message.dropped_at is None


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_send_it_once(due_message, monkeypatch):
    drop, both = schedule.drop, Barrier(2)
    monkeypatch.setattr(schedule, "drop", lambda rows: (drop(rows), sleep(0.4)))
    Delivery.objects.update(sent_at=timezone.now())  # nothing waits, so there is no row to lock

    def click():
        try:
            both.wait(10)
            return again(due_message)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(lambda _n: click(), range(2))) == [0, 1]


def test_by_night_sent_again_means_in_the_morning(due_message, live):
    live.quiet_from, live.quiet_to = time(0), time(23, 59)
    live.save()
    due_message.check_in.episode.client.practice.refresh_from_db()
    with time_machine.travel(at(2026, 11, 18, 2)):
        schedule.resend(check_ins=[due_message.check_in], user=due_message.episode.therapist.user)
    assert Delivery.objects.waiting().get().due_at == at(2026, 11, 18, 22, 59)


def test_an_answered_check_in_is_not_asked_for_again(due_message):
    answer_check_in(check_in=due_message.check_in, answers=client_answers(3), may_change=False)
    assert schedule.resend(check_ins=[due_message.check_in], user=due_message.episode.therapist.user) == 0


def contact(**changes):
    return {
        "email": "juniper@example.org", "phone": "", "zone": "", "check_in_delay_minutes": None,
        "therapist_may_be_named": False, "agrees_to_email": True, "was_shown_agreed": False,
    } | changes  # fmt: skip


def test_with_another_address_the_links_to_the_old_one_end(due_message):
    juniper, editor = due_message.episode.client, editor_of(due_message.episode)
    check_in = due_message.check_in
    for channel in ("email", "screen"):
        links.mint_check_in_link(check_in=check_in, editor=None, channel=channel)
    schedule.change_contact(editor=editor, **contact(email="Juniper@example.org", phone="030 1234"))
    assert not ClientLink.objects.filter(revoked_at__isnull=False).exists()
    schedule.change_contact(editor=editor, **contact(email="new@example.org"))
    revoked = ClientLink.objects.filter(revoked_at__isnull=False)
    assert list(revoked.values_list("channel", flat=True)) == ["email"]
    juniper.refresh_from_db()
    assert juniper.email.open(juniper.data_key) == "new@example.org"
    assert juniper.phone is None


def test_consents_are_given_kept_and_withdrawn(due_message):
    juniper, editor = due_message.episode.client, editor_of(due_message.episode)
    schedule.change_contact(editor=editor, **contact())
    assert juniper.consents.count() == 2
    schedule.change_contact(editor=editor, **contact(agrees_to_email=False, was_shown_agreed=True))
    assert [consent.purpose for consent in juniper.consents.filter(withdrawn_at__isnull=True)] == ["check_in"]
    schedule.change_contact(editor=editor, **contact())
    assert juniper.consents.filter(purpose="email").count() == 2
    assert juniper.consents.get(purpose="email", withdrawn_at__isnull=True).recorded_by == due_message.episode.therapist


def test_a_change_of_contact_keeps_a_pause_that_came_in_between(due_message):
    stale = due_message.episode.client
    until = timezone.now() + timedelta(days=14)
    client_actions.change_preferences(client=Client.objects.get(pk=stale.pk), gets_email=True, paused_until=until)
    schedule.change_contact(editor=editor_of(due_message.episode), **contact(phone="030 1234", was_shown_agreed=True))
    juniper = Client.objects.get(pk=stale.pk)
    assert (juniper.paused_until, juniper.phone.open(juniper.data_key)) == (until, "030 1234")
