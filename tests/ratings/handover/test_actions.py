"""A case goes into other hands, and none is lost on the way."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from alliance import access
from alliance.access import Denied, NotVisible
from alliance.crypto import Sealed
from alliance.models import AuditEvent, CaseOffer, Cover, Episode, HistoryShare, Membership, SightAnswer, Supervision
from alliance.people.case_offers import answer_case_offer
from alliance.people.cover import arrange_cover
from alliance.people.role_actions import change_roles
from alliance.people.roles import MemberRole
from alliance.refusal import Refused
from alliance.scopes import open_without_therapist
from ratings.cases.actions import end_episode, open_case
from ratings.handover.actions import CaseOpened, Choice, What, hand_over, leave, reopen_episode, settle_cases, take_case
from ratings.handover.earlier import earlier_course
from ratings.models import CheckIn, Delivery, Rating, Rupture, Standing
from ratings.today.actions import log_and_settle, undo_log
from sessions.models import PrivateNote, TherapySession
from sessions.plan.actions import agree_goal
from tests.courses import answers
from tests.factories import days_ago, editor_of, make_episode, make_member, make_therapy_session


@pytest.fixture
def held(juniper, live_through):
    """Juniper's course with Dana: a rupture is open, one check-in is not answered."""
    live_through(juniper, [3, 3, 3, 3, 0, None], comment="It helped to talk.")
    return juniper


def handed(episode, to, **rest):
    return hand_over(right=editor_of(episode), to=to, **rest)


def taken(offer):
    """The colleague accepts it, once the day is over."""
    CaseOffer.objects.filter(pk=offer.pk).update(opens_at=days_ago(0.001))
    return take_case(offer=offer, user=offer.to.user)


def seen_by(member):
    return set(Episode.objects.visible_to(member.user))


# --- Handing over -----------------------------------------------------------------------------------------------------


def test_one_therapy_ends_and_another_begins_with_the_same_client(held, dana, noor):
    following = handed(held, noor)
    held.refresh_from_db()
    assert (held.end_reason, held.ends_at) == ("transferred", following.starts_at)
    assert (following.previous, following.client, following.therapist) == (held, held.client, noor)
    assert Rupture.objects.get().closed_at is not None
    assert Standing.objects.get(episode=following).sessions_held == 0
    verbs = AuditEvent.objects.filter(subject_type="episode").values_list("verb", "subject_code", "actor_code")
    assert ("created", str(following.code), str(dana.user.code)) in verbs
    assert ("ended", str(held.code), str(dana.user.code)) in verbs


def test_sight_changes_at_the_next_request(held, dana, noor):
    assert seen_by(noor) == set()
    following = handed(held, noor)
    assert seen_by(noor) == {following}
    assert seen_by(dana) == {held}
    with pytest.raises(Denied):
        editor_of(following).check_again(CheckIn.objects.filter(episode=held).first())


def test_what_is_planned_goes_along_with_its_check_in_and_messages(held, noor):
    planned = make_therapy_session(held, starts_at=days_ago(-3))
    unlogged = make_therapy_session(held, starts_at=days_ago(1))
    asked = CheckIn.objects.filter(episode=held).first()
    check_in = CheckIn.objects.create(episode=held, therapy_session=planned, text=asked.text)
    delivery = Delivery.objects.create(
        episode=held, check_in=check_in, kind="first", due_at=days_ago(-3), message_id="<one@millrace.test>"
    )
    following = handed(held, noor)
    for row in (planned, check_in, delivery):
        row.refresh_from_db()
        assert row.episode == following
    for row in (unlogged, asked):
        row.refresh_from_db()
        assert row.episode == held
    assert TherapySession.objects.filter(episode=held).count() == 7


def test_an_open_check_in_still_goes_to_the_therapist_it_is_about_while_they_are_there(held, dana, noor):
    handed(held, noor)
    held.refresh_from_db()
    assert access.is_in_hands(held)
    Membership.objects.filter(pk=dana.pk).update(ends_at=timezone.now() - timedelta(seconds=1))
    assert not access.is_in_hands(held)
    assert access.responsible_for(held.client) == noor


def test_a_case_is_refused_to_whom_it_cannot_go(held, dana, noor, sam, otis):
    leaving = make_member(dana.practice, "Priya Raman", ends_at=timezone.now() + timedelta(hours=20))
    other = make_member(dana.practice, "Owen Pryce")
    make_episode(other, client=held.client)
    for to, sentence in (
        (dana, "They are the therapist of this case already."),
        (sam, "They are not a therapist of this practice now."),
        (otis, "A case stays within one practice."),
        (leaving, "They leave the practice before tomorrow."),
        (other, "They are a therapist of this client already."),
    ):
        with pytest.raises(Refused, match=sentence):
            handed(held, to)
    held.refresh_from_db()
    assert held.ends_at is None
    assert not Episode.objects.filter(previous=held).exists()


