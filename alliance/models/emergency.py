"""A case that somebody opened in an emergency."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from alliance.crypto import SealedTextField
from alliance.models.episode import Episode
from alliance.models.people import Membership
from alliance.query_sets import EmergencyQuerySet


class EmergencyAccess(models.Model):
    """An hour in which a supervisor or a manager reads a case that is not theirs, and why."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="emergency_accesses")
    reader = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    reason = SealedTextField()  # under the client's key
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()

    objects = EmergencyQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="emergency_ends_later")]

    class Sensitivity:
        sealed = ("reason",)
        clinical = ("episode",)
        plain = ("id", "code", "reader", "starts_at", "ends_at")

    def __str__(self):
        return str(self.code)
