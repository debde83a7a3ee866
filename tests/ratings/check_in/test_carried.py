"""What a client wrote to a therapist who has left reaches somebody."""

import pytest
from django.urls import reverse

from alliance.models import CaseOffer, Episode
from alliance.refusal import Refused
from ratings.check_in.actions import answer_check_in, mark_read
from ratings.check_in.carried import unfinished
from ratings.handover.actions import Choice, What, hand_over, leave, take_case
from ratings.models import CheckIn
from tests.courses import client_answers
from tests.factories import days_ago, editor_of, make_member, make_therapy_session

CANARY = "nightingale"


@pytest.fixture
def left(juniper, live_through):
    """Dana has read two answers of three, and logged three sessions of four."""
    live_through(juniper, [3, 3], comment="An old word.")
    mark_read(editor=editor_of(juniper))
    (last,) = live_through(juniper, [None])
    said = client_answers(1, comment=f"A {CANARY} sang.", bring_up="gently")
    answer_check_in(check_in=last, answers=said, may_change=False)
    make_therapy_session(juniper, starts_at=days_ago(1))
    return juniper


def gone(episode, to, mona):
    """The therapist leaves, and a colleague takes the case."""
    leave(membership=episode.therapist, by=mona, choices=[Choice(episode.code, What.HAND_OVER, to)])
    CaseOffer.objects.update(opens_at=days_ago(0.001))
    return take_case(offer=CaseOffer.objects.waiting().get(), user=to.user)


def test_what_nobody_had_read_is_shown_to_the_next_therapist_and_stays(http, left, noor, mona):
    following = gone(left, noor, mona)
    page = reverse("ratings:case-earlier", args=[following.code])
    http.force_login(noor.user)
    assert page in http.get(reverse("ratings:today")).text
    for _time in range(2):
        text = http.get(page).text
        assert f"A {CANARY} sang." in text and "raise something, gently" in text
        assert "An old word." not in text, "that was read, and goes along only if the client says so"
    assert page not in http.get(reverse("ratings:today")).text
    read = CheckIn.objects.get(ratings__bring_up="gently")
    assert (read.read_by, read.read_at is not None) == (noor, True)
    http.force_login(mona.user)
    assert http.get(page).status_code == 404


def test_it_reaches_whoever_comes_after_one_who_opened_nothing(http, left, noor, mona):
    priya = make_member(noor.practice, "Priya Raman")
    gone(left, noor, mona)
    following = gone(Episode.objects.get(therapist=noor), priya, mona)
    http.force_login(priya.user)
    assert CANARY in http.get(reverse("ratings:case-earlier", args=[following.code])).text


def test_of_a_colleague_who_stays_only_the_wish_goes_along(http, left, noor):
    following = hand_over(right=editor_of(left), to=noor)
    http.force_login(noor.user)
    text = http.get(reverse("ratings:case-earlier", args=[following.code])).text
    assert "raise something, gently" in text and CANARY not in text
    assert CheckIn.objects.get(ratings__bring_up="gently").read_at is None, "Dana still reads it"


def test_nobody_ends_a_case_in_which_something_was_read_by_nobody(left, dana, mona):
    with pytest.raises(Refused, match="nobody has read"):
        leave(membership=dana, by=mona, choices=[Choice(left.code, What.END)])
    left.refresh_from_db()
    assert left.ends_at is None


def test_before_it_is_handed_on_the_pages_say_what_is_open(http, left, dana, mona):
    found = unfinished([left])[left.pk]
    assert (found.answers, found.sessions, found.has_wish) == (1, 1, True)
    for member, name, code in ((dana, "case-hand-over", left.code), (mona, "member-end", dana.code)):
        http.force_login(member.user)
        text = " ".join(http.get(reverse(f"ratings:{name}", args=[code])).text.split())
        assert "one check-in not read" in text and "one session not logged" in text
        assert CANARY not in text
        assert ("The client wanted something raised" in text) is (member is dana)
