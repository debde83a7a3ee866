"""Writes about a place that a practice offers to somebody of another one: they say yes or no to it."""

from django.db import transaction
from django.utils import timezone

from alliance import audit
from alliance.access import Denied
from alliance.audit import Verb
from alliance.models import Membership, User
from alliance.people.actions import lock_practice


@transaction.atomic
def answer_offer(*, membership: Membership, user: User, accepts: bool) -> None:
    """Takes the place, or ends the offer. Who takes one as a manager is one from now on, however long it was offered.

    Raises
    ------
    Denied
        It is not offered to this user any more.
    """
    lock_practice(membership.practice)
    offer = Membership.objects.offered_to(user).filter(pk=membership.pk).first()
    if offer is None:
        raise Denied("membership", membership.code)
    offer.accepted_at = timezone.now() if accepts else None
    offer.ends_at = None if accepts else timezone.now()
    if accepts and offer.is_manager:
        offer.manager_since = offer.accepted_at  # as where they are made one: nobody has a second manager ready
    offer.save(update_fields=["accepted_at", "ends_at", "manager_since"])
    audit.record(Verb.CHANGED if accepts else Verb.ENDED, offer, by=user, practice=offer.practice)
