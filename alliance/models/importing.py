"""An import of past ratings, and the uploaded file before it."""

import uuid

from django.db import models
from django.utils import timezone

from alliance.crypto import SealedTextField
from alliance.models.people import Membership
from alliance.models.practice import Practice
from alliance.query_sets import DraftQuerySet, PracticeQuerySet


class ImportBatch(models.Model):
    """One import of past ratings: what came in, when, by whom."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT)
    imported_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True)
    layout = models.CharField(max_length=20)
    counts = models.JSONField(default=dict)
    imported_at = models.DateTimeField(default=timezone.now)

    objects = PracticeQuerySet.as_manager()
    practice_path = "practice"

    def __str__(self):
        return str(self.code)


class ImportDraft(models.Model):
    """An uploaded file between its preview and its import.

    It is sealed, seen only by who sent it, and gone after a day.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE)
    sent_by = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="import_drafts")
    therapist = models.ForeignKey(Membership, on_delete=models.CASCADE, null=True, related_name="+")  # gets all rows
    text = SealedTextField()  # under the practice's key
    created_at = models.DateTimeField(default=timezone.now)

    objects = DraftQuerySet.as_manager()

    def __str__(self):
        return str(self.code)
