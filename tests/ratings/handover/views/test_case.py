"""The pages that put a case into other hands."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from alliance.models import CaseOffer, Cover, Episode, HistoryShare, Membership
from ratings.cases.actions import end_episode
from ratings.check_in.actions import answer_check_in
from ratings.detection.reassess import reassess
from ratings.models import CheckIn, Rating
from sessions.models import Leave, TherapySession
from tests.courses import answers, client_answers
from tests.factories import days_ago, editor_of, local_day, make_episode, make_member, make_therapy_session


def day(offset):
    """A day in the practice's zone, so many days from today."""
    return (local_day() + timedelta(days=offset)).isoformat()


def given(member, first_day=0, last_day=6, **changes):
    """What the form sends; a day as a number counts from today."""
    sent = {"colleague": str(member.code), "first_day": first_day, "last_day": last_day, "extent": "this"} | changes
    return {name: day(value) if isinstance(value, int) else value for name, value in sent.items()}


@pytest.fixture
def covering(http, dana, noor, juniper, sorrel):
    """The address at which Dana has Juniper covered, signed in; Noor could."""
    reassess(sorrel)
    http.force_login(dana.user)
    return reverse("ratings:case-cover", args=[juniper.code])


def test_a_colleague_covers_one_case_from_today(http, covering, juniper, sorrel, noor, live_through):
    live_through(juniper, [3])
    assert http.post(covering, given(noor)).status_code == 302
    page = http.get(covering).text
    assert "Noor Haddad" in page
    assert "this case" in page
    http.force_login(noor.user)
    page = http.get(reverse("ratings:case", args=[juniper.code])).text
    assert "You cover for them: you can read this case and log sessions." in page
    assert "Covers for the therapist" in page
    assert "End this therapy" not in page
    cases = http.get(reverse("ratings:cases")).text
    assert "you cover for" in cases
    assert "Sorrel" not in cases
    assert http.get(reverse("ratings:case", args=[sorrel.code])).status_code == 404


def test_who_covers_logs_a_session_and_reads_what_comes_of_it(http, covering, juniper, noor, live_through):
    live_through(juniper, [3])
    http.post(covering, given(noor))
    http.force_login(noor.user)
    path = reverse("ratings:session-log", args=[juniper.code])
    start = timezone.localtime(timezone.now() - timedelta(hours=2))
    sent = {
        "day": start.date().isoformat(), "time": start.strftime("%H:%M"), "minutes": 50, "mode": "video",
        "attendance": "attended", "private_note": "Covered.", **answers(3),
        "form_key": http.get(path).context["form"]["form_key"].value(),
    }  # fmt: skip
    assert http.post(path, sent).status_code == 302
    logged = TherapySession.objects.get(logged_by=noor)
    check_in = CheckIn.objects.get(therapy_session=logged)
    answer_check_in(check_in=check_in, answers=client_answers(2, comment="It was odd without her."), may_change=False)
    case = reverse("ratings:case", args=[juniper.code])
    page = http.get(case).text
    assert "It was odd without her." in page
    assert "Covered." in page
    check_in.refresh_from_db()
    assert check_in.read_at is not None
    http.force_login(juniper.therapist.user)
    page = http.get(case).text
    assert "It was odd without her." in page
    assert "Covered." not in page
    assert Rating.objects.filter(rater="client").count() == 2


def test_a_therapy_that_is_opened_again_says_what_stays_cancelled(http, dana, juniper, live_through):
    live_through(juniper, [3])
    for days in (2, 9):
        start = timezone.now() + timedelta(days=days)
        make_therapy_session(juniper, starts_at=start, ends_at=start + timedelta(minutes=50))
    http.force_login(dana.user)
    reopen = reverse("ratings:case-reopen", args=[juniper.code])
    end_episode(editor=editor_of(juniper), reason="completed")
    page = http.post(reopen, follow=True).text
    assert "2 sessions that were planned stay cancelled. Plan them again on the page of your week." in page
    end_episode(editor=editor_of(juniper), reason="completed")
    page = http.post(reopen, follow=True).text
    assert "The therapy is open again." in page and "cancelled. Plan" not in page, "that was said before"


def test_sight_ends_with_the_cover_at_the_next_request(http, covering, juniper, noor, live_through):
    live_through(juniper, [3])
    http.post(covering, given(noor))
    http.force_login(noor.user)
    case = reverse("ratings:case", args=[juniper.code])
    assert http.get(case).status_code == 200
    Cover.objects.update(starts_at=days_ago(1), ends_at=timezone.now() - timedelta(seconds=1))
    assert http.get(case).status_code == 404
    assert "Juniper" not in http.get(reverse("ratings:cases")).text


