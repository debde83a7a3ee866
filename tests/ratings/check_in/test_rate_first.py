"""Where the practice wants it, a therapist sees the client's answers once their own rating is in."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from alliance.models import AuditEvent
from alliance.people.cover import arrange_cover
from ratings.cases.actions import log_session
from ratings.check_in import links
from ratings.check_in.actions import answer_check_in
from ratings.detection.sample import SampleQuestion
from ratings.models import CheckIn
from ratings.record.actions import correct_session, refile_session
from tests.courses import answers, client_answers
from tests.factories import days_ago, editor_of, local_day, make_episode
from tests.ratings.pages import statements

COMMENT = "A kanarienvogel sang."
FIRST = "Rate this session yourself first."
NOTHING_TO_RATE = "there is nothing to rate"
OF_A_CASE = ("ratings:case", "ratings:case-sheet", "ratings:session-list", "ratings:plan", "ratings:course")


@pytest.fixture
def rates_first(millrace):
    millrace.rates_first_since = days_ago(10)
    millrace.save()


@pytest.fixture
def waiting(rates_first, http, dana, juniper, live_through):
    """The answers to Juniper's sixth session, with a comment, tension and a wish, which Dana has not rated."""
    live_through(juniper, [3, 3, 3, 3, 3])
    start = days_ago(1)
    row = log_session(
        editor=editor_of(juniper), starts_at=start, ends_at=start + timedelta(minutes=50), zone="Europe/Berlin",
        mode="video", attendance="attended",
    )  # fmt: skip
    check_in = CheckIn.objects.get(therapy_session=row)
    said = client_answers(0, comment=COMMENT, tension=True, bring_up="gently")
    answer_check_in(check_in=check_in, answers=said, may_change=False)
    http.force_login(dana.user)
    return check_in


def pages(episode):
    session = CheckIn.objects.filter(episode=episode).latest("therapy_session__starts_at").therapy_session
    return [
        *(reverse(name, args=[episode.code]) for name in OF_A_CASE),
        reverse("ratings:session-page", args=[session.code]),
    ]


def test_no_page_of_the_therapist_says_what_waits(http, waiting, juniper):
    for address in pages(juniper):
        assert FIRST in http.get(address).text, address
    today, cases = http.get(reverse("ratings:today")).text, http.get(reverse("ratings:cases")).text
    for text in (today, cases, *(http.get(address).text for address in pages(juniper))):
        found = [words for words in (COMMENT, "was difficult", "raise something", "elow own usual") if words in text]
        assert found == []
    assert today.count("has answered. Rate the session yourself first.") == 1
    assert today.count("answered for session") == 5, "what both have rated is told as always"
    waiting.refresh_from_db()
    assert waiting.read_at is None


def test_both_sides_are_shown_once_the_own_rating_is_in(http, waiting, juniper):
    session = waiting.therapy_session
    address = reverse("ratings:session-correct", args=[session.code])
    assert address in http.get(reverse("ratings:case", args=[juniper.code])).text
    day = local_day(session.starts_at).isoformat()
    given = {"day": day, "time": "10:00", "minutes": "50", "mode": "video", "attendance": "attended"}
    assert http.post(address, given | {key: str(value) for key, value in answers(3).items()}).status_code == 302
    assert COMMENT in http.get(reverse("ratings:case", args=[juniper.code])).text


def test_it_can_be_shown_without_and_that_is_recorded(http, waiting, juniper, dana):
    show = reverse("ratings:check-in-show", args=[waiting.code])
    assert COMMENT in http.post(show, follow=True).text
    assert COMMENT in http.get(reverse("ratings:today")).text
    http.post(show)
    events = AuditEvent.objects.filter(verb="changed", subject_code=waiting.code)
    assert [event.actor_code for event in events] == [str(dana.user.code)]


def test_the_supervisor_and_who_covers_see_it_at_once(http, waiting, juniper, dana, sam, noor):
    arrange_cover(right=editor_of(juniper), covering=noor, starts_at=days_ago(2), ends_at=days_ago(-9))
    for member in (sam, noor):
        http.force_login(member.user)
        text = http.get(reverse("ratings:case", args=[juniper.code])).text
        assert FIRST not in text
        assert "Latest answers" in text


DEEDS = {
    "kind": {"kind": "withdrawal"},
    "plan": {"step": "notice", "words": "notice-back"},
    "set-aside": {"reason": "It was the holiday."},
    "bring-back": {},
    "step": {"step": "notice", "outcome": "done"},
    "usual": {"reason": "A new phase."},
    "verdict": {"answer": "yes"},
    "strain": {"strain": "yes"},
    "into-plan": {},
}


