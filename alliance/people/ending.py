"""Reads: whose supervision ends soon or ended lately, and who supervises then.

An assignment until a day ends by itself: nobody presses anything then, and no e-mail goes out. So it is told before and
for a while after: to the therapist, to the supervisor, and to the managers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from alliance.acting import as_program
from alliance.models import Episode, Membership, Supervision, User
from alliance.people.assignments import Assignment
from alliance.people.supervisors import readers_without
from alliance.prepared import Prepared
from alliance.scopes import live_memberships

TOLD_AHEAD = timedelta(days=14)  # convention of this app
TOLD_AFTER = timedelta(days=14)  # the same


@dataclass(frozen=True, slots=True)
class EndingSoon:
    """An assignment of a practice that ends soon, as a manager is told: of a case its code."""

    assignment: Assignment
    then: tuple[str, ...]  # who supervises after it


@as_program()
def ending_soon(assignments: Iterable[Assignment], today: date) -> list[EndingSoon]:
    """Those that let somebody read, and have a last day that is near; the nearest first.

    One statement, and one more for each that it finds.
    """
    held = [row for row in assignments if row.is_open and not row.case_is_over]
    ending = {row.code: row for row in held if row.until and row.until <= today + TOLD_AHEAD}
    rows = Supervision.objects.filter(code__in=ending).select_related("supervisor", "episode__therapist")
    after = [(row, readers_without(row, at=row.ends_at)) for row in rows.order_by("ends_at", "pk")]
    return [EndingSoon(ending[row.code], _names_of(then)) for row, then in after if not _goes_on(row, then)]


@dataclass(frozen=True, slots=True)
class Ending:
    """An assignment that ends soon or ended lately, as one of the two whom it concerns is told."""

    supervisor: str
    therapist: str
    is_mine: bool  # the reader is the supervisor
    case_code: UUID | None  # of the case, where it is to one alone
    client: str  # of that case; empty where the reader cannot read it any more
    last_day: datetime  # an instant on it
    is_over: bool
    then: tuple[str, ...]  # who supervises after it

    @property
    def short_code(self) -> str:
        return str(self.case_code)[:8]


@as_program()
def endings_of_therapist(user: User) -> list[Ending]:
    """What ends soon or ended lately of the supervision that the user has as a therapist; the first to end first.

    One statement, and one more for each that it finds.
    """
    return _endings(OF_THERAPIST, user)


@as_program()
def endings_of_supervisor(user: User) -> list[Ending]:
    """The same of what the user gives."""
    return _endings(OF_SUPERVISOR, user)


def _endings(found: Prepared, user: User) -> list[Ending]:
    now = timezone.now()
    rows = found.models(user=user, since=now - TOLD_AFTER, now=now, until=now + TOLD_AHEAD)
    after = [(row, readers_without(row, at=row.ends_at if row.ends_at > now else None)) for row in rows]
    return [_ending(row, then, user, now) for row, then in after if not _goes_on(row, then)]


def _ending(row: Any, then: Iterable[Membership], user: User, now: datetime) -> Ending:
    is_mine, is_over = row.supervisor.user_id == user.pk, row.ends_at <= now
    therapist = row.therapist or row.episode.therapist
    return Ending(
        supervisor=row.supervisor.display_name,
        therapist=therapist.display_name,
        is_mine=is_mine,
        case_code=row.episode.code if row.episode else None,
        client=row.episode.client.display_name if row.episode and not (is_mine and is_over) else "",
        last_day=row.ends_at - timedelta(seconds=1),
        is_over=is_over,
        then=_names_of(then),
    )


def _names_of(members: Iterable[Membership]) -> tuple[str, ...]:
    return tuple(member.display_name for member in members)


def _goes_on(row: Any, then: Iterable[Membership]) -> bool:
    """Whether the same person supervises after it: by another assignment, without a day between, and nothing ends."""
    return any(member.user_id == row.supervisor.user_id for member in then)


def _that_end(rows: QuerySet[Any], since: datetime, now: datetime, until: datetime) -> QuerySet[Any]:
    """Those of them that were open, or are. A case that has ended has no supervisor to come."""
    was_open = Q(accepted_at__isnull=False, opens_at__lte=now, opens_at__lt=F("ends_at"))
    rows = rows.filter(was_open, ends_at__gt=since, ends_at__lte=until)
    rows = rows.filter(Q(episode__isnull=True) | Q(episode__ends_at__isnull=True))
    people = ("supervisor", "therapist", "episode__therapist")
    keys = [f"{place}__practice__data_key" for place in people]
    return rows.select_related(*keys, "episode__client__data_key").order_by("ends_at", "pk")


def _of_therapist(user: User, since: datetime, now: datetime, until: datetime) -> QuerySet[Any]:
    places = live_memberships(user, "therapist")
    cases = Episode.objects.filter(therapist__among=places, ends_at__isnull=True)
    rows = Supervision.objects.filter(Q(therapist__among=places) | Q(episode__among=cases))
    return _that_end(rows, since, now, until)


def _of_supervisor(user: User, since: datetime, now: datetime, until: datetime) -> QuerySet[Any]:
    places = live_memberships(user, "supervisor")
    return _that_end(Supervision.objects.filter(supervisor__among=places), since, now, until)


OF_THERAPIST = Prepared(_of_therapist, user=User, since=datetime, now=datetime, until=datetime)
OF_SUPERVISOR = Prepared(_of_supervisor, user=User, since=datetime, now=datetime, until=datetime)
