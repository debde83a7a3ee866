"""Reads: the therapist's own cases, fifty at a time, narrowed and sorted by the database.

Names are sealed. So a page opens those of its own rows; only the order by name, and a search, open them all. What
waits for the therapist's own rating says nothing here, also not by its place, or by a filter that it is under.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance import scopes
from alliance.models import Episode, User
from alliance.names import folded
from alliance.paging import beginning, first_page, page_after, page_of_codes
from alliance.prepared import Prepared
from ratings.cases.lists import CaseRow, case_rows
from ratings.cases.register import NEVER, as_told, codes_by_name, has_rupture
from ratings.check_in.rate_first import awaits_rating_of
from ratings.check_in.unseen import answers_for, is_new_to
from sessions.models import Attendance, TherapySession

FAR_AHEAD = datetime(9999, 1, 1, tzinfo=UTC)


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


KEYS = {  # of each order, as pages go by them: open ones first, then the ended ones, the newest first
    Sort.LOOK: ("is_over", "-over_at", "-own_attention", "pk"),
    Sort.NEXT: ("is_over", "-over_at", "next_or_never", "pk"),
    Sort.LAST: ("is_over", "-over_at", "last_or_never", "pk"),  # whom nobody has seen for a while
}


@dataclass(frozen=True, slots=True)
class OwnAsked:
    """What a page of the own cases is asked for."""

    only: Only = Only.ALL
    sort: Sort = Sort.LOOK
    after: UUID | None = None  # the code of the last case of the page before


@dataclass(frozen=True, slots=True)
class FilterLink:
    """A filter with the number of cases that it leaves."""

    only: Only
    count: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class OwnCases:
    """A page of them."""

    open: list[CaseRow]
    ended: list[CaseRow]  # newest first
    found: int | None  # how many a search has found; None: nothing is looked for
    filters: list[FilterLink]
    has_open: bool  # whatever the page and the filter
    has_many: bool
    next: str  # the code that the next page begins after; empty: there is none
    is_first: bool

    @property
    def rows(self) -> list[CaseRow]:
        return [*self.open, *self.ended]


def own_cases(therapist: User, asked: OwnAsked, name: str = "") -> OwnCases:
    """A page of the own cases; `name`: what is looked for, whatever the page.

    Three statements, four for an order by name or a search; one more where a practice rates first.
    """
    now = timezone.now()
    groups = list(GROUPS.rows(therapist=therapist, now=now))
    n_open, *in_each = (sum(row[place] for row in groups) for place in range(1, 2 + len(Only)))
    counts = dict(zip(Only, in_each, strict=True))
    found = None
    if name or asked.sort == Sort.NAME:
        narrowed = _narrowed(therapist, now, asked.only)
        codes = [
            code for is_open in (True, False) for code in codes_by_name(narrowed.filter(ends_at__isnull=is_open), name)
        ]
        found, page = len(codes) if name else None, page_of_codes(codes, None if name else asked.after)
        rows = _rows(therapist, list(narrowed.filter(code__in=page.rows)))
    else:
        if asked.after:
            page = page_after(_narrowed(therapist, now, asked.only), KEYS[asked.sort], asked.after)
        else:
            page = first_page(FIRST_PAGES[asked.only, asked.sort].models(therapist=therapist, now=now))
        rows = _rows(therapist, page.rows)
    if asked.sort != Sort.LOOK:
        rows.sort(key=lambda row: (_place(row, asked.sort), folded(row.name)))
    return OwnCases(
        open=[row for row in rows if not row.ended_at],
        ended=sorted((row for row in rows if row.ended_at), key=_ended_at, reverse=True),
        found=found,
        filters=[FilterLink(only, counts[only], only == asked.only) for only in Only],
        has_open=n_open > 0,
        has_many=counts[Only.ALL] > 1,
        next=page.next if not name else "",
        is_first=page.is_first,
    )


@dataclass(frozen=True, slots=True)
class OwnCounts:
    """How many of the own cases ask for something."""

    flagged: int
    new: int  # there are new answers, and they do not wait for the own rating
    awaiting: int  # there are answers, and they do


def own_counts(therapist: User) -> OwnCounts:
    """One statement."""
    groups = (
        _own(therapist, timezone.now())
        .values("therapist")
        .annotate(
            flagged=Count("pk", filter=_condition(Only.FLAGGED)),
            new=Count("pk", filter=Q(is_new=True, awaits=False)),
            awaiting=Count("pk", filter=Q(awaits=True)),
        )
    )
    found = list(groups.order_by())
    return OwnCounts(*(sum(row[name] for row in found) for name in ("flagged", "new", "awaiting")))


def _own(therapist: User, now: datetime) -> QuerySet[Any]:
    planned = TherapySession.objects.not_voided().filter(
        episode=OuterRef("pk"), attendance=Attendance.PLANNED, starts_at__gt=now
    )
    new = answers_for(therapist).filter(is_new_to(therapist, now), episode=OuterRef("pk"))
    cases: QuerySet[Any] = as_told(Episode.objects.filter(pk__among=scopes.own_episodes.keys(therapist))).alias(
        awaits=Case(When(awaits_rating_of(therapist), then=True), default=False),
        own_attention=Case(When(awaits=True, then=Value(0)), default=F("told_attention"), output_field=IntegerField()),
        is_over=Case(When(ends_at__isnull=False, then=Value(1)), default=Value(0)),
        over_at=Coalesce("ends_at", Value(NEVER)),
        next_at=Subquery(planned.order_by("starts_at").values("starts_at")[:1]),
        next_or_never=Coalesce("next_at", Value(FAR_AHEAD)),
        last_or_never=Coalesce("standing__last_session_at", Value(FAR_AHEAD)),
        is_new=Exists(new),
    )
    return cases


def _narrowed(therapist: User, now: datetime, only: Only) -> QuerySet[Any]:
    cases: QuerySet[Any] = _own(therapist, now).filter(_condition(only))
    cases = cases.annotate(next_one=F("next_at"), has_new=F("is_new"))
    return cases


def _condition(only: Only) -> Q:
    is_open = Q(ends_at__isnull=True)
    return {
        Only.ALL: Q(pk__isnull=False),
        Only.FLAGGED: is_open & Q(awaits=False) & has_rupture(),
        Only.NEW: Q(is_new=True),
        Only.UNANSWERED: is_open & Q(standing__missing_in_a_row__gt=0),
        Only.UNPLANNED: is_open & Q(next_at__isnull=True),
        Only.ENDED: ~is_open,
    }[only]


def _groups(therapist: User, now: datetime) -> QuerySet[Any, Any]:
    """By therapist, as in the register: an aggregate over all at once cannot hold these subqueries."""
    counts = {f"in_{only}": Count("pk", filter=_condition(only)) for only in Only}
    groups: QuerySet[Any, Any] = _own(therapist, now).values("therapist").order_by()
    in_open = Count("pk", filter=Q(ends_at__isnull=True))
    groups = groups.annotate(in_open=in_open, **counts).values_list("therapist", "in_open", *counts)
    return groups


GROUPS = Prepared(_groups, therapist=User, now=datetime)
FIRST_PAGES = {
    (only, sort): Prepared(
        lambda therapist, now, only=only, keys=keys: beginning(_narrowed(therapist, now, only), keys),
        therapist=User,
        now=datetime,
    )
    for only in Only
    for sort, keys in KEYS.items()
}


def _rows(therapist: User, shown: Sequence[Any]) -> list[CaseRow]:
    """The rows of the cases that are shown, what needs a look first."""
    found = {str(row.code): row for row in shown}
    rows = case_rows([row.pk for row in shown], therapist)
    return [replace(row, next_at=found[row.code].next_one, is_new=found[row.code].has_new) for row in rows]


def _place(row: CaseRow, sort: Sort) -> datetime:
    """What the rows of a page are sorted by, before the name."""
    if sort == Sort.NEXT:
        return row.next_at or FAR_AHEAD
    return row.standing.last_session_at or FAR_AHEAD if sort == Sort.LAST else NEVER


def _ended_at(row: CaseRow) -> datetime:
    return row.ended_at or NEVER
