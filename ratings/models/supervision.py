"""Supervision: what a therapist puts forward, the meetings, and what was agreed in them."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.crypto import SealedTextField
from alliance.models import Episode, Membership
from alliance.query_sets import MeetingQuerySet, ScopedQuerySet, SupervisionNoteQuerySet


class Meeting(models.Model):
    """One sitting of a supervisor and a therapist; at most one of the two is not closed yet.

    It is about no client by itself: what was said of a case is in the notes and next steps of the case.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    supervisor = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="meetings_held")
    therapist = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="meetings_attended")
    planned_for = models.DateField(null=True, blank=True)
    reflection = SealedTextField(null=True)  # for both; under the key of the practice
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["supervisor", "therapist"], condition=Q(closed_at__isnull=True), name="meeting_one_open"
            ),
            models.CheckConstraint(condition=~Q(supervisor=F("therapist")), name="meeting_of_two"),
        ]

    def __str__(self):
        return str(self.code)


class SupervisionQuestion(models.Model):
    """A therapist's question about a case, for whoever supervises it; at most one of a case stands."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="supervision_questions")
    text = SealedTextField(null=True)
    asked_by = models.ForeignKey(Membership, on_delete=models.PROTECT)
    asked_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)  # also where another took its place, or a meeting was about it
    meeting = models.ForeignKey(  # the one that was about it
        Meeting, on_delete=models.SET_NULL, null=True, blank=True, related_name="questions"
    )

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["episode"], condition=models.Q(withdrawn_at__isnull=True), name="supervision_one_question"
            )
        ]

    class Sensitivity:
        sealed = ("text",)
        clinical = ("episode", "asked_at", "withdrawn_at", "meeting")
        plain = ("id", "code", "asked_by")

    def __str__(self):
        return str(self.code)


class SupervisionNote(models.Model):
    """What a supervisor wrote down about a case in a meeting. A change is a new row."""

    class Reader(models.TextChoices):
        BOTH = "both", _("The therapist and you")
        SUPERVISOR = "supervisor", _("Only you")

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="supervision_notes")
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="notes")
    text = SealedTextField(null=True)
    reader = models.CharField(max_length=12, choices=Reader)
    written_by = models.ForeignKey(Membership, on_delete=models.PROTECT)
    written_at = models.DateTimeField(default=timezone.now)
    replaced_at = models.DateTimeField(null=True)

    objects = SupervisionNoteQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "episode"], condition=Q(replaced_at__isnull=True), name="supervision_note_one"
            )
        ]

    class Sensitivity:
        sealed = ("text",)
        clinical = ("episode", "meeting", "reader", "written_at", "replaced_at")
        plain = ("id", "code", "written_by")

    def __str__(self):
        return str(self.code)


class NextStep(models.Model):
    """What a meeting agreed for a case, with a day. A change is a new row; it is carried along until it is done."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="next_steps")
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="next_steps")
    text = SealedTextField(null=True)
    due_on = models.DateField()
    agreed_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField(default=timezone.now)
    replaced_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "episode"], condition=Q(replaced_at__isnull=True), name="next_step_one"
            )
        ]

    class Sensitivity:
        sealed = ("text",)
        clinical = ("episode", "meeting", "due_on", "agreed_at", "replaced_at", "done_at")
        plain = ("id", "code", "agreed_by", "done_by")

    def __str__(self):
        return str(self.code)
