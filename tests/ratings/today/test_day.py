"""A therapist's day reads what it shows, and no more."""

import pytest

from ratings.today import day
from tests.factories import days_ago, make_therapy_session


@pytest.fixture
def lines(monkeypatch):
    """The names of those for whom the page has had a line made."""
    made, case_rows = [], day.case_rows

    def heard(episodes, user):
        rows = case_rows(episodes, user)
        made.extend(row.name for row in rows)
        return rows

    monkeypatch.setattr(day, "case_rows", heard)
    return made


def test_a_line_is_made_only_for_a_case_that_the_page_says_something_of(dana, juniper, sorrel, live_through, lines):
    live_through(juniper, [3, 3, 3])
    live_through(sorrel, [3, 3, 3])
    shown = day.day_of(dana.user)
    assert (lines, shown.has_cases, shown.open) == ([], True, [])
    make_therapy_session(sorrel, starts_at=days_ago(-3))
    assert day.day_of(dana.user).coming.case.name == "Sorrel"
    assert lines == ["Sorrel"]


def test_a_case_in_which_something_is_open_has_a_line(dana, juniper, sorrel, live_through, lines):
    live_through(juniper, [3, 3, 3, 3, 3, 0, 0])
    live_through(sorrel, [3, 3, 3])
    assert [row.case.name for row in day.day_of(dana.user).open] == ["Juniper"]
    assert lines == ["Juniper"]
