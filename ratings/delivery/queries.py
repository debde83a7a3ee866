"""Reads: what became of each check-in, for a therapist."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance import scopes
from alliance.models import Consent, Episode, User
from ratings.delivery import schedule
from ratings.models import CheckIn, ClientLink, Rating
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


def unanswered(user: User) -> QuerySet[CheckIn]:
    """The unanswered check-ins of the user's own open episodes, as Today counts."""
    check_ins = CheckIn.objects.wanted().filter(
        episode__among=scopes.own_episodes(user),
        episode__ends_at__isnull=True,
        therapy_session__starts_at__gt=timezone.now() - LISTED_FOR,
    )
    never_asked = Q(therapy_session__attendance=Attendance.PLANNED) & ~Exists(
        ClientLink.objects.filter(check_in=OuterRef("pk"))  # every message and every screen has one
    )
    return check_ins.exclude(ratings__rater=Rater.CLIENT).exclude(never_asked)


def unanswered_check_ins(user: User) -> list[CheckInRow]:
    """The unanswered check-ins as rows, latest session first."""
    return rows_of(unanswered(user))


def latest_unanswered(case_codes: Collection[str]) -> dict[str, CheckInRow]:
    """Case code -> the latest unanswered check-in."""
    check_ins = CheckIn.objects.wanted().filter(episode__code__in=case_codes)
    rows = rows_of(check_ins.exclude(ratings__rater=Rater.CLIENT))
    return {str(row.case_code): row for row in reversed(rows)}


def session_rows(episode: Episode, numbers: Mapping[int, int | None]) -> list[SessionRow]:
    """All sessions of an episode that are not voided or cancelled, latest first.

    `numbers`: session key -> its number.
    """
    check_ins = dict(_keyed_rows(CheckIn.objects.filter(episode=episode)))
    return [
        SessionRow(therapy_session, numbers.get(therapy_session.pk), check_ins.get(therapy_session.pk))
        for therapy_session in TherapySession.objects.filter(episode=episode)
        .not_voided()
        .exclude(attendance=Attendance.CANCELLED)
        .order_by("-starts_at")
    ]


def rows_of(check_ins: QuerySet[CheckIn]) -> list[CheckInRow]:
    """The check-ins as rows, latest session first."""
    return [row for _key, row in _keyed_rows(check_ins)]


def rows_by_session(check_ins: QuerySet[CheckIn]) -> dict[int, CheckInRow]:
    """Session key -> its check-in as a row."""
    return dict(_keyed_rows(check_ins))


def _keyed_rows(check_ins: QuerySet[CheckIn]) -> Iterator[tuple[int, CheckInRow]]:
    """Yields (session key, row), latest session first.

    Three statements, whatever their number.
    """
    now = timezone.now()
    client_rating = Q(ratings__rater=Rater.CLIENT, ratings__replaced_at__isnull=True)
    rows = (
        check_ins.select_related(
            "episode__client__data_key", "episode__client__practice", "episode__standing", "therapy_session"
        )
        .annotate(
            answered_at=Max("ratings__answered_at", filter=client_rating),
            answered_by=Max("ratings__mode", filter=client_rating),
            link_until=Max("links__expires_at", filter=Q(links__revoked_at__isnull=True)),
        )
        .prefetch_related("deliveries", "episode__client__consents")
        .order_by("-therapy_session__starts_at", "-pk")
    )
    for check_in in rows:
        progress, at = _progress(check_in, now)
        yield check_in.therapy_session_id, _row(check_in, progress, at, now)


def _row(check_in: CheckIn, progress: Progress, at: datetime | None, now: datetime) -> CheckInRow:
    episode = check_in.episode
    agreed = {consent.purpose for consent in episode.client.consents.all() if consent.withdrawn_at is None}
    is_on_its_way = any(schedule.is_on_its_way(delivery, now) for delivery in check_in.deliveries.all())
    reachable = episode.client.email is not None and agreed >= schedule.NEEDED_CONSENTS and episode.ends_at is None
    return CheckInRow(
        code=check_in.code,
        case_code=episode.code,
        name=episode.client.display_name,
        session_at=check_in.therapy_session.starts_at,
        progress=progress,
        at=at,
        can_send=reachable
        and not is_on_its_way
        and progress
        not in (Progress.ANSWERED, Progress.ENTERED, Progress.PAUSED, Progress.IN_VAIN, Progress.NOT_NEEDED),
        missing_in_a_row=episode.standing.missing_in_a_row,
    )


def _progress(check_in: Any, now: datetime) -> tuple[Progress, datetime | None]:
    """The one thing that a therapist should know first, and its time.

    `check_in`: with the columns that `_keyed_rows` adds.
    """
    client, deliveries = check_in.episode.client, check_in.deliveries.all()
    consents = [consent for consent in client.consents.all() if consent.purpose == Consent.Purpose.EMAIL]
    agreed = any(consent.withdrawn_at is None for consent in consents)
    paused = client.paused_until and client.paused_until > now
    due_at = min((delivery.due_at for delivery in deliveries if delivery.is_waiting), default=None)
    sent_at = max((delivery.sent_at for delivery in deliveries if delivery.sent_at), default=None)
    failed_at = max((delivery.failed_at for delivery in deliveries if delivery.failed_at), default=None)
    withdrawn_at = max((consent.withdrawn_at for consent in consents if consent.withdrawn_at), default=None)
    is_missed = check_in.therapy_session.attendance not in ASKED_ABOUT
    first_that_holds = [
        (check_in.answered_by == Rating.Mode.PAPER, Progress.ENTERED, check_in.answered_at),
        (check_in.answered_at, Progress.ANSWERED, check_in.answered_at),
        (is_missed and sent_at, Progress.IN_VAIN, sent_at),
        (is_missed, Progress.NOT_NEEDED, None),
        (consents and not agreed, Progress.STOPPED, withdrawn_at),
        (paused, Progress.PAUSED, client.paused_until),
        (due_at, Progress.DUE, due_at),
        (failed_at and not (sent_at and sent_at > failed_at), Progress.BOUNCED, failed_at),
        (check_in.link_until and check_in.link_until <= now, Progress.EXPIRED, check_in.link_until),
        (sent_at, Progress.SENT, sent_at),
        (check_in.link_until, Progress.SHOWN, check_in.link_until),
        (client.email is None, Progress.NO_EMAIL, None),
        (not agreed, Progress.NO_CONSENT, None),
        (True, Progress.UNSENT, None),
    ]
    return next((progress, at) for holds, progress, at in first_that_holds if holds)
