from datetime import timedelta

from django.utils import timezone

from ratings.cases.lists import case_rows


def test_the_worst_case_comes_first(dana, juniper, sorrel, live_through):
    live_through(sorrel, [3, 3, 3, 3, 3])
    live_through(juniper, [3, 3, 3, 3, 0])
    rows = case_rows(type(juniper).objects.visible_to(dana.user))
    assert [row.name for row in rows] == ["Juniper", "Sorrel"]
    assert rows[0].since > timezone.now() - timedelta(days=8)