def test_it_is_handed_over_once(held, noor):
    editor = editor_of(held)
    hand_over(right=editor, to=noor)
    with pytest.raises(Refused):
        hand_over(right=editor, to=make_member(noor.practice, "Owen Pryce"))
    assert Episode.objects.filter(previous=held).count() == 1


def test_private_notes_stay_with_who_wrote_them(held, dana, noor):
    note = PrivateNote.objects.create(
        episode=held,
        therapy_session=held.therapy_sessions.first(),
        text=Sealed("Doubts", held.client.data_key),
        written_by=dana,
    )
    handed(held, noor, extent="everything")
    assert list(PrivateNote.objects.visible_to(dana.user)) == [note]
    assert not PrivateNote.objects.visible_to(noor.user).exists()


def test_what_was_written_before_a_log_was_undone_stays_with_who_wrote_it(http, held, dana, noor):
    start = timezone.now() + timedelta(minutes=30)
    planned = make_therapy_session(held, starts_at=start, ends_at=start + timedelta(minutes=50))
    said = {"starts_at": planned.starts_at, "ends_at": planned.ends_at, "zone": "UTC", "mode": "video"}
    said |= {"attendance": "attended", "private_note": "Doubts", "answers": answers(3)}
    log_and_settle(editor=editor_of(held), planned=planned, **said)
    undo_log(editor=editor_of(held), therapy_session=planned)
    following = handed(held, noor)
    planned.refresh_from_db()
    assert planned.episode == following
    assert not planned.private_notes.exists() and not planned.ratings.exists()
    note = PrivateNote.objects.visible_to(dana.user).get()
    own = Rating.objects.get(therapy_session=note.therapy_session)
    assert note.therapy_session.episode == note.episode == own.episode == held
    http.force_login(dana.user)
    page = http.get(reverse("ratings:session-page", args=[note.therapy_session.code])).text
    assert "Doubts" in page and "What was written about it stays here." in page
    http.force_login(noor.user)
    assert "Doubts" not in http.get(reverse("ratings:session-page", args=[planned.code])).text


@pytest.mark.parametrize(("extent", "scores", "words"), [("", 0, 0), ("scores", 5, 0), ("everything", 5, 5)])
def test_the_client_decides_what_the_next_therapist_sees(held, noor, extent, scores, words):
    agree_goal(editor=editor_of(held), text="We are working on sleep.")
    following = handed(held, noor, extent=extent)
    course = earlier_course(following)
    assert len(course.sessions) == scores
    assert len([row for row in course.sessions if row.comment]) == words
    assert course.goals == (["We are working on sleep."] if words else [])
    assert HistoryShare.objects.count() == bool(extent)


# --- Opened again -----------------------------------------------------------------------------------------------------


def test_an_ended_therapy_opens_again(held):
    end_episode(editor=editor_of(held), reason="client", planned=False, agreed=False)
    reopen_episode(editor=editor_of(held))
    held.refresh_from_db()
    assert (held.ends_at, held.end_reason, held.end_planned, held.end_agreed) == (None, "", None, None)
    assert Standing.objects.get().sessions_held == 6


def test_it_does_not_open_beside_the_one_that_a_third_colleague_works_on(held, noor, millrace):
    following = handed(held, noor)
    third = handed(following, make_member(millrace, "Rosa"))
    with pytest.raises(Refused, match="A colleague has taken this case over"):
        reopen_episode(editor=editor_of(held))
    end_episode(editor=editor_of(third), reason="completed")
    reopen_episode(editor=editor_of(held))


def test_it_does_not_open_beside_another(held, dana, noor):
    with pytest.raises(Refused, match="This therapy is open"):
        reopen_episode(editor=editor_of(held))
    following = handed(held, noor)
    with pytest.raises(Refused, match="A colleague has taken this case over"):
        reopen_episode(editor=editor_of(held))
    end_episode(editor=editor_of(following), reason="completed")
    again = make_episode(dana, client=held.client)
    with pytest.raises(Refused, match="There is an open case of this client with you"):
        reopen_episode(editor=editor_of(held))
    assert again.ends_at is None


# --- Somebody leaves --------------------------------------------------------------------------------------------------


