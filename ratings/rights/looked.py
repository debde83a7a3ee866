"""Reads: who has looked at a client's file, for the therapist to tell."""

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

    Also those who opened a case that was joined to it, as it was then; and, while it was one with a case that it was
    parted from since, those who opened anything of the two.
    """
    practice, since = episode.client.practice, timezone.now() - SHOWN_FOR
    with as_program():  # one that was put away, or is with a colleague by now, is not in sight
        put_away = list(Episode.objects.filter(joined_into=episode).values_list("code", "client__code"))
        joins = CaseJoin.objects.filter(Q(episode=episode) | Q(joined=episode), parted_at__gte=since)
        together = [(join, _codes_together(join)) for join in joins.select_related("episode__client", "joined__client")]
    codes = _codes_of(episode) | {str(code) for pair in put_away for code in pair}
    found = looked_at(codes, practice, since)
    for join, of_both in together:
        found += looked_at(of_both, practice, max(since, join.joined_at), join.parted_at)
    return sorted({one.key: one for one in found}.values(), key=lambda one: (one.at, one.key), reverse=True)


def _codes_of(episode: Episode) -> set[str]:
    """By which the audit names a case, its client, and what is in it."""
    codes = {str(episode.code), str(episode.client.code)}
    for told in IN_COPY:
        if "code" in told.kept and "episode" in told.kept:
            rows = apps.get_model(told.model)._base_manager.filter(episode=episode.pk)
            codes |= {str(code) for code in rows.values_list("code", flat=True)}
    return codes


def _codes_together(join: CaseJoin) -> set[str]:
    """Those of both cases; what the two had as one and neither has now is among what came along."""
    return _codes_of(join.episode) | _codes_of(join.joined) | {*join.moved, *(join.carried or [])}
