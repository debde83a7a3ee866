"""The plan: what a client and a therapist agreed to work on."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from alliance.crypto import SealedTextField
from alliance.models import Episode, Membership
from alliance.scopes import ScopedQuerySet


class Goal(models.Model):
    """One goal of the plan: "We are working on X so that I can Y"."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="goals")
    text = SealedTextField()
    agreed_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    written_by = models.ForeignKey(Membership, on_delete=models.PROTECT)

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("agreed_at")), name="goal_ends_later"
            )
        ]

    class Sensitivity:
        sealed = ("text",)
        clinical = ("episode", "agreed_at", "ended_at")
        plain = ("id", "code", "written_by")

    def __str__(self):
        return str(self.code)
