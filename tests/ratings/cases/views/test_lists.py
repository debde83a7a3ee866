"""The lists of cases: what they say of each, and that they ask as often for many as for one."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from alliance.models import AuditEvent, Episode
from ratings.cases.actions import end_episode
from ratings.check_in.actions import answer_check_in, mark_read
from ratings.detection.reassess import reassess
from ratings.models import CheckIn
from ratings.ruptures.actions import set_rupture_aside
from tests.courses import client_answers, held
from tests.factories import days_ago, editor_of, make_episode, make_member, make_supervision, make_therapy_session
from tests.ratings.pages import statements


@pytest.mark.parametrize(
    ("page", "persona", "expected"),
    [("ratings:cases", "dana", 7), ("ratings:caseload", "sam", 9), ("ratings:caseload-all", "sam", 7)],
)
def test_a_list_asks_as_often_for_three_cases_as_for_one(
    page, persona, expected, http, dana, sam, request, live_through
):
    http.force_login(request.getfixturevalue(persona).user)
    counts = []
    for names in (["Juniper"], ["Sorrel", "Bramble"]):
        for name in names:
            episode = make_episode(dana, name)
            live_through(episode, [3, 3, 3, 3, 0, None, None, None])
            make_therapy_session(episode, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(minutes=50))
        counts.append(statements(http, reverse(page)))
    assert counts == [expected, expected]


FALLEN = [3, 3, 3, 3, 3, 0, 0]


def text_of(http, path="/caseload/"):
    page = http.get(path).text
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") :]).split())


def set_aside(episode, reason="She had moved house."):
    set_rupture_aside(editor=editor_of(episode), rupture=episode.ruptures.get(), reason=reason)


def test_what_was_set_aside_is_named_until_the_ratings_are_steady(http, dana, sam, juniper, sorrel, live_through):
    live_through(juniper, FALLEN)
    live_through(sorrel, [3, 3, 3, 3, 3])
    set_aside(juniper)
    http.force_login(sam.user)
    page = http.get("/caseload/")
    assert [row.name for row in page.context["caseload"].aside.rows] == ["Juniper"]
    said = text_of(http)
    assert "She had moved house." in said and "by Dana Whitlock" in said
    assert "set aside" in text_of(http, "/caseload/all/"), "in its row too"
    assert "No open flag in the other one." in said, "Sorrel; Juniper is not one of the others"
    CheckIn.objects.filter(ratings=None).delete()
    for days in (0.3, 0.2, 0.1):
        held(juniper, days)
        asked = CheckIn.objects.get(therapy_session=juniper.therapy_sessions.latest("starts_at"))
        answer_check_in(check_in=asked, answers=client_answers(3), may_change=False)
    assert "steady" in set(
        juniper.assessments.filter(therapy_session=asked.therapy_session).values_list("state", flat=1)
    )
    assert http.get("/caseload/").context["caseload"].aside.rows == []
    assert "No open flag in 2 cases." in text_of(http)


def test_what_was_set_aside_is_marked_in_the_therapists_own_list(http, dana, juniper, live_through):
    live_through(juniper, FALLEN)
    set_aside(juniper, "“<b>Moved</b>”")
    http.force_login(dana.user)
    page = http.get("/cases/").text
    assert 'mark aside">set aside' in page
    assert "Moved" not in page, "the mark is enough in a table"


def test_no_more_is_said_of_the_others_than_is_known(http, dana, sam, juniper, sorrel, live_through):
    live_through(juniper, FALLEN)
    live_through(sorrel, [3, 3])
    http.force_login(sam.user)
    assert "No open flag in the other one. There is too little to say of it yet." in text_of(http)
    live_through(make_episode(dana, "Bramble"), [3, 3, 3, 3, 3, 3])
    said = text_of(http)
    assert "No open flag in the other 2. For one of them there is too little to say yet." in said


def test_the_ended_cases_say_how_they_ended(http, dana, sam, eve, juniper, sorrel, live_through):
    live_through(juniper, FALLEN)
    live_through(sorrel, [3, 3, 3])
    wren = make_episode(dana, "Wren")
    live_through(wren, [3, 3, 3])
    end_episode(editor=editor_of(wren), reason="completed")
    end_episode(editor=editor_of(sorrel), reason="other")
    end_episode(editor=editor_of(juniper), reason="client")
    for member, path, seen in (
        (sam, "/caseload/all/?state=ended", ["Juniper", "Wren"]),  # Sorrel is Eve's
        (eve, "/caseload/all/?state=ended", ["Sorrel"]),
        (dana, "/cases/", ["Juniper", "Sorrel", "Wren"]),
    ):
        http.force_login(member.user)
        page = http.get(path)
        rows = page.context["page"].rows if member is not dana else page.context["page"].ended
        assert sorted(row.name for row in rows) == seen
        assert AuditEvent.objects.latest("pk").count == len(seen)
        said = text_of(http, path).replace("ended it, last", "ended it last")
        assert ("The client ended it last rupture: still on at the end" in said) is ("Juniper" in seen)
    http.force_login(sam.user)
    assert "Nobody whose cases you read has an open case." in text_of(http)
    Episode.objects.filter(pk=wren.pk).update(ends_at=days_ago(400))
    assert [row.name for row in http.get("/caseload/all/?state=ended").context["page"].rows] == ["Juniper"]


def test_a_gap_says_how_far_the_last_check_in_came(http, dana, sam, juniper, live_through):
    asked = live_through(juniper, [3, 3, None, None, None])
    http.force_login(sam.user)
    assert "Juniper : no check-in for 3 sessions. The last one: no e-mail" in text_of(http)
    for check_in, kind in zip(asked[-2:], ("sent_at", "failed_at"), strict=True):
        check_in.deliveries.create(
            episode=juniper, kind="first", due_at=days_ago(2), message_id=kind, **{kind: days_ago(1)}
        )
    assert "The last one: refused by their mail server" in text_of(http)


@pytest.mark.parametrize(
    ("assigned", "sentence"),
    [
        (True, "Nobody whose cases you read has an open case yet."),
        (False, "Once the practice manager assigns you to a therapist,"),
    ],
)
def test_an_empty_caseload_says_why(http, millrace, dana, assigned, sentence):
    ruth = make_member(millrace, "Ruth Amari", "supervisor")
    make_supervision(ruth, therapist=dana, **({} if assigned else {"ends_at": days_ago(1)}))
    http.force_login(ruth.user)
    said = text_of(http)
    assert sentence in said
    assert ("No one has shared a case with you yet." in said) is not assigned


# --- Find a case ------------------------------------------------------------------------------------------------------

HTMX = {"HX-Request": "true"}


@pytest.fixture
def noors(millrace, noor, sam):
    """Noor's episode with Bramble, which Sam supervises too."""
    make_supervision(sam, therapist=noor)
    return make_episode(noor, "Bramble")


