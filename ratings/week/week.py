"""Reads: a therapist's week, by day and hour."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import F, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance import scopes
from alliance.dates import DateFormat, written
from alliance.models import Membership, User
from sessions.models import Attendance, CancelledBy, Leave, Mode, TherapySession
from sessions.schedule.leave import leaves_of

WORKING_DAYS = 5
FIRST_HOUR, LAST_HOUR = 9, 17  # the hours that are always drawn; convention of this app


class CellMark(TextChoices):
    """What became of a session, as the page marks it."""

    HELD = "held", _("held")
    MISSED = "aside", _("no-show")
    DUE = "due", _("not logged")
    PLANNED = "planned", _("planned")
    OFF = "off", _("cancelled")


@dataclass(frozen=True, slots=True)
class Cell:
    """One session of the week."""

    therapy_session: TherapySession
    case_code: str
    name: str
    mark: CellMark
    words: str
    covers_for: str  # whom the reader stands in for; empty where it is their own case
    is_open: bool  # its fields are shown below the week

    @property
    def is_due(self) -> bool:
        return self.mark == CellMark.DUE

    @property
    def can_change(self) -> bool:
        return self.mark in (CellMark.PLANNED, CellMark.OFF)


@dataclass(frozen=True, slots=True)
class Hour:
    """The sessions that start in one hour of a day; none: it is free."""

    hour: int
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class AwayDay:
    """A leave, on one of its days."""

    leave: Leave
    is_first: bool  # the first of its days in this week, which says the rest
    moved: int
    cancelled: int


@dataclass(frozen=True, slots=True)
class WeekDay:
    """One day of the week."""

    day: date
    is_today: bool
    hours: list[Hour]
    away: AwayDay | None

    @property
    def cells(self) -> list[Cell]:
        return [cell for hour in self.hours for cell in hour.cells]


@dataclass(frozen=True, slots=True)
class Week:
    """The week of a therapist, from Monday; Saturday and Sunday only where something stands on them."""

    days: list[WeekDay]
    hours: list[time]
    unlogged_before: int  # planned sessions of earlier weeks that nobody has logged
    unlogged_from: date | None  # the day of the first of them

    @property
    def first(self) -> date:
        return self.days[0].day

    @property
    def last(self) -> date:
        return self.days[-1].day

    @property
    def before(self) -> date:
        return self.first - timedelta(weeks=1)

    @property
    def after(self) -> date:
        return self.first + timedelta(weeks=1)

    @property
    def dates(self) -> str:
        """The days of the week in one phrase."""
        name = DateFormat.DAY if self.first.month != self.last.month else None
        start = written(self.first, name) if name else str(self.first.day)
        return _("%(first)s to %(last)s") % {"first": start, "last": written(self.last, DateFormat.DAY_YEAR)}

    @property
    def sessions(self) -> int:
        """How many stand: held, missed, planned."""
        return sum(cell.mark != CellMark.OFF for day in self.days for cell in day.cells)

    @property
    def unlogged(self) -> int:
        return sum(cell.is_due for day in self.days for cell in day.cells)


def week_of(user: User, therapists: Sequence[Membership], day: date, open_row: TherapySession | None = None) -> Week:
    """The week that has this day, in the current zone; `open_row`: the session whose fields are shown below.

    Four statements, whatever the number of sessions.
    """
    monday = day - timedelta(days=day.weekday())
    start, end = _midnight(monday), _midnight(monday + timedelta(weeks=1))
    now = timezone.now()
    own = TherapySession.objects.not_voided().filter(episode__among=scopes.own_episodes.keys(user))
    rows = list(
        own.filter(starts_at__gte=start, starts_at__lt=end)
        .select_related("episode__client__data_key", "episode__therapist__practice__data_key", "leave")
        .order_by("starts_at", "pk")
    )
    cells: dict[date, list[Cell]] = {}
    for row in rows:
        cells.setdefault(timezone.localdate(row.starts_at), []).append(_cell(row, now, open_row, user))
    leaves = leaves_of(therapists, start, end)
    became = _became(leaves)
    earlier = own.unlogged(now).filter(starts_at__lt=start).order_by("starts_at")
    unlogged = list(earlier.values_list("starts_at", flat=True))
    hours = _hours(rows)
    days = [monday + timedelta(days=number) for number in range(7)]
    return Week(
        days=[
            _day(one, cells.get(one, []), hours, leaves, became)
            for number, one in enumerate(days)
            if number < WORKING_DAYS or any(later in cells for later in days[number:])
        ],
        hours=[time(hour) for hour in hours],
        unlogged_before=len(unlogged),
        unlogged_from=timezone.localdate(unlogged[0]) if unlogged else None,
    )


def plannable_episodes(user: User) -> list[Any]:
    """The open episodes of the user, and those of the colleagues whom they cover, as a list to choose from has them.

    Only what it says of them is read, as there may be hundreds: of each `of_user`, and the therapist of a colleague's.
    """
    episodes = scopes.own_episodes(user).filter(ends_at__isnull=True).annotate(of_user=F("therapist__user"))
    rows = list(
        episodes.select_related("client__data_key")
        .only("code", "starts_at", "therapist", "client__code", "client__name", "client__data_key")
        .order_by("pk")
    )
    of_colleagues = [row for row in rows if row.of_user != user.pk]
    if of_colleagues:
        keys = {row.therapist_id for row in of_colleagues}
        members = Membership.objects.select_related("practice__data_key").in_bulk(keys)
        for row in of_colleagues:
            row.therapist = members[row.therapist_id]
    return rows


def _became(leaves: Sequence[Leave]) -> Counter[tuple[int, bool]]:
    """(leave, whether cancelled) -> how many sessions it has cancelled or moved."""
    rows = TherapySession.objects.not_voided().filter(leave__in=leaves).values_list("leave", "attendance")
    return Counter((leave, attendance == Attendance.CANCELLED) for leave, attendance in rows)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())


def _hours(rows: Sequence[TherapySession]) -> list[int]:
    """The hours to draw: a working day, and every hour in which something starts."""
    used = [timezone.localtime(row.starts_at).hour for row in rows]
    return list(range(min([FIRST_HOUR, *used]), max([LAST_HOUR, *used]) + 1))


def _day(
    day: date, cells: Sequence[Cell], hours: Sequence[int], leaves: Sequence[Leave], became: Counter[tuple[int, bool]]
) -> WeekDay:
    by_hour: dict[int, list[Cell]] = {hour: [] for hour in hours}
    for cell in cells:
        by_hour[timezone.localtime(cell.therapy_session.starts_at).hour].append(cell)
    start, end = _midnight(day), _midnight(day + timedelta(days=1))
    # Of somebody in several practices each has one; they come and go as one.
    here = [leave for leave in leaves if leave.starts_at < end and leave.ends_at > start]
    leave = here[0] if here else None
    return WeekDay(
        day=day,
        is_today=day == timezone.localdate(),
        hours=[Hour(hour, by_hour[hour]) for hour in hours],
        away=AwayDay(
            leave,
            day.weekday() == 0 or leave.starts_at >= start,
            sum(became[one.pk, False] for one in here),
            sum(became[one.pk, True] for one in here),
        )
        if leave
        else None,
    )


def _cell(row: TherapySession, now: datetime, open_row: TherapySession | None, reader: User) -> Cell:
    name, therapist = row.episode.client.display_name, row.episode.therapist
    covers_for = "" if therapist.user_id == reader.pk else therapist.display_name
    mark = {
        Attendance.ATTENDED: CellMark.HELD,
        Attendance.NO_SHOW: CellMark.MISSED,
        Attendance.PLANNED: CellMark.DUE if row.ends_at <= now else CellMark.PLANNED,
    }.get(Attendance(row.attendance), CellMark.OFF)
    return Cell(
        therapy_session=row,
        case_code=str(row.episode.code),
        name=name,
        mark=mark,
        words=_words(row, mark, name, covers_for),
        covers_for=covers_for,
        is_open=open_row is not None and row.pk == open_row.pk,
    )


def _words(row: TherapySession, mark: CellMark, name: str, covers_for: str) -> str:
    """What became of it in words, with the mode where it is not the usual one."""
    if mark == CellMark.OFF:
        by = (
            {
                CancelledBy.CLIENT: name,
                CancelledBy.THERAPIST: covers_for or _("you"),
                CancelledBy.PRACTICE: _("the practice"),
            }.get(CancelledBy(row.cancelled_by))
            if row.cancelled_by
            else None
        )
        return str(_("cancelled by %(who)s") % {"who": by} if by else mark.label)
    if row.mode != Mode.IN_PERSON and mark in (CellMark.PLANNED, CellMark.DUE):
        return f"{mark.label}, {Mode(row.mode).label}"
    return str(mark.label)
