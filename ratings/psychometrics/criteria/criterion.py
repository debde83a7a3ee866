"""What a criterion is, and what it says about one therapy session."""

from dataclasses import dataclass, field
from typing import Protocol

from ratings.psychometrics.evidence import Kind, Note, Pillar, Points, SessionEvidence


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
    notes: tuple[Note, ...] = ()  # remarks on what raises no alert


class Criterion(Protocol):
    """A rule that reads an episode session by session and never looks ahead."""

    reads: str  # whose ratings: "client", "therapist" or "both"

    def step(self, therapy_session: SessionEvidence, *, in_rupture: bool) -> Finding:
        """Judge the next session; `in_rupture`: a rupture was open before it."""

    def settle(self) -> None:
        """Take where things stand now as usual: a rupture closed without getting back."""
