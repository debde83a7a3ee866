"""What a client agreed to."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.models.client import Client
from alliance.models.people import Membership
from alliance.query_sets import ScopedQuerySet


class ConsentQuerySet(ScopedQuerySet["Consent"]):
    def taken_back(self) -> Self:
        """Those that ended as the client said no, and not as they agreed to another wording at that instant."""
        again = Consent.objects.filter(
            client=OuterRef("client"), purpose=OuterRef("purpose"), given_at=OuterRef("withdrawn_at")
        )
        return self.filter(~Exists(again), withdrawn_at__isnull=False)


class Consent(models.Model):
    """What a client agreed to, and when that ended.

    It is asked for again when the wording changes: `alliance.clients.wordings`.
    """

    class Purpose(models.TextChoices):
        CHECK_IN = "check_in", _("answering check-ins")
        EMAIL = "email", _("receiving e-mail")
        HISTORY = "history", _("seeing their own answers through a link")
        STUDY = "study", _("scores going into a study, without their name")

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=20, choices=Purpose)
    text_version = models.CharField(max_length=20)
    text_hash = models.CharField(_("SHA-256 of the wording"), max_length=64, default="", db_default="")
    given_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    recorded_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True)

    objects = ConsentQuerySet.as_manager()
    scope = ("client", "client")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "purpose"], condition=Q(withdrawn_at__isnull=True), name="consent_one_live"
            )
        ]

    class Sensitivity:
        sealed = ()
        clinical = ("client", "purpose", "given_at", "withdrawn_at")
        plain = ("id", "code", "text_version", "text_hash", "recorded_by")

    def __str__(self):
        return str(self.code)
