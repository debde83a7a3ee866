"""That two cases of one client were joined, as both were the same therapy."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from alliance.models.episode import Episode
from alliance.models.people import Membership
from alliance.query_sets import ScopedQuerySet


class CaseJoin(models.Model):
    """A case whose sessions stand in another one now, with what it takes to part the two again."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="joins")
    joined = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="+")
    moved = models.JSONField(default=list)  # codes of the sessions
    # Codes of what somebody had written, answered or been sent until then; None: an import, from before this was kept.
    carried = models.JSONField(null=True)
    began_at = models.DateTimeField()  # of the case that stays, before
    ended_at = models.DateTimeField(null=True)  # of the joined one, before
    end_reason = models.CharField(max_length=20, blank=True)
    paused_until = models.DateTimeField(null=True)  # of the client who stays, before
    brought_pause = models.DateTimeField(null=True)  # that of the joined one, where it lasted longer
    joined_at = models.DateTimeField(default=timezone.now)
    joined_by = models.ForeignKey(Membership, on_delete=models.PROTECT)
    parted_at = models.DateTimeField(null=True)
    parted_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["joined"], condition=Q(parted_at__isnull=True), name="case_join_one_live")
        ]

    class Sensitivity:
        sealed = ()
        clinical = (
            "episode",
            "joined",
            "moved",
            "carried",
            "began_at",
            "ended_at",
            "end_reason",
            "paused_until",
            "brought_pause",
            "joined_at",
            "parted_at",
        )
        plain = ("id", "code", "joined_by", "parted_by")

    def __str__(self):
        return str(self.code)
