"""What is new to its reader: to each their own, and for as long as nobody has seen it."""

import pytest
import time_machine
from django.urls import reverse

from alliance.access import check_log
from alliance.people.cover import arrange_cover
from ratings.cases.own import OwnAsked, own_cases
from ratings.check_in.actions import mark_read
from tests.courses import answers
from tests.factories import days_ago, editor_of
from tests.ratings.today.views.test_today import NOON, answered, today, words


@pytest.fixture
def at_noon():
    with time_machine.travel(NOON):
        yield


def new_cases(member):
    return sorted(case.name for case in own_cases(member.user, OwnAsked()).rows if case.is_new)


def test_answers_that_nobody_has_seen_stay_however_old_they_are(http, at_noon, dana, juniper, sorrel, instruments):
    old = answered(juniper, 60, tension=True)
    answered(sorrel, 50)
    assert [row.name for row in today(http, dana).context["today"].news] == ["Juniper", "Sorrel"]
    assert set(new_cases(dana)) == {"Juniper", "Sorrel"}
    http.post(reverse("ratings:news-seen"), {"rating": [old.code]})
    http.get(reverse("ratings:case", args=[sorrel.code]))
    assert today(http, dana).context["today"].news == []
    assert new_cases(dana) == []


def test_a_long_list_says_how_many_more_are_new_and_where(http, at_noon, dana, juniper, instruments, monkeypatch):
    for days in (40, 30, 20, 10):
        answered(juniper, days)
    monkeypatch.setattr("ratings.today.day.MOST_LISTED", 3)
    for most_read in (200, 3):
        monkeypatch.setattr("ratings.today.news.MOST_READ", most_read)
        page = today(http, dana)
        assert len(page.context["today"].news) == 3
        assert "One more answer is new. See the cases with something new" in words(page)
        assert 'href="/cases/?only=new"' in page.text


def test_what_a_colleague_who_covers_has_read_is_still_new_to_the_therapist(
    http, dana, noor, juniper, sorrel, instruments
):
    for episode in (juniper, sorrel):
        answered(episode, 2, comment="Too fast.")
        answered(episode, 40, comment="Long ago.")
    http.force_login(dana.user)
    http.get(reverse("ratings:case", args=[sorrel.code]))
    arrange_cover(right=editor_of(juniper), covering=noor, starts_at=days_ago(2), ends_at=days_ago(-9))
    arrange_cover(right=editor_of(sorrel), covering=noor, starts_at=days_ago(2), ends_at=days_ago(-9))
    assert new_cases(noor) == ["Juniper", "Sorrel"]
    names = [row.name for row in today(http, noor).context["today"].news]
    assert sorted(names) == ["Juniper", "Juniper", "Sorrel"], "of what is old only what nobody has seen"
    http.get(reverse("ratings:case", args=[juniper.code]))
    assert new_cases(noor) == ["Sorrel"]
    assert new_cases(dana) == ["Juniper"]
    assert [row.name for row in today(http, dana).context["today"].news] == ["Juniper"]


def test_nobody_is_told_that_the_therapist_has_read_what_a_colleague_has(http, noor, juniper, live_through, opened):
    first, second = live_through(juniper, [None, None])
    http.post(opened(first), answers(3))
    arrange_cover(right=editor_of(juniper), covering=noor, starts_at=days_ago(2), ends_at=days_ago(-9))
    mark_read(editor=check_log(noor.user, juniper))
    page = http.get(reverse("links:check-in-sent")).text
    assert "These answers have been read, so they can no longer be changed." in page
    assert "Your therapist has read" not in page + http.get(opened(second)).text
