"""What a client lets the next therapist see of the therapy before."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.models.episode import Episode
from alliance.models.people import Membership
from alliance.query_sets import ScopedQuerySet


class HistoryShare(models.Model):
    """What a client agreed may go along to the therapist who took over, and when that ended.

    No row: nothing goes along. Private notes never do.
    """

    class Extent(models.TextChoices):
        SCORES = "scores", _("The scores of their answers")
        EVERYTHING = "everything", _("Everything, with comments and goals")

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="history_shares")  # the one after
    extent = models.CharField(max_length=20, choices=Extent)
    given_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    recorded_by = models.ForeignKey(Membership, on_delete=models.PROTECT)

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["episode"], condition=Q(withdrawn_at__isnull=True), name="history_share_one_live"
            )
        ]

    class Sensitivity:
        sealed = ()
        clinical = ("episode", "extent", "given_at", "withdrawn_at")
        plain = ("id", "code", "recorded_by")

    def __str__(self):
        return str(self.code)
