"""False alarms by where in its course an episode is: few earlier ratings make a suspicion jump more easily.

A *new alert* is a session at its threshold or above it after two below theirs, as in `outcome`. Rates are per 100 quiet
sessions of the stretch: session 3, sessions 4 to 6, and later ones. The thresholds are found one after another, as a
new alert of a stretch also depends on the sessions before it.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ratings.psychometrics.criteria.criterion import Finding
from ratings.psychometrics.evaluation.outcome import Judge
from ratings.psychometrics.evaluation.simulate import Episode
from ratings.psychometrics.evidence import LAST_THIRD, STRETCHES, ByNumber, stretch

NEVER = math.inf

Judged = tuple[int, float]  # the stretch of a session, as a position in STRETCHES, and its suspicion


@dataclass(frozen=True, slots=True)
class JudgedSession:
    """A session from the third on, and the two before it."""

    here: Judged
    before: tuple[Judged, Judged]

    def is_new_alert(self, thresholds: Sequence[float]) -> bool:
        """At its threshold or above it, after two below theirs; one threshold for each stretch."""
        place, suspicion = self.here
        return suspicion >= thresholds[place] and all(other < thresholds[where] for where, other in self.before)


def quiet_sessions(episodes: Iterable[Episode], judge: Judge) -> Iterator[JudgedSession]:
    """The quiet sessions from the third on, as a criterion judges them."""
    for episode in episodes:
        findings: Sequence[Finding] = judge(episode.history)
        before: tuple[Judged, Judged] = ((2, -NEVER), (2, -NEVER))
        for position, (therapy_session, finding) in enumerate(zip(episode.history, findings, strict=True)):
            suspicion = -NEVER if finding.suspicion is None else finding.suspicion
            here = (stretch(therapy_session.number), suspicion)
            number = therapy_session.number
            if number is not None and number >= LAST_THIRD and episode.in_rupture(position) is None:
                yield JudgedSession(here, before)
            before = (before[1], here)


def new_alerts_per_100(quiet: Sequence[JudgedSession], thresholds: ByNumber) -> dict[str, float]:
    """New alerts per 100 quiet sessions, for each stretch; nan where there are none."""
    taus = (thresholds.third, thresholds.early, thresholds.later)
    counts, alerts = [0, 0, 0], [0, 0, 0]
    for one in quiet:
        place = one.here[0]
        counts[place] += 1
        alerts[place] += one.is_new_alert(taus)
    return {
        name: 100 * alerts[place] / counts[place] if counts[place] else float("nan")
        for place, name in enumerate(STRETCHES)
    }


def fit(quiet: Sequence[JudgedSession], per_100: float) -> ByNumber:
    """The lowest thresholds that keep to this many new alerts per 100 quiet sessions in each stretch."""
    found = ByNumber(NEVER, NEVER, NEVER)
    for place, name in enumerate(STRETCHES):
        here = [one for one in quiet if one.here[0] == place]
        values = sorted({one.here[1] for one in here})
        low, high = -1, len(values)  # a value at `high` keeps to the budget, one at `low` does not
        while high - low > 1:
            middle = (low + high) // 2
            tried = replace(found, **{name: values[middle]})
            if new_alerts_per_100(here, tried)[name] <= per_100:
                high = middle
            else:
                low = middle
        found = replace(found, **{name: values[high] if high < len(values) else NEVER})
    return found
