"""What a list of clients would change here: who is new, who is here already, and which lines are wrong."""

from dataclasses import dataclass
from typing import Any

from alliance.models import Membership
from ratings.importing.clients.reading import ClientList, ListedClient
from ratings.importing.faults import Fault, faults_of
from ratings.importing.receiver import Receiver
from ratings.importing.table import LineError


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client of the list who is not here yet."""

    listed: ListedClient
    therapist: Membership
    ref: str | None  # the hash of the reference; None where the list has none


@dataclass(frozen=True, slots=True)
class ClientPreview:
    """What an import of the list would write as things stand now."""

    listed: ClientList
    receiver: Receiver
    new: tuple[NewClient, ...]
    known: tuple[ListedClient, ...]  # here already
    repeated: tuple[ListedClient, ...]  # the same client as on an earlier line
    errors: tuple[LineError, ...]

    @property
    def faults(self) -> list[Fault]:
        """The errors, one sentence once, in the order of their first lines."""
        return faults_of(self.errors)

    @property
    def counts(self) -> dict[str, Any]:
        """The counts as an import batch stores them."""
        return {"clients": {"new": len(self.new), "known": len(self.known)}, "left_out": len(self.errors)}