def names(response):
    return re.findall(r'<th role="rowheader" scope="row">\s*<a [^>]*><bdi>(\w+)<', response.text)


def test_the_list_is_found_as_a_page_and_as_its_fragment(http, dana, sam, juniper, sorrel, noors, live_through):
    live_through(juniper, FALLEN)
    for episode in (sorrel, noors):
        reassess(episode)
    http.force_login(sam.user)
    for sought, expected in (({}, {"Juniper", "Bramble", "Sorrel"}), ({"name": "JUN"}, {"Juniper"})):
        page = http.post("/caseload/all/", sought)
        fragment = http.post("/caseload/all/", sought, headers=HTMX)
        assert set(names(page)) == set(names(fragment)) == expected
        counts = AuditEvent.objects.filter(verb="listed").order_by("-pk").values_list("count", flat=True)[:2]
        assert list(counts) == [len(expected)] * 2
        assert page.headers["Vary"].count("HX-Request") == fragment.headers["Vary"].count("HX-Request") == 1
        assert "<h1" in page.text and fragment.text.strip().startswith('<div id="found">')
    narrowed = f"/caseload/all/?therapist={noors.therapist.code}"
    assert names(http.post(narrowed, {"name": "r"}, headers=HTMX)) == ["Bramble"], "a search stays within the filter"
    assert "No case found." in http.post(narrowed, {"name": "jun"}, headers=HTMX).text


def test_the_fragment_holds_no_case_that_was_not_sought_nor_seen(
    http, dana, noor, juniper, sorrel, noors, live_through
):
    wren = make_episode(dana, "Wren")
    live_through(wren, [3])
    for episode in (juniper, sorrel, noors):
        reassess(episode)
    end_episode(editor=editor_of(wren), reason="completed")
    http.force_login(dana.user)
    fragment = http.post("/cases/", {"name": "r"}, headers=HTMX)
    assert [name in fragment.text for name in ("Juniper", "Sorrel", "Wren", "Bramble")] == [True, True, True, False]
    assert "Therapist" not in http.get("/cases/").text, "one's own need no such choice"
    fragment = http.post("/cases/", {"name": "wr"}, headers=HTMX)
    assert [name in fragment.text for name in ("Juniper", "Sorrel", "Wren")] == [False, False, True]


def test_a_name_in_the_address_is_not_read(http, dana, juniper, sorrel):
    for episode in (juniper, sorrel):
        reassess(episode)
    http.force_login(dana.user)
    assert len(names(http.get("/cases/", {"name": "jun"}))) == 2


def test_a_search_by_another_role_is_refused_and_one_signed_out_leaves_for_the_sign_in(http, dana, sam):
    for member, path in ((dana, "/caseload/all/"), (sam, "/cases/")):
        http.force_login(member.user)
        assert http.post(path, {"name": "j"}, headers=HTMX).status_code == 403
    http.logout()
    answer = http.post("/caseload/all/", {"name": "j"}, headers=HTMX)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["HX-Redirect"].startswith("/accounts/login/?next=/caseload/all/")


# --- My cases: filter and order ---------------------------------------------------------------------------------------


