"""Writes of the pages of a case: open, log, move, end.

They call the lower floor's action, then `reassess`. Keyword-only, one transaction each, audit inside.
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance.access import Editor, Right, check_edit
from alliance.clients import actions as client_actions
from alliance.models import Membership
from alliance.people.actions import end_requests_about
from alliance.refusal import Refused
from ratings.check_in import instrument_choice
from ratings.check_in.actions import save_therapist_rating
from ratings.check_in.links import may_be_asked
from ratings.delivery import schedule
from ratings.detection.reassess import lock_for_log, lock_for_settling, reassess
from sessions.models import Attendance, CancelledBy, Mode, TherapySession
from sessions.plan import actions as plan_actions
from sessions.schedule import actions as schedule_actions
from sessions.schedule.clashes import check_free, check_plannable
from sessions.schedule.times import Span


class AlreadyLogged(Exception):
    """Somebody has logged the planned session in the meantime, or removed it."""


@transaction.atomic
def open_case(
    *,
    practice,
    therapist,
    name,
    by,
    goal="",
    email="",
    zone="",
    consents=(),
    first_session: Span | None = None,
    code=None,
):
    """A new client with their first episode, which has this code; with it the standing that lists it.

    Raises
    ------
    Denied
        The therapist's membership has ended in the meantime: nobody could open the case.
    Refused, NeedsYes
        The first session can't be planned so, or something should be known first. Nothing is written.
    """
    Membership.objects.select_for_update(no_key=True).get(pk=therapist.pk)  # so that it does not end meanwhile
    client = client_actions.create_client(
        practice=practice, name=name, by=by, email=email, zone=zone, consents=consents
    )
    episode = client_actions.start_episode(client=client, therapist=therapist, by=by, code=code)
    editor = check_edit(therapist.user, episode)
    if goal:
        plan_actions.agree_goal(editor=editor, text=goal)
    if first_session:
        check_plannable(editor=editor, spans=[first_session])
        schedule_actions.plan_therapy_sessions(
            editor=editor, spans=[first_session], zone=practice.zone, mode=Mode.IN_PERSON
        )
    reassess(episode)
    return episode


@transaction.atomic
def log_session(
    *,
    editor: Editor,
    starts_at,
    ends_at,
    zone,
    mode,
    attendance,
    answers=None,
    noticed="",
    instrument=None,
    planned=None,
    private_note="",
    accepted=True,
    code=None,
):
    """Logs one therapy session and the therapist's rating of it.

    The client's check-in is made ready with it; one that was made by the plan and has not gone out yet is stopped
    where the client did not come.

    Parameters
    ----------
    noticed
        What the therapist noticed between the two, a `Rating.Noticed`; empty: left out.
    instrument
        The key of the one whose sentences the therapist answered.
    accepted
        False: where another client has this time, or the client is elsewhere, that is to be known first.
    code
        Of the session, where it is not `planned`.

    Raises
    ------
    NeedsYes
        Something should be known first, and it is not `accepted`.
    AlreadyLogged
        The planned session is not planned any more.
    """
    lock_for_log(editor, *filter(None, [planned]))
    if planned and not TherapySession.objects.planned().filter(pk=planned.pk).exists():
        raise AlreadyLogged
    episode = editor.episode
    if attendance in (Attendance.ATTENDED, Attendance.NO_SHOW):
        check_free(editor=editor, span=Span(starts_at, ends_at), stood=planned, accepted=accepted)
    therapy_session = schedule_actions.hold_therapy_session(
        editor=editor,
        starts_at=starts_at,
        ends_at=ends_at,
        zone=zone,
        mode=mode,
        attendance=attendance,
        planned=planned,
        private_note=private_note,
        code=code,
    )
    if attendance == Attendance.ATTENDED:
        if may_be_asked(episode):
            schedule.ask_about(therapy_session)
        if answers or noticed:
            number = instrument_choice.number_at(episode, starts_at)
            key = instrument or instrument_choice.therapist_instrument_for(episode.client, number)
            text = instrument_choice.own_text(key, episode.client.practice.language)
            save_therapist_rating(
                therapy_session=therapy_session, text=text, items=answers or {}, noticed=noticed, by=editor.membership
            )
    else:
        schedule.drop_for_session(therapy_session)
    reassess(episode)
    return therapy_session


@transaction.atomic
def move_session(*, editor: Editor, therapy_session, starts_at, ends_at, accepted=True):
    """Moves a session to another time.

    Its check-in goes with it: what is not sent yet is due anew. Raises `NeedsYes` as `log_session` does, and `Refused`
    where it was logged, cancelled or removed meanwhile: another time may be right for it now.
    """
    lock_for_log(editor, therapy_session)
    shown = therapy_session.attendance
    therapy_session.refresh_from_db(fields=["attendance", "voided_at"])
    if therapy_session.voided_at or therapy_session.attendance != shown:
        raise Refused(_("Somebody has logged, cancelled or removed this session meanwhile. Nothing was saved."))
    if not therapy_session.is_cancelled:
        check_free(editor=editor, span=Span(starts_at, ends_at), stood=therapy_session, accepted=accepted)
    schedule_actions.move_therapy_session(
        editor=editor, therapy_session=therapy_session, starts_at=starts_at, ends_at=ends_at
    )
    schedule.move_along(therapy_session)
    reassess(editor.episode)


@transaction.atomic
def end_episode(*, editor: Right, reason, planned=None, agreed=None):
    """Ends a course of therapy; a rupture that is still open ends with it.

    What was planned for later is cancelled. `planned`: whether the ending was; `agreed`: whether the two agreed on it;
    None: not said. True where it is ended as is said here; one that ended otherwise before stays so.
    """
    lock_for_settling(editor)
    editor.episode.refresh_from_db(fields=["ends_at", "end_reason", "end_planned", "end_agreed"])
    if editor.episode.ends_at:
        before = (editor.episode.end_reason, editor.episode.end_planned, editor.episode.end_agreed)
        return before == (reason, planned, agreed)
    client_actions.close_episode(editor=editor, reason=reason, planned=planned, agreed=agreed)
    end_requests_about(editor.episode, editor.membership)
    now = timezone.now()
    for therapy_session in TherapySession.objects.planned().filter(episode=editor.episode, starts_at__gt=now):
        schedule_actions.cancel_therapy_session(
            editor=editor,
            therapy_session=therapy_session,
            attendance=Attendance.CANCELLED,
            cancelled_by=CancelledBy.THERAPIST,
            cancelled_at=now,
        )
    reassess(editor.episode)
    return True
