"""How an export calls people, and what of a case goes out; and that ten times as many cases take no more memory.

They are read some at a time.
"""

import gc
import re
import tracemalloc
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alliance.crypto import Sealed
from alliance.models import Client, DataKey, Episode
from ratings.exchange import actions, exported, files
from ratings.exchange.actions import export_by_command, write_taken
from ratings.exchange.exported import Exported, ExportedCase, Names, Pseudonyms
from ratings.models import (
    DetectorVersion,
    InstrumentText,
    Rating,
    Rupture,
    RuptureView,
    StrainVerdict,
    UsefulVerdict,
)
from sessions.models import TherapySession
from tests.factories import days_ago, make_episode, make_therapy_session

SESSIONS = 4  # of each case
FEW, MANY = 40, 400  # cases
MOST_GROWTH = 1.3  # of each case its place in the files is kept, some 400 bytes; its sessions and answers are not


def fill(therapist, wanted):
    """Cases with rated sessions, until there are so many."""
    text = InstrumentText.objects.filter(instrument__key="alliance-6").select_related("instrument").first()
    more = range(wanted - Episode.objects.count())
    keys = DataKey.objects.bulk_create(DataKey() for _client in more)
    clients = Client.objects.bulk_create(
        Client(practice=therapist.practice, data_key=key, name=Sealed("Somebody", key)) for key in keys
    )
    episodes = Episode.objects.bulk_create(
        Episode(client=client, therapist=therapist, starts_at=days_ago(90)) for client in clients
    )
    sessions = TherapySession.objects.bulk_create(
        TherapySession(episode=episode, starts_at=days_ago(80 - day), ends_at=days_ago(79 - day), zone="UTC")
        for episode in episodes
        for day in range(SESSIONS)
    )
    Rating.objects.bulk_create(
        Rating(
            episode_id=row.episode_id,
            therapy_session=row,
            rater="client",
            instrument=text.instrument,
            text=text,
            answers={"goal_matters": 3, "bond_open": 2},
            items_answered=2,
            mode="link",
            answered_at=row.ends_at,
        )
        for row in sessions
    )


def peak_of_an_export(practice, path):
    """In bytes, of what Python holds meanwhile."""
    export = export_by_command(practice=practice, reason="move", keeps_names=True, is_shifted=False)
    tracemalloc.start()
    try:
        with path.open("wb") as file:
            written = write_taken(export=export, file=file)
        return tracemalloc.get_traced_memory()[1], written
    finally:
        tracemalloc.stop()


@pytest.fixture
def small_steps(monkeypatch):
    """As if the practice were large: many batches, and files that go to the disk. What is done with is gone at once."""
    read = exported._cases

    def read_after_collecting(keys, names):
        gc.collect()
        yield from read(keys, names)

    monkeypatch.setattr(exported, "_cases", read_after_collecting)
    for module, name in ((exported, "CASES_AT_ONCE"), (exported, "KEYS_AT_ONCE"), (actions, "KEYS_AT_ONCE")):
        monkeypatch.setattr(module, name, 20)
    monkeypatch.setattr(files, "IN_MEMORY", 4096)


def test_ten_times_as_many_cases_take_no_more_memory(instruments, dana, small_steps, tmp_path):
    fill(dana, FEW)
    peak_of_an_export(dana.practice, tmp_path / "first.zip")  # what is made once and kept
    peaks = []
    for wanted in (FEW, MANY):
        fill(dana, wanted)
        peak, written = peak_of_an_export(dana.practice, tmp_path / "export.zip")
        assert (written.cases, written.ratings) == (wanted, wanted * SESSIONS)
        peaks.append(peak)
    assert peaks[1] < peaks[0] * MOST_GROWTH, peaks


# --- Pseudonyms, and the time that is shifted -------------------------------------------------------------------------

CODES = [UUID(int=number) for number in range(3000)]


@pytest.fixture
def pseudonyms():
    return Pseudonyms.of_export(UUID(int=1))


def test_a_pseudonym_is_a_letter_and_twelve_digits(pseudonyms):
    assert re.fullmatch("C-[0-9a-f]{12}", pseudonyms.client(CODES[0]))
    assert re.fullmatch("T-[0-9a-f]{12}", pseudonyms.therapist(CODES[0]))


def test_each_has_one_and_nobody_elses(pseudonyms):
    called = {pseudonyms.client(code)[2:] for code in CODES} | {pseudonyms.therapist(code)[2:] for code in CODES}
    assert len(called) == 2 * len(CODES)


def test_they_are_the_same_in_the_same_export_and_others_in_another(pseudonyms):
    again, other = Pseudonyms.of_export(UUID(int=1)), Pseudonyms.of_export(UUID(int=2))
    assert again.client(CODES[0]) == pseudonyms.client(CODES[0]) != other.client(CODES[0])
    assert again.shift(CODES[0]) == pseudonyms.shift(CODES[0]) != other.shift(CODES[0])


def test_a_file_that_is_made_again_by_a_later_version_says_the_same():
    called, code = Pseudonyms(b"a key that is known"), UUID(int=7)
    assert (called.client(code), called.therapist(code)) == ("C-dc39397c0ee4", "T-f662c658703c")
    assert called.shift(code) == timedelta(minutes=434543)


