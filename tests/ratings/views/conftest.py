import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ratings import links
from ratings.delivery import schedule

LIST = "/check-ins/"


def statements(http, path):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert http.get(path).status_code == 200
    return len(captured)


def states(http):
    return {row.name: row.progress for row in http.get(LIST).context["rows"]}


@pytest.fixture
def asked(juniper, live_through):
    """The check-in of Juniper's only session, unanswered."""
    (check_in,) = live_through(juniper, [None])
    return check_in


@pytest.fixture
def opened(http):
    """`opened(check_in)`: the address of a fresh link to it."""

    def address(check_in):
        token = links.mint_check_in_link(check_in=check_in, by=check_in.episode.therapist, channel="screen")
        return reverse("links:check-in", args=[token])

    return address


@pytest.fixture
def waiting(live_through):
    """`waiting(episode, email)`: a check-in of a week ago without an answer."""

    def ask(episode, email=None):
        (check_in,) = live_through(episode, [None])
        if email:
            contact = {"phone": "", "zone": "", "check_in_delay_minutes": None, "therapist_may_be_named": False}
            schedule.change_contact(
                client=episode.client,
                by=episode.therapist,
                email=email,
                agrees_to_email=True,
                was_shown_agreed=False,
                **contact,
            )
        return check_in

    return ask
