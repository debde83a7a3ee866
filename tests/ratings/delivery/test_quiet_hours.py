"""When the client is awake, against an independent calculation, around every clock change of three years."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from ratings.delivery.quiet_hours import QuietHours, first_outside
from tests.ratings.delivery import clocks

ZONES = (
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia", "Asia/Kathmandu",
    "America/Santiago", "Pacific/Chatham",
)  # fmt: skip
NIGHTS = (
    (time(21), time(8)),  # as a practice starts with
    (time(22, 30), time(2, 30)),  # ends in the hour that a change leaves out or repeats
    (time(2), time(3)),  # is that hour
    (time(23), time(0)),
    (time(0), time(6)),
    (time(12), time(12)),  # none at all
)


def compare(name, step):
    """Every `step` seconds from a day before to a day after each change; how many instants were looked at."""
    found, zone, looked_at = clocks.stretches(name), ZoneInfo(name), 0
    changes = [low for low, _high, _ahead in found[1:]] or [int(clocks.FIRST.timestamp()) + 80 * clocks.DAY]
    for night in NIGHTS:
        quiet = QuietHours(*night)
        seconds = [clock.hour * clocks.HOUR + clock.minute * clocks.MINUTE for clock in night]
        for change in changes:
            for second in range(change - clocks.DAY - 1, change + clocks.DAY, step):
                due = first_outside(datetime.fromtimestamp(second, UTC), quiet, zone)
                expected = clocks.first_outside(second, *seconds, found)
                assert due.timestamp() == expected, (name, night, datetime.fromtimestamp(second, UTC))
                looked_at += 1
    return looked_at


@pytest.mark.parametrize("name", ZONES)
def test_due_times_agree_with_an_independent_calculation(name):
    assert compare(name, 45 * clocks.MINUTE + 7) > 300


def test_the_calculation_knows_the_changes():
    """Three years of two changes; four a year where Ramadan interrupts summer time; none in Kathmandu."""
    counts = {name: len(clocks.stretches(name)) - 1 for name in ZONES}
    assert counts["Europe/Berlin"] == counts["America/New_York"] == counts["Australia/Lord_Howe"] == 6
    assert counts["Africa/Casablanca"] == 6
    assert counts["Asia/Kathmandu"] == 0


@pytest.mark.parametrize(
    ("zone", "at", "due"),
    [
        # The evening, the night and the morning of an ordinary day in Berlin.
        ("Europe/Berlin", (2026, 1, 15, 19, 59), (2026, 1, 15, 19, 59)),
        ("Europe/Berlin", (2026, 1, 15, 20, 0), (2026, 1, 16, 7, 0)),
        ("Europe/Berlin", (2026, 1, 16, 6, 59), (2026, 1, 16, 7, 0)),
        # Clocks go forward, then back: 8 o'clock is an hour earlier, then an hour later than the day before.
        ("Europe/Berlin", (2026, 3, 28, 21, 0), (2026, 3, 29, 6, 0)),
        ("Europe/Berlin", (2026, 10, 24, 20, 0), (2026, 10, 25, 7, 0)),
        # By half an hour only.
        ("Australia/Lord_Howe", (2026, 4, 4, 11, 0), (2026, 4, 4, 21, 30)),
        ("Asia/Kathmandu", (2026, 4, 4, 16, 0), (2026, 4, 5, 2, 15)),
    ],
)
def test_nights_worked_out_by_hand(zone, at, due):
    quiet = QuietHours(time(21), time(8))
    assert first_outside(datetime(*at, tzinfo=UTC), quiet, ZoneInfo(zone)) == datetime(*due, tzinfo=UTC)


def test_a_night_that_ends_in_a_left_out_hour_ends_with_the_change():
    """In Berlin 02:30 did not exist on 29 March 2026; the first moment that was not quiet was 03:00, at 01:00 UTC."""
    quiet = QuietHours(time(22), time(2, 30))
    awake = first_outside(datetime(2026, 3, 29, 0, 10, tzinfo=UTC), quiet, ZoneInfo("Europe/Berlin"))
    assert awake == datetime(2026, 3, 29, 1, tzinfo=UTC)
