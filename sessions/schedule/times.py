"""From a clock on the wall to instants: one session, and the days of a series; no models."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Span:
    """When a session is: `[starts_at, ends_at)`."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Span") -> bool:
        return self.starts_at < other.ends_at and self.ends_at > other.starts_at


class NoSuchTime(ValueError):
    """The clock goes forward over this time on this day."""

    def __init__(self, day: date) -> None:
        super().__init__(day)
        self.day = day


def instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The instant at which a clock on the wall of this zone shows this.

    Where it goes back and a time comes twice, the first is meant.

    Raises
    ------
    NoSuchTime
        The clock goes forward over it.
    """
    wall_clock = datetime.combine(day, clock)
    found = wall_clock.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) != wall_clock:
        raise NoSuchTime(day)
    return found


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day; where the clock goes forward over midnight, it shows a later time."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def span(day: date, clock: time, minutes: int, zone: ZoneInfo) -> Span:
    """A session that starts when the clock on the wall shows this, and lasts so many minutes."""
    starts_at = instant(day, clock, zone)
    return Span(starts_at, starts_at + timedelta(minutes=minutes))


def series_days(first: date, every_weeks: int) -> Iterator[date]:
    """Yields the days of a series without an end, so many weeks apart."""
    for number in count():
        yield first + timedelta(weeks=every_weeks * number)


def moved(old: Span, by_days: int, clock: time, zone: ZoneInfo) -> Span:
    """A session so many days later, at this time on the wall; it lasts as long as before."""
    day = old.starts_at.astimezone(zone).date() + timedelta(days=by_days)
    starts_at = instant(day, clock, zone)
    return Span(starts_at, starts_at + (old.ends_at - old.starts_at))
