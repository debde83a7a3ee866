"""The person in therapy."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.crypto import SealedTextField
from alliance.models.keys import DataKey
from alliance.models.practice import Practice
from alliance.prepared import Prepared
from alliance.query_sets import ScopedQuerySet
from alliance.shown import note_name


class CheckInFormChoice(models.TextChoices):
    STANDARD = "standard", _("six questions")
    SHORT = "short", _("three questions, for children")


class Client(models.Model):
    """The person in therapy, in one practice: contact data, no password, no account."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="clients")
    data_key = models.OneToOneField(DataKey, on_delete=models.PROTECT)
    name = SealedTextField()  # a pseudonym is enough
    email = SealedTextField(null=True)
    email_hash = models.CharField(max_length=64, blank=True, db_index=True)
    phone = SealedTextField(null=True)
    phone_hash = models.CharField(max_length=64, blank=True, db_index=True)
    language = models.CharField(max_length=12, blank=True)  # empty: the practice's
    zone = models.CharField(max_length=64, blank=True)  # empty: the practice's
    external_ref = models.CharField(max_length=64, null=True, editable=False)  # keyed hash
    check_in_form = models.CharField(max_length=20, choices=CheckInFormChoice, default=CheckInFormChoice.STANDARD)
    asks_about_fit = models.BooleanField(default=False)  # the "first sessions" questions in sessions 1 to 3
    check_in_delay_minutes = models.PositiveIntegerField(null=True, blank=True)  # none: the practice's
    paused_until = models.DateTimeField(null=True, blank=True)  # nothing is sent before
    therapist_may_be_named = models.BooleanField(default=False)  # in mails to this client
    created_at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()
    scope = ("pk", "client")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["practice", "external_ref"], name="client_external_ref_unique")]

    class Sensitivity:
        sealed = ("name", "email", "phone")
        clinical = (
            "email_hash", "phone_hash", "language", "zone", "external_ref", "check_in_form", "asks_about_fit",
            "check_in_delay_minutes", "paused_until", "therapist_may_be_named",
        )  # fmt: skip
        plain = ("id", "code", "practice", "data_key", "created_at")

    def __str__(self):
        return str(self.code)

    @property
    def display_name(self) -> str:
        """The name as a page shows it: the audit says whose names stood in an answer."""
        name = self.sought_name
        note_name(self.code, name)
        return name

    @property
    def sought_name(self) -> str:
        """The name to look for or to sort by, where the page may not show it."""
        return self.name.shown(self.data_key)

    @property
    def agreed_to(self):
        """The purposes of the consents that hold now."""
        return set(self.consents.filter(withdrawn_at__isnull=True).values_list("purpose", flat=True))

    @property
    def short_code(self):
        """By which managers know the record."""
        return str(self.code)[:8]

    @property
    def legal_hold(self):
        """The hold that keeps the record; None where there is none."""
        return next(iter(HOLD.models(client=self)), None)


HOLD = Prepared(
    lambda client: client.legal_holds.filter(lifted_at__isnull=True).select_related(
        "placed_by__practice__data_key", "client__data_key"
    ),
    client=Client,
)
