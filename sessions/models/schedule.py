"""What plans several sessions at once: a series, and a therapist's leave."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from alliance.models import Episode, Membership
from alliance.query_sets import ScopedQuerySet


class SessionSeries(models.Model):
    """Sessions of one episode that were planned together, so many weeks apart.

    The sessions are rows of their own; the series only says which belong together.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="session_series")
    every_weeks = models.PositiveSmallIntegerField()
    planned_by = models.ForeignKey(Membership, on_delete=models.PROTECT)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Sensitivity:
        sealed = ()
        clinical = ("episode", "every_weeks")
        plain = ("id", "code", "planned_by", "created_at")

    def __str__(self):
        return str(self.code)


class LeaveQuerySet(models.QuerySet):
    def standing(self) -> Self:
        """Those that were not taken back."""
        return self.filter(withdrawn_at__isnull=True)

    def overlapping(self, starts_at: datetime, ends_at: datetime) -> Self:
        """Those that share some time with `[starts_at, ends_at)`."""
        return self.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)


class Leave(models.Model):
    """Days on which a therapist holds no sessions, in the zone of the practice.

    It is about the therapist and names no client. One that is taken back stays on record.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    therapist = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="leaves")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = LeaveQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="leave_ends_later")]
        indexes = [models.Index(fields=["therapist", "starts_at"], name="leave_of_therapist")]

    def __str__(self):
        return str(self.code)
