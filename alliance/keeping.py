"""Who may erase a client's record, or keep it: a part of `alliance.access`, which stands in for no other decision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.access import Denied, NotVisible
from alliance.acting import as_program
from alliance.audit import Verb
from alliance.dates import DateFormat, written
from alliance.models import Client, Episode, Erasure, ErasureRequest, LegalHold, Membership, User
from alliance.prepared import Prepared
from alliance.refusal import Refused
from alliance.scopes import SIGHT_WAITS, accepted, live, live_memberships

WAITS = timedelta(hours=24)  # before anything is erased, as the drawn page has it; convention of this app


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
        """Raises `Denied` unless they are the second manager: see `may_agree`."""
        self.check_again()
        if not self.may_agree(request):
            raise Denied("client", self.client.code)

    def may_agree(self, request: ErasureRequest) -> bool:
        """Whether this is a second manager, and nobody has agreed yet."""
        return _may_agree(request, self.membership)


@dataclass(frozen=True, slots=True)
class AskedErasure:
    """That somebody asks that a record is erased, for whoever reads it."""

    asked_by: str
    due_at: datetime | None  # None: a day after a second manager agrees
    holds_up: str  # why nothing is erased as it stands


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


@as_program()
def clients_by_code(practices: list[int], start: str) -> list[UUID]:
    """The clients with this beginning of their code, or of the code of one of their cases; two at most.

    `start`: eight hexadecimal digits or more, without hyphens.
    """
    between = UUID(start.ljust(32, "0")), UUID(start.ljust(32, "f"))
    found = Client.objects.filter(Q(code__range=between) | Q(episodes__code__range=between), practice__in=practices)
    return list(found.values_list("code", flat=True).distinct()[:2])


@as_program()
def asked_erasure(client: Client) -> AskedErasure | None:
    """The request to erase the record that waits; None where there is none."""
    request = next(iter(WAITING.models(client=client)), None)
    if request is None:
        return None
    managers = managers_by_practice([client.practice_id])[client.practice_id]
    holds_up = what_holds_up(request, what_keeps([client])[client.pk], managers)
    return AskedErasure(request.asked_by.display_name, due_at(request, managers), holds_up)


WAITING = Prepared(
    lambda client: (
        ErasureRequest.objects.waiting()
        .filter(client=client)
        .select_related("asked_by__practice__data_key", "agreed_by")
        .order_by("pk")[:1]
    ),
    client=Client,
)


def due_at(request: ErasureRequest, managers: Collection[Membership]) -> datetime | None:
    """When it is erased, by who is a manager now; None: a day after a second one agrees, who may have come since."""
    is_alone = all(manager.user_id == request.asked_by.user_id for manager in managers)
    return request.due_at if is_alone or request.agreed_by_id else None


def what_holds_up(request: ErasureRequest, kept: str, managers: Collection[Membership]) -> str:
    """Why nothing is erased as it stands, by `what_keeps` and the managers now; else empty."""
    waits = due_at(request, managers) is None
    obstacle = _obstacle(kept, managers, request.asked_by, request.agreed_by, waits=waits)
    if obstacle or not waits or any(_may_agree(request, manager) for manager in managers):
        return obstacle
    if _users(managers) == {request.asked_by.user_id}:
        return _("There is no second manager any more. Take it back and ask again: then it is erased a day later.")
    return _(
        "Nobody can agree: nobody else was a manager a day before it was asked for. Take it back, and ask again once "
        "somebody has been one for a day."
    )


def _may_agree(request: ErasureRequest, manager: Membership) -> bool:
    """Whether this manager is the second one: a manager a day before it was asked for, as nobody makes one for it.

    Where it was asked for by the only one there was, whoever came since.
    """
    is_other = request.asked_by.user_id != manager.user_id
    was_here = manager.manager_from <= request.asked_at - SIGHT_WAITS
    return request.agreed_by_id is None and is_other and (was_here or request.due_at is not None)


def check_erasable(
    client: Client, asked_by: Membership, agreed_by: Membership | None = None, *, waits: bool = False
) -> None:
    """Raises `Refused` where a record is not erased for these two. `waits`: a second manager may still agree."""
    managers = managers_by_practice([client.practice_id])[client.practice_id]
    if obstacle := _obstacle(what_keeps([client])[client.pk], managers, asked_by, agreed_by, waits=waits):
        raise Refused(obstacle)


def _obstacle(
    kept: str, managers: Collection[Membership], asked_by: Membership, agreed_by: Membership | None, *, waits: bool
) -> str:
    if kept:
        return kept
    users = _users(managers)
    if asked_by.user_id not in users or (agreed_by and agreed_by.user_id not in users):
        return _("Only managers of the client's practice can have a record erased.")
    if not waits and len(users) > 1 and (agreed_by is None or agreed_by.user_id == asked_by.user_id):
        return _("A second manager has to agree.")
    return ""


def _users(managers: Collection[Membership]) -> set[int]:
    return {manager.user_id for manager in managers}


@as_program()
def what_keeps(clients: Collection[Client]) -> dict[int, str]:
    """Why nobody erases each of these records, whoever asks; empty where nothing keeps it. Two statements."""
    keys = [client.pk for client in clients]
    joined = Episode.objects.filter(joined_into__isnull=False).exclude(joined_into__client=F("client"))
    joined = joined.filter(Q(client__in=keys) | Q(joined_into__client__in=keys))
    into: dict[int, Client] = {}
    parts: dict[int, list[int]] = defaultdict(list)
    for episode in joined.select_related("joined_into__client").order_by("pk"):
        if kept := episode.joined_into:
            into[episode.client_id] = kept.client
            parts[kept.client_id].append(episode.client_id)
    holds = LegalHold.objects.filter(lifted_at__isnull=True, client__in=[*keys, *into])
    by_client = {
        row.client_id: row for row in holds.select_related("placed_by__practice__data_key", "client__data_key")
    }
    found = dict.fromkeys(keys, "")
    for key in keys:
        hold = next((by_client[of] for of in (key, *parts[key]) if of in by_client), None)
        if hold:
            found[key] = _held(hold, is_own=hold.client_id == key)
        elif key in into:
            names = {"code": into[key].short_code}
            found[key] = _("This record was joined to another one, %(code)s, and is erased with that one.") % names
    return found


def _held(hold: LegalHold, *, is_own: bool) -> str:
    names = {"day": written(timezone.localtime(hold.placed_at), DateFormat.DAY_YEAR), "code": hold.client.short_code}
    names |= {"name": hold.placed_by.display_name, "reason": hold.shown_reason}
    if is_own:
        said = _("A legal hold stands on this record since %(day)s, placed by %(name)s: “%(reason)s”") % names
    else:
        said = _("The record %(code)s was joined to this one.") % names
        said += " " + _("A legal hold stands on it since %(day)s, placed by %(name)s: “%(reason)s”") % names
    return f"{said} {_('A manager has to lift it first.')}"


def put_off(requests: QuerySet[ErasureRequest], until: datetime, *, by: Membership) -> None:
    """Nothing that was agreed on among these is erased before then."""
    for request in requests.filter(taken_back_at__isnull=True, due_at__lt=until).distinct():
        request.due_at = until
        request.save(update_fields=["due_at"])
        audit.record(Verb.CHANGED, request, by=by)


def managers_of(practice_id: int) -> QuerySet[Membership]:
    """The living managers of a practice."""
    return _managers().filter(practice=practice_id)


def managers_by_practice(practice_ids: Collection[int]) -> dict[int, list[Membership]]:
    """The living managers of each of these practices. One statement."""
    found: dict[int, list[Membership]] = {practice_id: [] for practice_id in practice_ids}
    for manager in _managers().filter(practice__in=found):
        found[manager.practice_id].append(manager)
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
