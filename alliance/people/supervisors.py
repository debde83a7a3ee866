"""Reads: who supervises a case, and the cases for which a manager may name a supervisor. By code, never by name."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from alliance.acting import as_program
from alliance.models import Episode, Membership, Supervision
from alliance.scopes import live_assignments


@dataclass(frozen=True, slots=True)
class OpenCase:
    """An open case as a manager knows it, with its own supervisors where it has any."""

    code: UUID
    starts_at: datetime
    own_supervisors: tuple[str, ...] = ()

    @property
    def short_code(self) -> str:
        return str(self.code)[:8]


@as_program()
def supervisors_of(
    episode: Episode, *, without: Supervision | None = None, at: datetime | None = None
) -> list[Membership]:
    """Who supervises a case: those with an open assignment to it, else those with one to its therapist.

    `without`: an assignment that does not count. `at`: not now but at this instant, as things stand.
    """
    rows = live_assignments(at=at).filter(Q(episode=episode.pk) | Q(therapist=episode.therapist_id))
    rows = rows.exclude(supervisor__user=episode.therapist.user_id)
    if without:
        rows = rows.exclude(pk=without.pk)
    found = list(rows.select_related("supervisor__practice__data_key", "supervisor__user").order_by("starts_at", "pk"))
    of_case = [row for row in found if row.episode_id]
    return [row.supervisor for row in of_case or found]


@as_program()
def readers_without(supervision: Supervision, *, at: datetime | None = None) -> list[Membership]:
    """Who supervises the same without this assignment, a case or all cases of a therapist; now, or at an instant."""
    if supervision.episode:
        return supervisors_of(supervision.episode, without=supervision, at=at)
    rows = live_assignments(at=at).filter(therapist=supervision.therapist_id).exclude(pk=supervision.pk)
    return [row.supervisor for row in rows.select_related("supervisor__practice__data_key").order_by("starts_at", "pk")]


@as_program()
def own_supervisors_of(episode: Episode) -> list[Membership]:
    """Who supervises this case by an assignment to it."""
    rows = live_assignments().filter(episode=episode.pk).select_related("supervisor__practice__data_key")
    return [row.supervisor for row in rows.order_by("starts_at", "pk")]


@as_program()
def taken_from(supervision: Supervision) -> list[Membership]:
    """Who no longer reads a case once this assignment to it opens: nobody, where it has a supervisor of its own.

    To be asked before it is open.
    """
    assert supervision.episode
    if own_supervisors_of(supervision.episode):
        return []
    present = supervisors_of(supervision.episode)
    return [member for member in present if member.user_id != supervision.supervisor.user_id]


@as_program()
def case_by_code(code: str) -> Episode:
    """One of the cases that a manager was shown; they read nothing of it."""
    return Episode.objects.select_related("therapist").get(code=code)


@as_program()
def open_cases_with_supervisors(therapist: Membership) -> list[OpenCase]:
    """The open cases of a therapist, the oldest first. Two statements."""
    rows = live_assignments().filter(episode__therapist=therapist, episode__ends_at__isnull=True)
    named: dict[int | None, list[str]] = {}
    for row in rows.select_related("supervisor__practice__data_key").order_by("starts_at", "pk"):
        named.setdefault(row.episode_id, []).append(row.supervisor.display_name)
    episodes = Episode.objects.filter(therapist=therapist, ends_at__isnull=True).order_by("starts_at", "pk")
    return [OpenCase(row.code, row.starts_at, tuple(named.get(row.pk, ()))) for row in episodes]
