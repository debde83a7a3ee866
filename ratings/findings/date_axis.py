"""The days along a case's charts: each as wide as any other, with the breaks between the sessions.

All instants here are local ones of one zone, so that Python reckons with them as with a clock on the wall: no day is
shorter than another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alliance.dates import DateFormat, written

LAST = 12  # sessions; convention of this app
NARROWEST = timedelta(weeks=9)  # so that three sessions do not spread over the page; convention of this app
MARGIN = timedelta(days=4)  # on either side, so that no point lies on the edge
LONGEST_GAP = timedelta(weeks=3)  # what lies further apart is not joined; convention of this app
MOST_LABELS = 7
EVERY_MONTHS = (1, 2, 3, 6, 12, 24, 60)
DAY = timedelta(days=1)


class Show(TextChoices):
    """How much of a case the charts show."""

    LAST = "last", gettext_lazy("Last 12")
    YEAR = "year", gettext_lazy("This year")
    ALL = "all", gettext_lazy("All")


def choices(starts: Sequence[datetime], today: date) -> list[Show]:
    """What there is to choose between; nothing where each choice would show the same."""
    of_year = sum(at.year == today.year for at in starts)
    found = [Show.LAST] if len(starts) > LAST else []
    found += [Show.YEAR] if 0 < of_year < len(starts) else []
    return [*found, Show.ALL] if found else []


def shown_from(starts: Sequence[datetime], show: Show, today: date) -> int:
    """The position of the first session that is shown; with a choice that is not offered, all are."""
    if show not in choices(starts, today):
        return 0
    if show == Show.LAST:
        return len(starts) - LAST
    return sum(at.year != today.year for at in starts) if show == Show.YEAR else 0


# --- Breaks -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Break:
    """Days without a session: `[starts_at, ends_at)`, from midnight to midnight."""

    starts_at: datetime
    ends_at: datetime
    is_leave: bool  # else nothing was held for more than three weeks

    @property
    def in_words(self) -> str:
        """From its first day to its last, the year with the last where the two are of one year."""
        first, last = self.starts_at, self.ends_at - DAY
        to = written(last, DateFormat.SHORT_YEAR)
        if first.date() == last.date():
            return to
        return _("%(first)s to %(last)s") % {
            "first": written(first, DateFormat.SHORT if first.year == last.year else DateFormat.SHORT_YEAR),
            "last": to,
        }

    def touches(self, starts_at: datetime, ends_at: datetime) -> bool:
        return self.starts_at < ends_at and self.ends_at > starts_at


def breaks(starts: Sequence[datetime], leaves: Sequence[Break], now: datetime) -> list[Break]:
    """The leaves that have begun, and the long gaps between sessions that no leave explains; in order of time."""
    begun = [leave for leave in leaves if leave.starts_at <= now]
    gaps = [
        Break(_midnight(before) + DAY, _midnight(after), is_leave=False)
        for before, after in pairwise(starts)
        if _is_long(before, after) and not any(leave.touches(before, after) for leave in begun)
    ]
    return sorted([*begun, *gaps], key=lambda row: row.starts_at)


def is_joined(before: datetime, after: datetime, found: Sequence[Break]) -> bool:
    """Whether a line may lead from one session to the next: no break lies between them."""
    return not _is_long(before, after) and not any(row.touches(before, after) for row in found)


def _is_long(before: datetime, after: datetime) -> bool:
    """Whether nothing was held for longer than three weeks, by the days: a later hour makes none of it longer."""
    return after.date() - before.date() > LONGEST_GAP


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


# --- The axis ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Label:
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class DateAxis:
    """The days that are shown, `[starts_at, ends_at]`, and the breaks that fall among them."""

    starts_at: datetime
    ends_at: datetime
    breaks: tuple[Break, ...] = ()

    def __contains__(self, at: datetime) -> bool:
        return self.starts_at <= at <= self.ends_at

    def clipped(self, starts_at: datetime, ends_at: datetime) -> tuple[datetime, datetime] | None:
        """The part of this time that is shown; None where that is nothing."""
        start, end = max(starts_at, self.starts_at), min(ends_at, self.ends_at)
        return (start, end) if start < end else None

    @property
    def labels(self) -> list[Label]:
        """The first days of months, as many as fit; the year stands below the first label of each year."""
        first = self.starts_at.year * 12 + self.starts_at.month  # that of the month that follows, counted from 0
        last = self.ends_at.year * 12 + self.ends_at.month - 1
        months = range(first, last + 1)
        step = next(step for step in EVERY_MONTHS if len(months) // step <= MOST_LABELS or step == EVERY_MONTHS[-1])
        starts = [
            datetime(month // 12, month % 12 + 1, 1, tzinfo=self.starts_at.tzinfo)
            for month in months
            if month % step == 0
        ]
        return [
            Label(at, _month(at, with_year=position == 0 or at.year != starts[position - 1].year))
            for position, at in enumerate(starts)
        ]


def date_axis(starts: Sequence[datetime], found: Sequence[Break], now: datetime) -> DateAxis:
    """The axis of these sessions, in order of time; also of a leave after the last of them, as far as it has come."""
    first = starts[0] if starts else now
    reached = [min(row.ends_at, now) for row in found if row.is_leave]
    end = max([starts[-1] if starts else now, *reached])
    axis = DateAxis(first - MARGIN, max(end + MARGIN, first - MARGIN + NARROWEST))
    return DateAxis(axis.starts_at, axis.ends_at, tuple(row for row in found if row.touches(first, axis.ends_at)))


def _month(at: datetime, *, with_year: bool) -> str:
    month = written(at, DateFormat.MONTH)
    return f"{month}<br>{at.year}" if with_year else month
