"""What a therapy session was before it was corrected, brought back or filed elsewhere."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.crypto import SealedTextField
from alliance.models import Episode, Membership
from alliance.query_sets import ScopedQuerySet
from sessions.models.therapy_session import Attendance, Mode, TherapySession


class TherapySessionChange(models.Model):
    """One change to a therapy session on record: what it was before, who changed it, and when.

    Only added to. While a session is removed, its own columns say so; once it is brought back, a row here does.
    """

    class ChangeKind(models.TextChoices):
        CORRECTED = "corrected", _("corrected")
        REMOVED = "removed", _("removed from the record")
        BROUGHT_BACK = "brought_back", _("brought back")
        FILED_HERE = "filed_here", _("moved here from another client")

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="therapy_session_changes")
    therapy_session = models.ForeignKey(TherapySession, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=16, choices=ChangeKind)
    starts_at = models.DateTimeField()  # these four as they were before
    ends_at = models.DateTimeField()
    mode = models.CharField(max_length=20, choices=Mode)
    attendance = models.CharField(max_length=20, choices=Attendance)
    reason = SealedTextField(null=True)
    changed_by = models.ForeignKey(Membership, on_delete=models.PROTECT)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        indexes = [models.Index(fields=["therapy_session", "changed_at"], name="therapy_session_change_order")]

    class Sensitivity:
        sealed = ("reason",)
        clinical = ("episode", "therapy_session", "kind", "starts_at", "ends_at", "mode", "attendance", "changed_at")
        plain = ("id", "code", "changed_by")

    def __str__(self):
        return str(self.code)
