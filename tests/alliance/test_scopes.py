"""Who has a place now, in whose hands a case is, and what somebody is asked."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from alliance import scopes
from alliance.crypto import Sealed
from alliance.models import CaseOffer, Cover, Episode, FormDraft, Membership, Supervision, User
from tests.factories import days_ago, make_episode, make_member, make_supervision

# What takes a place from somebody, in days from now or as it is stored.
GONE = ("ended", "not begun", "not accepted", "switched off")


def goes(member, how):
    places = Membership.objects.filter(pk=member.pk)
    if how == "ended":
        places.update(ends_at=days_ago(0.001))
    elif how == "not begun":
        places.update(starts_at=days_ago(-1))
    elif how == "not accepted":
        places.update(accepted_at=None)
    else:
        User.objects.filter(pk=member.user_id).update(is_active=False)


@pytest.mark.parametrize("how", GONE)
def test_a_place_holds_for_who_said_yes_from_its_start_to_its_end(how, dana):
    assert list(scopes.live_memberships(dana.user)) == list(scopes.live_therapists()) == [dana]
    assert scopes.memberships_of(dana.user) == [dana]
    goes(dana, how)
    assert not scopes.live_memberships(dana.user).exists() and not scopes.live_therapists().exists()
    assert scopes.memberships_of(dana.user) == []


def test_a_place_is_of_one_person_and_has_its_roles(dana, sam):
    assert list(scopes.live_memberships(dana.user)) == [dana]
    assert list(scopes.live_memberships(dana.user, "therapist")) == [dana]
    assert not scopes.live_memberships(dana.user, "supervisor").exists()
    assert list(scopes.live_therapists()) == [dana]


def test_places_of_the_past_are_places_still(dana, lee):
    assert list(scopes.places_of(lee.user)) == [lee]


def test_who_is_not_signed_in_has_no_place(dana, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert scopes.memberships_of(AnonymousUser()) == []


def test_the_oldest_place_comes_first(dana, otis):
    older = make_member(otis.practice, "Dana", user=dana.user, starts_at=days_ago(2000))
    assert scopes.memberships_of(dana.user) == [older, dana]


# --- In whose hands a case is -----------------------------------------------------------------------------------------


def covers(member, **fields):
    return Cover.objects.create(covering=member, **({"starts_at": days_ago(1), "ends_at": days_ago(-7)} | fields))


@pytest.fixture
def left(lee):
    """A case of a therapist whose place has ended."""
    return make_episode(lee, "Brook")


def in_hands():
    return set(scopes.episodes_in_hands())


def test_a_case_is_in_the_hands_of_its_therapist(juniper, left):
    assert in_hands() == {juniper}


@pytest.mark.parametrize("of", ["episode", "therapist"])
def test_a_case_is_in_the_hands_of_who_covers_it_and_no_other_is(of, left, lee, noor, vera, dana):
    dana_left = make_episode(dana, "Hazel")
    goes(dana, "ended")
    covers(noor, **({"episode": left} if of == "episode" else {"therapist": lee}))
    assert in_hands() == {left} and dana_left not in in_hands()


def test_an_ended_case_is_in_no_hands_by_a_cover(left, noor, dana, juniper):
    ended = {"ends_at": days_ago(1), "end_reason": "completed"}
    own = make_episode(dana, "Hazel", **ended)
    covers(noor, episode=left)
    Episode.objects.filter(pk=left.pk).update(**ended)
    assert in_hands() == {juniper, own}


def test_open_cases_without_a_therapist(juniper, left, lee):
    make_episode(lee, "Hazel", ends_at=days_ago(1), end_reason="completed")
    assert list(scopes.open_without_therapist()) == [left]


def test_a_cover_holds_for_its_days_unless_it_was_taken_back(noor, juniper, sorrel, dana):
    now = covers(noor, episode=juniper)
    covers(noor, episode=sorrel, starts_at=days_ago(-1))
    covers(noor, therapist=dana, taken_back_at=timezone.now())
    assert list(scopes.live_covers()) == [now]


def test_a_cover_is_of_who_is_a_therapist_still(noor, juniper):
    covers(noor, episode=juniper)
    Membership.objects.filter(pk=noor.pk).update(is_therapist=False, is_supervisor=True)
    assert not scopes.live_covers().exists()


def test_a_cover_is_of_one_person(noor, juniper, millrace):
    own = covers(noor, episode=juniper)
    covers(make_member(millrace, "Kai Late"), episode=juniper)
    assert list(scopes.live_covers(noor.user)) == [own]


def test_the_covers_of_a_case_are_its_own_and_its_therapists(noor, otis, juniper, sorrel, dana, millrace):
    of_case, of_therapist = covers(noor, episode=juniper), covers(make_member(millrace, "Kai Late"), therapist=dana)
    covers(noor, episode=sorrel)
    assert set(scopes.live_covers_of(juniper)) == {of_case, of_therapist}
    Episode.objects.filter(pk=juniper.pk).update(ends_at=days_ago(1), end_reason="completed")
    assert not scopes.live_covers_of(juniper).exists()


# --- Whom somebody supervises -----------------------------------------------------------------------------------------


def test_a_supervisor_has_the_therapists_of_their_assignments(sam, dana, noor, eve, sorrel, lee):
    assert set(scopes.therapists_supervised_by(sam.user)) == set(scopes.therapists_supervised_by(eve.user)) == {dana}
    make_supervision(sam, therapist=lee)
    make_supervision(sam, episode=make_episode(noor, "Wren"))
    assert set(scopes.therapists_supervised_by(sam.user)) == {dana, noor}, "nobody whose place has ended"


def test_nobody_is_their_own_supervisor(sam, dana, otis):
    elsewhere = make_member(otis.practice, "Sam", user=sam.user)
    make_supervision(sam, therapist=elsewhere)
    assert list(scopes.therapists_supervised_by(sam.user)) == [dana]


CLOSED = {
    "ended": {"ends_at": days_ago(0.001)},
    "not begun": {"starts_at": days_ago(-1)},
    "not accepted": {"accepted_at": None},
    "opens later": {"opens_at": days_ago(-1)},
    "opens never": {"opens_at": None},
}


@pytest.mark.parametrize("how", [*CLOSED, *(f"supervisor {how}" for how in GONE)])
def test_an_assignment_opens_when_its_day_has_come_and_all_have_said_yes(how, sam, juniper):
    assert scopes.live_assignments().exists() and scopes.live_assignments(sam.user).exists()
    if how in CLOSED:
        Supervision.objects.update(**CLOSED[how])
    else:
        goes(sam, how.removeprefix("supervisor "))
    assert not scopes.live_assignments(sam.user).exists()
    assert not scopes.supervised_episodes(sam.user).exists()


def test_an_assignment_is_of_who_is_a_supervisor_still(sam):
    Membership.objects.filter(pk=sam.pk).update(is_supervisor=False, is_manager=True)
    assert not scopes.live_assignments().exists()


# --- What somebody is asked -------------------------------------------------------------------------------------------


def is_asked(member):
    (place,) = scopes.memberships_of(member.user)
    return place.is_asked


def asked_for(sam, **fields):
    """An assignment that a manager asked for just now: it opens in a day."""
    times = {"starts_at": days_ago(0.001), "accepted_at": None, "opens_at": days_ago(-1)}
    return make_supervision(sam, **(times | fields))


def test_who_has_typed_something_has_a_draft(dana, noor):
    text = Sealed("June", dana.practice.data_key)
    FormDraft.objects.create(sent_by=dana, shown=dana.code, page="/", action="/", fields=text)
    assert [scopes.memberships_of(member.user)[0].has_drafts for member in (dana, noor)] == [True, False]


def test_who_is_offered_a_place_is_asked(dana, noor, otis):
    offer = make_member(otis.practice, "Dana", user=dana.user, accepted_at=None)
    assert (is_asked(dana), is_asked(noor)) == (True, False)
    Membership.objects.filter(pk=offer.pk).update(ends_at=timezone.now())
    assert not is_asked(dana)


@pytest.mark.parametrize("of", ["therapist", "episode"])
def test_the_supervisor_and_the_therapist_are_asked_and_the_other_manager(
    of, vera, dana, noor, mona, juniper, millrace
):
    ida, kai = make_member(millrace, "Ida Berg", "manager"), make_member(millrace, "Kai Late")
    whose = {"therapist": noor} if of == "therapist" else {"episode": make_episode(noor, "Wren")}
    everybody = (vera, dana, noor, mona, ida, kai)
    assert not any(map(is_asked, everybody))
    asked = asked_for(vera, asked_by=mona, **whose)
    assert {member for member in everybody if is_asked(member)} == {vera, noor, ida}
    Supervision.objects.filter(pk=asked.pk).update(objected_at=timezone.now(), opens_at=None)
    assert {member for member in everybody if is_asked(member)} == {vera, ida}
    Supervision.objects.filter(pk=asked.pk).update(accepted_at=timezone.now(), opens_at=timezone.now())
    assert not any(map(is_asked, everybody))
    Supervision.objects.filter(pk=asked.pk).update(opens_at=None)
    assert {member for member in everybody if is_asked(member)} == {ida}
    Supervision.objects.filter(pk=asked.pk).update(ends_at=timezone.now())
    assert not any(map(is_asked, everybody))


@pytest.mark.parametrize("made", ["assignment", "offer"])
@pytest.mark.parametrize("since", ["starts_at", "manager_since"])
def test_who_became_a_manager_too_late_to_answer_is_not_asked(since, made, vera, dana, noor, mona, juniper, millrace):
    ida, late = make_member(millrace, "Ida Berg", "manager"), make_member(millrace, "Kai Late", "manager")
    Membership.objects.filter(pk=late.pk).update(**{since: days_ago(0.5)})
    if made == "assignment":
        asked_for(vera, asked_by=mona, therapist=noor)
    else:
        CaseOffer.objects.create(episode=juniper, to=noor, kind="hand-over", asked_by=mona, opens_at=days_ago(-1))
    assert (is_asked(ida), is_asked(late)) == (True, False)


def test_who_declined_is_asked_no_more(vera, noor, mona):
    asked = asked_for(vera, therapist=noor, asked_by=mona)
    assert is_asked(vera) and is_asked(noor)
    Supervision.objects.filter(pk=asked.pk).update(ends_at=timezone.now())
    assert not is_asked(vera) and not is_asked(noor)


def test_a_manager_is_asked_nothing_about_themselves_and_nothing_elsewhere(mona, noor, otis, millrace):
    Membership.objects.filter(pk=mona.pk).update(is_supervisor=True)
    olga = make_member(otis.practice, "Olga Weir", "manager")
    ida = make_member(millrace, "Ida Berg", "manager")
    asked_for(mona, therapist=noor, asked_by=ida, accepted_at=timezone.now())
    assert not any(map(is_asked, (mona, ida, olga)))


def test_who_may_not_sign_in_takes_no_case_from_the_supervisor_of_the_therapist(sam, millrace, juniper):
    henrik = make_member(millrace, "Henrik Solberg", "supervisor")
    make_supervision(henrik, episode=juniper)
    assert juniper not in scopes.supervised_episodes(sam.user)
    goes(henrik, "switched off")
    assert juniper in scopes.supervised_episodes(sam.user)


def may(member):
    """What this person may answer to the only assignment that they are shown."""
    return {name for one in scopes.assignments_asked_of(member.user) for name in ANSWERS if getattr(one, name)}


ANSWERS = ("may_accept", "may_object", "may_agree")


@pytest.mark.parametrize("of", ["therapist", "episode"])
@pytest.mark.parametrize("opens_at", [days_ago(-1), None], ids=["waits", "objected to"])
def test_until_it_opens_the_supervisor_accepts_the_therapist_objects_and_another_manager_agrees(
    opens_at, of, vera, dana, noor, mona, millrace
):
    ida, whose = make_member(millrace, "Ida Berg", "manager"), {"therapist": noor}
    if of == "episode":
        whose = {"episode": make_episode(noor, "Wren")}
    asked = asked_for(vera, asked_by=mona, opens_at=opens_at, **whose)
    assert [may(one) for one in (vera, noor, ida)] == [{"may_accept"}, {"may_object"}, {"may_agree"}]
    assert may(mona) == may(dana) == set()
    Supervision.objects.filter(pk=asked.pk).update(accepted_at=timezone.now())
    assert [may(one) for one in (vera, noor, ida)] == [set(), {"may_object"}, {"may_agree"}]


def test_once_its_day_has_come_only_the_supervisor_is_asked(vera, noor, mona, millrace):
    ida = make_member(millrace, "Ida Berg", "manager")
    asked_for(vera, asked_by=mona, therapist=noor, opens_at=days_ago(0.001))
    assert [may(one) for one in (vera, noor, ida)] == [{"may_accept"}, set(), set()]


@pytest.mark.parametrize("since", ["starts_at", "manager_since"])
def test_nobody_agrees_who_became_a_manager_too_late_also_if_they_are_one_elsewhere(
    since, vera, noor, mona, otis, millrace
):
    late, ida = (make_member(millrace, name, "manager") for name in ("Kai Late", "Ida Berg"))
    make_member(otis.practice, "Kai", "manager", user=late.user)
    for member, days in ((late, 1.9), (ida, 2.1)):
        Membership.objects.filter(pk=member.pk).update(**{since: days_ago(days)})
    asked_for(vera, asked_by=mona, therapist=noor, starts_at=days_ago(1))
    assert [may(one) for one in (late, ida)] == [set(), {"may_agree"}]


def test_the_supervisor_who_manages_too_does_not_agree(vera, noor, mona):
    Membership.objects.filter(pk=vera.pk).update(is_manager=True)
    asked_for(vera, asked_by=mona, therapist=noor)
    assert may(vera) == {"may_accept"}
