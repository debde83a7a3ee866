"""Replays episodes; stores the assessments, ruptures and standings that follow.

No filter state is stored, for both sides answer at different times and half of all ratings come late. An event
replays the whole episode inside its own transaction, so that a rating is never saved without what it means.
"""

import time
from collections import defaultdict
from dataclasses import asdict
from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone

from alliance.access import Editor, Right
from alliance.models import Episode, Practice
from ratings.detection.history import held_by_episode
from ratings.detection.replay import replay
from ratings.detection.sample import draw_sample
from ratings.detection.stored import detector_version
from ratings.models import Assessment, DetectorVersion, Rupture, Standing
from ratings.psychometrics.assess import freeze
from ratings.psychometrics.evidence import Version

EPISODES_AT_ONCE = 100  # under a second; convention of this app
PAUSE_SECONDS = 0.2  # whoever waits for SQLite's lock asks again every tenth of a second
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
STANDING_COLUMNS = [field.name for field in Standing._meta.fields if not field.primary_key]


def lock_episode(episode):
    """Locks the episode; the first lock of every write that ends in a replay.

    To lock a row below first is a deadlock with a replay that has locked the episode and waits for that row.
    """
    return lock_episodes([episode.pk])[episode.pk]


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
    rows = Episode.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=keys).order_by("pk")
    return {row.pk: row for row in rows}


@transaction.atomic
def reassess(episode):
    """Replays an episode and stores what follows; its standing.

    Locks the episode, so that two replays never interleave.
    """
    return reassess_all([episode.pk], episode.client.practice)[0]


@transaction.atomic
def reassess_all(keys, practice):
    """Replays episodes of one practice; their standings, in the order of `keys`.

    All are in memory at once.
    """
    locked = lock_episodes(keys)
    version = current_version(practice)
    episodes = [locked[key] for key in keys]
    sessions = held_by_episode(keys)
    ruptures = defaultdict(list)
    stored = Rupture.objects.filter(episode__in=keys).select_related("opened_session")
    for rupture in stored.order_by("opened_at", "pk"):
        ruptures[rupture.episode_id].append(rupture)
    now = timezone.now()
    replays = [replay(episode, version, sessions[episode.pk], ruptures[episode.pk], now) for episode in episodes]
    assessed = Assessment.objects.filter(episode__in=keys)
    assessed_before = set(assessed.values_list("therapy_session", flat=True))
    assessed.filter(version=version).delete()
    store(replays)
    draw_sample(replays, sessions, assessed_before)
    return [replayed.standing for replayed in replays]


def store(replays):
    """Stores what replays built, in a few statements, whatever their number."""
    Assessment.objects.bulk_create(row for replayed in replays for row in replayed.assessments)
    ruptures = [rupture for replayed in replays for rupture in replayed.ruptures]
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


def current_version(practice: Practice) -> DetectorVersion:
    """The practice's detector version; its first is made here, with the defaults."""
    version = detector_version(practice)
    if version is None:
        version, _new = DetectorVersion.objects.get_or_create(  # two first replays at once make one
            practice=practice, valid_from=LONG_AGO, defaults=asdict(freeze(Version()))
        )
    return version


def rebuild_standings(practice):
    """Replays all episodes of a practice; returns how many."""
    return reassess_in_turns(Episode.objects.filter(client__practice=practice).values_list("pk", flat=True), practice)


def reassess_in_turns(keys, practice):
    """Replays many episodes, a batch at a time; returns how many.

    Each batch is a transaction of its own, with a pause before the next one, so that others write meanwhile. Stopped in
    the middle it leaves each episode as it was or replayed.
    """
    keys = sorted(keys)
    for start in range(0, len(keys), EPISODES_AT_ONCE):
        if start:
            time.sleep(PAUSE_SECONDS)
        reassess_all(keys[start : start + EPISODES_AT_ONCE], practice)
    return len(keys)
