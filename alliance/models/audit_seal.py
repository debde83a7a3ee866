"""A closed batch of the audit."""

from django.db import models
from django.utils import timezone


class AuditSeal(models.Model):
    """The events up to one, as they were when the batch was closed; each seal holds the one before."""

    last_event = models.BigIntegerField(unique=True)  # its key; no foreign key, as in the audit itself
    count = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    closed_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return self.digest
