"""What a file would change here: which clients, cases, sessions and ratings are new, and what speaks against it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alliance.models import Membership
from ratings.importing.layouts import LineError, Parsed
from ratings.importing.past import PastRating, PastSession
from ratings.models import Instrument
from sessions.forms import SESSION_MINUTES


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whose cases the rows become: all one therapist's, or those of the therapists whom the file names."""

    all_to: Membership | None = None
    named: Mapping[str, Membership] = field(default_factory=dict)  # what the file calls somebody -> who it is
    only_own: bool = False  # a therapist's own import leaves the clients of others alone


@dataclass(frozen=True, slots=True)
class Count:
    new: int = 0
    known: int = 0


@dataclass(frozen=True, slots=True)
class NewRating:
    past: PastRating
    instrument: Instrument
    columns: dict  # of the model, as scored
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class MatchedSession:
    past: PastSession
    ref: str
    pk: int | None  # None: it is new
    starts_at: datetime
    zone: str
    new_ratings: tuple[NewRating, ...] = ()

    @property
    def ends_at(self):
        return self.starts_at + timedelta(minutes=SESSION_MINUTES)


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
    is_over: bool = False  # a later case of the same two people is known

    @property
    def last_at(self):
        return max(therapy_session.starts_at for therapy_session in self.sessions)


@dataclass(frozen=True, slots=True)
class Preview:
    parsed: Parsed
    receiver: Receiver
    cases: tuple[MatchedCase, ...]
    errors: tuple[LineError, ...]
    clients: Count
    episodes: Count
    sessions: Count
    ratings: Count
    # The preview as things stand now. Quick: what follows from the file alone, such as the scores, is kept.
    again: Callable[[], "Preview"] = field(repr=False, compare=False)

    @property
    def changes(self):
        return bool(self.cases)
