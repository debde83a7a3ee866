"""Writes that correct the record: a session, its private note, its removal, the client it is filed under.

Nothing is lost: what a session was before is kept in `TherapySessionChange`, a note in its versions. What they mean
for the assessments is replayed by `ratings.record.actions`, which calls them.
"""

from django.db import transaction
from django.utils import timezone

from alliance import audit
from alliance.access import Editor
from alliance.audit import Verb
from alliance.crypto import Sealed
from alliance.models import Membership
from sessions.models import Attendance, PrivateNote, TherapySession, TherapySessionChange

ChangeKind = TherapySessionChange.ChangeKind
# What is known of a session once it was logged or cancelled.
OUTCOME = ["attendance", "cancelled_by", "cancelled_at", "leave", "logged_at", "logged_by"]
COPIED = (
    "starts_at",
    "ends_at",
    "starts_at_known",
    "zone",
    "mode",
    "attendance",
    "logged_at",
    "logged_by",
    "created_at",
    "cancelled_by",
    "cancelled_at",
)


@transaction.atomic
def correct_therapy_session(
    *, editor: Editor, therapy_session, starts_at, ends_at, mode, attendance, reason="", at=None
):
    """Sets right when and how a session was held; what it was before is kept, with the reason.

    Without a difference and without a reason it writes nothing; whether it wrote.
    """
    editor.check_rows(therapy_session)
    right = {"starts_at": starts_at, "ends_at": ends_at, "mode": mode}
    attendance = Attendance(attendance)
    before = {name: getattr(therapy_session, name) for name in (*right, "attendance")}
    differs = before != right | {"attendance": attendance}
    if not (differs or reason):
        return False
    _keep(therapy_session, ChangeKind.CORRECTED, reason=reason, by=editor.membership, at=at)
    if starts_at != therapy_session.starts_at:
        therapy_session.starts_at_known = True
    for name, value in right.items():
        setattr(therapy_session, name, value)
    if attendance != therapy_session.attendance:
        set_attendance(therapy_session, attendance)
    therapy_session.save(update_fields=[*right, "starts_at_known", "attendance", "cancelled_by", "cancelled_at"])
    audit.record(Verb.CHANGED, therapy_session, by=editor.membership)
    return True


def set_attendance(therapy_session, attendance, by="", at=None):
    """What became of it; only a cancelled session was cancelled by somebody, at some time."""
    therapy_session.attendance = attendance
    is_cancelled = therapy_session.is_cancelled
    therapy_session.cancelled_by = (by or therapy_session.cancelled_by) if is_cancelled else ""
    therapy_session.cancelled_at = (at or therapy_session.cancelled_at or timezone.now()) if is_cancelled else None


def own_note(therapy_session: TherapySession, by: Membership) -> PrivateNote | None:
    """The present version of this member's private note on a session; None where there is none."""
    notes = PrivateNote.objects.filter(therapy_session=therapy_session, written_by__user=by.user_id)
    note: PrivateNote | None = notes.filter(replaced_at__isnull=True).first()
    return note


@transaction.atomic
def write_note(*, editor: Editor, therapy_session, text, at=None):
    """Gives a session's private note another text; the earlier version stays readable to the therapist.

    An empty text is a version as well: the note was emptied.
    """
    editor.check_rows(therapy_session)
    at = at or timezone.now()
    if note := own_note(therapy_session, editor.membership):
        note.replaced_at = at
        note.save(update_fields=["replaced_at"])
    note = PrivateNote.objects.create(
        episode=editor.episode,
        therapy_session=therapy_session,
        text=Sealed(text, editor.episode.client.data_key),
        written_by=editor.membership,
        written_at=at,
    )
    audit.record(Verb.CREATED, note, by=editor.membership)
    return note


@transaction.atomic
def void_therapy_session(*, editor: Editor, therapy_session, reason):
    """Removes a session from the record. It is kept, with the reason."""
    editor.check_rows(therapy_session)
    therapy_session.voided_at, therapy_session.voided_by = timezone.now(), editor.membership
    therapy_session.voided_reason = Sealed(reason, editor.episode.client.data_key)
    therapy_session.save(update_fields=["voided_at", "voided_by", "voided_reason"])
    audit.record(Verb.ENDED, therapy_session, by=editor.membership)


