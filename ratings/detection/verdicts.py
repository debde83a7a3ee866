"""What therapists say of flags, counted per rule."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from alliance import audit
from alliance.audit import Verb
from ratings.models import Verdict
from ratings.psychometrics.proportion import Share, wilson


@dataclass(frozen=True, slots=True)
class VerdictShare:
    """What therapists of a practice said of the flags of one rule."""

    criterion: str
    worth_it: Share  # useful, or known already: there was something
    useful: int
    known: int
    false: int


def verdict_shares(practice) -> list[VerdictShare]:
    """Counted per rule; a rule without a verdict is not listed."""
    counts = defaultdict(Counter)
    rows = Verdict.objects.filter(rupture__version__practice=practice)
    for criterion, answer in rows.values_list("rupture__version__criterion", "answer"):
        counts[criterion][answer] += 1
    return [
        VerdictShare(
            criterion=criterion,
            worth_it=wilson(found["useful"] + found["known"], found.total()),
            useful=found["useful"],
            known=found["known"],
            false=found["false"],
        )
        for criterion, found in sorted(counts.items())
    ]


@transaction.atomic
def give_verdict(*, editor, rupture, answer):
    """The therapist's word on a flag; the last one counts."""
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
