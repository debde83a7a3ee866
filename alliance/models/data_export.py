"""That somebody took the ratings of cases out of the program."""

import uuid
from typing import Self

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.database_clock import DaysAgo
from alliance.models.people import Membership
from alliance.models.practice import Practice
from alliance.query_sets import PracticeQuerySet
from alliance.scopes import live_memberships


class DataExportQuerySet(PracticeQuerySet["DataExport"]):
    """Exports: for who made them, for one day and as long as they may; managers know of all in their practice."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        if not user.is_authenticated:
            return self.none()
        places = live_memberships(user)
        own = Q(extent="own", made_by__in=places.filter(is_therapist=True))
        of_practice = Q(extent="practice", made_by__in=places.filter(is_manager=True))
        return self.filter(own | of_practice, made_at__gt=DaysAgo(Value(1)))


class DataExport(models.Model):
    """Who took which cases out, why, and in which form. The files are made when they are taken, and kept nowhere."""

    class Extent(models.TextChoices):
        OWN = "own", _("my own cases")
        PRACTICE = "practice", _("all cases of the practice")

    class Reason(models.TextChoices):
        MOVE = "move", _("To move to another installation or program")
        SUPERVISION = "supervision", _("For supervision, or my own work")
        QUALITY = "quality", _("To look at how we work, as a practice")
        RESEARCH = "research", _("For research that an ethics board has seen")
        ASKED = "asked", _("Somebody with a right to it has asked for it")

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT)
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True)  # none: a command
    extent = models.CharField(max_length=12, choices=Extent)
    reason = models.CharField(max_length=12, choices=Reason)
    keeps_names = models.BooleanField(default=False)  # clients keep their names in the files
    is_shifted = models.BooleanField(default=True)  # each client's time lies some months earlier
    made_at = models.DateTimeField(default=timezone.now)

    objects = DataExportQuerySet.as_manager()
    practice_path = "practice"

    class Meta:
        verbose_name = _("export")
        constraints = [
            models.CheckConstraint(
                condition=~Q(extent="practice", made_by__isnull=False) | Q(keeps_names=False, is_shifted=True),
                name="export_of_a_practice_tells_nobody",
            )
        ]

    def __str__(self):
        return str(self.code)
