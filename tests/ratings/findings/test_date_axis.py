"""The days along the charts, by hand: which are shown, how they are named, and where nothing was held."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ratings.findings.date_axis import Break, Show, breaks, choices, date_axis, is_joined, shown_from

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def weekly(count, last=datetime(2026, 11, 19, 10, tzinfo=UTC)):
    """The starts of so many weekly sessions, up to the last."""
    return [last - timedelta(weeks=count - 1 - position) for position in range(count)]


def midnight(day):
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def leave(first, last):
    """From the morning of the first day to the night of the last one."""
    return Break(midnight(first), midnight(last) + timedelta(days=1), is_leave=True)


# --- Which sessions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "offered"),
    [
        (0, []),
        (3, []),
        (12, []),
        (13, [Show.LAST, Show.ALL]),  # all of this year
        (47, [Show.LAST, Show.ALL]),  # the first was on 1 January
        (48, [Show.LAST, Show.YEAR, Show.ALL]),
    ],
)
def test_a_choice_is_offered_where_it_shows_something_else(count, offered):
    starts = weekly(count)
    assert (count < 48) == all(at.year == 2026 for at in starts)
    assert choices(starts, TODAY) == offered


def test_a_therapy_of_last_year_has_no_choice_of_this_year():
    assert choices(weekly(20, datetime(2025, 6, 1, 10, tzinfo=UTC)), TODAY) == [Show.LAST, Show.ALL]
    assert choices(weekly(5, datetime(2026, 1, 15, 10, tzinfo=UTC)), TODAY) == [Show.YEAR, Show.ALL]


def test_what_each_choice_shows():
    starts = weekly(60)
    assert [len(starts) - shown_from(starts, show, TODAY) for show in (Show.LAST, Show.YEAR, Show.ALL)] == [12, 47, 60]
    assert shown_from(weekly(3), Show.LAST, TODAY) == 0
    assert shown_from([], Show.YEAR, TODAY) == 0


# --- Breaks -----------------------------------------------------------------------------------------------------------


def test_a_leave_is_a_break_with_its_days_and_a_long_gap_is_one_where_no_leave_explains_it():
    starts = [datetime(2026, *day, 10, tzinfo=UTC) for day in ((3, 2), (3, 23), (4, 14), (8, 3), (8, 10), (8, 17))]
    away = [leave("2026-05-04", "2026-07-17"), leave("2026-08-11", "2026-08-14"), leave("2026-12-01", "2026-12-04")]
    found = breaks(starts, away, NOW)
    assert [(row.in_words, row.is_leave) for row in found] == [
        ("24 Mar to 13 Apr 2026", False),  # three weeks before it are none
        ("4 May to 17 Jul 2026", True),  # and the gap from April to August is no other
        ("11 Aug to 14 Aug 2026", True),
    ]
    joined = [is_joined(before, after, found) for before, after in zip(starts, starts[1:], strict=False)]
    assert joined == [True, False, False, True, False]


def test_a_break_of_one_day_and_one_over_new_year_in_words():
    assert leave("2026-05-04", "2026-05-04").in_words == "4 May 2026"
    assert leave("2025-12-22", "2026-01-02").in_words == "22 Dec 2025 to 2 Jan 2026"


def test_a_leave_that_is_still_to_come_is_no_break_and_a_running_one_is_shown_up_to_now():
    starts = weekly(12)
    assert date_axis(starts, breaks(starts, [leave("2026-11-25", "2026-12-04")], NOW), NOW).breaks == ()
    running = leave("2026-11-23", "2026-12-04")
    axis = date_axis(starts, breaks(starts, [running], NOW), NOW)
    assert axis.breaks == (running,)
    assert axis.ends_at == NOW + timedelta(days=4)
    assert axis.clipped(running.starts_at, running.ends_at) == (running.starts_at, axis.ends_at)


def test_a_leave_before_the_first_session_shown_is_left_out():
    starts = weekly(12)
    assert date_axis(starts, breaks(starts, [leave("2026-08-24", "2026-08-28")], NOW), NOW).breaks == ()


# --- The axis ---------------------------------------------------------------------------------------------------------


def test_few_sessions_do_not_spread_over_the_page():
    starts = weekly(3)
    axis = date_axis(starts, [], NOW)
    assert axis.ends_at - axis.starts_at == timedelta(weeks=9)
    assert all(at in axis for at in starts)
    wide = weekly(20)
    axis = date_axis(wide, [], NOW)
    assert (wide[0] - axis.starts_at, axis.ends_at - wide[-1]) == (timedelta(days=4), timedelta(days=4))
    assert date_axis([], [], NOW).ends_at > NOW


@pytest.mark.parametrize(
    ("count", "labels"),
    [
        (3, "Dec<br>2026 Jan<br>2027"),
        (12, "Sep<br>2026 Oct Nov"),
        (40, "Mar<br>2026 May Jul Sep Nov"),
        (60, "Nov<br>2025 Jan<br>2026 Mar May Jul Sep Nov"),
        (300, "Jan<br>2022 Jan<br>2023 Jan<br>2024 Jan<br>2025 Jan<br>2026"),
    ],
)
def test_months_are_named_as_many_as_fit_with_the_year_under_its_first(count, labels):
    found = date_axis(weekly(count), [], NOW).labels
    assert " ".join(label.text for label in found) == labels
    assert all(label.at.day == 1 for label in found)


@pytest.mark.parametrize("weeks", range(1, 900, 37))
def test_the_names_always_fit(weeks):
    assert 1 <= len(date_axis(weekly(weeks), [], NOW).labels) <= 9
