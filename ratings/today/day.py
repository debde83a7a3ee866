"""Reads: a therapist's day. The next session, and below it what is left to do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Min, Q, QuerySet, When
from django.utils import timezone

from alliance import scopes
from alliance.models import Episode, User
from alliance.people.ending import Ending, endings_of_therapist
from alliance.prepared import Prepared
from ratings.cases.lists import CaseRow, case_rows
from ratings.cases.register import as_told, has_rupture
from ratings.check_in.carried import CaseBefore, cases_with_something_before
from ratings.check_in.rate_first import awaits_rating_of
from ratings.check_in.wishes import Wish, own_wishes
from ratings.delivery.queries import CheckInRow, count_unanswered, rows_by_session, unanswered_lately
from ratings.detection.sample import SampleQuestion, open_questions
from ratings.plan.queries import RefusedGoal, own_refused_goals
from ratings.supervision.steps import Step, steps_to_do
from ratings.today.happened import Opened, TakenBack, openings_lately, taken_back_lately
from ratings.today.news import News, Weight, count_new, latest_strains, news_of, numbered, to_show
from ratings.today.saved import JustLogged, just_logged
from sessions.models import Attendance, TherapySession

MOST_HEARD = 3  # in the head of the page, so that the lists stay in sight; convention of this app
MOST_LISTED = 40  # answers, and open cases; the others are found among the own cases; convention of this app
FEWEST_UNANSWERED = 2  # in a row, which deserve a word; convention of this app


@dataclass(frozen=True, slots=True)
class DayEntry:
    """One therapy session that is today, or that an earlier day has left."""

    therapy_session: TherapySession
    case: CaseRow
    number: int | None  # the number it has, or will have once it is held; None where the client did not come
    wish: Wish | None
    strain: News | None  # the client's latest answers, where they say that there was strain
    check_in: CheckInRow | None

    @property
    def is_planned(self) -> bool:
        return self.therapy_session.attendance == Attendance.PLANNED

    @property
    def is_attended(self) -> bool:
        return self.therapy_session.attendance == Attendance.ATTENDED

    @property
    def has_begun(self) -> bool:
        return self.therapy_session.starts_at <= timezone.now()

    @property
    def skipped(self) -> int:
        """Check-ins in a row that were not answered, from two on; that of this session still may be."""
        missing = max(self.case.standing.missing_in_a_row - self.is_attended, 0)
        return missing if missing >= FEWEST_UNANSWERED else 0

    @property
    def has_reason(self) -> bool:
        """Whether there is something to bring up, or to keep in mind."""
        standing = self.case.standing
        return bool(self.strain or self.wish or standing.rupture or standing.settled_since or self.skipped)


@dataclass(frozen=True, slots=True)
class OpenCase:
    """What is open with a client who does not come today."""

    case: CaseRow
    next_at: datetime | None  # None: no session is planned
    wish: Wish | None
    strain: News | None

    @property
    def is_strained(self) -> bool:
        """Whether a rupture is open, or was not repaired."""
        return bool(self.case.standing.rupture or self.case.standing.settled_since)


@dataclass(frozen=True, slots=True)
class ComingSession:
    """The first session after today."""

    starts_at: datetime
    case: CaseRow


@dataclass(frozen=True, slots=True)
class Day:
    """The day of a therapist. Each list may be empty, and is left out then."""

    now: datetime
    saved: JustLogged | None
    next: DayEntry | None
    rest: list[DayEntry]
    coming: ComingSession | None
    unlogged: list[DayEntry]  # of earlier days
    news: list[News]
    more_new: int  # answers that are new and not on this list
    heard: list[News]  # what of the news the head of the page says, of clients who are not next
    open: list[OpenCase]
    more_open: int  # in which something is open too, and not on this list
    refused: list[RefusedGoal]
    unanswered: list[CheckInRow]  # the latest of each client, of the last two weeks
    unanswered_in_all: int
    next_steps: list[Step]  # agreed in supervision
    questions: list[SampleQuestion]  # about sessions without a flag, drawn at random
    has_cases: bool
    before: list[CaseBefore]  # of these something from the therapy before is new
    opened: list[Opened]  # in an emergency, by somebody else
    taken_back: list[TakenBack]
    endings: list[Ending]  # of supervision that the therapist has

    @property
    def has_sessions(self) -> bool:
        return bool(self.next or self.rest)

    @property
    def has_new(self) -> bool:
        return any(row.is_new for row in self.news)

    @property
    def cases_shown(self) -> int:
        """How many cases the page says something of."""
        entries = [*([self.next] if self.next else []), *self.rest, *self.unlogged]
        codes = {entry.case.code for entry in entries} | {row.case_code for row in self.news}
        codes |= {row.case.code for row in self.open} | {str(row.case_code) for row in self.unanswered}
        codes |= {str(question.case_code) for question in self.questions} | {row.case_code for row in self.next_steps}
        codes |= {str(row.case_code) for row in self.opened} | {str(row.case_code) for row in self.taken_back}
        codes |= {str(row.case_code) for row in self.endings if row.case_code}
        return len(codes)


def day_of(therapist: User) -> Day:
    """The user's day so far, in the current time zone. The number of statements does not follow that of cases."""
    now = timezone.localtime()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = midnight + timedelta(days=1)
    news = news_of(therapist, midnight)
    strains = latest_strains(news)
    sessions = _sessions(therapist, midnight, tomorrow)
    planned = _next_planned(therapist, tomorrow)
    wished = {wish.episode_key: wish for wish in own_wishes(therapist)}
    refused, questions = own_refused_goals(therapist), open_questions(therapist)
    # A line opens names and reads ruptures: it is made for the cases alone that the page says something of.
    strained = [key for (key,) in STRAINED.rows(therapist=therapist)]
    keys = {row.episode_id for row in sessions} | wished.keys() | strains.keys() | {*strained[:MOST_LISTED]}
    keys |= {row.case_key for row in refused} | {row.case_key for row in questions}
    if planned:
        keys.add(min(planned, key=planned.__getitem__))
    cases = {row.standing.pk: row for row in case_rows(keys, therapist)}
    held = {row.code for row in cases.values() if row.awaits_rating}
    wished = {key: wish for key, wish in wished.items() if wish.case_code not in held}
    entries = _entries([row for row in sessions if row.episode_id in cases], cases, wished, strains)
    today = [entry for entry in entries if entry.therapy_session.starts_at >= midnight]
    next_one = next((entry for entry in today if entry.is_planned and entry.therapy_session.ends_at > now), None)
    here_today = {entry.therapy_session.episode_id for entry in today}
    told = to_show(news, midnight)
    listed = told[:MOST_LISTED]
    return Day(
        now=now,
        saved=just_logged(therapist),
        next=next_one,
        rest=_in_order_of_work([entry for entry in today if entry is not next_one]),
        coming=_coming(planned, cases),
        unlogged=[entry for entry in reversed(entries) if entry.therapy_session.starts_at < midnight],
        news=listed,
        more_new=count_new(therapist, news) - sum(row.is_new for row in listed),
        heard=_heard(told, next_one, here_today),
        open=_open_cases(cases, planned, wished, strains, here_today, told),
        more_open=sum(key not in cases for key in strained),
        refused=[row for row in refused if row.case_code not in held],
        unanswered=_latest_of_each(unanswered_lately(therapist)),
        unanswered_in_all=count_unanswered(therapist),
        next_steps=steps_to_do(therapist),
        questions=[one for one in questions if str(one.case_code) not in held],
        has_cases=bool(cases) or scopes.own_episodes(therapist).filter(standing__isnull=False).exists(),
        before=cases_with_something_before(therapist),
        opened=openings_lately(therapist),
        taken_back=taken_back_lately(therapist),
        endings=endings_of_therapist(therapist),
    )


