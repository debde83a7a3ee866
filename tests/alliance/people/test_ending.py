"""An assignment until a day ends by itself: the three whom it concerns are told before, and for a while after."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from alliance.models import AuditEvent, Supervision
from alliance.people.ending import endings_of_supervisor, endings_of_therapist
from alliance.people.mail import case_end_messages
from alliance.people.queries import staff_of
from alliance.people.sight import Days
from tests.factories import days_ago, make_episode, make_member, make_supervision

PEOPLE, TODAY, CASELOAD = "/people/", "/today/", "/caseload/"


def in_days(days):
    return timezone.now() + timedelta(days=days)


# --- Who is told ------------------------------------------------------------------------------------------------------


@pytest.fixture
def henrik(millrace):
    return make_member(millrace, "Henrik Solberg", "supervisor")


def after_day(days, practice):
    """The instant at which an assignment ends whose last day is so many days ahead."""
    _now, at = Days(last=timezone.localdate(timezone=ZoneInfo(practice.zone)) + timedelta(days=days)).instants(practice)
    return at


def last_day_of(row):
    """The last day of an assignment, in its practice's zone."""
    return (row.ends_at - timedelta(seconds=1)).astimezone(ZoneInfo(row.supervisor.practice.zone)).date()


def then(practice):
    return [(row.assignment.supervisor, row.then) for row in staff_of(practice).ending_soon]


def text(http, member, path):
    http.force_login(member.user)
    return " ".join(http.get(path).text.split())


@pytest.mark.parametrize(("ahead", "told"), [(0, True), (14, True), (15, False)])
def test_a_manager_is_told_two_weeks_ahead(ahead, told, millrace, henrik, juniper):
    make_supervision(henrik, episode=juniper, ends_at=after_day(ahead, millrace))
    assert bool(then(millrace)) is told


def test_after_one_to_a_case_its_others_read_it_else_those_of_its_therapist(millrace, dana, henrik, noor, juniper):
    make_supervision(henrik, episode=juniper, ends_at=in_days(1))
    others = [make_member(millrace, name, "supervisor") for name in ("Olga Ray", "Ida Brandt", "Sam Hill", "Vera Lind")]
    make_supervision(others[0], therapist=noor)
    make_supervision(others[1], episode=make_episode(dana, "Heron"))
    assert then(millrace) == [("Henrik Solberg", ())]
    make_supervision(others[2], therapist=dana)
    assert then(millrace) == [("Henrik Solberg", ("Sam Hill",))]
    make_supervision(others[3], episode=juniper)
    assert then(millrace) == [("Henrik Solberg", ("Vera Lind",))]


def test_who_ends_on_the_same_day_reads_no_longer_either(millrace, henrik, juniper):
    vera = make_member(millrace, "Vera Lind", "supervisor")
    for supervisor in (henrik, vera):
        make_supervision(supervisor, episode=juniper, ends_at=after_day(3, millrace))
    assert then(millrace) == [("Henrik Solberg", ()), ("Vera Lind", ())]


@pytest.mark.parametrize("reads", ["case", "therapist"])
@pytest.mark.parametrize(
    ("vera", "place", "comes"),
    [
        ({"opens": 3}, {}, True),
        ({"opens": 4}, {}, False),  # a day later, and until then it is nobody
        ({"opens": 3, "accepted_at": None}, {}, False),
        ({"opens": 3}, {"ends_at": in_days(2)}, False),  # her place ends before
        ({"opens": -9}, {"ends_at": in_days(2)}, False),
        ({"opens": 3}, {"roles": "manager"}, False),
    ],
    ids=["accepted", "later", "asked", "leaves", "reads and leaves", "no supervisor any more"],
)
def test_whoever_was_accepted_for_the_day_after_supervises_then(
    vera, place, comes, reads, millrace, dana, henrik, juniper
):
    what = {"episode": juniper} if reads == "case" else {"therapist": dana}
    make_supervision(henrik, ends_at=after_day(2, millrace), **what)
    follows = make_member(millrace, "Vera Lind", **{"roles": "supervisor"} | place)
    first = after_day(vera["opens"] - 1, millrace)
    given = {key: value for key, value in vera.items() if key != "opens"}
    make_supervision(follows, opens_at=first, not_before=first, **given, **what)
    names = ("Vera Lind",) if comes else ()
    assert then(millrace) == [("Henrik Solberg", names)]
    assert [row.then for row in endings_of_therapist(dana.user)] == [names]
    assert [row.then for row in endings_of_supervisor(henrik.user)] == [names]


