"""Check-ins: whom the practice asks about which therapy session."""

import uuid
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from alliance.models import Episode, Membership
from alliance.query_sets import ScopedQuerySet
from ratings.models.instrument import InstrumentText
from ratings.psychometrics.evidence import Rater
from sessions.models import Attendance, TherapySession

# Planned ones too: a session that is over may wait to be logged.
ASKED_ABOUT = (Attendance.PLANNED, Attendance.ATTENDED)


class CheckInQuerySet(ScopedQuerySet):
    def not_voided(self) -> Self:
        """Those of therapy sessions that are not voided."""
        return self.filter(therapy_session__voided_at__isnull=True)

    def unread(self) -> Self:
        """Those with answers that nobody has read."""
        return self.filter(read_at__isnull=True, ratings__rater=Rater.CLIENT, ratings__replaced_at__isnull=True)

    def left_unread(self) -> Self:
        """Of these, on record, those that no manager has closed since the answers came."""
        is_closed = Q(closed_unread_at__isnull=False, closed_unread_at__gte=F("ratings__received_at"))
        return self.filter(
            ~is_closed,
            read_at__isnull=True,
            ratings__rater=Rater.CLIENT,
            ratings__replaced_at__isnull=True,
            therapy_session__voided_at__isnull=True,
        )

    def wanted(self) -> Self:
        """Those of therapy sessions that stand, and that nobody missed or cancelled."""
        return self.not_voided().filter(therapy_session__attendance__in=ASKED_ABOUT)


class CheckIn(models.Model):
    """The request to a client to rate one therapy session."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="check_ins")
    therapy_session = models.OneToOneField(TherapySession, on_delete=models.CASCADE, related_name="check_in")
    text = models.ForeignKey(InstrumentText, on_delete=models.PROTECT)
    created_at = models.DateTimeField(default=timezone.now)
    # The goals and tasks that it asks about, each with its revision, as `PlanAsked` has them; none: it asks about none.
    plan_asked = models.JSONField(null=True)
    asks_about_repair = models.BooleanField(default=False, db_default=False)  # when it was made; see `repair_questions`
    read_at = models.DateTimeField(null=True, blank=True)  # from then on the answers stand
    # Who read them first, the therapist or who covers; None: the program before did not keep it.
    read_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    # A manager settled a case of somebody who left, and said that nobody would read them.
    closed_unread_at = models.DateTimeField(null=True, blank=True)
    closed_unread_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    shown_unrated_at = models.DateTimeField(null=True, blank=True)  # the therapist looked without an own rating
    # Other answers than those stored, refused within the hour that began with the first of them: `check_in/guesses.py`.
    guesses = models.PositiveSmallIntegerField(default=0, db_default=0)  # the program before knows no such column
    guessed_since = models.DateTimeField(null=True, blank=True)

    # Of those alone that `ratings.check_in.links` opens: see `opened` there.
    agrees: bool
    is_in_hands: bool
    client_mode: str | None

    objects = CheckInQuerySet.as_manager()
    scope = ("episode", "pk")

    class Sensitivity:
        sealed = ()
        clinical = (
            "episode", "therapy_session", "plan_asked", "asks_about_repair", "read_at", "closed_unread_at",
            "shown_unrated_at", "guesses", "guessed_since",
        )  # fmt: skip
        plain = ("id", "code", "text", "created_at", "read_by", "closed_unread_by")

    def __str__(self):
        return str(self.code)
