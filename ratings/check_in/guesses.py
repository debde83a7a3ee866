"""Counts guesses at the answers of a check-in.

A guess is answers that differ from those stored. Whoever has the link of an answered check-in could guess so what was
said. The count stands in the row, where every worker and machine sees it and nothing expires by itself.
"""

from datetime import timedelta

from django.db.models import Case, F, Q, When
from django.utils import timezone

from ratings.models import CheckIn

MOST, PERIOD = 10, timedelta(hours=1)  # convention of this app


def has_guesses_left(check_in):
    """Whether answers may still be compared with those stored.

    Requests at the same moment may each get a yes.
    """
    return check_in.guesses < MOST or not _is_within_the_hour(check_in.guessed_since, timezone.now())


def _is_within_the_hour(since, now):
    """A clock that ran ahead and was put right has left a beginning that is still to come: it holds nobody up."""
    return now - PERIOD < since <= now


def count_guess(check_in):
    """Adds one guess, or begins anew when the hour is over.

    Not to be called within the transaction that refused the answers: that is rolled back.
    """
    now = timezone.now()
    begins = Q(guessed_since__isnull=True) | Q(guessed_since__lte=now - PERIOD) | Q(guessed_since__gt=now)
    CheckIn.objects.filter(pk=check_in.pk).update(
        guesses=Case(When(begins, then=1), default=F("guesses") + 1),
        guessed_since=Case(When(begins, then=now), default=F("guessed_since")),
    )
