"""Which rows each query set gives to whom."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from alliance import scopes
from alliance.crypto import Sealed
from alliance.models import Cover, EmergencyAccess, Episode, FormDraft, Membership, Supervision
from ratings.models import Meeting, SupervisionNote
from sessions.models import PrivateNote
from tests.factories import days_ago, make_episode, make_member, make_supervision, make_therapy_session


def seeing(queryset, *members):
    """Those of the members who see anything of it."""
    return {member for member in members if queryset.visible_to(member.user).exists()}


def covers(member, **fields):
    return Cover.objects.create(covering=member, **({"starts_at": days_ago(1), "ends_at": days_ago(-7)} | fields))


# --- Cases ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", ["episode", "therapist"])
def test_who_covers_has_the_open_case_in_their_hands(of, juniper, dana, noor, otis):
    covers(noor, **({"episode": juniper} if of == "episode" else {"therapist": dana}))
    make_episode(otis, "Teasel")
    assert list(scopes.own_episodes(noor.user)) == list(scopes.visible_episodes(noor.user)) == [juniper]
    Episode.objects.filter(pk=juniper.pk).update(ends_at=days_ago(1), end_reason="completed")
    assert not scopes.own_episodes(noor.user).exists()
    assert list(scopes.own_episodes(dana.user)) == [juniper]


def test_an_ended_case_is_seen_for_as_long_as_its_own_practice_says(dana, otis, millrace):
    here, elsewhere = (
        make_episode(member, "Heron", ends_at=days_ago(31), end_reason="completed") for member in (dana, otis)
    )
    millrace.ended_visible_days = 30
    millrace.save()
    assert set(Episode.objects.filter(scopes.in_sight(), pk__in=[here.pk, elsewhere.pk])) == {elsewhere}


def test_a_case_that_stands_in_another_one_is_read_there(juniper, dana):
    joined = make_episode(dana, "Alder", ends_at=days_ago(1), end_reason="other", joined_into=juniper)
    assert set(scopes.visible_episodes(dana.user)) == {juniper} and joined.joined_into == juniper


def opened(member, episode, **fields):
    text = Sealed("She called.", episode.client.data_key)
    times = {"starts_at": days_ago(0.001), "ends_at": days_ago(-0.04)}
    return EmergencyAccess.objects.create(episode=episode, reader=member, reason=text, **(times | fields))


@pytest.mark.parametrize("role", ["supervisor", "manager"])
def test_what_was_opened_in_an_emergency_is_read_for_its_hour_and_as_long_as_the_role(role, juniper, sorrel, millrace):
    kai = make_member(millrace, "Kai Late", role)
    access = opened(kai, juniper)
    assert list(scopes.visible_episodes(kai.user)) == [juniper]
    assert not scopes.own_episodes(kai.user).exists()
    Membership.objects.filter(pk=kai.pk).update(is_supervisor=False, is_manager=False, is_therapist=True)
    assert not scopes.visible_episodes(kai.user).exists()
    Membership.objects.filter(pk=kai.pk).update(is_supervisor=True)
    assert scopes.visible_episodes(kai.user).exists()
    EmergencyAccess.objects.filter(pk=access.pk).update(ends_at=timezone.now())
    assert not scopes.visible_episodes(kai.user).exists()


def test_an_emergency_is_told_to_who_reads_the_case_and_to_the_managers(juniper, dana, noor, sam, vera, mona, otis):
    olga = make_member(otis.practice, "Olga Weir", "manager")
    opened(vera, juniper)
    everybody = (dana, noor, sam, vera, mona, otis, olga)
    assert {one for one in everybody if EmergencyAccess.objects.told_to(one.user).exists()} == {dana, sam, vera, mona}


# --- Notes and meetings -----------------------------------------------------------------------------------------------


def test_a_private_note_is_for_who_wrote_it_as_long_as_the_case_is_in_their_hands(juniper, dana, noor, sam):
    cover = covers(noor, episode=juniper)
    made = {"episode": juniper, "therapy_session": make_therapy_session(juniper)}
    key = juniper.client.data_key
    of_dana, of_noor = (
        PrivateNote.objects.create(**made, text=Sealed("Doubts", key), written_by=member) for member in (dana, noor)
    )
    assert list(PrivateNote.objects.visible_to(dana.user)) == [of_dana]
    assert list(PrivateNote.objects.visible_to(noor.user)) == [of_noor]
    assert not PrivateNote.objects.visible_to(sam.user).exists()
    Cover.objects.filter(pk=cover.pk).update(ends_at=timezone.now())
    assert not PrivateNote.objects.visible_to(noor.user).exists()


@pytest.fixture
def meeting(sam, dana):
    return Meeting.objects.create(supervisor=sam, therapist=dana)


def noted(meeting, episode, reader):
    text = Sealed("Ask her.", episode.client.data_key)
    made = {"episode": episode, "meeting": meeting, "text": text, "reader": reader}
    return SupervisionNote.objects.create(**made, written_by=meeting.supervisor)


def test_a_note_of_supervision_is_for_who_wrote_it(meeting, juniper, sam, dana, noor, vera, millrace):
    noted(meeting, juniper, "supervisor")
    beside = make_member(millrace, "Kai Late", "supervisor")
    make_supervision(beside, therapist=dana)
    covers(noor, episode=juniper)
    assert seeing(SupervisionNote.objects, sam, dana, noor, vera, beside) == {sam}


def test_a_note_for_both_is_for_the_therapist_of_the_meeting_too(meeting, juniper, sam, dana, noor, vera):
    noted(meeting, juniper, "both")
    covers(noor, episode=juniper)
    assert seeing(SupervisionNote.objects, sam, dana, noor, vera) == {sam, dana}


def test_who_supervises_no_more_reads_none_of_their_notes(meeting, juniper, sam):
    noted(meeting, juniper, "supervisor")
    Membership.objects.filter(pk=sam.pk).update(is_supervisor=False, is_therapist=True)
    assert not SupervisionNote.objects.visible_to(sam.user).exists()
    Membership.objects.filter(pk=sam.pk).update(is_supervisor=True)
    Supervision.objects.update(ends_at=timezone.now())
    assert not SupervisionNote.objects.visible_to(sam.user).exists()


def test_a_note_for_both_is_read_by_who_is_a_therapist_still(meeting, juniper, dana):
    noted(meeting, juniper, "both")
    make_supervision(dana_too := make_member(dana.practice, "Kai Late", "supervisor"), therapist=dana)
    assert not SupervisionNote.objects.visible_to(dana_too.user).exists()
    Membership.objects.filter(pk=dana.pk).update(is_therapist=False, is_manager=True)
    assert not SupervisionNote.objects.visible_to(dana.user).exists()


@pytest.mark.parametrize("model", [Episode, SupervisionNote, Supervision])
def test_who_is_not_signed_in_sees_nothing(model, meeting, juniper, django_assert_num_queries):
    noted(meeting, juniper, "both")
    with django_assert_num_queries(0):
        assert not list(model.objects.visible_to(AnonymousUser()))


def test_a_meeting_is_for_its_two_and_for_the_supervisor_as_long_as_they_are_assigned(meeting, sam, dana, noor, vera):
    assert seeing(Meeting.objects, sam, dana, noor, vera) == {sam, dana}
    Supervision.objects.filter(supervisor=sam).update(ends_at=timezone.now())
    assert seeing(Meeting.objects, sam, dana) == {dana}


def test_a_meeting_is_not_for_another_supervisor_of_the_same_therapist(meeting, dana, millrace, sam, noor):
    beside = make_member(millrace, "Kai Late", "supervisor")
    make_supervision(beside, therapist=dana)
    Meeting.objects.create(supervisor=sam, therapist=noor)
    assert list(Meeting.objects.visible_to(sam.user)) == [meeting]
    assert not Meeting.objects.visible_to(beside.user).exists()


# --- People -----------------------------------------------------------------------------------------------------------


def test_a_place_is_seen_by_its_own_and_by_the_manager(dana, mona, otis):
    assert list(Membership.objects.visible_to(dana.user)) == [dana]
    assert set(Membership.objects.managed_by(mona.user)) == {dana, mona}


def test_a_place_that_is_offered_is_told_as_such_until_somebody_answers(dana, otis):
    offer = make_member(otis.practice, "Dana", user=dana.user, accepted_at=None)
    assert list(Membership.objects.offered_to(dana.user)) == [offer]
    assert set(Membership.objects.visible_to(dana.user)) == {dana, offer}
    Membership.objects.filter(pk=offer.pk).update(ends_at=timezone.now())
    assert not Membership.objects.offered_to(dana.user).exists()
    dana.user.is_active = False
    dana.user.save()
    assert not Membership.objects.visible_to(dana.user).exists()


@pytest.mark.parametrize("of", ["therapist", "episode"])
def test_an_assignment_is_seen_by_its_two_and_the_manager(of, millrace, dana, noor, mona, otis):
    kai, ida = make_member(millrace, "Kai Late", "supervisor"), make_member(millrace, "Ida Berg", "supervisor")
    olga = make_member(otis.practice, "Olga Weir", "manager")
    make_supervision(kai, **({"therapist": noor} if of == "therapist" else {"episode": make_episode(noor, "Wren")}))
    assert seeing(Supervision.objects, kai, ida, dana, noor, mona, otis, olga) == {kai, noor, mona}


def test_what_is_not_open_holds_and_waits(sam, vera, noor):
    waits = make_supervision(vera, therapist=noor, opens_at=None)
    assert list(Supervision.objects.not_open()) == [waits]
    Supervision.objects.filter(pk=waits.pk).update(ends_at=timezone.now())
    assert not Supervision.objects.not_open().exists()


@pytest.mark.parametrize("of", ["therapist", "episode"])
def test_a_cover_is_seen_by_its_two(of, dana, noor, millrace, juniper, mona, otis):
    kai = make_member(millrace, "Kai Late")
    covers(noor, **({"therapist": dana} if of == "therapist" else {"episode": juniper}))
    assert seeing(Cover.objects, dana, noor, kai, mona, otis) == {dana, noor}
    assert list(Cover.objects.managed_by(mona.user)) == list(Cover.objects.all())


def test_a_cover_is_seen_by_who_is_a_therapist_still(dana, noor):
    covers(noor, therapist=dana)
    Membership.objects.filter(pk=noor.pk).update(is_therapist=False, is_supervisor=True)
    assert not Cover.objects.visible_to(noor.user).exists()


def test_a_draft_is_for_its_sender_and_for_one_day(dana, noor):
    text = Sealed("June", dana.practice.data_key)
    draft = FormDraft.objects.create(sent_by=dana, shown=dana.code, page="/", action="/", fields=text)
    assert seeing(FormDraft.objects, dana, noor) == {dana} and not FormDraft.objects.expired().exists()
    for days, is_there in ((0.99, True), (1.01, False)):
        FormDraft.objects.filter(pk=draft.pk).update(created_at=days_ago(days))
        assert FormDraft.objects.visible_to(dana.user).exists() == is_there
        assert FormDraft.objects.expired().exists() == (not is_there)


def test_a_draft_goes_with_the_place(dana):
    text = Sealed("June", dana.practice.data_key)
    FormDraft.objects.create(sent_by=dana, shown=dana.code, page="/", action="/", fields=text)
    Membership.objects.filter(pk=dana.pk).update(ends_at=timezone.now())
    assert not FormDraft.objects.visible_to(dana.user).exists()
