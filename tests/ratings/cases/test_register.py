"""All cases, a page at a time: every one once in each order, filters, and what is made up by hand."""

import gzip
from random import Random
from uuid import UUID

import pytest

from alliance.access import check_role
from ratings.cases.actions import end_episode
from ratings.cases.register import Asked, Missing, Order, State, Unseen, register
from ratings.models import Standing
from ratings.ruptures.actions import plan_step
from sessions.models import TherapySession
from sessions.plan.actions import agree_goal
from tests.factories import days_ago, editor_of, make_episode, make_supervision, make_therapy_session
from tests.ratings.pages import statements
from tests.test_shadow import hide

FALLEN = [3, 3, 3, 3, 3, 0, 0]


def page_of(user, name="", **asked):
    return register(user, check_role(user, "supervisor"), Asked(**asked), name)


def names(page):
    return [row.name for row in page.rows]


@pytest.fixture
def scattered(dana, noor, sam, many):
    """120 cases of two therapists, with figures that repeat."""
    make_supervision(sam, therapist=noor)
    chance = Random(4)
    for therapist, name in ((dana, "Alder"), (noor, "Élan")):
        for episode in many(therapist, 60, name=name):
            Standing.objects.filter(pk=episode.pk).update(
                attention=chance.choice([0, 0, 10_003, 100_250, 200_777]),
                last_session_at=chance.choice([days_ago(days) for days in (1, 8, 30)] + [None]),
                last_rated_at=chance.choice([days_ago(days) for days in (1, 8)] + [None]),
            )


KEYS = {
    Order.ATTENTION: lambda row: -row.standing.attention,
    Order.NAME: lambda row: row.name.replace("É", "E"),
    Order.SEEN: lambda row: row.seen_at,
    Order.ANSWER: lambda row: row.standing.last_rated_at or days_ago(9999),
    Order.THERAPIST: lambda row: (row.therapist_key, -row.standing.attention),
}


@pytest.mark.parametrize("order", Order)
def test_each_order_has_every_case_once_over_all_pages(order, sam, scattered):
    rows, lengths, after = [], [], None
    while after != "":
        page = page_of(sam.user, order=order, after=after)
        rows, after = rows + page.rows, page.next and UUID(page.next)
        lengths.append(len(page.rows))
        assert (page.total, page.is_first) == (120, len(lengths) == 1)
    assert lengths == [50, 50, 20]
    assert len({row.code for row in rows}) == 120
    keys = [KEYS[order](row) for row in rows]
    assert keys == sorted(keys)


@pytest.mark.parametrize(
    "query",
    [
        "after=nonsense",
        "after=00000000-0000-4000-8000-000000000000",
        "order=';--",
        "state=%00",
        "mode=sail",
        "unseen=-1",
        "missing=all&after=",
    ],
)
def test_what_is_made_up_by_hand_is_the_first_page(query, http, sam, scattered):
    http.force_login(sam.user)
    page = http.get(f"/caseload/all/?{query}")
    assert (page.status_code, page.context["page"].is_first, len(page.context["page"].rows)) == (200, True, 50)


def test_a_page_after_the_case_of_somebody_else_is_the_first(http, noor, dana, sam, juniper, many):
    foreign = many(noor, 1)[0]
    many(dana, 3)
    assert page_of(sam.user, after=foreign.code).is_first


@pytest.fixture
def kinds(dana, noor, sam, live_through):
    """A case of each kind, by its name."""
    make_supervision(sam, therapist=noor)
    cases = {name: make_episode(dana, name) for name in ("Alder", "Bracken", "Clover", "Dogwood", "Elder", "Fennel")}
    live_through(cases["Alder"], FALLEN)
    live_through(cases["Bracken"], FALLEN)
    plan_step(
        editor=editor_of(cases["Bracken"]), rupture=cases["Bracken"].ruptures.get(), step="ask", words="How was it?"
    )
    live_through(cases["Clover"], [3, 3, 3], tension=True)
    live_through(cases["Dogwood"], [3, 3, None, None, None])
    live_through(cases["Elder"], [3])
    end_episode(editor=editor_of(cases["Elder"]), reason="completed")
    live_through(cases["Fennel"], [3, 3, 3, 3, 3, 3])
    agree_goal(editor=editor_of(cases["Fennel"]), text="We are working on sleep.")
    make_therapy_session(cases["Fennel"], starts_at=days_ago(1))
    Standing.objects.filter(episode=cases["Fennel"]).update(last_session_at=days_ago(40))
    live_through(make_episode(noor, "Gorse"), [3, 3])
    cases["Dogwood"].therapy_sessions.update(mode="video")
    first = cases["Alder"].therapy_sessions.earliest("starts_at")
    TherapySession.objects.filter(pk=first.pk).update(mode="video")  # the last was in person
    return cases


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"state": State.FLAGGED}, {"Alder", "Bracken", "Clover"}),
        ({"state": State.CLIENT}, {"Clover"}),
        ({"state": State.REPAIR}, {"Bracken"}),
        ({"state": State.NOTHING}, {"Alder", "Clover"}),
        ({"state": State.FEW}, {"Dogwood", "Gorse"}),
        ({"state": State.ENDED}, {"Elder"}),
        ({"missing": Missing.CHECK_INS}, {"Dogwood"}),
        ({"missing": Missing.LOG}, {"Fennel"}),
        ({"missing": Missing.PLAN}, {"Alder", "Bracken", "Clover", "Dogwood", "Gorse"}),
        ({"unseen": Unseen.FOUR}, {"Fennel"}),
        ({"mode": "video"}, {"Dogwood"}),
        ({"mode": "phone"}, set()),
        ({"state": State.FLAGGED, "missing": Missing.CHECK_INS}, set()),
    ],
)
def test_each_filter_leaves_its_own(asked, expected, sam, kinds):
    page = page_of(sam.user, **asked)
    assert (set(names(page)), page.total) == (expected, len(expected))


