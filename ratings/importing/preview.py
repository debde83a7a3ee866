"""What a file would change here: what is new in it, and what is wrong with it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Self

from alliance.models import Membership
from ratings.importing.faults import Fault, faults_of
from ratings.importing.layouts import Parsed
from ratings.importing.past import NOTHING_OF_CASE, PastCase, PastRating, PastSession
from ratings.importing.receiver import Receiver
from ratings.importing.table import LineError
from ratings.models import Instrument
from ratings.psychometrics.scoring import Scored
from sessions.schedule.forms import SESSION_MINUTES


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows of one kind the file has."""

    new: int
    known: int  # here already


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows of each kind a file has."""

    clients: Count
    episodes: Count
    sessions: Count
    ratings: Count
    left_out: int  # wrong lines

    def to_json(self) -> dict[str, Any]:
        """The counts as an import batch stores them."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The counts of a stored import batch."""
        kinds = {name: Count(**stored[name]) for name in ("clients", "episodes", "sessions", "ratings")}
        return cls(**kinds, left_out=stored["left_out"])


@dataclass(frozen=True, slots=True)
class ScoredAnswers:
    """The answers of a rating and their scores; no answers for a total alone."""

    answers: dict[str, int | float]  # item id -> answer, as the row stores them
    scores: Scored


@dataclass(frozen=True, slots=True)
class NewRating:
    """A rating of the file that is not here yet."""

    past: PastRating
    instrument: Instrument
    scored: ScoredAnswers
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class MatchedSession:
    """A session of the file, with those of its ratings that are new."""

    past: PastSession
    ref: str
    pk: int | None  # None: it is new
    starts_at: datetime
    zone: str
    new_ratings: tuple[NewRating, ...] = ()

    @property
    def ends_at(self) -> datetime:
        """The start and the length that the file says, else the usual one."""
        minutes = self.past.held.minutes if self.past.held else None
        return self.starts_at + timedelta(minutes=minutes or SESSION_MINUTES)


@dataclass(frozen=True, slots=True)
class MatchedCase:
    """One case of the file, with those of its sessions in which something is new."""

    client: str
    client_ref: str
    client_pk: int | None
    ref: str
    pk: int | None
    therapist: Membership
    starts_at: datetime
    sessions: tuple[MatchedSession, ...]
    past: PastCase = NOTHING_OF_CASE
    is_over: bool = False  # the file says so, or a later case of the same two people is known

    @property
    def ends_at(self) -> datetime | None:
        """When it ended: as the file says, else with its last session."""
        if not self.is_over:
            return None
        return self.past.ended_at or max(therapy_session.ends_at for therapy_session in self.sessions)

    @property
    def last_at(self) -> datetime:
        """The start of its last session."""
        return max(therapy_session.starts_at for therapy_session in self.sessions)


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import of the file would write as things stand now."""

    parsed: Parsed
    receiver: Receiver
    cases: tuple[MatchedCase, ...]
    errors: tuple[LineError, ...]
    counts: Counts
    # Makes the preview anew. Quick: what follows from the file alone, such as the scores, is kept.
    refresh: Callable[[], "Preview"] = field(repr=False, compare=False)
    quiet_before: date  # a day as long ago as an ordinary pause of a therapy lasts at most
    quiet: int  # how many new cases were last seen before it

    @property
    def faults(self) -> list[Fault]:
        """The errors, one sentence once, in the order of their first lines."""
        return faults_of(self.errors)

    @property
    def changes(self) -> bool:
        """Whether there is anything new to write."""
        return bool(self.cases)