def test_all_open_cases_are_covered_at_once(http, covering, dana, noor, sorrel):
    assert http.post(covering, given(noor, extent="all")).status_code == 302
    assert Cover.objects.get().therapist == dana
    http.force_login(noor.user)
    assert http.get(reverse("ratings:case", args=[sorrel.code])).status_code == 200


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"colleague": ""}, "Choose a colleague."),
        ({"first_day": -1}, "This day is over. Choose today or a later one."),
        ({"last_day": -1}, "The last day is before the first."),
        ({"last_day": 400}, "A cover lasts a year at most. Hand the case over instead."),
        ({"last_day": "soon"}, "Write the day as "),
        ({"extent": "some"}, "Choose one of these."),
    ],
)
def test_a_wrong_day_is_a_sentence_and_nothing_is_written(http, covering, noor, changes, sentence):
    page = http.post(covering, given(noor, **changes))
    assert page.status_code == 422
    assert sentence in page.text
    assert not Cover.objects.exists()


def test_a_colleague_who_leaves_before_the_last_day_cannot_cover(http, covering, noor, otis):
    Membership.objects.filter(pk=noor.pk).update(ends_at=days_ago(-2))
    page = http.post(covering, given(noor))
    assert page.status_code == 422
    assert "They leave the practice before the last day." in page.text
    assert http.post(covering, given(otis)).status_code == 422  # not among the choices
    assert not Cover.objects.exists()


def test_two_of_one_name_are_told_apart_by_address(http, covering, noor, millrace):
    assert "noor@millrace.test" not in http.get(covering).text
    make_member(millrace, "Noor Haddad", user=make_member(millrace, "Second").user, ends_at=days_ago(-9))
    assert "Noor Haddad, noor@millrace.test" in http.get(covering).text


def test_either_side_ends_a_cover_early(http, covering, juniper, noor, sam):
    http.post(covering, given(noor))
    end = reverse("ratings:cover-end", args=[Cover.objects.get().code])
    http.force_login(sam.user)
    assert http.post(end).status_code == 404
    http.force_login(noor.user)
    assert http.post(end).status_code == 302
    assert Cover.objects.get().taken_back_at is not None
    assert http.get(reverse("ratings:case", args=[juniper.code])).status_code == 404


def test_the_client_is_told_that_a_colleague_reads_it(http, covering, juniper, noor, live_through, opened):
    (check_in,) = live_through(juniper, [None])
    address = opened(check_in)
    said = "to the colleague who stands in for them"
    assert said not in http.get(address).text
    http.post(covering, given(noor))
    assert said in http.get(address).text


def test_an_ended_case_is_not_covered(http, dana, noor):
    ended = make_episode(dana, "Heron", ends_at=days_ago(5), end_reason="completed")
    reassess(ended)
    http.force_login(dana.user)
    assert http.post(reverse("ratings:case-cover", args=[ended.code]), given(noor)).status_code == 409
    assert not Cover.objects.exists()


# --- Handed over, and opened again ------------------------------------------------------------------------------------


def test_a_case_is_handed_over_with_what_the_client_allows(http, dana, noor, juniper, live_through):
    live_through(juniper, [3, 2], comment="It helped to talk.")
    http.force_login(dana.user)
    path = reverse("ratings:case-hand-over", args=[juniper.code])
    page = http.get(path).text
    assert "Nothing, or not asked yet" in page
    assert http.post(path, {"colleague": ""}).status_code == 422
    assert http.post(path, {"colleague": str(noor.code), "extent": "scores"}).status_code == 302
    following = Episode.objects.get(previous=juniper)
    http.force_login(noor.user)
    assert "The therapy before" in http.get(reverse("ratings:case", args=[following.code])).text
    assert http.get(reverse("ratings:case", args=[juniper.code])).status_code == 404
    earlier = reverse("ratings:case-earlier", args=[following.code])
    page = http.get(earlier).text
    assert "With Dana Whitlock" in page
    assert "75" in page
    assert "It helped to talk." not in page
    assert http.post(earlier, {"extent": "everything"}).status_code == 302
    assert "It helped to talk." in http.get(earlier).text
    http.post(earlier, {"extent": ""})
    page = http.get(earlier).text
    assert "The client has not let anything go along." in page
    assert "It helped to talk." not in page
    assert HistoryShare.objects.filter(withdrawn_at__isnull=False).count() == 2


