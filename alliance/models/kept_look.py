"""That somebody looked at a case while it was one with another, which is erased since."""

from django.db import models

from alliance.models.episode import Episode
from alliance.query_sets import ScopedQuerySet


class KeptLook(models.Model):
    """One event of the audit, by its key: it names what was erased, so no code of the case that stays leads to it.

    Nothing of the erased record is in it, not even a code.
    """

    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="+")  # the one that stays
    event_key = models.BigIntegerField()  # of an `AuditEvent`, to which nothing points, as it stays whatever goes

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["episode", "event_key"], name="kept_look_once")]

    class Sensitivity:
        sealed = ()
        clinical = ("episode", "event_key")
        plain = ("id",)

    def __str__(self):
        return str(self.event_key)
