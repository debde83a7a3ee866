"""What a therapist has seen, and what became of what a client wanted brought up."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.models import Episode, Membership
from alliance.query_sets import ScopedQuerySet, TherapistOnlyQuerySet
from ratings.models.rating import Rating
from sessions.models import TherapySession


class SeenRating(models.Model):
    """That somebody has seen a client's answers, so that they are new to them no more.

    Apart from `CheckIn.read_at`, from which on a client can't change the answers: whoever marks a list as seen has not
    read every answer, and answers that were changed are new again. Who reads along is told whether they were read.
    """

    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="seen_ratings")
    rating = models.ForeignKey(Rating, on_delete=models.CASCADE, related_name="seen")
    by = models.ForeignKey(Membership, on_delete=models.PROTECT)
    at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rating", "by"], name="seen_rating_once_by_each")]

    class Sensitivity:
        sealed = ()
        clinical = ("episode", "rating", "at")
        plain = ("id", "by")

    def __str__(self):
        return str(self.pk)


class WishOutcome(models.Model):
    """What a therapist says became of a client's wish to have something brought up; the latest counts."""

    class Outcome(models.TextChoices):
        BROUGHT_UP = "brought_up", _("Brought up")
        NOT_YET = "not_yet", _("Not yet")
        THEY_DID = "they_did", _("They did")
        UNKNOWN = "unknown", _("not known: an earlier program let it go with the next session")

    SAID = (Outcome.BROUGHT_UP, Outcome.NOT_YET, Outcome.THEY_DID)
    SETTLED = (Outcome.BROUGHT_UP, Outcome.THEY_DID, Outcome.UNKNOWN)

    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="wish_outcomes")
    rating = models.ForeignKey(Rating, on_delete=models.CASCADE, related_name="wish_outcomes")  # in which it was asked
    outcome = models.CharField(max_length=12, choices=Outcome)
    therapy_session = models.ForeignKey(  # of the log that said so
        TherapySession, on_delete=models.CASCADE, null=True, related_name="wish_outcomes"
    )
    said_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True)
    said_at = models.DateTimeField(default=timezone.now)
    taken_back_at = models.DateTimeField(null=True)  # with the log that said so

    objects = TherapistOnlyQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="unknown", said_by__isnull=True)
                | (~Q(outcome="unknown") & Q(said_by__isnull=False)),
                name="wish_outcome_said_by_somebody",
            )
        ]

    class Sensitivity:
        sealed = ()
        clinical = ("episode", "rating", "outcome", "therapy_session", "said_at", "taken_back_at")
        plain = ("id", "said_by")

    def __str__(self):
        return str(self.pk)
