"""A series keeps the clock on the wall; what the clock leaves out is no time."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sessions.schedule.times import NoSuchTime, Span, day_begins, instant, moved, series_days, span

# North, south, the other way round in winter, half an hour, and none at all.
ZONES = [
    "Europe/London",
    "America/New_York",
    "Australia/Sydney",
    "Europe/Dublin",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
]
zones = st.sampled_from([ZoneInfo(name) for name in ZONES])
clocks = st.times(min_value=time(0), max_value=time(23, 55)).map(lambda at: at.replace(second=0, microsecond=0))
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@given(days, clocks, zones, st.integers(1, 6), st.integers(5, 180))
def test_a_series_keeps_the_clock_on_the_wall(first, clock, zone, every, minutes):
    for number, day in enumerate(islice(series_days(first, every), 30)):
        assert day == first + timedelta(weeks=every * number)
        assert day.weekday() == first.weekday()
        try:
            one = span(day, clock, minutes, zone)
        except NoSuchTime as error:
            assert error.day == day
            continue
        local = one.starts_at.astimezone(zone)
        assert (local.date(), local.time()) == (day, clock)
        assert one.ends_at - one.starts_at == timedelta(minutes=minutes)


@given(days, clocks, zones)
def test_a_time_that_does_not_exist_is_said_and_one_that_comes_twice_is_the_first(day, clock, zone):
    wall = datetime.combine(day, clock)
    both = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    shows = [at for at in both if at.astimezone(zone).replace(tzinfo=None) == wall]
    if shows:
        assert instant(day, clock, zone) == min(shows)
    else:
        with pytest.raises(NoSuchTime):
            instant(day, clock, zone)


@given(days, clocks, zones, st.integers(-60, 60), clocks)
def test_moved_by_days_it_stands_at_the_new_time_and_lasts_as_long(day, clock, zone, by_days, new_clock):
    try:
        old = span(day, clock, 50, zone)
        new = moved(old, by_days, new_clock, zone)
    except NoSuchTime:
        assume(False)
    local = new.starts_at.astimezone(zone)
    assert (local.date(), local.time()) == (day + timedelta(days=by_days), new_clock)
    assert new.ends_at - new.starts_at == old.ends_at - old.starts_at


def test_weekly_over_the_end_of_summer_time():
    days = islice(series_days(date(2026, 10, 19), 1), 2)
    starts = [span(day, time(16, 30), 50, ZoneInfo("Europe/London")).starts_at for day in days]
    assert starts == [datetime(2026, 10, 19, 15, 30, tzinfo=UTC), datetime(2026, 10, 26, 16, 30, tzinfo=UTC)]


def test_every_four_weeks_through_a_29_february():
    assert list(islice(series_days(date(2028, 2, 1), 4), 3)) == [date(2028, 2, 1), date(2028, 2, 29), date(2028, 3, 28)]


def test_what_ends_when_another_begins_does_not_overlap():
    ten, eleven, twelve = (datetime(2026, 11, 3, hour, tzinfo=UTC) for hour in (10, 11, 12))
    assert not Span(ten, eleven).overlaps(Span(eleven, twelve))
    assert Span(ten, twelve).overlaps(Span(eleven, twelve))


midnights = st.sampled_from([ZoneInfo(name) for name in (*ZONES, "America/Santiago", "Africa/Cairo", "America/Havana")])


@given(days, midnights)
def test_a_day_begins_where_the_one_before_ends(day, zone):
    begins = day_begins(day, zone)
    moments = [begins + timedelta(minutes=minutes) for minutes in (-1, 0)]
    assert [at.astimezone(zone).date() for at in moments] == [day - timedelta(days=1), day]
