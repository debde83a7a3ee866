"""A therapist's day reads what it shows, and no more."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from ratings.check_in.actions import answer_check_in
from ratings.models import DetectorVersion, Rating
from ratings.today import day
from tests.courses import client_answers
from tests.factories import days_ago, make_therapy_session
from tests.ratings.today.views.test_today import STRAIN, answered, at_noon, plan, today  # noqa: F401 -- a fixture


@pytest.fixture
def lines(monkeypatch):
    """The names of those for whom the page has had a line made."""
    made, case_rows = [], day.case_rows

    def heard(keys, user):
        rows = case_rows(keys, user)
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


def test_of_many_open_cases_the_worst_are_listed_and_the_others_counted(http, dana, many):
    many(dana, 42, opened_by="detector", attention=100_100)
    (worst,) = many(dana, 1, opened_by="client", attention=200_100, name="Worst")
    page = today(http, dana)
    shown = page.context["today"]
    assert (len(shown.open), shown.more_open) == (40, 3)
    assert shown.open[0].case.code == str(worst.code)
    assert "3 more cases with something open, in My cases" in page.text


@pytest.mark.parametrize("hides", [None, "shadow", "rate first"])
def test_what_is_not_told_is_not_counted_either(dana, millrace, juniper, live_through, hides, monkeypatch):
    live_through(juniper, [3, 3, 3, 3, 3, 0, 0])
    monkeypatch.setattr(day, "MOST_LISTED", 0)
    if hides == "shadow":
        DetectorVersion.objects.update(shadow=True)
    if hides == "rate first":
        millrace.rates_first_since = days_ago(99)
        millrace.save()
        Rating.objects.filter(rater="therapist").delete()
    assert day.day_of(dana.user).more_open == (hides is None)


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


def test_what_was_difficult_before_a_flag_hides_no_flag(http, dana, juniper, live_through):
    """Answers that come late are the newest, and speak of a session before the one that the flag began in."""
    late = live_through(juniper, [3, 3, 3, None, 3, 3, 0])[3]
    answer_check_in(check_in=late, answers=client_answers(3, tension=True), may_change=False)
    http.force_login(dana.user)
    http.post(reverse("ratings:news-seen"), {"rating": [str(row.code) for row in Rating.objects.all()]})
    for is_today in (False, True):
        if is_today:
            make_therapy_session(juniper, starts_at=timezone.now() + timedelta(seconds=1))
        said = re.sub(r"<[^>]+>", " ", http.get("/today/").text)
        assert "says something was difficult" in said
        assert said.index("Below own usual") < said.index("about half of these are right")


def test_midnight_is_that_of_the_practice(http, dana, juniper, live_through):
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)  # 00:30 on the 25th in Berlin
    with time_machine.travel(late):
        live_through(juniper, [3])
        plan(juniper, -2)
        day = today(http, dana).context["today"]
    assert timezone.localtime(late, ZoneInfo("Europe/Berlin")).day == 25
    assert len(day.unlogged) == 1 and day.rest == []
