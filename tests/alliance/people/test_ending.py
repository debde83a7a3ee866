"""An assignment until a day ends by itself: the three whom it concerns are told before, and for a while after."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from alliance.models import Supervision
from alliance.people.assignments import Assignment
from alliance.people.ending import ending_soon, endings_of_supervisor, endings_of_therapist
from tests.factories import days_ago, make_episode, make_member, make_supervision

PEOPLE, TODAY, CASELOAD = "/people/", "/today/", "/caseload/"
DAY = date(2026, 12, 1)
DANA, NOOR = UUID(int=1), UUID(int=2)


def assigned(supervisor, *, case="", until=None, therapist=DANA, is_open=True, case_is_over=False):
    return Assignment(
        code=UUID(int=9),
        supervisor=supervisor,
        supervisor_code=UUID(int=8),
        therapist="Dana",
        therapist_code=therapist,
        case_code=case,
        case_is_over=case_is_over,
        since=DAY,
        is_open=is_open,
        waits_for_day=False,
        from_day=None,
        until=until,
    )


def then(*assignments):
    return [(row.assignment.supervisor, row.then) for row in ending_soon(assignments, DAY)]


# --- By data alone ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ahead", "told"), [(0, True), (14, True), (15, False)])
def test_it_is_told_two_weeks_ahead(ahead, told):
    assert bool(then(assigned("Henrik", until=DAY + timedelta(days=ahead)))) is told


def test_one_that_is_not_open_and_one_of_an_ended_case_are_not_told():
    assert not then(assigned("A", until=DAY, is_open=False), assigned("B", until=DAY, case="ab", case_is_over=True))


def test_after_one_to_a_case_its_others_read_it_else_those_of_its_therapist():
    henrik = assigned("Henrik", case="ab", until=DAY)
    general, other = assigned("Sam"), assigned("Vera", case="ab")
    assert then(henrik) == [("Henrik", ())]
    assert then(henrik, general) == [("Henrik", ("Sam",))]
    assert then(henrik, general, other) == [("Henrik", ("Vera",))]
    assert then(henrik, assigned("Olga", therapist=NOOR), assigned("Ida", case="cd")) == [("Henrik", ())]


def test_who_ends_on_the_same_day_reads_no_longer_either():
    assert then(assigned("Henrik", until=DAY), assigned("Sam", until=DAY)) == [("Henrik", ()), ("Sam", ())]


# --- Who is told ------------------------------------------------------------------------------------------------------


@pytest.fixture
def henrik(millrace):
    return make_member(millrace, "Henrik Solberg", "supervisor")


def in_days(days):
    return timezone.now() + timedelta(days=days)


def text(http, member, path):
    http.force_login(member.user)
    return " ".join(http.get(path).text.split())


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


def test_where_the_same_supervisor_goes_on_nothing_is_told(dana, henrik, juniper):
    make_supervision(henrik, episode=juniper, ends_at=days_ago(1))
    make_supervision(henrik, episode=juniper, starts_at=days_ago(1), ends_at=in_days(60))
    assert not endings_of_therapist(dana.user) and not endings_of_supervisor(henrik.user)


def test_one_that_was_never_open_and_one_of_an_ended_case_are_not_told(dana, henrik, juniper):
    make_supervision(henrik, episode=juniper, accepted_at=None, ends_at=in_days(1))
    heron = make_episode(dana, "Heron", ends_at=days_ago(1), end_reason="completed")
    make_supervision(henrik, episode=heron, ends_at=in_days(1))
    assert not endings_of_therapist(dana.user) and not endings_of_supervisor(henrik.user)


def test_before_the_first_day_no_end_is_told_and_nobody_named(http, dana, henrik, juniper):
    make_supervision(henrik, episode=juniper, opens_at=in_days(5), not_before=in_days(5), ends_at=in_days(9))
    assert "Juniper" not in text(http, henrik, CASELOAD), "they cannot read it yet"
    assert not endings_of_therapist(dana.user) and not endings_of_supervisor(henrik.user)


def test_nobody_else_is_told(henrik, juniper, sam, noor, otis):
    make_supervision(henrik, episode=juniper, ends_at=in_days(1))
    for member in (noor, otis, sam):
        assert not endings_of_therapist(member.user) and not endings_of_supervisor(member.user)
