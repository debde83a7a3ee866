"""A planned session that is over is asked about, also where nobody has logged it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from alliance.models import Episode, Membership
from ratings.cases.actions import end_episode, log_session, move_session
from ratings.check_in.actions import answer_check_in
from ratings.delivery import queries, schedule
from ratings.delivery.by_plan import ask_by_plan
from ratings.detection.history import held_sessions
from ratings.models import CheckIn, Delivery, Standing
from ratings.record.actions import remove_session
from ratings.today.actions import undo_log
from sessions.models import TherapySession
from tests.courses import client_answers
from tests.factories import days_ago, editor_of, make_therapy_session
from tests.ratings.delivery.conftest import run

HOUR = timedelta(hours=1)


@pytest.fixture
def planned(juniper, reachable, live, instruments):
    """A session of three hours ago that nobody has logged; its client may be written to."""
    return make_therapy_session(
        reachable(juniper), starts_at=timezone.now() - 4 * HOUR, ends_at=timezone.now() - 3 * HOUR
    )


def logged(planned, attendance, **changes):
    times = {"starts_at": planned.starts_at, "ends_at": planned.ends_at} | changes
    return log_session(
        editor=editor_of(planned.episode), zone="Europe/Berlin", mode="video", attendance=attendance,
        planned=planned, **times,
    )  # fmt: skip


def test_a_session_that_nobody_logged_is_asked_about_and_once(planned, mailoutbox):
    run()
    run()
    assert len(mailoutbox) == 1
    assert CheckIn.objects.get().therapy_session == planned
    assert TherapySession.objects.unlogged(timezone.now()).get() == planned, "it still waits to be logged"


@pytest.mark.parametrize("attendance", ["no_show", "cancelled", "cancelled_late"])
def test_what_is_entered_before_the_message_is_due_stops_it(attendance, planned, mailoutbox):
    planned.ends_at = timezone.now() - HOUR  # the practice asks two hours after the end
    planned.save()
    assert ask_by_plan() == 1
    assert Delivery.objects.waiting().count() == 1
    logged(planned, attendance)
    assert not Delivery.objects.waiting().exists()
    assert not queries.unanswered(planned.episode.therapist.user).exists(), "and nobody waits for an answer"
    assert queries.rows_by_session([planned.pk])[planned.pk].progress == queries.Progress.NOT_NEEDED
    run()
    assert mailoutbox == []


def test_logged_first_it_is_never_asked_about(planned, mailoutbox):
    logged(planned, "no_show")
    run()
    assert (mailoutbox, CheckIn.objects.exists()) == ([], False)


def test_a_no_show_entered_after_the_message_went_out_is_shown_as_such(planned, mailoutbox):
    run()
    logged(planned, "no_show")
    row = queries.rows_by_session([planned.pk])[planned.pk]
    assert (row.progress, row.can_send, row.is_open) == (queries.Progress.IN_VAIN, False, False)
    Delivery.objects.waiting().update(due_at=timezone.now() - HOUR)
    run()
    assert len(mailoutbox) == 1, "no reminder"
    assert held_sessions(planned.episode)[0].evidence.checkin_answered is None, "nothing is missing from who was away"


def test_logged_as_held_it_keeps_the_check_in_that_went_out(planned, mailoutbox):
    run()
    logged(planned, "attended")
    run()
    assert len(mailoutbox) == 1
    assert CheckIn.objects.count() == 1


def test_the_message_goes_by_the_end_that_was_logged(planned):
    planned.ends_at = timezone.now() - HOUR
    planned.save()
    ask_by_plan()
    later = timezone.now() - HOUR / 2
    logged(planned, "attended", ends_at=later)
    assert Delivery.objects.get().due_at == later + 2 * HOUR


@pytest.mark.parametrize(
    "reason",
    [
        "future",
        "under way",
        "voided",
        "long ago",
        "no e-mail",
        "stopped",
        "no consent",
        "after the end",
        "nobody reads",
    ],
)
def test_nobody_else_is_asked(reason, planned, dana, mailoutbox):
    client, episode = planned.episode.client, planned.episode
    shift = {"future": timedelta(days=2), "under way": 3.5 * HOUR, "long ago": timedelta(days=-15)}.get(reason)
    if shift:
        planned.starts_at, planned.ends_at = planned.starts_at + shift, planned.ends_at + shift
    elif reason == "voided":
        planned.voided_at, planned.voided_by = timezone.now(), dana
    elif reason == "no e-mail":
        client.email, client.email_hash = None, ""
        client.save()
    elif reason == "nobody reads":
        Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(1))
    elif reason == "after the end":
        Episode.objects.filter(pk=episode.pk).update(ends_at=planned.starts_at - HOUR, end_reason="client")
    else:
        purpose = "email" if reason == "stopped" else "check_in"
        client.consents.filter(purpose=purpose).update(withdrawn_at=timezone.now())
    planned.save()
    run()
    assert (mailoutbox, CheckIn.objects.exists()) == ([], False)


def test_one_that_is_moved_before_it_is_due_is_asked_about_at_its_new_time(planned):
    planned.ends_at = timezone.now() - HOUR
    planned.save()
    ask_by_plan()
    start = timezone.now() + timedelta(days=2)
    move_session(editor=editor_of(planned.episode), therapy_session=planned, starts_at=start, ends_at=start + HOUR)
    assert Delivery.objects.get().due_at == start + 3 * HOUR


def test_a_voided_one_is_not_asked_about(planned, mailoutbox):
    ask_by_plan()
    remove_session(editor=editor_of(planned.episode), therapy_session=planned, reason="Wrong client.")
    run()
    assert mailoutbox == []


def test_an_answer_counts_before_the_session_is_logged(planned):
    ask_by_plan()
    answer_check_in(check_in=CheckIn.objects.get(), answers=client_answers(3), may_change=False)
    assert (Standing.objects.get().sessions_held, Standing.objects.get().check_ins_answered) == (1, 1)
    logged(planned, "attended")
    assert (Standing.objects.get().sessions_held, Standing.objects.get().check_ins_answered) == (1, 1)


def undone(planned):
    planned.refresh_from_db()
    undo_log(editor=editor_of(planned.episode), therapy_session=planned)


def test_a_missed_session_whose_log_is_undone_is_asked_about_though_nobody_logs_it_again(planned, mailoutbox):
    ask_by_plan()
    logged(planned, "no_show")
    run()  # a sender comes by while it counts as missed
    assert mailoutbox == []
    undone(planned)
    run()
    assert len(mailoutbox) == 1


def test_a_client_who_comes_back_to_mind_by_an_undone_log_is_reminded_too(planned, mailoutbox):
    run()
    logged(planned, "no_show")
    undone(planned)
    Delivery.objects.waiting().update(due_at=timezone.now() - HOUR)
    run()
    assert len(mailoutbox) == 2


def test_a_therapy_that_ends_leaves_nothing_planned(planned, juniper, mailoutbox):
    ahead = make_therapy_session(juniper, starts_at=timezone.now() + timedelta(days=3))
    end_episode(editor=editor_of(juniper), reason="completed")
    ahead.refresh_from_db()
    assert (ahead.attendance, ahead.cancelled_by) == ("cancelled", "therapist")
    run()
    assert len(mailoutbox) == 1, "the last session is asked about like any other"


def test_the_number_of_statements_does_not_grow_with_those_who_are_not_asked(
    planned, sorrel, django_assert_max_num_queries
):
    ask_by_plan()
    for days in range(1, 10):
        make_therapy_session(sorrel, starts_at=days_ago(days))
    with django_assert_max_num_queries(1):
        assert ask_by_plan() == 0


def test_whoever_is_erased_meanwhile_keeps_nobody_else_from_being_asked(planned, sorrel, reachable, monkeypatch):
    later = make_therapy_session(reachable(sorrel), starts_at=planned.starts_at + HOUR, ends_at=planned.ends_at + HOUR)
    may_be_written_to = schedule.may_be_written_to

    def erase_the_later_one(episode):
        Episode.objects.filter(pk=later.episode_id).delete()
        return may_be_written_to(episode)

    monkeypatch.setattr(schedule, "may_be_written_to", erase_the_later_one)
    assert ask_by_plan() == 1
