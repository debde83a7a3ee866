"""False alarms by where in its course an episode is: few earlier ratings make a suspicion jump more easily.

A *new alert* is a session at its threshold or above it after two below theirs, as in `outcome`. Rates are per 100 quiet
sessions of the stretch: session 3, sessions 4 to 6, and later ones. The thresholds are found one after another, as a
new alert of a stretch also depends on the sessions before it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ratings.psychometrics.criteria.criterion import Finding
from ratings.psychometrics.evaluation.outcome import Judge
from ratings.psychometrics.evaluation.simulate import Episode
from ratings.psychometrics.evidence import LAST_EARLY, LAST_THIRD, ByNumber

NEVER = float("inf")
STRETCHES = ("third", "early", "later")

Judged = tuple[int, float]  # the stretch of a session, as a position in STRETCHES, and its suspicion


@dataclass(frozen=True, slots=True)
class QuietSession:
    """A quiet session, and the two before it, quiet or not."""

    here: Judged
    before: tuple[Judged, Judged]


def stretch(number: int | None) -> int:
    """The position in STRETCHES of a session by its number; None, not attended, is a later one."""
    if number is None or number > LAST_EARLY:
        return 2
    return 1 if number > LAST_THIRD else 0


def quiet_sessions(episodes: Iterable[Episode], judge: Judge) -> Iterator[QuietSession]:
    """The quiet sessions from the third on, as a criterion judges them."""
    for episode in episodes:
        findings: Sequence[Finding] = judge(episode.history)
        before: tuple[Judged, Judged] = ((2, -NEVER), (2, -NEVER))
        for position, (therapy_session, finding) in enumerate(zip(episode.history, findings, strict=True)):
            suspicion = -NEVER if finding.suspicion is None else finding.suspicion
            here = (stretch(therapy_session.number), suspicion)
            number = therapy_session.number
            if number is not None and number >= LAST_THIRD and episode.in_rupture(position) is None:
                yield QuietSession(here, before)
            before = (before[1], here)


def new_alerts_per_100(quiet: Sequence[QuietSession], thresholds: ByNumber) -> dict[str, float]:
    """New alerts per 100 quiet sessions, for each stretch; nan where there are none."""
    taus = (thresholds.third, thresholds.early, thresholds.later)
    counts, alerts = [0, 0, 0], [0, 0, 0]
    for one in quiet:
        place = one.here[0]
        counts[place] += 1
        alerts[place] += _is_new(one, taus)
    return {
        name: 100 * alerts[place] / counts[place] if counts[place] else float("nan")
        for place, name in enumerate(STRETCHES)
    }


def _is_new(one: QuietSession, taus: tuple[float, float, float]) -> bool:
    if one.here[1] < taus[one.here[0]]:
        return False
    return all(suspicion < taus[place] for place, suspicion in one.before)


def fit(quiet: Sequence[QuietSession], per_100: float) -> ByNumber:
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
