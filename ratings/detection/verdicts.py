"""Therapists' verdicts on flags: the write, and the counts of each rule."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from alliance import audit
from alliance.access import Editor
from alliance.audit import Verb
from alliance.models import Practice
from ratings.models import Rupture, Verdict
from ratings.psychometrics.proportion import Share, wilson

Answer = Verdict.Answer


@dataclass(frozen=True, slots=True)
class VerdictShare:
    """How a practice's therapists judged the flags of one rule."""

    criterion: str
    worth_it: Share  # useful, or known already: there was something
    useful: int
    known: int
    false: int


def verdict_shares(practice: Practice) -> list[VerdictShare]:
    """The verdicts counted for each rule that has any."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    rows = Verdict.objects.filter(rupture__version__practice=practice)
    for criterion, answer in rows.values_list("rupture__version__criterion", "answer"):
        counts[criterion][answer] += 1
    return [
        VerdictShare(
            criterion=criterion,
            worth_it=wilson(answers[Answer.USEFUL] + answers[Answer.KNOWN], answers.total()),
            useful=answers[Answer.USEFUL],
            known=answers[Answer.KNOWN],
            false=answers[Answer.FALSE],
        )
        for criterion, answers in sorted(counts.items())
    ]


@transaction.atomic
def give_verdict(*, editor: Editor, rupture: Rupture, answer: str) -> None:
    """Stores the therapist's verdict on a flag; the last one counts."""
    editor.check_again(rupture)
    Verdict.objects.update_or_create(
        rupture=rupture,
        defaults={
            "episode": rupture.episode,
            "answer": answer,
            "given_by": editor.membership,
            "given_at": timezone.now(),
        },
    )
    audit.record(Verb.CHANGED, rupture, by=editor.membership)
