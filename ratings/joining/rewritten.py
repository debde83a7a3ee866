"""What was written for supervision in place of what came in, since two cases were joined.

A change is a new row there, and points to nothing of the row whose place it took.
"""

from typing import Any

from django.db.models import Model, Q, QuerySet

from alliance.models import CaseJoin
from ratings.models import NextStep, SupervisionNote, SupervisionQuestion

OF_MEETING: dict[type[Model], str] = {SupervisionNote: "written_at", NextStep: "agreed_at"}


def rewritten_since(join: CaseJoin) -> list[QuerySet[Any]]:
    """Rows of the case that stays which are about what came in: of its meetings, or the question asked after its own.

    A note that the case that stays had of such a meeting is its own, and so is what took the place of it.
    """
    live = CaseJoin.objects.filter(episode=join.episode_id, parted_at__isnull=True)
    brought = [code for one in live for code in one.carried or []]
    carried, then = join.carried or [], join.joined_at
    came = [model._base_manager.filter(code__in=carried).values_list("meeting", flat=True) for model in OF_MEETING]
    meetings = {meeting for of_kind in came for meeting in of_kind}
    found: list[QuerySet[Any]] = []
    for model, written_at in OF_MEETING.items():
        own = model._base_manager.filter(episode=join.episode_id, meeting__in=meetings).exclude(code__in=brought)
        stood = own.filter(Q(replaced_at=None) | Q(replaced_at__gte=then), **{f"{written_at}__lt": then})
        of_own = list(stood.values_list("meeting", flat=True))
        found.append(own.filter(**{f"{written_at}__gte": then}).exclude(meeting__in=of_own))
    asked = SupervisionQuestion._base_manager.filter(episode=join.episode_id)
    was_taken_back = asked.filter(code__in=carried, withdrawn_at__gte=then, meeting=None).exists()
    found.append(asked.filter(asked_at__gte=then).exclude(code__in=brought) if was_taken_back else asked.none())
    return found


def note_what_was_rewritten(join: CaseJoin) -> None:
    """Adds it to what a joining carried, so that it goes back with the rest where the two are parted all the same."""
    codes = [str(code) for rows in rewritten_since(join) for code in rows.values_list("code", flat=True)]
    if codes:
        join.carried = [*(join.carried or []), *codes]
        join.save(update_fields=["carried"])
