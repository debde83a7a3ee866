"""Reads: what happened in a practice in twelve whole months, as counts. No case is in them, and nobody's name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, Exists, F, IntegerField, Min, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from alliance.acting import as_program
from alliance.models import Episode, Practice
from alliance.models.episode import EndReason
from ratings.models import STEP_TAKEN, CheckIn, Rating, RepairStep, Rupture, RuptureView
from ratings.psychometrics.evidence import Kind, Pillar, Rater
from sessions.models import Mode, TherapySession

THIRD = 3  # the session of which most studies of the alliance tell; docs/reference/science.md
COURSE = (1, THIRD, 5, 10, 20)  # numbers of sessions; convention of this app
SEVERAL, NO_PILLAR = "several", "none"
PILLAR_GROUPS = (*(str(pillar) for pillar in Pillar), SEVERAL, NO_PILLAR)
ON_AT_END = (Rupture.RuptureState.OPEN_AT_END, Rupture.RuptureState.UNREPAIRED)


@dataclass(slots=True)
class Counted:
    """Some of some, and how many people are behind the second number."""

    count: int = 0
    of: int = 0
    clients: set[int] = field(default_factory=set)

    def add(self, client: int, *, counts: bool) -> None:
        self.put(client, int(counts), 1)

    def put(self, client: int, count: int, of: int) -> None:
        self.count += count
        self.of += of
        self.clients.add(client)

    @classmethod
    def together(cls, parts: Iterable["Counted"]) -> "Counted":
        """All of them as one."""
        every = cls()
        for part in parts:
            every.count += part.count
            every.of += part.of
            every.clients |= part.clients
        return every


@dataclass(slots=True)
class Values:
    """A number for each of some things, and the people behind them."""

    values: list[float] = field(default_factory=list)
    clients: set[int] = field(default_factory=set)

    def add(self, client: int, value: float) -> None:
        self.values.append(value)
        self.clients.add(client)


@dataclass(frozen=True, slots=True)
class MonthCounts:
    """One of the twelve months, by the start of the session."""

    first: date
    held: Counted = field(default_factory=Counted)
    answered: Counted = field(default_factory=Counted)
    rated: Counted = field(default_factory=Counted)
    ruptures: Counted = field(default_factory=Counted)
    first_steps: Counted = field(default_factory=Counted)


@dataclass(frozen=True, slots=True)
class PracticeCounts:
    """Twelve months of a practice. What an import brought is not in it."""

    practice: Practice
    first: date  # of the first month
    last: date  # of the last one
    months: Sequence[MonthCounts]
    held: Counted  # `of` sessions
    answered: Counted  # of the sessions with a check-in
    rated: Counted  # by the therapist, of the sessions held
    third: Mapping[str, Values]  # mode of a client's third session -> their overall rating of it, POMP
    course: Mapping[int, Values]  # number of a session in its therapy -> the client's overall rating of it, POMP
    by_pillar: Mapping[str, Counted]  # the one pillar that fell, SEVERAL or NO_PILLAR -> `of` ruptures
    by_kind: Mapping[str, Counted]  # kind of a rupture -> `of` ruptures
    by_namer: Mapping[str, Counted]  # who said so first -> `of` ruptures
    recognised: Counted  # of the sessions with a tension that the client named, and of which the therapist said
    first_steps: Counted  # within a week, of the ruptures
    repaired: Counted  # of the ruptures that are over
    helped: Counted  # repaired, and the client said so then; of the ruptures that are over
    still_on: Counted  # or were so when the therapy ended; of the ruptures
    to_repair: Values  # sessions from the one that opened it to the one that closed it
    endings: Mapping[bool | None, Counted]  # planned, not, or not said -> `of` endings
    by_strain: Mapping[bool, Counted]  # with an open rupture, or not -> `of` endings


def twelve_months(today: date) -> tuple[date, date]:
    """The first day of the twelve whole months before this one, and the last. Figures move once a month."""
    this_month = today.replace(day=1)
    return this_month.replace(year=this_month.year - 1), this_month - timedelta(days=1)


@as_program()
def practice_counts(practice: Practice) -> PracticeCounts:
    """The counts; the number of statements does not follow that of cases."""
    zone = ZoneInfo(practice.zone)
    first, last = twelve_months(timezone.localtime(timezone=zone).date())
    months = [MonthCounts(day) for day in _first_days(first)]
    since, until = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    sessions = (
        TherapySession.objects.attended()
        .filter(episode__client__practice=practice, import_batch__isnull=True)
        .filter(starts_at__gte=since, starts_at__lt=until)
    )
    ruptures = _ruptures(practice, since, until)
    _hear(months, sessions, zone)
    _see(months, ruptures, zone)
    endings, by_strain = _endings(practice, since, until)
    third, course = _early_and_late(sessions)
    return PracticeCounts(
        practice=practice,
        first=first,
        last=last,
        months=months,
        held=Counted.together(month.held for month in months),
        answered=Counted.together(month.answered for month in months),
        rated=Counted.together(month.rated for month in months),
        third=third,
        course=course,
        by_pillar=_grouped(((row.pillar, row) for row in ruptures), PILLAR_GROUPS),
        by_kind=_grouped(((row.kind, row) for row in ruptures), RuptureView.KindSeen.values),
        by_namer=_grouped(((row.named_by, row) for row in ruptures), Rupture.OpenedBy.values),
        recognised=_recognised(sessions),
        first_steps=Counted.together(month.first_steps for month in months),
        repaired=_share_of((row, row.is_repaired) for row in ruptures if row.is_over),
        helped=_share_of((row, row.is_repaired and row.has_helped) for row in ruptures if row.is_over),
        still_on=_share_of((row, row.is_on) for row in ruptures),
        to_repair=_to_repair(ruptures),
        endings=endings,
        by_strain=by_strain,
    )


def _first_days(first: date) -> list[date]:
    """Of the twelve months from this one on."""
    months = range(first.year * 12 + first.month - 1, first.year * 12 + first.month + 11)
    return [date(month // 12, month % 12 + 1, 1) for month in months]


def _hear(months: Sequence[MonthCounts], sessions: QuerySet[TherapySession], zone: ZoneInfo) -> None:
    """Adds the sessions to their months, with who answered and who rated."""
    rated = Rating.objects.current().filter(therapy_session=OuterRef("pk"))
    before = [
        When(starts_at__lt=datetime.combine(month.first, time(), zone), then=Value(position))
        for position, month in enumerate(months[1:])
    ]
    asked = Q(Exists(CheckIn.objects.filter(therapy_session=OuterRef("pk"))))
    answered = Q(Exists(rated.filter(rater=Rater.CLIENT)))
    own = Q(Exists(rated.filter(rater=Rater.THERAPIST, items_answered__gt=0)))
    rows = (
        sessions.annotate(position=Case(*before, default=Value(len(before)), output_field=IntegerField()))
        .order_by()
        .values_list("episode__client", "position")
        .annotate(
            n=Count("pk"),
            own=Count("pk", filter=own),
            asked=Count("pk", filter=asked),
            answered=Count("pk", filter=asked & answered),
        )
    )
    for client, position, n, n_own, n_asked, n_answered in rows:
        month = months[position]
        month.held.put(client, n, n)
        month.rated.put(client, n_own, n)
        if n_asked:
            month.answered.put(client, n_answered, n_asked)


def _early_and_late(sessions: QuerySet[TherapySession]) -> tuple[dict[str, Values], dict[int, Values]]:
    """The client's overall rating of each third session by its mode, and of the sessions of `COURSE` by number."""
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
    rows = rows.annotate(number=Coalesce("earlier", 0) + 1).filter(number__in=COURSE, overall__isnull=False)
    third, course = {mode: Values() for mode in Mode.values}, {number: Values() for number in COURSE}
    for number, mode, client, overall in rows.values_list("number", "mode", "episode__client", "overall"):
        course[number].add(client, overall)
        if number == THIRD:
            third[mode].add(client, overall)
    return third, course


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
    session_at: datetime  # of the one that opened it
    kind: str  # as the therapist sees it, else as the program does
    named_by: str
    opened_at: datetime
    first_step_at: datetime | None
    is_over: bool
    is_on: bool  # or was so when the therapy ended
    is_repaired: bool
    has_helped: bool  # the client said so after the session that closed it
    pillar: str  # the one that fell, SEVERAL or NO_PILLAR
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
        .only("state", "opened_by", "opened_at", "kind", "pillars")
        .annotate(
            client=F("episode__client"),
            session_at=F("opened_session__starts_at"),
            seen_as=Coalesce(Subquery(seen), "kind"),
            first_step_at=Min("steps__said_at", filter=STEP_TAKEN),
            sessions=Coalesce(Subquery(until_closed), 0),
            has_helped=Exists(
                Rating.objects.current().filter(
                    therapy_session=OuterRef("closed_session"),
                    rater=Rater.CLIENT,
                    repair_helped__in=[Rating.RepairHelped.YES, Rating.RepairHelped.LITTLE],
                )
            ),
        )
    )
    return [
        CountedRupture(
            client=row.client,
            session_at=row.session_at,
            kind=row.seen_as or Kind.UNCLEAR,
            named_by=row.opened_by,
            opened_at=row.opened_at,
            first_step_at=row.first_step_at,
            is_over=row.state not in Rupture.ACTIVE,
            is_on=row.state in (*Rupture.ACTIVE, *ON_AT_END),
            is_repaired=row.state == Rupture.RuptureState.REPAIRED,
            has_helped=row.has_helped,
            pillar=row.pillars[0] if len(row.pillars) == 1 else SEVERAL if row.pillars else NO_PILLAR,
            sessions=row.sessions,
        )
        for row in rows
    ]


