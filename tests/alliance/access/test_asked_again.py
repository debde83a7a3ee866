"""What a write asks after its lock: the right is that of one place, over one case, and it still holds."""

import pytest
from django.utils import timezone

from alliance import access
from alliance.models import Client, Cover, Episode, Membership, Supervision
from alliance.people.places import answer_offer
from alliance.people.role_actions import change_roles
from alliance.people.roles import MemberRole
from sessions.models import TherapySession
from tests.factories import days_ago, make_episode, make_member, make_supervision, make_therapy_session

ROLES = "therapist supervisor manager"


def ends(member):
    Membership.objects.filter(pk=member.pk).update(ends_at=days_ago(0.001))


def holds(check, *asked):
    try:
        check(*asked)
    except access.Denied:
        return False
    return True


AGAIN = (access.check_import_again, access.check_emergency_again, access.check_manage_again)


@pytest.mark.parametrize("check", AGAIN)
def test_a_place_in_another_practice_does_not_stand_in_for_this_one(check, mona, otis):
    make_member(otis.practice, "Mona Reyes", ROLES, user=mona.user)
    assert holds(check, mona)
    ends(mona)
    assert not holds(check, mona)


@pytest.mark.parametrize(
    ("check", "needed"),
    [
        (access.check_import_again, {"therapist", "manager"}),
        (access.check_emergency_again, {"supervisor", "manager"}),
        (access.check_manage_again, {"manager"}),
    ],
)
def test_only_these_roles_may_still(check, needed, millrace):
    members = {role: make_member(millrace, role, role) for role in ROLES.split()}
    assert {role for role, member in members.items() if holds(check, member)} == needed


# --- An answer to an assignment ---------------------------------------------------------------------------------------


@pytest.fixture
def asked(mona, dana, sam, vera):
    """Vera is asked to read along in Dana's cases; it opens in a day."""
    times = {"accepted_at": None, "opens_at": days_ago(-1), "starts_at": days_ago(0.001)}
    return make_supervision(vera, therapist=dana, asked_by=mona, **times)


def test_the_answer_is_of_the_place_in_that_practice(asked, vera, otis):
    make_member(otis.practice, "Vera Brandt", "supervisor", user=vera.user)
    assert access.check_sight_answer(vera.user, asked, "accept") == vera


def test_the_answer_is_to_that_assignment(asked, vera, dana, noor, mona):
    Supervision.objects.filter(pk=asked.pk).update(accepted_at=timezone.now())
    times = {"accepted_at": None, "opens_at": days_ago(-1), "starts_at": days_ago(0.001)}
    other = make_supervision(vera, therapist=noor, asked_by=mona, **times)
    assert holds(access.check_sight_answer, vera.user, other, "accept")
    assert not holds(access.check_sight_answer, vera.user, asked, "accept")


def test_whoever_objected_objects_once(asked, dana):
    assert holds(access.check_sight_answer, dana.user, asked, "object")
    Supervision.objects.filter(pk=asked.pk).update(objected_at=timezone.now(), opens_at=None)
    assert not holds(access.check_sight_answer, dana.user, asked, "object")
    assert holds(access.check_sight_answer, dana.user, asked, "agree")


@pytest.fixture
def ida(millrace):
    """A second manager, who was here a day before it was asked for."""
    return make_member(millrace, "Ida Berg", "manager", starts_at=days_ago(1.5))


@pytest.fixture
def late(millrace):
    """A manager who was not here a day before it was asked for."""
    return make_member(millrace, "Kai Late", "manager", starts_at=days_ago(0.5))


@pytest.fixture
def made_one(millrace, mona):
    """A therapist of long standing, who was made a manager after it was asked for."""
    member = make_member(millrace, "Nell Old", "therapist")
    change_roles(membership=member, roles=[MemberRole.THERAPIST, MemberRole.MANAGER], by=mona)
    return member


@pytest.fixture
def said_yes(millrace, otis):
    """A manager to whom the place was offered long ago, and who took it after it was asked for."""
    member = make_member(millrace, "Otis Lund", "manager", user=otis.user, accepted_at=None)
    answer_offer(membership=member, user=otis.user, accepts=True)
    return member


