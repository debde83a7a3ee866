"""Asks clients about planned sessions whose time is over, also where nobody has logged them yet."""

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from alliance.models import Consent
from alliance.models.episode import OF_EPISODE
from ratings.check_in.instrument_choice import STILL_AWAITED
from ratings.delivery import schedule
from ratings.detection.reassess import lock_episodes
from sessions.models import TherapySession


def ask_by_plan() -> int:
    """Makes the check-in of each planned session that is over and was not logged; how many.

    It is made when the session is over and not when it was planned: by then the session may have moved, and the client
    may have agreed to be asked, or agree no longer. What is logged as missed or cancelled before the message is due
    stops it.
    """
    keys = list(_over().values_list("pk", flat=True))
    return sum(_ask(key) for key in keys)


def _over():
    """The planned sessions to ask about, of clients who may be written to.

    One after the end of its therapy is none of them.
    """
    now = timezone.now()
    consents = Consent.objects.filter(client=OuterRef("episode__client"), withdrawn_at__isnull=True)
    agreed = [Exists(consents.filter(purpose=purpose)) for purpose in schedule.NEEDED_CONSENTS]
    return (
        TherapySession.objects.unlogged(now)
        .filter(*agreed, ends_at__gt=now - STILL_AWAITED, check_in__isnull=True)
        .filter(episode__client__email__isnull=False)
        .filter(Q(episode__ends_at__isnull=True) | Q(episode__ends_at__gt=F("starts_at")))
        .order_by("ends_at", "pk")
    )


@transaction.atomic
def _ask(key) -> bool:
    """Asks about one session; all is looked up anew after the lock, for it may be logged or erased at this moment."""
    lock_episodes(TherapySession.objects.filter(pk=key).values("episode"))
    therapy_session = _over().select_related(*OF_EPISODE).filter(pk=key).first()
    if therapy_session is None or not schedule.may_be_written_to(therapy_session.episode):
        return False
    schedule.ask_about(therapy_session)
    return True
