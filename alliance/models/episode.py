"""A course of therapy: what the practice calls a case."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.models.client import Client
from alliance.models.importing import ImportBatch
from alliance.models.people import Membership
from alliance.query_sets import ScopedQuerySet

# What every page of a case reads beside the episode: for `select_related`, on episodes and on rows that belong to one.
EPISODE_NEEDS = ("client__data_key", "client__practice", "therapist__practice")
OF_EPISODE = tuple(f"episode__{path}" for path in EPISODE_NEEDS)


class EndReason(models.TextChoices):
    COMPLETED = "completed", _("Therapy was completed")
    CLIENT = "client", _("The client ended it")
    THERAPIST = "therapist", _("The therapist ended it")
    OUTSIDE = "outside", _("Something outside ended it, such as a move")
    TRANSFERRED = "transferred", _("Another therapist took over")
    OTHER = "other", _("Another reason")


class Episode(models.Model):
    """One client's course of therapy with one therapist, whose alliance is tracked."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="episodes")
    therapist = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="episodes")
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=20, choices=EndReason, blank=True)
    end_planned = models.BooleanField(null=True)  # None: not said
    end_agreed = models.BooleanField(null=True)  # by the two
    previous = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="next")
    joined_into = models.ForeignKey(  # the case that has its sessions now; none: it stands for itself
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    external_ref = models.CharField(max_length=64, null=True, editable=False)
    import_batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, null=True, editable=False)

    objects = ScopedQuerySet.as_manager()
    scope = ("pk", "pk")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "therapist"], condition=Q(ends_at__isnull=True), name="episode_one_open"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True, end_reason="")
                # A missing date compares as NULL, and a check that comes to NULL passes.
                | (Q(ends_at__isnull=False, ends_at__gt=F("starts_at")) & ~Q(end_reason="")),
                name="episode_end_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=False) | Q(end_planned__isnull=True, end_agreed__isnull=True),
                name="episode_end_is_told_of_an_ended_one",
            ),
            models.UniqueConstraint(fields=["client", "external_ref"], name="episode_external_ref_unique"),
        ]

    class Sensitivity:
        sealed = ()
        clinical = (
            "client",
            "therapist",
            "starts_at",
            "ends_at",
            "end_reason",
            "end_planned",
            "end_agreed",
            "previous",
            "joined_into",
            "external_ref",
        )
        plain = ("id", "code", "import_batch")

    def __str__(self):
        return str(self.code)

    @property
    def client_dropped_out(self):
        """Whether the client ended it, the ending was not planned, and the two had not agreed on it.

        A convention of this app, which the form of the ending says. Where one of the three was not said: no.
        """
        return self.end_reason == EndReason.CLIENT and self.end_planned is False and self.end_agreed is False

    @property
    def how_ended(self):
        """The reason in words; empty while it runs."""
        return self.get_end_reason_display() if self.end_reason else ""

    @property
    def zone(self):
        """The time zone of the client, else that of the practice."""
        return self.client.zone or self.client.practice.zone

    @property
    def short_code(self):
        """By which managers know the case."""
        return str(self.code)[:8]
