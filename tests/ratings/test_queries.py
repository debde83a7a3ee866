from datetime import timedelta

from django.utils import timezone

from alliance.models import Episode
from ratings import queries


def test_the_worst_case_comes_first(dana, juniper, sorrel, live_through):
    live_through(sorrel, [3, 3, 3, 3, 3])
    live_through(juniper, [3, 3, 3, 3, 0])
    rows = queries.case_rows(type(juniper).objects.visible_to(dana.user))
    assert [row.name for row in rows] == ["Juniper", "Sorrel"]
    assert rows[0].since > timezone.now() - timedelta(days=8)


def test_held_sessions_of_many_episodes_take_three_statements(demo, django_assert_num_queries):
    keys = list(Episode.objects.values_list("pk", flat=True)[:5])
    for count in (1, 5):
        with django_assert_num_queries(3):
            assert len(queries.held_by_episode(keys[:count])) == count
