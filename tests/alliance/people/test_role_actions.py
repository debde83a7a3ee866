"""Roles changed in place: what stays, what ends, and what is refused."""

import pytest

from alliance.access import Denied
from alliance.models import AuditEvent, Episode, Membership
from alliance.people.role_actions import HasOpenCases, change_roles
from alliance.people.roles import MemberRole, roles_of
from alliance.refusal import Refused
from alliance.scopes import live_assignments, open_without_therapist, supervised_episodes
from tests.factories import days_ago, make_episode, make_member, make_supervision
from tests.ratings.threads import at_once

THERAPIST, SUPERVISOR, MANAGER = MemberRole


@pytest.fixture
def ida(millrace):
    return make_member(millrace, "Ida Berg", "manager")


def roles_now(membership):
    return roles_of(Membership.objects.get(pk=membership.pk))


def test_a_role_is_added_and_place_cases_and_supervision_stay(dana, juniper, sam, mona):
    before = Membership.objects.filter(pk=dana.pk).values("starts_at", "ends_at", "code").get()
    assert change_roles(membership=dana, roles=[THERAPIST, SUPERVISOR], by=mona)
    assert roles_now(dana) == (THERAPIST, SUPERVISOR)
    assert Membership.objects.filter(pk=dana.pk).values("starts_at", "ends_at", "code").get() == before
    assert not open_without_therapist().exists()
    assert list(supervised_episodes(sam.user)) == [juniper]
    event = AuditEvent.objects.get()
    assert (event.verb, event.subject_type, event.subject_code) == ("changed", "membership", str(dana.code))


def test_the_same_roles_again_change_nothing(dana, mona):
    assert not change_roles(membership=dana, roles=[THERAPIST], by=mona)
    assert not AuditEvent.objects.exists()


def test_a_manager_is_one_since_they_were_made_one_and_not_since_their_place_began(dana, ida, mona):
    change_roles(membership=dana, roles=[THERAPIST, MANAGER], by=mona)
    first = dana.manager_from
    assert first > dana.starts_at
    change_roles(membership=dana, roles=[MANAGER], by=mona)
    assert dana.manager_from == first
    change_roles(membership=dana, roles=[THERAPIST], by=mona)
    change_roles(membership=dana, roles=[THERAPIST, MANAGER], by=mona)
    assert dana.manager_from > first
    assert ida.manager_from == ida.starts_at


def test_whoever_has_open_cases_stays_a_therapist(dana, juniper, sam, mona):
    with pytest.raises(HasOpenCases, match="one open case"):
        change_roles(membership=dana, roles=[SUPERVISOR], by=mona)
    assert roles_now(dana) == (THERAPIST,)
    assert live_assignments().filter(therapist=dana).exists()
    Episode.objects.update(ends_at=days_ago(1), end_reason="completed")
    change_roles(membership=dana, roles=[SUPERVISOR], by=mona)
    assert roles_now(dana) == (SUPERVISOR,)
    assert not live_assignments().filter(therapist=dana).exists()


def test_with_the_role_of_supervisor_ends_what_they_read(dana, juniper, sorrel, sam, mona):
    make_supervision(sam, episode=sorrel)
    change_roles(membership=sam, roles=[MANAGER], by=mona)
    assert not live_assignments(sam.user).exists()
    assert not supervised_episodes(sam.user).exists()
    change_roles(membership=sam, roles=[MANAGER, SUPERVISOR], by=mona)
    assert not supervised_episodes(sam.user).exists(), "what ended does not come back by itself"


def test_the_last_manager_stays_one(dana, mona, otis):
    make_member(otis.practice, "Olga", "manager")
    make_member(mona.practice, "Ida Berg", "manager", ends_at=days_ago(-7))
    make_member(mona.practice, "Lee Novak", "manager", ends_at=days_ago(1))
    with pytest.raises(Refused, match="last manager"):
        change_roles(membership=mona, roles=[THERAPIST], by=mona)
    assert roles_now(mona) == (MANAGER,)
    change_roles(membership=dana, roles=[THERAPIST, MANAGER], by=mona)
    change_roles(membership=mona, roles=[THERAPIST], by=mona)
    assert roles_now(mona) == (THERAPIST,)


def test_nobody_makes_themselves_a_supervisor(mona, dana):
    with pytest.raises(Refused, match="cannot make yourself a supervisor"):
        change_roles(membership=mona, roles=[MANAGER, SUPERVISOR], by=mona)
    change_roles(membership=mona, roles=[MANAGER, THERAPIST], by=mona)
    assert roles_now(mona) == (THERAPIST, MANAGER)


def test_a_place_that_has_ended_gets_no_roles(lee, mona):
    with pytest.raises(Refused, match="no longer have access"):
        change_roles(membership=lee, roles=[SUPERVISOR], by=mona)


def test_who_is_no_manager_any_more_is_asked_again_under_the_lock(dana, mona):
    Membership.objects.filter(pk=mona.pk).update(ends_at=days_ago(1))
    with pytest.raises(Denied):
        change_roles(membership=dana, roles=[SUPERVISOR], by=mona)
    assert roles_now(dana) == (THERAPIST,)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_managers_who_step_back_at_once_leave_one(mona):
    ida = make_member(mona.practice, "Ida Berg", "manager")

    def step_back(member):
        try:
            change_roles(membership=member, roles=[THERAPIST], by=member)
        except Refused:
            return "refused"

    assert sorted(map(str, at_once(lambda: step_back(mona), lambda: step_back(ida)))) == ["None", "refused"]
    assert Membership.objects.filter(is_manager=True).count() == 1


@pytest.mark.parametrize("role", MemberRole)
def test_any_one_role_is_enough(role, dana, mona):
    make_episode(mona, ends_at=days_ago(1), end_reason="completed")
    change_roles(membership=dana, roles=[role], by=mona)
    assert roles_now(dana) == (role,)
