import pytest

from alliance.site.navigation import home_of
from tests.factories import make_episode, make_member, make_practice, make_supervision


@pytest.mark.parametrize(
    ("persona", "landing"),
    [
        ("dana", "ratings:today"),
        ("noor", "ratings:today"),
        ("sam", "ratings:caseload"),
        ("vera", "ratings:caseload"),
        ("mona", "alliance:people"),
        ("lee", "alliance:no-place"),
    ],
)
def test_home_of(persona, landing, juniper, request):
    assert home_of(request.getfixturevalue(persona).user) == landing


def test_home_of_somebody_with_two_roles(millrace, dana):
    both = make_member(millrace, "Both", "therapist supervisor manager")
    assert home_of(both.user) == "alliance:people"
    make_episode(both)
    assert home_of(both.user) == "ratings:today"
    make_supervision(both, therapist=dana)
    assert home_of(both.user) == "ratings:caseload"
    assert home_of(make_member(make_practice(), "Third", "supervisor").user) == "ratings:caseload"
