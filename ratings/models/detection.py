"""What a detector is, and what it thinks of each therapy session."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.functional import cached_property

from alliance.models import Episode, Practice
from alliance.query_sets import ScopedQuerySet
from ratings.psychometrics import evidence
from ratings.psychometrics.evidence import choices
from sessions.models import TherapySession


class DetectorVersionQuerySet(models.QuerySet["DetectorVersion"]):
    def newest_of_each(self) -> Self:
        """The version that each practice has now."""
        of_practice = DetectorVersion.objects.filter(practice=OuterRef("practice")).order_by("-valid_from")
        return self.filter(pk=Subquery(of_practice.values("pk")[:1]))

    def in_shadow(self) -> Self:
        """Of the practices that show nothing of detection now.

        The one place that says so: pages ask `ratings.detection.shadow` or `Rupture.objects.told()`, which ask here.
        """
        return self.newest_of_each().filter(shadow=True)


class DetectorVersion(models.Model):
    """A frozen detector of one practice.

    A new one redraws history but raises no old alerts.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="detector_versions")
    criterion = models.CharField(max_length=40)
    budget = models.CharField(max_length=12, choices=choices(evidence.Budget))
    use = models.CharField(max_length=20)
    constants = models.JSONField(default=dict)
    threshold = models.FloatField(null=True)  # one for all sessions, as versions of older programs have it
    thresholds = models.JSONField(null=True)  # by the number of the session; none: see `threshold`
    by_therapist = models.JSONField(default=dict)  # what each therapist's ratings weigh, by key; shown on no page
    edition = models.PositiveSmallIntegerField(default=1)  # of what the program brings (`psychometrics.evidence`)
    clear_only = models.BooleanField(default=False)  # tell of clear flags alone
    recalibration = models.JSONField(null=True)  # a line on what is stated; none: as the criterion finds it
    shadow = models.BooleanField(default=False)  # tell of none
    restores = models.ForeignKey(  # the version that came back with this one
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    valid_from = models.DateTimeField(default=timezone.now)

    objects = DetectorVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "valid_from"], name="detector_version_one_per_instant")
        ]

    def __str__(self):
        return f"{self.criterion} {self.budget}"

    @cached_property
    def taken_back(self) -> list[tuple[datetime, datetime]]:
        """From when until when others held that are out of force again: as this one brings one back, which may too."""
        rows = list(DetectorVersion.objects.filter(practice=self.practice_id).order_by("valid_from"))
        by_key, times, version = {row.pk: row for row in rows}, [], self
        while version.restores_id is not None:
            before = by_key[version.restores_id]
            since = next(row.valid_from for row in rows if row.valid_from > before.valid_from)
            times.append((since, version.valid_from))
            version = before
        return times

    @cached_property
    def out_of_force(self) -> frozenset[int]:
        """Keys of the versions since the one that this one brings back; none where it brings none."""
        if self.restores is None:
            return frozenset()
        between = DetectorVersion.objects.filter(
            practice=self.practice_id, valid_from__gt=self.restores.valid_from, valid_from__lt=self.valid_from
        )
        return frozenset(between.values_list("pk", flat=True))

    @property
    def learned_ratings(self) -> bool:
        """Whether how clients rate was learned from the practice's own ratings."""
        return "mean" in self.constants

    @property
    def learned_reports(self) -> bool:
        """Whether how often clients report strain was learned from the practice's own answers."""
        return "report_quiet" in self.constants


class Assessment(models.Model):
    """What one detector version thinks after one therapy session.

    Each replay of the episode compares it, and writes it where it says something else.
    """

    # Without an index of their own: the two of the table begin with the episode, and with the session.
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="assessments", db_index=False)
    therapy_session = models.ForeignKey(
        TherapySession, on_delete=models.CASCADE, related_name="assessments", db_index=False
    )
    version = models.ForeignKey(DetectorVersion, on_delete=models.PROTECT, db_index=False)
    state = models.CharField(max_length=16, choices=choices(evidence.State))
    score = models.FloatField(null=True)  # the criterion's suspicion, called as in the files of `detect_ruptures`
    probability = models.FloatField(null=True)
    alert = models.BooleanField(default=False)
    kind = models.CharField(max_length=16, choices=choices(evidence.Kind), blank=True)
    pillars = models.JSONField(default=list)
    points = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    assessed_at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["therapy_session", "version"], name="assessment_one_per_version")
        ]
        indexes = [models.Index(fields=["episode", "version"], name="assessment_by_episode")]

    class Sensitivity:
        sealed = ()
        clinical = (
            "episode", "therapy_session", "state", "score", "probability", "alert", "kind", "pillars", "points",
            "notes",
        )  # fmt: skip
        plain = ("id", "version", "assessed_at")

    def __str__(self):
        return str(self.pk)
