"""What a client wrote to a therapist who has left reaches somebody."""

import pytest
from django.urls import reverse

from alliance.access import Denied
from alliance.models import AuditEvent, CaseOffer, Episode, HistoryShare, Membership
from alliance.people.actions import add_member
from alliance.people.mail import offer_messages
from alliance.refusal import Refused
from ratings.cases.actions import end_episode
from ratings.check_in.actions import answer_check_in, mark_read
from ratings.check_in.carried import unfinished
from ratings.digest.counts import parts_of
from ratings.handover.actions import CaseOpened, Choice, What, hand_over, leave, settle_cases, take_case
from ratings.handover.leaving import cases_of, cases_without_therapist
from ratings.models import CheckIn
from ratings.record.session_page import session_page
from ratings.rights.copy import copy_of
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
    with pytest.raises(Refused, match="something waits that the client wrote"):
        leave(membership=dana, by=mona, choices=[Choice(left.code, What.END)])
    left.refresh_from_db()
    assert left.ends_at is None


def test_a_manager_without_a_second_therapist_says_that_it_stays_unread(left, dana, mona):
    leave(membership=dana, by=mona, choices=[Choice(left.code, What.LEAVE_UNREAD)])
    left.refresh_from_db()
    check_in = CheckIn.objects.get(ratings__bring_up="gently")
    assert left.ends_at and check_in.read_at is None
    assert (check_in.closed_unread_by, check_in.closed_unread_at is None) == (mona, False)
    assert not cases_without_therapist(dana.practice)
    assert AuditEvent.objects.filter(verb="ended", subject_type="checkin", subject_code=str(check_in.code)).exists()


def test_the_record_says_who_left_it_unread(http, left, dana, mona, sam):
    leave(membership=dana, by=mona, choices=[Choice(left.code, What.LEAVE_UNREAD)])
    check_in = CheckIn.objects.get(ratings__bring_up="gently")
    left.refresh_from_db()
    session = session_page(check_in.therapy_session, sam.user)
    assert any(step.text == "Left unread by Mona Reyes, as manager." for step in session.steps)
    told = next(section for section in copy_of(left).sections if section.model == "ratings.CheckIn")
    assert "Mona Reyes" in str(told.rows)


def ended(episode):
    end_episode(editor=editor_of(episode), reason="completed")
    return Episode.objects.get(pk=episode.pk)


def test_an_ended_case_with_something_unread_is_settled_before_its_therapist_leaves(http, left, dana, noor, mona):
    done = ended(left)
    (case,) = cases_of(dana)
    assert (case.code, case.is_ended, case.left.answers) == (left.code, True, 1)
    with pytest.raises(CaseOpened):
        leave(membership=dana, by=mona, choices=[])
    following = gone(done, noor, mona)
    done.refresh_from_db()
    assert (following.previous, done.end_reason, following.ends_at) == (done, "completed", None)
    http.force_login(noor.user)
    assert CANARY in http.get(reverse("ratings:case-earlier", args=[following.code])).text
    assert not cases_without_therapist(dana.practice)


def test_what_is_unread_in_a_case_out_of_sight_is_on_the_managers_list_by_its_code(http, left, dana, mona):
    done = ended(left)
    days = done.client.practice.ended_visible_days
    long_ago = {"starts_at": days_ago(days + 9), "end_reason": "completed"}
    for since, needing in ((days - 1, []), (days + 1, [left.code])):
        Episode.objects.filter(pk=left.pk).update(ends_at=days_ago(since), **long_ago)
        assert [case.code for case in cases_without_therapist(dana.practice)] == needing
    http.force_login(mona.user)
    page = http.get(reverse("ratings:cases-settle", args=[dana.practice.code])).text
    assert left.short_code in page and CANARY not in page and "Juniper" not in page
    assert "Last day of each cover" not in page, "nobody covers an ended case"
    assert "read by nobody" in http.get("/people/").text
    settle_cases(by=mona, choices=[Choice(left.code, What.LEAVE_UNREAD)])
    assert not cases_without_therapist(dana.practice)


def out_of_sight(episode):
    days = episode.client.practice.ended_visible_days
    long_ago = {"starts_at": days_ago(days + 9), "ends_at": days_ago(days + 1), "end_reason": "completed"}
    Episode.objects.filter(pk=episode.pk).update(**long_ago)
    return Episode.objects.get(pk=episode.pk)


