"""Setting a rupture aside."""

import threading
import time

import pytest
from django.urls import reverse

from ratings.check_in.actions import answer_check_in
from ratings.detection import reassess
from ratings.models import Rating, Rupture, Standing
from ratings.ruptures.actions import NotSettledLower, RuptureOver, rebase_usual, set_rupture_aside
from tests.courses import client_answers, held
from tests.factories import editor_of
from tests.ratings.threads import at_once


def test_what_ended_after_the_page_was_read_is_not_set_aside(dana, juniper, live_through):
    *_answered, first, second = live_through(juniper, [3, 3, 3, 3, 0, 0, None, None])
    read_before = Rupture.objects.get()
    for check_in in (first, second):
        answer_check_in(check_in=check_in, answers=client_answers(3), may_change=False)
    with pytest.raises(RuptureOver):
        set_rupture_aside(editor=editor_of(read_before.episode), rupture=read_before, reason="A late click.")
    assert Rupture.objects.get().state == "repaired"


def test_a_level_that_settled_lower_is_taken_for_usual_once_and_with_a_reason(juniper, live_through):
    live_through(juniper, [4, 4, 4, 4, 4, 1, 1, 1, 1, 1, 1])
    rupture, editor = Rupture.objects.get(), editor_of(juniper)
    assert (rupture.state, Standing.objects.get().settled_since) == ("settled_lower", 6)
    rebase_usual(editor=editor, rupture=rupture, reason="She says what she thinks now.")
    rupture.refresh_from_db()
    standing = Standing.objects.get()
    assert (rupture.state, standing.settled_since, standing.attention) == ("settled_lower", None, 0)
    assert rupture.rebased_reason.open(juniper.client.data_key) == "She says what she thinks now."
    assert standing.words["overall"] == "usual"
    with pytest.raises(NotSettledLower):
        rebase_usual(editor=editor, rupture=rupture, reason="Again.")


def test_so_is_one_after_a_flag_that_was_set_aside(http, dana, juniper, live_through):
    live_through(juniper, [4, 4, 4, 4, 4, 1])
    rupture, editor = Rupture.objects.get(), editor_of(juniper)
    set_rupture_aside(editor=editor, rupture=rupture, reason="Exams.")
    for weeks in range(1, 6):
        check_in = held(juniper, 6 - weeks).check_in
        answer_check_in(check_in=check_in, answers=client_answers(1), may_change=False)
    rupture.refresh_from_db()
    assert rupture.state == "set_aside"
    assert Standing.objects.get().settled_since is not None
    http.force_login(dana.user)
    assert (
        reverse("ratings:rupture", args=[rupture.code]) + "#usual"
        in http.get(reverse("ratings:case", args=[juniper.code])).text
    )
    rebase_usual(editor=editor, rupture=rupture, reason="She says what she thinks now.")
    assert Standing.objects.get().settled_since is None


def test_what_did_not_settle_lower_leaves_no_level_to_take(juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 0])
    with pytest.raises(NotSettledLower):
        rebase_usual(editor=editor_of(juniper), rupture=Rupture.objects.get(), reason="A late click.")


@pytest.fixture
def slow_replay(monkeypatch):
    """A replay that takes its time, as on a busy machine; the event says that the first one is under way."""
    replay, under_way = reassess.replay, threading.Event()

    def slow(*args):
        replayed = replay(*args)
        under_way.set()
        time.sleep(0.4)
        return replayed

    monkeypatch.setattr(reassess, "replay", slow)
    return under_way


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_setting_aside_while_the_client_answers(juniper, dana, live_through, slow_replay):
    *_answered, asked = live_through(juniper, [3, 3, 3, 3, 1, None])
    rupture = Rupture.objects.get()
    slow_replay.clear()

    def set_aside():
        assert slow_replay.wait(10)
        set_rupture_aside(editor=editor_of(rupture.episode), rupture=rupture, reason="We spoke.")

    at_once(lambda: answer_check_in(check_in=asked, answers=client_answers(1), may_change=False), set_aside)
    assert Rupture.objects.get().state == "set_aside"
    assert Rating.objects.filter(therapy_session=asked.therapy_session, rater="client").count() == 1