def test_the_mail_of_an_end_names_who_comes_the_day_after(millrace, mona, henrik, juniper):
    row = make_supervision(henrik, episode=juniper)
    first = after_day(2, millrace)
    vera = make_member(millrace, "Vera Lind", "supervisor")
    make_supervision(vera, episode=juniper, opens_at=first, not_before=first)
    texts = [str(one.body) for one in case_end_messages(row, by=mona, at=first)]
    assert texts and all("It is then read by: Vera Lind" in " ".join(text.split()) for text in texts)


def test_before_it_ends_the_three_are_told_and_the_manager_by_code(http, dana, mona, henrik, juniper):
    make_supervision(henrik, episode=juniper, ends_at=in_days(9))
    for member, path in ((dana, TODAY), (henrik, CASELOAD)):
        page = text(http, member, path)
        assert "Juniper" in page and "ends after" in page and "Nobody supervises then." in page
    page = text(http, mona, PEOPLE)
    assert f"supervises case {juniper.short_code}" in page and "It ends after" in page
    assert "Nobody supervises then." in page and "Juniper" not in page


def test_after_it_ended_they_are_told_and_the_supervisor_by_code(http, dana, mona, henrik, juniper):
    make_supervision(henrik, episode=juniper, ends_at=days_ago(1))
    page = text(http, dana, TODAY)
    assert "Juniper" in page and "supervision by <bdi>Henrik Solberg</bdi> ended" in page
    assert "Nobody supervises now." in page
    page = text(http, henrik, CASELOAD)
    assert f"Case {juniper.short_code} of" in page and "your supervision ended" in page
    assert "Juniper" not in page, "they cannot read it any more"


def test_from_that_day_the_manager_has_the_case_among_those_that_nobody_supervises(http, dana, mona, henrik, juniper):
    row = make_supervision(henrik, episode=juniper, ends_at=in_days(1))
    assert "has no supervisor" not in text(http, mona, PEOPLE)
    Supervision.objects.filter(pk=row.pk).update(ends_at=days_ago(0.001))
    page = text(http, mona, PEOPLE)
    assert "has no supervisor" in page and "One open case has no other reader." in page
    assert "Nobody supervises anybody yet" not in page, "somebody did"


@pytest.mark.parametrize(
    ("fields", "did"),
    [({"accepted_at": None}, False), ({"opens_at": None}, False), ({"ends_at": days_ago(1)}, True), ({}, True)],
)
def test_a_practice_had_supervision_once_one_was_open(fields, did, millrace, henrik, juniper):
    assert not staff_of(millrace).had_supervision
    make_supervision(henrik, episode=juniper, **fields)
    assert staff_of(millrace).had_supervision is did


def test_the_record_of_the_caseload_counts_the_cases_whose_end_it_tells(http, henrik, juniper, dana):
    for episode in (juniper, make_episode(dana, "Heron")):
        make_supervision(henrik, episode=episode, ends_at=in_days(3))
    text(http, henrik, CASELOAD)
    assert AuditEvent.objects.filter(verb="listed", subject_type="episode").latest("pk").count == 2


def test_a_colon_parts_a_name_from_what_is_told_of_it(http, henrik, juniper):
    make_supervision(henrik, episode=juniper, ends_at=in_days(3))
    assert "<bdi>Juniper</bdi></a></span>: your supervision ends" in text(http, henrik, CASELOAD)


def test_who_supervises_the_therapist_reads_it_then(dana, henrik, juniper, sam):
    make_supervision(henrik, episode=juniper, ends_at=in_days(1))
    assert [row.then for row in endings_of_therapist(dana.user)] == [("Sam Okafor",)]