def _strained(therapist: User) -> QuerySet[Any, Any]:
    """The open cases in which a rupture is open, or was not repaired, worst first: as far as their therapist is told.

    What waits for the therapist's own rating is not among them.
    """
    own = Episode.objects.filter(pk__among=scopes.own_episodes.keys(therapist), ends_at__isnull=True)
    awaits = Case(When(awaits_rating_of(therapist), then=True), default=False)
    cases: QuerySet[Any, Any] = (
        as_told(own)
        .alias(awaits=awaits)
        .filter(has_rupture() | Q(is_untold=False, standing__settled_since__isnull=False), awaits=False)
    )
    cases = cases.order_by("-told_attention", "pk").values_list("pk")
    return cases


STRAINED = Prepared(_strained, therapist=User)


def _sessions(user: User, midnight: datetime, tomorrow: datetime) -> list[Any]:
    """The sessions of today, and the planned ones of earlier days, in order of time."""
    return SESSIONS.models(user=user, midnight=midnight, tomorrow=tomorrow)


def _sessions_of(user: User, midnight: datetime, tomorrow: datetime) -> QuerySet[Any]:
    return (
        TherapySession.objects.not_voided()
        .filter(episode__among=scopes.own_episodes.keys(user), starts_at__lt=tomorrow)
        .filter(Q(starts_at__gte=midnight) | Q(attendance=Attendance.PLANNED))
        .exclude(attendance=Attendance.CANCELLED)
        .annotate(held_before=numbered("episode", "starts_at"))
        .order_by("starts_at")
    )


