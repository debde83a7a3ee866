"""A colleague reads and logs for some days, and no more than that."""

from datetime import timedelta

import pytest
from django.utils import timezone

from alliance import access, scopes
from alliance.access import Denied
from alliance.crypto import Sealed
from alliance.models import AuditEvent, Cover, Episode, Membership
from alliance.people.cover import arrange_cover, arrange_cover_of_all, end_cover
from alliance.refusal import Refused
from sessions.models import PrivateNote
from tests.factories import days_ago, editor_of, make_episode, make_member, make_practice, make_therapy_session

NEXT_WEEK = {"starts_at": days_ago(1), "ends_at": days_ago(-7)}


def cover(episode, covering, **times):
    return arrange_cover(right=editor_of(episode), covering=covering, **{**NEXT_WEEK, **times})


def seen_by(member):
    return set(Episode.objects.visible_to(member.user))


def test_a_cover_of_one_case_shows_that_one_until_it_ends(juniper, sorrel, noor):
    assert seen_by(noor) == set()
    found = cover(juniper, noor)
    assert seen_by(noor) == {juniper}
    assert list(scopes.own_episodes(noor.user)) == [juniper]
    Cover.objects.filter(pk=found.pk).update(ends_at=timezone.now() - timedelta(seconds=1))
    assert seen_by(noor) == set()


def test_a_cover_of_all_shows_what_is_open_and_what_opens_meanwhile(dana, juniper, sorrel, noor):
    ended = make_episode(dana, "Heron", ends_at=days_ago(5), end_reason="completed")
    arrange_cover_of_all(therapist=dana, covering=noor, **NEXT_WEEK)
    fresh = make_episode(dana, "Wren")
    assert seen_by(noor) == {juniper, sorrel, fresh}
    assert ended not in seen_by(noor)


def test_a_cover_to_come_shows_nothing_yet(juniper, noor):
    cover(juniper, noor, starts_at=days_ago(-1))
    assert seen_by(noor) == set()


def test_a_cover_needs_the_role_and_the_place_of_who_covers(juniper, noor):
    cover(juniper, noor)
    for change in ({"is_therapist": False, "is_manager": True}, {"is_therapist": True, "ends_at": days_ago(1)}):
        assert seen_by(noor) == {juniper}
        Membership.objects.filter(pk=noor.pk).update(**change)
        assert seen_by(noor) == set()
        Membership.objects.filter(pk=noor.pk).update(is_therapist=True, ends_at=None)


def test_who_covers_logs_and_does_nothing_else(juniper, noor, sam):
    cover(juniper, noor)
    editor = access.check_log(noor.user, juniper)
    assert editor.membership == noor
    editor.check_log_again()
    with pytest.raises(Denied):
        editor.check_again()
    assert not access.can_edit(noor.user, juniper)
    assert access.can_read_wish(noor.user, juniper)
    assert not access.can_log(sam.user, juniper)
    Cover.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Denied):
        editor.check_log_again()


def test_each_of_the_two_reads_the_own_notes_and_not_the_others(dana, juniper, noor):
    cover(juniper, noor)
    notes = {
        member: PrivateNote.objects.create(
            episode=juniper,
            therapy_session=make_therapy_session(juniper, starts_at=days_ago(day)),
            text=Sealed("Doubts", juniper.client.data_key),
            written_by=member,
        )
        for day, member in ((9, dana), (2, noor))
    }
    for member, note in notes.items():
        assert list(PrivateNote.objects.visible_to(member.user)) == [note]
    Cover.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert not PrivateNote.objects.visible_to(noor.user).exists()


def test_a_case_is_in_hands_while_somebody_covers_for_a_therapist_who_left(dana, juniper, noor):
    cover(juniper, noor)
    Membership.objects.filter(pk=dana.pk).update(ends_at=timezone.now() - timedelta(seconds=1))
    assert access.is_in_hands(juniper)
    assert access.responsible_for(juniper.client) == noor
    Cover.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert not access.is_in_hands(juniper)
    assert access.responsible_for(juniper.client) is None


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        ({"ends_at": days_ago(2)}, "The last day is before the first."),
        ({"starts_at": days_ago(9), "ends_at": days_ago(2)}, "These days are over."),
    ],
)
def test_days_that_are_no_period_are_refused(juniper, noor, times, sentence):
    with pytest.raises(Refused, match=sentence):
        cover(juniper, noor, **times)
    assert not Cover.objects.exists()


def test_who_cannot_cover_is_refused_with_the_reason(dana, juniper, noor, sam, otis):
    Membership.objects.filter(pk=noor.pk).update(ends_at=days_ago(-3))
    for covering, sentence in (
        (noor, "They leave the practice before the last day."),
        (sam, "They are not a therapist of this practice now."),
        (otis, "A cover stays within one practice."),
        (dana, "Nobody covers for themselves."),
    ):
        with pytest.raises(Refused, match=sentence):
            cover(juniper, covering)
        with pytest.raises(Refused, match=sentence):
            arrange_cover_of_all(therapist=dana, covering=covering, **NEXT_WEEK)
    assert not Cover.objects.exists()


def test_the_same_days_are_covered_once(dana, juniper, noor):
    cover(juniper, noor)
    with pytest.raises(Refused, match="already"):
        cover(juniper, noor, starts_at=days_ago(-6), ends_at=days_ago(-9))
    cover(juniper, make_member(dana.practice, "Priya Raman"))
    assert Cover.objects.count() == 2


def test_a_cover_is_ended_early_and_that_is_on_record_once(juniper, noor):
    found = cover(juniper, noor)
    end_cover(cover=found, by=noor)
    end_cover(cover=found, by=noor)
    assert seen_by(noor) == set()
    assert list(AuditEvent.objects.filter(subject_type="cover").values_list("verb", flat=True)) == ["created", "ended"]


def test_covers_are_seen_by_both_sides_and_the_manager_alone(dana, juniper, noor, mona, sam):
    found = cover(juniper, noor)
    stranger = make_member(make_practice("Weir House"), "Olga")
    for member, sees in ((dana, True), (noor, True), (sam, False), (stranger, False)):
        assert (found in Cover.objects.visible_to(member.user)) is sees
    assert found in Cover.objects.managed_by(mona.user)
    with pytest.raises(Denied):
        access.check_cover(sam.user, found)
