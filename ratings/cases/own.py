"""Reads: the therapist's own cases, and what narrows and sorts their list."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Min, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance import scopes
from alliance.models import Episode, User
from alliance.names import folded
from ratings.cases.lists import CaseRow, case_rows
from ratings.check_in.unseen import is_new_to, own_answers
from sessions.models import Attendance, TherapySession


class Only(TextChoices):
    """Which of the cases the list shows."""

    ALL = "all", _("All")
    FLAGGED = "flagged", _("Flagged")
    NEW = "new", _("New")
    UNANSWERED = "unanswered", _("Not answered")
    UNPLANNED = "unplanned", _("No session planned")
    ENDED = "ended", _("Ended")


class Sort(TextChoices):
    """In which order."""

    LOOK = "look", _("What needs a look")
    NAME = "name", _("Name")
    NEXT = "next", _("Next session")
    LAST = "last", _("Last session")


@dataclass(frozen=True, slots=True)
class FilterLink:
    """A filter with the number of cases that it leaves."""

    only: Only
    count: int
    is_current: bool


IS_IN: dict[Only, Callable[[CaseRow], bool]] = {
    Only.ALL: lambda row: True,
    Only.FLAGGED: lambda row: row.ended_at is None and row.standing.rupture is not None,
    Only.NEW: lambda row: row.is_new,
    Only.UNANSWERED: lambda row: row.ended_at is None and row.standing.missing_in_a_row > 0,
    Only.UNPLANNED: lambda row: row.ended_at is None and row.next_at is None,
    Only.ENDED: lambda row: row.ended_at is not None,
}


def own_cases(therapist: User) -> list[CaseRow]:
    """The own cases, open and ended, with the next session and whether an answer is new to this reader.

    Four statements.
    """
    rows = case_rows(Episode.objects.filter(pk__among=scopes.own_episodes(therapist)), therapist)
    keys = [row.standing.episode_id for row in rows]
    planned = TherapySession.objects.not_voided().filter(
        episode__in=keys, attendance=Attendance.PLANNED, starts_at__gt=timezone.now()
    )
    next_at: dict[int, datetime] = dict(planned.values_list("episode").annotate(Min("starts_at")).order_by())
    new = set(own_answers(therapist).filter(is_new_to(therapist)).values_list("episode", flat=True))
    return [
        replace(row, next_at=next_at.get(row.standing.episode_id), is_new=row.standing.episode_id in new)
        for row in rows
    ]


def filter_links(rows: Collection[CaseRow], current: Only) -> list[FilterLink]:
    """All filters, each with the number of cases that it leaves."""
    return [FilterLink(only, sum(map(IS_IN[only], rows)), only == current) for only in Only]


def narrowed(rows: Collection[CaseRow], only: Only, sort: Sort) -> list[CaseRow]:
    """The rows that a filter leaves, in an order; `rows` have what needs a look first."""
    kept = [row for row in rows if IS_IN[only](row)]
    now = timezone.now()
    match sort:
        case Sort.NAME:
            kept.sort(key=lambda row: folded(row.name))
        case Sort.NEXT:
            kept.sort(key=lambda row: (row.next_at is None, row.next_at or now, folded(row.name)))
        case Sort.LAST:  # the longest ago first: whom nobody has seen for a while
            kept.sort(key=lambda row: (row.standing.last_session_at or now, folded(row.name)))
    return kept
