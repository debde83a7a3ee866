"""What keeps two cases from being joined has words that say what it is."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from alliance.crypto import Sealed
from alliance.models import Client, EmergencyAccess, Episode, ErasureRequest
from ratings.joining.moving import MOVED, OF_CASE, TRACKED
from ratings.joining.obstacles import IN_THE_WAY, STAYS, obstacle_between
from sessions.models import TherapySession
from tests.factories import days_ago
from tests.ratings.joining.test_moving import double, kept  # noqa: F401 -- fixtures


@pytest.mark.sqlite
def test_every_kind_of_row_comes_along_stays_or_has_words():
    known = {model.__name__ for model in (*MOVED, *TRACKED, *OF_CASE, *STAYS, TherapySession)}
    named = set().union(*(names for _words, names in IN_THE_WAY))
    about = {
        model.__name__
        for model in apps.get_models()
        if any(field.related_model in (Client, Episode) for field in model._meta.concrete_fields)
    }
    assert about - known - named == set()


def test_a_request_to_erase_that_was_taken_back_keeps_nobody_apart(mona, kept, double):  # noqa: F811 -- fixtures
    then = {"asked_at": days_ago(300), "taken_back_at": days_ago(299)}
    ErasureRequest.objects.create(client=double.client, reason="asked", asked_by=mona, **then)
    assert obstacle_between(kept, double) == ""


def test_an_opening_in_an_emergency_that_is_over_is_called_so(mona, kept, double):  # noqa: F811 -- fixtures
    then = timezone.now() - timedelta(days=30)
    reason = Sealed("Away.", double.client.data_key)
    EmergencyAccess.objects.create(
        episode=double, reader=mona, reason=reason, starts_at=then, ends_at=then + timedelta(hours=1)
    )
    assert "has an opening in an emergency on record, which" in obstacle_between(kept, double)
