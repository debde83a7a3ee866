"""Reads: what clients would like to be brought up."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, Expression, OuterRef, QuerySet

from alliance import scopes
from alliance.models import User
from alliance.names import folded
from alliance.prepared import Prepared
from ratings.models import Rating, WishOutcome
from ratings.psychometrics.evidence import Rater


@dataclass(frozen=True, slots=True)
class Wish:
    """Something that a client would like to be brought up, and how."""

    code: str  # of the rating in which it was asked
    episode_key: int
    case_code: str
    name: str
    how: Rating.BringUp
    session_at: datetime  # of the session after which it was asked

    @property
    def is_for_the_therapist_to_say(self) -> bool:
        return self.how == Rating.BringUp.GENTLY


def own_wishes(user: User) -> list[Wish]:
    """The same of all cases that are in the user's own hands."""
    return _wishes(OF_OWN.models(user=user))


def wishes(episodes: Collection[int]) -> list[Wish]:
    """What clients want brought up; the newest of each episode, until the therapist says what became of it.

    One statement. For the therapist alone: pass the keys of episodes that the user may edit.
    """
    return _wishes(OF_EPISODES.models(episodes=episodes))


def _wished(episodes: Expression | Collection[int]) -> QuerySet[Any]:
    is_settled = WishOutcome.objects.filter(
        rating=OuterRef("pk"), outcome__in=WishOutcome.SETTLED, taken_back_at__isnull=True
    )
    return (
        Rating.objects.current()
        .filter(episode__in=episodes, episode__ends_at__isnull=True, rater=Rater.CLIENT)
        .filter(bring_up__in=[Rating.BringUp.GENTLY, Rating.BringUp.MYSELF])
        .annotate(is_settled=Exists(is_settled))
        .select_related("episode__client__data_key", "therapy_session")
        .order_by("received_at")
    )


OF_OWN = Prepared(lambda user: _wished(scopes.own_episodes.keys(user)), user=User)
OF_EPISODES = Prepared(_wished, episodes=list)


def _wishes(rows: list[Any]) -> list[Wish]:
    newest = {row.episode_id: row for row in rows}  # an earlier one is not asked about once more
    return sorted(
        (
            Wish(
                code=str(row.code),
                episode_key=row.episode_id,
                case_code=str(row.episode.code),
                name=row.episode.client.display_name,
                how=Rating.BringUp(row.bring_up),
                session_at=row.therapy_session.starts_at,
            )
            for row in newest.values()
            if not row.is_settled
        ),
        key=lambda wish: folded(wish.name),
    )
