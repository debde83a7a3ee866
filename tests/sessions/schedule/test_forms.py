"""From the clock on the wall to instants, and what a session's time may not be."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from sessions.schedule.forms import FUTURE, LATER_TODAY, TAKEN, SessionMoveForm, TherapySessionForm
from tests.factories import make_therapy_session

NOW = datetime(2026, 11, 4, 12, tzinfo=UTC)  # 13:00 in Berlin
YEARS = "This is more than three years ago. Check the year."


@pytest.fixture(autouse=True)
def in_berlin():
    with time_machine.travel(NOW, tick=False), timezone.override("Europe/Berlin"):
        yield


@pytest.fixture
def filled(juniper):
    """`filled(day, time)`: a log of Juniper's therapy; with `on_record`, that session moved."""

    def form(day, time, minutes=50, on_record=None):
        given = {"day": day, "time": time, "minutes": minutes}
        if on_record:
            return SessionMoveForm(given, episode=juniper, on_record=on_record)
        return TherapySessionForm(given | {"mode": "video", "attendance": "attended"}, episode=juniper)

    return form


def errors(form):
    return {field: [str(error) for error in found] for field, found in form.errors.items()}


@pytest.mark.parametrize(
    ("day", "time", "starts_at"),
    [
        ("2026-07-01", "10:00", datetime(2026, 7, 1, 8, tzinfo=UTC)),  # summer time
        ("2026-01-15", "10:00", datetime(2026, 1, 15, 9, tzinfo=UTC)),
        ("2026-03-29", "03:00", datetime(2026, 3, 29, 1, tzinfo=UTC)),  # the first minute after the gap
        ("2026-10-25", "02:15", datetime(2026, 10, 25, 0, 15, tzinfo=UTC)),  # twice that night: the first is meant
        ("2026-10-25", "03:00", datetime(2026, 10, 25, 2, tzinfo=UTC)),
    ],
)
def test_the_clock_on_the_wall_becomes_an_instant(filled, day, time, starts_at):
    form = filled(day, time)
    assert errors(form) == {}
    assert form.cleaned_data["starts_at"] == starts_at
    assert form.cleaned_data["ends_at"] == starts_at + timedelta(minutes=50)


def test_a_session_in_the_repeated_hour_stays_there_when_only_its_length_changes(filled, juniper):
    start = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)  # 02:15 for the second time that night
    on_record = make_therapy_session(juniper, starts_at=start + timedelta(seconds=20))
    form = filled("2026-10-25", "02:15", minutes=25, on_record=on_record)
    assert form.is_valid()
    assert (form.cleaned_data["starts_at"], form.cleaned_data["ends_at"]) == (start, start + timedelta(minutes=25))


def test_an_hour_that_the_clock_left_out_is_refused(filled):
    assert list(errors(filled("2026-03-29", "02:00"))) == list(errors(filled("2026-03-29", "02:59"))) == ["time"]
    assert errors(filled("2026-03-29", "01:59")) == {}


def test_a_year_that_was_mistyped_is_refused(filled, juniper):
    juniper.starts_at = datetime(2020, 1, 1, tzinfo=UTC)
    assert errors(filled("2023-11-05", "10:00")) == {}, "1,095 days ago"
    assert errors(filled("2023-11-04", "10:00")) == errors(filled("0001-01-01", "10:00")) == {"day": [YEARS]}
    planned = make_therapy_session(juniper, attendance="planned")
    assert errors(filled("2027-11-04", "10:00", on_record=planned)) == {}, "365 days ahead"
    assert errors(filled("2027-11-05", "10:00", on_record=planned)) == {"day": [FUTURE]}


def test_what_is_logged_is_not_in_the_future(filled):
    """By an hour the clock of the room may be ahead of the server's."""
    assert errors(filled("2026-11-04", "14:00")) == {}
    assert errors(filled("2026-11-04", "14:01")) == {"time": [LATER_TODAY]}
    for day, time in (("2026-11-05", "00:30"), ("2026-12-01", "10:00"), ("9999-12-31", "23:59")):
        assert errors(filled(day, time)) == {"day": [FUTURE]}, day


def test_only_a_planned_session_moves_into_the_future(filled, juniper):
    held = make_therapy_session(juniper, attendance="attended")
    planned = make_therapy_session(juniper, starts_at=NOW, attendance="planned")
    assert errors(filled("2026-11-20", "10:00", on_record=planned)) == {}
    assert errors(filled("2026-11-20", "10:00", on_record=held)) == {"day": [FUTURE]}


def test_a_start_is_taken_by_another_session_of_the_same_therapy_that_stands(filled, juniper, sorrel, dana):
    start = datetime(2026, 11, 2, 9, tzinfo=UTC)
    make_therapy_session(sorrel, starts_at=start)
    make_therapy_session(juniper, starts_at=start, voided_at=NOW, voided_by=dana)
    assert errors(filled("2026-11-02", "10:00")) == {}
    standing = make_therapy_session(juniper, starts_at=start, attendance="attended")
    assert errors(filled("2026-11-02", "10:00")) == {"time": [TAKEN]}
    assert errors(filled("2026-11-02", "10:00", minutes=25, on_record=standing)) == {}, "itself, made shorter"


def test_nothing_is_logged_after_the_therapy_ended(filled, juniper):
    juniper.ends_at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert errors(filled("2026-11-02", "09:59")) == {}
    assert errors(filled("2026-11-02", "10:00")) == {"day": ["This therapy had ended by then."]}
