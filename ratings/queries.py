"""Reads: ORM rows to plain frozen dataclasses, the only bridge to `psychometrics` and to the charts."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from alliance import access
from alliance.models import Episode
from ratings.models import Assessment, CheckIn, DetectorVersion, Rating, Rupture, Standing, Verdict
from ratings.psychometrics import evidence, instruments
from ratings.psychometrics.assess import assess
from ratings.psychometrics.evidence import Rater, Scores, SessionEvidence
from ratings.psychometrics.proportion import Share, wilson
from sessions.models import Attendance, TherapySession

EPISODE_NEEDS = ("client__data_key", "client__practice", "therapist__practice")  # by every page of a case
OF_EPISODE = tuple(f"episode__{path}" for path in EPISODE_NEEDS)
STILL_AWAITED = timedelta(days=14)  # convention of this app: an older check-in is not on a therapist's mind


def definition_of(instrument):
    """The stored definition of an instrument version, as the scoring reads it."""
    return instruments.parse(instrument.definition)


def detector_version(practice):
    """The practice's newest detector version, or None before the first."""
    return DetectorVersion.objects.filter(practice=practice).order_by("-valid_from").first()


def as_version(row):
    return evidence.Version(
        criterion=row.criterion,
        budget=evidence.Budget(row.budget),
        use=row.use,
        constants=row.constants,
        threshold=row.threshold,
    )


def as_assessment(row, number=None):
    """A stored assessment as the pure code made it."""
    return evidence.Assessment(
        number=number,
        state=evidence.State(row.state),
        suspicion=row.score,
        probability=row.probability,
        alert=row.alert,
        kind=evidence.Kind(row.kind) if row.kind else None,
        pillars=tuple(evidence.Pillar(pillar) for pillar in row.pillars),
        points=tuple(evidence.Points(**point) for point in row.points),
        notes=tuple(row.notes),
    )


@dataclass(frozen=True, slots=True)
class HeldSession:
    """One therapy session that took place or was missed, with what both sides said of it."""

    row: TherapySession
    number: int | None  # derived: attended sessions in order
    client: Rating | None
    therapist: Rating | None
    asked: bool  # there is a check-in for it
    evidence: SessionEvidence


def held_sessions(episode) -> list[HeldSession]:
    """All sessions of the episode that were held or missed, oldest first."""
    return held_by_episode([episode.pk])[episode.pk]


def held_by_episode(keys) -> dict[int, list[HeldSession]]:
    """The held or missed sessions of each episode, oldest first. Three statements, whatever their number."""
    rows = {key: [] for key in keys}
    for row in (
        TherapySession.objects.not_voided()
        .filter(episode__in=keys, attendance__in=[Attendance.ATTENDED, Attendance.NO_SHOW])
        .order_by("starts_at")
    ):
        rows[row.episode_id].append(row)
    ratings = {
        (rating.therapy_session_id, rating.rater): rating
        for rating in Rating.objects.filter(episode__in=keys)
        .current()
        .select_related("instrument", "text", "episode", "check_in")
    }
    asked = set(CheckIn.objects.filter(episode__in=keys).values_list("therapy_session_id", flat=True))
    return {key: hold(rows[key], ratings, asked) for key in keys}


def hold(rows, ratings, asked) -> list[HeldSession]:
    """Puts therapy sessions (held or missed, in order) together with their ratings and check-ins.

    `ratings`: (session key, rater) -> rating; `asked`: the session keys for which there is a check-in.
    """
    held, number = [], 0
    for position, row in enumerate(rows):
        attended = row.attendance == Attendance.ATTENDED
        number += attended
        client = ratings.get((row.pk, Rater.CLIENT))
        therapist = ratings.get((row.pk, Rater.THERAPIST))
        later = position + 1 < len(rows)
        held.append(
            HeldSession(
                row=row,
                number=number if attended else None,
                client=client,
                therapist=therapist,
                asked=row.pk in asked,
                evidence=SessionEvidence(
                    number=number if attended else None,
                    client=_scores(client),
                    therapist=_scores(therapist),
                    attended=attended,
                    # A check-in of the latest session may still come; it is unanswered once another session was held.
                    checkin_answered=True if client else (False if row.pk in asked and later else None),
                    comment_words=client.comment_words if client else None,
                    tension=client.tension if client else None,
                    instrument=str(client.instrument) if client else None,
                ),
            )
        )
    return held


def _scores(rating):
    if rating is None:
        return None
    return Scores(
        goal=rating.goal_pomp,
        task=rating.task_pomp,
        bond=rating.bond_pomp,
        overall=rating.overall_pomp,
        straight_line=rating.straight_line,
    )


def histories(practice):
    """What the detector would read of each episode of a practice, a hundred episodes in memory at once."""
    keys = list(Episode.objects.filter(client__practice=practice).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), 100):
        for held in held_by_episode(keys[start : start + 100]).values():
            yield [therapy_session.evidence for therapy_session in held]


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


def evidence_of(rupture):
    """The assessment that a rupture carries as its evidence; None where a person opened it."""
    if not rupture.evidence:
        return None
    columns = {field.name for field in Assessment._meta.fields}
    stored = {name: value for name, value in rupture.evidence.items() if name in columns}
    return as_assessment(Assessment(**stored), rupture.evidence.get("number"))


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


@dataclass(frozen=True, slots=True)
class VerdictShare:
    """What therapists of a practice said of the flags of one rule."""

    criterion: str
    worth_it: Share  # useful, or known already: there was something
    useful: int
    known: int
    false: int


def verdict_shares(practice) -> list[VerdictShare]:
    """Counted per rule; a rule without a verdict is not listed."""
    counts = defaultdict(Counter)
    rows = Verdict.objects.filter(rupture__version__practice=practice)
    for criterion, answer in rows.values_list("rupture__version__criterion", "answer"):
        counts[criterion][answer] += 1
    return [
        VerdictShare(
            criterion=criterion,
            worth_it=wilson(found["useful"] + found["known"], found.total()),
            useful=found["useful"],
            known=found["known"],
            false=found["false"],
        )
        for criterion, found in sorted(counts.items())
    ]
