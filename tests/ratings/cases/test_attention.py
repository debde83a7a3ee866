"""What needs attention: which cases have a card, in which order, and which step back."""

import gzip
import html
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from alliance.access import check_role
from alliance.crypto import Sealed
from alliance.models import ImportBatch
from alliance.people.cover import arrange_cover
from ratings.cases.attention import caseload_of
from ratings.models import CheckIn, Rating, Standing
from ratings.ruptures.actions import name_rupture, plan_step
from sessions.models import TherapySession
from tests.courses import answers, held
from tests.factories import days_ago, editor_of, make_episode, make_supervision
from tests.ratings.cases.views.test_lists import text_of
from tests.ratings.pages import statements

FALLEN = [3, 3, 3, 3, 3, 0, 0]


def page_of(user, therapist=""):
    return caseload_of(user, check_role(user, "supervisor"), therapist)


def cards(user, therapist=""):
    return [row.name for row in page_of(user, therapist).first]


def long_ago(episode, days):
    """As if all of its sessions had been so many days earlier."""
    earlier = timedelta(days=days)
    for row in episode.therapy_sessions.order_by("starts_at"):
        TherapySession.objects.filter(pk=row.pk).update(
            starts_at=row.starts_at - earlier, ends_at=row.ends_at - earlier
        )
    standing = Standing.objects.get(episode=episode)
    standing.last_session_at -= earlier
    standing.save()


def test_five_hundred_imported_cases_of_noise_are_on_no_card(http, millrace, dana, sam, juniper, live_through, many):
    live_through(juniper, FALLEN)
    batch = ImportBatch.objects.create(practice=millrace, layout="long")
    many(dana, 500, batch=batch, opened_by="client", attention=209_999, missing_in_a_row=9)
    page = page_of(sam.user)
    assert ([row.name for row in page.first], page.away) == (["Juniper"], 500)
    assert (page.repairs.total, page.gaps) == (0, [])
    http.force_login(sam.user)
    said = text_of(http)
    assert "1 of 501 cases to talk about." in said
    assert "500 cases that were not seen for 90 days, or came with an import." in said


def test_a_case_that_goes_on_after_its_import_counts_again(millrace, dana, sam, juniper, live_through):
    live_through(juniper, FALLEN)
    batch = ImportBatch.objects.create(practice=millrace, layout="long")
    TherapySession.objects.update(import_batch=batch)
    assert cards(sam.user) == []
    held(juniper, 0.1)
    assert cards(sam.user) == ["Juniper"]


@pytest.mark.parametrize(
    ("days", "has_card", "is_listed"), [(40, True, False), (60, False, True), (82, False, True), (84, False, False)]
)
def test_a_flag_that_is_old_steps_back_and_says_so(days, has_card, is_listed, http, dana, sam, juniper, live_through):
    """The last session was a week before that."""
    live_through(juniper, FALLEN)
    long_ago(juniper, days)
    page = page_of(sam.user)
    assert (bool(page.first), bool(page.repairs.rows)) == (has_card, is_listed)
    http.force_login(sam.user)
    assert ("No session since" in text_of(http)) is is_listed


def test_after_how_long_is_a_setting(millrace, dana, sam, juniper, live_through):
    live_through(juniper, FALLEN)
    millrace.unseen_after_days = 7
    millrace.save()
    long_ago(juniper, 1)
    page = page_of(sam.user)
    assert (page.first, page.away) == ([], 1)


def test_no_card_rests_on_one_rating_of_the_therapist(http, dana, sam, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3])
    held(juniper, 0.5, answers=answers(3), noticed="yes")
    page = page_of(sam.user)
    assert ([row.name for row in page.first], [row.name for row in page.repairs.rows]) == ([], ["Juniper"])
    http.force_login(sam.user)
    said = text_of(http)
    assert "Nothing new to talk about in one case." in said
    assert "The therapist noticed something. Nothing done yet." in said


def test_what_a_therapist_names_by_hand_has_a_card(dana, sam, juniper, live_through):
    *_steady, last = live_through(juniper, [3, 3, 3, 3])
    name_rupture(
        editor=editor_of(juniper), therapy_session=last.therapy_session, kind="both", pillars=["bond"], line="Cold."
    )
    assert cards(sam.user) == ["Juniper"]


def test_the_order_is_that_of_the_page(dana, sam, live_through):
    """A client's word, then the case where nothing was done, then the one where something was."""
    episodes = {name: make_episode(dana, name) for name in ("Alder", "Bracken", "Clover")}
    live_through(episodes["Alder"], FALLEN)
    live_through(episodes["Bracken"], FALLEN)
    live_through(episodes["Clover"], [3, 3, 3], tension=True)
    plan_step(
        editor=editor_of(episodes["Alder"]), rupture=episodes["Alder"].ruptures.get(), step="ask", words="How was it?"
    )
    assert cards(sam.user) == ["Clover", "Bracken", "Alder"]


def test_five_cases_at_most_have_a_card(dana, sam, many):
    many(dana, 7, opened_by="client", attention=200_100)
    page = page_of(sam.user)
    assert (len(page.first), page.repairs.total) == (5, 2)


def test_within_what_a_case_is_the_surer_flag_comes_first_and_then_the_older_one(dana, sam, many):
    """The least sure one is the oldest. A hundredth more or less is as sure."""
    attentions = {"Younger": 104_900, "Unsure": 102_000, "Client": 200_000, "Older": 104_100, "Therapist": 159_000}
    for name, attention in attentions.items():
        (episode,) = many(dana, 1, name=name, opened_by="client", attention=attention)
        days = {"Older": 50, "Unsure": 55}.get(name, 30)
        TherapySession.objects.filter(episode=episode).update(starts_at=days_ago(days))
    order = ["Client", "Therapist", "Older", "Younger", "Unsure"]
    assert cards(sam.user) == [f"{name} 000" for name in order]


