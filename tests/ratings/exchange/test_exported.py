"""How an export calls people; and that ten times as many cases take no more memory: they are read some at a time."""

import gc
import re
import tracemalloc
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest

from alliance.crypto import Sealed
from alliance.models import Client, DataKey, Episode
from ratings.exchange import actions, exported, files
from ratings.exchange.actions import export_by_command, write_taken
from ratings.exchange.exported import ExportedCase, Names, Pseudonyms
from ratings.models import InstrumentText, Rating
from sessions.models import TherapySession
from tests.factories import days_ago

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
