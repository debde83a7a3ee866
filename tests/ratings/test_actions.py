"""Writes: one rating per session and rater, corrections as new rows, the replay in the same transaction."""

import ast
import inspect
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from alliance.models import AuditEvent
from ratings import (
    actions,
)
from ratings.actions import (
    AlreadyAnswered,
    RuptureOver,
    answer_check_in,
    end_episode,
    log_session,
    mark_read,
    set_rupture_aside,
)
from ratings.detection import reassess
from ratings.models import Assessment, CheckIn, DetectorVersion, Rating, Rupture, Standing
from tests.courses import answers, consent


def test_an_answer_is_scored_and_its_standing_written_with_it(juniper, live_through):
    live_through(juniper, [[4, 4, 2, 3, None, 0]])
    rating = Rating.objects.get(rater="client")
    assert rating.answers == {
        "goal_matters": 4,
        "goal_known": 4,
        "task_sense": 2,
        "task_suits": 3,
        "bond_open": 0,
    }
    assert (rating.goal_pomp, rating.task_pomp, rating.bond_pomp) == (100, 62.5, 0)
    assert (rating.goal_raw, rating.task_raw, rating.bond_raw) == (4, 2.5, 0)
    assert rating.items_answered == 5
    standing = Standing.objects.get()
    assert (standing.sessions_held, standing.check_ins_answered, standing.goal_pomp) == (1, 1, 100)


def test_the_same_answers_again_change_nothing(juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    before = list(Rating.objects.values_list("pk", "received_at"))
    events = AuditEvent.objects.count()
    answer_check_in(check_in=check_in, answers=answers(3), may_change=False)
    assert list(Rating.objects.values_list("pk", "received_at")) == before
    assert AuditEvent.objects.count() == events


def test_other_answers_are_refused_without_the_right_to_change(juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    with pytest.raises(AlreadyAnswered):
        answer_check_in(check_in=check_in, answers=answers(1), may_change=False)
    assert Rating.objects.get(rater="client").answers == answers(3)


def test_a_change_is_a_new_row_and_the_old_one_stays_as_it_was(juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    answer_check_in(check_in=check_in, answers=answers(1), may_change=True)
    old, new = Rating.objects.filter(rater="client").order_by("pk")
    assert (old.answers, old.replaced_reason) == (answers(3), "client changed")
    assert old.replaced_at is not None
    assert (new.answers, new.replaced_at) == (answers(1), None)
    assert Standing.objects.get().overall_pomp == 25


@pytest.mark.parametrize("read, hours", [(True, 0), (False, 25)])
def test_nothing_changes_after_the_therapist_read_it_or_after_a_day(juniper, live_through, read, hours):
    (check_in,) = live_through(juniper, [3])
    Rating.objects.filter(rater="client").update(received_at=timezone.now() - timedelta(hours=hours))
    if read:
        mark_read(episode=juniper)
    with pytest.raises(AlreadyAnswered):
        answer_check_in(check_in=check_in, answers=answers(1), may_change=True)
    assert Rating.objects.filter(rater="client").count() == 1


def test_reading_marks_only_what_was_answered(juniper, live_through):
    answered, unanswered = live_through(juniper, [3, None])
    mark_read(episode=juniper)
    answered.refresh_from_db()
    unanswered.refresh_from_db()
    assert answered.read_at is not None
    assert unanswered.read_at is None


def test_the_database_allows_one_current_rating_per_rater(juniper, live_through):
    live_through(juniper, [3])
    rating = Rating.objects.get(rater="client")
    rating.pk, rating.code = None, "0" * 8 + str(rating.code)[8:]
    with pytest.raises(IntegrityError), transaction.atomic():
        rating.save(force_insert=True)


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


def test_a_rating_and_its_meaning_are_saved_together_or_not_at_all(juniper, live_through, monkeypatch):
    """A fault in the replay takes the answer back with it, so that a client is never thanked for a lost answer."""
    asked = live_through(juniper, [3, 3, 3, None])

    def fail(episode):
        raise RuntimeError("planted")

    monkeypatch.setattr(actions, "reassess", fail)
    with pytest.raises(RuntimeError):
        answer_check_in(check_in=asked[-1], answers=answers(1), may_change=False)
    assert Rating.objects.filter(rater="client").count() == 3
    assert not AuditEvent.objects.filter(subject_type="rating", count__gt=1).exists()


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
