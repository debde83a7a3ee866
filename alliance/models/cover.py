"""Who stands in for a therapist, and for how long."""

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from alliance.models.people import Membership
from alliance.query_sets import CoverQuerySet


class Cover(models.Model):
    """A member reads, plans and logs for a therapist who is away: one episode, or all that are open.

    It is dated, and ends by itself.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    covering = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="covers_given")
    therapist = models.ForeignKey(
        Membership, on_delete=models.PROTECT, related_name="covers_received", null=True, blank=True
    )
    episode = models.ForeignKey(
        "alliance.Episode", on_delete=models.CASCADE, related_name="covers", null=True, blank=True
    )
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True, blank=True)  # ended before its day, or before it began

    objects = CoverQuerySet.as_manager()
    practice_path = "covering__practice"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(therapist__isnull=True, episode__isnull=False)
                | Q(therapist__isnull=False, episode__isnull=True),
                name="cover_of_therapist_or_episode",
            ),
            models.CheckConstraint(condition=~Q(covering=F("therapist")), name="cover_by_another"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="cover_ends_later"),
        ]

    @property
    def last_day(self):
        """An instant on the last day: `ends_at` itself is the first moment after."""
        return self.ends_at - timedelta(seconds=1)

    def __str__(self):
        return str(self.code)
