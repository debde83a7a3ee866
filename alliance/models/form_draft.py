"""What somebody typed into a form and could not save yet."""

import uuid

from django.db import models
from django.utils import timezone

from alliance.crypto import SealedTextField
from alliance.models.people import Membership
from alliance.query_sets import DraftQuerySet


class FormDraft(models.Model):
    """The fields of one form that did not arrive, for whoever typed them.

    They are sealed, seen only by that person, and gone once the form is saved, at sign-out, and after a day.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sent_by = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="form_drafts")
    shown = models.UUIDField()  # the one time that the page was shown; two tabs are two
    page = models.CharField(max_length=500)  # the address of the page that has the form
    action = models.CharField(max_length=500)  # the address that the form is sent to
    fields = SealedTextField()  # under the practice's key
    created_at = models.DateTimeField(default=timezone.now)  # typed or sent last

    objects = DraftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sent_by", "shown", "action"], name="form_draft_one_per_form"),
        ]

    def __str__(self):
        return str(self.code)
