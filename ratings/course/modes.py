"""Compares a client's ratings in person, by video and by phone. Pure: scores in, means and a verdict out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean

from sessions.models import Mode

FEWEST_SESSIONS = 4  # rated in each mode, before two are compared; convention of this app
# Half a step between two answers, in POMP: less than this is never called a difference. Convention of this app.
SMALLEST_DIFFERENCE = 12.5


@dataclass(frozen=True, slots=True)
class ModeMean:
    """The mean of the client's overall ratings, 0 to 100, of the sessions that were held one way."""

    mode: Mode
    sessions: int
    mean: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """The modes with enough rated sessions, two at least, or none."""

    means: list[ModeMean]
    differ: bool  # the highest and the lowest, clearly


def compare(scores: Mapping[Mode, Sequence[float]]) -> Comparison:
    """Compares the overall scores (0 to 100) of each mode.

    The two furthest apart differ clearly where their distance is more than the usual spread of the scores within one
    mode, more than two standard errors of a difference, and half a step between two answers at least. A convention of
    this app: it knows no trend, and two of three modes are picked by how far apart they are.
    """
    enough = {mode: scores[mode] for mode in Mode if len(scores.get(mode, ())) >= FEWEST_SESSIONS}
    if len(enough) < 2:
        return Comparison([], differ=False)
    means = [ModeMean(mode, len(values), fmean(values)) for mode, values in enough.items()]
    lowest, highest = min(means, key=lambda row: row.mean), max(means, key=lambda row: row.mean)
    spread = _spread_within(list(enough.values()))
    chance = 2 * spread * sqrt(1 / lowest.sessions + 1 / highest.sessions)
    distance = highest.mean - lowest.mean
    return Comparison(means, differ=distance >= SMALLEST_DIFFERENCE and distance > max(spread, chance))


def _spread_within(groups: Sequence[Sequence[float]]) -> float:
    """The standard deviation around the mean of each group, pooled."""
    squares = sum((value - fmean(values)) ** 2 for values in groups for value in values)
    return sqrt(squares / sum(len(values) - 1 for values in groups))
