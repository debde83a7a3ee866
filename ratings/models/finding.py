"""What the ratings mean: assessments, ruptures, and where an episode stands."""

import uuid

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.access import ScopedQuerySet
from alliance.crypto import SealedTextField
from alliance.models import Episode, Membership, Practice
from ratings.psychometrics import evidence
from ratings.psychometrics.evidence import choices
from sessions.models import TherapySession


class DetectorVersion(models.Model):
    """A frozen detector of one practice. A new one redraws history but raises no old alerts."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="detector_versions")
    criterion = models.CharField(max_length=40)
    budget = models.CharField(max_length=12, choices=choices(evidence.Budget))
    use = models.CharField(max_length=20)
    constants = models.JSONField(default=dict)
    threshold = models.FloatField(null=True)  # a later program may bring another; none: made before it was kept
    valid_from = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "valid_from"], name="detector_version_one_per_instant")
        ]

    def __str__(self):
        return f"{self.criterion} {self.budget}"


class Assessment(models.Model):
    """What one detector version thinks after one therapy session. Rewritten by each replay of the episode."""

    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="assessments")
    therapy_session = models.ForeignKey(TherapySession, on_delete=models.CASCADE, related_name="assessments")
    version = models.ForeignKey(DetectorVersion, on_delete=models.PROTECT)
    state = models.CharField(max_length=12, choices=choices(evidence.State))
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

    class Sensitivity:
        sealed = ()
        clinical = (
            "episode", "therapy_session", "state", "score", "probability", "alert", "kind", "pillars", "points",
            "notes",
        )  # fmt: skip
        plain = ("id", "version", "assessed_at")

    def __str__(self):
        return str(self.pk)


class RuptureQuerySet(ScopedQuerySet):
    def last_of_each(self, episodes):
        """Episode key -> its newest rupture that stands. `steady_again`: what was set aside does not stay aside any
        more, by the rule of the replay. One statement."""
        newest_version = (
            Assessment.objects.filter(episode=OuterRef(OuterRef("episode")))
            .order_by("-version__valid_from")
            .values("version")[:1]
        )
        steady = Assessment.objects.filter(
            episode=OuterRef("episode"),
            version=Subquery(newest_version),
            state=evidence.State.STEADY,
            therapy_session__starts_at__gt=OuterRef("opened_session__starts_at"),
        )
        rows = (
            self.filter(episode__in=episodes, opened_session__voided_at__isnull=True)
            .exclude(state=Rupture.RuptureState.WITHDRAWN)
            .annotate(steady_again=Exists(steady))
            .order_by("opened_session__starts_at", "pk")
        )
        return {row.episode_id: row for row in rows}


class Rupture(models.Model):
    """A strain in the alliance, from the therapy session that opened it to the one that closed it."""

    class RuptureState(models.TextChoices):
        OPEN = "open", _("noticed")
        RECOVERING = "recovering", _("recovering")
        REPAIRED = "repaired", _("repaired")
        STRONGER = "stronger", _("stronger than before")
        UNREPAIRED = "unrepaired", _("unrepaired")
        SET_ASIDE = "set_aside", _("set aside")
        WITHDRAWN = "withdrawn", _("withdrawn: its evidence was corrected")

    class OpenedBy(models.TextChoices):
        DETECTOR = "detector", _("the program")
        THERAPIST = "therapist", _("the therapist")
        CLIENT = "client", _("the client")

    ACTIVE = (RuptureState.OPEN, RuptureState.RECOVERING)

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="ruptures")
    opened_session = models.ForeignKey(TherapySession, on_delete=models.PROTECT, related_name="ruptures_opened")
    closed_session = models.ForeignKey(
        TherapySession, on_delete=models.PROTECT, null=True, blank=True, related_name="ruptures_closed"
    )
    opened_by = models.CharField(max_length=12, choices=OpenedBy, default=OpenedBy.DETECTOR)
    version = models.ForeignKey(DetectorVersion, on_delete=models.PROTECT, null=True, blank=True)
    state = models.CharField(max_length=12, choices=RuptureState, default=RuptureState.OPEN)
    kind = models.CharField(max_length=16, choices=choices(evidence.Kind), blank=True)
    pillars = models.JSONField(default=list)
    evidence = models.JSONField(default=dict)  # the assessment that speaks for it, as data
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    aside_reason = SealedTextField(null=True)  # why the therapist set it aside

    objects = RuptureQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["episode"], condition=Q(state__in=["open", "recovering"]), name="rupture_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "recovering"], closed_at__isnull=True)
                | (~Q(state__in=["open", "recovering"]) & Q(closed_at__isnull=False, closed_at__gte=F("opened_at"))),
                name="rupture_closed_when_over",
            ),
        ]

    class Sensitivity:
        sealed = ("aside_reason",)
        clinical = (
            "episode", "opened_session", "closed_session", "opened_by", "state", "kind", "pillars", "evidence",
            "opened_at", "closed_at",
        )  # fmt: skip
        plain = ("id", "code", "version")

    def __str__(self):
        return str(self.code)

    @property
    def is_active(self):
        """Open, or on its way back: an episode has at most one of these, and it may be set aside."""
        return self.state in self.ACTIVE

    @property
    def mark(self):
        """The shape beside the word on every page (`includes/marks.html`)."""
        return {
            "open": "below",
            "recovering": "mending",
            "unrepaired": "unmended",
            "set_aside": "aside",
            "withdrawn": "aside",
        }.get(self.state, "mended")


class Verdict(models.Model):
    """What the therapist says of a flag. Counted per rule, so that everybody sees how often it was worth the look."""

    class Answer(models.TextChoices):
        USEFUL = "useful", _("Useful")
        KNOWN = "known", _("I knew already")
        FALSE = "false", _("Not useful")

    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="verdicts")
    rupture = models.OneToOneField(Rupture, on_delete=models.CASCADE, related_name="verdict")
    answer = models.CharField(max_length=12, choices=Answer)
    given_by = models.ForeignKey(Membership, on_delete=models.PROTECT)
    given_at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Sensitivity:
        sealed = ()
        clinical = ("episode", "rupture", "answer", "given_at")
        plain = ("id", "given_by")

    def __str__(self):
        return str(self.pk)


class Standing(models.Model):
    """The summary row of an episode: written in the transaction of what changes it, rebuildable at any time."""

    episode = models.OneToOneField(Episode, on_delete=models.CASCADE, primary_key=True, related_name="standing")
    sessions_held = models.PositiveIntegerField(default=0)
    check_ins_answered = models.PositiveIntegerField(default=0)
    missing_in_a_row = models.PositiveIntegerField(default=0)  # latest check-ins that did not come
    last_session_at = models.DateTimeField(null=True)
    last_rated_at = models.DateTimeField(null=True)  # start of the last session the client rated
    goal_pomp = models.FloatField(null=True)
    task_pomp = models.FloatField(null=True)
    bond_pomp = models.FloatField(null=True)
    overall_pomp = models.FloatField(null=True)
    words = models.JSONField(default=dict)  # pillar -> "usual", "below", "above" or "few"
    spark = models.JSONField(default=dict)  # pillar -> {"values": last ten, "band": [low, high] or null}
    notes = models.JSONField(default=list)
    rupture = models.ForeignKey(Rupture, on_delete=models.SET_NULL, null=True, related_name="+")
    attention = models.PositiveIntegerField(default=0)  # the caseload's order, highest first
    updated_at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        indexes = [models.Index(F("attention").desc(), "episode", name="standing_by_attention")]

    class Sensitivity:
        sealed = ()
        clinical = (
            "episode", "sessions_held", "check_ins_answered", "missing_in_a_row", "last_session_at", "last_rated_at",
            "goal_pomp", "task_pomp", "bond_pomp", "overall_pomp", "words", "spark", "notes", "rupture", "attention",
        )  # fmt: skip
        plain = ("updated_at",)

    def __str__(self):
        return str(self.pk)
