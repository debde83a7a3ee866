"""When a message is due. Pure: instants, a zone and two times of day; no models."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of day up to another, over midnight where the second is the earlier one; equal: none at all."""

    starts: time
    ends: time

    def cover(self, clock: time) -> bool:
        if self.starts <= self.ends:
            return self.starts <= clock < self.ends
        return clock >= self.starts or clock < self.ends


def next_awake(instant: datetime, quiet: QuietHours, zone: ZoneInfo) -> datetime:
    """The first instant, not before this one, at which a clock in the zone shows no quiet hour.

    A walk by minutes instead of arithmetic: an hour that a clock change leaves out or repeats needs no rule of its own,
    and a night is below a thousand steps.
    """
    while quiet.cover(instant.astimezone(zone).time()):
        instant = instant.replace(second=0, microsecond=0) + MINUTE
    return instant
