"""How PostgreSQL finds the rows of a page right after many came in, before it has counted its tables anew."""

import pytest

from benchmarks.buffers import measured


@pytest.mark.postgres
@pytest.mark.parametrize("page", ["/caseload/", "/caseload/all/"])
def test_four_times_the_cases_take_no_more_than_six_times_the_buffers(page, http, dana, sam, many):
    http.force_login(sam.user)
    found = []
    for more in (100, 300):
        many(dana, more, opened_by="client", attention=200_100, missing_in_a_row=3)
        with measured() as cost:
            assert http.get(page).status_code == 200
        found.append(cost.buffers)
    assert found[1] <= 6 * found[0]
