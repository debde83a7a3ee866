"""What a therapist notes for themselves."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from alliance.crypto import SealedTextField
from alliance.models import Episode, Membership
from alliance.query_sets import WriterOnlyQuerySet
from sessions.models.therapy_session import TherapySession


class PrivateNoteQuerySet(WriterOnlyQuerySet):
    def current(self) -> Self:
        """Those that no later version replaced, of sessions that are not voided."""
        return self.filter(replaced_at__isnull=True, therapy_session__voided_at__isnull=True)


class PrivateNote(models.Model):
    """Somebody's own note on one therapy session, in one of its versions.

    A table of its own: no supervisor's query touches it. Its text is never updated: a change is a new row, and the
    earlier one stays readable to whoever wrote it.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="private_notes")
    therapy_session = models.ForeignKey(TherapySession, on_delete=models.CASCADE, related_name="private_notes")
    text = SealedTextField()
    written_by = models.ForeignKey(Membership, on_delete=models.PROTECT)
    written_at = models.DateTimeField(default=timezone.now)
    replaced_at = models.DateTimeField(null=True, blank=True)

    objects = PrivateNoteQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["therapy_session", "written_by"],
                condition=Q(replaced_at__isnull=True),
                name="private_note_one_current",
            )
        ]

    class Sensitivity:
        sealed = ("text",)
        clinical = ("episode", "therapy_session", "written_at", "replaced_at")
        plain = ("id", "code", "written_by")

    def __str__(self):
        return str(self.code)