@transaction.atomic
def bring_back_therapy_session(*, editor: Editor, therapy_session):
    """Puts a removed session back on record; when, by whom and why it was removed is kept."""
    editor.check_rows(therapy_session)
    removal = _keep(therapy_session, ChangeKind.REMOVED, by=therapy_session.voided_by, at=therapy_session.voided_at)
    if therapy_session.voided_reason:
        key = editor.episode.client.data_key
        removal.reason = Sealed(therapy_session.voided_reason.open(key), key)
        removal.save(update_fields=["reason"])
    _keep(therapy_session, ChangeKind.BROUGHT_BACK, by=editor.membership)
    therapy_session.voided_at = therapy_session.voided_by = therapy_session.voided_reason = None
    therapy_session.refiled_to = None
    therapy_session.save(update_fields=["voided_at", "voided_by", "voided_reason", "refiled_to"])
    audit.record(Verb.CHANGED, therapy_session, by=editor.membership)


@transaction.atomic
def refile_therapy_session(*, editor: Editor, to: Editor, therapy_session, reason=""):
    """Files a session under another client of the same therapist; the session it is there.

    Its private note and what was corrected go along, sealed anew under the other client's key. Where it came from it
    stays on record as removed. Filed back, it is the first session again.
    """
    editor.check_rows(therapy_session)
    episode, by = to.episode, to.membership
    there = TherapySession.objects.filter(episode=episode, refiled_to=therapy_session).first()
    if there is None:
        there = TherapySession(episode=episode)
    for name in COPIED:
        setattr(there, name, getattr(therapy_session, name))
    there.voided_at = there.voided_by = there.voided_reason = there.refiled_to = None
    therapy_session.voided_at, therapy_session.voided_by = timezone.now(), editor.membership
    therapy_session.save(update_fields=["voided_at", "voided_by"])
    there.save()
    therapy_session.refiled_to = there
    therapy_session.save(update_fields=["refiled_to"])
    old, new = editor.episode.client.data_key, episode.client.data_key
    for note in PrivateNote.objects.filter(therapy_session=therapy_session):
        note.episode, note.therapy_session, note.text = episode, there, Sealed(note.text.open(old), new)
        note.save(update_fields=["episode", "therapy_session", "text"])
    for change in TherapySessionChange.objects.filter(therapy_session=therapy_session):
        change.episode, change.therapy_session = episode, there
        change.reason = Sealed(change.reason.open(old), new) if change.reason else None
        change.save(update_fields=["episode", "therapy_session", "reason"])
    _keep(there, ChangeKind.FILED_HERE, reason=reason, by=by)
    audit.record(Verb.ENDED, therapy_session, by=editor.membership)
    audit.record(Verb.CREATED, there, by=by)
    return there


def is_taken(episode, starts_at, ends_at, *, but=None):
    """Whether another session of the episode lies at this time.

    One that was cancelled leaves its time free, but no other may begin at its very start.
    """
    others = TherapySession.objects.filter(episode=episode).exclude(pk=but and but.pk)
    starts_then = others.not_voided().filter(starts_at=starts_at)
    return starts_then.exists() or others.taking_time().overlapping(starts_at, ends_at).exists()


def _keep(therapy_session, kind, *, by, reason="", at=None):
    """Adds a row of what a session is before it changes."""
    return TherapySessionChange.objects.create(
        episode=therapy_session.episode,
        therapy_session=therapy_session,
        kind=kind,
        starts_at=therapy_session.starts_at,
        ends_at=therapy_session.ends_at,
        mode=therapy_session.mode,
        attendance=therapy_session.attendance,
        reason=Sealed(reason, therapy_session.episode.client.data_key) if reason else None,
        changed_by=by,
        changed_at=at or timezone.now(),
    )
