"""The days of an assignment, on the pages of a manager: asked for, shown, and ended."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from alliance.dates import DateFormat, written
from alliance.models import SightAnswer, Supervision
from alliance.people.queries import staff_of
from alliance.people.readers import readers_of
from alliance.people.sight import Days, answer_sight, assign_supervision
from tests.factories import days_ago, local_day, make_member

ASSIGN = "/people/assign/"


def in_days(number):
    return local_day() + timedelta(days=number)


def said(day):
    return written(day, DateFormat.DAY_YEAR)


def member_of(dana):
    return reverse("alliance:member", args=[dana.code])


@pytest.fixture
def henrik(millrace):
    return make_member(millrace, "Henrik Solberg", "supervisor")


def test_the_days_are_asked_for_and_told(http, mona, dana, henrik):
    http.force_login(mona.user)
    typed = {"supervisor": henrik.code, "therapist": dana.code}
    typed |= {"first_day": in_days(5).isoformat(), "last_day": in_days(9).isoformat()}
    assert http.post(ASSIGN, typed).status_code == 302
    first, last = said(in_days(5)), said(in_days(9))
    for message in mail.outbox:
        assert f"The first day is {first}." in message.body and f"It ends after {last}." in message.body
    assert len(mail.outbox) == 2
    page = " ".join(http.get(member_of(dana)).text.split())
    assert f"from {first}" in page and f"until {last}" in page
    [staff] = http.get("/people/").context["staffs"]
    assert [member.supervised_by for member in staff.members if member.code == dana.code] == [()]
    http.force_login(henrik.user)
    http.post(reverse("alliance:sight-answer", args=[Supervision.objects.get().code]), {"answer": "accept"})
    http.force_login(dana.user)
    page = " ".join(http.get("/asked/").text.split())
    assert "or earlier" not in page and "It ends after" in page


def test_a_day_is_judged_by_the_clock_of_the_practice_that_it_is_for(http, mona, otis):
    """The other practice of the manager is where it is another day now: one of the two ends of the world always is."""
    ends = [ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Pago_Pago")]
    zone = next(zone for zone in ends if timezone.localdate(timezone=zone) != local_day())
    there = timezone.localdate(timezone=zone)
    otis.practice.zone = zone.key
    otis.practice.save()
    make_member(otis.practice, "Mona Reyes", "manager", user=mona.user)
    vera = make_member(otis.practice, "Vera Lind", "supervisor")
    http.force_login(mona.user)
    day = min(there, local_day())
    typed = {"supervisor": vera.code, "therapist": otis.code, "first_day": day.isoformat(), "last_day": ""}
    assert ("This day is over." in http.post(ASSIGN, typed).text) is (day < there)


def test_what_waits_for_its_first_day_alone_needs_nobodys_look(http, mona, dana, henrik, juniper):
    """It stands with its days on the pages of the two, and of each case."""
    row = assign_supervision(supervisor=henrik, therapist=dana, by=mona, days=Days(first=in_days(5), last=in_days(9)))
    assert [one.supervisor for one in staff_of(mona.practice).not_open] == ["Henrik Solberg"]
    answer_sight(supervision=row, answer=SightAnswer.OBJECT, user=dana.user)
    answer_sight(supervision=row, answer=SightAnswer.ACCEPT, user=henrik.user)
    assert [one.supervisor for one in staff_of(mona.practice).not_open] == ["Henrik Solberg"], "nobody agreed yet"
    answer_sight(supervision=row, answer=SightAnswer.AGREE, user=dana.user)
    assert staff_of(mona.practice).not_open == []
    http.force_login(mona.user)
    days = f"not open yet · from {said(in_days(5))} · until {said(in_days(9))}"
    assert days in " ".join(http.get(member_of(dana)).text.split())
    [asked] = readers_of(juniper).asked
    assert asked.waits_for_day and local_day(asked.last_day) == in_days(9)


def test_who_is_asked_is_told_that_it_opens_once_they_accept(http, mona, dana, henrik):
    assign_supervision(supervisor=henrik, therapist=dana, by=mona)
    for member, sentence in ((henrik, "Opens once you accept,"), (dana, "Opens once they accept,")):
        http.force_login(member.user)
        assert sentence in http.get("/asked/").text


def test_who_objected_is_told_that_it_is_they_who_can_still_agree(http, mona, dana, henrik):
    row = assign_supervision(supervisor=henrik, therapist=dana, by=mona)
    answer_sight(supervision=row, answer=SightAnswer.OBJECT, user=dana.user)
    for member, sentence in ((dana, "You object. It stays closed until you"), (henrik, "The therapist objects.")):
        http.force_login(member.user)
        assert sentence in http.get("/asked/").text


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        (-1, None, "This day is over."),
        (None, -1, "This day is over."),
        (5, 4, "The last day is before the first."),
        (None, 2000, "This day is more than 3 years ahead."),
    ],
)
def test_days_that_cannot_be_come_back_with_a_sentence(first, last, sentence, http, mona, dana, juniper, henrik):
    days = {"first_day": first, "last_day": last}
    typed = {name: in_days(day).isoformat() for name, day in days.items() if day is not None}
    http.force_login(mona.user)
    case = reverse("alliance:case-supervise", args=[dana.code])
    for address, about in ((ASSIGN, {"therapist": dana.code}), (case, {"case": juniper.code})):
        page = http.post(address, typed | about | {"supervisor": henrik.code})
        assert (page.status_code, sentence in page.text) == (422, True)
    assert not Supervision.objects.exists()


def test_one_that_ends_on_a_coming_day_can_be_ended_now(http, mona, dana, sam):
    Supervision.objects.update(ends_at=days_ago(-30))
    end = reverse("alliance:supervision-end", args=[Supervision.objects.get().code])
    http.force_login(mona.user)
    page = http.get(end).text
    assert "End this assignment?" in page and "has ended" not in page and "in any case" in page
    assert http.post(end).status_code == 302
    assert Supervision.objects.get().ends_at <= timezone.now()
    assert "This assignment has ended." in http.get(end).text


def test_it_ends_after_a_coming_day_and_no_later_than_agreed(http, mona, dana, sam):
    end = reverse("alliance:supervision-end", args=[Supervision.objects.get().code])
    http.force_login(mona.user)
    page = http.post(end, {"last_day": in_days(3).isoformat()}, follow=True)
    assert f"The assignment ends after {said(in_days(3))}." in page.text
    assert f"until {said(in_days(3))}" in " ".join(http.get(member_of(dana)).text.split())
    for day, sentence in ((9, "It ends before that day already."), (-1, "This day is over.")):
        page = http.post(end, {"last_day": in_days(day).isoformat()})
        assert (page.status_code, sentence in page.text) == (422, True)


def test_since_is_the_day_on_which_it_opened(mona, dana, sam):
    Supervision.objects.update(starts_at=days_ago(9), accepted_at=days_ago(8), opens_at=days_ago(2))
    [row] = staff_of(mona.practice).assignments
    assert row.since == days_ago(2).astimezone(ZoneInfo(mona.practice.zone)).date()


def test_the_end_of_an_assignment_to_one_case_names_the_case_and_who_reads_it_then(http, mona, dana, sam, eve, sorrel):
    end = reverse("alliance:supervision-end", args=[sorrel.supervisions.get().code])
    http.force_login(mona.user)
    page = " ".join(http.get(end).text.split())
    assert f"Eve Castell will then no longer read case {sorrel.short_code} of Dana Whitlock." in page
    assert "Sam Okafor" in page
    assert http.post(end, {"last_day": in_days(3).isoformat()}).status_code == 302
    assert sorted(message.to[0] for message in mail.outbox) == sorted(who.user.email for who in (dana, sam, eve))
