"""Reads: what clients have answered lately, and what of it is new to the reader."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from alliance.models import User
from alliance.models.episode import OF_EPISODE
from alliance.prepared import Prepared
from ratings.check_in.rate_first import awaiting_rating
from ratings.check_in.unseen import NEW_FOR, is_new_to, own_answers
from ratings.models import Rating
from sessions.models import TherapySession

MOST_READ = 200  # so that the page stays quick; convention of this app


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


def news_of(user: User, midnight: datetime) -> list[News]:
    """What of the answers of the user's clients is to be told, newest first.

    That is what is new, what came since midnight, and the latest answers of a client where they tell of strain and are
    not old. One statement, two where a practice rates first.
    """
    rows = TOLD.models(user=user, now=timezone.now(), midnight=midnight)
    waiting = {one.session_key for one in awaiting_rating([row.episode for row in rows], user)}
    return [_news(row, awaits_rating=row.therapy_session_id in waiting) for row in rows]


def _told(user: User, now: datetime, midnight: datetime) -> QuerySet[Any]:
    is_new = is_new_to(user, now)
    later = own_answers(user).filter(episode=OuterRef("episode"), received_at__gt=OuterRef("received_at"))
    is_strain = Q(tension=True, received_at__gt=now - NEW_FOR) & ~Q(Exists(later))
    return (
        own_answers(user)
        .filter(is_new | Q(received_at__gte=midnight) | is_strain)
        .annotate(
            is_new=Case(When(is_new, then=True), default=False),
            held_before=numbered("episode", "therapy_session__starts_at"),
        )
        .select_related("therapy_session", *OF_EPISODE)
        .order_by("-received_at", "-pk")[:MOST_READ]
    )


TOLD = Prepared(_told, user=User, now=datetime, midnight=datetime)


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
        is_new=row.is_new,
        awaits_rating=awaits_rating,
        says_strain=bool(row.tension) and not awaits_rating,
        talked_about=None if awaits_rating else row.tension_talked_about,
        bring_up="" if awaits_rating else row.bring_up,
        comment=comment,
    )


def latest_strains(news: list[News]) -> dict[int, News]:
    """Episode key -> the newest answers, where they say that there was strain and are not old."""
    newest: dict[int, News] = {}
    for row in news:
        if row.received_at > timezone.now() - NEW_FOR:
            newest.setdefault(row.episode_key, row)
    return {key: row for key, row in newest.items() if row.says_strain}


def count_new(user: User, news: list[News]) -> int:
    """How many answers are new to the user, of which `news` has the latest."""
    if len(news) < MOST_READ:
        return sum(row.is_new for row in news)
    return own_answers(user).filter(is_new_to(user)).count()


def to_show(news: list[News], midnight: datetime) -> list[News]:
    """What is new, by its weight; and what came today and was seen, so that the day has it."""
    shown = [row for row in news if row.is_new or row.received_at >= midnight]
    return sorted(shown, key=lambda row: (not row.is_new, row.weight))  # of equal weight the newest first