@pytest.fixture
def three(held, dana, sorrel):
    return [held, sorrel, make_episode(dana, "Wren")]


def test_a_leaving_settles_three_cases_at_once(three, dana, noor, mona, sam):
    to_hand, to_cover, to_end = three
    until = days_ago(-20)
    leave(
        membership=dana,
        by=mona,
        choices=[
            Choice(to_hand.code, What.HAND_OVER, noor),
            Choice(to_cover.code, What.COVER, noor, until),
            Choice(to_end.code, What.END),
        ],
    )
    assert seen_by(noor) == set(), "before she has accepted"
    assert set(open_without_therapist()) == {to_hand, to_cover}
    for offer in CaseOffer.objects.all():
        taken(offer)
    following = Episode.objects.get(previous=to_hand)
    assert seen_by(noor) == {following, to_cover}
    assert access.is_in_hands(to_cover)
    to_end.refresh_from_db()
    assert to_end.end_reason == "other"
    assert seen_by(dana) == set()
    assert list(open_without_therapist()) == [to_cover]
    assert Supervision.objects.get(therapist=dana).ends_at is not None
    assert not HistoryShare.objects.exists()


def test_each_open_case_is_asked_about_or_nothing_is_written(three, dana, noor, mona):
    before = AuditEvent.objects.count()
    with pytest.raises(CaseOpened):
        leave(membership=dana, by=mona, choices=[Choice(three[0].code, What.HAND_OVER, noor)])
    dana.refresh_from_db()
    assert dana.ends_at is None
    assert not Episode.objects.exclude(previous=None).exists()
    assert AuditEvent.objects.count() == before


def test_one_choice_that_fails_takes_the_others_back(three, dana, noor, mona, sam):
    choices = [Choice(case.code, What.END) for case in three[:2]] + [Choice(three[2].code, What.HAND_OVER, sam)]
    with pytest.raises(Refused):
        leave(membership=dana, by=mona, choices=choices)
    assert Episode.objects.filter(ends_at__isnull=True).count() == 3
    dana.refresh_from_db()
    assert dana.ends_at is None


def test_a_coming_end_leaves_cases_for_later_and_a_cover_begins_with_it(three, dana, noor, mona):
    at = days_ago(-5)
    leave(membership=dana, by=mona, at=at, choices=[Choice(three[0].code, What.COVER, noor, days_ago(-30))])
    dana.refresh_from_db()
    assert dana.ends_at == at
    taken(CaseOffer.objects.get())
    assert seen_by(noor) == set()
    assert Cover.objects.get().starts_at == at
    assert all(access.is_in_hands(case) for case in three)
    Membership.objects.filter(pk=dana.pk).update(ends_at=timezone.now() - timedelta(seconds=1))
    Cover.objects.update(starts_at=days_ago(1))
    assert [access.is_in_hands(case) for case in three] == [True, False, False]
    assert set(open_without_therapist()) == set(three)


def test_who_stops_being_a_therapist_is_asked_the_same(three, dana, noor, mona):
    Membership.objects.filter(pk=dana.pk).update(is_supervisor=True)
    choices = [Choice(case.code, What.HAND_OVER, noor) for case in three]
    with pytest.raises(CaseOpened):
        leave(membership=dana, by=mona, choices=choices[1:], as_therapist_only=True)
    leave(membership=dana, by=mona, choices=choices, as_therapist_only=True)
    dana.refresh_from_db()
    assert (dana.is_therapist, dana.is_supervisor, dana.ends_at) == (False, True, None)
    for offer in CaseOffer.objects.all():
        taken(offer)
    assert Episode.objects.filter(therapist=noor, ends_at__isnull=True).count() == 3


def test_a_manager_settles_no_case_of_somebody_who_stays(held, mona, noor, otis):
    for case in (held, make_episode(otis, "Teasel")):
        with pytest.raises(NotVisible):
            settle_cases(by=mona, choices=[Choice(case.code, What.HAND_OVER, noor)])


def test_a_manager_gains_no_case(three, dana, mona):
    Membership.objects.filter(pk=mona.pk).update(is_therapist=True)
    mona.refresh_from_db()
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(1))
    for what in (What.HAND_OVER, What.COVER):
        with pytest.raises(Refused, match="A manager"):
            settle_cases(by=mona, choices=[Choice(three[0].code, what, mona, days_ago(-9))])
    assert seen_by(mona) == set()