def test_the_therapist_of_a_case_out_of_sight_reads_in_a_new_one_what_waits(http, left, dana, mona):
    done = out_of_sight(left)
    settle_cases(by=mona, choices=[Choice(done.code, What.HAND_OVER, dana)])
    offer = CaseOffer.objects.waiting().get()
    following = take_case(offer=offer, user=dana.user)  # at once: who could object is who takes it
    http.force_login(dana.user)
    page = reverse("ratings:case-earlier", args=[following.code])
    assert page in http.get(reverse("ratings:today")).text
    assert CANARY in http.get(page).text
    assert not cases_without_therapist(dana.practice)


def test_in_a_practice_of_one_its_therapist_reads_in_a_new_case_what_waits_in_an_old_one(http, left, dana, mona):
    Membership.objects.filter(pk=mona.pk).update(ends_at=days_ago(1))
    Membership.objects.filter(pk=dana.pk).update(is_manager=True)
    done = out_of_sight(left)
    http.force_login(dana.user)
    page = reverse("ratings:cases-settle", args=[dana.practice.code])
    assert "Read it in a new case of yours" in http.get(page).text
    saved = http.post(page, {f"case_{done.code}": f"{What.HAND_OVER}:{dana.code}"}, follow=True).text
    following = Episode.objects.get(previous=done)
    before = reverse("ratings:case-earlier", args=[following.code])
    assert f'<a href="{before}">Read what waits in case {done.short_code}</a>' in saved
    assert CANARY in http.get(before).text


def test_in_a_case_that_follows_their_own_nobody_is_told_to_ask_the_client(http, left, dana, mona):
    done = out_of_sight(left)
    settle_cases(by=mona, choices=[Choice(done.code, What.HAND_OVER, dana)])
    following = take_case(offer=CaseOffer.objects.waiting().get(), user=dana.user)
    http.force_login(dana.user)
    page = reverse("ratings:case-earlier", args=[following.code])
    text = http.get(page).text
    assert "This therapy was your own." in text and "With you, " in text
    assert "Ask them" not in text and "What goes along" not in text
    assert http.post(page, {"extent": "everything"}).status_code == 400
    assert not HistoryShare.objects.exists()


def test_a_manager_is_offered_no_case_of_somebody_else(http, left, mona):
    Membership.objects.filter(pk=mona.pk).update(is_therapist=True)
    out_of_sight(left)
    http.force_login(mona.user)
    page = http.get(reverse("ratings:cases-settle", args=[mona.practice.code])).text
    assert "Leave it unread" in page and "Read it in a new case of yours" not in page


def test_a_manager_who_is_no_therapist_any_more_is_offered_no_new_case(http, left, dana):
    Membership.objects.filter(pk=dana.pk).update(is_manager=True, is_therapist=False)
    out_of_sight(left)
    http.force_login(dana.user)
    page = http.get(reverse("ratings:cases-settle", args=[dana.practice.code])).text
    assert "Leave it unread" in page and "Read it in a new case of yours" not in page


def test_who_is_asked_to_follow_themselves_is_told_once_that_they_are_asked(left, dana, mona):
    done = out_of_sight(left)
    offers = settle_cases(by=mona, choices=[Choice(done.code, What.HAND_OVER, dana)])
    (message,) = offer_messages(offers, address="https://alliance.example.org/")
    assert message.to == [dana.user.email] and "asks you to take on cases" in message.body


def test_nobody_follows_themselves_where_they_can_open_the_ended_case(left, dana, mona):
    done = ended(left)
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(-3))
    dana.refresh_from_db()
    with pytest.raises(Refused, match="already"):
        settle_cases(by=mona, choices=[Choice(done.code, What.HAND_OVER, dana)])


def test_an_ended_case_that_was_read_is_in_nobodys_way(left, dana, mona):
    ended(left)
    mark_read(editor=editor_of(left))
    assert not cases_of(dana)
    with pytest.raises(Refused, match="has ended meanwhile"):
        leave(membership=dana, by=mona, choices=[Choice(left.code, What.COVER, dana, days_ago(-9))])
    leave(membership=dana, by=mona, choices=[])