@pytest.fixture
def late_here(late, otis):
    """One who was a manager of another practice all along."""
    make_member(otis.practice, "Kai Late", "manager", user=late.user)
    return late


@pytest.fixture
def late_beside(late):
    """One who is a therapist of long standing here, by a place that ends next week."""
    make_member(late.practice, "Kai Late", user=late.user, ends_at=days_ago(-7))
    return late


@pytest.mark.parametrize(
    ("who", "answers"),
    [
        ("late", set()),
        ("late_here", set()),
        ("late_beside", set()),
        ("made_one", set()),
        ("said_yes", set()),
        ("vera", {"accept", "decline"}),
        ("dana", {"agree", "object"}),
        ("ida", {"agree"}),
        ("mona", set()),
        ("noor", set()),
    ],
)
def test_who_gives_which_answer(who, answers, asked, request):
    user = request.getfixturevalue(who).user
    every = ("accept", "decline", "agree", "object")
    assert {answer for answer in every if holds(access.check_sight_answer, user, asked, answer)} == answers


def test_what_is_asked_for_one_case_is_answered_by_its_therapist(vera, dana, noor, juniper, mona):
    times = {"accepted_at": None, "opens_at": days_ago(-1), "starts_at": days_ago(0.001)}
    asked = make_supervision(vera, episode=juniper, asked_by=mona, **times)
    assert holds(access.check_sight_answer, dana.user, asked, "object")
    assert not holds(access.check_sight_answer, noor.user, asked, "object")


@pytest.mark.parametrize(("who", "answer"), [("dana", "object"), ("dana", "agree"), ("ida", "agree")])
def test_once_its_day_has_come_only_the_supervisor_is_asked(who, answer, asked, vera, request):
    user = request.getfixturevalue(who).user
    assert holds(access.check_sight_answer, user, asked, answer)
    Supervision.objects.filter(pk=asked.pk).update(opens_at=days_ago(0.0005))
    assert not holds(access.check_sight_answer, user, asked, answer)
    assert holds(access.check_sight_answer, vera.user, asked, "accept")


def test_nobody_agrees_as_a_manager_to_what_they_are_to_read(asked, vera):
    Membership.objects.filter(pk=vera.pk).update(is_manager=True)
    assert holds(access.check_sight_answer, vera.user, asked, "accept")
    assert not holds(access.check_sight_answer, vera.user, asked, "agree")


# --- A manager's right to settle a case -------------------------------------------------------------------------------


@pytest.fixture
def left(dana):
    """A case of Dana, who leaves."""
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(-7))
    return make_episode(dana, "Hazel")


@pytest.fixture
def settler(mona, left):
    return access.check_settle(mona, left.code)


def test_a_settler_is_a_manager_of_the_practice_still(settler, mona, otis):
    make_member(otis.practice, "Mona Reyes", "manager", user=mona.user)
    assert holds(settler.check_settle_again)
    ends(mona)
    assert not holds(settler.check_settle_again)


def test_a_settler_has_that_case_and_not_another(settler, dana, left):
    make_episode(dana, "Rowan")
    Episode.objects.filter(pk=left.pk).update(ends_at=days_ago(1), end_reason="completed")
    assert holds(settler.check_settle_again), "it is to be settled until another one follows it"
    make_episode(make_member(dana.practice, "Kai Late"), "Hazel", client=left.client, previous=left)
    assert not holds(settler.check_settle_again)


def test_a_settler_has_the_rows_of_that_case_and_no_others(settler, left, dana):
    settler.check_rows(make_therapy_session(left))
    assert not holds(settler.check_rows, make_therapy_session(left), make_therapy_session(make_episode(dana, "Rowan")))


def test_nobody_settles_a_case_of_another_practice(mona, otis, left):
    Membership.objects.filter(pk=otis.pk).update(ends_at=days_ago(-7))
    with pytest.raises(access.NotVisible):
        access.check_settle(mona, make_episode(otis, "Teasel").code)
    assert access.check_settle(mona, left.code) == access.Settler(mona, left)


