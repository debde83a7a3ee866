"""An export of ten times as many cases takes no more memory: they are read some at a time."""

import gc
import tracemalloc

import pytest

from alliance.crypto import Sealed
from alliance.models import Client, DataKey, Episode
from ratings.exchange import actions, exported, files
from ratings.exchange.actions import export_by_command, write_taken
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
