"""Writes of therapy sessions.

Those that move an assessment are called by `ratings.cases.actions`, which replays.
"""

from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from alliance import audit
from alliance.access import Editor
from alliance.audit import Verb
from alliance.crypto import Sealed
from sessions.models import Attendance, PrivateNote, TherapySession


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
    therapy_session.attendance = Attendance(attendance)
    therapy_session.logged_at, therapy_session.logged_by = now, by
    therapy_session.save()
    note = PrivateNote.objects.filter(therapy_session=therapy_session).first()  # of a log that was undone
    if private_note or note:
        note = note or PrivateNote(episode=episode, therapy_session=therapy_session)
        note.text, note.written_by = Sealed(private_note, episode.client.data_key), by
        note.save()
    audit.record(Verb.CHANGED if planned else Verb.CREATED, therapy_session, by=by)
    return therapy_session


@transaction.atomic
def unlog_therapy_session(*, editor: Editor, therapy_session):
    """Makes a session that was planned before it was logged a planned one again; its time and note stay."""
    editor.check_rows(therapy_session)
    therapy_session.attendance = Attendance.PLANNED
    therapy_session.logged_at = therapy_session.logged_by = None
    therapy_session.save(update_fields=["attendance", "logged_at", "logged_by"])
    audit.record(Verb.CHANGED, therapy_session, by=editor.membership)


@transaction.atomic
def move_therapy_session(*, editor: Editor, therapy_session, starts_at, ends_at):
    """Gives a therapy session another time."""
    editor.check_rows(therapy_session)
    therapy_session.starts_at, therapy_session.ends_at = starts_at, ends_at
    therapy_session.starts_at_known = True
    therapy_session.save(update_fields=["starts_at", "ends_at", "starts_at_known"])
    audit.record(Verb.CHANGED, therapy_session, by=editor.membership)


@transaction.atomic
def void_therapy_session(*, editor: Editor, therapy_session, reason):
    """Voids a therapy session, which stays on record with the reason."""
    editor.check_rows(therapy_session)
    therapy_session.voided_at, therapy_session.voided_by = timezone.now(), editor.membership
    therapy_session.voided_reason = Sealed(reason, editor.episode.client.data_key)
    therapy_session.save(update_fields=["voided_at", "voided_by", "voided_reason"])
    audit.record(Verb.ENDED, therapy_session, by=editor.membership)
