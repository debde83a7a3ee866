"""What a criterion says about one therapy session, before it becomes part of an episode's story."""

from dataclasses import dataclass, field
from typing import Protocol

from ratings.psychometrics.evidence import Kind, Pillar, Points, Scores, SessionEvidence

OVERALL = "overall"
HIGHEST = 100  # POMP; a form there is perfect, whichever way its items are turned
SERIES = (OVERALL, Pillar.GOAL, Pillar.TASK, Pillar.BOND)


@dataclass(frozen=True, slots=True)
class Finding:
    """One criterion's view of one session, made from it and the earlier ones only."""

    suspicion: float | None = None  # that this is a rupture, in the criterion's own unit; None: it cannot judge
    probability: float | None = None
    kind: Kind | None = None
    pillars: tuple[Pillar, ...] = ()
    points: tuple[Points, ...] = ()
    usual: dict[str, float] = field(default_factory=dict)  # the client's own usual, by series, before this session
    ratings: int = 0  # how many ratings that usual rests on
    enough: bool = False  # there is enough to compare with


class Criterion(Protocol):
    """A rule that reads an episode forwards, session by session, and never looks ahead."""

    reads: str  # whose ratings: "client", "therapist" or "both"

    def step(self, therapy_session: SessionEvidence, *, in_rupture: bool) -> Finding:
        """Judge the next session; `in_rupture`: a rupture was open before it."""

    def settle(self) -> None:
        """A rupture was closed without getting back: take where things stand now as the new usual."""


def value_of(scores: Scores | None, series: str) -> float | None:
    """The score of a series ("overall" or a pillar); overall falls back on the mean of all three pillars."""
    if scores is None:
        return None
    if series != OVERALL:
        return scores.of(Pillar(series))
    if scores.overall is not None:
        return scores.overall
    pillars = (scores.goal, scores.task, scores.bond)
    # Two pillars are no total: which one is missing would move it.
    return None if None in pillars else sum(pillars) / len(pillars)


def only_the_therapist_fell(points: tuple[Points, ...]) -> bool:
    """Only the therapist's own ratings fell; the client's say nothing of it, or there are none."""
    fell = {"client": 0.0, "therapist": 0.0}
    for part in points:
        rater = part.source.partition(":")[0]
        fell[rater] = fell.get(rater, 0.0) + part.points
    return fell["therapist"] > 0 >= fell["client"]
