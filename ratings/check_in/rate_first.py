"""Rate first: where the practice wants it, therapists see what a client answered once their own rating is in.

It holds for answers that came in since the practice chose it, in the therapist's own cases; also for a session that was
missed or removed meanwhile, so that whoever brings it back has not read the answers. The time of the session decides
nothing: the therapist can change it. Supervisors, and who covers, see them at once: they rate nothing. So does the
therapist who typed them. A therapist may also look without a rating, and that is recorded.
"""

from collections.abc import Collection
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from alliance import audit, scopes
from alliance.access import Editor
from alliance.audit import Verb
from alliance.models import Episode, User
from ratings.detection.reassess import lock_for_edit
from ratings.models import CheckIn, Rating, Standing
from ratings.models.check_in import ASKED_ABOUT
from ratings.psychometrics.evidence import Rater
from ratings.psychometrics.series import SERIES
from ratings.psychometrics.usual import TrendWord
from sessions.models import Attendance, TherapySession


@dataclass(frozen=True, slots=True)
class AwaitingRating:
    """A client's answers that wait for the therapist's own rating of the same session."""

    code: str  # of the check-in
    episode_key: int
    session_key: int
    session_code: str
    session_at: datetime
    is_logged: bool
    can_be_rated: bool  # it was held, or may have been, and is on record


def awaiting_rating(episodes: Collection[Episode], reader: User) -> list[AwaitingRating]:
    """The answers that their reader may not see yet, the latest first.

    The episodes come with their therapist and the client's practice. One statement; none where no practice wants it.
    """
    since = {
        episode.pk: episode.client.practice.rates_first_since
        for episode in episodes
        if episode.client.practice.rates_first_since and episode.therapist.user_id == reader.pk
    }
    if not since:
        return []
    waiting = _waiting_for(reader).filter(episode__in=since).select_related("therapy_session")
    return [
        AwaitingRating(
            code=str(row.code),
            episode_key=row.episode_id,
            session_key=row.therapy_session_id,
            session_code=str(row.therapy_session.code),
            session_at=row.therapy_session.starts_at,
            is_logged=row.therapy_session.attendance != Attendance.PLANNED,
            can_be_rated=row.therapy_session.attendance in ASKED_ABOUT and row.therapy_session.voided_at is None,
        )
        for row in waiting.order_by("-therapy_session__starts_at")
        if row.first_received_at >= since[row.episode_id]
    ]


def awaits_rating_of(reader: User) -> Q:
    """The condition on an episode that `awaiting_rating` has something of it."""
    waiting = _waiting_for(reader).filter(
        episode=OuterRef("pk"), first_received_at__gte=OuterRef("client__practice__rates_first_since")
    )
    return Q(therapist__user=reader, client__practice__rates_first_since__isnull=False) & Q(Exists(waiting))


def _waiting_for(reader: User) -> QuerySet[Any]:
    """The check-ins with answers beside which there is no rating of the therapist; `first_received_at`: since when."""
    of_session = Rating.objects.filter(therapy_session=OuterRef("therapy_session"))
    own = of_session.filter(rater=Rater.THERAPIST, items_answered__gt=0, replaced_at__isnull=True)
    answers = (
        of_session.filter(rater=Rater.CLIENT)
        .exclude(mode=Rating.Mode.IMPORT)
        .exclude(entered_by__among=scopes.places_of(reader))
    )
    first = answers.order_by("received_at").values("received_at")[:1]
    rows = CheckIn.objects.filter(Exists(answers.filter(replaced_at__isnull=True)), ~Exists(own))
    return rows.filter(shown_unrated_at__isnull=True).annotate(first_received_at=Subquery(first))


class RatesFirst(Exception):
    """The reader may not see this case before they have rated a session of their own."""

    def __init__(self, episode: Episode, waiting: AwaitingRating):
        super().__init__(str(episode.code))
        self.episode, self.waiting = episode, waiting


def check_rated(episode: Episode, reader: User) -> None:
    """Asked before anything that could tell an answer that waits.

    Raises
    ------
    RatesFirst
        One waits; `views/rate_first.py` answers with the page that asks for the rating.
    """
    if waiting := awaiting_rating([episode], reader):
        raise RatesFirst(episode, waiting[0])


def waiting_for_therapist(episode: Episode) -> list[AwaitingRating]:
    """As `awaiting_rating`, for what a client opens through a link that the therapist had in hand."""
    return awaiting_rating([episode], episode.therapist.user)


def standing_until_rated(standing: Standing) -> Standing:
    """The standing as the therapist may see it meanwhile: a copy that says nothing of any answer, not to be saved."""
    told = copy(standing)
    told.rupture, told.settled_since, told.attention = None, None, 0
    told.words, told.spark, told.notes = dict.fromkeys(SERIES, TrendWord.UNTOLD), {}, []
    return told


@transaction.atomic
def show_without_rating(*, editor: Editor, check_in: CheckIn) -> None:
    """The therapist looks at the answers without a rating of their own; from now on they are shown."""
    lock_for_edit(editor, check_in)
    if CheckIn.objects.filter(pk=check_in.pk, shown_unrated_at=None).update(shown_unrated_at=timezone.now()):
        audit.record(Verb.CHANGED, check_in, by=editor.membership)


def keep_shown(therapy_session: TherapySession) -> None:
    """The own rating of a session is about to go: answers that were shown beside it are not held back again.

    Where there was none, they wait as before.
    """
    current = Rating.objects.filter(therapy_session=therapy_session, replaced_at__isnull=True)
    rated = current.filter(rater=Rater.THERAPIST, items_answered__gt=0)
    if rated.exists() and current.filter(rater=Rater.CLIENT).exists():
        check_ins = CheckIn.objects.filter(therapy_session=therapy_session, shown_unrated_at=None)
        check_ins.update(shown_unrated_at=timezone.now())
