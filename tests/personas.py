"""The people of the tests, as fixtures. Each is a place in a practice; `.user` is who signs in."""

import pytest

from tests.factories import days_ago, make_episode, make_member, make_practice, make_supervision


@pytest.fixture
def http(client):
    """The browser. A `client` is somebody in therapy."""
    return client


@pytest.fixture
def millrace(db):
    return make_practice("Millrace Practice", zone="Europe/Berlin")


@pytest.fixture
def dana(millrace):
    """The therapist."""
    return make_member(millrace, "Dana Whitlock")


@pytest.fixture
def juniper(dana):
    """Dana's episode with Juniper; no supervisor is named for it alone."""
    return make_episode(dana, "Juniper")


@pytest.fixture
def sorrel(dana):
    """Dana's episode with Sorrel, which is Eve's to supervise where Eve is there."""
    return make_episode(dana, "Sorrel")


@pytest.fixture
def sam(millrace, dana):
    """Dana's supervisor."""
    sam = make_member(millrace, "Sam Okafor", "supervisor")
    make_supervision(sam, therapist=dana)
    return sam


@pytest.fixture
def noor(millrace):
    """A therapist of the same practice, who sees nothing of Dana's."""
    return make_member(millrace, "Noor Haddad")


@pytest.fixture
def otis(db):
    """A therapist of another practice."""
    return make_member(make_practice("Weir House"), "Otis Lund")


@pytest.fixture
def vera(millrace, dana):
    """Dana's supervisor until yesterday."""
    vera = make_member(millrace, "Vera Brandt", "supervisor")
    make_supervision(vera, therapist=dana, ends_at=days_ago(1))
    return vera


@pytest.fixture
def eve(millrace, sorrel):
    """The supervisor of one of Dana's episodes and of nothing else."""
    eve = make_member(millrace, "Eve Castell", "supervisor")
    make_supervision(eve, episode=sorrel)
    return eve


@pytest.fixture
def mona(millrace):
    """The manager."""
    return make_member(millrace, "Mona Reyes", "manager")


@pytest.fixture
def lee(millrace):
    """A therapist whose place ended yesterday, so a user without a live one."""
    return make_member(millrace, "Lee Novak", ends_at=days_ago(1))
