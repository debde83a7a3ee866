"""What a replay reads and writes: one check-in costs the same after a long therapy as after a short one."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ratings.check_in.actions import answer_check_in
from ratings.detection.reassess import reassess
from ratings.models import Assessment, CheckIn, Rating, Rupture
from ratings.record.actions import remove_session
from sessions.models import TherapySession
from tests.courses import answers, client_answers
from tests.factories import editor_of


@pytest.fixture
def long_course(live_through):
    """`long_course(episode, 50)`: as `live_through`, with so many answered sessions before a last unanswered one."""

    def live(episode, number):
        (*_answered, first, last) = live_through(episode, [4, 4, 4, None])
        rows, start = [], first.therapy_session.starts_at - timedelta(days=30)
        for position in range(number - 3):
            at = start - timedelta(days=7 * position)
            given = {"starts_at": at, "ends_at": at + timedelta(minutes=50), "attendance": "attended"}
            rows.append(TherapySession(episode=episode, zone="Europe/London", mode="in_person", **given))
        TherapySession.objects.bulk_create(rows)
        asked = [CheckIn(episode=episode, therapy_session=row, text=first.text) for row in rows]
        CheckIn.objects.bulk_create(asked)
        (pattern,) = Rating.objects.filter(check_in=first, rater="client")
        columns = {
            field.attname: getattr(pattern, field.attname)
            for field in Rating._meta.concrete_fields
            if field.attname not in ("id", "code", "therapy_session_id", "check_in_id")
        }
        Rating.objects.bulk_create(
            Rating(**columns, therapy_session=check_in.therapy_session, check_in=check_in) for check_in in asked
        )
        reassess(episode)
        return last

    return live


def statements(http, address, level):
    """How many statements the form takes, and the answer to it."""
    with CaptureQueriesContext(connection) as asked:
        assert http.get(address).status_code == 200
    with CaptureQueriesContext(connection) as answered:
        assert http.post(address, answers(level)).status_code == 303
    return len(asked), len(answered)


@pytest.mark.parametrize("number", [3, 50, 300])
def test_one_check_in_takes_the_same_few_statements(number, juniper, long_course, http, opened):
    # The link with all that hangs on it; whether somebody covers.
    # The link; begin, lock, the history, its ruptures, the rating, its audit, what it means, the standing; commit.
    assert statements(http, opened(long_course(juniper, number)), level=4) == (2, 10)


@pytest.mark.parametrize("number", [12, 300])
def test_a_rupture_that_it_opens_takes_one_more(number, juniper, long_course, http, opened):
    assert statements(http, opened(long_course(juniper, number)), level=1) == (2, 11)
    assert Rupture.objects.get().state == "open"


def test_what_was_set_aside_takes_one_more(juniper, long_course, http, opened):
    last = long_course(juniper, 12)
    opened_session, now = last.therapy_session, timezone.now()
    aside = {"opened_by": "therapist", "state": "set_aside", "opened_at": now, "closed_at": now}
    Rupture.objects.create(episode=juniper, opened_session=opened_session, closed_session=opened_session, **aside)
    assert statements(http, opened(last), level=4) == (2, 11)


def test_only_what_an_answer_changed_is_written(juniper, live_through):
    """The twenty assessments before it say what they said: they keep the moment at which they were made."""
    *_answered, last = live_through(juniper, [3, 4, 3, 3, 3, 1, 1, 3, 3, None])
    before = {row.therapy_session_id: row for row in Assessment.objects.all()}
    answer_check_in(check_in=last, answers=client_answers(3), may_change=False)
    changed = {row.therapy_session_id for row in Assessment.objects.all() if row.assessed_at > last_moment(before)}
    assert changed == {last.therapy_session_id}


def last_moment(rows):
    return max(row.assessed_at for row in rows.values())


def test_a_replay_of_the_same_writes_the_standing_alone(juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 1, None, 3, 3])
    written = []

    def note(execute, sql, *rest):  # what Django asks: with row security, what goes out begins with for whom
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            written.append(sql.split()[:3])
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        reassess(juniper)
    assert written == [["INSERT", "INTO", '"ratings_standing"']]


def test_what_fell_out_of_the_history_has_no_assessment(juniper, live_through, dana):
    *_others, last = live_through(juniper, [3, 3, 3, 3])
    remove_session(editor=editor_of(juniper), therapy_session=last.therapy_session, reason="")
    assert Assessment.objects.filter(therapy_session=last.therapy_session).count() == 0
