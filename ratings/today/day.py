"""Reads: a therapist's day, what clients want brought up, what is unanswered."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from alliance import scopes
from alliance.models import User
from ratings.cases.lists import CaseRow, case_rows
from ratings.check_in.instrument_choice import STILL_AWAITED
from ratings.check_in.wishes import Wish, wishes
from ratings.delivery.queries import unanswered
from ratings.models import CheckIn
from ratings.psychometrics.evidence import Rater
from ratings.today.saved import JustLogged, just_logged
from sessions.models import Attendance, TherapySession


@dataclass(frozen=True, slots=True)
class DayEntry:
    """One therapy session of a therapist's day."""

    therapy_session: TherapySession
    case: CaseRow
    number: int | None  # the number it has, or will have once it is held; None where the client did not come

    @property
    def is_planned(self) -> bool:
        return self.therapy_session.attendance == Attendance.PLANNED

    @property
    def is_attended(self) -> bool:
        return self.therapy_session.attendance == Attendance.ATTENDED

    @property
    def skipped(self) -> int:
        """Check-ins in a row that did not come; that of this session still may."""
        return max(self.case.standing.missing_in_a_row - self.is_attended, 0)


def day_entries(user: User, start: datetime, end: datetime) -> list[DayEntry]:
    """The user's own therapy sessions that start in `[start, end)`, in order of time."""
    sessions_of_user = TherapySession.objects.not_voided().filter(episode__in=scopes.own_episodes(user))
    today = sessions_of_user.filter(starts_at__gte=start, starts_at__lt=end).exclude(attendance=Attendance.CANCELLED)
    sessions = list(today.order_by("starts_at"))
    keys = {therapy_session.episode_id for therapy_session in sessions}
    cases = {row.standing.pk: row for row in case_rows(scopes.own_episodes(user).filter(pk__in=keys), user)}
    held_before = Counter(
        sessions_of_user.filter(episode__in=keys, attendance=Attendance.ATTENDED, starts_at__lt=start).values_list(
            "episode", flat=True
        )
    )
    entries = []
    for therapy_session in sessions:
        counts = therapy_session.attendance in (Attendance.ATTENDED, Attendance.PLANNED)
        held_before[therapy_session.episode_id] += counts
        number = held_before[therapy_session.episode_id] if counts else None
        entries.append(DayEntry(therapy_session, cases[therapy_session.episode_id], number))
    return entries


@dataclass(frozen=True, slots=True)
class WaitingCheckIn:
    """A check-in that has not been answered."""

    code: str
    case_code: str
    name: str
    session_at: datetime


def waiting_check_ins(user: User) -> list[WaitingCheckIn]:
    """The unanswered check-ins of the user's open episodes, latest session first.

    Of each episode the newest recent one.
    """
    rows = (
        CheckIn.objects.wanted()
        .filter(episode__in=scopes.own_episodes(user), episode__ends_at__isnull=True)
        .filter(therapy_session__starts_at__gt=timezone.now() - STILL_AWAITED)
        .exclude(ratings__rater=Rater.CLIENT)
        .select_related("episode__client__data_key", "therapy_session")
        .order_by("-therapy_session__starts_at")
    )
    newest: dict[int, CheckIn] = {}
    for row in rows:
        newest.setdefault(row.episode_id, row)
    return [
        WaitingCheckIn(
            code=str(row.code),
            case_code=str(row.episode.code),
            name=row.episode.client.display_name,
            session_at=row.therapy_session.starts_at,
        )
        for row in newest.values()
    ]


@dataclass(frozen=True, slots=True)
class Day:
    """The day of a therapist."""

    now: datetime
    saved: JustLogged | None
    entries: list[DayEntry]
    wishes: list[Wish]
    waiting: list[WaitingCheckIn]
    unanswered: int  # all check-ins that have not come back; `waiting` has the recent ones
    has_cases: bool

    @property
    def to_bring_up(self) -> int:
        """How many of the sessions have something to bring up."""
        wished = {wish.case_code for wish in self.wishes}
        return sum(entry.case.standing.rupture is not None or entry.case.code in wished for entry in self.entries)


def day_of(therapist: User) -> Day:
    """The user's day so far, in the current time zone."""
    now = timezone.localtime()
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    entries = day_entries(therapist, start, start + timedelta(days=1))
    episodes = scopes.own_episodes(therapist)
    return Day(
        now=now,
        saved=just_logged(therapist),
        entries=entries,
        wishes=wishes(episodes),
        waiting=waiting_check_ins(therapist),
        unanswered=unanswered(therapist).count(),
        has_cases=bool(entries) or episodes.exists(),
    )
