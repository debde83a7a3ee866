"""Reading what was held."""

from alliance.models import Episode
from ratings.detection.history import held_by_episode


def test_held_sessions_of_many_episodes_take_three_statements(demo, django_assert_num_queries):
    keys = list(Episode.objects.values_list("pk", flat=True)[:5])
    for count in (1, 5):
        with django_assert_num_queries(3):
            assert len(held_by_episode(keys[:count])) == count
