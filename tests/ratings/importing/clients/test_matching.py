"""Who of a list is new, who is here already, and what the preview must not tell."""

import pytest
from django.core.management import call_command

from alliance.models import Client
from ratings.importing.actions import import_ratings
from ratings.importing.clients.actions import preview_of
from ratings.importing.matching import make_preview, read
from ratings.importing.receiver import Receiver
from tests.factories import days_ago, make_client, make_episode, make_member
from tests.ratings.importing.conftest import OPENFIT, lines


def names(clients):
    return [getattr(client, "listed", client).name for client in clients]


def wrong(found):
    return [(error.line, error.sentence) for error in found.errors]


def test_a_name_here_already_is_known_however_it_is_spelt(preview, dana):
    for name in ("Zo\u00eb", "Sean O\u2019Brien"):
        make_episode(dana, name)
    found = preview([",Zoe\u0308,,,,", ",sean  o'brien,,,,", ",Alder,,,,"], dana)
    assert (names(found.known), names(found.new)) == (["Zo\u00eb", "sean o'brien"], ["Alder"])


@pytest.mark.parametrize(("ended", "line"), [(True, ",Zoe,,,,"), (False, ",Zoe,,,other@example.org,")])
def test_a_name_alone_does_not_make_two_clients_one(preview, dana, ended, line):
    make_episode(dana, "Zo\u00eb", **({"ends_at": days_ago(300), "end_reason": "completed"} if ended else {}))
    found = preview([line], dana)
    assert [(row, "an ended therapy" in sentence) for row, sentence in wrong(found)] == [(2, True)]
    assert (found.known, found.new) == ((), ())


def test_spellings_of_one_name_in_the_list_are_one_client(preview, dana):
    found = preview([",Zo\u00eb O'Brien,,,,", ",ZOE\u0308 O\u2019BRIEN,,,,"], dana)
    assert (names(found.new), names(found.repeated), found.errors) == (
        ["Zo\u00eb O'Brien"],
        ["ZO\u00cb O\u2019BRIEN"],
        (),
    )


def test_one_name_with_other_details_is_asked_about(preview, dana):
    found = preview([",Alder,,,alder@example.org,", ",Alder,,,other@example.org,"], dana)
    assert wrong(found) == [(3, "Line 2 has a client of this name, with other details. Give each a Client_ID.")]


def test_two_of_one_name_with_a_reference_each_are_two(preview, dana):
    found = preview(["1,Alder,,,,", "2,Alder,,,,", "1,Alder,,,,", "1,Heron,,,,"], dana)
    assert ([new.listed.reference for new in found.new], [row.line for row in found.repeated]) == (["1", "2"], [4])
    assert wrong(found) == [(5, "Line 2 has this client with other details. Correct one of the two.")]


def test_a_line_without_a_reference_may_name_one_that_has_it(preview, dana):
    found = preview([",Alder,,,,", "1,Alder,,,,"], dana)
    assert ([new.listed.line for new in found.new], [row.line for row in found.repeated]) == ([3], [2])


def test_a_client_entered_by_hand_is_known_by_the_name_once(preview, dana):
    make_episode(dana, "Alder")
    assert names(preview(["1,Alder,,,,"], dana).known) == ["Alder"]
    sentence = "Several lines fit a client who is here without a Client_ID. Enter these by hand."
    assert wrong(preview(["1,Alder,,,,", "2,Alder,,,,"], dana)) == [(2, sentence), (3, sentence)]


def test_a_client_of_an_imported_file_is_known_by_the_reference(preview, bring_in, millrace, dana, mona):
    call_command("sync_instruments", verbosity=0)
    past = make_preview(practice=millrace, parsed=read(lines(OPENFIT, 2)), receiver=Receiver())
    import_ratings(practice=millrace, preview=past, by=mona)
    found = preview(["0042,Alder,,,,"], dana)
    assert (names(found.known), found.new) == (["Alder"], ())


