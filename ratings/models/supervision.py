"""What a therapist puts forward for supervision."""

import uuid

from django.db import models
from django.utils import timezone

from alliance.crypto import SealedTextField
from alliance.models import Episode, Membership
from alliance.scopes import ScopedQuerySet


class SupervisionQuestion(models.Model):
    """A therapist's question about a case, for whoever supervises it; at most one of a case stands."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="supervision_questions")
    text = SealedTextField(null=True)
    asked_by = models.ForeignKey(Membership, on_delete=models.PROTECT)
    asked_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)  # also where another took its place

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["episode"], condition=models.Q(withdrawn_at__isnull=True), name="supervision_one_question"
            )
        ]

    class Sensitivity:
        sealed = ("text",)
        clinical = ("episode", "asked_at", "withdrawn_at")
        plain = ("id", "code", "asked_by")

    def __str__(self):
        return str(self.code)
