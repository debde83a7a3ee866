"""The records of clients that are one, as a case of each was joined to that of another, and the lock of them all."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Q

from alliance.access import NotVisible
from alliance.models import Client, Episode


def one_with(keys: Collection[int]) -> set[int]:
    """The keys of these clients, and of all whose record is one with that of one of them."""
    found = set(keys)
    while True:
        joined = Episode.objects.filter(joined_into__isnull=False).filter(
            Q(client__in=found) | Q(joined_into__client__in=found)
        )
        more = found.union(*joined.values_list("client", "joined_into__client"))
        if more == found:
            return found
        found = more


def lock_records(*clients: Client) -> dict[int, Client]:
    """Locks the rows of these clients, and of all that are one with them; key -> client.

    Who was erased meanwhile is not among them. It goes in the order of their keys, as an erasure does: in any other one
    two could deadlock. So where a case was joined while this waited, it lets go of what it has, and begins anew with
    all that are one by then.
    """
    keys = [client.pk for client in clients]
    rows = Client.objects.select_for_update(of=("self",), no_key=True).select_related("practice").order_by("pk")
    while True:
        before = transaction.savepoint()
        found = one_with(keys)
        locked = {row.pk: row for row in rows.filter(pk__in=found)}
        if one_with(keys) == found:
            transaction.savepoint_commit(before)
            return locked
        transaction.savepoint_rollback(before)


def lock_record(client: Client) -> Client:
    """Locks a client's record as `lock_records` does; the one for whom what is said about it counts by now.

    That is whoever stays where its case was joined to another one, or the client where they have another case that
    stands for itself. So what a client says by an old link, or on a page from before, counts where the record is.
    Raises `NotVisible` where the record was erased meanwhile.
    """
    locked = lock_records(client)
    own = locked.get(client.pk)
    if own is None:
        raise NotVisible("client", client.code)
    if len(locked) == 1 or own.episodes.filter(joined_into__isnull=True).exists():
        return own
    joined = own.episodes.order_by("joined_into__client").values_list("joined_into__client", flat=True)
    return next((locked[key] for key in joined if key != own.pk), own)
