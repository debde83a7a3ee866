"""Past sessions as a file has them: plain, before anything is looked up here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

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
    therapists: tuple[str, ...]  # names and addresses that the file has for the therapist, best first
    day: date | None = None
    starts_at: datetime | None = None
    zone: str = ""  # empty: the practice's
    case_day: date | None = None
    ratings: tuple[PastRating, ...] = ()


class LayoutReader(Protocol):
    """Reads the rows of a file in one layout."""

    has_ors: bool  # the file has ORS scores, which are no alliance ratings

    def read_row(self, line: int, cells: Mapping[str, str]) -> None:
        """Takes in a row; raises `BadLine` for one that cannot be right."""

    def sessions(self) -> Iterable[PastSession]:
        """The sessions of all rows that were read."""
