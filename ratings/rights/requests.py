"""Writes: a manager asks that a record is erased, a second one agrees, and a day later it is.

The day is for those who look after the client: they are told, and any manager can take it back.
"""

from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.audit import Verb
from alliance.database_clock import Now
from alliance.keeping import WAITS, Keeper, check_erasable, managers_of
from alliance.models import Erasure, ErasureRequest, Practice
from alliance.refusal import Refused
from ratings.rights.erase import (
    empty_the_log,
    erase_client,
    erased_or_logged,
    may_erase,
)


@transaction.atomic
def ask_to_erase(*, keeper: Keeper, reason: Erasure.Reason) -> ErasureRequest:
    """Asks that a record is erased. Where the practice has one manager, the day begins at once.

    Raises
    ------
    Refused
        It is asked for already, a legal hold stands on the record, or it was joined to another one.
    """
    _lock(keeper)
    client, by, now = keeper.client, keeper.membership, timezone.now()
    check_erasable(client, by, waits=True)
    if ErasureRequest.objects.waiting().filter(client=client).exists():
        raise Refused(_("It is asked for already. Reload the page to see by whom."))
    is_alone = not managers_of(client.practice_id).exclude(user=by.user_id).exists()
    request: ErasureRequest = ErasureRequest.objects.create(
        client=client, reason=reason, asked_by=by, asked_at=now, due_at=now + WAITS if is_alone else None
    )
    audit.record(Verb.CREATED, request, by=by)
    return request


@transaction.atomic
def agree_to_erase(*, keeper: Keeper, request: ErasureRequest) -> None:
    """A second manager agrees; from then on it is a day.

    Raises
    ------
    Denied
        They are no second manager, or were none a day before it was asked for.
    Refused
        It was taken back or carried out meanwhile, or something keeps the record.
    """
    _lock(keeper)
    request = _as_it_stands(request)
    keeper.check_agree_again(request)
    check_erasable(keeper.client, request.asked_by, keeper.membership)
    request.agreed_by, request.due_at = keeper.membership, timezone.now() + WAITS
    request.save(update_fields=["agreed_by", "due_at"])
    audit.record(Verb.CHANGED, request, by=keeper.membership)


@transaction.atomic
def take_request_back(*, keeper: Keeper, request: ErasureRequest) -> None:
    """Nothing is erased. Any manager can.

    Raises
    ------
    Refused
        It was taken back or carried out meanwhile.
    """
    _lock(keeper)
    request = _as_it_stands(request)
    request.taken_back_at = timezone.now()
    request.save(update_fields=["taken_back_at"])
    audit.record(Verb.ENDED, request, by=keeper.membership)


def erase_due() -> int:
    """Erases every record whose day is over; how many. One that cannot be erased stays, and its page says why.

    Where the role that runs this may not, it does nothing: the owner's job does it.
    """
    if not may_erase():
        return 0
    waiting = ErasureRequest.objects.waiting().filter(due_at__lte=Now()).order_by("due_at")
    due = list(waiting.values_list("pk", "client__code"))
    erased = sum(erased_or_logged(code, partial(_erased, pk)) for pk, code in due)
    if erased:
        empty_the_log()
    return erased


@transaction.atomic
def _erased(pk: int) -> bool:
    requests = ErasureRequest.objects.waiting().select_related("client__practice", "asked_by__user", "agreed_by__user")
    found = requests.filter(pk=pk).values_list("client__practice", flat=True).first()
    if found is None:
        return False
    Practice.objects.select_for_update(no_key=True).get(pk=found)
    request = requests.filter(pk=pk, due_at__lte=Now()).first()  # after the lock: it may have been put off
    if request is None:
        return False
    try:
        erase_client(
            client=request.client,
            reason=Erasure.Reason(request.reason),
            asked_by=request.asked_by,
            agreed_by=request.agreed_by,
        )
    except Refused:
        return False
    return True


def _lock(keeper: Keeper) -> None:
    Practice.objects.select_for_update(no_key=True).get(pk=keeper.client.practice_id)
    keeper.check_again()


def _as_it_stands(request: ErasureRequest) -> ErasureRequest:
    found = ErasureRequest.objects.waiting().select_related("asked_by__user").filter(pk=request.pk).first()
    if found is None:
        raise Refused(_("It was taken back or carried out meanwhile."))
    return found
