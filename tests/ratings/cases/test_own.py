"""The own cases, a page at a time: every one once in each order, and what is made up by hand."""

import gzip
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
from django.utils import timezone

from alliance.crypto import Sealed
from alliance.models import Practice
from ratings.cases.own import FAR_AHEAD, Only, OwnAsked, Sort, own_cases, own_counts
from ratings.models import Standing
from sessions.models import TherapySession
from tests.factories import days_ago
from tests.ratings.pages import statements

FALLEN = [3, 3, 3, 3, 3, 0, 0]


@pytest.fixture
def scattered(dana, many):
    """120 cases with figures that repeat, ten of them ended."""
    chance = Random(4)
    episodes = many(dana, 120)
    for episode in episodes:
        Standing.objects.filter(pk=episode.pk).update(
            attention=chance.choice([0, 0, 10_003, 200_777]),
            last_session_at=chance.choice([days_ago(days) for days in (1, 8, 30)] + [None]),
        )
    start = timezone.now() + timedelta(days=3)
    TherapySession.objects.bulk_create(
        TherapySession(
            episode=episode, starts_at=start, ends_at=start + timedelta(minutes=50), zone="UTC", attendance="planned"
        )
        for episode in episodes[::3]
    )
    for episode in episodes[:10]:
        episode.ends_at, episode.end_reason = days_ago(chance.randrange(1, 40)), "completed"
        episode.save()
    return episodes


KEYS = {
    Sort.LOOK: lambda row: -row.standing.attention,
    Sort.NAME: lambda row: row.name,
    Sort.NEXT: lambda row: row.next_at or FAR_AHEAD,
    Sort.LAST: lambda row: row.standing.last_session_at or FAR_AHEAD,
}


@pytest.mark.parametrize("sort", Sort)
def test_each_order_has_every_case_once_over_all_pages(sort, dana, scattered):
    pages, after = [], None
    while after != "":
        page = own_cases(dana.user, OwnAsked(sort=sort, after=after))
        pages, after = [*pages, page], page.next and UUID(page.next)
    assert [len(page.rows) for page in pages] == [50, 50, 20]
    assert [page.is_first for page in pages] == [True, False, False]
    rows = [row for page in pages for row in page.rows]
    assert len({row.code for row in rows}) == 120
    assert [bool(row.ended_at) for row in rows] == [False] * 110 + [True] * 10, "the ended ones are the last"
    keys = [KEYS[sort](row) for row in rows[:110]]
    assert keys == sorted(keys)
    ended = [row.ended_at for row in rows[110:]]
    assert ended == sorted(ended, reverse=True)


@pytest.mark.parametrize(
    "query",
    ["after=nonsense", "after=00000000-0000-4000-8000-000000000000", "sort=';--", "only=%00&after=", "page=-7"],
)
def test_what_is_made_up_by_hand_is_the_first_page(query, http, dana, scattered):
    http.force_login(dana.user)
    page = http.get(f"/cases/?{query}")
    assert (page.status_code, page.context["page"].is_first, len(page.context["page"].rows)) == (200, True, 50)


def test_a_page_after_the_case_of_a_colleague_is_the_first(dana, noor, many):
    foreign = many(noor, 1)[0]
    many(dana, 3)
    assert own_cases(dana.user, OwnAsked(after=foreign.code)).is_first


def test_eight_hundred_are_as_quick_as_eight(http, dana, many, monkeypatch):
    opened = []
    monkeypatch.setattr(Sealed, "open", lambda text, key, as_it_is=Sealed.open: opened.append(1) or as_it_is(text, key))
    http.force_login(dana.user)
    found, names = [], []
    for more in (1, 2, 77, 720):
        many(dana, more, opened_by="client", attention=200_100)
        opened.clear()
        found.append(statements(http, "/cases/") - 3)
        names.append(len(opened))
    assert found == [found[0]] * 4 and found[0] <= 4
    assert names[2] == names[3] <= 110, "only names of the page, and each time that of the therapist"
    assert len(gzip.compress(http.get("/cases/").content)) <= 10_000


def test_a_search_says_where_it_shows_the_first_ones_alone(http, dana, scattered):
    http.force_login(dana.user)
    page = http.post("/cases/?sort=last", {"name": "case"}, headers={"HX-Request": "true"})
    assert (page.context["page"].found, len(page.context["page"].rows), page.context["page"].next) == (120, 50, "")
    assert "Only the first ones are shown" in page.text and "Next page" not in page.text


def test_what_waits_for_the_own_rating_says_nothing_by_a_filter_or_its_place(dana, juniper, sorrel, live_through):
    live_through(sorrel, [3, 3, 3])
    Practice.objects.update(rates_first_since=days_ago(400))
    live_through(juniper, FALLEN, therapist=None)
    assert Standing.objects.get(episode=juniper).rupture is not None
    page = own_cases(dana.user, OwnAsked())
    assert {link.only: link.count for link in page.filters}[Only.FLAGGED] == 0
    assert own_cases(dana.user, OwnAsked(only=Only.FLAGGED)).rows == []
    assert [row.awaits_rating for row in page.rows] == [True, False], "by their names"
    counts = own_counts(dana.user)
    assert (counts.flagged, counts.awaiting) == (0, 1)
