"""What clients have answered, and what of it is new to its reader.

Each reader has their own: what a colleague who covers has read is still new to the therapist.
"""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from alliance import scopes
from alliance.models import User
from ratings.models import Rating, SeenRating
from ratings.psychometrics.evidence import Rater

NEW_FOR = timedelta(days=28)  # convention of this app: what is older is new only where nobody has seen it


def own_answers(user: User) -> QuerySet[Rating]:
    """The answers of the user's clients, apart from what the user has typed or imported."""
    return answers_for(user).filter(episode__among=scopes.own_episodes.keys(user))


def answers_for(user: User) -> QuerySet[Rating]:
    """The same of everybody's clients: for who asks of an episode that is the user's own."""
    ratings = Rating.objects.current().filter(rater=Rater.CLIENT)
    return ratings.exclude(mode=Rating.Mode.IMPORT).exclude(entered_by__user=user)


def is_new_to(user: User, now: datetime | None = None) -> Q:
    """The condition that a client's answers are new to this reader.

    Older ones that the therapist has seen, or anybody has read, are not: who covers has come for the present.
    """
    seen = SeenRating.objects.filter(rating=OuterRef("pk"))
    by_therapist = seen.filter(by__user=OuterRef("episode__therapist__user"))
    by_nobody = Q(check_in__read_at__isnull=True) & ~Q(Exists(by_therapist))
    return ~Q(Exists(seen.filter(by__user=user))) & (Q(received_at__gt=(now or timezone.now()) - NEW_FOR) | by_nobody)