def test_one_to_all_cases_of_a_therapist_is_told_too(dana, henrik):
    make_supervision(henrik, therapist=dana, ends_at=in_days(1))
    assert [(row.case_code, row.is_mine) for row in endings_of_therapist(dana.user)] == [(None, False)]
    assert [(row.case_code, row.is_mine) for row in endings_of_supervisor(henrik.user)] == [(None, True)]


@pytest.mark.parametrize("days", [15, -15])
def test_what_lies_further_is_not_told(days, dana, henrik, juniper):
    make_supervision(henrik, episode=juniper, ends_at=in_days(days))
    assert not endings_of_therapist(dana.user) and not endings_of_supervisor(henrik.user)


@pytest.mark.parametrize(
    ("ends", "again", "told"),
    [
        (-1, {"opens_at": -1, "ends_at": 60}, False),
        (2, {"opens_at": 2, "ends_at": 60}, False),
        (2, {"opens_at": 9, "ends_at": 60}, True),
        (-1, {"opens_at": 9}, True),
        (-5, {"opens_at": -1}, False),  # after a gap, and it is over
        (-5, {"opens_at": -4, "ends_at": -2}, True),
        (2, {"opens_at": -9, "ends_at": 1}, True),
    ],
    ids=["ended", "ends", "gap to come", "in the gap", "gap over", "and ended again", "the shorter of two"],
)
@pytest.mark.parametrize("reads", ["case", "therapist"])
def test_only_where_the_same_supervisor_goes_on_nothing_is_told(
    reads, ends, again, told, millrace, dana, henrik, juniper
):
    what = {"episode": juniper} if reads == "case" else {"therapist": dana}
    now = timezone.now()
    row = make_supervision(henrik, ends_at=now + timedelta(days=ends), **what)
    days = {name: now + timedelta(days=days) for name, days in again.items()}
    make_supervision(henrik, starts_at=days_ago(20), not_before=days["opens_at"], **days, **what)
    for endings in (endings_of_therapist(dana.user), endings_of_supervisor(henrik.user)):
        assert (row.ends_at - timedelta(seconds=1) in [ending.last_day for ending in endings]) is told
    if ends > 0:
        assert (last_day_of(row) in [ending.assignment.until for ending in staff_of(millrace).ending_soon]) is told


def test_where_one_to_a_case_ends_and_the_same_supervisor_reads_it_by_its_therapist_nothing_is_told(
    millrace, dana, henrik, juniper
):
    make_supervision(henrik, therapist=dana)
    make_supervision(henrik, episode=juniper, ends_at=in_days(1))
    assert not endings_of_therapist(dana.user) and not endings_of_supervisor(henrik.user)
    assert not then(millrace)


def test_one_that_was_never_open_and_one_of_an_ended_case_are_not_told(dana, henrik, juniper):
    make_supervision(henrik, episode=juniper, accepted_at=None, ends_at=in_days(1))
    heron = make_episode(dana, "Heron", ends_at=days_ago(1), end_reason="completed")
    make_supervision(henrik, episode=heron, ends_at=in_days(1))
    assert not endings_of_therapist(dana.user) and not endings_of_supervisor(henrik.user)
    assert not then(dana.practice)


def test_before_the_first_day_no_end_is_told_and_nobody_named(http, dana, henrik, juniper):
    make_supervision(henrik, episode=juniper, opens_at=in_days(5), not_before=in_days(5), ends_at=in_days(9))
    assert "Juniper" not in text(http, henrik, CASELOAD), "they cannot read it yet"
    assert not endings_of_therapist(dana.user) and not endings_of_supervisor(henrik.user)


def test_nobody_else_is_told(henrik, juniper, sam, noor, otis):
    make_supervision(henrik, episode=juniper, ends_at=in_days(1))
    for member in (noor, otis, sam):
        assert not endings_of_therapist(member.user) and not endings_of_supervisor(member.user)
