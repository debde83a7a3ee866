"""Writes of therapy sessions.

Those that move an assessment are called by `ratings.cases.actions`, which replays.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from alliance import audit
from alliance.access import Editor, Right
from alliance.audit import Verb
from sessions.models import Attendance, Leave, SessionSeries, TherapySession
from sessions.record.actions import OUTCOME, own_note, set_attendance, write_note
from sessions.schedule.times import Span

HELD = [
    "starts_at", "ends_at", "zone", "mode", "attendance", "cancelled_by", "cancelled_at", "logged_at", "logged_by",
]  # fmt: skip


@transaction.atomic
def hold_therapy_session(
    *, editor: Editor, starts_at, ends_at, zone, mode, attendance, planned=None, private_note="", code=None
):
    """Logs what became of a therapy session: the planned one, or a new one.

    A new one is made and logged in the same instant: so it is known from a planned one, see `was_planned`.
    """
    episode, by, now = editor.episode, editor.membership, timezone.now()
    editor.check_rows(*filter(None, [planned]))
    therapy_session = planned or TherapySession(episode=episode, code=code or uuid4(), created_at=now)
    therapy_session.starts_at, therapy_session.ends_at = starts_at, ends_at
    therapy_session.zone, therapy_session.mode = zone, mode
    set_attendance(therapy_session, Attendance(attendance))
    therapy_session.logged_at, therapy_session.logged_by = now, by
    therapy_session.save(update_fields=HELD if planned else None)  # all else may be another by now than the page read
    note = own_note(therapy_session, by)  # a log that was undone has left one
    if private_note != (note.text.open(episode.client.data_key) if note else ""):
        write_note(editor=editor, therapy_session=therapy_session, text=private_note, at=now)
    audit.record(Verb.CHANGED if planned else Verb.CREATED, therapy_session, by=by)
    return therapy_session


@transaction.atomic
def unlog_therapy_session(*, editor: Editor, therapy_session):
    """Makes a session that was planned before it was logged or cancelled a planned one again.

    Its time and note stay.
    """
    editor.check_rows(therapy_session)
    set_attendance(therapy_session, Attendance.PLANNED)
    therapy_session.leave = therapy_session.logged_at = therapy_session.logged_by = None
    therapy_session.save(update_fields=OUTCOME)
    audit.record(Verb.CHANGED, therapy_session, by=editor.membership)


@transaction.atomic
def plan_therapy_sessions(
    *, editor: Editor, spans: Sequence[Span], zone, mode, every_weeks=None, code: UUID | None = None
):
    """Plans sessions at these times, as a series where there are weeks between; the first of them has this code."""
    episode, by = editor.episode, editor.membership
    series = None
    if every_weeks:
        series = SessionSeries.objects.create(episode=episode, every_weeks=every_weeks, planned_by=by)
        audit.record(Verb.CREATED, series, by=by, count=len(spans))
    rows = [
        TherapySession(
            code=code if code and number == 0 else uuid4(),
            episode=episode,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            zone=zone,
            mode=mode,
            series=series,
        )
        for number, one in enumerate(spans)
    ]
    for row in rows:
        row.save()
        audit.record(Verb.CREATED, row, by=by)
    return rows


@transaction.atomic
def cancel_therapy_session(
    *, editor: Right, therapy_session, attendance, cancelled_by, cancelled_at: datetime, leave: Leave | None = None
):
    """Cancels a planned session, in time or late; it stays where it was, with by whom and when."""
    editor.check_rows(therapy_session)
    set_attendance(therapy_session, Attendance(attendance), cancelled_by, cancelled_at)
    therapy_session.leave = leave
    therapy_session.logged_at, therapy_session.logged_by = timezone.now(), editor.membership
    therapy_session.save(update_fields=OUTCOME)
    audit.record(Verb.CHANGED, therapy_session, by=editor.membership)


@transaction.atomic
def move_therapy_session(*, editor: Editor, therapy_session, starts_at, ends_at, leave: Leave | None = None):
    """Gives a therapy session another time; `leave`: the leave that made it move."""
    editor.check_rows(therapy_session)
    therapy_session.starts_at, therapy_session.ends_at = starts_at, ends_at
    therapy_session.starts_at_known = True
    therapy_session.leave = leave
    therapy_session.save(update_fields=["starts_at", "ends_at", "starts_at_known", "leave"])
    audit.record(Verb.CHANGED, therapy_session, by=editor.membership)


@transaction.atomic
def save_leave(*, therapist, span: Span, code: UUID | None = None):
    """Writes down that a therapist is away."""
    leave = Leave.objects.create(
        code=code or uuid4(), therapist=therapist, starts_at=span.starts_at, ends_at=span.ends_at
    )
    audit.record(Verb.CREATED, leave, by=therapist)
    return leave


@transaction.atomic
def withdraw_leave(*, leave: Leave, by):
    """Takes a leave back; it stays on record."""
    leave.withdrawn_at = timezone.now()
    leave.save(update_fields=["withdrawn_at"])
    audit.record(Verb.ENDED, leave, by=by)
