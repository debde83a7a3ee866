"""Reads of the plan."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alliance.crypto import DataKey, Sealed
from alliance.models import Episode
from sessions.models import Goal, Phase, Task


def running_phase(episode: Episode) -> int:
    """The number of the phase that runs now."""
    latest = Phase.objects.filter(episode=episode).order_by("-number").first()
    return latest.number if latest else 1


def opened(text: Sealed | None, key: DataKey) -> str:
    """A sealed text that may be missing."""
    return text.shown(key) if text else ""


@dataclass(frozen=True, slots=True)
class PlanThen:
    """The goals and tasks of one day, in the words they had then."""

    goals: list[str]
    tasks: list[str]


def plan_then(episode: Episode, starts_at: datetime, until: datetime) -> PlanThen:
    """What was open of the plan at some time in `[starts_at, until]`, as it was worded at the end of it."""
    key = episode.client.data_key
    about = {"episode": episode, "agreed_at__lte": until}
    goals, tasks = (
        rows.filter(**about).prefetch_related("versions").order_by("agreed_at", "pk")
        for rows in (Goal.objects.all(), Task.objects.all())
    )
    return PlanThen(
        goals=[goal.text.shown(key) for goal in _open_then(goals, starts_at, until)],
        tasks=[task.activity.shown(key) for task in _open_then(tasks, starts_at, until)],
    )


def _open_then(rows: Any, starts_at: datetime, until: datetime) -> Iterator[Any]:
    """Each goal or task as it was at `until`: the row itself, or the first version that was replaced later."""
    for row in rows:
        later = sorted((one for one in row.versions.all() if one.replaced_at > until), key=lambda one: one.replaced_at)
        then = later[0] if later else row
        if then.ended_at is None or then.ended_at > starts_at:
            yield then
