"""Reads: the therapy before this one, as far as the client lets its new therapist see it."""

from dataclasses import dataclass
from datetime import datetime

from alliance.acting import as_program
from alliance.models import Episode, HistoryShare
from ratings.detection.history import HeldSession, held_sessions
from ratings.findings.scale import whole
from sessions.models import Goal

Extent = HistoryShare.Extent


@dataclass(frozen=True, slots=True)
class EarlierSession:
    """A session that the client answered about: the scores, from 0 to 100, and what they wrote."""

    number: int | None
    held_at: datetime
    goal: str
    task: str
    bond: str
    comment: str


@dataclass(frozen=True, slots=True)
class EarlierCourse:
    """The therapy before; empty lists where the client lets nothing go along."""

    therapist: str
    starts_at: datetime
    ends_at: datetime | None
    extent: str
    sessions: list[EarlierSession]
    goals: list[str]
    is_own: bool  # it was with the same therapist

    @property
    def asks_the_client(self) -> bool:
        """Whether the client decides what goes along: of the therapist's own therapy nothing changes hands."""
        return bool(self.extent) or not self.is_own


@as_program()
def earlier_course(episode: Episode) -> EarlierCourse:
    """What the therapist of an episode may see of the one before it. The episode has one."""
    previous = episode.previous
    assert previous is not None
    share = HistoryShare.objects.filter(episode=episode, withdrawn_at__isnull=True).first()
    extent = share.extent if share else ""
    words = extent == Extent.EVERYTHING
    key = episode.client.data_key
    goals = Goal.objects.filter(episode=previous, ended_at__isnull=True) if words else Goal.objects.none()
    return EarlierCourse(
        therapist=previous.therapist.display_name,
        starts_at=previous.starts_at,
        ends_at=previous.ends_at,
        extent=extent,
        sessions=[_session(row, episode, words) for row in held_sessions(previous) if row.client] if extent else [],
        goals=[goal.text.shown(key) for goal in goals],
        is_own=previous.therapist.user_id == episode.therapist.user_id,
    )


def _session(held: HeldSession, episode: Episode, words: bool) -> EarlierSession:
    rating = held.client
    assert rating is not None
    comment = rating.comment.shown(episode.client.data_key) if words and rating.comment else ""
    scores = (rating.goal_pomp, rating.task_pomp, rating.bond_pomp)
    goal, task, bond = ("–" if score is None else whole(score) for score in scores)
    return EarlierSession(held.number, held.row.starts_at, goal, task, bond, comment)
