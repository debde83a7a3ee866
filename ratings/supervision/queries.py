"""Reads: what a therapist puts forward, and what was done about a rupture so far."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from alliance.models import Episode
from ratings.models import RepairStep, Rupture, RuptureView, SupervisionQuestion
from sessions.models import TherapySession


@dataclass(frozen=True, slots=True)
class Question:
    """A question for supervision that stands."""

    code: str
    text: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class RepairSoFar:
    """What was done about the open rupture of a case."""

    latest: RepairStep | None  # None: nothing yet
    sessions_since: int  # held since the session that opened it
    is_late: bool  # nothing was done, in as many sessions as the practice allows


def questions_of(episodes: Collection[int] | QuerySet[Any, int]) -> dict[int, Question]:
    """Episode key -> its question that stands; one statement."""
    rows = SupervisionQuestion.objects.filter(episode__in=episodes, withdrawn_at__isnull=True)
    return {
        row.episode_id: Question(str(row.code), row.text.shown(row.episode.client.data_key), row.asked_at)
        for row in rows.select_related("episode__client__data_key")
    }


def kinds_of(episodes: Collection[int]) -> dict[int, str]:
    """Episode key -> the kind of its open rupture, as the therapist sees it, else as the program does; two statements.

    An episode without one is not in it.
    """
    ruptures = Rupture.objects.at_work().filter(episode__in=episodes)
    kinds = {row.episode_id: row.kind for row in ruptures}
    for view in RuptureView.objects.filter(rupture__in=ruptures).order_by("said_at", "pk"):
        kinds[view.episode_id] = view.kind
    return kinds


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step of a repair that waits for the log of a session."""

    code: str
    words: str


def planned_step(episode: Episode, therapy_session: TherapySession | None) -> PlannedStep | None:
    """The step that the log of this session asks about: planned for it, for an earlier one, or for the next one."""
    latest: dict[str, RepairStep] = {}
    active = standing_steps([episode.pk]).filter(
        rupture__in=Rupture.objects.told().filter(episode=episode, state__in=Rupture.ACTIVE)
    )
    for row in active.select_related("planned_for").order_by("pk"):
        latest[row.step] = row
    for row in latest.values():
        waits = row.outcome in (RepairStep.Outcome.PLANNED, RepairStep.Outcome.NOT_YET) and row.words
        planned = row.planned_for if row.planned_for and row.planned_for.is_on else None
        later = planned and therapy_session and planned.starts_at > therapy_session.starts_at
        if waits and row.words and not later:
            return PlannedStep(str(row.code), row.words.shown(episode.client.data_key))
    return None


def standing_steps(episodes: Collection[int]) -> QuerySet[RepairStep]:
    """The steps of these episodes, without those that were taken back with a log."""
    return RepairStep.objects.filter(episode__in=episodes, taken_back_at__isnull=True)
