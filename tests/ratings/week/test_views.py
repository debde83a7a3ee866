"""The week page and its forms."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from alliance.crypto import Sealed
from alliance.models import AuditEvent, Cover
from alliance.people.cover import arrange_cover
from ratings.week.leave import LeaveChoice, take_leave
from sessions.models import Leave, TherapySession
from tests.factories import days_ago, editor_of, local_day, make_episode, make_therapy_session
from tests.ratings.week.conftest import ZONE, coming

WEEK = reverse("ratings:week")
PLAN = reverse("ratings:week-plan")
STATEMENTS = 9


@pytest.fixture
def signed_in(http, dana, instruments):
    http.force_login(dana.user)
    return http


def planned(episode, **changes):
    given = {
        "case": str(episode.code), "day": coming(1).isoformat(), "time": "10:00", "minutes": "50", "mode": "video",
        "repeat": "0", "count": "", "until": "",
    }  # fmt: skip
    return given | changes


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)][-1]


def rows():
    return [
        (timezone.localtime(row.starts_at, ZONE).strftime("%Y-%m-%d %H:%M"), row.attendance)
        for row in TherapySession.objects.order_by("starts_at")
    ]


def test_the_week_shows_ones_own_sessions_and_nobody_elses(signed_in, juniper, noor, sam, http):
    make_therapy_session(juniper, starts_at=days_ago(7), attendance="attended")
    make_therapy_session(juniper, starts_at=days_ago(7) + timedelta(hours=1))
    make_therapy_session(make_episode(noor, "Wren"), starts_at=days_ago(7) + timedelta(hours=2))
    page = signed_in.get(WEEK, {"day": local_day(days_ago(7)).isoformat()})
    assert "2 sessions" in " ".join(page.text.split())
    assert "one not logged" in page.text
    assert "Wren" not in page.text
    assert AuditEvent.objects.filter(verb="listed", subject_type="therapysession", count=2).exists()
    http.force_login(sam.user)
    assert http.get(WEEK).status_code == 403


def test_what_was_never_logged_is_told_in_every_later_week(signed_in, juniper):
    """However long ago: it can still be logged."""
    row = make_therapy_session(juniper, starts_at=days_ago(60))
    page = signed_in.get(WEEK)
    day = local_day(row.starts_at).isoformat()
    assert "One session of an earlier week is not logged." in page.text
    assert f"?day={day}" in page.text
    log = reverse("ratings:planned-session-log", args=[row.code])
    assert log in signed_in.get(WEEK, {"day": day}).text
    assert signed_in.get(log).status_code == 200


@pytest.mark.parametrize("day", ["", "nonsense", "03/05/2026", "2026-13-40", "0001-01-01", "9999-12-31"])
def test_an_address_without_a_day_shows_this_week(day, signed_in, juniper):
    page = signed_in.get(WEEK, {"day": day})
    assert page.status_code == 200
    assert any(column.is_today for column in page.context["week"].days) or local_day().weekday() > 4


@pytest.mark.parametrize("n", [1, 3])
def test_the_number_of_statements_does_not_grow(n, signed_in, dana, django_assert_num_queries):
    for number in range(n):
        episode = make_episode(dana, f"Client {number}")
        make_therapy_session(episode, starts_at=timezone.now() + timedelta(hours=number))
        make_therapy_session(episode, starts_at=days_ago(20))
    signed_in.get(WEEK)
    with django_assert_num_queries(STATEMENTS):
        signed_in.get(WEEK)


def test_one_session_is_planned_and_a_second_tap_plans_no_second(signed_in, juniper):
    key = "3f0f4a53-9f0e-4ec7-8f39-26b2b5a1a111"
    for _tap in range(2):
        response = signed_in.post(PLAN, planned(juniper, form_key=key))
        assert response.status_code == 302
        assert urlsplit(response.url).query == f"day={coming(1)}"
    assert rows() == [(f"{coming(1)} 10:00", "planned")]
    assert str(TherapySession.objects.get().code) == key


def test_a_series_for_n_times_leaves_out_the_leave_and_still_has_n(signed_in, juniper, dana):
    take_leave(therapist=dana, first=coming(2), last=coming(2), zone=ZONE, choice=LeaveChoice.KEEP)
    response = signed_in.post(PLAN, planned(juniper, repeat="1", count="3"))
    assert [day for day, _attendance in rows()] == [f"{coming(weeks)} 10:00" for weeks in (1, 3, 4)]
    assert "Juniper: 3 sessions planned" in said(response)
    assert "One day falls into your leave and is left out." in said(response)


def test_a_series_until_a_day_has_that_day_in_it(signed_in, juniper):
    signed_in.post(PLAN, planned(juniper, repeat="2", until=coming(5).strftime("%d %b %Y")))
    assert [day for day, _attendance in rows()] == [f"{coming(weeks)} 10:00" for weeks in (1, 3, 5)]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"day": "03/05/2030"}, "can be 3 May 2030 or 5 Mar 2030"),
        ({"day": "29 Feb 2027"}, "There is no such day."),
        ({"day": "9999-12-31"}, "more than a year ahead"),
        ({"day": "0001-01-01"}, "This lies in the past."),
        ({"day": coming(-1).isoformat()}, "This lies in the past."),
        ({"repeat": "1"}, "Say how many times, or until which day."),
        ({"repeat": "1", "count": "2", "until": coming(3).isoformat()}, "not both"),
        ({"repeat": "1", "until": coming(0).isoformat()}, "This is before the first day."),
        ({"repeat": "1", "count": "10000"}, "A series has at most 53 sessions"),
        ({"repeat": "8", "count": "53"}, "more than a year ahead"),
        ({"repeat": "1", "until": "31 Dec 2999"}, "more than a year ahead"),
        ({"repeat": "9", "count": "2"}, "Choose one of these."),
        ({"minutes": "0"}, "Write 5 or more."),
        ({"case": "3f0f4a53-9f0e-4ec7-8f39-26b2b5a1a111"}, "Choose one of these."),
    ],
)
def test_a_bad_plan_keeps_what_was_typed_and_writes_nothing(changes, sentence, signed_in, juniper):
    response = signed_in.post(PLAN, planned(juniper, **changes))
    assert response.status_code == 422
    assert sentence in response.text
    assert not TherapySession.objects.exists()
    name, value = next(iter(changes.items()))
    if name in ("day", "until", "count"):
        assert f'value="{value}"' in response.text


@pytest.mark.time_machine(datetime(2027, 3, 1, 8, tzinfo=UTC))
@pytest.mark.parametrize("field", ["count", "until"])
def test_once_with_a_number_of_times_is_asked_about(field, signed_in, juniper):
    typed = {"count": "10", "until": coming(9).isoformat()}[field]
    response = signed_in.post(PLAN, planned(juniper, **{field: typed}))
    assert response.status_code == 422
    assert "Choose how often it repeats, or leave “How many times” and “until” empty." in response.text
    assert response.context["plan"][field].value() == typed
    assert not TherapySession.objects.exists()
    assert signed_in.post(PLAN, planned(juniper, count="1")).status_code == 302


@pytest.fixture
def in_march():
    with time_machine.travel(datetime(2027, 3, 1, 12, tzinfo=UTC)):
        yield


def test_a_series_through_an_hour_that_does_not_exist_is_refused_with_the_day(in_march, signed_in, juniper):
    response = signed_in.post(PLAN, planned(juniper, day="2027-03-21", time="02:30", repeat="1", count="3"))
    assert response.status_code == 422
    assert "The clock goes forward over this time on 28 March" in response.text
    assert not TherapySession.objects.exists()


def test_a_clash_is_said_first_and_goes_through_once_it_was_read(signed_in, juniper, sorrel, plan):
    plan(sorrel, [coming(1)])
    asked = signed_in.post(PLAN, planned(juniper, time="10:30"))
    assert asked.status_code == 422
    summary = asked.text[asked.text.index('id="errors"') : asked.text.index('id="plan"')]
    assert '<a href="#id_accepted">You see Sorrel then' in summary, "the summary says what there is to read"
    assert 'id="id_accepted"' in asked.text
    assert TherapySession.objects.count() == 1
    assert signed_in.post(PLAN, planned(juniper, time="10:30", accepted="on")).status_code == 302
    assert TherapySession.objects.count() == 2


def test_two_sessions_of_one_client_at_a_time_are_refused_with_a_sentence(signed_in, juniper, plan):
    plan(juniper, [coming(1)])
    refused = signed_in.post(PLAN, planned(juniper, time="10:30", accepted="on"))
    assert (refused.status_code, TherapySession.objects.count()) == (422, 1)
    assert "Juniper already has a session then" in refused.text


def test_a_session_is_moved_and_the_rest_with_it(signed_in, juniper, plan):
    first, *_rest = plan(juniper, [coming(1), coming(2)], every=1)
    page = signed_in.get(reverse("ratings:planned-session", args=[first.code]))
    assert page.context["move"].initial["day"] == coming(1)
    path = reverse("ratings:planned-session-move", args=[first.code])
    wrong = signed_in.post(path, {"day": "31/02/2030", "time": "11:00"})
    assert (wrong.status_code, "There is no such day." in wrong.text) == (422, True)
    done = signed_in.post(path, {"day": coming(1, 1).isoformat(), "time": "11:30", "with_rest": "on"})
    assert rows() == [(f"{coming(1, 1)} 11:30", "planned"), (f"{coming(2, 1)} 11:30", "planned")]
    assert said(done) == "2 sessions have moved."


def test_a_session_is_cancelled_ahead_and_planned_again(signed_in, juniper, plan):
    (row,) = plan(juniper, [coming(1)])
    path = reverse("ratings:planned-session-cancel", args=[row.code])
    future = signed_in.post(path, {"who": "client", "told_on": coming(2).isoformat()})
    assert (future.status_code, "This day is still to come." in future.text) == (422, True)
    told = local_day() - timedelta(days=2)
    signed_in.post(path, {"who": "client_late", "told_on": told.isoformat()})
    row.refresh_from_db()
    assert (row.attendance, row.cancelled_by) == ("cancelled_late", "client")
    assert local_day(row.cancelled_at) == told
    week = signed_in.get(WEEK, {"day": coming(1).isoformat()})
    assert "cancelled by Juniper" in week.text
    again = signed_in.post(path, {"who": "client", "told_on": told.isoformat()})
    assert (again.status_code, "not planned any more" in again.text) == (422, True)
    signed_in.post(reverse("ratings:session-restore", args=[row.code]))
    row.refresh_from_db()
    assert row.attendance == "planned"


def test_no_answer_stands_there_that_nobody_gave(signed_in, juniper, sorrel, plan):
    (row,) = plan(juniper, [coming(1)])
    page = signed_in.get(reverse("ratings:planned-session", args=[row.code]))
    asked = [page.context["cancel"]["who"], page.context["leave"]["choice"], page.context["plan"]["case"]]
    assert [next(iter(field.subwidgets)).data["label"] for field in asked] == ["Choose"] * 3
    assert [field.value() for field in asked] == [None] * 3
    refused = signed_in.post(
        reverse("ratings:planned-session-cancel", args=[row.code]), {"who": "", "told_on": local_day().isoformat()}
    )
    row.refresh_from_db()
    assert (refused.status_code, row.attendance) == (422, "planned")
    assert "Say who cancelled." in refused.text


def test_a_session_is_planned_again_and_a_clash_is_said(signed_in, juniper, sorrel, plan):
    (row,) = plan(juniper, [coming(2)])
    address = reverse("ratings:planned-session-cancel", args=[row.code])
    signed_in.post(address, {"who": "client", "told_on": local_day().isoformat()})
    plan(sorrel, [coming(2)], "10:30")
    page = signed_in.post(reverse("ratings:session-restore", args=[row.code]), follow=True).text
    assert "The session is planned again." in page and "You see Sorrel then" in page
    assert {attendance for _start, attendance in rows()} == {"planned"}


def test_a_leave_is_taken_shown_and_taken_back(signed_in, juniper, dana, plan):
    plan(juniper, [coming(1)])
    path = reverse("ratings:leave-take")
    away = {"first": coming(1).isoformat(), "last": coming(1, 1).isoformat(), "choice": "cancel"}
    backwards = signed_in.post(path, away | {"last": coming(0).isoformat()})
    assert (backwards.status_code, "The last day is before the first." in backwards.text) == (422, True)
    long = signed_in.post(path, away | {"last": "1 Jan 2999"})
    assert (long.status_code, "Check the years." in long.text) == (422, True)
    done = signed_in.post(path, away)
    assert "One session is cancelled." in said(done)
    over = signed_in.post(path, away)
    assert (over.status_code, "You have a leave on one of these days already." in over.text) == (422, True)
    assert Leave.objects.count() == 1
    week = signed_in.get(WEEK, {"day": coming(1).isoformat()})
    assert "On leave" in week.text
    assert "One cancelled." in " ".join(week.text.split())
    signed_in.post(reverse("ratings:leave-end", args=[Leave.objects.get().code]))
    assert rows() == [(f"{coming(1)} 10:00", "planned")]
    assert "On leave" not in signed_in.get(WEEK, {"day": coming(1).isoformat()}).text


@pytest.fixture
def covering(http, noor, dana, juniper, instruments):
    """Noor, who covers for Dana for two weeks, signed in."""
    now = timezone.now()
    cover = arrange_cover(
        right=editor_of(juniper), covering=noor, starts_at=now - timedelta(days=1), ends_at=now + timedelta(weeks=2)
    )
    http.force_login(noor.user)
    return cover


def test_who_covers_plans_moves_cancels_and_plans_again(http, covering, noor, juniper):
    page = http.get(WEEK, {"day": coming(1).isoformat()})
    assert "Juniper, for Dana Whitlock" in page.text
    assert "2 sessions planned" in said(http.post(PLAN, planned(juniper, repeat="1", count="2")))
    row = TherapySession.objects.earliest("starts_at")
    page = http.get(WEEK, {"day": coming(1).isoformat()})
    assert "for Dana Whitlock" in page.text
    move = reverse("ratings:planned-session-move", args=[row.code])
    assert http.post(move, {"day": coming(1, 1).isoformat(), "time": "11:00"}).status_code == 302
    page = http.get(reverse("ratings:planned-session", args=[row.code]))
    fields = page.text[page.text.index("<main") :]
    assert ">The therapist<" in fields and ">You<" not in fields
    cancel = reverse("ratings:planned-session-cancel", args=[row.code])
    http.post(cancel, {"who": "therapist", "told_on": local_day().isoformat()})
    assert rows()[0] == (f"{coming(1, 1)} 11:00", "cancelled")
    assert "cancelled by Dana Whitlock" in http.get(WEEK, {"day": coming(1, 1).isoformat()}).text
    http.post(reverse("ratings:session-restore", args=[row.code]))
    assert rows()[0] == (f"{coming(1, 1)} 11:00", "planned")
    assert set(AuditEvent.objects.filter(subject_code=row.code).values_list("actor_code", flat=True)) == {
        str(noor.user.code)
    }


@pytest.mark.parametrize("deed", ["cancel", "move"])
def test_who_covers_is_told_first_what_lies_after_the_cover(deed, http, covering, noor, juniper, plan):
    first = plan(juniper, [coming(weeks) for weeks in range(1, 7)], every=1)[0]
    until = Cover.objects.get().ends_at
    later = TherapySession.objects.filter(starts_at__gte=until).count()
    address = reverse(f"ratings:planned-session-{deed}", args=[first.code])
    given = {"who": "client", "told_on": local_day().isoformat(), "day": coming(1, 1).isoformat(), "time": "12:00"}
    asked = http.post(address, given | {"with_rest": "on"})
    assert asked.status_code == 422
    assert f"{later} of these sessions are later, with {juniper.therapist.display_name}:" in " ".join(
        asked.text.split()
    )
    assert {attendance for _start, attendance in rows()} == {"planned"}
    assert http.post(address, given | {"with_rest": "on", "accepted": "on"}).status_code == 302
    if deed == "cancel":
        assert {attendance for _start, attendance in rows()} == {"cancelled"}


def test_who_covers_changes_what_lies_in_the_cover_without_a_question(http, covering, juniper, plan):
    first = plan(juniper, [coming(1), coming(1, 1)], every=1)[0]
    given = {"who": "client", "told_on": local_day().isoformat(), "with_rest": "on"}
    assert http.post(reverse("ratings:planned-session-cancel", args=[first.code]), given).status_code == 302


def test_once_the_cover_is_over_nothing_can_be_planned(http, covering, juniper, plan):
    (row,) = plan(juniper, [coming(1)])
    Cover.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert "Juniper" not in http.get(WEEK, {"day": coming(1).isoformat()}).text
    assert http.post(PLAN, planned(juniper)).status_code == 422
    assert http.post(reverse("ratings:planned-session-move", args=[row.code]), {}).status_code == 404
    assert rows() == [(f"{coming(1)} 10:00", "planned")]


def test_in_the_cover_the_leave_of_who_covers_counts_and_after_it_the_therapists(http, covering, dana, noor, juniper):
    take_leave(therapist=dana, first=coming(0), last=coming(3), zone=ZONE, choice=LeaveChoice.KEEP)
    assert http.post(PLAN, planned(juniper)).status_code == 302, "she is away, which is why there is a cover"
    after = http.post(PLAN, planned(juniper, day=coming(3).isoformat()))
    assert (after.status_code, "Dana Whitlock is on leave then" in after.text) == (422, True)
    take_leave(therapist=noor, first=coming(1, 1), last=coming(1, 1), zone=ZONE, choice=LeaveChoice.KEEP)
    mine = http.post(PLAN, planned(juniper, day=coming(1, 1).isoformat()))
    assert (mine.status_code, "You are on leave then" in mine.text) == (422, True)


def test_who_covers_is_told_of_their_own_sessions_and_only_the_time_of_the_therapists(
    http, covering, dana, noor, juniper, plan
):
    plan(make_episode(noor, "Wren"), [coming(1)])
    plan(make_episode(dana, "Alder"), [coming(3)])
    own = http.post(PLAN, planned(juniper))
    assert (own.status_code, "You see Wren then" in own.text) == (422, True)
    hers = http.post(PLAN, planned(juniper, day=coming(3).isoformat()))
    assert (hers.status_code, "Dana Whitlock has another session then" in hers.text) == (422, True)
    assert "Alder" not in hers.text


def test_a_colleague_changes_nothing(http, noor, juniper, dana, plan):
    (row,) = plan(juniper, [coming(1)])
    leave = take_leave(therapist=dana, first=coming(3), last=coming(3), zone=ZONE, choice=LeaveChoice.KEEP).leave
    http.force_login(noor.user)
    for name, code in (
        ("planned-session-move", row.code),
        ("planned-session-cancel", row.code),
        ("session-restore", row.code),
        ("leave-end", leave.code),
    ):
        assert http.post(reverse(f"ratings:{name}", args=[code]), {}).status_code == 404
    assert rows() == [(f"{coming(1)} 10:00", "planned")]
    leave.refresh_from_db()
    assert leave.withdrawn_at is None


def test_each_name_of_the_list_to_choose_from_is_opened_once(signed_in, dana, many, monkeypatch):
    opened = []
    monkeypatch.setattr(Sealed, "open", lambda text, key, as_it_is=Sealed.open: opened.append(1) or as_it_is(text, key))
    counts = []
    for more in (10, 40):
        many(dana, more)
        opened.clear()
        assert signed_in.get(WEEK).status_code == 200
        counts.append(len(opened))
    assert counts[1] - counts[0] == 40


def test_the_list_to_choose_from_goes_by_name(signed_in, dana):
    for name in ("Sorrel", "alder", "Juniper"):
        make_episode(dana, name)
    choices = signed_in.get(WEEK).context["plan"].fields["case"].choices
    assert [name for code, name in choices if code] == ["alder", "Juniper", "Sorrel"]
