"""The month in which most of the therapists rated little, as the practice's chart shows it."""

from datetime import UTC, date, datetime
from io import StringIO

import time_machine
from django.core.management import call_command

from alliance.models import Practice
from ratings.figures.over_time import practice_over_time
from ratings.figures.practice import practice_counts


def test_own_ratings_of_the_last_whole_month_stand_out(db):
    with time_machine.travel(datetime(2026, 11, 20, 12, tzinfo=UTC), tick=False):
        call_command("seed_demo", today=date(2026, 11, 20), stdout=StringIO())
        answered, rated, *_others = practice_over_time(practice_counts(Practice.objects.get()).months)
    assert (rated.key, rated.rows[-1].stands_out) == ("rated", "outside the limits")
    assert not answered.rows[-1].stands_out
