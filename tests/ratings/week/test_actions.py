"""Planning, moving and cancelling ahead."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.utils import timezone

from alliance.models import AuditEvent, Membership
from alliance.refusal import Refused
from ratings.cases.actions import end_episode, log_session
from ratings.record.actions import remove_session
from ratings.week.actions import cancel_planned, move_planned, plan_sessions, restore_planned
from sessions.models import SessionSeries, TherapySession
from sessions.schedule.clashes import NeedsYes
from sessions.schedule.times import span
from tests.factories import days_ago, editor_of, make_episode
from tests.ratings.week.conftest import ZONE, coming


def clocks():
    rows = TherapySession.objects.order_by("starts_at")
    return [timezone.localtime(row.starts_at, ZONE).strftime("%Y-%m-%d %H:%M") for row in rows]


def moved(row, by_days=0, clock="10:00", **rest):
    at = time.fromisoformat(clock)
    return move_planned(
        editor=editor_of(row.episode), therapy_session=row, by_days=by_days, clock=at, zone=ZONE, **rest
    )


def cancelled(row, **rest):
    given = {"cancelled_by": "client", "told_at": timezone.now()} | rest
    return cancel_planned(editor=editor_of(row.episode), therapy_session=row, **given)


def test_a_series_is_rows_of_its_own_that_belong_together(juniper, plan):
    rows = plan(juniper, [coming(1), coming(3), coming(5)], every=2)
    assert clocks() == [f"{coming(weeks)} 10:00" for weeks in (1, 3, 5)]
    assert SessionSeries.objects.get().every_weeks == 2
    assert {row.series for row in rows} == {SessionSeries.objects.get()}
    assert {row.attendance for row in rows} == {"planned"}
    created = AuditEvent.objects.filter(verb="created", subject_type="therapysession")
    assert created.count() == 3


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ([coming(0, -1)], "This lies in the past."),
        ([coming(60)], "This is more than a year ahead"),
        ([coming(1), coming(60)], "This is more than a year ahead"),
    ],
)
def test_a_day_that_is_a_slip_is_refused_and_nothing_is_half_written(days, sentence, juniper, plan):
    with pytest.raises(Refused, match=sentence):
        plan(juniper, days, every=1)
    assert not TherapySession.objects.exists()
    assert not SessionSeries.objects.exists()


def test_nothing_is_planned_in_an_ended_therapy_or_past_the_therapists_place(juniper, dana, plan):
    Membership.objects.filter(pk=dana.pk).update(ends_at=timezone.now() + timedelta(days=10))
    plan(juniper, [coming(1)])
    with pytest.raises(Refused, match="Your place in this practice ends on"):
        plan(juniper, [coming(2)])
    end_episode(editor=editor_of(juniper), reason="completed")
    with pytest.raises(Refused, match="This therapy has ended"):
        plan(juniper, [coming(1)], "12:00")
    assert TherapySession.objects.count() == 1


def test_two_sessions_of_one_therapy_never_overlap(juniper, plan):
    plan(juniper, [coming(2)])
    for clock in ("09:11", "10:00", "10:49"):
        with pytest.raises(Refused, match="Juniper already has a session then"):
            plan(juniper, [coming(1), coming(2)], clock, every=1, accepted=True)
    plan(juniper, [coming(2)], "10:50")
    plan(juniper, [coming(2)], "09:10")
    assert TherapySession.objects.count() == 3


def test_another_client_at_that_time_is_asked_about_first(juniper, sorrel, plan):
    plan(sorrel, [coming(1)])
    with pytest.raises(NeedsYes) as asked:
        plan(juniper, [coming(1)], "10:30")
    assert [sentence.partition(":")[0] for sentence in asked.value.warnings] == ["You see Sorrel then"]
    assert TherapySession.objects.count() == 1
    plan(juniper, [coming(1)], "10:30", accepted=True)
    assert TherapySession.objects.count() == 2


def test_of_a_client_with_two_therapists_only_the_time_is_told(juniper, noor, plan):
    elsewhere = make_episode(noor, client=juniper.client)
    plan(elsewhere, [coming(1)])
    with pytest.raises(NeedsYes) as asked:
        plan(juniper, [coming(1)], "10:30")
    (sentence,) = asked.value.warnings
    assert sentence.startswith("Juniper sees somebody else in this practice then: ")
    assert "Noor" not in sentence


def test_a_cancelled_session_takes_no_time_but_its_own_start(juniper, plan):
    (row,) = plan(juniper, [coming(1)])
    cancelled(row)
    with pytest.raises(Refused, match="already has a session"):
        plan(juniper, [coming(1)])
    plan(juniper, [coming(1)], "10:10")


# --- Moved ------------------------------------------------------------------------------------------------------------


def test_one_session_moves_alone(juniper, plan):
    rows = plan(juniper, [coming(1), coming(2)], every=1)
    assert moved(rows[0], 1, "11:30") == 1
    assert clocks() == [f"{coming(1, 1)} 11:30", f"{coming(2)} 10:00"]


@pytest.mark.parametrize("by_days", [-7, -1, 0, 1, 7])
def test_the_rest_of_a_series_moves_along_and_what_came_before_stays(by_days, juniper, plan):
    rows = plan(juniper, [coming(weeks) for weeks in (1, 3, 4, 5)], every=1)
    assert moved(rows[1], by_days, "10:00" if by_days else "10:10", with_rest=True) == 3
    clock = "10:00" if by_days else "10:10"
    assert clocks() == [f"{coming(1)} 10:00"] + [f"{coming(weeks, by_days)} {clock}" for weeks in (3, 4, 5)]


@pytest.mark.time_machine(datetime(2026, 10, 1, 8, tzinfo=UTC))
def test_over_the_end_of_summer_time_the_clock_on_the_wall_stays(juniper, plan):
    rows = plan(juniper, [coming(weeks) for weeks in (1, 2, 3, 4, 5)], every=1)
    moved(rows[0], 1, "16:30", with_rest=True)
    assert [clock[-5:] for clock in clocks()] == ["16:30"] * 5
    assert {row.starts_at.hour for row in TherapySession.objects.all()} == {14, 15}


def test_what_was_logged_or_removed_meanwhile_is_not_moved_or_cancelled(juniper, plan):
    row, other = plan(juniper, [coming(1), coming(2)], every=1)
    remove_session(editor=editor_of(juniper), therapy_session=row, reason="Wrong.")
    with pytest.raises(Refused, match="not planned any more"):
        moved(row, 1)
    cancelled(other)
    with pytest.raises(Refused, match="not planned any more"):
        cancelled(other)


def test_a_move_onto_another_session_is_refused(juniper, plan):
    row, _other = plan(juniper, [coming(1), coming(2)], every=1)
    with pytest.raises(Refused, match="already has a session"):
        moved(row, 7, "10:20")
    with pytest.raises(Refused, match="in the past"):
        moved(row, -30)


# --- Cancelled --------------------------------------------------------------------------------------------------------


def test_who_cancelled_and_when_stays_with_the_session(juniper, plan):
    (row,) = plan(juniper, [coming(1)])
    told = days_ago(1)
    assert cancelled(row, told_at=told, is_late=True) == 1
    row.refresh_from_db()
    assert (row.attendance, row.cancelled_by, row.cancelled_at) == ("cancelled_late", "client", told)
    assert row.logged_by == juniper.therapist


def test_the_rest_of_a_series_is_cancelled_and_one_comes_back(juniper, plan):
    rows = plan(juniper, [coming(weeks) for weeks in (1, 2, 3)], every=1)
    assert cancelled(rows[1], cancelled_by="therapist", with_rest=True, is_late=True) == 2
    states = list(TherapySession.objects.order_by("starts_at").values_list("attendance", flat=True))
    assert states == ["planned", "cancelled_late", "cancelled"], "only the first of them can be late"
    rows[2].refresh_from_db()
    restore_planned(editor=editor_of(juniper), therapy_session=rows[2])
    rows[2].refresh_from_db()
    assert (rows[2].attendance, rows[2].cancelled_by, rows[2].cancelled_at) == ("planned", "", None)
    with pytest.raises(Refused, match="not cancelled"):
        restore_planned(editor=editor_of(juniper), therapy_session=rows[2])


def test_a_cancelled_hour_that_was_taken_does_not_come_back(juniper, plan):
    (row,) = plan(juniper, [coming(1)])
    cancelled(row)
    row.refresh_from_db()
    plan(juniper, [coming(1)], "10:20")
    with pytest.raises(Refused, match="already has a session"):
        restore_planned(editor=editor_of(juniper), therapy_session=row)


def test_a_session_can_be_logged_as_cancelled_before_it_is_due(juniper, plan):
    (row,) = plan(juniper, [coming(1)])
    log_session(
        editor=editor_of(juniper), starts_at=row.starts_at, ends_at=row.ends_at, zone=ZONE.key, mode="video",
        attendance="cancelled", planned=row,
    )  # fmt: skip
    row.refresh_from_db()
    assert (row.attendance, row.cancelled_at is not None) == ("cancelled", True)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_therapists_who_plan_the_same_client_at_once_both_learn_of_it(juniper, noor, instruments):
    """The second waits for the first, and then sees its session."""
    elsewhere, both = make_episode(noor, client=juniper.client), Barrier(2)

    def plan_one(episode):
        try:
            both.wait(10)
            one = span(coming(1), time(10), 50, ZONE)
            plan_sessions(editor=editor_of(episode), spans=[one], zone=ZONE.key, mode="video")
        except NeedsYes:
            return "asked"
        finally:
            connections.close_all()
        return "planned"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(plan_one, [juniper, elsewhere])) == ["asked", "planned"]
