from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from ratings.check_in import links
from ratings.delivery import schedule
from tests.factories import editor_of


@pytest.fixture
def demo(db):
    call_command("seed_demo", stdout=StringIO())


@pytest.fixture
def asked(juniper, live_through):
    """The check-in of Juniper's only session, unanswered."""
    (check_in,) = live_through(juniper, [None])
    return check_in


@pytest.fixture
def opened(http):
    """`opened(check_in)`: the address of a fresh link to it."""

    def address(check_in):
        token = links.mint_check_in_link(check_in=check_in, editor=None, channel="screen")
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
                editor=editor_of(episode),
                email=email,
                agrees_to_email=True,
                was_shown_agreed=False,
                **contact,
            )
        return check_in

    return ask
