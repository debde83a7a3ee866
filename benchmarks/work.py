"""What Python does for a page: the time of the processor, and how many functions it calls.

The calls are the same on a busy machine and on another one, so they are what a test can hold.
"""

from __future__ import annotations

import cProfile
import pstats
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

MOST_NOISE = 1.5  # times as long: where the floor varies by more, nothing can be said of the others


class TooNoisy(Exception):
    """The floor varied too much."""


@dataclass(frozen=True, slots=True)
class Arm:
    """Something to measure: what is done, how often for one reading, and on whose clock."""

    name: str
    act: Callable[[], object]
    at_once: int = 1  # more where one is too short to be told from the clock
    clock: Callable[[], float] = time.process_time  # seconds of the processor
    is_ours: bool = True  # in this process, so that calls can be counted

    def seconds(self) -> float:
        """The processor time of one act."""
        started = self.clock()
        for _time in range(self.at_once):
            self.act()
        return (self.clock() - started) / self.at_once


@dataclass(frozen=True, slots=True)
class Work:
    """What an arm took, over all rounds."""

    name: str
    milliseconds: float  # the median
    times: float  # as much as the floor in the same round: the median, and its range
    least: float
    most: float
    calls: int | None


def calls_of(act: Callable[[], object]) -> int:
    """How many functions an act calls, Python's and C's. Of the second time, when what is kept is there."""
    act()
    profile = cProfile.Profile()
    profile.runcall(act)
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]  # its stubs leave it out


def compared(floor: Arm, others: Sequence[Arm], rounds: int) -> list[Work]:
    """All arms, the floor first; each once a round, in an order that is drawn anew.

    Raises TooNoisy where the slower quarter of the floor's readings took MOST_NOISE times what the quicker did.
    """
    arms = [floor, *others]
    calls = {arm.name: calls_of(arm.act) if arm.is_ours else None for arm in arms}
    found: dict[str, list[float]] = {arm.name: [] for arm in arms}
    for _round in range(rounds):
        for arm in random.sample(arms, len(arms)):
            found[arm.name].append(arm.seconds())
    quick, _middle, slow = statistics.quantiles(found[floor.name], n=4)
    if slow > MOST_NOISE * quick:
        raise TooNoisy(f"{floor.name} took from {quick * 1000:.2f} to {slow * 1000:.2f} ms: ask a quieter machine.")
    works = []
    for name, seconds in found.items():
        times = [one / of_floor for one, of_floor in zip(seconds, found[floor.name], strict=True)]
        middle, middle_times = statistics.median(seconds), statistics.median(times)
        works.append(Work(name, middle * 1000, middle_times, min(times), max(times), calls[name]))
    return works
