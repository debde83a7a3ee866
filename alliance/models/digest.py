"""Counts by e-mail: how often a person gets them, and the links by which they stop."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.models.people import User


class Digest(models.Model):
    """How often a person gets the counts of what waits for them, and when next."""

    class Rhythm(models.TextChoices):
        WEEKLY = "weekly", _("Each week, on Monday morning")
        DAILY = "daily", _("Each working day, in the morning")
        NONE = "none", _("Never")

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="digest")
    # Weekly, until somebody chooses: who does not look learns that something waits. It is counts alone.
    rhythm = models.CharField(max_length=12, choices=Rhythm, default=Rhythm.WEEKLY)
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="digest_due")]

    def __str__(self):
        return str(self.code)


class DigestLink(models.Model):
    """The key in one of these mails, by which it stops; only its hash is kept. It does not expire."""

    digest = models.ForeignKey(Digest, on_delete=models.CASCADE, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return str(self.pk)
