"""Past sessions as a file has them: plain, before anything is looked up here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from ratings.psychometrics.evidence import Rater
from ratings.psychometrics.records import RuptureEvidence


@dataclass(frozen=True, slots=True)
class SaidBeside:
    """What was answered beside the items; named as the columns of a rating."""

    tension: bool | None = None
    tension_talked_about: bool | None = None
    tension_strength: str = ""
    repair_talked: bool | None = None
    repair_helped: str = ""
    comment_words: int | None = None
    noticed: str = ""


NOTHING_BESIDE = SaidBeside()


@dataclass(frozen=True, slots=True)
class PastRating:
    """What one side answered after one session: the answers, or a total alone."""

    line: int
    rater: Rater
    instrument: tuple[str, str]  # key, version
    answers: Mapping[str, Decimal]  # item -> answer; a skipped item is absent
    total: Decimal | None = None
    language: str = ""
    answered_at: datetime | None = None  # None: after the session, more is not known
    received_at: datetime | None = None  # None: with this import
    beside: SaidBeside = NOTHING_BESIDE

    @property
    def says_something(self) -> bool:
        return bool(self.answers) or self.total is not None or self.beside != NOTHING_BESIDE


@dataclass(frozen=True, slots=True)
class PastHeld:
    """What became of a session, and how it was held."""

    attendance: str = ""
    mode: str = ""
    minutes: float | None = None
    day_only: bool = False
    unanswered: tuple[str, str] | None = None  # key and version of the questionnaire that the client left unanswered
    language: str = ""  # of it


@dataclass(frozen=True, slots=True)
class PastSession:
    """One session of a file. It has a day or an instant, never both."""

    line: int
    client: str
    case: str
    number: int  # the file's own; ours is derived
    therapists: tuple[str, ...]  # names and addresses that the file has for the therapist, best first
    day: date | None = None
    starts_at: datetime | None = None
    zone: str = ""  # empty: the practice's
    case_day: date | None = None
    ratings: tuple[PastRating, ...] = ()
    held: PastHeld | None = None  # None: the file does not say


@dataclass(frozen=True, slots=True)
class PastStep:
    """A step of a repair, and what became of it."""

    step: str
    outcome: str
    said_at: datetime
    number: int | None = None  # of the session that it was planned for, or said of


@dataclass(frozen=True, slots=True)
class PastRupture:
    """A rupture with its repair. Sessions are named by their numbers in the file."""

    line: int
    opened: int
    opened_by: str = ""
    opened_at: datetime | None = None
    state: str = ""
    closed_at: datetime | None = None
    closed: int | None = None
    kind: str = ""
    pillars: tuple[str, ...] = ()
    evidence: RuptureEvidence | None = None
    by_hand: bool = False
    aside_at: datetime | None = None
    rebased: int | None = None
    rebased_at: datetime | None = None
    seen_as: str = ""
    seen_at: datetime | None = None
    signs: tuple[str, ...] = ()
    steps: tuple[PastStep, ...] = ()


@dataclass(frozen=True, slots=True)
class PastCase:
    """What a file says of a case beside its sessions."""

    began_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str = ""
    end_planned: bool | None = None
    end_agreed: bool | None = None
    ruptures: tuple[PastRupture, ...] = ()


NOTHING_OF_CASE = PastCase()


class LayoutReader(Protocol):
    """Reads the rows of a file in one layout."""

    has_ors: bool  # the file has ORS scores, which are no alliance ratings

    def read_row(self, line: int, cells: Mapping[str, str]) -> None:
        """Takes in a row; raises `BadLine` for one that cannot be right."""

    def sessions(self) -> Iterable[PastSession]:
        """The sessions of all rows that were read."""

    def cases(self) -> Mapping[tuple[str, str], PastCase]:
        """What the rows say of cases, by client and case."""
