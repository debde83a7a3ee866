"""Replays episodes; stores the assessments, ruptures and standings that follow.

No filter state is stored, for both sides answer at different times and half of all ratings come late. An event
replays the whole episode inside its own transaction, so that a rating is never saved without what it means.
"""

import time
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from alliance.access import Editor, NotVisible, Right
from alliance.models import Episode
from alliance.prepared import Prepared, attnames, row_of
from ratings.detection.before import Before, read_before
from ratings.detection.replay import Replay, replay
from ratings.detection.sample import draw_sample
from ratings.models import Assessment, Rupture, Standing

EPISODES_AT_ONCE = 100  # under a second; convention of this app
PAUSE_SECONDS = 0.2  # whoever waits for SQLite's lock asks again every tenth of a second
SAYS = ["state", "score", "probability", "alert", "kind", "pillars", "points", "notes"]  # columns of an assessment
STANDING_COLUMNS = [field.name for field in Standing._meta.fields if not field.primary_key]


def lock_episode(episode):
    """Locks the episode; the first lock of every write that ends in a replay.

    To lock a row below first is a deadlock with a replay that has locked the episode and waits for that row. Raises
    NotVisible where it was erased meanwhile.
    """
    if not transaction.get_connection().in_atomic_block:  # Django asks only when it builds the statement
        raise transaction.TransactionManagementError("A lock outside of a transaction holds nothing.")
    for values in LOCKED.rows(episode=episode.pk):
        return row_of(Episode, EPISODE, values)
    raise NotVisible("episode", episode.code)


def lock_for_edit(editor: Editor, *rows):
    """Locks the episode, then checks again that the editor may change it and `rows`."""
    lock_episode(editor.episode)
    editor.check_again(*rows)


def lock_for_log(editor: Editor, *rows):
    """As `lock_for_edit`, for the writes that are open to a member who covers."""
    lock_episode(editor.episode)
    editor.check_log_again(*rows)


def lock_for_settling(right: Right) -> Episode:
    """Locks the episode, then checks again that it may be put into other hands; the episode."""
    lock_episode(right.episode)
    right.check_settle_again()
    return right.episode


def lock_episodes(keys):
    """Locks the episodes, in the order of their keys; episode key -> episode.

    In any other order two batches could deadlock.
    """
    return {row.pk: row for row in _locking(pk__in=keys)}


def _locking(**which):
    return Episode.objects.select_for_update(no_key=True).filter(**which).order_by("pk")


EPISODE = attnames(Episode)
LOCKED = Prepared(lambda episode: _locking(pk=episode).values_list(*EPISODE), episode=int)


@transaction.atomic(savepoint=False)
def reassess(episode):
    """Replays an episode and stores what follows; its standing.

    Locks the episode, so that two replays never interleave.
    """
    return reassess_all([episode.pk], episode.client.practice)[episode.pk]


@transaction.atomic(savepoint=False)
def reassess_all(keys, practice):
    """Replays episodes of one practice, all that were not erased meanwhile; episode key -> its standing.

    All are in memory at once.
    """
    episodes = lock_episodes(keys)
    return reassess_from(read_before(episodes, practice))


@transaction.atomic(savepoint=False)
def reassess_from(before: Before) -> dict[int, Standing]:
    """Replays locked episodes from what was read of them; episode key -> its standing."""
    sessions = {key: before.held(key) for key in before.episodes}
    now = timezone.now()
    replays = [
        replay(episode, before.version, sessions[key], before.ruptures.get(key, []), now)
        for key, episode in before.episodes.items()
    ]
    store(replays, before)
    draw_sample(replays, sessions, before.assessed)
    return {replayed.standing.episode_id: replayed.standing for replayed in replays}


def store(replays: Sequence[Replay], before: Before) -> None:
    """Stores what replays built where it differs from what was read, in a few statements, whatever their number."""
    built = [row for replayed in replays for row in replayed.assessments]
    stored = before.assessments
    over = set(stored) - {row.therapy_session_id for row in built}
    if over:
        Assessment.objects.filter(version=before.version, therapy_session__in=over).delete()
    Assessment.objects.bulk_create(
        (row for row in built if not _says_the_same(row, stored.get(row.therapy_session_id))),
        update_conflicts=True,
        unique_fields=["therapy_session", "version"],
        update_fields=["episode", "assessed_at", *SAYS],
    )
    ruptures = [rupture for replayed in replays for rupture in replayed.ruptures if before.has_changed(rupture)]
    for rupture in ruptures:
        if rupture.pk:
            rupture.save()
    Rupture.objects.bulk_create(rupture for rupture in ruptures if not rupture.pk)
    Standing.objects.bulk_create(
        (replayed.standing for replayed in replays),
        update_conflicts=True,
        unique_fields=["episode"],
        update_fields=STANDING_COLUMNS,
    )


def _says_the_same(row: Assessment, stored: Assessment | None) -> bool:
    return stored is not None and all(getattr(row, name) == getattr(stored, name) for name in SAYS)


def rebuild_standings(practice):
    """Replays all episodes of a practice; returns how many."""
    return reassess_in_turns(Episode.objects.filter(client__practice=practice).values_list("pk", flat=True), practice)


def reassess_in_turns(keys, practice):
    """Replays many episodes, a batch at a time; returns how many.

    Each batch is a transaction of its own, with a pause before the next one, so that others write meanwhile. Stopped in
    the middle it leaves each episode as it was or replayed.
    """
    keys = sorted(keys)
    n_replayed = 0
    for start in range(0, len(keys), EPISODES_AT_ONCE):
        if start:
            time.sleep(PAUSE_SECONDS)
        n_replayed += len(reassess_all(keys[start : start + EPISODES_AT_ONCE], practice))
    return n_replayed
