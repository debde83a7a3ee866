"""Who may erase a client's record, or keep it: a part of `alliance.access`, which stands in for no other decision."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from alliance.access import Denied, NotVisible
from alliance.acting import as_program
from alliance.models import Client, Erasure, ErasureRequest, Membership, User
from alliance.scopes import SIGHT_WAITS, accepted, live, live_memberships


@dataclass(frozen=True, slots=True)
class Keeper:
    """A manager's right over the record of one client, by its code. `check_keep` makes one.

    It shows nothing of the record, and is good for no write in it.
    """

    membership: Membership
    client: Client

    def check_again(self) -> None:
        """Raises `Denied` unless the right still holds; asked by each write, after its lock."""
        managers = live_memberships(self.membership.user, "manager")
        is_manager = managers.filter(pk=self.membership.pk, practice=self.client.practice_id).exists()
        if not is_manager or not Client.objects.filter(pk=self.client.pk).exists():
            raise Denied("client", self.client.code)

    def check_agree_again(self, request: ErasureRequest) -> None:
        """Raises `Denied` unless they are the second manager, here a day before it was asked for.

        Nobody invites a second manager for it.
        """
        self.check_again()
        if not self.may_agree(request):
            raise Denied("client", self.client.code)

    def may_agree(self, request: ErasureRequest) -> bool:
        """Whether this is a second manager, and nobody has agreed yet."""
        is_other = request.asked_by.user_id != self.membership.user_id
        was_here = self.membership.starts_at <= request.asked_at - SIGHT_WAITS
        return request.agreed_by_id is None and is_other and was_here


@as_program()
def check_keep(user: User, client_code: UUID) -> Keeper:
    """The right of a manager over a record of their practice, by the code of the client."""
    managers = live_memberships(user, "manager").select_related("user", "practice__data_key")
    if not managers:
        raise Denied("manager_page")
    clients = Client.objects.select_related("practice__data_key", "data_key")
    client = clients.filter(code=client_code, practice__in=[row.practice_id for row in managers]).first()
    if client is None:
        raise NotVisible("client", client_code)
    return Keeper(next(row for row in managers if row.practice_id == client.practice_id), client)


def clients_by_code(practices: list[int], start: str) -> list[UUID]:
    """The clients with this beginning of their code, or of the code of one of their cases; two at most.

    `start`: eight hexadecimal digits or more, without hyphens.
    """
    between = UUID(start.ljust(32, "0")), UUID(start.ljust(32, "f"))
    found = Client.objects.filter(Q(code__range=between) | Q(episodes__code__range=between), practice__in=practices)
    return list(found.order_by("pk").values_list("code", flat=True).distinct()[:2])


def managers_of(practice_id: int) -> QuerySet[Membership]:
    """The living managers of a practice."""
    return _managers().filter(practice=practice_id)


def manager_users(practice_ids: Collection[int]) -> dict[int, set[int]]:
    """The users who manage each of these practices now. One statement."""
    found: dict[int, set[int]] = {practice_id: set() for practice_id in practice_ids}
    for practice_id, user_id in _managers().filter(practice__in=found).values_list("practice", "user"):
        found[practice_id].add(user_id)
    return found


def _managers() -> QuerySet[Membership]:
    managers: QuerySet[Membership] = Membership.objects.filter(
        live(), accepted(), is_manager=True, user__is_active=True
    )
    return managers


def erasures_told_to(user: User) -> QuerySet[Erasure]:
    """The certificates of the practices that the user manages."""
    practices = live_memberships(user, "manager").values_list("practice__code", flat=True)
    return Erasure.objects.filter(practice_code__in=[str(code) for code in practices])