def test_who_is_no_manager_settles_nothing(mona, sam, left):
    with pytest.raises(access.Denied):
        access.check_settle(sam, left.code)


def settled(*episodes):
    return set(access.to_be_settled().filter(pk__in=[episode.pk for episode in episodes]))


def test_what_is_settled_of_whoever_leaves_and_of_whoever_is_no_therapist(dana, noor, lee):
    stays, gone = make_episode(noor, "Wren"), make_episode(lee, "Brook")
    leaves = make_episode(dana, "Hazel")
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(-7))
    assert settled(stays, gone, leaves) == {gone, leaves}


def test_what_is_settled_of_whoever_is_no_therapist_any_more(dana, noor):
    stays, without = make_episode(noor, "Wren"), make_episode(dana, "Hazel")
    Membership.objects.filter(pk=dana.pk).update(is_therapist=False, is_manager=True)
    assert settled(stays, without) == {without}


def test_what_is_settled_is_a_case_that_was_taken_up_again_after_another_one(dana, noor):
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(-7))
    again = make_episode(dana, "Hazel")
    make_episode(noor, client=again.client, previous=again, ends_at=days_ago(3), end_reason="completed")
    assert settled(again) == {again}


def test_what_is_settled_of_ended_cases_is_the_last_one_alone(dana, noor):
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(-7))
    ended = {"ends_at": days_ago(3), "end_reason": "completed"}
    last, followed, joined = (make_episode(dana, name, **ended) for name in ("Hazel", "Alder", "Aspen"))
    make_episode(noor, client=followed.client, previous=followed)
    Episode.objects.filter(pk=joined.pk).update(joined_into=last)
    assert settled(last, followed, joined) == {last}


def test_what_is_settled_of_whoever_stays_is_what_they_can_no_longer_open(dana):
    long_ago, lately = (
        make_episode(dana, name, ends_at=days_ago(days), end_reason="completed")
        for name, days in (("Hazel", 366), ("Alder", 364))
    )
    assert settled(long_ago, lately) == {long_ago}


# --- The right of the therapist, and of who covers ------------------------------------------------------------------


def test_the_therapist_of_another_practice_does_not_stand_in_for_this_one(dana, otis, juniper):
    editor = access.check_edit(dana.user, juniper)
    elsewhere = make_member(otis.practice, "Dana Whitlock", user=dana.user)
    ends(dana)
    Episode.objects.filter(pk=juniper.pk).update(therapist=elsewhere)
    assert not holds(editor.check_again)


def test_who_has_a_place_as_a_therapist_edits_no_case_of_others(noor, juniper):
    assert not holds(access.check_edit, noor.user, juniper)


@pytest.mark.parametrize("again", ["check_settle_again", "check_hand_on_again"])
def test_who_ends_a_case_or_hands_it_on_is_its_therapist_still(again, dana, juniper):
    editor = access.check_edit(dana.user, juniper)
    assert holds(getattr(editor, again))
    ends(dana)
    assert not holds(getattr(editor, again))


def covers(member, episode, **fields):
    times = {"starts_at": days_ago(1), "ends_at": days_ago(-7)} | fields
    return Cover.objects.create(covering=member, episode=episode, **times)


def test_who_covers_logs_and_does_not_edit(dana, noor, juniper):
    assert not holds(access.check_log, noor.user, juniper)
    covers(noor, juniper)
    assert access.check_log(noor.user, juniper) == access.Editor(noor, juniper)
    assert access.check_log(dana.user, juniper) == access.Editor(dana, juniper)
    assert not holds(access.check_log(noor.user, juniper).check_again)


def test_who_covers_is_asked_again_for_themselves(noor, juniper, millrace):
    cover = covers(noor, juniper)
    editor = access.check_log(noor.user, juniper)
    assert holds(editor.check_log_again)
    Cover.objects.filter(pk=cover.pk).update(taken_back_at=timezone.now())
    covers(make_member(millrace, "Kai Late"), juniper)
    assert not holds(editor.check_log_again)
    assert not holds(access.check_log, noor.user, juniper)


