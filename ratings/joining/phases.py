"""The phases of two plans, counted as those of one, and apart again.

Each plan keeps its phases in their own order, and every goal its place among them: so nothing needs to be kept for the
way back.
"""

from heapq import merge

from alliance.models import Episode
from sessions.models import Goal, Phase


def number_together(kept: Episode, joined: Episode) -> None:
    """Counts the phases of both by the day on which they began; open goals are of the phase that runs then.

    Both plans are still where they were.
    """
    sides = {episode: _phases_of(episode) for episode in (kept, joined)}
    in_turn = merge(*sides.values(), key=lambda row: row.starts_at)
    numbers = {row.pk: number for number, row in enumerate(in_turn, start=2)}
    running = 1 + len(numbers)
    for episode, rows in sides.items():
        ran = rows[-1].number if rows else 1
        now = {row.number: numbers[row.pk] for row in rows}
        for goal in Goal.objects.filter(episode=episode):
            is_for_later = goal.phase > ran
            _place(goal, now.get(goal.phase, goal.phase) if goal.ended_at else running + is_for_later)
        for row in reversed(rows):  # numbers grow, and no two are the same meanwhile
            _number(row, numbers[row.pk])


def number_apart(kept: Episode, back: Episode) -> None:
    """Counts the phases of each by themselves, once each plan is in its own case again."""
    sides = {episode: _phases_of(episode) for episode in (kept, back)}
    running = max((row.number for rows in sides.values() for row in rows), default=1)
    for episode, rows in sides.items():
        for goal in Goal.objects.filter(episode=episode):
            later = max(goal.phase - running, 0)
            _place(goal, 1 + sum(row.number <= goal.phase for row in rows) + later)
        for number, row in enumerate(rows, start=2):
            _number(row, number)


def _phases_of(episode: Episode) -> list[Phase]:
    return list(Phase.objects.filter(episode=episode).order_by("number"))


def _place(goal: Goal, phase: int) -> None:
    if goal.phase != phase:
        Goal.objects.filter(pk=goal.pk).update(phase=phase)


def _number(row: Phase, number: int) -> None:
    if row.number != number:
        Phase.objects.filter(pk=row.pk).update(number=number)