def test_no_log_shows_the_key(pseudonyms):
    assert repr(pseudonyms) == "Pseudonyms()"


def test_the_time_is_shifted_by_thirty_days_to_a_year_in_whole_minutes(pseudonyms):
    shifts = {pseudonyms.shift(code) for code in CODES}
    day = timedelta(days=1)
    assert 30 * day <= min(shifts) < 31 * day and 364 * day < max(shifts) < 365 * day
    assert not any(shift % timedelta(minutes=1) for shift in shifts)
    assert any(shift % timedelta(hours=1) for shift in shifts)


CLIENT = SimpleNamespace(pk=7, code=CODES[7])
EPISODE = SimpleNamespace(therapist=SimpleNamespace(code=CODES[8]))


def test_a_client_keeps_the_name_where_names_are_kept(pseudonyms):
    assert Names(pseudonyms, True, True, {7: "Juniper"}).client(CLIENT) == "Juniper"
    assert Names(pseudonyms, True, True, {8: "Sorrel"}).client(CLIENT) == pseudonyms.client(CODES[7])


def test_a_therapist_is_called_something_only_where_therapists_are_told(pseudonyms):
    called = {told: Names(pseudonyms, True, told).therapist(EPISODE) for told in (True, False)}
    assert called == {True: pseudonyms.therapist(CODES[8]), False: ""}


def test_the_time_stays_where_it_is_not_shifted(pseudonyms):
    shifts = {shifted: Names(pseudonyms, shifted, True).shift(CLIENT) for shifted in (True, False)}
    assert shifts == {True: pseudonyms.shift(CODES[7]), False: timedelta()}


def test_sessions_are_numbered_from_one():
    case = SimpleNamespace(sessions=[SimpleNamespace(pk=9), SimpleNamespace(pk=5)])
    assert ExportedCase.numbers.fget(case) == {9: 1, 5: 2}


# --- What of a case goes out ------------------------------------------------------------------------------------------


@pytest.fixture
def read(pseudonyms):
    """The cases of a practice as the files have them."""

    def cases(practice):
        names = Names(pseudonyms, is_shifted=True, tells_therapists=True)
        return Exported(Episode.objects.filter(client__practice=practice), names)

    return cases


def test_a_session_that_is_to_come_stays_here(read, millrace, juniper):
    past = make_therapy_session(juniper, starts_at=days_ago(1))
    make_therapy_session(juniper, starts_at=days_ago(-1), attendance="planned")
    (case,) = read(millrace).cases()
    assert case.sessions == [past]


def test_a_removed_session_stays_here(read, millrace, juniper, dana):
    make_therapy_session(juniper, voided_at=days_ago(1), voided_by=dana)
    (case,) = read(millrace).cases()
    assert case.sessions == []


def rate(held, **fields):
    text = InstrumentText.objects.filter(instrument__key="alliance-6").select_related("instrument").first()
    made = {"instrument": text.instrument, "text": text, "items_answered": 2, "mode": "link", "rater": "client"}
    return Rating.objects.create(episode=held.episode, therapy_session=held, answered_at=days_ago(3), **made, **fields)


def test_of_a_corrected_rating_the_newest_goes_out(read, millrace, juniper, instruments):
    held = make_therapy_session(juniper)
    newest = rate(held)
    rate(held, replaced_at=days_ago(1), replaced_reason="client")
    (case,) = read(millrace).cases()
    assert list(case.ratings.values()) == [newest]


def test_the_words_of_a_comment_are_not_even_read(read, millrace, juniper, instruments):
    rate(make_therapy_session(juniper))
    (case,) = read(millrace).cases()
    assert [rating.get_deferred_fields() for rating in case.ratings.values()] == [{"comment"}]


@pytest.mark.parametrize("at_once", [1, 2, 500])
def test_all_are_here_until_one_is_gone(read, millrace, juniper, sorrel, monkeypatch, at_once):
    monkeypatch.setattr(exported, "KEYS_AT_ONCE", at_once)
    cases = read(millrace)
    assert cases.are_all_here()
    Episode.objects.filter(pk=juniper.pk).delete()
    assert not cases.are_all_here()


def test_a_case_that_is_erased_meanwhile_is_left_out(read, millrace, juniper, sorrel):
    cases = read(millrace)
    Episode.objects.filter(pk=juniper.pk).delete()
    assert [case.episode for case in cases.cases()] == [sorrel]
    assert [person.name for person in cases.people()] == ["Sorrel", "Dana Whitlock"]


def test_sessions_go_out_by_their_starts_however_they_came(read, millrace, juniper, in_no_order):
    days = (3, 9, 6)
    sessions = {since: make_therapy_session(juniper, starts_at=days_ago(since)) for since in days}
    (case,) = read(millrace).cases()
    assert case.sessions == [sessions[since] for since in sorted(days, reverse=True)]