def test_a_colleague_who_leaves_before_tomorrow_takes_no_case(http, dana, noor, juniper):
    Membership.objects.filter(pk=noor.pk).update(ends_at=timezone.now() + timedelta(hours=20))
    http.force_login(dana.user)
    page = http.post(reverse("ratings:case-hand-over", args=[juniper.code]), {"colleague": str(noor.code)})
    assert page.status_code == 422
    assert "They leave the practice before tomorrow." in page.text
    assert not Episode.objects.filter(previous=juniper).exists()


@pytest.mark.parametrize("name", ["case-cover", "case-hand-over", "episode-end"])
def test_a_form_about_a_case_that_has_ended_meanwhile_comes_back(http, dana, noor, juniper, name):
    end_episode(editor=editor_of(juniper), reason="client", planned=True, agreed=True)
    http.force_login(dana.user)
    path = reverse(f"ratings:{name}", args=[juniper.code])
    assert http.get(path).status_code == 302
    typed = given(noor, 1, 1, extent="this" if "cover" in name else "")
    sent = http.post(path, typed | {"reason": "outside", "planned": "no", "agreed": "no"})
    assert (sent.status_code, "ended" in sent.text) == (409, True)
    juniper.refresh_from_db()
    assert juniper.end_reason == "client"


def test_an_ended_case_opens_again_from_its_page(http, dana, juniper, live_through):
    live_through(juniper, [3])
    end_episode(editor=editor_of(juniper), reason="completed")
    http.force_login(dana.user)
    assert "Open this therapy again" in http.get(reverse("ratings:case", args=[juniper.code])).text
    page = http.post(reverse("ratings:case-reopen", args=[juniper.code]), follow=True).text
    assert "The therapy is open again." in page
    assert "Log session 2" in page
    page = http.post(reverse("ratings:case-reopen", args=[juniper.code]), follow=True).text
    assert "This therapy is open." in page


# --- What is planned, over the colleague's own ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("case-hand-over", "another session"),
        ("case-hand-over", "on leave"),
        ("case-hand-over", "will have left"),
        ("case-cover", "another session"),
        ("case-cover", "on leave"),
    ],
)
def test_before_a_colleague_gets_what_is_planned_it_is_said_what_lies_over_it(http, dana, noor, juniper, name, way):
    at = days_ago(-3)
    planned = make_therapy_session(juniper, starts_at=at, ends_at=at + timedelta(minutes=50))
    if way == "another session":
        make_therapy_session(make_episode(noor, "Wren"), starts_at=at, ends_at=at + timedelta(minutes=20))
    elif way == "on leave":
        Leave.objects.create(therapist=noor, starts_at=days_ago(-2), ends_at=days_ago(-9))
    else:
        Membership.objects.filter(pk=noor.pk).update(ends_at=days_ago(-2.9))
    reassess(juniper)
    http.force_login(dana.user)
    path = reverse(f"ratings:{name}", args=[juniper.code])
    sent = given(noor, extent="this" if "cover" in name else "")
    page = http.post(path, sent)
    assert (page.status_code, way in page.text, "Wren" in page.text) == (422, True, False)
    assert not Cover.objects.exists() and not Episode.objects.filter(previous=juniper).exists()
    assert http.post(path, sent | {"accepted": "on"}).status_code == 302
    planned.refresh_from_db()
    assert (planned.episode.therapist, Cover.objects.count()) == ((noor, 0) if "hand" in name else (dana, 1))


def test_who_takes_a_case_is_told_what_lies_over_it_before(http, dana, noor, mona, juniper):
    at = days_ago(-3)
    for episode in (juniper, make_episode(noor, "Wren")):
        make_therapy_session(episode, starts_at=at, ends_at=at + timedelta(minutes=50))
        reassess(episode)
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(0.1))
    offer = CaseOffer.objects.create(episode=juniper, to=noor, kind="hand-over", asked_by=mona, opens_at=days_ago(0.1))
    http.force_login(noor.user)
    path = reverse("ratings:case-offer-answer", args=[offer.code])
    page = http.post(path, {"answer": "accept"})
    assert (page.status_code, "has another session then" in page.text) == (422, True)
    assert not Episode.objects.filter(previous=juniper).exists()
    assert http.post(path, {"answer": "accept", "accepted": "on"}).status_code == 302
    assert Episode.objects.get(previous=juniper).therapist == noor
