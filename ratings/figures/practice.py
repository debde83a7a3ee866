"""Reads: what happened in a practice in twelve whole months, as counts. No case is in them, and nobody's name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from alliance.acting import as_program
from alliance.models import Episode, Practice
from alliance.models.episode import EndReason
from ratings.models import CheckIn, Rating, RepairStep, Rupture, RuptureView
from ratings.psychometrics.evidence import Kind, Rater
from sessions.models import Mode, TherapySession


@dataclass(slots=True)
class Counted:
    """Some of some, and how many people are behind the second number."""

    count: int = 0
    of: int = 0
    clients: set[int] = field(default_factory=set)

    def add(self, client: int, n: int = 1, *, counts: bool) -> None:
        self.count += n if counts else 0
        self.of += n
        self.clients.add(client)


@dataclass(slots=True)
class Values:
    """A number for each of some things, and the people behind them."""

    values: list[float] = field(default_factory=list)
    clients: set[int] = field(default_factory=set)

    def add(self, client: int, value: float) -> None:
        self.values.append(value)
        self.clients.add(client)


@dataclass(frozen=True, slots=True)
class PracticeCounts:
    """Twelve months of a practice. What an import brought is not in it."""

    practice: Practice
    first: date  # of the first month
    last: date  # of the last one
    held: Counted  # `of` sessions
    answered: Counted  # of the sessions with a check-in
    rated: Counted  # by the therapist, of the sessions held
    third: Mapping[str, Values]  # mode of a client's third session -> their overall rating of it, POMP
    by_kind: Mapping[str, Counted]  # kind of a rupture -> `of` ruptures
    by_namer: Mapping[str, Counted]  # who said so first -> `of` ruptures
    recognised: Counted  # of the sessions with a tension that the client named, and of which the therapist said
    first_steps: Counted  # within a week, of the ruptures
    repaired: Counted  # of the ruptures that are over
    to_repair: Values  # sessions from the one that opened it to the one that closed it
    endings: Mapping[bool | None, Counted]  # planned, not, or not said -> `of` endings
    ended_strained: Counted  # with an open rupture, of the endings


def twelve_months(today: date) -> tuple[date, date]:
    """The first day of the twelve whole months before this one, and the last. Figures move once a month."""
    this_month = today.replace(day=1)
    return this_month.replace(year=this_month.year - 1), this_month - timedelta(days=1)


@as_program()
def practice_counts(practice: Practice) -> PracticeCounts:
    """The counts; the number of statements does not follow that of cases."""
    zone = ZoneInfo(practice.zone)
    first, last = twelve_months(timezone.localtime(timezone=zone).date())
    since, until = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    sessions = (
        TherapySession.objects.attended()
        .filter(episode__client__practice=practice, import_batch__isnull=True)
        .filter(starts_at__gte=since, starts_at__lt=until)
    )
    ruptures = _ruptures(practice, since, until)
    held, answered, rated = _heard(sessions)
    endings, ended_strained = _endings(practice, since, until)
    return PracticeCounts(
        practice=practice,
        first=first,
        last=last,
        held=held,
        answered=answered,
        rated=rated,
        third=_third_sessions(sessions),
        by_kind=_grouped(((row.kind, row) for row in ruptures), RuptureView.KindSeen.values),
        by_namer=_grouped(((row.named_by, row) for row in ruptures), Rupture.OpenedBy.values),
        recognised=_recognised(sessions),
        first_steps=_first_steps(ruptures),
        repaired=_repaired(ruptures),
        to_repair=_to_repair(ruptures),
        endings=endings,
        ended_strained=ended_strained,
    )


def _heard(sessions: QuerySet[TherapySession]) -> tuple[Counted, Counted, Counted]:
    rated = Rating.objects.current().filter(therapy_session=OuterRef("pk"))
    rows = (
        sessions.annotate(
            is_asked=Exists(CheckIn.objects.filter(therapy_session=OuterRef("pk"))),
            is_answered=Exists(rated.filter(rater=Rater.CLIENT)),
            is_rated=Exists(rated.filter(rater=Rater.THERAPIST, items_answered__gt=0)),
        )
        .order_by()
        .values("episode__client", "is_asked", "is_answered", "is_rated")
        .annotate(n=Count("pk"))
    )
    held, answered, own = Counted(), Counted(), Counted()
    for row in rows:
        client, n = row["episode__client"], row["n"]
        held.add(client, n, counts=True)
        own.add(client, n, counts=row["is_rated"])
        if row["is_asked"]:
            answered.add(client, n, counts=row["is_answered"])
    return held, answered, own


def _third_sessions(sessions: QuerySet[TherapySession]) -> dict[str, Values]:
    """The client's overall rating of each third session of a therapy."""
    earlier = (
        TherapySession.objects.attended()
        .filter(episode=OuterRef("episode"), starts_at__lt=OuterRef("starts_at"))
        .order_by()
        .values("episode")
        .annotate(n=Count("pk"))
        .values("n")
    )
    rating = Rating.objects.current().filter(therapy_session=OuterRef("pk"), rater=Rater.CLIENT)
    rows = sessions.annotate(earlier=Subquery(earlier), overall=Subquery(rating.values("overall_pomp")[:1]))
    found = {mode: Values() for mode in Mode.values}
    for mode, client, overall in rows.filter(earlier=2, overall__isnull=False).values_list(
        "mode", "episode__client", "overall"
    ):
        found[mode].add(client, overall)
    return found


