from datetime import timedelta

import pytest
from django.utils import timezone

from benchmarks.buffers import measured
from ratings.cases.lists import case_rows


def test_the_worst_case_comes_first(dana, juniper, sorrel, live_through):
    live_through(sorrel, [3, 3, 3, 3, 3])
    live_through(juniper, [3, 3, 3, 3, 0])
    rows = case_rows(type(juniper).objects.visible_to(dana.user))
    assert [row.name for row in rows] == ["Juniper", "Sorrel"]
    assert rows[0].since > timezone.now() - timedelta(days=8)


@pytest.mark.postgres
@pytest.mark.parametrize("page", ["/caseload/", "/caseload/all/"])
def test_after_an_import_four_times_the_cases_take_at_most_six_times_the_buffers(page, http, dana, sam, many):
    http.force_login(sam.user)
    found = []
    for more in (100, 300):
        many(dana, more, opened_by="client", attention=200_100, missing_in_a_row=3)
        with measured() as cost:
            assert http.get(page).status_code == 200
        found.append(cost.buffers)
    assert found[1] <= 6 * found[0]
