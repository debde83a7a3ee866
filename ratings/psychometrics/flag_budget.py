"""Thresholds at which false flags keep to a budget: one rule for those that are shipped and those that are learned.

A flag is what a page shows: none while one is open, and one anew only after the suspicion came down. The thresholds are
found one after another, stretch by stretch, as what opens in a stretch also depends on the sessions before it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.criteria.criterion import Finding
from ratings.psychometrics.evidence import LAST_THIRD, STRETCHES, ByNumber, SessionEvidence, stretch
from ratings.psychometrics.spells import Spells

# Of a rule that states a probability. The guard against slow slides states .114 of whatever lies below the mean of all
# ratings, if only by rounding: a line below that would flag a client who always answers the same.
LOWEST = 0.115


@dataclass(frozen=True, slots=True)
class JudgedSession:
    """What a criterion finds in a session, whatever the thresholds are."""

    held: SessionEvidence
    finding: Finding
    quiet: float  # how likely it is outside any rupture, 0-1

    @property
    def place(self) -> int | None:
        """The position of its stretch in STRETCHES; None where it is not counted."""
        number = self.held.number
        return None if number is None or number < LAST_THIRD else stretch(number)


@dataclass(frozen=True, slots=True)
class JudgedCase:
    """All sessions of a case, in order."""

    constants: Constants
    sessions: Sequence[JudgedSession]


@dataclass(frozen=True, slots=True)
class Counted:
    """Flags that open in quiet sessions, and quiet sessions."""

    flags: float = 0.0
    quiet: float = 0.0


Beside = Callable[[float], Counted]  # what counts beside the cases, at a suspicion


def nothing_beside(_suspicion: float) -> Counted:
    """The cases alone count."""
    return Counted()


def lowest(
    cases: Sequence[JudgedCase],
    candidates: Sequence[float],
    before: Sequence[float],
    per_100: float,
    beside: Beside = nothing_beside,
) -> float | None:
    """The lowest threshold of a stretch that keeps to this many false flags per 100 quiet sessions.

    Parameters
    ----------
    candidates
        Ascending. None is returned where not even the highest keeps to it.
    before
        The thresholds of the stretches before it, in order.
    """
    place = len(before)
    walks = [_Walk(case, place) for case in cases]
    quiet = sum(walk.quiet for walk in walks)
    low, high = -1, len(candidates)  # the one at `high` keeps to it, the one at `low` does not
    while high - low > 1:
        middle = (low + high) // 2
        tried, more = candidates[middle], beside(candidates[middle])
        flags = sum(walk.flags([*before, tried]) for walk in walks)
        keeps = 100 * (flags + more.flags) <= per_100 * (quiet + more.quiet)
        low, high = (low, middle) if keeps else (middle, high)
    return candidates[high] if high < len(candidates) else None


class _Walk:
    """A case up to a stretch, to be walked with one set of thresholds after another."""

    def __init__(self, case: JudgedCase, place: int):
        self.constants = case.constants
        reached = takewhile(lambda one: one.held.number is None or stretch(one.held.number) <= place, case.sessions)
        self.sessions = [(one.held, one.finding, one.quiet if one.place == place else 0.0) for one in reached]
        self.quiet = sum(quiet for _held, _finding, quiet in self.sessions)
        self.highest = max(
            (one.suspicion for _held, one, _quiet in self.sessions if one.suspicion is not None), default=-math.inf
        )

    def flags(self, taus: Sequence[float]) -> float:
        """False flags in the last of the stretches that these thresholds are for."""
        if self.highest < min(taus):
            return 0.0
        spells = Spells(ByNumber(*taus, *[taus[-1]] * (len(STRETCHES) - len(taus))), self.constants)
        return sum([quiet for held, finding, quiet in self.sessions if spells.step(held, finding)[1]])