def _recognised(sessions: QuerySet[TherapySession]) -> Counted:
    """What therapists noticed themselves, of the tensions that a client named and that they were asked about."""
    rated = Rating.objects.current().filter(therapy_session=OuterRef("pk"))
    own = rated.filter(rater=Rater.THERAPIST).exclude(noticed="")
    named = sessions.annotate(noticed=Subquery(own.values("noticed")[:1])).filter(
        Exists(rated.filter(rater=Rater.CLIENT, tension=True)), noticed__isnull=False
    )
    found = Counted()
    for client, noticed in named.values_list("episode__client", "noticed"):
        found.add(client, counts=noticed != Rating.Noticed.NOTHING)
    return found


@dataclass(frozen=True, slots=True)
class CountedRupture:
    """What is counted of a rupture."""

    client: int
    kind: str  # as the therapist sees it, else as the program does
    named_by: str
    opened_at: datetime
    first_step_at: datetime | None
    is_over: bool
    is_repaired: bool
    sessions: int  # held since the one that opened it, up to the one that closed it


def _ruptures(practice: Practice, since: datetime, until: datetime) -> list[CountedRupture]:
    """Those that began in the period, are told, and were neither withdrawn nor set aside."""
    seen = RuptureView.objects.filter(rupture=OuterRef("pk")).order_by("-pk").values("kind")[:1]
    until_closed = (
        TherapySession.objects.attended()
        .filter(
            episode=OuterRef("episode"),
            starts_at__gt=OuterRef("opened_session__starts_at"),
            starts_at__lte=OuterRef("closed_session__starts_at"),
        )
        .order_by()
        .values("episode")
        .annotate(n=Count("pk"))
        .values("n")
    )
    rows: QuerySet[Any] = (
        Rupture.objects.told()
        .filter(episode__client__practice=practice, kept_back=False, opened_session__import_batch__isnull=True)
        .filter(opened_session__voided_at__isnull=True)
        .filter(opened_session__starts_at__gte=since, opened_session__starts_at__lt=until)
        .exclude(state__in=[Rupture.RuptureState.WITHDRAWN, Rupture.RuptureState.SET_ASIDE])
        .annotate(
            client=F("episode__client"),
            seen_as=Coalesce(Subquery(seen), "kind"),
            first_step_at=Min("steps__said_at", filter=Q(steps__taken_back_at__isnull=True)),
            sessions=Coalesce(Subquery(until_closed), 0),
        )
    )
    return [
        CountedRupture(
            client=row.client,
            kind=row.seen_as or Kind.UNCLEAR,
            named_by=row.opened_by,
            opened_at=row.opened_at,
            first_step_at=row.first_step_at,
            is_over=row.state not in Rupture.ACTIVE,
            is_repaired=row.state == Rupture.RuptureState.REPAIRED,
            sessions=row.sessions,
        )
        for row in rows
    ]


def _grouped(rows: Iterable[tuple[str, CountedRupture]], groups: Sequence[str]) -> dict[str, Counted]:
    found = {group: Counted() for group in groups}
    for group, row in rows:
        found[group].add(row.client, counts=True)
    return found


def _first_steps(ruptures: Iterable[CountedRupture]) -> Counted:
    """How many had a first step of a repair within a week. Those of this week may still get one."""
    now, found = timezone.now(), Counted()
    for row in ruptures:
        until = row.opened_at + RepairStep.FIRST_WITHIN
        if until <= now:
            found.add(row.client, counts=row.first_step_at is not None and row.first_step_at <= until)
    return found


def _repaired(ruptures: Iterable[CountedRupture]) -> Counted:
    found = Counted()
    for row in ruptures:
        if row.is_over:
            found.add(row.client, counts=row.is_repaired)
    return found


def _to_repair(ruptures: Iterable[CountedRupture]) -> Values:
    found = Values()
    for row in ruptures:
        if row.is_repaired:
            found.add(row.client, row.sessions)
    return found


def _endings(practice: Practice, since: datetime, until: datetime) -> tuple[dict[bool | None, Counted], Counted]:
    """The endings, apart from those after which another therapist took over."""
    strained = Rupture.objects.told().filter(
        episode=OuterRef("pk"),
        kept_back=False,
        state__in=[Rupture.RuptureState.OPEN_AT_END, Rupture.RuptureState.UNREPAIRED],
    )
    rows = (
        Episode.objects.filter(client__practice=practice, import_batch__isnull=True)
        .filter(ends_at__gte=since, ends_at__lt=until)
        .exclude(end_reason=EndReason.TRANSFERRED)
        .annotate(is_strained=Exists(strained))
    )
    endings: dict[bool | None, Counted] = {True: Counted(), False: Counted(), None: Counted()}
    with_strain = Counted()
    for client, planned, is_strained in rows.values_list("client", "end_planned", "is_strained"):
        endings[planned].add(client, counts=True)
        with_strain.add(client, counts=is_strained)
    return endings, with_strain
