import pytest

from alliance.advising import check_advise
from ratings.detection.reassess import reassess
from ratings.meetings.actions import close_meeting, write_down
from tests.factories import local_day


@pytest.fixture
def cases(juniper, sorrel):
    """Both of Dana's cases, with a standing, so that lists show them."""
    for episode in (juniper, sorrel):
        reassess(episode)
    return juniper, sorrel


@pytest.fixture
def adviser(sam, dana):
    """Sam's right to hold meetings with Dana."""
    return check_advise(sam.user, dana.code)


@pytest.fixture
def write(adviser):
    """`write(episode, note="", reader="both", step="", due_on=today)`: as Sam in the meeting with Dana."""

    def down(episode, note="", reader="both", step="", due_on=None):
        due_on = (due_on or local_day()) if step else None
        write_down(adviser=adviser, episode=episode, note=note, reader=reader, step=step, due_on=due_on)

    return down


@pytest.fixture
def close(adviser):
    """`close()` ends that meeting; the meeting."""

    def end(reflection="", next_day=None):
        return close_meeting(adviser=adviser, reflection=reflection, next_day=next_day)

    return end
