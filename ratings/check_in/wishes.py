"""Reads: what clients would like to be brought up."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from alliance.models import Episode
from alliance.names import folded
from ratings.models import Rating
from ratings.psychometrics.evidence import Rater
from sessions.models import TherapySession


@dataclass(frozen=True, slots=True)
class Wish:
    """Something that a client would like to be brought up, and how."""

    case_code: str
    name: str
    how: Rating.BringUp

    @property
    def is_for_the_therapist_to_say(self) -> bool:
        return self.how == Rating.BringUp.GENTLY


def wishes(episodes: QuerySet[Episode] | Collection[int]) -> list[Wish]:
    """What clients want brought up; the newest of each episode.

    Without those that a session was held for since. One statement. For the therapist alone: pass
    `access.own_episodes(user)`, or an episode that the user may edit.
    """
    held_since = (
        TherapySession.objects.attended()
        .filter(episode=OuterRef("episode"), starts_at__gt=OuterRef("received_at"))
        .exclude(pk=OuterRef("therapy_session"))
    )  # its time may be corrected to after the answer
    rows = (
        Rating.objects.current()
        .filter(~Exists(held_since), episode__in=episodes, episode__ends_at__isnull=True, rater=Rater.CLIENT)
        .filter(bring_up__in=[Rating.BringUp.GENTLY, Rating.BringUp.MYSELF])
        .select_related("episode__client__data_key")
        .order_by("received_at")
    )
    newest = {row.episode_id: row for row in rows}
    return sorted(
        (
            Wish(str(row.episode.code), row.episode.client.display_name, Rating.BringUp(row.bring_up))
            for row in newest.values()
        ),
        key=lambda wish: folded(wish.name),
    )
