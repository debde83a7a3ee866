"""Writes of the plan: sessions planned, moved, cancelled, one or the rest of a series.

Keyword-only, one transaction each, audit inside. Each locks the episode, asks for the right again, and checks the new
times after the lock, so that two who plan at once never both get an hour. Who covers may do all of it too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from alliance.access import Editor
from alliance.dates import DateFormat, written
from alliance.models import Client
from alliance.models.episode import OF_EPISODE
from alliance.refusal import Refused
from ratings.delivery import schedule
from ratings.detection.reassess import lock_for_log, reassess
from sessions.models import Attendance, TherapySession
from sessions.schedule import actions as schedule_actions
from sessions.schedule import times
from sessions.schedule.clashes import NeedsYes, check_own_to_change, check_plannable, on_leave
from sessions.schedule.times import Span


@dataclass(frozen=True, slots=True)
class Planned:
    """What a plan came to."""

    rows: list[TherapySession]
    left_out: list[Span]  # they fell into a leave


@transaction.atomic
def plan_sessions(
    *, editor: Editor, spans: Sequence[Span], zone, mode, every_weeks=None, accepted=False, code=None
) -> Planned:
    """Plans one session, or a series; of a series what falls into a leave is left out.

    Raises
    ------
    Refused
        It can't be planned so; the sentence says why, and nothing is written.
    NeedsYes
        Something should be known first, and `accepted` is false.
    """
    lock_for_log(editor)
    # The client too, who may have another therapist: the second to plan sees what the first one did.
    Client.objects.select_for_update(no_key=True).get(pk=editor.episode.client_id)
    editor.episode.refresh_from_db(fields=["ends_at"])
    left_out = on_leave(editor, spans) if every_weeks else []
    wanted = [one for one in spans if one not in left_out]
    if not wanted:
        if editor.covers_until is None:
            raise Refused(_("All of these days fall into your leave."))
        raise Refused(_("All of these days fall into a leave."))
    check_plannable(editor=editor, spans=wanted, accepted=accepted)
    rows = schedule_actions.plan_therapy_sessions(
        editor=editor, spans=wanted, zone=zone, mode=mode, every_weeks=every_weeks, code=code
    )
    return Planned(rows, left_out)


@transaction.atomic
def move_planned(*, editor: Editor, therapy_session, by_days, clock, zone, with_rest=False, accepted=False) -> int:
    """Moves a planned session by so many days, to this time on the wall; how many have moved.

    With the rest of its series each later one moves in the same way.

    Raises
    ------
    Refused, NeedsYes
        As in `plan_sessions`.
    """
    lock_for_log(editor, therapy_session)
    rows = _still_planned(therapy_session, with_rest)
    try:
        spans = [times.moved(Span(row.starts_at, row.ends_at), by_days, clock, zone) for row in rows]
    except times.NoSuchTime as error:
        raise Refused(no_such_time(error.day)) from None
    editor.episode.refresh_from_db(fields=["ends_at"])
    check_plannable(editor=editor, spans=spans, moving=rows, accepted=accepted)
    check_own_to_change(editor=editor, rows=rows, accepted=accepted)
    steps = list(zip(rows, spans, strict=True))
    if spans[0].starts_at > rows[0].starts_at:
        steps.reverse()  # into the future the last one moves first: no two are ever at one time
    for row, one in steps:
        schedule_actions.move_therapy_session(
            editor=editor, therapy_session=row, starts_at=one.starts_at, ends_at=one.ends_at
        )
        schedule.move_along(row)
    reassess(editor.episode)
    return len(rows)


@transaction.atomic
def cancel_planned(
    *, editor: Editor, therapy_session, cancelled_by, told_at: datetime, is_late=False, with_rest=False, accepted=False
) -> int:
    """Cancels a planned session, or it and the rest of its series; how many.

    Nothing is sent about one that is cancelled. Of the rest none is late.

    Raises
    ------
    Refused
        It is not planned any more.
    NeedsYes
        Some lie after the time for which the reader covers, and `accepted` is false.
    """
    lock_for_log(editor, therapy_session)
    rows = _still_planned(therapy_session, with_rest)
    check_own_to_change(editor=editor, rows=rows, accepted=accepted)
    for row in rows:
        late = is_late and row.pk == therapy_session.pk
        schedule_actions.cancel_therapy_session(
            editor=editor,
            therapy_session=row,
            attendance=Attendance.CANCELLED_LATE if late else Attendance.CANCELLED,
            cancelled_by=cancelled_by,
            cancelled_at=told_at,
        )
        schedule.drop_for_session(row)
    reassess(editor.episode)
    return len(rows)


@transaction.atomic
def restore_planned(*, editor: Editor, therapy_session) -> Sequence[str]:
    """Plans a session again that was cancelled ahead; what should be known of its time.

    Raises
    ------
    Refused
        It is not cancelled any more, or its time is over or taken.
    """
    lock_for_log(editor, therapy_session)
    therapy_session.refresh_from_db()
    if not therapy_session.is_cancelled or therapy_session.voided_at:
        raise Refused(_("This session is not cancelled."))
    editor.episode.refresh_from_db(fields=["ends_at"])
    span = Span(therapy_session.starts_at, therapy_session.ends_at)
    known: Sequence[str] = ()
    try:
        check_plannable(editor=editor, spans=[span], moving=[therapy_session])
    except NeedsYes as asked:  # it is planned all the same: one click cancels it again
        known = asked.warnings
    schedule_actions.unlog_therapy_session(editor=editor, therapy_session=therapy_session)
    reassess(editor.episode)
    return known


def _still_planned(therapy_session, with_rest):
    """The session as it is now, and with it the later planned ones of its series, in order of time.

    Raises
    ------
    Refused
        It was logged, cancelled or removed in the meantime.
    """
    planned = TherapySession.objects.planned().select_related(*OF_EPISODE)
    present = planned.filter(pk=therapy_session.pk).first()
    if present is None:
        raise Refused(_("This session is not planned any more. Somebody has logged, cancelled or removed it."))
    if not with_rest or present.series_id is None:
        return [present]
    return list(planned.filter(series=present.series_id, starts_at__gte=present.starts_at).order_by("starts_at"))


def no_such_time(day: date) -> str:
    """The sentence for a time that the clock leaves out on this day."""
    return _("The clock goes forward over this time on %(day)s; it does not exist that day.") % {
        "day": written(day, DateFormat.DAY_YEAR)
    }
