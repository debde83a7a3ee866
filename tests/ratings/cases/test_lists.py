from datetime import timedelta

import pytest
from django.utils import timezone

from benchmarks.work import calls_of
from ratings.cases.lists import case_rows


def test_the_worst_case_comes_first(dana, juniper, sorrel, live_through):
    live_through(sorrel, [3, 3, 3, 3, 3])
    live_through(juniper, [3, 3, 3, 3, 0])
    rows = case_rows([juniper.pk, sorrel.pk], dana.user)
    assert [row.name for row in rows] == ["Juniper", "Sorrel"]
    assert rows[0].since > timezone.now() - timedelta(days=8)


@pytest.mark.sqlite
@pytest.mark.parametrize("path", ["/caseload/", "/caseload/all/", "/cases/"])
def test_python_does_little_more_for_eight_hundred_cases_than_for_fifty(http, dana, sam, many, path):
    http.force_login((dana if path == "/cases/" else sam).user)
    asked = []
    for more in (50, 750):
        many(dana, more, opened_by="client", attention=200_100, missing_in_a_row=3)
        asked.append(calls_of(lambda: http.get(path)))
    assert asked[1] <= 3 * asked[0], asked