def test_the_therapist_logs_after_the_lock_too(dana, juniper):
    editor = access.check_log(dana.user, juniper)
    assert holds(editor.check_log_again)
    ends(dana)
    assert not holds(editor.check_log_again)


def test_what_is_logged_is_of_that_case(noor, juniper, sorrel):
    covers(noor, juniper)
    editor = access.check_log(noor.user, juniper)
    editor.check_log_again(make_therapy_session(juniper))
    assert not holds(editor.check_log_again, make_therapy_session(sorrel))


def test_a_case_that_was_put_away_in_another_one_is_not_changed_any_more(dana, juniper, sorrel):
    editor = access.check_edit(dana.user, juniper)
    assert holds(editor.check_again)
    Episode.objects.filter(pk=juniper.pk).update(ends_at=days_ago(1), end_reason="other", joined_into=sorrel)
    assert not holds(editor.check_again)


def is_in(row, episode):
    TherapySession.objects.filter(pk=row.pk).update(episode=episode)


AFTER_THE_LOCK = ["check_again", "check_log_again"]


@pytest.mark.parametrize("again", AFTER_THE_LOCK)
def test_what_went_to_another_case_since_it_was_read_is_not_changed_from_this_one(again, dana, juniper, sorrel):
    row, check = make_therapy_session(juniper), getattr(access.check_edit(dana.user, juniper), again)
    make_therapy_session(juniper, starts_at=days_ago(3))  # another one stays
    assert holds(check, row)
    is_in(row, sorrel)
    assert not holds(check, row)


@pytest.mark.parametrize("again", AFTER_THE_LOCK)
def test_what_came_from_another_case_since_it_was_read_is_not_saved_as_it_was_there(again, dana, juniper, sorrel):
    row, check = make_therapy_session(sorrel), getattr(access.check_edit(dana.user, juniper), again)
    is_in(row, juniper)
    assert not holds(check, row)
    row.refresh_from_db()
    assert holds(check, row)


def test_who_covered_a_case_and_has_it_for_good_by_now_is_in_it_without_an_end(noor, juniper):
    covers(noor, juniper)
    Episode.objects.filter(pk=juniper.pk).update(therapist=noor)
    juniper.refresh_from_db()
    assert access.check_edit(noor.user, juniper).covers_until is None


def test_until_when_somebody_covers(dana, noor, juniper, millrace):
    first, last = days_ago(-3), days_ago(-5)
    covers(noor, juniper, ends_at=first)
    Cover.objects.create(covering=noor, therapist=dana, starts_at=days_ago(1), ends_at=last)
    covers(make_member(millrace, "Kai Late"), juniper, ends_at=days_ago(-9))
    assert access.check_log(noor.user, juniper).covers_until == last
    assert access.check_edit(dana.user, juniper).covers_until is None


def test_all_are_asked_about_of_some_and_not_of_others(dana, noor, juniper):
    assert holds(access.check_log_all, dana.user, [juniper])
    assert holds(access.check_log_all, noor.user, [])
    assert not holds(access.check_log_all, noor.user, [juniper])


# --- A cover is ended by either side ----------------------------------------------------------------------------------


@pytest.mark.parametrize("of", ["episode", "therapist"])
def test_who_ends_a_cover(of, dana, noor, juniper, millrace, mona):
    whose = {"episode": juniper} if of == "episode" else {"therapist": dana}
    cover = Cover.objects.create(covering=noor, starts_at=days_ago(1), ends_at=days_ago(-7), **whose)
    assert access.check_cover(dana.user, cover) == dana
    assert access.check_cover(noor.user, cover) == noor
    for other in (make_member(millrace, "Kai Late"), mona):
        assert not holds(access.check_cover, other.user, cover)


def test_a_wish_is_read_by_the_therapist_and_who_covers(dana, noor, sam, juniper):
    assert not access.can_read_wish(noor.user, juniper)
    covers(noor, juniper)
    readers = {member for member in (dana, noor, sam) if access.can_read_wish(member.user, juniper)}
    assert readers == {dana, noor}
    assert Client.objects.visible_to(sam.user).exists()
