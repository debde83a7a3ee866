"""Reads: who has looked at a client's file, for the therapist to tell."""

from datetime import timedelta

from django.apps import apps
from django.utils import timezone

from alliance.acting import as_program
from alliance.models import Episode
from alliance.people.audit_page import Happened, looked_at
from ratings.rights.registry import IN_COPY

SHOWN_FOR = timedelta(days=30)  # as the drawn page has it; convention of this app


def who_looked(episode: Episode) -> list[Happened]:
    """Who has opened the case, its sessions and flags, or anything else of it that has a code, in the last month.

    Also those who opened a case that was joined to it, as it was then.
    """
    with as_program():  # one that was put away is in nobody's sight
        put_away = list(Episode.objects.filter(joined_into=episode).values_list("code", "client__code"))
    codes = {str(episode.code), str(episode.client.code), *(str(code) for pair in put_away for code in pair)}
    for told in IN_COPY:
        if "code" in told.kept and "episode" in told.kept:
            rows = apps.get_model(told.model)._base_manager.filter(episode=episode.pk)
            codes |= {str(code) for code in rows.values_list("code", flat=True)}
    return looked_at(codes, episode.client.practice, timezone.now() - SHOWN_FOR)
