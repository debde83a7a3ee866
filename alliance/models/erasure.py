"""That a client's record was erased: the certificate, and what erases it once more after a restore."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Erasure(models.Model):
    """Whose record was erased, when and why, as codes and counts: no foreign key, no name, no content."""

    class Reason(models.TextChoices):
        ASKED = "asked", _("The client asked for it")
        TIME = "time", _("The time to keep it is over")
        NO_CONSENT = "no_consent", _("It was collected without consent")

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice_code = models.CharField(max_length=36)
    client_code = models.CharField(max_length=36, db_index=True)
    reason = models.CharField(max_length=20, choices=Reason)
    asked_by_code = models.CharField(max_length=36)  # of the manager's user
    agreed_by_code = models.CharField(max_length=36, blank=True)  # empty: the practice has one manager
    counts = models.JSONField(default=dict)  # model -> rows
    erased_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return str(self.code)
