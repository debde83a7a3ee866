"""When a message is due: from instants, a zone and two times of day; no models."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of day up to another; equal times mean no quiet hours.

    They lie over midnight where the second time is the earlier one.
    """

    starts: time
    ends: time

    def include(self, clock: time) -> bool:
        if self.starts <= self.ends:
            return self.starts <= clock < self.ends
        return clock >= self.starts or clock < self.ends


def first_outside(instant: datetime, quiet: QuietHours, zone: ZoneInfo) -> datetime:
    """The first instant, from this one on, outside the quiet hours of the zone.

    Steps by minutes instead of arithmetic: an hour that a clock change leaves out or repeats needs no rule of its own,
    and a night is below a thousand steps.
    """
    while quiet.include(instant.astimezone(zone).time()):
        instant = instant.replace(second=0, microsecond=0) + MINUTE
    return instant
