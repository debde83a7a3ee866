"""The links that clients are given."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.models import Client, Episode
from alliance.query_sets import ScopedQuerySet
from ratings.models.check_in import CheckIn


class ClientLink(models.Model):
    """A link given to a client, which holds a token; only its hash is kept.

    Each message has a fresh one, and all that are live are valid.
    """

    class LinkKind(models.TextChoices):
        CHECK_IN = "check_in", _("check-in")
        HISTORY = "history", _("own history")
        PREFERENCES = "preferences", _("stop or pause")
        COPY = "copy", _("copy of everything")

    class Channel(models.TextChoices):
        SCREEN = "screen", _("shown on the therapist's screen")
        EMAIL = "email", _("e-mail")

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="links")
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, null=True, related_name="links")
    check_in = models.ForeignKey(CheckIn, on_delete=models.CASCADE, null=True, related_name="links")
    kind = models.CharField(max_length=20, choices=LinkKind)
    token_hash = models.CharField(max_length=64, unique=True)
    channel = models.CharField(max_length=20, choices=Channel)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()
    scope = ("client", "client")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="check_in", check_in__isnull=False, expires_at__isnull=False)
                | Q(kind__in=["history", "copy"], check_in__isnull=True, expires_at__isnull=False)
                | Q(kind="preferences", check_in__isnull=True),
                name="client_link_shape",
            )
        ]

    class Sensitivity:
        sealed = ()
        clinical = ("client", "episode", "check_in", "token_hash")
        plain = ("id", "code", "kind", "channel", "created_at", "expires_at", "revoked_at")

    def __str__(self):
        return str(self.code)
