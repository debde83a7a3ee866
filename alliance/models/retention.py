"""For how long a practice keeps the records of therapies that have ended."""

import uuid
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from alliance.database_clock import Now
from alliance.models.people import Membership
from alliance.models.practice import Practice
from alliance.query_sets import PracticeQuerySet


class RetentionRuleQuerySet(PracticeQuerySet["RetentionRule"]):
    """Rules: for the managers of the practice."""

    def standing(self) -> Self:
        """Those that nobody ended: in force, or still waiting for a second manager or for their day."""
        return self.filter(ended_at__isnull=True)

    def in_force(self) -> Self:
        return self.standing().filter(starts_at__lte=Now())


class RetentionRule(models.Model):
    """Records are erased so many years after the end of the therapy. A practice without a rule keeps all of them."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="retention_rules")
    years = models.PositiveSmallIntegerField()
    set_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)
    agreed_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", null=True)
    starts_at = models.DateTimeField(null=True)  # empty: only when a second manager agrees
    ended_at = models.DateTimeField(null=True)

    objects = RetentionRuleQuerySet.as_manager()
    practice_path = "practice"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice"], condition=Q(ended_at__isnull=True), name="retention_rule_one_standing"
            ),
            models.CheckConstraint(condition=Q(years__gte=1, years__lte=99), name="retention_rule_years"),
            models.CheckConstraint(
                condition=Q(agreed_by__isnull=True) | ~Q(agreed_by=F("set_by")),
                name="retention_rule_agreed_by_another",
            ),
        ]

    def __str__(self):
        return str(self.code)
