"""A mail about an account that was asked for and has not been sent."""

import uuid

from django.db import models
from django.utils import timezone


class WaitingMail(models.Model):
    """What `send_due` sends next. The row is gone once it was, or after some hours.

    The text is encrypted: a link to set a password stands in it.
    """

    class Kind(models.TextChoices):
        RESET = "reset"  # an address somebody typed in; whether it is anybody's is looked up when it is sent
        MESSAGE = "message"

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    content = models.TextField()  # sealed by the key of the installation
    created_at = models.DateTimeField(default=timezone.now)
    tried_at = models.DateTimeField(null=True)

    def __str__(self):
        return str(self.code)
