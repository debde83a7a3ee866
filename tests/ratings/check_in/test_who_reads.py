"""Which emergencies a client is told of, from data alone; and that every reader has words for a client."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine

from alliance.people.emergency import Opening
from alliance.people.readers import Part
from ratings.check_in.who_reads import IS_TO_CLIENT, READS, PastHour, past_hours

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def opening(ends_at):
    people = {"reader_key": 1, "reader": "Tomas", "therapist": "Ada", "reader_is_there": True}
    return Opening(uuid4(), can_read=False, reason="She rang.", starts_at=ends_at - HOUR, ends_at=ends_at, **people)


@pytest.mark.parametrize(
    ("ago", "is_told"),
    [(-HOUR, False), (timedelta(), True), (timedelta(days=365) - HOUR, True), (timedelta(days=365), False)],
)
def test_an_emergency_is_told_of_once_it_is_over_and_for_a_year(ago, is_told):
    row = opening(NOW - ago)
    with time_machine.travel(NOW, tick=False):
        told = past_hours([row], is_named=True, now=NOW)
    assert told == ([PastHour("Tomas", row.starts_at, row.ends_at)] if is_told else [])


def test_an_emergency_is_over_once_its_reader_has_left():
    with time_machine.travel(NOW, tick=False):
        assert not opening(NOW + HOUR).is_over
        assert replace(opening(NOW + HOUR), reader_is_there=False).is_over


def test_an_emergency_names_nobody_where_the_client_did_not_agree_to_names():
    [told] = past_hours([opening(NOW - HOUR)], is_named=False, now=NOW)
    assert told.name == ""


def test_whoever_can_read_a_case_has_words_for_its_client():
    assert IS_TO_CLIENT.keys() == READS.keys() == set(Part)
