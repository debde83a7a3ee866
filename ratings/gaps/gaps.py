"""Reads: what is missing or odd in the records of a practice, as a manager sees it: by therapist, code and count."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.acting import as_program
from alliance.models import Episode, ImportBatch, Membership, Practice
from alliance.scopes import live_therapists
from ratings.models import CheckIn, Rating
from ratings.psychometrics.evidence import Rater
from sessions.models import TherapySession

PERIOD = timedelta(weeks=12)  # convention of this app, as are the next three
LATE_AFTER = timedelta(days=7)
FEWEST_SESSIONS = 3  # without an answer, and nobody collects
LONGEST = timedelta(hours=4)
OPENED_WITHIN = timedelta(days=1)  # many a case is opened after its first session
SHOWN = 50  # odd dates, the newest first


@dataclass(frozen=True, slots=True)
class TherapistGaps:
    """What is missing in the records of one therapist."""

    code: UUID
    name: str
    email: str
    unlogged: int  # planned sessions that are over
    unlogged_since: datetime | None
    held: int  # sessions in the period; the next three are some of these
    late: int  # logged long after
    unrated: int  # without the therapist's own rating
    unasked: int  # without a check-in
    silent: int  # open cases in which several sessions were held in the period, and nothing was answered

    @property
    def is_behind(self) -> bool:
        """Whether there is something to do now. An own rating may be left out, and what was late is done."""
        return bool(self.unlogged or self.silent)


@dataclass(frozen=True, slots=True)
class OddDate:
    """A session whose times can't be right, or whose answers can't."""

    short_code: str  # of the case
    therapist: str
    starts_at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Imported:
    """One import."""

    at: datetime
    by: str
    sessions: int


@dataclass(frozen=True, slots=True)
class RecordGaps:
    """The page."""

    practice: Practice
    therapists: list[TherapistGaps]  # most to do first
    odd: list[OddDate]
    more_odd: int
    imports: list[Imported]  # newest first

    @property
    def behind(self) -> list[TherapistGaps]:
        return [row for row in self.therapists if row.is_behind]


@as_program()
def record_gaps(practice: Practice) -> RecordGaps:
    """What is missing or odd. The number of statements does not follow that of cases or therapists."""
    odd, more = _odd_dates(practice)
    return RecordGaps(practice, _by_therapist(practice), odd, more, _imports(practice))


def _by_therapist(practice: Practice) -> list[TherapistGaps]:
    now = timezone.now()
    ours = TherapySession.objects.filter(episode__client__practice=practice, import_batch__isnull=True).order_by()
    unlogged = ours.unlogged(now).values_list("episode__therapist").annotate(n=Count("pk"), since=Min("starts_at"))
    waiting = {therapist: (n, since) for therapist, n, since in unlogged}
    in_period = (
        ours.attended()
        .filter(starts_at__gte=now - PERIOD, starts_at__lte=now)
        .annotate(
            is_rated=_has_rating(Rater.THERAPIST, items_answered__gt=0),
            is_asked=Exists(CheckIn.objects.filter(therapy_session=OuterRef("pk"))),
        )
        .values_list("episode__therapist")
        .annotate(
            held=Count("pk"),
            late=Count("pk", filter=Q(logged_at__gt=F("ends_at") + LATE_AFTER)),
            unrated=Count("pk", filter=Q(is_rated=False)),
            unasked=Count("pk", filter=Q(is_asked=False)),
        )
    )
    counts = {therapist: tuple(numbers) for therapist, *numbers in in_period}
    silent = dict(_silent(practice, now).order_by().values_list("therapist").annotate(Count("pk")))
    members = Membership.objects.filter(pk__in=live_therapists().filter(practice=practice))
    rows = []
    for member in members.select_related("user", "practice__data_key"):
        n, since = waiting.get(member.pk, (0, None))
        held, late, unrated, unasked = counts.get(member.pk, (0, 0, 0, 0))
        rows.append(
            TherapistGaps(
                code=member.code,
                name=member.display_name,
                email=member.user.email,
                unlogged=n,
                unlogged_since=since,
                held=held,
                late=late,
                unrated=unrated,
                unasked=unasked,
                silent=silent.get(member.pk, 0),
            )
        )
    return sorted(rows, key=lambda row: (-row.unlogged, -row.silent, -row.unasked, row.name))


def _has_rating(rater: Rater, **more: int) -> Exists:
    return Exists(Rating.objects.current().filter(therapy_session=OuterRef("pk"), rater=rater, **more))


def _silent(practice: Practice, now: datetime) -> QuerySet[Episode]:
    """The open cases in which several sessions were held in the period, and the client answered after none."""
    in_period = Q(therapy_session__starts_at__gte=now - PERIOD)
    answers = Rating.objects.current().filter(in_period, episode=OuterRef("pk"), rater=Rater.CLIENT)
    held = (
        TherapySession.objects.attended()
        .filter(episode=OuterRef("pk"), starts_at__gte=now - PERIOD, starts_at__lte=now, import_batch__isnull=True)
        .order_by()
        .values("episode")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return (
        Episode.objects.filter(client__practice=practice, ends_at__isnull=True)
        .annotate(held=Subquery(held))
        .filter(~Exists(answers), held__gte=FEWEST_SESSIONS)
    )


def _odd_dates(practice: Practice) -> tuple[list[OddDate], int]:
    """The odd ones, and how many there are beside them."""
    answers = Rating.objects.current().filter(therapy_session=OuterRef("pk"), rater=Rater.CLIENT)
    kinds = {
        "is_early": (Q(starts_at__lt=F("episode__starts_at") - OPENED_WITHIN), _("before the therapy began")),
        "is_late": (Q(starts_at__gte=F("episode__ends_at")), _("after the therapy ended")),
        "is_to_come": (Q(starts_at__gt=timezone.now()), _("held, and yet to come")),
        "is_long": (Q(ends_at__gt=F("starts_at") + LONGEST), _("longer than four hours")),
        "is_answered_before": (
            Q(Exists(answers.filter(answered_at__lt=OuterRef("starts_at")))),
            _("answered before it began"),
        ),
    }
    any_of = Q()
    for condition, _words in kinds.values():
        any_of |= condition
    rows = (
        TherapySession.objects.attended()
        .filter(episode__client__practice=practice)
        .filter(any_of)
        .annotate(**{name: condition for name, (condition, _words) in kinds.items()})
        .select_related("episode__therapist__practice__data_key")
    )
    return [
        OddDate(
            short_code=row.episode.short_code,
            therapist=row.episode.therapist.display_name,
            starts_at=row.starts_at,
            what=", ".join(str(words) for name, (_condition, words) in kinds.items() if getattr(row, name)),
        )
        for row in rows.order_by("-starts_at", "-pk")[:SHOWN]
    ], max(rows.count() - SHOWN, 0)


def _imports(practice: Practice) -> list[Imported]:
    batches = ImportBatch.objects.filter(practice=practice).select_related("imported_by__practice__data_key")
    sessions = (
        TherapySession.objects.filter(episode__client__practice=practice, import_batch__isnull=False)
        .order_by()
        .values_list("import_batch")
        .annotate(Count("pk"))
    )
    found = dict(sessions)
    return [
        Imported(row.imported_at, row.imported_by.display_name if row.imported_by else "", found.get(row.pk, 0))
        for row in batches.order_by("-imported_at")[:10]
    ]
