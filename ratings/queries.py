"""Reads: ORM rows to plain frozen dataclasses, the only bridge to `psychometrics` and to the charts."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils import timezone

from alliance import access
from ratings.check_in.questions import STILL_AWAITED
from ratings.detection.history import HeldSession, held_sessions
from ratings.detection.stored import as_assessment, as_version, detector_version, evidence_of
from ratings.models import Assessment, CheckIn, DetectorVersion, Rating, Rupture, Standing
from ratings.psychometrics import evidence
from ratings.psychometrics.assess import assess
from ratings.psychometrics.evidence import Rater
from sessions.models import Attendance, TherapySession


@dataclass(frozen=True, slots=True)
class CaseHistory:
    """All that the page of one case draws, oldest first."""

    held: list[HeldSession]
    assessments: list[evidence.Assessment]  # one for each held session
    ruptures: list[Rupture]
    version: evidence.Version


def case_history(episode) -> CaseHistory:
    held = held_sessions(episode)
    # The newest version that this episode was replayed under; a newer one may be on its way through the practice.
    versions = DetectorVersion.objects.filter(assessment__episode=episode).order_by("-valid_from")
    row = versions.first() or detector_version(episode.client.practice)
    version = as_version(row)
    stored = {row.therapy_session_id: row for row in Assessment.objects.filter(episode=episode, version=row)}
    if all(therapy_session.row.pk in stored for therapy_session in held):
        assessments = [
            as_assessment(stored[therapy_session.row.pk], therapy_session.number) for therapy_session in held
        ]
    else:  # an import has brought sessions in, and its replay is on its way
        assessments = assess([therapy_session.evidence for therapy_session in held], version)
    return CaseHistory(
        held=held,
        assessments=assessments,
        ruptures=list(
            Rupture.objects.filter(episode=episode)
            .select_related("opened_session", "closed_session")
            .order_by("-opened_session__starts_at", "-pk")
        ),
        version=version,
    )


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of a list of cases."""

    code: str
    name: str
    therapist: str
    therapist_code: str
    standing: Standing
    reason: evidence.Assessment | None  # what speaks for the open rupture
    since: datetime | None
    for_sessions: int  # rated sessions it has lasted
    last: Rupture | None  # the newest that stands, open or over
    aside: str | None  # why it was set aside, as long as it stays aside
    ended_at: datetime | None
    how_ended: str


def case_rows(episodes) -> list[CaseRow]:
    """The episodes of a queryset with their standings, worst first, then by name. Two statements."""
    rows = episodes.filter(standing__isnull=False).select_related(
        "client__data_key", "client__practice", "therapist__practice__data_key", "standing__rupture__opened_session"
    )
    lasts = Rupture.objects.last_of_each([episode.pk for episode in rows])
    cases = []
    for episode in rows:
        rupture, last = episode.standing.rupture, lasts.get(episode.pk)
        stays_aside = last and last.state == Rupture.RuptureState.SET_ASIDE and not last.steady_again
        cases.append(
            CaseRow(
                code=str(episode.code),
                name=episode.client.display_name,
                therapist=episode.therapist.display_name,
                therapist_code=str(episode.therapist.code),
                standing=episode.standing,
                reason=evidence_of(rupture) if rupture else None,
                since=rupture.opened_session.starts_at if rupture else None,
                for_sessions=rupture.evidence.get("for_sessions", 1) if rupture else 0,
                last=last,
                aside=_aside_reason(last, episode.client) if stays_aside and not rupture else None,
                ended_at=episode.ends_at,
                how_ended=episode.get_end_reason_display(),
            )
        )
    return sorted(cases, key=lambda case: (-case.standing.attention, case.name.casefold()))


def _aside_reason(rupture, client):
    return rupture.aside_reason.open(client.data_key) if rupture.aside_reason else ""


@dataclass(frozen=True, slots=True)
class DayEntry:
    """One therapy session of a therapist's day."""

    therapy_session: TherapySession
    case: CaseRow
    number: int | None  # the number it has, or will have once it is held; None where the client did not come

    @property
    def skipped(self):
        """Check-ins in a row that did not come, without that of this session: it still may."""
        held = self.therapy_session.attendance == Attendance.ATTENDED
        return max(self.case.standing.missing_in_a_row - held, 0)


def day_entries(user, start, end) -> list[DayEntry]:
    """The user's own therapy sessions that start in `[start, end)`, in order of time."""
    own = TherapySession.objects.not_voided().filter(episode__in=access.own_episodes(user))
    today = own.filter(starts_at__gte=start, starts_at__lt=end).exclude(attendance=Attendance.CANCELLED)
    sessions = list(today.order_by("starts_at"))
    keys = {therapy_session.episode_id for therapy_session in sessions}
    cases = {row.standing.pk: row for row in case_rows(access.own_episodes(user).filter(pk__in=keys))}
    held_before = Counter(
        own.filter(episode__in=keys, attendance=Attendance.ATTENDED, starts_at__lt=start).values_list(
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
class Wish:
    """Something that a client would like to be brought up, and how."""

    case_code: str
    name: str
    how: str  # Rating.BringUp


def wishes(episodes) -> list[Wish]:
    """What clients want brought up and had no session for since; the newest of each episode. One statement.

    It is said to the therapist alone: pass `access.own_episodes(user)`, or an episode that the user may edit.
    """
    held_since = (
        TherapySession.objects.attended()
        .filter(episode=OuterRef("episode"), starts_at__gt=OuterRef("received_at"))
        .exclude(pk=OuterRef("therapy_session"))
    )  # its time may be corrected to after the answer
    rows = (
        Rating.objects.current()
        .filter(~Exists(held_since), episode__in=episodes, episode__ends_at__isnull=True, rater=Rater.CLIENT)
        .filter(bring_up__in=[Rating.BringUp.GENTLY, Rating.BringUp.MYSELF])
        .select_related("episode__client__data_key")
        .order_by("received_at")
    )
    newest = {row.episode_id: row for row in rows}
    found = [Wish(str(row.episode.code), row.episode.client.display_name, row.bring_up) for row in newest.values()]
    return sorted(found, key=lambda wish: wish.name.casefold())


@dataclass(frozen=True, slots=True)
class WaitingCheckIn:
    """A check-in that has not been answered."""

    code: str
    case_code: str
    name: str
    session_at: datetime


def waiting_check_ins(user) -> list[WaitingCheckIn]:
    """The newest recent check-in of each own open episode, where no answer has come; longest waiting last."""
    rows = (
        CheckIn.objects.not_voided()
        .filter(episode__in=access.own_episodes(user), episode__ends_at__isnull=True)
        .filter(therapy_session__starts_at__gt=timezone.now() - STILL_AWAITED)
        .exclude(ratings__rater=Rater.CLIENT)
        .select_related("episode__client__data_key", "therapy_session")
        .order_by("-therapy_session__starts_at")
    )
    newest = {}
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
