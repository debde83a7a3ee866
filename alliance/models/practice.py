"""The organisation, and what a manager decides for it."""

import uuid
from datetime import time

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.models.keys import DataKey


class TherapistForm(models.TextChoices):
    """Which sentences therapists answer when they log a session."""

    THREE = "three", _("three sentences, one each for goals, tasks and bond")
    MIRROR = "mirror", _("the mirror of what the client is asked, six sentences as a rule")


class Practice(models.Model):
    """The organisation.

    One installation may hold several, and nothing crosses between them.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120)
    zone = models.CharField(max_length=64, default="UTC")  # IANA
    language = models.CharField(max_length=12, default="en")
    crisis_phone = models.CharField(max_length=40, blank=True)  # the practice's own line
    emergency_phone = models.CharField(max_length=40, blank=True)  # any time, day or night
    ended_visible_days = models.PositiveIntegerField(default=365)
    live_at = models.DateTimeField(null=True, blank=True)  # from then on check-ins are sent; needs a crisis line
    check_in_delay_minutes = models.PositiveIntegerField(default=120)  # after the end of a session
    quiet_from = models.TimeField(default=time(21))  # nothing is sent from here ...
    quiet_to = models.TimeField(default=time(8))  # ... to here, by the client's clock
    reminder_after_hours = models.PositiveIntegerField(default=24)
    link_days = models.PositiveIntegerField(default=7)
    therapist_form = models.CharField(  # a new practice begins with three; the program before knows no such column
        max_length=20, choices=TherapistForm, default=TherapistForm.MIRROR, db_default=TherapistForm.MIRROR
    )
    plan_every_sessions = models.PositiveSmallIntegerField(
        default=4, db_default=4
    )  # a check-in asks about it; 0: never
    repair_within_sessions = models.PositiveSmallIntegerField(default=2, db_default=2)  # then supervisors are told
    unseen_after_days = models.PositiveSmallIntegerField(default=90, db_default=90)  # then off what needs attention
    rates_first_since = models.DateTimeField(null=True, blank=True)  # sessions from then on: `check_in/rate_first.py`
    # From then on a supervisor whom a manager assigns reads at once; empty: after a day, or when somebody agrees.
    sight_at_once_from = models.DateTimeField(null=True, blank=True)
    shows_history = models.BooleanField(default=False)  # clients may see their own past answers
    names_readers = models.BooleanField(default=False, db_default=False)  # clients may see by name who reads their case
    data_key = models.OneToOneField(DataKey, on_delete=models.PROTECT)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(live_at__isnull=True) | ~Q(crisis_phone=""), name="practice_live_with_a_crisis_line"
            )
        ]

    def __str__(self):
        return self.name