@pytest.mark.parametrize("deed", DEEDS)
def test_nothing_is_done_about_a_repair_before_the_own_rating(http, waiting, juniper, deed):
    address = reverse(f"ratings:rupture-{deed}", args=[juniper.ruptures.get().code])
    deeds = AuditEvent.objects.exclude(verb="read")  # the page names the client
    before = set(deeds.values_list("pk"))
    response = http.post(address, DEEDS[deed])
    assert (response.status_code, FIRST in response.text) == (409, True)
    assert set(deeds.values_list("pk")) == before


@pytest.mark.parametrize("name", ["supervision-ask", "check-in-enter", "history-link"])
def test_a_form_that_would_tell_waits_as_well(http, waiting, millrace, juniper, name):
    row = waiting if name == "check-in-enter" else juniper
    assert FIRST in http.post(reverse(f"ratings:{name}", args=[row.code])).text


def test_the_hour_of_a_session_opens_nothing(http, waiting, juniper):
    """The therapist may correct it, also to a day before the practice chose to rate first."""
    session = waiting.therapy_session
    session.starts_at = days_ago(20)
    session.save()
    assert FIRST in http.get(reverse("ratings:case", args=[juniper.code])).text


def test_an_answer_that_was_read_before_and_changed_since_does_not_wait(http, waiting, millrace, juniper):
    millrace.rates_first_since = timezone.now()
    millrace.save()
    answer_check_in(check_in=waiting, answers=client_answers(4), may_change=True)
    assert FIRST not in http.get(reverse("ratings:case", args=[juniper.code])).text


@pytest.fixture
def links_made_before(rates_first, millrace, juniper):
    """Links to the client's history and copy, from a time when nothing waited."""
    millrace.shows_history = True
    millrace.save()
    juniper.client.consents.create(purpose="history", text_version="2026-11")
    return {
        "links:history": links.mint_history_link(editor=editor_of(juniper)),
        "links:copy": links.mint_copy_link(editor=editor_of(juniper)),
    }


def test_a_link_to_the_own_answers_leaves_out_what_waits(http, links_made_before, waiting):
    http.logout()
    address = reverse("links:history", args=[links_made_before["links:history"]])
    text = http.get(address).text
    assert COMMENT not in text
    assert "are shown here once your therapist has rated that session too." in text
    waiting.shown_unrated_at = timezone.now()
    waiting.save()
    text = http.get(address).text
    assert COMMENT in text
    assert "once your therapist has rated" not in text


@pytest.mark.parametrize("name", ["copy", "copy-json", "copy-csv"])
def test_a_link_to_the_copy_opens_nothing_while_answers_wait(http, links_made_before, waiting, name):
    http.logout()
    address = reverse(f"links:{name}", args=[links_made_before["links:copy"]])
    response = http.get(address)
    assert (response.status_code, COMMENT in response.text) == (409, False)
    waiting.shown_unrated_at = timezone.now()
    waiting.save()
    assert COMMENT in http.get(address).text


def test_nor_does_naming_a_strain(http, waiting, juniper):
    assert FIRST in http.post(reverse("ratings:rupture-name", args=[juniper.code]), {}).text


def test_a_session_that_is_missed_or_removed_does_not_show_them(http, waiting, juniper):
    session = waiting.therapy_session
    for change in ({"attendance": "no_show"}, {"voided_at": timezone.now(), "voided_by": juniper.therapist}):
        type(session).objects.filter(pk=session.pk).update(**change)
        text = http.get(reverse("ratings:session-page", args=[session.code])).text
        assert COMMENT not in text
        assert NOTHING_TO_RATE in text


@pytest.fixture
def teasel(dana):
    return make_episode(dana, "Teasel")


def own_rating_goes(row, to=None):
    if to:
        return refile_session(editor=editor_of(row.episode), to=editor_of(to), therapy_session=row)
    return correct_session(
        editor=editor_of(row.episode), therapy_session=row, starts_at=row.starts_at, ends_at=row.ends_at,
        mode=row.mode, attendance="attended", text=row.ratings.get(rater="therapist").text, answers={}, noticed="",
        private_note="", note_shown=None, reason="",
    )  # fmt: skip


@pytest.mark.parametrize("is_refiled", [True, False], ids=["filed under another client", "own rating taken back"])
def test_what_was_shown_is_not_held_back_once_the_own_rating_goes(
    http, rates_first, dana, juniper, teasel, live_through, is_refiled
):
    (check_in,) = live_through(juniper, [3], comment=COMMENT)
    http.force_login(dana.user)
    address = reverse("ratings:session-page", args=[check_in.therapy_session.code])
    assert COMMENT in http.get(address).text
    own_rating_goes(check_in.therapy_session, to=teasel if is_refiled else None)
    there = [reverse("ratings:case", args=[teasel.code])] if is_refiled else []
    for page in (address, *pages(juniper), *there):
        text = http.get(page).text
        assert FIRST not in text and NOTHING_TO_RATE not in text, page
    assert COMMENT in http.get(address).text


