"""Reads: what became of each check-in, for a therapist."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import and_
from typing import Any
from uuid import UUID

from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
)
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance import scopes
from alliance.models import Consent, Episode, User
from alliance.paging import beginning, first_page, page_after
from alliance.prepared import Prepared
from ratings.check_in.instrument_choice import STILL_AWAITED
from ratings.delivery import schedule
from ratings.models import CheckIn, ClientLink, Delivery, Rating
from ratings.models.check_in import ASKED_ABOUT
from ratings.psychometrics.evidence import Rater
from sessions.models import Attendance, TherapySession

LISTED_FOR = timedelta(weeks=8)  # convention of this app: what is older will not be answered


class Progress(TextChoices):
    ANSWERED = "answered", _("answered")
    ENTERED = "entered", _("answered on paper or by telephone")
    IN_VAIN = "in_vain", _("sent before this was entered")
    NOT_NEEDED = "not_needed", _("no check-in needed")
    STOPPED = "stopped", _("e-mails stopped")
    PAUSED = "paused", _("e-mails paused")
    DUE = "due", _("due")
    SENT_AND_DUE = "sent_and_due", _("sent, next e-mail due")
    BOUNCED = "bounced", _("refused by their mail server")
    EXPIRED = "expired", _("link expired")
    SENT = "sent", _("sent")
    SHOWN = "shown", _("link shown, open")
    NO_EMAIL = "no_email", _("no e-mail")
    NO_CONSENT = "no_consent", _("no consent to e-mail")
    UNSENT = "unsent", _("not sent")


@dataclass(frozen=True, slots=True)
class CheckInRow:
    """One check-in, and how far it has come."""

    code: UUID
    case_code: UUID
    name: str
    session_at: datetime
    progress: Progress
    at: datetime | None  # since when, or until when, that holds
    can_send: bool
    missing_in_a_row: int

    @property
    def holds_until(self) -> bool:
        """Whether `at` is the end of what holds, and not its beginning."""
        return self.progress in (Progress.PAUSED, Progress.SHOWN)

    @property
    def is_of_a_day(self) -> bool:
        """Whether nobody knows the hour: for answers from paper only a day is asked."""
        return self.progress == Progress.ENTERED

    @property
    def asks_for_contact(self) -> bool:
        """Whether the client's contact data is what keeps an e-mail from arriving."""
        return self.progress in (Progress.NO_EMAIL, Progress.NO_CONSENT, Progress.BOUNCED)

    @property
    def is_open(self) -> bool:
        return self.progress not in (
            Progress.ANSWERED,
            Progress.ENTERED,
            Progress.IN_VAIN,
            Progress.NOT_NEEDED,
        )


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One therapy session of a case."""

    therapy_session: TherapySession
    number: int | None  # None: not attended
    check_in: CheckInRow | None  # None: the client was not asked

    @property
    def is_planned(self) -> bool:
        return self.therapy_session.attendance == Attendance.PLANNED

    @property
    def is_unlogged(self) -> bool:
        """Planned and over, and nobody said what became of it."""
        return self.is_planned and self.therapy_session.ends_at <= timezone.now()


def unanswered(user: User, now: datetime | None = None) -> QuerySet[CheckIn]:
    """The unanswered check-ins of the user's own open episodes, as Today counts."""
    since = (now or timezone.now()) - LISTED_FOR
    check_ins = CheckIn.objects.wanted().filter(
        episode__among=scopes.own_episodes.keys(user),
        episode__ends_at__isnull=True,
        therapy_session__starts_at__gt=since,
    )
    never_asked = Q(therapy_session__attendance=Attendance.PLANNED) & ~Exists(
        ClientLink.objects.filter(check_in=OuterRef("pk"))  # every message and every screen has one
    )
    return check_ins.exclude(ratings__rater=Rater.CLIENT).exclude(never_asked)


@dataclass(frozen=True, slots=True)
class CheckInPage:
    """A page of the unanswered check-ins, latest session first."""

    rows: list[CheckInRow]
    total: int
    next: str  # the code that the next page begins after; empty: there is none
    is_first: bool


