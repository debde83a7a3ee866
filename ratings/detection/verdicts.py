"""Therapists' verdicts: was there strain, and was the flag useful? The writes; each answer is a new row."""

from django.db import transaction

from alliance import audit
from alliance.access import Editor
from alliance.audit import Verb
from ratings.detection.reassess import lock_for_log
from ratings.detection.stored import evidence_of
from ratings.models import Draw, Rupture, StrainVerdict, UsefulVerdict


@transaction.atomic
def judge_rupture(*, editor: Editor, rupture: Rupture, answer: str) -> None:
    """Stores the answer to "was there strain between you?" about a rupture, with what its flag states now."""
    lock_for_log(editor, rupture)
    rupture.refresh_from_db(fields=["version", "evidence"])
    evidence = evidence_of(rupture)
    StrainVerdict.objects.create(
        episode=editor.episode,
        rupture=rupture,
        answer=answer,
        version=rupture.version,
        stated=evidence.assessment.probability if evidence else None,
        given_by=editor.membership,
    )
    audit.record(Verb.CHANGED, rupture, by=editor.membership)


@transaction.atomic
def judge_session(*, editor: Editor, draw: Draw, answer: str) -> None:
    """Stores the answer to the same question about a session that was drawn."""
    lock_for_log(editor, draw)
    StrainVerdict.objects.create(
        episode=editor.episode,
        draw=draw,
        answer=answer,
        version=draw.version,
        stated=draw.stated,
        given_by=editor.membership,
    )
    audit.record(Verb.CHANGED, draw.therapy_session, by=editor.membership)


@transaction.atomic
def judge_use(*, editor: Editor, rupture: Rupture, answer: str) -> None:
    """Stores the answer to "was this flag useful?"."""
    lock_for_log(editor, rupture)
    UsefulVerdict.objects.create(episode=editor.episode, rupture=rupture, answer=answer, given_by=editor.membership)
    audit.record(Verb.CHANGED, rupture, by=editor.membership)
