"""What a therapist notes for themselves."""

import uuid

from django.db import models
from django.utils import timezone

from alliance.crypto import SealedTextField
from alliance.models import Episode, Membership
from alliance.scopes import WriterOnlyQuerySet
from sessions.models.therapy_session import TherapySession


class PrivateNote(models.Model):
    """The therapist's own note on one therapy session.

    A table of its own: no supervisor's query touches it.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="private_notes")
    therapy_session = models.OneToOneField(TherapySession, on_delete=models.CASCADE, related_name="private_note")
    text = SealedTextField()
    written_by = models.ForeignKey(Membership, on_delete=models.PROTECT)
    written_at = models.DateTimeField(default=timezone.now)

    objects = WriterOnlyQuerySet.as_manager()
    scope = ("episode", "pk")

    class Sensitivity:
        sealed = ("text",)
        clinical = ("episode", "therapy_session", "written_at")
        plain = ("id", "code", "written_by")

    def __str__(self):
        return str(self.code)
