"""Writes on the first floor. `ratings.actions` calls them where an assessment moves as well."""

from django.db import transaction
from django.utils import timezone

from alliance import audit
from alliance.audit import Verb
from alliance.crypto import Sealed
from sessions.models import Attendance, Goal, PrivateNote, TherapySession


@transaction.atomic
def hold_therapy_session(*, episode, starts_at, ends_at, zone, mode, attendance, by, planned=None, private_note=""):
    """Logs what became of a therapy session: of the planned one, or of one that nobody had planned."""
    therapy_session = planned or TherapySession(episode=episode)
    therapy_session.starts_at, therapy_session.ends_at = starts_at, ends_at
    therapy_session.zone, therapy_session.mode = zone, mode
    therapy_session.attendance = Attendance(attendance)
    therapy_session.logged_at, therapy_session.logged_by = timezone.now(), by
    therapy_session.save()
    if private_note:
        key = episode.client.data_key
        PrivateNote.objects.create(
            episode=episode, therapy_session=therapy_session, text=Sealed(private_note, key), written_by=by
        )
    audit.record(Verb.CHANGED if planned else Verb.CREATED, therapy_session, by=by)
    return therapy_session


@transaction.atomic
def move_therapy_session(*, therapy_session, starts_at, ends_at, by):
    therapy_session.starts_at, therapy_session.ends_at = starts_at, ends_at
    therapy_session.starts_at_known = True
    therapy_session.save(update_fields=["starts_at", "ends_at", "starts_at_known"])
    audit.record(Verb.CHANGED, therapy_session, by=by)


@transaction.atomic
def void_therapy_session(*, therapy_session, reason, by):
    """It stays on record with the reason, and counts no more."""
    therapy_session.voided_at, therapy_session.voided_by = timezone.now(), by
    therapy_session.voided_reason = Sealed(reason, therapy_session.episode.client.data_key)
    therapy_session.save(update_fields=["voided_at", "voided_by", "voided_reason"])
    audit.record(Verb.ENDED, therapy_session, by=by)


@transaction.atomic
def agree_goal(*, episode, text, by):
    goal = Goal.objects.create(episode=episode, text=Sealed(text, episode.client.data_key), written_by=by)
    audit.record(Verb.CREATED, goal, by=by)
    return goal
