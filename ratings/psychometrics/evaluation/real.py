"""Real series without labels: how often rules alert on them, and what they catch of falls that are set into them.

Nobody knows where the ruptures are in these. So two things can be asked: the rate of alerts as the program is set, and
how many falls of a known depth are caught that are set into the untouched series, at equally many alerts without them.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ratings.psychometrics.assess import assess
from ratings.psychometrics.evaluation.outcome import Estimate, Judge, Outcome, bootstrap, judge_all
from ratings.psychometrics.evaluation.simulate import Episode, TrueRupture
from ratings.psychometrics.evidence import Budget, Kind, Pillar, Scores, SessionEvidence, Use, Version

History = Sequence[SessionEvidence]
FIRST = 3  # ratings before a fall
LENGTH = 3  # sessions that a fall lasts, and within which it counts as caught
SHAPES: dict[str, tuple[tuple[Pillar, ...], float]] = {  # the pillars that fall, and by how much, POMP
    "all by 12.5": ((), 12.5),
    "all by 25": ((), 25.0),
    "one pillar by 25": ((Pillar.TASK,), 25.0),
    "one pillar by 50": ((Pillar.BOND,), 50.0),
}
COPIES = 4  # of each series, each with its fall elsewhere


@dataclass(frozen=True, slots=True)
class AlertRate:
    """How often the program as it is set alerts on untouched series."""

    budget: Budget
    judged: int  # sessions
    alerts: int

    @property
    def per_100(self) -> float:
        return 100 * self.alerts / self.judged


def alert_rates(series: Sequence[History], use: Use) -> list[AlertRate]:
    """New flags per 100 judged sessions, at each budget, as shipped."""
    rates = []
    for budget in Budget:
        found = [one for history in series for one in assess(history, Version(budget=budget, use=use))]
        judged = sum(one.suspicion is not None for one in found)
        rates.append(AlertRate(budget, judged, sum(one.alert for one in found)))
    return rates


def untouched(series: Iterable[History]) -> list[Episode]:
    """The series as they are; as nothing is known, every session counts as quiet."""
    return [Episode(tuple(history), ()) for history in series]


def with_falls(series: Sequence[History], shape: str) -> Iterator[Episode]:
    """Copies of the series, each with one fall of a shape set into it; the same ones each time."""
    pillars, depth = SHAPES[shape]
    for number, history in enumerate(series):
        chance = random.Random(f"fall/{shape}/{number}")
        rated = [position for position, one in enumerate(history) if one.client is not None]
        places = rated[FIRST : -LENGTH + 1] if len(rated) > FIRST + LENGTH else []
        for first in chance.sample(places, min(COPIES, len(places))):
            last = min(first + LENGTH - 1, len(history) - 1)
            fallen = [
                replace(one, client=_fallen(one.client, pillars, depth)) if first <= position <= last else one
                for position, one in enumerate(history)
            ]
            rupture = TrueRupture(first, last, Kind.WITHDRAWAL, hidden=False, seen=False, pillars=pillars)
            yield Episode(tuple(fallen), (rupture,))


def _fallen(rating: Scores | None, pillars: tuple[Pillar, ...], depth: float) -> Scores | None:
    if rating is None or None in (rating.goal, rating.task, rating.bond):
        return rating
    values = {
        pillar: max((rating.of(pillar) or 0) - (depth if not pillars or pillar in pillars else 0), 0.0)
        for pillar in Pillar
    }
    return Scores(
        values[Pillar.GOAL], values[Pillar.TASK], values[Pillar.BOND], overall=sum(values.values()) / len(Pillar)
    )


def caught(series: Sequence[History], judge: Judge, per_100: float) -> dict[str, Estimate]:
    """The share of the falls that a rule catches, by shape, at this many new alerts per 100 on the untouched series."""
    threshold = judge_all(untouched(series), judge).threshold(per_100)
    found: dict[str, Outcome] = {shape: judge_all(with_falls(series, shape), judge) for shape in SHAPES}
    return {shape: bootstrap(outcome.caught_by_episode(threshold)) for shape, outcome in found.items()}
