"""The sample of sessions without a flag: which are drawn, and which of them still wait for an answer.

A practice that asked about flags alone would never learn of the strain that the program missed. So each session without
a flag is drawn with a small, known chance; what its therapist says of it stands for the others.
"""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from alliance import scopes
from alliance.models import User
from alliance.prepared import Prepared
from ratings.detection.history import HeldSession
from ratings.detection.replay import Replay
from ratings.models import Draw, Rating, Rupture, StrainVerdict
from ratings.psychometrics.evidence import IN_RUPTURE
from sessions.models import TherapySession

CHANCE = 0.05  # one session in twenty: with 25 sessions a week about one question; convention of this app
ASKED_FOR = timedelta(days=14)  # on Today; from then on only the page of the session asks; convention of this app
MOST_ASKED = 3  # at once on Today; convention of this app
source: Random = secrets.SystemRandom()  # a test puts its own here


def draw_sample(
    replays: Iterable[Replay], sessions: Mapping[int, Sequence[HeldSession]], assessed_before: Collection[int]
) -> None:
    """Draws among the sessions that were assessed for the first time; a draw that was made stays.

    Not drawn from: cases with an open flag or repair, and imported sessions. `sessions`: by episode key;
    `assessed_before`: keys of therapy sessions.
    """
    rows = [
        Draw(
            episode_id=held.row.episode_id,
            therapy_session=held.row,
            is_drawn=source.random() < CHANCE,
            chance=CHANCE,
            version_id=assessment.version_id,
            stated=assessment.probability,
        )
        for replayed in replays
        if replayed.standing.rupture is None
        for held, assessment in zip(sessions[replayed.standing.episode_id], replayed.assessments, strict=True)
        if held.row.pk not in assessed_before
        and held.number is not None
        and not _is_imported(held)
        and assessment.state not in IN_RUPTURE
        and all(row.closed_session_id != held.row.pk for row in replayed.ruptures)
    ]
    if rows:
        Draw.objects.bulk_create(rows, ignore_conflicts=True)  # a session that was brought back has its draw


def _is_imported(held: HeldSession) -> bool:
    ratings = [rating for rating in (held.client, held.therapist) if rating]
    return held.row.import_batch_id is not None or any(rating.mode == Rating.Mode.IMPORT for rating in ratings)


# --- What is asked ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SampleQuestion:
    """A drawn session of which nobody has said yet whether there was strain."""

    session_code: UUID
    case_key: int
    case_code: UUID
    name: str
    held_at: datetime


def open_questions(user: User) -> list[SampleQuestion]:
    """What Today asks of the user's own cases, the latest session first; one statement."""
    return [
        SampleQuestion(
            session_code=row.therapy_session.code,
            case_key=row.episode_id,
            case_code=row.episode.code,
            name=row.episode.client.display_name,
            held_at=row.therapy_session.starts_at,
        )
        for row in OPEN.models(user=user, now=timezone.now())
    ]


def _open(user: User, now: datetime) -> QuerySet[Any]:
    answered = StrainVerdict.objects.filter(draw=OuterRef("pk"))
    drawn = (
        Draw.objects.filter(
            is_drawn=True,
            drawn_at__gt=now - ASKED_FOR,
            episode__among=scopes.own_episodes.keys(user),
            therapy_session__in=TherapySession.objects.attended(),
        )
        .exclude(Exists(answered))
        .exclude(Exists(_flags_since()))
        .select_related("therapy_session", "episode__client__data_key")
        .order_by("-therapy_session__starts_at")
    )
    return drawn[:MOST_ASKED]


OPEN = Prepared(_open, user=User, now=datetime)


def draw_of(therapy_session: TherapySession) -> Draw | None:
    """The draw by which the therapist is asked about a session.

    None where the session was not drawn, does not count any more, or has a flag by now, which asks by itself; nor where
    it came into this case from another one, which the draw stays with.
    """
    drawn = Draw.objects.filter(therapy_session=therapy_session, is_drawn=True, episode=therapy_session.episode_id)
    drawn = drawn.filter(therapy_session__in=TherapySession.objects.attended())
    return drawn.exclude(Exists(_flags_since())).select_related("therapy_session").first()


def _flags_since():
    """Flags that later answers have raised on a drawn session, as far as they are told."""
    return (
        Rupture.objects.told()
        .exclude(state=Rupture.RuptureState.WITHDRAWN)
        .filter(opened_session=OuterRef("therapy_session"))
    )
