"""Writes of what is put forward for supervision. Keyword-only, one transaction each, audit inside."""

from django.db import transaction
from django.utils import timezone

from alliance import audit
from alliance.access import Editor
from alliance.audit import Verb
from alliance.crypto import Sealed
from ratings.detection.reassess import lock_for_edit
from ratings.models import SupervisionQuestion


@transaction.atomic
def ask_for_supervision(*, editor: Editor, text):
    """Puts a question forward; it takes the place of the one that stood."""
    lock_for_edit(editor)
    standing = SupervisionQuestion.objects.filter(episode=editor.episode, withdrawn_at__isnull=True)
    standing.update(withdrawn_at=timezone.now())
    question = SupervisionQuestion.objects.create(
        episode=editor.episode, text=Sealed(text, editor.episode.client.data_key), asked_by=editor.membership
    )
    audit.record(Verb.CREATED, question, by=editor.membership)
    return question


@transaction.atomic
def withdraw_question(*, editor: Editor, question):
    """Takes a question back; the row stays, and nobody is shown it."""
    lock_for_edit(editor, question)
    standing = SupervisionQuestion.objects.filter(pk=question.pk, withdrawn_at__isnull=True)
    if standing.update(withdrawn_at=timezone.now()):
        audit.record(Verb.CHANGED, question, by=editor.membership)
