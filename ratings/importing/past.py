"""What a file tells of past sessions, before anybody is looked up: plain sessions, with the ratings of both sides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ratings.psychometrics.evidence import Rater


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


@dataclass(frozen=True, slots=True)
class PastSession:
    """One session of a file. It has a day or an instant, never both."""

    line: int
    client: str
    case: str
    number: int  # the file's own; ours is derived
    therapists: tuple[str, ...]  # by what the file may name the therapist, best first
    day: date | None = None
    starts_at: datetime | None = None
    zone: str = ""  # empty: the practice's
    case_day: date | None = None
    ratings: tuple[PastRating, ...] = ()