def page_of_unanswered(user: User, after: UUID | None) -> CheckInPage:
    """Two statements, whatever the page."""
    now = timezone.now()
    if after:
        page = page_after(_listed(user, now), LATEST_FIRST, after)
    else:
        page = first_page(FIRST_PAGE.models(user=user, now=now))
    return CheckInPage([_row(row, now) for row in page.rows], count_unanswered(user), page.next, page.is_first)


def _listed(user: User, now: datetime) -> QuerySet[Any]:
    return _with_progress(unanswered(user, now).annotate(session_at=F("therapy_session__starts_at")), now)


LATEST_FIRST = ("-session_at", "-pk")
FIRST_PAGE = Prepared(lambda user, now: beginning(_listed(user, now), LATEST_FIRST), user=User, now=datetime)


def count_unanswered(user: User) -> int:
    """How many `unanswered` has."""
    ((count,),) = COUNT.rows(user=user, now=timezone.now())
    return int(count)


# In one group: the value is the same for all.
COUNT = Prepared(
    lambda user, now: unanswered(user, now).values(all=Value(1)).annotate(n=Count("pk")).values_list("n"),
    user=User,
    now=datetime,
)


def unanswered_lately(user: User) -> list[CheckInRow]:
    """The unanswered check-ins that are still awaited, as rows, latest session first.

    Without those whose first e-mail is only due: nobody could have answered them yet.
    """
    return [row for _key, row in _rows(AWAITED, user=user) if row.progress != Progress.DUE]


def latest_unanswered(episodes: Collection[int]) -> dict[str, CheckInRow]:
    """Case code -> the latest unanswered check-in. `episodes`: keys of the cases."""
    return {str(row.case_code): row for _key, row in reversed(_rows(UNANSWERED, episodes=episodes))}


def session_rows(episode: Episode, numbers: Mapping[int, int | None]) -> list[SessionRow]:
    """All sessions of an episode that are not voided or cancelled, latest first.

    `numbers`: session key -> its number.
    """
    check_ins = dict(_rows(OF_EPISODE, episode=episode))
    return [
        SessionRow(therapy_session, numbers.get(therapy_session.pk), check_ins.get(therapy_session.pk))
        for therapy_session in SESSIONS.models(episode=episode)
    ]


def rows_by_session(sessions: Collection[int]) -> dict[int, CheckInRow]:
    """Session key -> its check-in as a row."""
    return dict(_rows(OF_SESSIONS, sessions=sessions))


def _rows(check_ins: Prepared, **given: Any) -> list[tuple[int, CheckInRow]]:
    """Of each the key of its session, and its row."""
    now = timezone.now()
    return [(row.therapy_session_id, _row(row, now)) for row in check_ins.models(now=now, **given)]


def _latest_first(check_ins: QuerySet[CheckIn], now: datetime) -> QuerySet[Any]:
    return _with_progress(check_ins, now).order_by("-therapy_session__starts_at", "-pk")


def _awaited(user: User, now: datetime) -> QuerySet[Any]:
    return _latest_first(unanswered(user, now).filter(therapy_session__starts_at__gt=now - STILL_AWAITED), now)


def _unanswered_of(episodes: list[int], now: datetime) -> QuerySet[Any]:
    check_ins = CheckIn.objects.wanted().filter(episode__in=episodes)
    return _latest_first(check_ins.exclude(ratings__rater=Rater.CLIENT), now)


def _sessions_of(episode: Episode) -> QuerySet[TherapySession]:
    sessions = TherapySession.objects.filter(episode=episode).not_voided()
    return sessions.exclude(attendance=Attendance.CANCELLED).order_by("-starts_at")


# Each is one statement, whatever the number of rows.
AWAITED = Prepared(_awaited, user=User, now=datetime)
UNANSWERED = Prepared(_unanswered_of, episodes=list, now=datetime)
OF_EPISODE = Prepared(
    lambda episode, now: _latest_first(CheckIn.objects.filter(episode=episode), now), episode=Episode, now=datetime
)
OF_SESSIONS = Prepared(
    lambda sessions, now: _latest_first(CheckIn.objects.filter(therapy_session__in=sessions), now),
    sessions=list,
    now=datetime,
)
SESSIONS = Prepared(_sessions_of, episode=Episode)