def test_the_right_of_a_manager_is_good_for_nothing_else(held, dana, mona, noor):
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(1))
    right = access.check_settle(mona, held.code)
    assert not hasattr(right, "check_again")
    for write in (
        lambda: hand_over(right=right, to=noor),
        lambda: arrange_cover(right=right, covering=noor, starts_at=timezone.now(), ends_at=days_ago(-3)),
    ):
        with pytest.raises(AttributeError, match="check_hand_on_again"):
            write()
    assert seen_by(mona) == set()
    Membership.objects.filter(pk=mona.pk).update(ends_at=days_ago(1))
    with pytest.raises(Denied):
        hand_over(right=right, to=noor)


@pytest.fixture
def ghost(dana):
    """A therapist of a mailbox that is the manager's own as well."""
    return make_member(dana.practice, "Not Mona")


@pytest.mark.parametrize("what", [What.HAND_OVER, What.COVER])
@pytest.mark.parametrize("at", [None, days_ago(-9)])
def test_no_manager_comes_to_read_a_case_by_whom_they_invite(held, dana, mona, ghost, what, at):
    leave(membership=dana, by=mona, at=at, choices=[Choice(held.code, what, ghost, days_ago(-20))])
    offer = CaseOffer.objects.get()
    second = make_member(dana.practice, "Also Mona", "manager", starts_at=timezone.now())
    made_one = make_member(dana.practice, "Nell Old", "therapist")
    change_roles(membership=made_one, roles=[MemberRole.THERAPIST, MemberRole.MANAGER], by=mona)
    everybody = (ghost, mona, second, made_one)
    for member in everybody:
        with pytest.raises(Denied):
            answer_case_offer(offer=offer, answer=SightAnswer.AGREE, user=member.user)
    for member in everybody:
        with pytest.raises(Denied):
            take_case(offer=offer, user=member.user)
        assert seen_by(member) == set()
    assert not Episode.objects.filter(previous=held).exists() and not Cover.objects.exists()


def test_an_offered_case_opens_after_a_day_or_a_second_yes_and_stays_closed_after_an_objection(
    held, dana, noor, mona, ghost
):
    def offered(to):
        leave(membership=dana, by=mona, at=days_ago(-9), choices=[Choice(held.code, What.HAND_OVER, to)])
        return CaseOffer.objects.waiting().get()

    offer = offered(ghost)
    answer_case_offer(offer=offer, answer=SightAnswer.OBJECT, user=dana.user)
    CaseOffer.objects.filter(pk=offer.pk).update(asked_at=days_ago(3))
    with pytest.raises(Denied):
        take_case(offer=offer, user=ghost.user)
    again = offered(noor)
    offer.refresh_from_db()
    assert offer.ended_at, "another one took its place"
    Membership.objects.filter(pk=noor.pk).update(is_manager=True, starts_at=days_ago(30))
    with pytest.raises(Denied):  # who takes it is no second person
        answer_case_offer(offer=again, answer=SightAnswer.AGREE, user=noor.user)
    second = make_member(dana.practice, "Max", "manager", starts_at=days_ago(30))
    answer_case_offer(offer=again, answer=SightAnswer.AGREE, user=second.user)
    following = take_case(offer=again, user=noor.user)
    assert (following.previous, following.therapist) == (held, noor)
    with pytest.raises(Denied):
        take_case(offer=again, user=noor.user)
    third = CaseOffer.objects.create(episode=following, to=ghost, kind="hand-over", asked_by=mona, opens_at=days_ago(1))
    with pytest.raises(Denied):  # a case of somebody who stays needs nobody
        take_case(offer=third, user=ghost.user)


def test_a_declined_case_needs_somebody_as_before(held, dana, noor, mona):
    leave(membership=dana, by=mona, choices=[Choice(held.code, What.HAND_OVER, noor)])
    offer = CaseOffer.objects.get()
    answer_case_offer(offer=offer, answer=SightAnswer.DECLINE, user=noor.user)
    assert list(open_without_therapist()) == [held]
    assert not CaseOffer.objects.waiting().exists()
    with pytest.raises(Denied):
        taken(offer)


def test_no_case_opens_for_who_has_left_meanwhile(dana, mona):
    leave(membership=dana, by=mona, choices=[])
    with pytest.raises(Denied):
        open_case(practice=dana.practice, therapist=dana, name="Rowan", by=dana)


def test_the_last_manager_stays(mona):
    with pytest.raises(Refused, match="last manager"):
        leave(membership=mona, by=mona, choices=[])
    with pytest.raises(Refused, match="last manager"):
        leave(membership=mona, by=mona, choices=[], at=days_ago(-9))
