"""A guard against slow slides, which take a local usual down with them.

It stands beside the filter and never forgets: the distance of a rating below the mean of all earlier ones. It speaks
only from a distance at which it adds few alerts in quiet times; the filter speaks for all that is quicker.
"""

import math
from dataclasses import dataclass, field

THERE = math.log(0.19 / 0.81)  # log-odds stated at that distance
FAR = 3.4  # SD; what lies further below is no slide any more, and states more with each SD
SLOPE_FAR = 0.9  # of the log-odds per SD from there on; from the thresholds of both rules at the three budgets
FEWEST = 5  # earlier ratings; a slide takes time
SILENT = -math.inf


@dataclass(slots=True)
class SlideGuard:
    """The mean of all ratings of a client's total since the level was last taken anew."""

    sd: float  # within persons, POMP
    speaks_at: float  # SD below the own mean at which it states what `THERE` says
    slope: float  # of the log-odds per SD beyond that, up to `FAR`
    ratings: list[float] = field(default_factory=list)

    @property
    def mean(self) -> float:
        """Of all ratings so far; there must be one."""
        return math.fsum(self.ratings) / len(self.ratings)

    def stated(self, total: float, wider: float = 1.0) -> float:
        """The log-odds that a rating states by itself; minus infinity where the guard has nothing to say.

        `wider`: this client's spread as a multiple of what is usual; below 1 it counts as 1.
        """
        if len(self.ratings) < FEWEST:
            return SILENT
        distance = (self.mean - total) / (self.sd * max(wider, 1.0) * math.sqrt(1 + 1 / len(self.ratings)))
        if distance <= 0:
            return SILENT
        beyond = max(distance - FAR, 0.0)
        return THERE + self.slope * (distance - beyond - self.speaks_at) + SLOPE_FAR * beyond

    def learn(self, total: float) -> None:
        """Take a rating up, whatever it shows."""
        self.ratings.append(total)

    def restart(self, level: float) -> None:
        """Begin anew from a level that was taken for the usual one."""
        self.ratings = [level] * FEWEST