def test_the_filter_by_therapist_narrows_the_counts_too(noor, sam, kinds):
    page = page_of(sam.user, therapist=str(noor.code))
    assert (names(page), page.total, page.flagged, len(page.therapists)) == (["Gorse"], 1, 0, 2)


@pytest.mark.parametrize(("state", "whose"), [(State.ENDED, "Noor Haddad"), (State.ANY, "Dana Whitlock")])
def test_the_filter_by_therapist_holds_where_they_have_no_such_case(state, whose, dana, noor, sam, kinds):
    for name in kinds:
        if name != "Elder":
            end_episode(editor=editor_of(kinds[name]), reason="completed")
    member = {"Noor Haddad": noor, "Dana Whitlock": dana}[whose]
    page = page_of(sam.user, therapist=str(member.code), state=state)
    assert (names(page), page.total, page.flagged) == ([], 0, 0)
    assert whose in [one.name for one in page.therapists]


def test_a_search_finds_by_name_whatever_the_page(http, sam, scattered):
    http.force_login(sam.user)
    page = http.post("/caseload/all/?order=seen", {"name": "elan 05"}, headers={"HX-Request": "true"})
    assert [row.name for row in page.context["page"].rows] == ["Élan 005", *(f"Élan 05{n}" for n in range(10))]
    assert "11 cases found." in page.text and "<html" not in page.text
    assert "Only the first ones are shown" in http.post("/caseload/all/", {"name": "alder"}).text


def test_in_shadow_mode_the_order_and_the_filters_tell_nothing(millrace, mona, sam, kinds):
    hide(millrace, mona)
    page = page_of(sam.user)
    assert names(page)[:2] == ["Clover", "Dogwood"], "what the client says, then the gap"
    assert {row.name for row in page_of(sam.user, state=State.FLAGGED).rows} == {"Clover"}
    assert names(page_of(sam.user, state=State.FEW)) == []


def asks(http, query=""):
    """Statements of a page after the sign-in, the user and their places."""
    return statements(http, f"/caseload/all/{query}") - 3


def test_a_page_asks_four_times_for_one_case_and_for_eight_hundred(http, dana, sam, many):
    http.force_login(sam.user)
    found = []
    for more in (1, 2, 77, 720):
        many(dana, more, opened_by="client", attention=200_100)
        found.append(asks(http))
    found.append(asks(http, f"?after={http.get('/caseload/all/').context['page'].next}"))
    assert found == [found[0]] * 5 and found[0] <= 4
    assert asks(http, "?order=name") <= 5, "it opens all names, with one statement"


def test_fifty_rows_of_which_no_two_are_alike_are_light(http, dana, sam, many):
    chance = Random(3)
    for episode in many(dana, 60, opened_by="detector", attention=103_000):
        values = {pillar: [12.5 * chance.randint(3, 8) for _n in range(10)] for pillar in ("goal", "task", "bond")}
        Standing.objects.filter(pk=episode.pk).update(
            attention=chance.randrange(100_000, 250_000),
            words={pillar: chance.choice(["below", "usual", "above"]) for pillar in ("overall", *values)},
            spark={pillar: {"values": ten, "band": [min(ten), max(ten) + 1]} for pillar, ten in values.items()},
        )
    http.force_login(sam.user)
    page = http.get("/caseload/all/")
    assert len(page.context["page"].rows) == 50
    assert len(gzip.compress(page.content)) <= 10_000
