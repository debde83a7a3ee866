"""What is written of therapy sessions, and that each write is in the audit."""

from datetime import timedelta

import pytest

from alliance.models import AuditEvent
from sessions.models import PrivateNote, TherapySession
from sessions.schedule import actions
from tests.factories import days_ago, editor_of, make_therapy_session

TIMES = {"starts_at": days_ago(3), "ends_at": days_ago(3) + timedelta(minutes=50)}
HELD = TIMES | {"zone": "Europe/Berlin", "mode": "video", "attendance": "attended"}


def audited(subject):
    return list(AuditEvent.objects.filter(subject_code=subject.code).order_by("pk").values_list("verb", flat=True))


def test_a_session_that_nobody_planned_is_held(dana, juniper):
    held = actions.hold_therapy_session(editor=editor_of(juniper), **HELD)
    assert TherapySession.objects.get() == held
    assert (held.mode, held.attendance, held.zone, held.logged_by) == ("video", "attended", "Europe/Berlin", dana)
    assert audited(held) == ["created"]
    assert not PrivateNote.objects.exists()


def test_a_planned_session_becomes_the_one_that_was_held(dana, juniper):
    planned = make_therapy_session(juniper, attendance="planned")
    held = actions.hold_therapy_session(editor=editor_of(juniper), planned=planned, private_note="June.", **HELD)
    assert TherapySession.objects.get().attendance == "attended"
    assert (held.pk, held.starts_at) == (planned.pk, TIMES["starts_at"])
    assert audited(held) == ["changed"]
    note = PrivateNote.objects.get()
    assert (note.therapy_session, note.text.open(juniper.client.data_key), note.written_by) == (held, "June.", dana)


def test_an_unknown_attendance_writes_nothing(dana, juniper):
    with pytest.raises(ValueError, match="telepathy"):
        actions.hold_therapy_session(editor=editor_of(juniper), **HELD | {"attendance": "telepathy"})
    assert not TherapySession.objects.exists()


def test_a_session_moves_and_its_time_is_known_from_then_on(dana, juniper):
    therapy_session = make_therapy_session(juniper, starts_at_known=False, mode="phone")
    actions.move_therapy_session(editor=editor_of(therapy_session.episode), therapy_session=therapy_session, **TIMES)
    therapy_session.refresh_from_db()
    assert (therapy_session.starts_at, therapy_session.ends_at) == (TIMES["starts_at"], TIMES["ends_at"])
    assert (therapy_session.starts_at_known, therapy_session.mode) == (True, "phone")
    assert audited(therapy_session) == ["changed"]
