"""Thresholds at which false flags keep to a budget: one rule for those that are shipped and those that are learned.

A flag is what a page shows: none while one is open, and one anew only after the suspicion came down. The thresholds are
found one after another, stretch by stretch, as what opens in a stretch also depends on the sessions before it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.criteria.criterion import Criterion, Finding
from ratings.psychometrics.evidence import LAST_THIRD, STRETCHES, ByNumber, SessionEvidence, stretch
from ratings.psychometrics.spells import Spells, follow

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
    """All sessions of a case, in order, as a criterion finds them while no flag is open.

    `anew` makes the criterion once more, where it finds something else while a flag is open: then it judges the case
    again for each threshold.
    """

    constants: Constants
    sessions: Sequence[JudgedSession]
    anew: Callable[[], Criterion] | None = None


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


def false_flags(cases: Sequence[JudgedCase], thresholds: ByNumber) -> Counted:
    """All false flags that open from session 3 on, and all quiet sessions from there on."""
    taus = [getattr(thresholds, stretch) for stretch in STRETCHES]
    walks = [(_Walk(case, place), taus[: place + 1]) for case in cases for place in range(len(STRETCHES))]
    return Counted(sum(walk.flags(up_to) for walk, up_to in walks), sum(walk.quiet for walk, _up_to in walks))


class _Walk:
    """A case up to a stretch, to be walked with one set of thresholds after another."""

    def __init__(self, case: JudgedCase, place: int):
        self.constants, self.anew = case.constants, case.anew
        reached = takewhile(lambda one: one.held.number is None or stretch(one.held.number) <= place, case.sessions)
        sessions = list(reached)
        self.history = [one.held for one in sessions]
        self.findings = [one.finding for one in sessions]
        self.counted = [one.quiet if one.place == place else 0.0 for one in sessions]
        self.quiet = sum(self.counted)
        suspicions = (one.suspicion for one in self.findings if one.suspicion is not None)
        self.highest = max(suspicions, default=-math.inf)

    def flags(self, taus: Sequence[float]) -> float:
        """False flags in the last of the stretches that these thresholds are for."""
        if self.highest < min(taus):
            return 0.0
        spells = Spells(ByNumber(*taus, *[taus[-1]] * (len(STRETCHES) - len(taus))), self.constants)
        criterion = _Found(self.findings) if self.anew is None else self.anew()
        steps = zip(self.counted, follow(self.history, criterion, spells), strict=True)
        return sum([quiet for quiet, (_finding, _state, alert) in steps if alert])


class _Found:
    """What a criterion found, whatever flag is open."""

    reads = ""

    def __init__(self, findings: Sequence[Finding]):
        self.findings = iter(findings)

    def step(self, _session: SessionEvidence, *, in_rupture: bool) -> Finding:
        return next(self.findings)

    def settle(self) -> None:
        """Nothing is judged by it."""
