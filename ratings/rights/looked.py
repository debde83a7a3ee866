"""Reads: who has looked at a client's file, for the therapist to tell."""

from collections.abc import Collection
from datetime import timedelta

from django.apps import apps
from django.db.models import Q
from django.utils import timezone

from alliance.acting import as_program
from alliance.models import CaseJoin, Episode
from alliance.people.audit_page import Happened, looked_at
from ratings.rights.registry import IN_COPY

SHOWN_FOR = timedelta(days=30)  # as the drawn page has it; convention of this app


def who_looked(episode: Episode) -> list[Happened]:
    """Who has opened the case, its sessions and flags, or anything else of it that has a code, in the last month.

    Also those who opened a case that was joined to it, as it was then; and, while it or such a case was one with a case
    that it was parted from since, those who opened anything of the two.
    """
    practice, since = episode.client.practice, timezone.now() - SHOWN_FOR
    with as_program():  # one that was put away, or is with a colleague by now, is not in sight
        put_away = list(Episode.objects.filter(joined_into=episode).values_list("pk", "code", "client__code"))
        cases = [episode.pk, *(key for key, *_codes in put_away)]
        joins = CaseJoin.objects.filter(Q(episode__in=cases) | Q(joined__in=cases), parted_at__gte=since)
        together = [(join, _codes_together(join)) for join in joins.select_related("episode__client", "joined__client")]
    codes = _codes_of([episode]) | {str(code) for _key, *pair in put_away for code in pair}
    found = looked_at(codes, practice, since)
    for join, of_both in together:
        found += looked_at(of_both, practice, max(since, join.joined_at), join.parted_at)
    return sorted({one.key: one for one in found}.values(), key=lambda one: (one.at, one.key), reverse=True)


def _codes_of(cases: list[Episode], sessions: Collection[str] = ()) -> set[str]:
    """By which the audit names cases, their clients, and what is in them or hangs on these sessions."""
    codes = {str(code) for case in cases for code in (case.code, case.client.code)} | set(sessions)
    for told in IN_COPY:
        if "code" in told.kept and "episode" in told.kept:
            model = apps.get_model(told.model)
            of_cases = Q(episode__in=[case.pk for case in cases])
            if any(field.name == "therapy_session" for field in model._meta.concrete_fields):
                of_cases |= Q(therapy_session__code__in=sessions)
            codes |= {str(code) for code in model._base_manager.filter(of_cases).values_list("code", flat=True)}
    return codes


def _codes_together(join: CaseJoin) -> set[str]:
    """Those of both cases, wherever they stand by now: either may be put away in another one since.

    What the two had as one and neither has now is among what came along.
    """
    both = [join.episode, join.joined]
    known = [join, *CaseJoin.objects.filter(joined__in=both, parted_at__isnull=True)]
    sessions = {code for one in known for code in one.moved}
    return _codes_of(both, sessions) | {code for one in known for code in one.carried or ()}