@pytest.mark.parametrize("is_refiled", [True, False], ids=["filed under another client", "own rating taken back"])
def test_what_waited_and_what_comes_later_waits(
    http, rates_first, waiting, dana, juniper, sorrel, teasel, live_through, is_refiled
):
    if is_refiled:
        own_rating_goes(waiting.therapy_session, to=teasel)
        assert NOTHING_TO_RATE in http.get(reverse("ratings:case", args=[juniper.code])).text
    else:
        (check_in,) = live_through(sorrel, [None])
        own_rating_goes(check_in.therapy_session)
        answer_check_in(check_in=check_in, answers=client_answers(3, comment=COMMENT), may_change=False)
        assert FIRST in http.get(reverse("ratings:case", args=[sorrel.code])).text


def test_what_somebody_else_typed_and_was_looked_at_moves_as_looked_at(
    http, rates_first, dana, noor, juniper, teasel, live_through
):
    (check_in,) = live_through(juniper, [None], therapist=None)
    arrange_cover(right=editor_of(juniper), covering=noor, starts_at=days_ago(2), ends_at=days_ago(-9))
    http.force_login(noor.user)
    day = local_day(check_in.therapy_session.starts_at).isoformat()
    http.post(reverse("ratings:check-in-enter", args=[check_in.code]), answers(3) | {"day": day, "comment": COMMENT})
    http.force_login(dana.user)
    http.post(reverse("ratings:check-in-show", args=[check_in.code]))
    own_rating_goes(check_in.therapy_session, to=teasel)
    assert COMMENT in http.get(reverse("ratings:case", args=[teasel.code])).text


def test_what_somebody_else_typed_from_paper_waits_as_well(http, rates_first, dana, noor, juniper, live_through):
    (check_in,) = live_through(juniper, [None], therapist=None)
    arrange_cover(right=editor_of(juniper), covering=noor, starts_at=days_ago(2), ends_at=days_ago(-9))
    http.force_login(noor.user)
    day = local_day(check_in.therapy_session.starts_at)
    typed = answers(3) | {"day": day.isoformat(), "comment": COMMENT}
    http.post(reverse("ratings:check-in-enter", args=[check_in.code]), typed)
    http.force_login(dana.user)
    text = http.get(reverse("ratings:check-in-correct", args=[check_in.code])).text
    assert FIRST in text
    assert COMMENT not in text


def test_nothing_that_waits_is_marked_as_seen_or_asked_about(http, waiting, juniper, monkeypatch):
    drawn = SampleQuestion(
        waiting.therapy_session.code, juniper.pk, juniper.code, "Juniper", waiting.therapy_session.starts_at
    )
    monkeypatch.setattr("ratings.today.day.open_questions", lambda user: [drawn])
    today = http.get(reverse("ratings:today"))
    assert str(waiting.ratings.get().code) not in today.text
    assert today.context["today"].questions == []


@pytest.mark.parametrize("since", [None, 0])
def test_nothing_waits_where_nobody_wants_it_or_wanted_it_then(http, waiting, millrace, juniper, since):
    millrace.rates_first_since = None if since is None else timezone.now()
    millrace.save()
    assert COMMENT in http.get(reverse("ratings:case", args=[juniper.code])).text


def test_what_the_therapist_typed_from_paper_is_known_already(http, rates_first, dana, juniper, live_through):
    (check_in,) = live_through(juniper, [None], therapist=None)
    http.force_login(dana.user)
    day = local_day(check_in.therapy_session.starts_at)
    address = reverse("ratings:check-in-enter", args=[check_in.code])
    http.post(address, answers(3) | {"day": day.isoformat(), "comment": COMMENT})
    assert COMMENT in http.get(reverse("ratings:case", args=[juniper.code])).text


def test_two_cases_that_wait_ask_no_more_than_one(http, waiting, sorrel, live_through):
    places = [reverse("ratings:cases"), reverse("ratings:today")]
    for_one = [statements(http, place) for place in places]
    live_through(sorrel, [3], therapist=None)
    assert http.get(places[0]).text.count("answered; rate it first") == 2
    assert [statements(http, place) for place in places] == for_one


def test_a_manager_switches_it_on_from_now(http, mona, millrace):
    http.force_login(mona.user)
    address = reverse("alliance:practice-settings")
    form = http.get(address).context["form"]
    given = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    http.post(address, given | {"rates_first": "on"})
    millrace.refresh_from_db()
    first = millrace.rates_first_since
    assert first is not None
    http.post(address, given | {"rates_first": "on"})
    millrace.refresh_from_db()
    assert millrace.rates_first_since == first, "it holds since it was switched on"
    http.post(address, given)
    millrace.refresh_from_db()
    assert millrace.rates_first_since is None
