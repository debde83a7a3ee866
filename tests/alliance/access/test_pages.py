"""Whose page it is: the places with which somebody opens it, and nobody else does."""

import pytest

from alliance import access
from alliance.models import Membership
from tests.factories import make_member

PAGES = {
    access.check_import: {"therapist", "manager"},
    access.check_emergency: {"supervisor", "manager"},
    access.check_figures: {"supervisor", "manager"},
}


@pytest.mark.parametrize(("check", "role"), [(check, role) for check in PAGES for role in sorted(PAGES[check])])
def test_it_is_opened_with_the_places_of_these_roles_alone(check, role, millrace, otis):
    (other,) = {"therapist", "supervisor", "manager"} - PAGES[check]
    place = make_member(millrace, "Kai Late", role)
    make_member(otis.practice, "Kai Late", other, user=place.user)
    assert check(place.user) == [place]


@pytest.mark.parametrize("check", PAGES)
def test_it_is_closed_to_the_other_role(check, millrace):
    (other,) = {"therapist", "supervisor", "manager"} - PAGES[check]
    with pytest.raises(access.Denied):
        check(make_member(millrace, "Kai Late", other).user)


def test_the_places_of_a_page_are_those_with_its_role(millrace, otis):
    place = make_member(millrace, "Kai Late", "manager")
    make_member(otis.practice, "Kai Late", "therapist supervisor", user=place.user)
    assert access.check_role(place.user, "manager") == [place]
    assert access.check_place(Membership.objects.filter(user=place.user), "manager") == [place]


@pytest.mark.parametrize(("refusal", "said"), [(access.NotVisible, "No such page."), (access.Denied, "")])
def test_a_refusal_says_nothing_of_the_row(refusal, said):
    assert str(refusal("episode", "a code")) == said
