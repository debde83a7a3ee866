"""The plan: what a client and a therapist agreed to work on, and how.

A change keeps what was there before, as a version of the goal or task.
"""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.crypto import SealedTextField
from alliance.models import Episode, Membership
from alliance.query_sets import ScopedQuerySet


class AgreedBy(models.TextChoices):
    """Who decided something about the plan."""

    TOGETHER = "together", _("Both together")
    CLIENT = "client", _("The client")
    THERAPIST = "therapist", _("The therapist")


class GoalOutcome(models.TextChoices):
    REACHED = "reached", _("Reached")
    DROPPED = "dropped", _("Dropped")


class Modality(models.TextChoices):
    """How a task is done."""

    TALKING = "talking", _("In the session, talking")
    EXERCISE = "exercise", _("In the session, as an exercise")
    WRITING = "writing", _("Between sessions, in writing")
    SPEAKING = "speaking", _("Between sessions, spoken or recorded")
    DOING = "doing", _("Between sessions, by doing it")


class Willing(models.TextChoices):
    """Whether the client does a task of their own will."""

    YES = "yes", _("Yes")
    GOES_ALONG = "goes_along", _("Goes along with it, would not choose it")
    NO = "no", _("No")


class Phase(models.Model):
    """A phase of the plan, from the second on, or the first where it has a name."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="phases")
    number = models.PositiveSmallIntegerField()
    name = SealedTextField(null=True)
    starts_at = models.DateTimeField(default=timezone.now)
    written_by = models.ForeignKey(Membership, on_delete=models.PROTECT)

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["episode", "number"], name="phase_one_per_number")]

    class Sensitivity:
        sealed = ("name",)
        clinical = ("episode", "number", "starts_at")
        plain = ("id", "code", "written_by")

    def __str__(self):
        return str(self.code)


class Goal(models.Model):
    """One goal of the plan: "We are working on X so that I can Y".

    An open goal is of the running phase, or of a later one; an ended goal is of the phase it ended in.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="goals")
    text = SealedTextField()
    phase = models.PositiveSmallIntegerField(default=1, db_default=1)
    agreed_at = models.DateTimeField(default=timezone.now)
    agreed_by = models.CharField(
        max_length=12, choices=AgreedBy, blank=True, default="", db_default=""
    )  # empty: not noted
    revision = models.PositiveSmallIntegerField(default=1, db_default=1)  # of the text; answers keep the one they saw
    revised_at = models.DateTimeField(null=True, blank=True)
    revised_by = models.CharField(max_length=12, choices=AgreedBy, blank=True, default="", db_default="")
    outcome = models.CharField(max_length=12, choices=GoalOutcome, blank=True, default="", db_default="")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=12, choices=AgreedBy, blank=True, default="", db_default="")
    written_by = models.ForeignKey(Membership, on_delete=models.PROTECT)

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("agreed_at")), name="goal_ends_later"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, outcome="") | (Q(ended_at__isnull=False) & ~Q(outcome="")),
                name="goal_end_has_an_outcome",
            ),
        ]

    class Sensitivity:
        sealed = ("text",)
        clinical = (
            "episode", "phase", "agreed_at", "agreed_by", "revision", "revised_at", "revised_by", "outcome",
            "ended_at", "ended_by",
        )  # fmt: skip
        plain = ("id", "code", "written_by")

    def __str__(self):
        return str(self.code)


class GoalVersion(models.Model):
    """A goal as it was before a change: another wording, or an end that was taken back."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="+")
    goal = models.ForeignKey(Goal, on_delete=models.CASCADE, related_name="versions")
    revision = models.PositiveSmallIntegerField()
    text = SealedTextField()
    outcome = models.CharField(max_length=12, choices=GoalOutcome, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=12, choices=AgreedBy, blank=True)
    replaced_at = models.DateTimeField(default=timezone.now)
    replaced_by = models.ForeignKey(Membership, on_delete=models.PROTECT)

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["goal", "revision"], name="goal_version_one_per_revision")]

    class Sensitivity:
        sealed = ("text",)
        clinical = ("episode", "goal", "revision", "outcome", "ended_at", "ended_by", "replaced_at")
        plain = ("id", "code", "replaced_by")

    def __str__(self):
        return str(self.code)


class Task(models.Model):
    """What the two do to get to a goal, or without one."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="tasks")
    goal = models.ForeignKey(Goal, on_delete=models.SET_NULL, null=True, blank=True, related_name="tasks")
    activity = SealedTextField()
    why_it_helps = SealedTextField(null=True)
    modality = models.CharField(max_length=12, choices=Modality)
    willing = models.CharField(max_length=12, choices=Willing, blank=True)  # empty: not asked yet
    adapted_why = SealedTextField(null=True)  # why it became what it is now
    agreed_at = models.DateTimeField(default=timezone.now)
    revision = models.PositiveSmallIntegerField(default=1)
    revised_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=12, choices=AgreedBy, blank=True)
    written_by = models.ForeignKey(Membership, on_delete=models.PROTECT)

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("agreed_at")), name="task_ends_later"
            )
        ]

    class Sensitivity:
        sealed = ("activity", "why_it_helps", "adapted_why")
        clinical = (
            "episode", "goal", "modality", "willing", "agreed_at", "revision", "revised_at", "ended_at", "ended_by",
        )  # fmt: skip
        plain = ("id", "code", "written_by")

    def __str__(self):
        return str(self.code)


class TaskVersion(models.Model):
    """A task as it was before a change."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="+")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="versions")
    revision = models.PositiveSmallIntegerField()
    activity = SealedTextField()
    why_it_helps = SealedTextField(null=True)
    modality = models.CharField(max_length=12, choices=Modality)
    willing = models.CharField(max_length=12, choices=Willing, blank=True)
    adapted_why = SealedTextField(null=True)
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=12, choices=AgreedBy, blank=True)
    replaced_at = models.DateTimeField(default=timezone.now)
    replaced_by = models.ForeignKey(Membership, on_delete=models.PROTECT)

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "revision"], name="task_version_one_per_revision")]

    class Sensitivity:
        sealed = ("activity", "why_it_helps", "adapted_why")
        clinical = (
            "episode", "task", "revision", "modality", "willing", "since", "ended_at", "ended_by", "replaced_at",
        )  # fmt: skip
        plain = ("id", "code", "replaced_by")

    def __str__(self):
        return str(self.code)
