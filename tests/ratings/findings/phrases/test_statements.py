"""What the pages say of a course, in words that the data carry."""

from datetime import timedelta

import pytest
from django.urls import reverse

from alliance.models import Episode
from ratings.cases.actions import log_session
from ratings.models import Rupture, Standing
from tests.courses import answers
from tests.factories import days_ago, editor_of, make_episode
from tests.ratings.cases.views.test_lists import text_of

TEN = [[3, 3, 3, 4, 3, 4]] * 4 + [[1, 1, 2, 1, 1, 2]] * 6  # about 83 four times, then 33 six times


@pytest.fixture
def pages(http, dana, sam):
    """`pages(episode)`: the text of every page that says how a case stands, by its reader and path."""

    def read(episode):
        case = reverse("ratings:case", args=[episode.code])
        said = {}
        for role, member, paths in (("therapist", dana, ["/cases/", case]), ("supervisor", sam, ["/caseload/", case])):
            http.force_login(member.user)
            said |= {(role, path): text_of(http, path) for path in paths}
        return said

    return read


def test_four_low_ratings_never_become_the_usual(juniper, live_through, pages):
    live_through(juniper, TEN)
    assert Rupture.objects.get().state == "settled_lower"
    assert Standing.objects.get().settled_since == 5
    for page, said in pages(juniper).items():
        assert "as usual" not in said.lower(), page
        assert "ettled lower than before, since session 5" in said, page


def test_what_settled_lower_stays_on_the_list_of_the_supervisor(http, sam, dana, juniper, live_through):
    live_through(make_episode(dana, "Bramble"), [3, 3, 3, 3, 3, 3])
    live_through(juniper, TEN)
    http.force_login(sam.user)
    caseload = http.get("/caseload/").context["caseload"]
    assert [row.name for row in caseload.settled] == ["Juniper"]
    assert [row.name for row in caseload.rows] == ["Juniper", "Bramble"]
    assert caseload.unflagged == 1


def test_the_charts_have_a_band_before_the_fall_and_one_after_it(http, dana, juniper, live_through):
    live_through(juniper, [[4, 3, 4, 4, 3, 4]] * 6 + [1] * 8)
    http.force_login(dana.user)
    page = http.get(reverse("ratings:case", args=[juniper.code]))
    for pillar in page.context["page"].pillars:
        bands = [shape for shape in pillar.figure["layout"]["shapes"] if shape["name"] == "band"]
        (after, before) = bands
        assert (before["x0"], before["x1"]) == (5, 6)
        assert (after["x0"], after["x1"]) == (11, 14.5)
        assert before["y0"] > after["y1"] - 1
    assert "settled lower, since session 7" in text_of(http, reverse("ratings:case", args=[juniper.code]))


def test_without_a_word_from_the_client_there_is_no_flag(http, dana, sam, instruments):
    """The therapist's ratings go up and down as they like; no client answers."""
    for name, last in (("Wren", 0), ("Heron", 3), ("Larch", 1)):
        episode = make_episode(dana, name)
        for week, level in enumerate([3, 3, [4, 3, 2, 3, 3, 4], 3, [2, 3, 3, 3, 2, 3], 3, last]):
            log_session(
                editor=editor_of(episode),
                starts_at=days_ago(60 - 7 * week),
                ends_at=days_ago(60 - 7 * week) + timedelta(minutes=50),
                zone="Europe/London",
                mode="video",
                attendance="attended",
                answers=answers(level),
            )
    assert not Rupture.objects.exists()
    http.force_login(sam.user)
    assert http.get("/caseload/").context["caseload"].flagged == []
    wren = Episode.objects.order_by("pk")[0]
    case = reverse("ratings:case", args=[wren.code])
    assert "own ratings fell" not in text_of(http, case)
    http.force_login(dana.user)
    assert "own ratings fell. Before the client has rated twice" in text_of(http, case)
