"""What the page that sets a session right says to whoever has not rated it."""

import re

import pytest
from django.urls import reverse

from sessions.models import Attendance, TherapySession


@pytest.fixture
def asked(http, dana, juniper, live_through):
    """The page for a session of a kind, without spaces that nobody sees."""
    [check_in] = live_through(juniper, [3])
    http.force_login(dana.user)

    def ask(attendance=Attendance.ATTENDED, *, is_rated=False):
        if not is_rated:
            check_in.therapy_session.ratings.filter(rater="therapist").delete()
        TherapySession.objects.filter(pk=check_in.therapy_session_id).update(attendance=attendance)
        page = http.get(reverse("ratings:session-correct", args=[check_in.therapy_session.code]))
        return " ".join(page.text.split())

    return ask


def test_whoever_has_rated_it_is_not_told_to_add_a_rating(asked):
    assert "Add your rating" not in asked(is_rated=True)


def test_whoever_has_not_rated_a_session_reads_that_they_can_add_it(asked):
    heading = re.search(r"<h1>(.*?)</h1>", asked())
    assert heading and heading[1].strip() == "Add your rating, or correct this session"


def test_of_a_session_that_the_client_missed_nobody_is_told_to_add_a_rating(asked):
    text = asked(Attendance.NO_SHOW)
    assert "Add your rating" not in text and "You have not rated this session yet" not in text


@pytest.mark.parametrize("is_rated", [True, False])
def test_both_read_that_the_first_entry_is_kept(is_rated, asked):
    assert "first entry is kept" in asked(is_rated=is_rated)
