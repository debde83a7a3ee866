"""Reads: what clients have answered lately, and what of it is new to the reader."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from alliance import scopes
from alliance.models import User
from alliance.models.episode import OF_EPISODE
from ratings.check_in.rate_first import awaiting_rating
from ratings.models import Rating, SeenRating
from ratings.psychometrics.evidence import Rater
from sessions.models import TherapySession

NEW_FOR = timedelta(days=28)  # convention of this app: what is older is on the case


class Weight(IntEnum):
    """What comes first among what is new."""

    STRAIN = 0
    WISH = 1
    COMMENT = 2
    ANSWERS = 3


@dataclass(frozen=True, slots=True)
class News:
    """What a client has answered after one session."""

    code: str  # of the rating
    episode_key: int
    case_code: str
    name: str
    number: int | None  # of the session; None where it counts as missed or cancelled
    session_at: datetime
    received_at: datetime
    is_new: bool
    says_strain: bool
    talked_about: bool | None
    awaits_rating: bool  # it is shown once the user has rated the session too, so it says nothing yet
    bring_up: str  # Rating.BringUp
    comment: str

    @property
    def weight(self) -> Weight:
        if self.says_strain:
            return Weight.STRAIN
        if self.bring_up in (Rating.BringUp.GENTLY, Rating.BringUp.MYSELF):
            return Weight.WISH
        return Weight.COMMENT if self.comment else Weight.ANSWERS

    @property
    def asks_gently(self) -> bool:
        return self.bring_up == Rating.BringUp.GENTLY

    @property
    def is_a_wish(self) -> bool:
        return self.bring_up in (Rating.BringUp.GENTLY, Rating.BringUp.MYSELF)


def numbered(episode: str, starts_at: str) -> Coalesce:
    """How many sessions of an episode were held before one starts; the names are of the outer query's columns."""
    held = TherapySession.objects.attended().filter(episode=OuterRef(episode), starts_at__lt=OuterRef(starts_at))
    return Coalesce(Subquery(held.order_by().values("episode").annotate(n=Count("pk")).values("n")), 0)


def own_answers(user: User) -> QuerySet[Rating]:
    """The answers of the user's clients, apart from what the user has typed or imported."""
    ratings = Rating.objects.current().filter(
        episode__in=scopes.own_episodes(user), rater=Rater.CLIENT, received_at__gt=timezone.now() - NEW_FOR
    )
    return ratings.exclude(mode=Rating.Mode.IMPORT).exclude(entered_by__user=user)


def news_of(user: User) -> list[News]:
    """The latest answers of the user's clients, newest first; one statement, two where a practice rates first."""
    seen = SeenRating.objects.filter(rating=OuterRef("pk"), by__user=user)
    rows = (
        own_answers(user)
        .annotate(is_seen=Exists(seen), held_before=numbered("episode", "therapy_session__starts_at"))
        .select_related("therapy_session", *OF_EPISODE)
        .order_by("-received_at", "-pk")
    )
    waiting = {one.session_key for one in awaiting_rating([row.episode for row in rows], user)}
    return [_news(row, awaits_rating=row.therapy_session_id in waiting) for row in rows]


def _news(row: Any, *, awaits_rating: bool) -> News:
    """Of answers that are held back only that they came."""
    comment = row.comment.shown(row.episode.client.data_key) if row.comment and not awaits_rating else ""
    return News(
        code=str(row.code),
        episode_key=row.episode_id,
        case_code=str(row.episode.code),
        name=row.episode.client.display_name,
        number=row.held_before + 1 if row.therapy_session.takes_a_number else None,
        session_at=row.therapy_session.starts_at,
        received_at=row.received_at,
        is_new=not row.is_seen,
        awaits_rating=awaits_rating,
        says_strain=bool(row.tension) and not awaits_rating,
        talked_about=None if awaits_rating else row.tension_talked_about,
        bring_up="" if awaits_rating else row.bring_up,
        comment=comment,
    )


def latest_strains(news: list[News]) -> dict[int, News]:
    """Episode key -> the newest answers, where they say that there was strain."""
    newest: dict[int, News] = {}
    for row in news:
        newest.setdefault(row.episode_key, row)
    return {key: row for key, row in newest.items() if row.says_strain}


def to_show(news: list[News], midnight: datetime) -> list[News]:
    """What is new, by its weight; and what came today and was seen, so that the day has it."""
    shown = [row for row in news if row.is_new or row.received_at >= midnight]
    return sorted(shown, key=lambda row: (not row.is_new, row.weight))  # of equal weight the newest first
