"""The two largest tables: each index is one that something searches, and no other begins as it does."""

import pytest
from django.db import connection

from ratings.models import Assessment, Rating


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (
            Rating,
            {
                ("code",),
                ("check_in_id",),
                ("therapy_session_id",),  # with those that were replaced, which the next one leaves out
                ("therapy_session_id", "rater"),
                ("episode_id", "rater"),
            },
        ),
        (Assessment, {("therapy_session_id", "version_id"), ("episode_id", "version_id")}),
    ],
)
def test_the_indexes_are_those_that_are_searched(model, expected, db):
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table).values()
    searched = {tuple(one["columns"]) for one in found if (one["index"] or one["unique"]) and not one["primary_key"]}
    assert searched == expected
