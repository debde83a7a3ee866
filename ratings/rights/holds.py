"""Writes: a manager keeps a record by a legal hold, and lifts it."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.audit import Verb
from alliance.crypto import Sealed
from alliance.keeping import WAITS, Keeper, put_off
from alliance.models import ErasureRequest, LegalHold, Practice
from alliance.refusal import Refused


@transaction.atomic
def place_hold(*, keeper: Keeper, reason: str) -> LegalHold:
    """From now on nobody erases the record.

    Raises
    ------
    Refused
        A hold stands already.
    """
    _lock(keeper)
    if keeper.client.legal_hold is not None:
        raise Refused(_("A legal hold stands on this record already."))
    hold: LegalHold = LegalHold.objects.create(
        client=keeper.client, reason=Sealed(reason, keeper.client.data_key), placed_by=keeper.membership
    )
    audit.record(Verb.CREATED, hold, by=keeper.membership)
    return hold


@transaction.atomic
def lift_hold(*, keeper: Keeper) -> None:
    """The record can be erased again, a day from now at the earliest.

    Raises
    ------
    Refused
        None stands any more.
    """
    _lock(keeper)
    hold = keeper.client.legal_hold
    if hold is None:
        raise Refused(_("No legal hold stands on this record any more."))
    hold.lifted_by, hold.lifted_at = keeper.membership, timezone.now()
    hold.save(update_fields=["lifted_by", "lifted_at"])
    audit.record(Verb.ENDED, hold, by=keeper.membership)
    # What was agreed on before the hold is not erased the moment that it is lifted.
    of_it = Q(client=keeper.client) | Q(client__episodes__in=keeper.client.episodes.values("joined_into"))
    put_off(ErasureRequest.objects.filter(of_it), hold.lifted_at + WAITS, by=keeper.membership)


def _lock(keeper: Keeper) -> None:
    Practice.objects.select_for_update(no_key=True).get(pk=keeper.client.practice_id)
    keeper.check_again()
