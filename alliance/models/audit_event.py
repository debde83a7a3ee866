"""The table of the audit; `alliance.audit` writes it."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AuditEvent(models.Model):
    """Who did what to what, and when.

    It holds codes only, no foreign keys and no content. Triggers refuse change and removal.
    """

    class Verb(models.TextChoices):
        READ = "read", _("read")
        LISTED = "listed", _("listed")
        CREATED = "created", _("created")
        CHANGED = "changed", _("changed")
        ENDED = "ended", _("ended")
        LINKED = "linked", _("link made")
        IMPORTED = "imported", _("imported")
        EXPORTED = "exported", _("exported")
        DENIED = "denied", _("denied")

    actor_code = models.CharField(max_length=36, blank=True)  # empty: a client's link, or a command
    practice_code = models.CharField(max_length=36, blank=True)
    subject_type = models.CharField(max_length=40)
    subject_code = models.CharField(max_length=60, blank=True)
    verb = models.CharField(max_length=20, choices=Verb)
    count = models.PositiveIntegerField(default=1)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["subject_code", "at"], name="audit_by_subject"),
            models.Index(fields=["actor_code", "at"], name="audit_by_actor"),
            models.Index(fields=["practice_code", "id"], name="audit_by_practice"),
        ]

    def __str__(self):
        return f"{self.verb} {self.subject_type}"
