"""That a client's record is to be erased, and that it was: the certificate, and what erases it after a restore."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.models.client import Client
from alliance.models.people import Membership
from alliance.query_sets import PracticeQuerySet


class Erasure(models.Model):
    """Whose record was erased, when and why, as codes and counts: no foreign key, no name, no content."""

    class Reason(models.TextChoices):
        ASKED = "asked", _("The client asked for it")
        TIME = "time", _("The time to keep it is over")
        NO_CONSENT = "no_consent", _("It was collected without consent")

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice_code = models.CharField(max_length=36)
    client_code = models.CharField(max_length=36, db_index=True)
    reason = models.CharField(max_length=20, choices=Reason)
    asked_by_code = models.CharField(max_length=36)  # of the manager's user
    agreed_by_code = models.CharField(max_length=36, blank=True)  # empty: the practice has one manager
    counts = models.JSONField(default=dict)  # model -> rows
    erased_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return str(self.code)


class ErasureRequestQuerySet(PracticeQuerySet["ErasureRequest"]):
    """Requests: for the managers of the practice."""

    def waiting(self) -> Self:
        """Those that nobody took back. One that was carried out went with its client."""
        return self.filter(taken_back_at__isnull=True)


class ErasureRequest(models.Model):
    """A manager asks that a client's record is erased. It is once `due_at` has come."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="erasure_requests")
    reason = models.CharField(max_length=20, choices=Erasure.Reason)
    asked_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    agreed_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", null=True)
    due_at = models.DateTimeField(null=True)  # empty: only when a second manager agrees
    taken_back_at = models.DateTimeField(null=True)

    objects = ErasureRequestQuerySet.as_manager()
    practice_path = "client__practice"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client"], condition=Q(taken_back_at__isnull=True), name="erasure_request_one_waiting"
            ),
            models.CheckConstraint(
                condition=Q(agreed_by__isnull=True) | ~Q(agreed_by=models.F("asked_by")),
                name="erasure_request_agreed_by_another",
            ),
        ]

    def __str__(self):
        return str(self.code)
