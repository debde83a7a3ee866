from datetime import timedelta

import pytest
from django.utils import timezone

from benchmarks.work import calls_of
from ratings.cases.lists import case_rows

FLAGGED = {"opened_by": "client", "attention": 200_100, "missing_in_a_row": 3}
ASIDE = {"opened_by": "detector", "aside": True}


def test_the_worst_case_comes_first(dana, juniper, sorrel, live_through):
    live_through(sorrel, [3, 3, 3, 3, 3])
    live_through(juniper, [3, 3, 3, 3, 0])
    rows = case_rows([juniper.pk, sorrel.pk], dana.user)
    assert [row.name for row in rows] == ["Juniper", "Sorrel"]
    assert rows[0].since > timezone.now() - timedelta(days=8)


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("path", "cases", "most"),  # measured: 39, 22, 1.1, 0.5 and 1.0
    [
        ("/caseload/", FLAGGED, 50),
        ("/caseload/", ASIDE, 30),
        ("/caseload/all/", FLAGGED, 2),
        ("/cases/", FLAGGED, 2),
        ("/today/", FLAGGED, 2),
    ],
)
def test_python_does_little_for_a_case_that_the_page_does_not_show(http, dana, sam, many, path, cases, most):
    """It calls no more than so many functions for each: the page reads what such a case has to say, and no more."""
    http.force_login((sam if path.startswith("/caseload/") else dana).user)
    asked = []
    for more in (50, 750):
        many(dana, more, **cases)
        asked.append(calls_of(lambda: http.get(path)))
    assert (asked[1] - asked[0]) / 750 < most, asked
    assert asked[1] <= 3 * asked[0], asked
