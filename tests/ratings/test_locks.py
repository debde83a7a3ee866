"""Writers at the same time: each locks the episode first, so nobody waits in a circle."""

import ast
import inspect
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from ratings import actions, reassess
from ratings.models import DetectorVersion, Rating, Rupture
from tests.courses import answers

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
        actions.set_rupture_aside(rupture=rupture, reason="We spoke.", by=dana)

    at_once(lambda: actions.answer_check_in(check_in=asked, answers=answers(1), may_change=False), set_aside)
    assert Rupture.objects.get().state == "set_aside"
    assert Rating.objects.filter(therapy_session=asked.therapy_session, rater="client").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_first_replays_of_a_practice_agree_on_its_detector(juniper, sorrel, millrace, monkeypatch):
    both_looked = threading.Barrier(2, timeout=10)
    look = reassess.queries.detector_version

    def look_together(practice):
        found = look(practice)
        both_looked.wait()
        return found

    monkeypatch.setattr(reassess.queries, "detector_version", look_together)
    at_once(lambda: reassess.reassess(juniper), lambda: reassess.reassess(sorrel))
    assert DetectorVersion.objects.filter(practice=millrace).count() == 1