def _with_progress(check_ins: QuerySet[CheckIn], now: datetime) -> QuerySet[Any]:
    """The check-ins with what `_progress` goes by. Each is looked up for its row: a join would multiply them."""
    answers = Rating.objects.filter(check_in=OuterRef("pk"), rater=Rater.CLIENT, replaced_at__isnull=True)
    links = ClientLink.objects.filter(check_in=OuterRef("pk"), revoked_at__isnull=True)
    deliveries = Delivery.objects.filter(check_in=OuterRef("pk"))
    consents = Consent.objects.filter(client=OuterRef("episode__client"))
    to_email = consents.filter(purpose=Consent.Purpose.EMAIL)
    needed = [
        Q(Exists(consents.filter(purpose=purpose, withdrawn_at__isnull=True))) for purpose in schedule.NEEDED_CONSENTS
    ]
    return check_ins.select_related(
        "episode__client__data_key", "episode__client__practice", "episode__standing", "therapy_session"
    ).annotate(
        answered_at=Subquery(answers.values("answered_at")[:1]),
        answered_by=Subquery(answers.values("mode")[:1]),
        link_until=Subquery(links.order_by("-expires_at").values("expires_at")[:1]),
        due_at=Subquery(deliveries.waiting().order_by("due_at").values("due_at")[:1]),
        sent_at=_latest(deliveries, "sent_at"),
        failed_at=_latest(deliveries, "failed_at"),
        is_on_its_way=Exists(deliveries.filter(schedule.is_on_its_way(now))),
        was_asked_for_email=Exists(to_email),
        agrees_to_email=Exists(to_email.filter(withdrawn_at__isnull=True)),
        email_stopped_at=_latest(to_email, "withdrawn_at"),
        agrees_to_all=ExpressionWrapper(reduce(and_, needed), output_field=BooleanField()),
    )


def _latest(rows: QuerySet[Any], column: str) -> Subquery:
    return Subquery(rows.filter(**{f"{column}__isnull": False}).order_by(f"-{column}").values(column)[:1])


def _row(check_in: Any, now: datetime) -> CheckInRow:
    episode = check_in.episode
    progress, at = _progress(check_in, now)
    reachable = episode.client.email is not None and check_in.agrees_to_all and episode.ends_at is None
    return CheckInRow(
        code=check_in.code,
        case_code=episode.code,
        name=episode.client.display_name,
        session_at=check_in.therapy_session.starts_at,
        progress=progress,
        at=at,
        can_send=reachable
        and not check_in.is_on_its_way
        and progress
        not in (Progress.ANSWERED, Progress.ENTERED, Progress.PAUSED, Progress.IN_VAIN, Progress.NOT_NEEDED),
        missing_in_a_row=episode.standing.missing_in_a_row,
    )


def _progress(check_in: Any, now: datetime) -> tuple[Progress, datetime | None]:
    """The one thing that a therapist should know first, and its time.

    `check_in`: with the columns that `_with_progress` adds.
    """
    client = check_in.episode.client
    due_at, sent_at, failed_at = check_in.due_at, check_in.sent_at, check_in.failed_at
    arrived = sent_at and not (failed_at and failed_at >= sent_at)
    agreed = check_in.agrees_to_email
    paused = client.paused_until and client.paused_until > now
    is_missed = check_in.therapy_session.attendance not in ASKED_ABOUT
    first_that_holds = [
        (check_in.answered_by == Rating.Mode.PAPER, Progress.ENTERED, check_in.answered_at),
        (check_in.answered_at, Progress.ANSWERED, check_in.answered_at),
        (is_missed and sent_at, Progress.IN_VAIN, sent_at),
        (is_missed, Progress.NOT_NEEDED, None),
        (check_in.was_asked_for_email and not agreed, Progress.STOPPED, check_in.email_stopped_at),
        (paused, Progress.PAUSED, client.paused_until),
        (due_at and arrived, Progress.SENT_AND_DUE, due_at),
        (due_at, Progress.DUE, due_at),
        (failed_at and not arrived, Progress.BOUNCED, failed_at),
        (check_in.link_until and check_in.link_until <= now, Progress.EXPIRED, check_in.link_until),
        (sent_at, Progress.SENT, sent_at),
        (check_in.link_until, Progress.SHOWN, check_in.link_until),
        (client.email is None, Progress.NO_EMAIL, None),
        (not agreed, Progress.NO_CONSENT, None),
        (True, Progress.UNSENT, None),
    ]
    return next((progress, at) for holds, progress, at in first_that_holds if holds)
