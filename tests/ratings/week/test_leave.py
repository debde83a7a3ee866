"""A therapist's leave, and what becomes of the sessions in it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from alliance.access import Denied
from alliance.refusal import Refused
from ratings.week.leave import LeaveChoice, end_leave, take_leave
from sessions.models import Leave, TherapySession
from sessions.schedule.clashes import NeedsYes
from sessions.schedule.leave import leave_spans
from tests.factories import local_day, make_episode, make_member, make_practice
from tests.ratings.week.conftest import ZONE, coming


def away(therapist, first, last, choice=LeaveChoice.CANCEL):
    return take_leave(therapist=therapist, first=first, last=last, zone=ZONE, choice=choice)


def states():
    rows = TherapySession.objects.order_by("starts_at")
    return [(local_day(row.starts_at), row.attendance, row.leave is not None) for row in rows]


def test_leave_cancels_what_falls_into_it(juniper, dana, plan):
    plan(juniper, [coming(weeks) for weeks in (1, 2, 3)], every=1)
    taken = away(dana, coming(2), coming(2))
    assert (taken.moved, taken.cancelled) == (0, 1)
    assert states() == [
        (coming(1), "planned", False),
        (coming(2), "cancelled", True),
        (coming(3), "planned", False),
    ]
    row = TherapySession.objects.get(attendance="cancelled")
    assert (row.cancelled_by, row.cancelled_at) == ("therapist", taken.leave.created_at)


@pytest.mark.parametrize("last", [date(2027, 9, 4), date(2027, 9, 5)])
def test_a_leave_begins_and_ends_also_at_a_midnight_that_the_clock_leaves_out(last, dana, time_machine):
    time_machine.move_to(datetime(2027, 8, 1, 12, tzinfo=UTC))
    first = date(2027, 9, 5) if last.day == 5 else date(2027, 9, 1)
    santiago = ZoneInfo("America/Santiago")  # from 00:00 to 01:00 on 5 September 2027
    taken = take_leave(therapist=dana, first=first, last=last, zone=santiago, choice=LeaveChoice.KEEP)
    held = taken.leave.starts_at.astimezone(santiago), taken.leave.ends_at.astimezone(santiago)
    assert [at.date() for at in held] == [first, last + timedelta(days=1)]


def test_leave_moves_past_itself_where_the_hour_is_free_and_else_cancels(juniper, sorrel, dana, plan):
    plan(juniper, [coming(2), coming(3)], every=1)
    plan(sorrel, [coming(2)], "12:00")
    taken = away(dana, coming(2, -1), coming(2, 1), LeaveChoice.MOVE)
    assert (taken.moved, taken.cancelled) == (1, 1)
    assert sorted(states()) == sorted(
        [(coming(2), "cancelled", True), (coming(3), "planned", False), (coming(3), "planned", True)]
    )


def test_leave_can_leave_all_as_it_is(juniper, dana, plan):
    plan(juniper, [coming(2)])
    away(dana, coming(2), coming(2), LeaveChoice.KEEP)
    assert states() == [(coming(2), "planned", False)]


def test_a_leave_over_another_is_refused_and_a_colleagues_is_no_matter(dana, noor):
    away(dana, coming(2), coming(3))
    with pytest.raises(Refused, match="You have a leave on one of these days already"):
        away(dana, coming(3), coming(4))
    away(dana, coming(3, 1), coming(4))
    away(noor, coming(2), coming(3))
    assert Leave.objects.count() == 3


def test_of_a_series_the_days_of_leave_are_left_out_and_one_day_is_asked_about(juniper, dana, plan):
    away(dana, coming(2), coming(2))
    plan(juniper, [coming(weeks) for weeks in (1, 2, 3)], every=1)
    assert [day for day, *_rest in states()] == [coming(1), coming(3)]
    with pytest.raises(NeedsYes) as asked:
        plan(juniper, [coming(2)])
    assert asked.value.warnings[0].startswith("You are on leave then")


def test_a_leave_that_is_taken_back_plans_again_what_it_had_cancelled(juniper, sorrel, dana, noor, plan):
    plan(juniper, [coming(2)])
    plan(sorrel, [coming(2)], "12:00")
    leave = away(dana, coming(2), coming(2)).leave
    with pytest.raises(Denied):
        end_leave(leave=leave, by=noor)
    plan(sorrel, [coming(2)], "12:10", accepted=True)  # its hour is taken by now
    assert end_leave(leave=leave, by=dana) == 1
    assert end_leave(leave=leave, by=dana) == 0
    assert sorted(states()) == sorted(
        [(coming(2), "planned", False), (coming(2), "cancelled", True), (coming(2), "planned", False)]
    )
    assert leave_spans(juniper) == []


def test_the_leaves_while_a_therapy_runs_are_its_breaks(juniper, dana):
    leave = away(dana, coming(2), coming(3)).leave
    (one,) = leave_spans(juniper)
    assert (one.starts_at, one.ends_at) == (leave.starts_at, leave.ends_at)
    assert one.ends_at.astimezone(ZONE).date() == coming(3) + timedelta(days=1)
    juniper.ends_at = timezone.now()
    assert leave_spans(juniper) == []


def test_a_leave_holds_in_every_practice_of_the_therapist(http, dana, juniper, instruments, plan):
    weir = make_member(make_practice("Weir House"), "Dana Lind", user=dana.user)
    heron = make_episode(weir, "Heron")
    for episode, clock in ((juniper, "10:00"), (heron, "12:00")):
        plan(episode, [coming(2)], clock)
    http.force_login(dana.user)
    day = coming(2).isoformat()
    http.post(reverse("ratings:leave-take"), {"first": day, "last": day, "choice": "cancel"})
    assert {leave.therapist for leave in Leave.objects.standing()} == {dana, weir}
    assert [attendance for _day, attendance, _leave in states()] == ["cancelled", "cancelled"]
    page = http.get(reverse("ratings:week"), {"day": day})
    assert "2 cancelled." in " ".join(page.text.split())
    assert page.text.count("Take it back") == 1
    http.post(reverse("ratings:leave-end", args=[Leave.objects.first().code]))
    assert not Leave.objects.standing().exists()
    assert [attendance for _day, attendance, _leave in states()] == ["planned", "planned"]
    own = away(weir, coming(4), coming(4)).leave
    http.post(reverse("ratings:leave-take"), {"first": day, "last": coming(5).isoformat(), "choice": "keep"})
    assert list(Leave.objects.standing()) == [own], "refused as a whole"


def test_what_becomes_of_the_sessions_is_asked_only_where_some_fall_into_the_leave(http, dana, juniper, plan):
    plan(juniper, [coming(2)])
    http.force_login(dana.user)
    empty, full = ({"first": day.isoformat(), "last": day.isoformat()} for day in (coming(1), coming(2)))
    asked = http.post(reverse("ratings:leave-take"), full)
    assert (asked.status_code, "Choose what becomes of them." in asked.text) == (422, True)
    assert not Leave.objects.exists() and [attendance for _day, attendance, _leave in states()] == ["planned"]
    assert http.post(reverse("ratings:leave-take"), empty).status_code == 302
    assert Leave.objects.count() == 1
