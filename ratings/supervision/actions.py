"""Writes of what is put forward for supervision. Keyword-only, one transaction each, audit inside."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.access import Editor
from alliance.audit import Verb
from alliance.crypto import Sealed
from alliance.refusal import Refused
from ratings.detection.reassess import lock_for_edit
from ratings.models import SupervisionQuestion


@transaction.atomic
def ask_for_supervision(*, editor: Editor, text):
    """Puts a question forward; it takes the place of the one that stood.

    Raises
    ------
    Refused
        The therapy has ended: no list and no agenda has it any more.
    """
    lock_for_edit(editor)
    editor.episode.refresh_from_db(fields=["ends_at"])
    if editor.episode.ends_at:
        raise Refused(_("This therapy has ended, so no supervision has it on a list. Nothing was put forward."))
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
