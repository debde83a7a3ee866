"""What the pages say of a course, in words that the data carry."""

from datetime import timedelta

import pytest
from django.urls import reverse

from alliance.models import Episode
from ratings.cases.actions import log_session
from ratings.check_in.actions import answer_check_in
from ratings.detection.reassess import reassess
from ratings.models import Instrument, Rating, Rupture, Standing
from tests.courses import answers, client_answers
from tests.factories import days_ago, editor_of, make_episode
from tests.ratings.cases.views.test_lists import text_of

TEN = [[3, 3, 3, 4, 3, 4]] * 4 + [[1, 1, 2, 1, 1, 2]] * 6  # about 83 four times, then 33 six times

POSSIBLE = [[3, 3, 4, 3, 3, 3], 3, [3, 2, 3, 3, 3, 3], [4, 3, 3, 3, 3, 4], 3, 3, [2, 2, 3, 2, 2, 3]]  # p about .2


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
    assert [row.name for row in caseload.settled.rows] == ["Juniper"]
    assert [row.name for row in http.get("/caseload/all/").context["page"].rows] == ["Juniper", "Bramble"]
    assert caseload.unflagged == 1


def test_the_charts_have_a_band_before_the_fall_and_one_after_it(http, dana, juniper, live_through):
    live_through(juniper, [[4, 3, 4, 4, 3, 4]] * 6 + [1] * 8)
    http.force_login(dana.user)
    page = http.get(reverse("ratings:case", args=[juniper.code]))
    for pillar in page.context["page"].charts.pillars:
        bands = [shape for shape in pillar.figure["layout"]["shapes"] if shape["name"] == "band"]
        (after, before) = bands
        number_of = {f"{row.at:%Y-%m-%dT%H:%M}": row.number for row in pillar.rows}
        assert (number_of[before["x0"]], number_of[before["x1"]], number_of[after["x0"]]) == (5, 6, 11)
        assert after["x1"] == pillar.figure["layout"]["xaxis"]["range"][1]
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


def test_a_flag_is_called_clear_or_possible_wherever_it_shows(http, dana, sam, juniper, sorrel, live_through):
    live_through(juniper, POSSIBLE)
    live_through(sorrel, [3, 3, 3, 3, 3, 0])
    for member, path in ((dana, "/today/"), (sam, "/caseload/")):
        http.force_login(member.user)
        said = text_of(http, path)
        assert "A clear flag: about half of these are right." in said, path
        assert "A possible flag: about one in four is right, one in seven at the watchful setting." in said, path
    flag = text_of(http, reverse("ratings:rupture", args=[juniper.ruptures.get().code]))
    possible = "A possible flag: about one in four is right, one in seven at the watchful setting."
    assert f"{possible} For this one we estimate about" in flag


def test_three_ticks_at_steady_ratings_come_first(http, dana, sam, juniper, live_through):
    """A report, and not a prediction: it is said whose word it is."""
    for name in ("Alder", "Bramble"):
        live_through(make_episode(dana, name), [3] * 8)
    for check_in in live_through(juniper, [3] * 5 + [None] * 3)[5:]:
        answer_check_in(check_in=check_in, answers=client_answers(3, tension=True), may_change=False)
    http.force_login(dana.user)
    assert http.get("/today/").context["today"].news[0].name == "Juniper"
    http.force_login(sam.user)
    caseload = http.get("/caseload/").context["caseload"]
    assert [row.name for row in caseload.flagged] == ["Juniper"]
    assert caseload.first[0].name == http.get("/caseload/all/").context["page"].rows[0].name == "Juniper"


def test_a_rise_is_no_strain(http, sam, juniper, live_through):
    """Goals fall, tasks and bond rise further: the whole is higher than it was, and no sign of strain."""
    live_through(juniper, [[3, 3, 2, 3, 2, 3]] * 6 + [[1, 1, 4, 4, 4, 4]])
    http.force_login(sam.user)
    flag = http.get(reverse("ratings:rupture", args=[juniper.ruptures.get().code])).context["page"].flag
    weights = {sign.name: sign.weight for sign in flag.signs}
    assert weights.pop("Client, goals") in ("most", "some")
    assert set(weights.values()) <= {"none", "counts against it"}


def test_a_fall_soon_after_another_questionnaire_is_seen(http, sam, juniper, live_through):
    asked = live_through(juniper, [3, 3, 3, 3, 0])
    first = [check_in.therapy_session_id for check_in in asked[:3]]
    other = Instrument.objects.get(key="alliance-3")
    assert Rating.objects.filter(therapy_session__in=first, rater="client").update(instrument=other) == 3
    reassess(juniper)
    http.force_login(sam.user)
    assert [row.name for row in http.get("/caseload/").context["caseload"].flagged] == ["Juniper"]