SESSIONS = Prepared(_sessions_of, user=User, midnight=datetime, tomorrow=datetime)


def _entries(
    sessions: list[Any], cases: dict[int, CaseRow], wished: dict[int, Wish], strains: dict[int, News]
) -> list[DayEntry]:
    """What is to say of each of these sessions."""
    check_ins = rows_by_session([row.pk for row in sessions])
    return [
        DayEntry(
            therapy_session=row,
            case=cases[row.episode_id],
            number=row.held_before + 1 if row.takes_a_number else None,
            wish=wished.get(row.episode_id),
            strain=strains.get(row.episode_id),
            check_in=check_ins.get(row.pk),
        )
        for row in sessions
    ]


def _in_order_of_work(entries: list[DayEntry]) -> list[DayEntry]:
    """What is to be logged, what is still to come, then what is done, the latest first."""
    to_log = [entry for entry in entries if entry.is_planned]
    return to_log + [entry for entry in reversed(entries) if not entry.is_planned]


def _next_planned(user: User, since: datetime) -> dict[int, datetime]:
    """Episode key -> the start of its next planned session."""
    return {row[0]: row[1] for row in PLANNED.rows(user=user, since=since)}


def _planned(user: User, since: datetime) -> QuerySet[Any, Any]:
    planned = TherapySession.objects.not_voided().filter(
        episode__among=scopes.own_episodes.keys(user), attendance=Attendance.PLANNED, starts_at__gte=since
    )
    return planned.order_by().values("episode").annotate(at=Min("starts_at")).values_list("episode", "at")


PLANNED = Prepared(_planned, user=User, since=datetime)


def _coming(planned: dict[int, datetime], cases: dict[int, CaseRow]) -> ComingSession | None:
    starts = sorted((at, key) for key, at in planned.items() if key in cases)
    return ComingSession(starts[0][0], cases[starts[0][1]]) if starts else None


def _heard(news: list[News], next_one: DayEntry | None, here_today: set[int]) -> list[News]:
    """What is new and can't wait for its place in the list: strain, and wishes of clients who do not come today.

    Of each client once.
    """
    heard: dict[int, News] = {}
    for row in news:
        weighs = row.says_strain or (row.is_a_wish and row.episode_key not in here_today)
        if row.is_new and weighs:
            heard.setdefault(row.episode_key, row)
    if next_one:
        heard.pop(next_one.therapy_session.episode_id, None)
    return list(heard.values())[:MOST_HEARD]


def _open_cases(
    cases: dict[int, CaseRow],
    planned: dict[int, datetime],
    wished: dict[int, Wish],
    strains: dict[int, News],
    here_today: set[int],
    news: list[News],
) -> list[OpenCase]:
    """Flags, repairs and wishes of open cases without a session today, worst first."""
    told = {row.episode_key for row in news if row.is_new and row.weight == Weight.STRAIN}
    open_cases = [
        OpenCase(row, planned.get(key), wished.get(key), strains.get(key) if key not in told else None)
        for key, row in cases.items()
        if key not in here_today and not row.ended_at
    ]
    return sorted(
        (row for row in open_cases if row.wish or row.strain or row.is_strained),
        key=lambda row: (row.strain is None, -row.case.standing.attention),
    )


def _latest_of_each(rows: list[CheckInRow]) -> list[CheckInRow]:
    """The newest one of each client."""
    newest: dict[str, CheckInRow] = {}
    for row in rows:
        newest.setdefault(str(row.case_code), row)
    return list(newest.values())
