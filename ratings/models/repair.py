"""What is done about a rupture, and what a therapist says of it. Rows are added; the newest counts."""

import uuid
from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.crypto import SealedTextField
from alliance.models import Episode, Membership, Practice
from alliance.query_sets import ScopedQuerySet
from ratings.models.rupture import Rupture
from ratings.psychometrics.evidence import Kind
from sessions.models import Task, TherapySession


class RepairStep(models.Model):
    """One step of a repair as it was planned, or what became of it."""

    class Step(models.TextChoices):
        NOTICE = "notice", _("Notice")
        ASK = "ask", _("Ask")
        AGREE = "agree", _("Agree")
        CHECK = "check", _("Check")

    class Outcome(models.TextChoices):
        PLANNED = "planned", _("planned")
        DONE = "done", _("Done")
        PARTLY = "partly", _("Partly")
        NOT_YET = "not_yet", _("Not yet")

    SAID = (Outcome.DONE, Outcome.PARTLY, Outcome.NOT_YET)
    TAKEN = (Outcome.DONE, Outcome.PARTLY)
    FIRST_WITHIN = timedelta(days=7)  # of a rupture, as figures count it; convention of this app

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="repair_steps")
    rupture = models.ForeignKey(Rupture, on_delete=models.CASCADE, related_name="steps")
    step = models.CharField(max_length=8, choices=Step)
    outcome = models.CharField(max_length=8, choices=Outcome)
    words = SealedTextField(null=True)  # to say, or what was agreed
    line = SealedTextField(null=True)  # how it went
    planned_for = models.ForeignKey(
        TherapySession, on_delete=models.PROTECT, null=True, blank=True, related_name="steps_planned"
    )  # none: the next session, whenever that is
    logged_with = models.ForeignKey(  # the session whose log said so
        TherapySession, on_delete=models.PROTECT, null=True, blank=True, related_name="steps_said"
    )
    task = models.ForeignKey(  # of the plan, made from what was agreed
        Task, on_delete=models.PROTECT, null=True, blank=True, related_name="steps_agreed"
    )
    said_by = models.ForeignKey(Membership, on_delete=models.PROTECT)
    said_at = models.DateTimeField(default=timezone.now)
    taken_back_at = models.DateTimeField(null=True)  # with the log that said so

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        indexes = [models.Index(fields=["rupture", "step"], name="repair_step_by_rupture")]

    class Sensitivity:
        sealed = ("words", "line")
        clinical = (
            "episode", "rupture", "step", "outcome", "planned_for", "logged_with", "task", "said_at", "taken_back_at",
        )  # fmt: skip
        plain = ("id", "code", "said_by")

    def __str__(self):
        return str(self.code)


# Of a rupture: a step of its repair was taken, and its log stands; a plan alone is none.
STEP_TAKEN = models.Q(steps__outcome__in=RepairStep.TAKEN, steps__taken_back_at__isnull=True)


class RuptureView(models.Model):
    """How a rupture looks to the therapist: its kind, with the signs of it."""

    class KindSeen(models.TextChoices):
        WITHDRAWAL = Kind.WITHDRAWAL, _("Pulling back")
        CONFRONTATION = Kind.CONFRONTATION, _("Pushing back")
        BOTH = "both", _("Both")
        UNCLEAR = Kind.UNCLEAR, _("Can’t say")

    class SignSeen(models.TextChoices):
        """Signs that Safran & Muran (2000) describe; of pulling back, then of pushing back."""

        QUIET = "quiet", _("Went quiet")
        AGREED = "agreed", _("Agreed too quickly")
        CHANGED_SUBJECT = "changed_subject", _("Changed the subject")
        MISSED = "missed", _("Missed a session")
        CRITICISED = "criticised", _("Criticised")
        DISAGREED = "disagreed", _("Disagreed with a task")
        ANGRY = "angry", _("Was angry")

    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="rupture_views")
    rupture = models.ForeignKey(Rupture, on_delete=models.CASCADE, related_name="views")
    kind = models.CharField(max_length=16, choices=KindSeen)
    signs = models.JSONField(default=list)
    said_by = models.ForeignKey(Membership, on_delete=models.PROTECT)
    said_at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Sensitivity:
        sealed = ()
        clinical = ("episode", "rupture", "kind", "signs", "said_at")
        plain = ("id", "said_by")

    def __str__(self):
        return str(self.pk)


class SetAside(models.Model):
    """That a therapist set a rupture aside, and maybe brought it back."""

    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="set_asides")
    rupture = models.ForeignKey(Rupture, on_delete=models.CASCADE, related_name="set_asides")
    reason = SealedTextField(null=True, bound_to="rupture_id")
    by = models.ForeignKey(Membership, on_delete=models.PROTECT)
    at = models.DateTimeField(default=timezone.now)
    undone_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Sensitivity:
        sealed = ("reason",)
        clinical = ("episode", "rupture", "at", "undone_at")
        plain = ("id", "by", "undone_by")

    def __str__(self):
        return str(self.pk)


class OwnWords(models.Model):
    """A practice's own words in place of a sentence of a repair, in the practice's language.

    Rows are added; the newest counts.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="own_words")
    language = models.CharField(max_length=12)
    key = models.CharField(max_length=24)  # of the sentence, in `ratings.ruptures.words`
    text = SealedTextField(null=True)  # none: the program's own again
    said_by = models.ForeignKey(Membership, on_delete=models.PROTECT)
    said_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["practice", "language"], name="own_words_of_practice")]

    def __str__(self):
        return str(self.code)
