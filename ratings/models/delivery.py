"""How a check-in reaches a client."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alliance.models import Episode
from alliance.query_sets import ScopedQuerySet
from ratings.models.check_in import CheckIn


class DeliveryQuerySet(ScopedQuerySet):
    def waiting(self) -> Self:
        """Those that are neither sent nor refused nor dropped."""
        return self.filter(sent_at__isnull=True, failed_at__isnull=True, dropped_at__isnull=True)


class Delivery(models.Model):
    """One message that asks a client to answer, from due to sent.

    It is claimed before it is sent, so that two senders at once send it once. A sender that died leaves a claim, and
    the message goes out again under the same id.
    """

    class DeliveryKind(models.TextChoices):
        FIRST = "first", _("check-in")
        REMINDER = "reminder", _("reminder")
        AGAIN = "again", _("sent again by hand")

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="deliveries")
    check_in = models.ForeignKey(CheckIn, on_delete=models.CASCADE, related_name="deliveries")
    kind = models.CharField(max_length=12, choices=DeliveryKind)
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)  # refused for good; a bounce
    dropped_at = models.DateTimeField(null=True, blank=True)  # no longer wanted: answered, stopped, voided
    message_id = models.CharField(max_length=120, unique=True)

    objects = DeliveryQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["check_in", "kind"], condition=~Q(kind="again"), name="delivery_one_of_each_kind"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(sent_at__isnull=True, failed_at__isnull=True, dropped_at__isnull=True),
                name="delivery_due",
            )
        ]

    class Sensitivity:
        sealed = ()
        clinical = ("episode", "check_in", "kind", "due_at", "claimed_at", "sent_at", "failed_at", "dropped_at")
        plain = ("id", "code", "message_id")

    def __str__(self):
        return str(self.code)

    @property
    def is_waiting(self):
        """Whether it is neither sent nor refused nor dropped."""
        return not (self.sent_at or self.failed_at or self.dropped_at)
