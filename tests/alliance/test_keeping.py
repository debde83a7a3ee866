"""Who may erase a record or keep it, when it is erased, and what keeps it."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from alliance.access import Denied, NotVisible
from alliance.crypto import Sealed
from alliance.keeping import (
    Keeper,
    asked_erasure,
    check_erasable,
    check_keep,
    clients_by_code,
    due_at,
    erasures_told_to,
    managers_by_practice,
    managers_of,
    put_off,
    what_holds_up,
    what_keeps,
)
from alliance.models import AuditEvent, Client, Episode, Erasure, ErasureRequest, LegalHold, Membership, User
from alliance.refusal import Refused
from alliance.scopes import SIGHT_WAITS
from tests.factories import days_ago, make_client, make_episode, make_member


@pytest.fixture
def ida(millrace):
    """The second manager."""
    return make_member(millrace, "Ida Berg", "manager")


@pytest.fixture
def olga(otis):
    """The manager of another practice."""
    return make_member(otis.practice, "Olga Weir", "manager")


def asked(by, case, **fields):
    """A request to erase the record: where nothing else is said, one to which a second manager has to agree."""
    fields = {"reason": "asked", "asked_at": days_ago(0.1)} | fields
    return ErasureRequest.objects.create(client=case.client, asked_by=by, **fields)


def held(by, client, **fields):
    return LegalHold.objects.create(
        client=client, placed_by=by, reason=Sealed("The court asked.", client.data_key), **fields
    )


def joined(case, into):
    Episode.objects.filter(pk=case.pk).update(joined_into=into)


# --- The right of a manager -------------------------------------------------------------------------------------------


def test_a_manager_has_a_right_over_each_record_of_their_practice(mona, juniper):
    right = check_keep(mona.user, juniper.client.code)
    assert (right.membership, right.client) == (mona, juniper.client)


def test_of_two_places_the_one_in_the_practice_of_the_record_counts(mona, otis, juniper):
    elsewhere = make_member(otis.practice, "Mona", "manager", user=mona.user, starts_at=days_ago(2000))
    there = make_episode(otis, "Rowan")
    assert check_keep(mona.user, juniper.client.code).membership == mona
    assert check_keep(mona.user, there.client.code).membership == elsewhere


def test_nobody_else_has_one(dana, olga, juniper):
    with pytest.raises(Denied):
        check_keep(dana.user, juniper.client.code)
    for code in (juniper.client.code, uuid4()):
        with pytest.raises(NotVisible):
            check_keep(olga.user, code)


@pytest.mark.parametrize("gone", ["role", "record"])
def test_each_write_asks_whether_the_right_still_holds(gone, mona, juniper, millrace):
    client = make_client(millrace)
    right = check_keep(mona.user, client.code)
    right.check_again()
    if gone == "role":
        Membership.objects.filter(pk=mona.pk).update(is_manager=False, is_therapist=True)
    else:
        Client.objects.filter(pk=client.pk).delete()
    with pytest.raises(Denied):
        right.check_again()


def test_a_right_of_one_place_is_none_of_another(mona, ida, olga, juniper):
    for right in (
        Keeper(olga, juniper.client),
        Keeper(make_member(olga.practice, "M", user=mona.user), juniper.client),
    ):
        with pytest.raises(Denied):
            right.check_again()


def test_a_second_manager_agrees_while_they_are_one(mona, ida, juniper):
    request = asked(mona, juniper)
    right = Keeper(ida, juniper.client)
    right.check_agree_again(request)
    with pytest.raises(Denied):
        Keeper(mona, juniper.client).check_agree_again(request)
    Membership.objects.filter(pk=ida.pk).update(ends_at=timezone.now())
    with pytest.raises(Denied):
        right.check_agree_again(request)


@pytest.mark.parametrize(
    ("since", "due", "agrees"),
    [(1.05, None, False), (1.15, None, True), (0.05, days_ago(-1), True)],
    ids=["came too late", "a day before", "there was only one"],
)
def test_who_was_a_manager_a_day_before_it_was_asked_for_agrees(since, due, agrees, mona, ida, juniper):
    ida.manager_since = days_ago(since)
    assert Keeper(ida, juniper.client).may_agree(asked(mona, juniper, due_at=due)) is agrees


def test_who_became_a_manager_a_day_before_to_the_second_agrees(mona, ida, juniper):
    request = asked(mona, juniper)
    ida.manager_since = request.asked_at - SIGHT_WAITS
    assert Keeper(ida, juniper.client).may_agree(request)


def test_nobody_agrees_twice_or_to_what_they_asked_for_from_another_place(mona, ida, millrace, juniper):
    request = asked(mona, juniper, due_at=days_ago(-1))
    again = make_member(millrace, "Mona", "manager", user=mona.user, ends_at=days_ago(-1))
    assert not Keeper(again, juniper.client).may_agree(request)
    request.agreed_by = ida
    assert not Keeper(make_member(millrace, "Kai", "manager"), juniper.client).may_agree(request)


# --- A record by its code ---------------------------------------------------------------------------------------------

START = "0123abcd"


def coded(client, end):
    Client.objects.filter(pk=client.pk).update(code=UUID(START + end * 24))
    client.refresh_from_db()
    return client.code


def test_a_record_is_found_by_the_beginning_of_its_code(millrace, juniper, sorrel):
    first, last = coded(juniper.client, "0"), coded(sorrel.client, "f")
    near = make_client(millrace)
    for code in ("0123abcc" + "f" * 24, "0123abce" + "0" * 24):
        Client.objects.filter(pk=near.pk).update(code=UUID(code))
        assert set(clients_by_code([millrace.pk], START)) == {first, last}
    assert clients_by_code([millrace.pk], START + "0") == [first]


def test_a_record_is_found_once_by_the_codes_of_its_cases(millrace, dana, juniper):
    second = make_episode(dana, client=juniper.client, ends_at=days_ago(1), end_reason="other")
    for case, end in ((juniper, "0"), (second, "1")):
        Episode.objects.filter(pk=case.pk).update(code=UUID(START + end * 24))
    assert clients_by_code([millrace.pk], START) == [juniper.client.code]


def test_two_are_named_at_most_and_none_of_another_practice(millrace, otis):
    codes = {coded(make_client(millrace, str(n)), str(n)) for n in range(3)}
    coded(make_client(otis.practice), "7")
    named = clients_by_code([millrace.pk], START)
    assert len(named) == len(set(named)) == 2 and set(named) < codes
    assert clients_by_code([], START) == []


# --- When it is erased ------------------------------------------------------------------------------------------------


def test_whoever_reads_the_record_is_told_who_asked_and_what_holds_it_up(mona, ida, juniper, sorrel):
    assert asked_erasure(juniper.client) is None
    asked(mona, sorrel, due_at=days_ago(-1))
    request = asked(ida, juniper, due_at=days_ago(-1))
    told = asked_erasure(juniper.client)
    assert (told.asked_by, told.due_at, told.holds_up) == ("Ida Berg", None, "")
    held(mona, juniper.client)
    assert "The court asked." in asked_erasure(juniper.client).holds_up
    ErasureRequest.objects.filter(pk=request.pk).update(taken_back_at=timezone.now())
    assert asked_erasure(juniper.client) is None


def test_it_is_due_where_there_is_one_manager_or_a_second_one_agreed(mona, ida, juniper):
    request = asked(mona, juniper, due_at=days_ago(-1))
    assert due_at(request, [mona]) == due_at(request, []) == request.due_at
    assert due_at(request, [mona, ida]) is None
    request.agreed_by = ida
    assert due_at(request, [mona, ida]) == request.due_at


TAKE_BACK, NOBODY = "There is no second manager any more.", "Nobody can agree:"


def test_what_waits_for_somebody_who_can_agree_is_held_up_by_nothing(mona, ida, juniper):
    assert what_holds_up(asked(mona, juniper), "", [mona, ida]) == ""


def test_where_nobody_can_agree_it_says_what_to_do(mona, ida, juniper):
    request = asked(mona, juniper)
    assert what_holds_up(request, "", [mona]).startswith(TAKE_BACK)
    ida.manager_since = days_ago(0.05)
    assert what_holds_up(request, "", [mona, ida]).startswith(NOBODY)
    assert what_holds_up(request, "It is kept.", [mona, ida]) == "It is kept."
    assert what_holds_up(request, "", [ida]).startswith("Only managers")


def test_what_is_agreed_on_is_held_up_by_nothing_while_both_are_managers(mona, ida, juniper):
    request = asked(mona, juniper, agreed_by=ida, due_at=days_ago(-1))
    assert what_holds_up(request, "", [mona, ida]) == ""
    assert what_holds_up(request, "", [mona]).startswith("Only managers")


def test_what_the_only_manager_asked_for_is_held_up_by_nothing(mona, juniper):
    assert what_holds_up(asked(mona, juniper, due_at=days_ago(-1)), "", [mona]) == ""


# --- Whether it can be erased -----------------------------------------------------------------------------------------


def test_one_manager_alone_erases_where_there_is_no_other(mona, juniper, olga):
    check_erasable(juniper.client, mona)


def test_where_there_are_two_another_one_agrees(mona, ida, juniper, millrace):
    check_erasable(juniper.client, mona, ida)
    check_erasable(juniper.client, mona, waits=True)
    again = make_member(millrace, "Mona", "manager", user=mona.user, ends_at=days_ago(-1))
    for agreed_by in (None, again):
        with pytest.raises(Refused, match="A second manager has to agree"):
            check_erasable(juniper.client, mona, agreed_by)


def test_who_is_no_manager_of_the_practice_erases_nothing(mona, ida, olga, dana, juniper):
    for by, agreed_by in ((dana, None), (olga, None), (mona, olga), (dana, mona)):
        for waits in (False, True):
            with pytest.raises(Refused, match="Only managers"):
                check_erasable(juniper.client, by, agreed_by, waits=waits)


def test_what_is_kept_is_not_erased(mona, ida, juniper):
    held(mona, juniper.client)
    with pytest.raises(Refused, match=r"The court asked\."):
        check_erasable(juniper.client, mona, ida)


# --- What keeps it ----------------------------------------------------------------------------------------------------


def test_nothing_keeps_a_record_of_itself_and_a_lifted_hold_does_not(mona, juniper, sorrel):
    held(mona, juniper.client, lifted_at=timezone.now())
    held(mona, sorrel.client)
    assert what_keeps([juniper.client]) == {juniper.client.pk: ""}
    assert what_keeps([]) == {}


def test_a_hold_keeps_its_own_record_and_says_who_placed_it_when_and_why(mona, juniper, sorrel):
    held(mona, juniper.client, placed_at=datetime(2026, 2, 28, 23, 30, tzinfo=UTC))
    with timezone.override("Europe/Berlin"):
        kept = what_keeps([juniper.client, sorrel.client])
    assert kept == {
        juniper.client.pk: (
            "A legal hold stands on this record since 1 March 2026, placed by Mona Reyes: “The court asked.” "
            "A manager has to lift it first."
        ),
        sorrel.client.pk: "",
    }


def test_a_hold_on_a_record_that_was_joined_to_it_keeps_both(mona, juniper, sorrel):
    joined(sorrel, juniper)
    held(mona, sorrel.client)
    kept = what_keeps([juniper.client, sorrel.client])
    assert kept[juniper.client.pk].startswith(
        f"The record {sorrel.client.short_code} was joined to this one. A legal hold stands on it since "
    )
    assert kept[sorrel.client.pk].startswith("A legal hold stands on this record since ")
    assert what_keeps([juniper.client])[juniper.client.pk] == kept[juniper.client.pk]


def test_a_hold_of_its_own_is_told_before_one_of_a_joined_record(mona, juniper, sorrel):
    joined(sorrel, juniper)
    held(mona, sorrel.client)
    held(mona, juniper.client)
    assert what_keeps([juniper.client])[juniper.client.pk].startswith("A legal hold stands on this record")


@pytest.mark.usefixtures("in_no_order")
def test_of_two_joined_records_that_are_held_the_older_case_is_told(mona, dana, juniper, sorrel):
    for case in (sorrel, make_episode(dana, "Wren")):
        joined(case, juniper)
        held(mona, case.client)
    assert what_keeps([juniper.client])[juniper.client.pk].startswith(f"The record {sorrel.client.short_code} was")


def test_a_record_that_was_joined_to_another_one_is_erased_with_that_one(mona, juniper, sorrel):
    joined(sorrel, juniper)
    held(mona, juniper.client)
    names = juniper.client.short_code
    assert what_keeps([sorrel.client]) == {
        sorrel.client.pk: f"This record was joined to another one, {names}, and is erased with that one."
    }


def test_two_cases_of_one_record_keep_nothing_and_neither_do_others_that_were_joined(mona, dana, juniper, sorrel):
    second = make_episode(dana, client=juniper.client, ends_at=days_ago(1), end_reason="other")
    joined(second, juniper)
    joined(make_episode(dana, "Wren"), sorrel)
    assert what_keeps([juniper.client]) == {juniper.client.pk: ""}


# --- Put off, and told ------------------------------------------------------------------------------------------------


def test_what_was_agreed_on_is_put_off_and_nothing_else(mona, juniper, sorrel, dana):
    wren, later, waiting = (make_episode(dana, name) for name in ("Wren", "Rowan", "Hazel"))
    until = days_ago(-2)
    due = asked(mona, juniper, due_at=days_ago(-1))
    back = asked(mona, sorrel, due_at=days_ago(-1), taken_back_at=timezone.now())
    after = asked(mona, later, due_at=days_ago(-3))
    asked(mona, waiting)
    other = asked(mona, wren, due_at=days_ago(-1))
    put_off(ErasureRequest.objects.exclude(pk=other.pk), until, by=mona)
    found = dict(ErasureRequest.objects.values_list("pk", "due_at"))
    assert [found[one.pk] for one in (due, back, after, other)] == [until, back.due_at, after.due_at, other.due_at]
    (event,) = AuditEvent.objects.filter(verb="changed", subject_type="erasurerequest")
    assert (event.subject_code, event.actor_code) == (str(due.code), str(mona.user.code))


@pytest.mark.parametrize("how", ["role", "ended", "not begun", "not accepted", "switched off"])
def test_a_practice_has_the_managers_who_are_there_now(how, mona, ida, olga, millrace, otis):
    assert managers_by_practice([millrace.pk]) == {millrace.pk: [mona, ida]}
    assert managers_by_practice([otis.practice_id, 0]) == {otis.practice_id: [olga], 0: []}
    if how == "switched off":
        User.objects.filter(pk=ida.user_id).update(is_active=False)
    else:
        gone = {
            "role": {"is_manager": False, "is_therapist": True},
            "ended": {"ends_at": days_ago(0.001)},
            "not begun": {"starts_at": days_ago(-1)},
            "not accepted": {"accepted_at": None},
        }
        Membership.objects.filter(pk=ida.pk).update(**gone[how])
    assert list(managers_of(millrace.pk)) == [mona]


def test_a_certificate_is_told_to_the_managers_of_its_practice(mona, dana, olga, millrace):
    certificate = Erasure.objects.create(
        practice_code=str(millrace.code), client_code="1", reason="asked", asked_by_code="2"
    )
    assert [list(erasures_told_to(one.user)) for one in (mona, dana, olga)] == [[certificate], [], []]
