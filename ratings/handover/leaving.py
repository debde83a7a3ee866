"""Reads: the cases that need other hands, by code and count, as a manager sees them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Min, Q, QuerySet
from django.utils import timezone

from alliance.acting import as_program
from alliance.models import Cover, Episode, Membership, Practice
from alliance.people.case_offers import offered_to
from alliance.scopes import open_without_therapist
from ratings.check_in.carried import Unfinished, ended_with_something_unread, unfinished
from sessions.models import Attendance


@dataclass(frozen=True, slots=True)
class CaseToSettle:
    """One case of somebody who leaves: nothing of what was said in it."""

    code: UUID
    therapist_code: UUID
    sessions: int
    next_at: datetime | None
    covered_until: datetime | None  # an instant on the last day of the longest cover
    offered_to: str = ""  # a colleague who has not accepted yet
    left: Unfinished = Unfinished()
    is_ended: bool = False  # and a client's answers in it are read by nobody

    @property
    def short_code(self) -> str:
        """Enough of the code to tell cases apart, on a page and on the telephone."""
        return str(self.code)[:8]


@as_program()
def cases_of(membership: Membership) -> list[CaseToSettle]:
    """The open cases of somebody who leaves, and the ended ones with answers that nobody would read then."""
    unread = ended_with_something_unread(membership.practice, besides=membership)
    unread -= ended_with_something_unread(membership.practice)
    return _to_settle(Episode.objects.filter(Q(therapist=membership, ends_at__isnull=True) | Q(pk__in=unread)))


@as_program()
def open_cases_of(memberships: Collection[Membership]) -> dict[int, int]:
    """How many open cases each has, by key; who has none is absent."""
    episodes = Episode.objects.filter(therapist__in=memberships, ends_at__isnull=True).order_by()
    return dict(episodes.values_list("therapist").annotate(Count("pk")))


@as_program()
def cases_without_therapist(practice: Practice) -> list[CaseToSettle]:
    """The open cases of a practice without a therapist, and the ended ones with answers that nobody reads."""
    is_open = Q(pk__in=open_without_therapist(), client__practice=practice)
    return _to_settle(Episode.objects.filter(is_open | Q(pk__in=ended_with_something_unread(practice))))


def new_cases_of(manager: Membership, settled: Collection[UUID]) -> list[Episode]:
    """The manager's own cases that follow one of these: what waited there they read in them."""
    found = Episode.objects.filter(previous__code__in=settled, therapist=manager, ends_at__isnull=True)
    return list(found.select_related("previous").order_by("pk"))


def _to_settle(episodes: QuerySet[Episode]) -> list[CaseToSettle]:
    """The cases, open ones first, then by their start."""
    in_the_room = Q(therapy_sessions__voided_at__isnull=True)
    to_come = Q(therapy_sessions__attendance=Attendance.PLANNED, therapy_sessions__starts_at__gt=timezone.now())
    rows = list(
        episodes.annotate(
            held=Count("therapy_sessions", filter=in_the_room & Q(therapy_sessions__attendance=Attendance.ATTENDED)),
            next_at=Min("therapy_sessions__starts_at", filter=in_the_room & to_come),
        )
        .select_related("therapist")
        .order_by(F("ends_at").asc(nulls_first=True), "starts_at", "pk")
    )
    covers = Cover.objects.filter(taken_back_at__isnull=True, ends_at__gt=timezone.now())
    covers = covers.filter(Q(episode__in=rows) | Q(therapist__in={row.therapist_id for row in rows}))
    until: dict[tuple[str, int], datetime] = {}
    for cover in covers.order_by("ends_at"):
        key = ("episode", cover.episode_id) if cover.episode_id else ("therapist", cover.therapist_id or 0)
        until[key] = cover.last_day
    offered, left = offered_to(rows), unfinished(rows)
    return [
        CaseToSettle(
            code=row.code,
            therapist_code=row.therapist.code,
            sessions=row.held,
            next_at=row.next_at,
            covered_until=until.get(("episode", row.pk)) or until.get(("therapist", row.therapist_id)),
            offered_to=offered.get(row.pk, ""),
            left=left[row.pk],
            is_ended=row.ends_at is not None,
        )
        for row in rows
    ]
