"""Whoever opened a case in an emergency reads it, and writes nothing of it: every route that takes a form is tried."""

from datetime import timedelta

import pytest
from django.utils import timezone

from alliance.crypto import Sealed
from alliance.models import Episode
from alliance.scopes import visible_episodes
from tests.browsers import ask
from tests.browsers import browsers as browsers  # a fixture
from tests.factories import days_ago
from tests.subjects import subjects as subjects  # a fixture
from tests.test_access_matrix import address, rows


@pytest.mark.parametrize("who", ["mona", "vera"])
def test_every_write_is_refused(who, subjects, browsers, request):
    """`mona` manages, `vera` supervised once; both open every case that there is."""
    reader = request.getfixturevalue(who)
    before = {(name, subject): on_post[who] for name, subject, _on_get, on_post in rows()}
    for episode in Episode.objects.filter(therapist__practice=reader.practice_id).select_related("client__data_key"):
        why = Sealed("She rang the duty line.", episode.client.data_key)
        episode.emergency_accesses.create(
            reader=reader, reason=why, starts_at=days_ago(0.001), ends_at=timezone.now() + timedelta(hours=1)
        )
    assert visible_episodes(reader.user).exists()
    wrong, refused = [], 0
    for (name, subject), without in before.items():
        found = ask(browsers[who], "post", address(name, subject, subjects))
        refused += found == 403 and without == 404
        if found not in (without, 403, 404):
            wrong.append(f"{name} {subject}: {found}, and {without} without the case")
    assert not wrong, "\n".join(wrong)
    assert refused > 40, "of what a reader sees and may not write"
