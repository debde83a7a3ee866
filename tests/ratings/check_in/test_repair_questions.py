"""When a check-in asks whether two people talked about what did not fit."""

import pytest
from django.urls import reverse

from ratings.check_in.repair_questions import asks_about_repair, still_asks_about_repair
from ratings.models import Rating
from ratings.ruptures.actions import plan_step, set_rupture_aside
from tests.courses import answers, held
from tests.factories import editor_of
from tests.test_shadow import hide

QUESTION = "Last time something did not quite fit."


@pytest.fixture
def flagged(juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 3, 0])
    rupture = juniper.ruptures.get()
    plan_step(editor=editor_of(juniper), rupture=rupture, step="notice", words="Last time was hard.")
    return rupture


@pytest.fixture
def check_in(flagged, juniper):
    return held(juniper, 0.5, answers=answers(3)).check_in


def test_a_session_before_the_rupture_is_not_asked_about_it(flagged, juniper):
    first, *_rest, opening = juniper.therapy_sessions.order_by("starts_at")
    assert not asks_about_repair(first)
    assert not asks_about_repair(opening)


def test_an_open_link_asks_no_more_once_the_flag_is_hidden(http, opened, check_in, millrace, mona):
    assert QUESTION in http.get(opened(check_in)).text
    hide(millrace, mona)
    assert QUESTION not in http.get(opened(check_in)).text


def test_an_open_link_asks_no_more_once_the_therapist_has_set_it_aside(http, opened, check_in, flagged, juniper):
    set_rupture_aside(editor=editor_of(juniper), rupture=flagged, reason="Exams.")
    assert not still_asks_about_repair(check_in)
    assert QUESTION not in http.get(opened(check_in)).text


def test_what_was_typed_while_it_asked_is_kept(http, opened, check_in, flagged, juniper):
    address = opened(check_in)
    http.get(address)
    set_rupture_aside(editor=editor_of(juniper), rupture=flagged, reason="Exams.")
    said = answers(3) | {"repair_talked": "yes", "repair_helped": "yes", "own_device": "on"}
    assert http.post(address, said).status_code == 303
    rating = Rating.objects.current().get(check_in=check_in, rater="client")
    assert (rating.repair_talked, rating.repair_helped) == (True, "yes")
    assert QUESTION in http.get(reverse("links:check-in-change")).text  # so that a change does not drop it
