"""Sessions and ruptures on record, as plain data: what goes into a settlement of them, and what comes out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ratings.psychometrics.evidence import Assessment, OpenedBy, RuptureState, SessionEvidence, State, report_of


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A therapy session that was held or missed, and when its ratings came in; None: there is none."""

    evidence: SessionEvidence
    starts_at: datetime
    has_check_in: bool  # there is a check-in for it
    by_client_at: datetime | None = None
    by_therapist_at: datetime | None = None
    first_reported_at: datetime | None = None  # when the report first came in, where a correction kept it

    @property
    def rated(self) -> bool:
        """Whether the client rated it."""
        return self.evidence.client is not None

    @property
    def received_at(self) -> datetime | None:
        """When the later of its ratings came in."""
        return max((at for at in (self.by_client_at, self.by_therapist_at) if at is not None), default=None)

    @property
    def reported_at(self) -> datetime | None:
        """When the report of strain came in; None: there is none."""
        by = report_of(self.evidence)
        if by is None:
            return None
        return self.by_client_at if by == OpenedBy.CLIENT else self.by_therapist_at


@dataclass(frozen=True, slots=True)
class RuptureRecord:
    """A rupture as it is stored. Sessions are positions in the history."""

    id: int
    state: RuptureState
    opened_by: OpenedBy
    opened: int | None  # the session that opened it; None: it was voided
    closed: int | None  # the session that closed it; None: there is none, or it was voided
    is_over: bool
    of_this_version: bool  # the detector version that assesses now has written it
    opened_at: datetime | None = None  # when it came on record
    aside_at: datetime | None = None  # when it was set aside; None: it was not
    next_held: int | None = None  # where the session that opened it was voided: the one after it
    by_hand: bool = False  # somebody named it or works on it, so that no answer needs to speak for it
    is_named: bool = False  # somebody named it, on a page
    worked_on: bool = False  # a step of its repair was taken
    kept_back: bool = False  # found in shadow mode
    only_retold: bool = False  # from an old report, by the version that is out of force again
    may_return: bool = False  # written by the version that came back, or since it was replaced

    @property
    def is_active(self) -> bool:
        """Open, or on its way back."""
        return self.state in (RuptureState.OPEN, RuptureState.RECOVERING)

    @property
    def begins(self) -> int | None:
        """The session that opened it, or the one after that, where it was voided."""
        return self.next_held if self.opened is None else self.opened


@dataclass(frozen=True, slots=True)
class RuptureEvidence:
    """What speaks for a rupture, as it is stored with it."""

    assessment: Assessment  # after the session in which the strain was clearest
    for_sessions: int = 1  # in which the client's ratings lay low
    held_at: datetime | None = None  # the start of that session
    hurried: tuple[int, ...] = ()  # numbers of the strained sessions with the same answer to every question
    straight_before: tuple[int, int] | None = None  # of the client's earlier forms: how many were so, of how many

    def to_json(self) -> dict[str, Any]:
        """The evidence as it is stored, the rest beside its assessment's columns."""
        return self.assessment.to_json() | {
            "number": self.assessment.number,
            "for_sessions": self.for_sessions,
            "held_at": self.held_at and self.held_at.isoformat(),
            "hurried": list(self.hurried),
            "straight_before": self.straight_before and list(self.straight_before),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "RuptureEvidence":
        """The evidence that `to_json` made.

        What an older program did not store has its default.
        """
        before = stored.get("straight_before")
        return cls(
            assessment=Assessment.from_json(stored, stored.get("number")),
            for_sessions=stored.get("for_sessions", 1),
            held_at=datetime.fromisoformat(stored["held_at"]) if stored.get("held_at") else None,
            hurried=tuple(stored.get("hurried", ())),
            straight_before=(before[0], before[1]) if before else None,
        )


@dataclass(frozen=True, slots=True)
class RuptureUpdate:
    """What a rupture is to be from now on."""

    id: int | None  # of the rupture on record; None: a new one opens
    state: RuptureState
    opened: int  # the session that opens it
    closed: int | None  # the session that closes it; None while it is active
    evidence: RuptureEvidence | None  # None: a person named it, and no rating speaks for it
    opened_by: OpenedBy = OpenedBy.DETECTOR
    kept_back: bool = False  # it takes nobody's place, and asks for nothing

    @property
    def is_active(self) -> bool:
        return self.closed is None


@dataclass(frozen=True, slots=True)
class Run:
    """The sessions from an alert to the one that closes it, or to the last one."""

    first: int  # positions in the history
    last: int
    state: State  # where it stands, or how it ended

    def overlaps(self, first: int, last: int) -> bool:
        """Whether the two have a session in common."""
        return self.first <= last and first <= self.last