def test_no_row_of_another_case_is_even_read(read, millrace, juniper):
    """Else the rows of a whole installation would be held for each hundred cases."""
    cases = read(millrace)
    with CaptureQueriesContext(connection) as made:
        list(cases.cases())
    asked = [statement["sql"] for statement in made]
    assert asked and not [sql for sql in asked if f"IN ({juniper.pk})" not in sql]


@pytest.fixture
def earlier(juniper, dana):
    """An earlier case of Juniper's."""
    ended = {"starts_at": days_ago(999), "ends_at": days_ago(950), "end_reason": "completed"}
    return make_episode(dana, client=juniper.client, **ended)


def test_a_client_of_two_cases_is_named_once_in_the_key(read, millrace, juniper, earlier):
    assert [person.name for person in read(millrace).people()] == ["Juniper", "Dana Whitlock"]


def test_the_cases_of_a_client_are_in_one_batch_and_numbered_through(read, millrace, juniper, earlier, monkeypatch):
    monkeypatch.setattr(exported, "CASES_AT_ONCE", 1)
    assert [(case.number, case.episode) for case in read(millrace).cases()] == [(1, earlier), (2, juniper)]


@pytest.mark.parametrize(("at_once", "batches"), [(1, [1, 1]), (2, [2])])
def test_clients_are_read_so_many_at_once(read, millrace, juniper, sorrel, monkeypatch, at_once, batches):
    monkeypatch.setattr(exported, "CASES_AT_ONCE", at_once)
    assert [len(batch) for batch in read(millrace)._batches()] == batches


@pytest.fixture
def rupture(juniper):
    held = make_therapy_session(juniper, starts_at=days_ago(9))
    return juniper.ruptures.create(opened_session=held, opened_at=days_ago(9))


@pytest.fixture
def ruptures(read, millrace, rupture):
    """What the files tell of the ruptures of Juniper, who had one."""

    def told():
        (case,) = read(millrace).cases()
        return case.ruptures

    return told


def test_a_rupture_goes_out(ruptures, rupture):
    assert [(one.number, one.row) for one in ruptures()] == [(1, rupture)]


def test_ruptures_are_numbered_by_the_sessions_that_opened_them(ruptures, rupture, in_no_order):
    before = {}
    for since in (30, 20):
        held = make_therapy_session(rupture.episode, starts_at=days_ago(since))
        over = {"opened_at": days_ago(since), "closed_at": days_ago(since - 5), "state": "repaired"}
        before[since] = rupture.episode.ruptures.create(opened_session=held, **over)
    assert [(one.number, one.row) for one in ruptures()] == [(1, before[30]), (2, before[20]), (3, rupture)]


@pytest.mark.parametrize("fields", [{"kept_back": True}, {"state": "withdrawn", "closed_at": days_ago(1)}], ids=list)
def test_what_no_page_tells_of_stays_here(ruptures, rupture, fields):
    Rupture.objects.update(**fields)
    assert not ruptures()


def test_what_opened_in_a_removed_session_stays_here(ruptures, rupture, dana):
    TherapySession.objects.update(voided_at=days_ago(1), voided_by=dana)
    assert not ruptures()


def test_what_was_found_in_shadow_mode_stays_here(ruptures, millrace):
    shadow = {"criterion": "cusum", "budget": "normal", "use": "client", "shadow": True}
    DetectorVersion.objects.create(practice=millrace, valid_from=days_ago(1), **shadow)
    assert not ruptures()


def test_a_step_that_was_taken_back_stays_here(ruptures, rupture, dana):
    said = {"episode": rupture.episode, "step": "ask", "outcome": "done", "said_by": dana}
    stays = rupture.steps.create(**said)
    rupture.steps.create(**said, taken_back_at=days_ago(1))
    assert [list(one.steps) for one in ruptures()] == [[stays]]


def test_steps_go_out_as_they_were_said(ruptures, rupture, dana, in_no_order):
    said = {"episode": rupture.episode, "outcome": "done", "said_by": dana}
    steps = [rupture.steps.create(**said, step=step) for step in ("fit", "ask", "own")]
    assert [list(one.steps) for one in ruptures()] == [steps]


def test_what_is_no_longer_set_aside_is_not_said_to_be(ruptures, rupture, dana):
    rupture.set_asides.create(episode=rupture.episode, by=dana, undone_by=dana, undone_at=days_ago(1))
    assert [one.aside for one in ruptures()] == [None]


def test_of_what_was_said_of_a_rupture_the_newest_goes_out(ruptures, rupture, dana, in_no_order):
    about = {"episode": rupture.episode, "rupture": rupture}
    for kind, strain, useful in (("withdrawal", "yes", "known"), ("both", "no", "useful")):
        RuptureView.objects.create(**about, kind=kind, said_by=dana)
        StrainVerdict.objects.create(**about, answer=strain, given_by=dana)
        UsefulVerdict.objects.create(**about, answer=useful, given_by=dana)
    (one,) = ruptures()
    assert (one.seen.kind, one.strain, one.useful) == ("both", "no", "useful")


def test_without_an_answer_nothing_is_said(ruptures):
    (one,) = ruptures()
    assert (one.seen, one.aside, one.strain, one.useful) == (None, None, "", "")
