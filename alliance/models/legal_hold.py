"""That a client's record is kept, whatever else would erase it."""

import uuid
from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.crypto import SealedTextField
from alliance.models.client import Client
from alliance.models.people import Membership
from alliance.query_sets import ScopedQuerySet


class LegalHoldQuerySet(ScopedQuerySet):
    LASTS = timedelta(hours=24)  # after it was lifted; convention of this app

    def keeping(self) -> Self:
        """Those that stand, or were lifted within a day: one manager alone frees nothing by lifting one."""
        return self.filter(Q(lifted_at__isnull=True) | Q(lifted_at__gt=timezone.now() - self.LASTS))


class LegalHold(models.Model):
    """From `placed_at` until it is lifted nobody erases the record, and neither does the time to keep it."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="legal_holds")
    reason = SealedTextField(_("reason"))  # under the client's key
    placed_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(default=timezone.now)
    lifted_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", null=True)
    lifted_at = models.DateTimeField(null=True)

    objects = LegalHoldQuerySet.as_manager()
    scope = ("client", "client")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client"], condition=Q(lifted_at__isnull=True), name="legal_hold_one_standing"
            )
        ]

    class Sensitivity:
        sealed = ("reason",)
        clinical = ("client",)
        plain = ("id", "code", "placed_by", "placed_at", "lifted_by", "lifted_at")

    def __str__(self):
        return str(self.code)

    @property
    def shown_reason(self):
        return self.reason.shown(self.client.data_key)
