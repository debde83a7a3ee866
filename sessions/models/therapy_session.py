"""Therapy sessions: when each was, how it was held, and whether the client came."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.crypto import SealedTextField
from alliance.models import Episode, ImportBatch, Membership
from alliance.query_sets import ScopedQuerySet
from sessions.models.schedule import Leave, SessionSeries


class Mode(models.TextChoices):
    IN_PERSON = "in_person", _("in person")
    VIDEO = "video", _("video")
    PHONE = "phone", _("phone")


class Attendance(models.TextChoices):
    PLANNED = "planned", _("planned")
    ATTENDED = "attended", _("attended")
    NO_SHOW = "no_show", _("no-show")
    CANCELLED_LATE = "cancelled_late", _("late cancellation")
    CANCELLED = "cancelled", _("cancelled ahead")


class CancelledBy(models.TextChoices):
    CLIENT = "client", _("the client")
    THERAPIST = "therapist", _("the therapist")
    PRACTICE = "practice", _("the practice")


class TherapySessionQuerySet(ScopedQuerySet):
    def not_voided(self) -> Self:
        """Those that are not voided."""
        return self.filter(voided_at__isnull=True)

    def attended(self) -> Self:
        """Those that the client came to."""
        return self.not_voided().filter(attendance=Attendance.ATTENDED)

    def planned(self) -> Self:
        """Those of which nobody has said yet what became of them."""
        return self.not_voided().filter(attendance=Attendance.PLANNED)

    def unlogged(self, now: datetime) -> Self:
        """Planned ones whose time is over; they wait to be logged, however long ago they were."""
        return self.planned().filter(ends_at__lte=now)

    def taking_time(self) -> Self:
        """Those that another session of the same client can't overlap.

        Not a cancelled one, nor one of which an import knows the day alone.
        """
        return (
            self.not_voided()
            .filter(starts_at_known=True)
            .exclude(attendance__in=[Attendance.CANCELLED, Attendance.CANCELLED_LATE])
        )

    def overlapping(self, starts_at: datetime, ends_at: datetime) -> Self:
        """Those that share some time with `[starts_at, ends_at)`."""
        return self.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)


class TherapySession(models.Model):
    """One session of an episode.

    Its number is derived (attended, in order), never stored; it is voided, never deleted.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="therapy_sessions")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    starts_at_known = models.BooleanField(default=True)  # False: an import had only a date
    zone = models.CharField(max_length=64)  # IANA, where the session was held
    mode = models.CharField(max_length=20, choices=Mode, default=Mode.IN_PERSON)
    attendance = models.CharField(max_length=20, choices=Attendance, default=Attendance.PLANNED)
    logged_at = models.DateTimeField(null=True, blank=True)
    logged_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True)
    cancelled_by = models.CharField(max_length=12, choices=CancelledBy, blank=True, default="", db_default="")
    cancelled_at = models.DateTimeField(null=True, blank=True)  # when it was said, not when it was entered
    series = models.ForeignKey(
        SessionSeries, on_delete=models.SET_NULL, null=True, blank=True, related_name="therapy_sessions"
    )
    leave = models.ForeignKey(  # the leave that moved or cancelled it
        Leave, on_delete=models.SET_NULL, null=True, blank=True, related_name="therapy_sessions"
    )
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="voided_therapy_sessions"
    )
    voided_reason = SealedTextField(null=True)
    # Where it was filed under the wrong client: the session that has the therapist's part now.
    refiled_to = models.OneToOneField("self", on_delete=models.SET_NULL, null=True, related_name="refiled_from")
    external_ref = models.CharField(max_length=64, null=True, editable=False)
    import_batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = TherapySessionQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="therapy_session_ends_later"),
            models.UniqueConstraint(
                fields=["episode", "starts_at"],
                condition=Q(voided_at__isnull=True),
                name="therapy_session_one_per_start",
            ),
            models.CheckConstraint(
                condition=Q(voided_at__isnull=True, voided_by__isnull=True)
                | Q(voided_at__isnull=False, voided_by__isnull=False),
                name="therapy_session_both_voided",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_by="") | Q(cancelled_at__isnull=False), name="therapy_session_cancelled_when"
            ),
            models.UniqueConstraint(fields=["episode", "external_ref"], name="therapy_session_external_ref_unique"),
        ]
        indexes = [
            models.Index(fields=["starts_at"], name="therapy_session_by_start"),
            models.Index(
                fields=["ends_at"],
                condition=Q(attendance="planned", voided_at__isnull=True),
                name="therapy_session_unlogged",
            ),
        ]

    class Sensitivity:
        sealed = ("voided_reason",)
        clinical = (
            "episode", "starts_at", "ends_at", "starts_at_known", "zone", "mode", "attendance", "logged_at",
            "voided_at", "refiled_to", "external_ref", "cancelled_by", "cancelled_at", "series",
        )  # fmt: skip
        plain = ("id", "code", "logged_by", "voided_by", "import_batch", "created_at", "leave")

    def __str__(self):
        return str(self.code)

    @property
    def was_planned(self):
        """Whether it stood there before it was logged; one that was not is made in the instant of its log."""
        return self.created_at != self.logged_at

    @property
    def takes_a_number(self) -> bool:
        """Whether it is counted as held, or will be once it is logged so."""
        return self.attendance in (Attendance.PLANNED, Attendance.ATTENDED)

    @property
    def is_on(self) -> bool:
        """Whether it is to come, or was held."""
        return self.takes_a_number and self.voided_at is None

    @property
    def is_cancelled(self) -> bool:
        return self.attendance in (Attendance.CANCELLED, Attendance.CANCELLED_LATE)