def offered(episode, colleague, by, at=None):
    """Asks a colleague to take a case, at once; its therapist leaves then, or at an instant to come."""
    choice = Choice(episode.code, What.HAND_OVER, colleague)
    (offer,) = leave(membership=episode.therapist, by=by, choices=[choice], at=at)
    offer.opens_at = days_ago(0.001)
    offer.save()
    return offer


def test_what_was_left_unread_is_opened_by_no_earlier_offer(left, dana, noor, mona):
    offer = offered(ended(left), noor, mona)
    settle_cases(by=mona, choices=[Choice(left.code, What.LEAVE_UNREAD)], covered_from=days_ago(0))
    assert not CaseOffer.objects.waiting().exists()
    with pytest.raises(Denied):
        take_case(offer=offer, user=noor.user)
    assert not Episode.objects.filter(therapist=noor).exists()


def test_what_its_own_therapist_read_meanwhile_is_opened_by_nobody_else(left, dana, noor, mona):
    offer = offered(ended(left), noor, mona, at=days_ago(-9))
    mark_read(editor=editor_of(left))
    with pytest.raises(Refused, match="waits to be read"):
        take_case(offer=offer, user=noor.user)
    assert not Episode.objects.filter(therapist=noor).exists()


def test_one_whose_therapist_left_before_is_on_the_list_until_it_is_settled(http, left, dana, mona):
    done = ended(left)
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(0.001))
    http.force_login(mona.user)
    page = reverse("ratings:cases-settle", args=[mona.practice.code])
    assert page in http.get(reverse("alliance:people")).text
    assert parts_of(mona.user)[0].lines == ("1 ended case with answers that nobody reads",)
    text = " ".join(http.get(page).text.split())
    assert "In one ended case the client’s last answers are read by nobody." in text and "Leave it unread" in text
    assert CANARY not in text and "Cover by" not in text
    assert http.post(page, {f"case_{done.code}": "end"}).status_code == 422
    assert http.post(page, {f"case_{done.code}": "leave-unread"}).url == page
    assert "None. Every open case has a therapist." in http.get(page).text
    assert page not in http.get(reverse("alliance:people")).text


def test_answers_that_came_after_a_manager_had_closed_them_are_unread_again(left, dana, mona):
    settled = [Choice(left.code, What.LEAVE_UNREAD)]
    leave(membership=dana, by=mona, choices=settled, at=days_ago(-3))
    check_in = CheckIn.objects.get(ratings__bring_up="gently")
    assert not cases_of(dana)
    answer_check_in(check_in=check_in, answers=client_answers(2), may_change=True)
    assert [case.code for case in cases_of(dana)] == [left.code]


def test_it_reaches_the_fourth_therapist_and_whoever_has_ended_the_case_since(http, left, dana, noor, millrace):
    episode = left
    for name in ("Priya Raman", "Rolf Amsel", "Sefa Demir"):
        member = make_member(millrace, name)
        episode = hand_over(right=editor_of(episode), to=member)
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(0.001))
    assert unfinished([episode])[episode.pk].answers == 1
    ended(episode)
    http.force_login(member.user)
    page = reverse("ratings:case-earlier", args=[episode.code])
    assert page in http.get(reverse("ratings:today")).text
    assert CANARY in http.get(page).text
    assert page not in http.get(reverse("ratings:today")).text


def test_who_left_and_came_back_takes_their_own_cases_up_again(left, dana, mona):
    leave(membership=dana, by=mona, choices=[], at=days_ago(-1))
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(0.001))
    again = add_member(practice=dana.practice, email=dana.user.email, name="Dana Whitlock", roles=["therapist"])
    settle_cases(by=mona, choices=[Choice(left.code, What.HAND_OVER, again)])
    CaseOffer.objects.update(opens_at=days_ago(0.001))
    assert take_case(offer=CaseOffer.objects.get(), user=again.user).therapist == again


def test_before_it_is_handed_on_the_pages_say_what_is_open(http, left, dana, mona):
    found = unfinished([left])[left.pk]
    assert (found.answers, found.sessions, found.has_wish) == (1, 1, True)
    for member, name, code in ((dana, "case-hand-over", left.code), (mona, "member-end", dana.code)):
        http.force_login(member.user)
        text = " ".join(http.get(reverse(f"ratings:{name}", args=[code])).text.split())
        assert "one check-in that nobody has read" in text and "one session not logged" in text
        assert CANARY not in text
        assert ("The client wanted something raised" in text) is (member is dana)