def _grouped(rows: Iterable[tuple[str, CountedRupture]], groups: Sequence[str]) -> dict[str, Counted]:
    found = {group: Counted() for group in groups}
    for group, row in rows:
        found[group].add(row.client, counts=True)
    return found


def _see(months: Sequence[MonthCounts], ruptures: Iterable[CountedRupture], zone: ZoneInfo) -> None:
    """Adds the ruptures to their months, and whether a first step came within a week.

    Those of this week may still get one.
    """
    now = timezone.now()
    by_first = {month.first: month for month in months}
    for row in ruptures:
        month = by_first[row.session_at.astimezone(zone).date().replace(day=1)]
        month.ruptures.add(row.client, counts=True)
        until = row.opened_at + RepairStep.FIRST_WITHIN
        if until <= now:
            month.first_steps.add(row.client, counts=row.first_step_at is not None and row.first_step_at <= until)


def _share_of(rows: Iterable[tuple[CountedRupture, bool]]) -> Counted:
    found = Counted()
    for row, counts in rows:
        found.add(row.client, counts=counts)
    return found


def _to_repair(ruptures: Iterable[CountedRupture]) -> Values:
    found = Values()
    for row in ruptures:
        if row.is_repaired:
            found.add(row.client, row.sessions)
    return found


def _endings(
    practice: Practice, since: datetime, until: datetime
) -> tuple[dict[bool | None, Counted], dict[bool, Counted]]:
    """The endings, apart from those after which another therapist took over."""
    strained = Rupture.objects.told().filter(
        episode=OuterRef("pk"),
        kept_back=False,
        state__in=ON_AT_END,
    )
    rows = (
        Episode.objects.filter(client__practice=practice, import_batch__isnull=True)
        .filter(ends_at__gte=since, ends_at__lt=until)
        .exclude(end_reason=EndReason.TRANSFERRED)
        .annotate(is_strained=Exists(strained))
    )
    endings: dict[bool | None, Counted] = {True: Counted(), False: Counted(), None: Counted()}
    by_strain = {True: Counted(), False: Counted()}
    for client, planned, is_strained in rows.values_list("client", "end_planned", "is_strained"):
        endings[planned].add(client, counts=True)
        by_strain[is_strained].add(client, counts=True)
    return endings, by_strain
