"""A therapist's day reads what it shows, and no more."""

import pytest

from ratings.today import day
from tests.factories import days_ago, make_therapy_session
from tests.ratings.today.views.test_today import STRAIN, answered, at_noon, plan, today  # noqa: F401 -- a fixture


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


@pytest.mark.usefixtures("at_noon")
def test_what_another_client_says_stands_apart_from_what_is_said_of_the_next_one(
    http, dana, juniper, sorrel, instruments
):
    answered(juniper, 9)
    answered(sorrel, 3, tension=True)
    plan(juniper, 1)
    page = today(http, dana).text
    next_up, after = page[page.index('class="next-up') :].split("</section>", 1)
    assert "Juniper" in next_up and "Sorrel" not in next_up and STRAIN not in next_up
    others = after[: after.index("</section>")]
    assert "From other clients" in others and "Sorrel" in others and STRAIN in others
