"""Nobody comes to read cases by one manager alone: who is asked, who answers, and when it opens."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from alliance.access import Denied, NotVisible
from alliance.models import AuditEvent, Erasure, Membership, SightAnswer, Supervision
from alliance.people.actions import add_member, drop_therapist_role, end_assignment, end_membership
from alliance.people.asked import requests_for
from alliance.people.assignments import assignments_of
from alliance.people.readers import readers_of
from alliance.people.role_actions import change_roles
from alliance.people.roles import MemberRole
from alliance.people.sight import Days, answer_sight, assign_supervision
from alliance.refusal import Refused
from alliance.scopes import visible_episodes
from ratings.rights.erase import erase_client
from tests.factories import days_ago, make_episode, make_member

ACCEPT, DECLINE, AGREE, OBJECT = SightAnswer
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def henrik(millrace):
    return make_member(millrace, "Henrik Solberg", "supervisor")


@pytest.fixture
def ida(millrace):
    """A second manager."""
    return make_member(millrace, "Ida Berg", "manager")


@pytest.fixture
def asked(henrik, dana, mona):
    return assign_supervision(supervisor=henrik, therapist=dana, by=mona)


def say(supervision, answer, member):
    answer_sight(supervision=Supervision.objects.get(pk=supervision.pk), answer=answer, user=member.user)


def after_a_day(supervision):
    Supervision.objects.filter(pk=supervision.pk, opens_at__isnull=False).update(opens_at=days_ago(0.01))


def reads(member, episode):
    return visible_episodes(member.user).filter(pk=episode.pk).exists()


def test_new_sight_needs_the_readers_yes_and_a_day(asked, henrik, juniper):
    after_a_day(asked)
    assert not reads(henrik, juniper), "the supervisor has not accepted"
    Supervision.objects.update(opens_at=timezone.now() + timedelta(hours=23))
    say(asked, ACCEPT, henrik)
    assert not reads(henrik, juniper), "the day is not over"
    after_a_day(asked)
    assert reads(henrik, juniper)


@pytest.mark.parametrize("who", ["ida", "dana"])
def test_a_second_manager_or_the_therapist_opens_it_at_once(who, asked, henrik, juniper, request):
    say(asked, ACCEPT, henrik)
    say(asked, AGREE, request.getfixturevalue(who))
    assert reads(henrik, juniper)


def test_what_the_therapist_objects_to_opens_by_no_clock(asked, henrik, dana, juniper, ida):
    say(asked, ACCEPT, henrik)
    say(asked, OBJECT, dana)
    after_a_day(asked)
    assert not reads(henrik, juniper)
    say(asked, AGREE, ida)
    assert reads(henrik, juniper)


def test_the_supervisor_may_decline(asked, henrik, juniper):
    say(asked, DECLINE, henrik)
    assert Supervision.objects.get().ends_at is not None


def test_one_manager_with_a_second_address_reads_nothing_alone(mona, dana, juniper, millrace):
    """Invites it, accepts with it, and tries to agree with the one, with the other, and with a third made for it."""
    alias = add_member(practice=millrace, email="alias@millrace.test", name="A", roles=["supervisor"], by=mona)
    supervision = assign_supervision(supervisor=alias, therapist=dana, by=mona)
    third = add_member(practice=millrace, email="third@millrace.test", name="B", roles=["manager"], by=mona)
    change_roles(membership=alias, roles=[MemberRole.SUPERVISOR, MemberRole.MANAGER], by=mona)
    say(supervision, ACCEPT, alias)
    for who in (mona, alias, third):
        with pytest.raises(Denied):
            say(supervision, AGREE, who)
    assert not reads(alias, juniper)


def test_a_manager_made_supervisor_cannot_assign_themselves_alone(mona, ida, dana, juniper):
    change_roles(membership=mona, roles=[MemberRole.MANAGER, MemberRole.SUPERVISOR], by=ida)
    supervision = assign_supervision(supervisor=Membership.objects.get(pk=mona.pk), therapist=dana, by=mona)
    after_a_day(supervision)
    assert supervision.opens_at is None and not reads(mona, juniper)
    say(supervision, AGREE, dana)
    assert reads(mona, juniper)


def test_a_therapist_who_manages_asks_for_the_own_cases(millrace, henrik):
    dana = make_member(millrace, "Dana Both", "therapist manager")
    supervision = assign_supervision(supervisor=henrik, therapist=dana, by=dana)
    say(supervision, ACCEPT, henrik)
    assert reads(henrik, make_episode(dana))


def test_a_practice_may_open_it_at_once_from_the_day_after(mona, dana, henrik, juniper, millrace, http):
    http.force_login(mona.user)
    form = http.get("/people/settings/").context["form"]
    typed = {field.html_name: field.value() for field in form if field.value() not in (None, False)}
    http.post("/people/settings/", {name: value for name, value in typed.items() if name != "sight_waits"})
    millrace.refresh_from_db()
    assert millrace.sight_at_once_from > timezone.now() + timedelta(hours=23)
    first = assign_supervision(supervisor=henrik, therapist=dana, by=mona)
    assert first.opens_at > timezone.now() + timedelta(hours=23)
    millrace.sight_at_once_from = days_ago(1)
    millrace.save()
    Supervision.objects.all().delete()
    second = assign_supervision(supervisor=henrik, therapist=dana, by=mona)
    say(second, ACCEPT, henrik)
    assert reads(henrik, juniper)


def test_what_is_not_open_takes_a_case_from_nobody(mona, sam, henrik, juniper):
    """An assignment to a case stands before those to its therapist: one that waits does not."""
    assign_supervision(supervisor=henrik, episode=juniper, by=mona)
    assert reads(sam, juniper) and not reads(henrik, juniper)


@pytest.mark.parametrize(
    "write",
    [
        lambda by, supervisor, therapist: assign_supervision(supervisor=supervisor, therapist=therapist, by=by),
        lambda by, supervisor, therapist: end_membership(membership=therapist, by=by),
        lambda by, supervisor, therapist: add_member(
            practice=therapist.practice, email="x@millrace.test", name="X", roles=["therapist"], by=by
        ),
    ],
    ids=["assign", "end", "invite"],
)
def test_the_managers_right_is_asked_again_under_the_lock(write, mona, henrik, dana, otis):
    elsewhere = make_member(otis.practice, "Olga", "manager")
    Membership.objects.filter(pk=mona.pk).update(ends_at=days_ago(1))
    for by in (mona, elsewhere):
        with pytest.raises(Denied):
            write(by, henrik, dana)
    assert not AuditEvent.objects.exists()


def test_a_place_in_a_second_practice_asks_the_person(http, otis, mona, millrace):
    place = add_member(practice=millrace, email=otis.user.email, name="Otis", roles=["manager"], by=mona)
    http.force_login(otis.user)
    assert http.get("/people/").status_code == 403
    assert "Millrace Practice" in http.get("/asked/").text
    http.post(f"/asked/places/{place.code}/", {"answer": "yes"})
    assert http.get("/people/").status_code == 200


def test_who_says_no_to_a_place_has_none(http, otis, mona, millrace):
    place = add_member(practice=millrace, email=otis.user.email, name="Otis", roles=["manager"], by=mona)
    http.force_login(otis.user)
    http.post(f"/asked/places/{place.code}/", {"answer": "no"})
    assert Membership.objects.get(pk=place.pk).ends_at is not None
    assert http.post(f"/asked/places/{place.code}/", {"answer": "yes"}).status_code == 404
    assert http.get("/people/").status_code == 403


def test_an_offered_place_is_no_second_manager(otis, mona, dana, millrace):
    add_member(practice=millrace, email=otis.user.email, name="Otis", roles=["manager"], by=mona)
    with pytest.raises(Refused, match="last manager"):
        end_membership(membership=mona, by=mona)


def test_every_page_tells_whom_it_concerns_until_they_answer(http, asked, dana, henrik, ida, mona, noor, juniper):
    def is_told(member):
        http.force_login(member.user)
        return "Your answer is needed" in http.get("/you/").text

    assert [is_told(member) for member in (dana, henrik, ida, mona, noor)] == [True, True, True, False, False]
    say(asked, ACCEPT, henrik)
    say(asked, OBJECT, dana)
    assert [is_told(member) for member in (dana, henrik, ida, mona, noor)] == [False, False, True, False, False]


def test_a_case_names_who_is_asked_for(asked, juniper, http, dana, live_through):
    [row] = readers_of(juniper).asked
    assert (row.name, row.asked_by, row.is_accepted) == ("Henrik Solberg", "Mona Reyes", False)
    live_through(juniper, [3])
    http.force_login(dana.user)
    page = http.get(f"/cases/{juniper.code}/").text
    assert "Henrik Solberg" in page and "asked for by Mona Reyes" in page


def test_the_page_asks_as_often_for_three_as_for_one(asked, mona, dana, millrace, http, django_assert_max_num_queries):
    http.force_login(dana.user)
    with django_assert_max_num_queries(8):
        http.get("/asked/")
    for number in (1, 2):
        supervisor = make_member(millrace, f"S{number}", "supervisor")
        assign_supervision(supervisor=supervisor, therapist=dana, by=mona)
    with django_assert_max_num_queries(8):
        assert len(http.get("/asked/").context["requests"]) == 3


def test_nobody_answers_for_another(asked, noor, mona, sam):
    for member in (noor, mona, sam):
        for answer in SightAnswer:
            with pytest.raises(Denied):
                say(asked, answer, member)
    assert Supervision.objects.get(pk=asked.pk).accepted_at is None


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_on_postgresql_too(mona, dana, millrace):
    henrik = make_member(millrace, "Henrik Solberg", "supervisor")
    juniper = make_episode(dana)
    supervision = assign_supervision(supervisor=henrik, therapist=dana, by=mona)
    say(supervision, ACCEPT, henrik)
    assert not reads(henrik, juniper)
    say(supervision, AGREE, dana)
    assert reads(henrik, juniper)


def test_nobody_answers_about_a_case_that_was_erased_meanwhile(henrik, juniper, mona, ida):
    asked = assign_supervision(supervisor=henrik, episode=juniper, by=mona)
    erase_client(client=juniper.client, reason=Erasure.Reason.ASKED, asked_by=mona, agreed_by=ida)
    with pytest.raises(NotVisible):
        answer_sight(supervision=asked, answer=ACCEPT, user=henrik.user)


# --- For which days ---------------------------------------------------------------------------------------------------


def in_days(number):
    """The day in so many days, in Berlin: the practice of the tests is there."""
    return timezone.localdate(timezone=BERLIN) + timedelta(days=number)


def start_of(day):
    return datetime.combine(day, time(), BERLIN)


@pytest.mark.parametrize("agrees", [True, False])
def test_nothing_opens_before_the_first_day_whoever_agrees(agrees, henrik, dana, juniper, mona):
    days = Days(first=in_days(9), last=in_days(12))
    row = assign_supervision(supervisor=henrik, therapist=dana, by=mona, days=days)
    say(row, ACCEPT, henrik)
    if agrees:
        say(row, OBJECT, dana)
        say(row, AGREE, dana)
    row.refresh_from_db()
    assert (row.opens_at, row.ends_at) == (start_of(in_days(9)), start_of(in_days(13)))
    assert not reads(henrik, juniper)
    Supervision.objects.update(opens_at=row.opens_at - timedelta(days=10))
    assert reads(henrik, juniper), "on the second of the days"


def test_nobody_is_asked_to_agree_once_more(henrik, dana, mona):
    row = assign_supervision(supervisor=henrik, therapist=dana, by=mona, days=Days(first=in_days(9)))
    asked = [requests_for(dana.user)[0].answers]
    for answer in (AGREE, OBJECT):
        say(row, answer, dana)
        asked.append(requests_for(dana.user)[0].answers)
    assert asked == [[AGREE, OBJECT], [OBJECT], [AGREE]]


def test_from_tomorrow_on_waits_for_the_day_in_which_the_therapist_can_object(henrik, dana, mona):
    row = assign_supervision(supervisor=henrik, therapist=dana, by=mona, days=Days(first=in_days(1)))
    assert row.opens_at == max(row.starts_at + timedelta(days=1), start_of(in_days(1)))
    assert Days(first=in_days(0), last=in_days(0)).instants(mona.practice) == (None, start_of(in_days(1)))


@pytest.mark.parametrize(
    ("there", "asked", "is_taken"),
    [
        (Days(), Days(first=None, last=None), True),
        (Days(), Days(first=date(2099, 1, 1)), True),
        (Days(last=date(2098, 12, 31)), Days(first=date(2098, 12, 31)), True),
        (Days(last=date(2098, 12, 31)), Days(first=date(2099, 1, 1)), False),
        (Days(first=date(2099, 1, 1)), Days(last=date(2099, 1, 1)), True),
        (Days(first=date(2099, 1, 1)), Days(last=date(2098, 12, 31)), False),
        (Days(first=date(2099, 1, 1), last=date(2099, 1, 1)), Days(), True),
    ],
)
def test_nobody_is_asked_twice_for_one_day(there, asked, is_taken, henrik, dana, mona):
    assign_supervision(supervisor=henrik, therapist=dana, by=mona, days=there)
    try:
        assign_supervision(supervisor=henrik, therapist=dana, by=mona, days=asked)
    except Refused as refusal:
        assert (str(refusal), is_taken) == ("This assignment exists already.", True)
    assert Supervision.objects.count() == (1 if is_taken else 2)


@pytest.mark.parametrize("days", [Days(first=date(2099, 1, 2), last=date(2099, 1, 1)), Days(last=date(2020, 1, 1))])
def test_days_that_are_over_or_reversed_are_refused(days, henrik, dana, mona):
    with pytest.raises(Refused, match="The last day is over, or before the first"):
        assign_supervision(supervisor=henrik, therapist=dana, by=mona, days=days)


def test_an_end_makes_no_assignment_longer(henrik, dana, mona):
    row = assign_supervision(supervisor=henrik, therapist=dana, by=mona, days=Days(last=in_days(9)))
    with pytest.raises(Refused, match="It ends before that day already"):
        end_assignment(supervision=row, by=mona, at=start_of(in_days(11)))
    end_assignment(supervision=row, by=mona, at=start_of(in_days(5)))
    assert Supervision.objects.get().ends_at == start_of(in_days(5))


def test_an_end_before_the_first_day_is_refused_and_the_whole_can_be_taken_back(henrik, dana, mona):
    row = assign_supervision(supervisor=henrik, therapist=dana, by=mona, days=Days(first=in_days(9)))
    with pytest.raises(Refused, match="It only begins after that day"):
        end_assignment(supervision=row, by=mona, at=start_of(in_days(9)))
    end_assignment(supervision=row, by=mona, at=start_of(in_days(10)))
    end_assignment(supervision=row, by=mona)
    assert Supervision.objects.get().ends_at <= timezone.now()


@pytest.mark.parametrize("who", ["henrik", "dana"])
@pytest.mark.parametrize("days", [Days(first=in_days(9)), Days(first=in_days(5), last=in_days(20))])
def test_nobody_is_assigned_from_a_day_on_which_one_of_the_two_has_left(days, who, henrik, dana, mona, request):
    end_membership(membership=request.getfixturevalue(who), by=mona, at=start_of(in_days(5)))
    with pytest.raises(Refused, match="One of the two leaves the practice before the first day"):
        assign_supervision(supervisor=henrik, therapist=dana, by=mona, days=days)


@pytest.mark.parametrize("who", ["henrik", "dana"])
def test_an_assignment_without_a_last_day_lasts_as_long_as_both_are_here(who, henrik, dana, mona, request):
    end_membership(membership=request.getfixturevalue(who), by=mona, at=start_of(in_days(5)))
    row = assign_supervision(supervisor=henrik, therapist=dana, by=mona)
    assert row.ends_at == start_of(in_days(5))


@pytest.mark.parametrize("last", [None, 20])
def test_what_was_to_begin_after_somebody_leaves_is_taken_back(last, henrik, dana, mona):
    days = Days(first=in_days(9), last=last and in_days(last))
    assign_supervision(supervisor=henrik, therapist=dana, by=mona, days=days)
    end_membership(membership=henrik, by=mona, at=start_of(in_days(9)))
    assert Supervision.objects.get().ends_at <= timezone.now()


def test_what_is_over_before_the_therapist_could_object_opens_only_where_somebody_agrees(henrik, dana, mona):
    row = assign_supervision(supervisor=henrik, therapist=dana, by=mona, days=Days(first=in_days(0), last=in_days(0)))
    assert row.opens_at is None
    say(row, AGREE, dana)
    row.refresh_from_db()
    assert row.opens_at <= timezone.now()


def test_nobody_is_asked_for_a_supervisor_who_has_left(henrik, dana, mona):
    """One that had a last day of its own outlives the place."""
    assign_supervision(supervisor=henrik, therapist=dana, by=mona, days=Days(last=in_days(20)))
    Membership.objects.filter(pk=henrik.pk).update(ends_at=days_ago(1))
    assert requests_for(dana.user) == []
    assert assignments_of(mona.practice) == []


@pytest.mark.parametrize("ending", [end_membership, drop_therapist_role])
def test_what_was_to_last_for_days_ends_with_the_role_and_with_the_place(ending, sam, dana, mona, juniper):
    Supervision.objects.update(ends_at=days_ago(-30))
    Membership.objects.filter(pk=dana.pk).update(is_supervisor=True)
    ending(membership=dana, by=mona)
    assert Supervision.objects.get().ends_at <= timezone.now()
    assert not reads(sam, juniper)


def test_a_coming_end_of_a_place_that_is_moved_makes_no_assignment_longer(sam, dana, mona):
    Supervision.objects.update(ends_at=start_of(in_days(30)))
    for day in (10, 60):
        end_membership(membership=dana, by=mona, at=start_of(in_days(day)))
    assert Supervision.objects.get().ends_at == start_of(in_days(30))


def test_nobody_is_told_again_of_what_they_agreed_to_and_what_waits_for_its_day(http, henrik, dana, mona, ida):
    def is_told(member):
        http.force_login(member.user)
        return "Your answer is needed" in http.get("/you/").text

    row = assign_supervision(supervisor=henrik, therapist=dana, by=mona, days=Days(first=in_days(9)))
    assert [is_told(member) for member in (dana, henrik, ida)] == [True, True, True]
    say(row, ACCEPT, henrik)
    say(row, AGREE, dana)
    assert [is_told(member) for member in (dana, henrik, ida)] == [False, False, False]
