"""Writes: one rating per session and rater, corrections as new rows, the replay in the same transaction."""

import ast
import inspect
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from ratings import actions
from ratings.actions import RuptureOver, end_episode, log_session, set_rupture_aside
from ratings.check_in.actions import answer_check_in
from ratings.detection import reassess
from ratings.models import Assessment, CheckIn, DetectorVersion, Rating, Rupture, Standing
from tests.courses import answers, consent


def test_without_consent_nobody_is_asked(juniper, instruments):
    start = timezone.now() - timedelta(days=1)
    log_session(
        episode=juniper,
        by=juniper.therapist,
        starts_at=start,
        ends_at=start + timedelta(minutes=50),
        zone="UTC",
        mode="video",
        attendance="attended",
    )
    assert not CheckIn.objects.exists()


def test_a_missed_session_asks_nobody_and_has_no_number(juniper, instruments):
    consent(juniper.client)
    start = timezone.now() - timedelta(days=1)
    log_session(
        episode=juniper,
        by=juniper.therapist,
        starts_at=start,
        ends_at=start + timedelta(minutes=50),
        zone="UTC",
        mode="video",
        attendance="no_show",
        answers=answers(3),
    )
    assert not CheckIn.objects.exists()
    assert not Rating.objects.exists()
    assert Standing.objects.get().sessions_held == 0


def test_ending_a_therapy_closes_an_open_rupture_as_unrepaired(juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 0])
    assert Rupture.objects.get().state == "open"
    end_episode(episode=juniper, reason="client", by=juniper.therapist)
    rupture = Rupture.objects.get()
    assert (rupture.state, rupture.closed_session_id) == (
        "unrepaired",
        Assessment.objects.order_by("therapy_session__starts_at").last().therapy_session_id,
    )
    assert Standing.objects.get().attention == 0


def test_what_ended_after_the_page_was_read_is_not_set_aside(dana, juniper, live_through):
    *_answered, first, second = live_through(juniper, [3, 3, 3, 3, 1, 1, None, None])
    read_before = Rupture.objects.get()
    for check_in in (first, second):
        answer_check_in(check_in=check_in, answers=answers(3), may_change=False)
    with pytest.raises(RuptureOver):
        set_rupture_aside(rupture=read_before, reason="A late click.", by=dana)
    assert Rupture.objects.get().state == "repaired"


# --- Writers at the same time: each locks the episode first, so nobody waits in a circle ------------------------------

NEW_EPISODE = {"open_case"}  # nobody else knows it yet


def replays_without_a_lock(source):
    """Functions that call `reassess` and do not begin by locking the episode."""
    found = []
    for function in ast.parse(source).body:
        if not isinstance(function, ast.FunctionDef):
            continue
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        names = [call.func.id for call in sorted(calls, key=lambda c: c.lineno) if isinstance(call.func, ast.Name)]
        begins = function.body[1] if ast.get_docstring(function) else function.body[0]
        if "reassess" in names and not ast.unparse(begins).startswith("lock_episode("):
            found.append(function.name)
    return found


def test_every_action_that_replays_locks_the_episode_first():
    assert set(replays_without_a_lock(inspect.getsource(actions))) == NEW_EPISODE


def test_a_replay_without_a_lock_would_be_found():
    late = "def f(row):\n    '''Writes.'''\n    row.save()\n    lock_episode(row.episode)\n    reassess(row.episode)\n"
    good = "def g(row):\n    '''Writes.'''\n    lock_episode(row.episode)\n    row.save()\n    reassess(row.episode)\n"
    assert replays_without_a_lock(late + good) == ["f"]


# --- Two connections --------------------------------------------------------------------------------------------------


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


def at_once(*writes):
    """Runs each in a thread and connection of its own; an error of any of them is raised here."""

    def run(write):
        try:
            return write()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(writes)) as pool:
        return [found.result(timeout=30) for found in [pool.submit(run, write) for write in writes]]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_setting_aside_while_the_client_answers(juniper, dana, live_through, slow_replay):
    *_answered, asked = live_through(juniper, [3, 3, 3, 3, 1, None])
    rupture = Rupture.objects.get()
    slow_replay.clear()

    def set_aside():
        assert slow_replay.wait(10)
        set_rupture_aside(rupture=rupture, reason="We spoke.", by=dana)

    at_once(lambda: answer_check_in(check_in=asked, answers=answers(1), may_change=False), set_aside)
    assert Rupture.objects.get().state == "set_aside"
    assert Rating.objects.filter(therapy_session=asked.therapy_session, rater="client").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_first_replays_of_a_practice_agree_on_its_detector(juniper, sorrel, millrace, monkeypatch):
    both_looked = threading.Barrier(2, timeout=10)
    look = reassess.detector_version

    def look_together(practice):
        found = look(practice)
        both_looked.wait()
        return found

    monkeypatch.setattr(reassess, "detector_version", look_together)
    at_once(lambda: reassess.reassess(juniper), lambda: reassess.reassess(sorrel))
    assert DetectorVersion.objects.filter(practice=millrace).count() == 1
