"""The lists of cases ask as often for many as for one."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_episode, make_therapy_session
from tests.ratings.views.conftest import statements


@pytest.mark.parametrize(
    ("page", "persona", "expected"),
    [("ratings:today", "dana", 11), ("ratings:cases", "dana", 6), ("ratings:caseload", "sam", 6)],
)
def test_a_list_asks_as_often_for_three_cases_as_for_one(
    page, persona, expected, http, dana, sam, request, live_through
):
    http.force_login(request.getfixturevalue(persona).user)
    counts = []
    for names in (["Juniper"], ["Sorrel", "Bramble"]):
        for name in names:
            episode = make_episode(dana, name)
            live_through(episode, [3, 3, 3, 3, 0, None])
            make_therapy_session(episode, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(minutes=50))
        counts.append(statements(http, reverse(page)))
    assert counts == [expected, expected]
