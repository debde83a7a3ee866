"""Writes that correct what was logged: a session, its removal, the client it is filed under.

They call the lower floor's action, bring the check-in in line, then replay: the assessments are those of a record that
had been right from the start. Keyword-only, one transaction each, audit inside.
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance.access import Editor
from alliance.crypto import Sealed
from alliance.refusal import Refused
from ratings.check_in.actions import (
    SessionVoided,
    ask_client,
    move_with_ratings,
    replace_rating,
    save_therapist_rating,
    take_back_wishes,
)
from ratings.check_in.answers import PlanAnswers
from ratings.check_in.rate_first import keep_shown
from ratings.delivery.follow import follow_session
from ratings.detection.reassess import lock_episodes, lock_for_edit, reassess, reassess_all
from ratings.models import CheckIn, Rating
from ratings.psychometrics.evidence import Rater
from sessions.models import Attendance
from sessions.record import actions as record_actions
from sessions.schedule.clashes import check_free
from sessions.schedule.times import Span


class LogUndone(Exception):
    """The log of this session was taken back meanwhile: it is planned again, and nothing of it can be corrected."""


class NoteChanged(Exception):
    """The private note has another text than the page showed; `note` is the present version."""

    def __init__(self, note):
        super().__init__()
        self.note = note


@transaction.atomic
def correct_session(
    *,
    editor: Editor,
    therapy_session,
    starts_at,
    ends_at,
    mode,
    attendance,
    text,
    answers,
    noticed,
    private_note,
    note_shown,
    reason="",
    accepted=True,
):
    """Sets right what was logged of a session; the first entry is kept with each change. Whether anything was written.

    Parameters
    ----------
    text
        Whose sentences the therapist's `answers` are to. Where the session was not attended, an own rating on record
        stays as it is: it is kept, and does not count.
    note_shown
        The code of the version of the private note that the page showed; None for no note.

    Raises
    ------
    NeedsYes
        The new time is taken as in `log_session`, and it is not `accepted`.
    NoteChanged
        The note was changed since, and to another text than this one. Nothing is written.
    LogUndone
        The session is planned again.
    SessionVoided
        The session was removed meanwhile.
    """
    lock_for_edit(editor, therapy_session)
    therapy_session.refresh_from_db()
    if therapy_session.voided_at:
        raise SessionVoided
    if therapy_session.attendance == Attendance.PLANNED:
        raise LogUndone
    if attendance in (Attendance.ATTENDED, Attendance.NO_SHOW):
        check_free(editor=editor, span=Span(starts_at, ends_at), stood=therapy_session, accepted=accepted)
    at = timezone.now()
    changed = record_actions.correct_therapy_session(
        editor=editor,
        therapy_session=therapy_session,
        starts_at=starts_at,
        ends_at=ends_at,
        mode=mode,
        attendance=attendance,
        reason=reason,
        at=at,
    )
    changed |= _correct_note(editor, therapy_session, private_note, note_shown, at)
    if attendance == Attendance.ATTENDED:
        changed |= _correct_own_rating(editor, therapy_session, text, answers, noticed, at)
    follow_session(therapy_session)
    reassess(editor.episode)
    return changed


def _correct_note(editor: Editor, therapy_session, text, note_shown, at):
    note = record_actions.own_note(therapy_session, editor.membership)
    if (note.text.open(editor.episode.client.data_key) if note else "") == text:
        return False
    if (note.code if note else None) != note_shown:
        raise NoteChanged(note)
    record_actions.write_note(editor=editor, therapy_session=therapy_session, text=text, at=at)
    return True


def _correct_own_rating(editor: Editor, therapy_session, text, answers, noticed, at):
    current = therapy_session.ratings.current().filter(rater=Rater.THERAPIST).first()
    if current and (current.answers, current.noticed) == (answers, noticed):
        return False
    if not answers:
        keep_shown(therapy_session)
    if current:
        replace_rating(current, by=editor.membership, at=at)
    if answers or noticed:
        save_therapist_rating(
            therapy_session=therapy_session, text=text, items=answers, by=editor.membership, noticed=noticed
        )
    return bool(current or answers or noticed)


@transaction.atomic
def remove_session(*, editor: Editor, therapy_session, reason):
    """Removes a session from the record, with a reason; it can be brought back.

    Its check-in is closed: nothing more is sent, and its links open nothing. Answers stay, and do not count. Once it is
    removed, the first reason stays; the same one again changes nothing.

    Raises
    ------
    SessionVoided
        It was removed before, for another reason.
    """
    lock_for_edit(editor, therapy_session)
    therapy_session.refresh_from_db(fields=["voided_at", "voided_reason"])
    if therapy_session.voided_at:
        first = therapy_session.voided_reason
        if first is None or first.open(editor.episode.client.data_key) != reason:
            raise SessionVoided
        return
    record_actions.void_therapy_session(editor=editor, therapy_session=therapy_session, reason=reason)
    follow_session(therapy_session)
    reassess(editor.episode)


@transaction.atomic
def bring_back_session(*, editor: Editor, therapy_session):
    """Brings a removed session back, with its answers. One that is on record stays as it is.

    Raises
    ------
    Refused
        Its time has been taken, or it is in another client's record now.
    """
    lock_for_edit(editor, therapy_session)
    therapy_session.refresh_from_db()
    if not therapy_session.voided_at:
        return
    if therapy_session.refiled_to_id:
        raise Refused(_("This session is in another client's record now. Move it back from there."))
    times = (therapy_session.starts_at, therapy_session.ends_at)
    if record_actions.is_taken(editor.episode, *times, but=therapy_session):
        raise Refused(_("Another session is on record at this time."))
    record_actions.bring_back_therapy_session(editor=editor, therapy_session=therapy_session)
    follow_session(therapy_session)
    reassess(editor.episode)


@transaction.atomic
def refile_session(*, editor: Editor, to: Editor, therapy_session, reason=""):
    """Files a session under another client of the same therapist; the session it is there.

    The therapist's part moves: times, own rating, private note, and answers that the therapist typed from paper. What
    the client sent themselves stays with the client who sent it, with the removed session.

    Raises
    ------
    Refused
        The other client has a session at this time, or their therapy had ended by then.
    SessionVoided
        The session was removed meanwhile.
    """
    lock_episodes([editor.episode.pk, to.episode.pk])
    editor.check_again(therapy_session)
    to.check_again()
    therapy_session.refresh_from_db()
    if therapy_session.voided_at:
        raise SessionVoided
    to.episode.refresh_from_db(fields=["ends_at"])
    if to.episode.ends_at and therapy_session.starts_at >= to.episode.ends_at:
        raise Refused(_("The therapy of this client had ended by then."))
    if record_actions.is_taken(to.episode, therapy_session.starts_at, therapy_session.ends_at):
        raise Refused(_("This client has another session on record at this time."))
    keep_shown(therapy_session)
    there = record_actions.refile_therapy_session(editor=editor, to=to, therapy_session=therapy_session, reason=reason)
    therapy_session.ratings.filter(rater=Rater.THERAPIST).update(episode=to.episode, therapy_session=there)
    take_back_wishes(therapy_session=therapy_session)  # what its log said of a wish was not said to this client
    _move_paper(editor, to, therapy_session, there)
    follow_session(therapy_session)
    follow_session(there)
    reassess_all([editor.episode.pk, to.episode.pk], to.episode.client.practice)
    return there


def _ask_anew(there, typed: Rating, by) -> CheckIn:
    """The check-in of the session where it is now: read, where this member typed the answers or somebody had read them.

    It asks about the plan of the right client wherever the first one did about the other's: those answers name goals
    that this client does not have, so they are to be given again.
    """
    plan = PlanAnswers.from_json(typed.plan_answers)
    check_in: CheckIn = ask_client(therapy_session=there, text=typed.text, always_about_plan=bool(plan))
    if typed.entered_by and typed.entered_by.user_id == by.user_id:
        check_in.read_at, check_in.read_by = timezone.now(), by
    elif typed.check_in:
        check_in.read_at, check_in.read_by = typed.check_in.read_at, typed.check_in.read_by
    check_in.save(update_fields=["read_at", "read_by"])
    return check_in


def _move_paper(editor: Editor, to: Editor, therapy_session, there):
    """Moves answers that the therapist typed, with their corrections, and seals what was added to them anew."""
    typed = therapy_session.ratings.filter(rater=Rater.CLIENT, mode=Rating.Mode.PAPER)
    current = typed.filter(replaced_at__isnull=True).select_related("text", "check_in", "entered_by").first()
    if current is None:  # the client has sent their own since: they are that client's
        return
    check_in = CheckIn.objects.filter(therapy_session=there).first() or _ask_anew(there, current, to.membership)
    if there.ratings.filter(rater=Rater.CLIENT, replaced_at__isnull=True).exists():
        replace_rating(current, by=to.membership)  # filed back to a client who has answered themselves
    if current.check_in and current.check_in.shown_unrated_at and not check_in.shown_unrated_at:
        check_in.shown_unrated_at = current.check_in.shown_unrated_at
        check_in.save(update_fields=["shown_unrated_at"])
    old, new = editor.episode.client.data_key, to.episode.client.data_key
    for rating in typed:
        rating.episode, rating.therapy_session, rating.check_in = to.episode, there, check_in
        rating.comment = Sealed(rating.comment.open(old), new) if rating.comment else None
        rating.save(update_fields=["episode", "therapy_session", "check_in", "comment"])
    move_with_ratings(typed, to=to.episode)
