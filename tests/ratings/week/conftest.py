from datetime import time, timedelta

import pytest
from django.utils import timezone

from ratings.week.actions import plan_sessions
from sessions.schedule.times import span
from tests.factories import ZONE, editor_of, local_day


def coming(weeks=1, days=0):
    """A day so many weeks ahead."""
    return local_day() + timedelta(weeks=weeks, days=days)


@pytest.fixture(autouse=True)
def in_berlin():
    with timezone.override(ZONE):
        yield


@pytest.fixture
def plan(instruments):
    """`plan(episode, days, "10:00")` plans sessions of 50 minutes on these days; as a series where `every` is given."""

    def sessions(episode, days, clock="10:00", every=None, accepted=False, minutes=50):
        at = time.fromisoformat(clock)
        spans = [span(day, at, minutes, ZONE) for day in days]
        return plan_sessions(
            editor=editor_of(episode), spans=spans, zone=ZONE.key, mode="video", every_weeks=every, accepted=accepted
        ).rows

    return sessions
