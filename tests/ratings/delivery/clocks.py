"""Due times once more, by another way: seconds, and the stretches between two clock changes; no local datetimes."""

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

DAY, HOUR, MINUTE = 86400, 3600, 60
FIRST, LAST = datetime(2025, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)  # three years, both changes of each


def offset(zone, second):
    return int(datetime.fromtimestamp(second, UTC).astimezone(zone).utcoffset().total_seconds())


def stretches(name):
    """(from, to, offset) of each stretch with one offset, in seconds since 1970; found by halving."""
    zone = ZoneInfo(name)
    start, end = int(FIRST.timestamp()) - 3 * DAY, int(LAST.timestamp()) + 3 * DAY
    edges = [start]
    for hour in range(start, end, HOUR):
        if offset(zone, hour) != offset(zone, hour + HOUR):
            low, high = hour, hour + HOUR
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(zone, middle) == offset(zone, low) else (low, middle)
            edges.append(high)
    return [(low, high, offset(zone, low)) for low, high in pairwise([*edges, end])]


def first_outside(second, quiet_from, quiet_to, found):
    """The first second, not before this one, that is outside of quiet hours; these are given in seconds of the day."""
    for _low, high, ahead in found:
        if second >= high:
            continue
        clock = (second + ahead) % DAY
        since_start, length = (clock - quiet_from) % DAY, (quiet_to - quiet_from) % DAY
        if since_start >= length:
            return second
        awake = second + length - since_start
        if awake < high:
            return awake
        second = high  # the clock was changed in the night: look at it again from there
    raise AssertionError("past the last stretch")