def test_a_client_of_the_list_is_known_to_a_file_of_ratings(bring_in, millrace, dana, mona):
    call_command("sync_instruments", verbosity=0)
    bring_in(["0042,Alder,,,,"], dana)
    past = make_preview(practice=millrace, parsed=read(lines(OPENFIT, 2)), receiver=Receiver())
    import_ratings(practice=millrace, preview=past, by=mona)
    assert [client.display_name for client in Client.objects.all()] == ["Alder"]


def test_a_list_of_ones_own_takes_no_client_of_another_therapist(preview, dana, noor, mona):
    lines = [f",Alder,{noor.user.email},,,", f",Heron,{dana.user.email.upper()},,,", ",Wren,,,,"]
    found = preview(lines, dana)
    assert names(found.new) == ["Heron", "Wren"]
    assert [(line, sentence.split(",")[0]) for line, sentence in wrong(found)] == [
        (2, "This line names another therapist")
    ]


# --- What it must not tell --------------------------------------------------------------------------------------------


def test_nobody_learns_from_a_name_who_is_a_colleagues_client(preview, dana, noor):
    make_episode(noor, "Alder")
    found = preview([",Alder,,,,"], dana)
    assert (names(found.new), found.known, found.errors) == (["Alder"], (), ())


def test_a_reference_of_another_practice_is_unknown_here(preview, bring_in, dana, otis):
    bring_in(["0042,Alder,,,,"], otis)
    found = preview(["0042,Alder,,,,"], dana)
    assert (names(found.new), found.known, found.errors) == (["Alder"], (), ())


def test_nobody_learns_from_a_reference_who_is_a_colleagues_client(preview, bring_in, dana, noor):
    bring_in(["0042,Wren,,,,"], noor)
    found = preview(["0042,Alder,,,,"], dana)
    assert (names(found.new), found.known, found.errors) == (["Alder"], (), ())


def test_a_manager_is_told_that_another_therapist_has_them(preview, bring_in, dana, noor, mona):
    bring_in(["0042,Wren,,,,"], noor)
    found = preview(["0042,Wren,dana@millrace.test,,,", "0042,Wren,noor@millrace.test,,,"], mona)
    assert wrong(found) == [(2, "This client is here already, with another therapist.")]
    assert [listed.line for listed in found.known] == [3]


def test_a_name_that_cannot_be_opened_is_nobodys(preview, dana):
    damaged = make_episode(dana, "Alder").client
    other = make_client(dana.practice, "Alder")
    Client.objects.filter(pk=damaged.pk).update(name=other.name)
    assert names(preview([",Alder,,,,"], dana).new) == ["Alder"]


# --- Whose cases they become ------------------------------------------------------------------------------------------


def test_a_managers_list_goes_to_whom_it_names_or_to_one(preview, dana, noor, mona, otis):
    lee = make_member(dana.practice, "Lee Novak", ends_at=days_ago(1))
    rows = [",Alder,DANA@millrace.test,,,", ",Heron,noor@millrace.test,,,", ",Wren,,,,"]
    rows += [",Teasel,otis@weir.test,,,", f",Brook,{lee.user.email},,,"]
    found = preview(rows, mona)
    assert [(new.listed.name, new.therapist) for new in found.new] == [("Alder", dana), ("Heron", noor)]
    assert wrong(found) == [
        (4, "Therapist_Email is empty. Fill it in, or say whose cases these are when you choose the file."),
        (5, "Nobody with this Therapist_Email is a therapist of this practice."),
        (6, "Nobody with this Therapist_Email is a therapist of this practice."),
    ]
    assert {new.therapist for new in preview(rows, mona, therapist=noor).new} == {noor}


@pytest.mark.parametrize("number", [3, 40])
def test_a_longer_list_takes_no_more_statements(draft_of, bring_in, dana, number, django_assert_num_queries):
    bring_in([f"{n},Here {n},,,," for n in range(number)], dana)
    draft = draft_of([f"{n},New {n},,,," for n in range(2 * number)], dana)
    with django_assert_num_queries(4):
        found = preview_of(draft)
    assert (len(found.new), len(found.known)) == (number, number)
