"""Writes of a therapist's leave, and of the sessions that fall into it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance import access
from alliance.access import check_edit
from alliance.models import Membership
from alliance.models.episode import OF_EPISODE
from alliance.refusal import Refused
from ratings.delivery import schedule
from ratings.detection.reassess import lock_episodes
from sessions.models import Attendance, CancelledBy, Leave, TherapySession
from sessions.schedule import actions as schedule_actions
from sessions.schedule import times
from sessions.schedule.clashes import NeedsYes, check_plannable, in_leave
from sessions.schedule.times import Span

WEEK = timedelta(weeks=1)


class LeaveChoice(TextChoices):
    """What becomes of the sessions in it."""

    CANCEL = "cancel", _("Cancel them")
    MOVE = "move", _("Move them to the week after, where the hour is free; else cancel")
    KEEP = "keep", _("Leave them as they are")


class NotChosen(Exception):
    """Sessions fall into the leave, and nobody has said what becomes of them."""


@dataclass(frozen=True, slots=True)
class LeaveTaken:
    """A leave, and what became of the sessions that fell into it."""

    leave: Leave
    moved: int
    cancelled: int


@transaction.atomic
def take_leaves(
    *, therapists: Sequence[Membership], first: date, last: date, choice: LeaveChoice | None, code
) -> LeaveTaken:
    """The leave of somebody who has a place in several practices: it holds in each, by the days of its zone.

    The first of the leaves has this code.

    Raises
    ------
    NotChosen, Refused
        As in `take_leave`; nothing is written.
    """
    taken = [
        take_leave(
            therapist=therapist,
            first=first,
            last=last,
            zone=ZoneInfo(therapist.practice.zone),
            choice=choice,
            code=None if number else code,
        )
        for number, therapist in enumerate(therapists)
    ]
    return LeaveTaken(
        taken[0].leave, moved=sum(one.moved for one in taken), cancelled=sum(one.cancelled for one in taken)
    )


@transaction.atomic
def end_leaves(*, leave: Leave, therapists: Sequence[Membership]) -> int:
    """Takes a leave back in every practice that has it on the same days; how many sessions are planned again."""
    days = _days(leave)
    alike = Leave.objects.standing().filter(therapist__in=therapists).select_related("therapist__practice")
    return sum(end_leave(leave=one, by=one.therapist) for one in alike if _days(one) == days)


def _days(leave: Leave) -> tuple[date, date]:
    """Its first day, and the one after the last, in its practice."""
    zone = ZoneInfo(leave.therapist.practice.zone)
    return leave.starts_at.astimezone(zone).date(), leave.ends_at.astimezone(zone).date()


@transaction.atomic
def take_leave(
    *, therapist: Membership, first: date, last: date, zone: ZoneInfo, choice: LeaveChoice | None, code=None
) -> LeaveTaken:
    """Writes down a leave from the first day to the last, and moves or cancels what is planned in it.

    A session moves to the same weekday and time in the first week after. Where somebody has that hour, it is
    cancelled. None of them has begun, so nothing that was rated changes.

    Raises
    ------
    NotChosen
        Sessions are planned in it, and there is no `choice`.
    Refused
        Another leave covers one of the days.
    """
    access.check_role(therapist.user, "therapist")
    Membership.objects.select_for_update(no_key=True).get(pk=therapist.pk)  # two leaves at once: one sees the other
    span = Span(times.day_begins(first, zone), times.day_begins(last + timedelta(days=1), zone))
    if in_leave(therapist, [span]):
        raise Refused(str(_("You have a leave on one of these days already. Take that one back first.")))
    leave = schedule_actions.save_leave(therapist=therapist, span=span, code=code)
    rows = [] if choice == LeaveChoice.KEEP else _planned_in(therapist, span)
    if rows and choice is None:
        raise NotChosen
    moved = sum(choice == LeaveChoice.MOVE and _move_past(row, leave, zone) or _cancel(row, leave) for row in rows)
    return LeaveTaken(leave, moved=moved, cancelled=len(rows) - moved)


def _planned_in(therapist: Membership, span: Span) -> list[TherapySession]:
    """The planned sessions of a therapist that are still to come and fall into this time; their episodes are locked."""
    rows = TherapySession.objects.planned().filter(episode__therapist=therapist, starts_at__gt=timezone.now())
    rows = rows.overlapping(span.starts_at, span.ends_at)
    lock_episodes(set(rows.values_list("episode", flat=True)))
    return list(rows.select_related(*OF_EPISODE).order_by("starts_at"))


def _move_past(row: TherapySession, leave: Leave, zone: ZoneInfo) -> bool:
    """Moves a session to the first week after the leave; whether the hour was free."""
    editor = check_edit(leave.therapist.user, row.episode)
    weeks = ceil((leave.ends_at - row.starts_at) / WEEK)
    clock = row.starts_at.astimezone(zone).time()
    try:
        new = times.moved(Span(row.starts_at, row.ends_at), 7 * weeks, clock, zone)
        check_plannable(editor=editor, spans=[new], moving=[row])
    except (Refused, NeedsYes, times.NoSuchTime):
        return False
    schedule_actions.move_therapy_session(
        editor=editor, therapy_session=row, starts_at=new.starts_at, ends_at=new.ends_at, leave=leave
    )
    schedule.move_along(row)
    return True


def _cancel(row: TherapySession, leave: Leave) -> bool:
    schedule_actions.cancel_therapy_session(
        editor=check_edit(leave.therapist.user, row.episode),
        therapy_session=row,
        attendance=Attendance.CANCELLED,
        cancelled_by=CancelledBy.THERAPIST,
        cancelled_at=leave.created_at,
        leave=leave,
    )
    schedule.drop_for_session(row)
    return False


@transaction.atomic
def end_leave(*, leave: Leave, by: Membership) -> int:
    """Takes a leave back; how many of the sessions that it cancelled are planned again.

    Those to come are, where their hour is still free. What it moved stays where it is.
    """
    access.check_role(by.user, "therapist")
    Membership.objects.select_for_update(no_key=True).get(pk=by.pk)
    leave.refresh_from_db()
    if leave.withdrawn_at:
        return 0
    if leave.therapist_id != by.pk:
        raise access.Denied("leave", leave.code)
    schedule_actions.withdraw_leave(leave=leave, by=by)
    rows = TherapySession.objects.not_voided().filter(
        leave=leave, attendance=Attendance.CANCELLED, starts_at__gt=timezone.now(), episode__therapist=by
    )
    lock_episodes(set(rows.values_list("episode", flat=True)))
    return sum(_restore(row, by) for row in rows.select_related(*OF_EPISODE).order_by("starts_at"))


def _restore(row: TherapySession, by: Membership) -> bool:
    """Plans a session again that the leave had cancelled; whether its hour was free."""
    editor = check_edit(by.user, row.episode)
    try:
        check_plannable(editor=editor, spans=[Span(row.starts_at, row.ends_at)], moving=[row])
    except (Refused, NeedsYes):
        return False
    schedule_actions.unlog_therapy_session(editor=editor, therapy_session=row)
    return True
