"""Which client a name in a file means, for the therapist whose case it becomes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from alliance.models import Membership
from ratings.importing.references import Layout, client_references, own_references, reference


@dataclass(frozen=True, slots=True)
class Meant:
    """The reference under which the client is stored, or will be, and the key; None: the client is new."""

    ref: str
    pk: int | None


@dataclass(frozen=True, slots=True)
class ClientNames:
    """The names of clients in a file of this layout, and under which references each may be stored."""

    layout: Layout
    refs: dict[tuple[str, Membership], list[str]] = field(default_factory=dict)

    def references(self, name: str, therapist: Membership) -> list[str]:
        """Those of the practice, and then the one under which this therapist alone has them."""
        if (name, therapist) not in self.refs:
            shared, own = client_references(self.layout, name), own_references(self.layout, name, therapist)
            self.refs[name, therapist] = [*shared, *own]
        return self.refs[name, therapist]

    def meant(
        self,
        name: str,
        therapist: Membership,
        *,
        clients: Mapping[str, int],
        pairs: Collection[tuple[int, int]],
        only_own: bool,
    ) -> Meant:
        """The client of that name: of this therapist before all, else of the practice, else a new one.

        `clients`: reference -> key; `pairs`: the keys of clients, each with those of who has, or had, a case of them.
        `only_own`: who imports may not know whom colleagues have. So a name that a colleague's client has is one that
        nobody has: they get a record of their own, under a reference of their own.
        """
        found = [Meant(ref, clients[ref]) for ref in self.references(name, therapist) if ref in clients]
        own = [client for client in found if (client.pk, therapist.pk) in pairs]
        if own or (found and not only_own):
            return (own or found)[0]
        ref = own_references(self.layout, name, therapist)[0] if found else reference(self.layout, name)
        return Meant(ref, None)