def test_the_filter_acts_on_all_of_the_page(http, dana, noor, sam, juniper, live_through):
    make_supervision(sam, therapist=noor)
    live_through(juniper, FALLEN)
    live_through(make_episode(noor, "Bramble"), FALLEN)
    live_through(make_episode(noor, "Rowan"), [3, 3, None, None, None])
    http.force_login(sam.user)
    assert cards(sam.user) == ["Bramble", "Juniper"] or cards(sam.user) == ["Juniper", "Bramble"]
    said = text_of(http, f"/caseload/?therapist={dana.code}")
    assert "1 of 1 case to talk about." in said and "Juniper" in said
    assert "Bramble" not in said and "Rowan" not in said
    for made_up in ("0", "%00", str(juniper.code)):
        assert "2 of 3 cases to talk about." in text_of(http, f"/caseload/?therapist={made_up}")


def test_a_row_never_speaks_against_its_own_reason(http, dana, sam, juniper, sorrel, live_through):
    live_through(juniper, [3, 3, 3, 3, 3, 3], tension=True)
    live_through(sorrel, [3, 3, 3, 3, 3, 3])
    http.force_login(sam.user)
    rows = http.get("/caseload/all/").text.split("<tbody")[1].split("</tr>")
    flagged, calm = rows[0], rows[1]
    assert "The client says something did not fit" in flagged and "as usual" not in flagged
    assert calm.count("about as usual") == 1
    http.force_login(dana.user)
    own = http.get("/cases/").text.split("<tbody")[1].split("</tr>")
    assert "as usual" not in own[0] and own[1].count("as usual") == 4  # once for phones


def test_a_card_says_whether_the_answers_were_read(http, dana, noor, sam, juniper, live_through, as_application):
    live_through(juniper, FALLEN)
    http.force_login(sam.user)
    assert "Answers not read by the therapist yet." in text_of(http)
    arrange_cover(right=editor_of(juniper), covering=noor, starts_at=days_ago(2), ends_at=days_ago(-9))
    http.force_login(noor.user)
    http.get(f"/cases/{juniper.code}/")
    http.force_login(sam.user)
    said = text_of(http)
    assert "Answers read by the colleague who covers." in said and "Answers read by the therapist." not in said
    http.force_login(dana.user)
    http.get(f"/cases/{juniper.code}/")
    http.force_login(sam.user)
    assert "Answers read by the therapist." in text_of(http)


def test_a_card_claims_nothing_of_answers_that_came_with_an_import(http, sam, juniper, live_through):
    live_through(juniper, FALLEN)
    Rating.objects.filter(episode=juniper, rater="client").update(check_in=None, mode="import")
    CheckIn.objects.filter(episode=juniper).delete()
    http.force_login(sam.user)
    said = text_of(http)
    assert "Juniper" in said and "Answers read" not in said and "Answers not read" not in said


def asks(http):
    """Statements of the page after the sign-in, the user and their places."""
    return statements(http, "/caseload/") - 3


def test_the_page_asks_six_times_for_one_case_and_for_eight_hundred(http, dana, sam, many, monkeypatch):
    opened = []
    monkeypatch.setattr(Sealed, "open", lambda text, key, as_it_is=Sealed.open: opened.append(1) or as_it_is(text, key))
    http.force_login(sam.user)
    found, names = [], []
    for more in (1, 2, 77, 720):
        many(dana, more, opened_by="client", attention=200_100, missing_in_a_row=3)
        opened.clear()
        found.append(asks(http))
        names.append(len(opened))
    assert found == [found[0]] * 4 and found[0] <= 6
    assert names[2] == names[3] <= 60, "no name is opened of a case that is not shown"
    page = http.get("/caseload/")
    assert "790 more, in all cases" in text_of(http)
    assert len(gzip.compress(page.content)) <= 10_000


def test_more_than_the_page_lists_are_counted(http, dana, sam, many):
    many(dana, 12, settled_since=4, attention=10)
    http.force_login(sam.user)
    page = http.get("/caseload/")
    assert [len(page.context["caseload"].settled.rows), page.context["caseload"].settled.more] == [10, 2]
    assert 'href="/caseload/all/?state=settled"' in page.text and "2 more, in all cases" in text_of(http)


@pytest.mark.parametrize("of", ["", "?therapist={code}"])
def test_what_is_more_is_found_for_the_therapist_of_the_page(http, dana, sam, many, of):
    many(dana, 12, settled_since=4, attention=10)
    many(dana, 12, missing_in_a_row=3)
    many(dana, 12, opened_by="client", attention=200_100)
    many(dana, 1, batch=ImportBatch.objects.create(practice=dana.practice, layout="long"))
    http.force_login(sam.user)
    page = http.get("/caseload/" + of.format(code=dana.code)).text
    last = f"therapist={dana.code}" if of else ""
    found = {html.unescape(link) for link in re.findall(r'href="(/caseload/all/[^"]*)"', page)}
    queries = ["", "state=flagged", "state=settled", "missing=check_ins"]
    assert found == {"/caseload/all/" + ("?" if q or last else "") + "&".join(filter(None, [q, last])) for q in queries}


@pytest.mark.parametrize("of", ["aside", "kept_back"])
def test_where_no_filter_finds_what_is_more_it_is_no_link(of):
    caseload = {of: {"rows": [{"code": uuid4(), "last": {"closed_at": timezone.now()}}], "more": 3}}
    page = render_to_string("ratings/cases/caseload.html", {"caseload": caseload, "now": timezone.now()})
    assert "3 more, in all cases" in " ".join(page.split())
    assert not re.search(r"<a [^>]*>\s*3 more", page)