@pytest.fixture
def five(dana, live_through):
    """Five of Dana's: one flagged, one unread, one not answering, one planned, one ended."""
    episodes = {name: make_episode(dana, name) for name in ("Łukasz", "Émile", "Mona", "Zoe", "Wren")}
    live_through(episodes["Łukasz"], FALLEN)
    live_through(episodes["Émile"], [3, 3, 3])
    live_through(episodes["Mona"], [3, 3, None])
    live_through(episodes["Zoe"], [3])
    live_through(episodes["Wren"], [3])
    for name in ("Łukasz", "Mona", "Zoe", "Wren"):
        mark_read(editor=editor_of(episodes[name]))
    end_episode(editor=editor_of(episodes["Wren"]), reason="completed")
    for name, days in (("Zoe", 2), ("Mona", 5)):
        start = timezone.now() + timedelta(days=days)
        make_therapy_session(episodes[name], starts_at=start, ends_at=start + timedelta(minutes=50))
    return episodes


def listed(response):
    found = response.context["page"]
    return [row.name for row in found.open], [row.name for row in found.ended]


@pytest.mark.parametrize(
    ("query", "open_names", "ended"),
    [
        ("", ["Łukasz", "Émile", "Mona", "Zoe"], ["Wren"]),
        ("only=flagged", ["Łukasz"], []),
        ("only=new", ["Émile"], []),
        ("only=unanswered", ["Mona"], []),
        ("only=unplanned", ["Łukasz", "Émile"], []),
        ("only=ended", [], ["Wren"]),
        ("sort=name", ["Émile", "Łukasz", "Mona", "Zoe"], ["Wren"]),
        ("sort=next", ["Zoe", "Mona", "Émile", "Łukasz"], ["Wren"]),
        ("only=unplanned&sort=name", ["Émile", "Łukasz"], []),
        ("only=everything&sort=';--", ["Łukasz", "Émile", "Mona", "Zoe"], ["Wren"]),
        ("only=%00&sort=name&page=99", ["Émile", "Łukasz", "Mona", "Zoe"], ["Wren"]),
        ("only=flagged&only=new", ["Émile"], []),
    ],
)
def test_the_own_list_is_narrowed_and_sorted_by_its_address(query, open_names, ended, http, dana, five):
    http.force_login(dana.user)
    page = http.get(f"/cases/?{query}")
    assert (page.status_code, listed(page)) == (200, (open_names, ended))
    assert AuditEvent.objects.filter(verb="listed").latest("pk").count == len(open_names) + len(ended)


def test_each_filter_says_how_many_it_leaves_and_which_one_it_is(http, dana, five):
    http.force_login(dana.user)
    page = http.get("/cases/?only=new&sort=name")
    assert {link.only.value: link.count for link in page.context["page"].filters} == {
        "all": 5, "flagged": 1, "new": 1, "unanswered": 1, "unplanned": 2, "ended": 1,
    }  # fmt: skip
    assert page.text.count('aria-current="true"') == 2
    assert 'href="?only=flagged&amp;sort=name"' in page.text, "the order is kept"


def test_a_search_stays_within_the_filter_and_finds_ended_ones_without_one(http, dana, five):
    http.force_login(dana.user)
    assert listed(http.post("/cases/", {"name": "lukasz"})) == (["Łukasz"], [])
    assert listed(http.post("/cases/", {"name": "wren"})) == ([], ["Wren"])
    assert listed(http.post("/cases/?only=new", {"name": "lukasz"})) == ([], [])
    fragment = http.post("/cases/?only=new&sort=name", {"name": "emile"}, headers=HTMX)
    assert listed(fragment) == (["Émile"], []) and "Next session" in fragment.text


def test_a_search_finds_none_of_a_colleague(http, dana, noor, five):
    live = make_episode(noor, "Émile")
    reassess(live)
    http.force_login(dana.user)
    assert len(listed(http.post("/cases/", {"name": "emile"}))[0]) == 1


def test_a_filter_that_leaves_nothing_keeps_the_way_back(http, dana, juniper, sorrel, live_through):
    live_through(juniper, [3, 3])
    live_through(sorrel, [3, 3])
    http.force_login(dana.user)
    page = http.get("/cases/?only=ended")
    assert listed(page) == ([], []) and "No case here." in page.text
    assert "?only=all" in page.text and "My cases" in page.text


def test_the_row_says_when_the_next_session_is(http, dana, sam, five):
    http.force_login(dana.user)
    assert text_of(http, "/cases/?only=unplanned").count("none planned") == 2
    http.force_login(sam.user)
    assert "none planned" not in text_of(http), "what is planned is the therapist's own"


def test_the_key_to_the_search_is_there_until_it_is_switched_off(http, dana, five):
    http.force_login(dana.user)
    assert "js/keys.js" in http.get("/cases/").text
    http.post("/you/keys/", {"keys": "off"})
    page = http.get("/cases/").text
    assert "js/keys.js" not in page and "The key /" not in page
    assert "The key / does nothing." in http.get("/you/").text
    http.post("/you/keys/", {"keys": "on"})
    assert "js/keys.js" in http.get("/cases/").text
