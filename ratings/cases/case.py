"""Reads: all that the page of one case shows."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from alliance import access, keeping
from alliance.models import DataKey, Episode, User
from alliance.people.emergency import Opening
from alliance.people.readers import Readers, readers_of
from alliance.prepared import Prepared
from ratings.cases.answered import AnsweredRow, latest_rows
from ratings.cases.charts import Charts, charts_of, totals_in_words
from ratings.cases.now import ReadsAs, WhatNow, what_now
from ratings.cases.now_facts import facts_of
from ratings.cases.written import Comment, Note, comments, latest_notes
from ratings.check_in import links
from ratings.check_in.wishes import Wish, wishes
from ratings.course.queries import CourseView, course_of
from ratings.delivery.queries import SessionRow, session_rows
from ratings.detection.history import HeldSession, held_sessions
from ratings.detection.replay import with_marks
from ratings.detection.shadow import is_in_shadow, told_assessments, told_standing
from ratings.detection.stored import as_assessment, detector_version, evidence_of, version_for
from ratings.findings import phrases
from ratings.findings.date_axis import Show
from ratings.models import Assessment, CheckIn, DetectorVersion, RepairStep, Rupture, Standing
from ratings.plan.queries import PlanView, plan_of
from ratings.psychometrics import evidence
from ratings.psychometrics.assess import assess
from ratings.psychometrics.evidence import OpenedBy, State
from ratings.psychometrics.records import RuptureEvidence
from ratings.supervision.queries import Question, questions_of, standing_steps
from ratings.supervision.steps import Step, open_steps_of
from sessions.models import Attendance
from sessions.schedule.leave import leave_spans
from sessions.schedule.times import Span

SESSIONS_SHOWN = 5  # the others are in the list of all
BACK = {Rupture.RuptureState.REPAIRED, Rupture.RuptureState.BACK_TO_USUAL}
STRAINED = {*evidence.IN_RUPTURE, State.SETTLED_LOWER}


@dataclass(frozen=True, slots=True)
class RuptureEntry:
    """A rupture on record, and what was seen of it in one phrase."""

    rupture: Rupture
    mark: str
    headline: str
    usual_reason: str  # why the therapist took the lower level for the usual one; empty where not
    latest_step: RepairStep | None  # what was said last of its repair

    @property
    def closed_by_a_session(self) -> bool:
        closed = self.rupture.closed_session
        return closed is not None and closed.attendance == Attendance.ATTENDED


@dataclass(frozen=True, slots=True)
class CasePage:
    """The page of one case, for one reader."""

    episode: Episode
    name: str
    therapist: str
    reader_is_therapist: bool
    can_log: bool  # the reader is the therapist, or covers for them
    can_add: bool  # the reader is the therapist, and the therapy has not ended
    standing: Standing
    lead: str
    what_was_seen: str
    notices: list[str]  # what is worth knowing and no rupture
    last_session: HeldSession | None
    next_number: int
    waiting: CheckIn | None
    may_be_asked: bool
    shows_history: bool
    wishes: list[Wish]
    now: WhatNow | None  # the one next thing to do
    next_at: datetime | None  # the start of the next planned session
    charts: Charts
    totals: str
    rated_at: datetime | None  # the session of the latest answers
    answers: list[AnsweredRow]
    tension: str
    comments: list[Comment]
    plan: PlanView
    course: CourseView
    ruptures: list[RuptureEntry]
    question: Question | None  # put forward for supervision
    next_steps: list[Step]  # agreed there and not done
    notes: list[Note]
    sessions: list[SessionRow]
    sessions_in_words: str
    readers: Readers
    asked_erasure: keeping.AskedErasure | None
    emergency: Opening | None  # the hour in which the reader reads it, where they opened it in an emergency
    phone: str  # of the client, for that hour alone: it is opened to reach them

    @property
    def latest_sessions(self) -> list[SessionRow]:
        """The sessions to come, and the last few that were held or missed."""
        past = [row for row in self.sessions if not row.is_planned]
        return [row for row in self.sessions if row.is_planned or row in past[:SESSIONS_SHOWN]]

    @property
    def settled(self) -> Rupture | None:
        """The rupture after which the ratings settled lower, as long as they count as lower."""
        rows = (entry.rupture for entry in self.ruptures if entry.rupture.state in Rupture.MAY_SETTLE)
        return next((row for row in rows if not row.rebased_at), None) if self.standing.settled_since else None

    @property
    def has_answers(self) -> bool:
        return bool(self.answers or self.comments or self.tension)


def case_page(episode: Episode, reader: User, show: Show = Show.ALL) -> CasePage:
    """The page of an episode, with what this reader may see; `show`: of which sessions the charts are.

    The episode comes with its client, therapist and standing.
    """
    client, history = episode.client, case_history(episode)
    standing = told_standing(episode.standing, shadow=history.shadow)
    reader_is_therapist = access.can_edit(reader, episode)
    can_log = reader_is_therapist or access.can_log(reader, episode)
    attended = [therapy_session for therapy_session in history.sessions if therapy_session.number]
    last_session = attended[-1] if attended else None
    latest = next((therapy_session for therapy_session in reversed(attended) if therapy_session.client), None)
    evidence = evidence_of(standing.rupture) if standing.rupture and not history.shadow else None
    charts = charts_of(history, standing, client.display_name, show)
    number_of = {therapy_session.row.pk: therapy_session.number for therapy_session in history.sessions}
    sessions = session_rows(episode, number_of)
    coming = [row for row in sessions if row.is_planned and row.therapy_session.starts_at > timezone.now()]
    heard = wishes([episode.pk]) if access.can_read_wish(reader, episode) else []
    plan = plan_of(episode, history.sessions)
    question = questions_of([episode.pk]).get(episode.pk)
    reads_as = ReadsAs.THERAPIST if reader_is_therapist else ReadsAs.COVER if can_log else ReadsAs.SUPERVISOR
    readers = readers_of(episode)
    steps = _latest_steps(episode)
    emergency = readers.opened_by(reader)
    return CasePage(
        episode=episode,
        name=client.display_name,
        therapist=episode.therapist.display_name,
        reader_is_therapist=reader_is_therapist,
        can_log=can_log,
        can_add=reader_is_therapist and episode.ends_at is None,
        standing=standing,
        lead=_lead(client.display_name, standing, evidence, history, to_therapist=reader_is_therapist),
        what_was_seen=phrases.what_was_seen(evidence, standing),
        notices=phrases.notes_in_words(standing.notes, reader_is_therapist=reader_is_therapist),
        last_session=last_session,
        next_number=len(attended) + 1,
        waiting=_waiting(last_session),
        may_be_asked=links.agrees_to_answer(client),
        shows_history=reader_is_therapist and links.shows_history(client),
        wishes=heard,
        now=what_now(
            facts_of(
                episode,
                reads_as,
                sessions,
                attended,
                plan,
                rupture=standing.rupture,
                evidence=evidence,
                has_wish=bool(heard),
                question=question,
                latest_step=steps.get(standing.rupture.pk) if standing.rupture else None,
            )
        ),
        next_at=coming[-1].therapy_session.starts_at if coming else None,
        charts=charts,
        totals=totals_in_words(history),
        rated_at=latest.row.starts_at if latest else None,
        answers=latest_rows(history, latest, charts.pillars) if latest else [],
        tension=phrases.tension(latest.client) if latest else "",
        comments=comments(
            episode, access.comments_readable_by(reader, episode), number_of, reader if can_log else None
        ),
        plan=plan,
        course=course_of(history.sessions),
        question=question,
        next_steps=open_steps_of([episode.pk]),
        ruptures=[_entry(row, standing, client.data_key, steps.get(row.pk)) for row in history.ruptures],
        notes=latest_notes(episode, reader),
        sessions=sessions,
        sessions_in_words=sessions_in_words(sessions),
        readers=readers,
        asked_erasure=keeping.asked_erasure(client),
        emergency=emergency,
        phone=client.phone.shown(client.data_key) if emergency and client.phone else "",
    )


# --- Its parts --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CaseHistory:
    """What the charts of a case are drawn from, oldest first; the ruptures newest first."""

    sessions: list[HeldSession]
    assessments: list[evidence.Assessment]  # one for each session
    ruptures: list[Rupture]
    version: evidence.Version
    leaves: list[Span]  # of the therapist, while the episode runs
    shadow: bool  # nothing of detection may be shown: the assessments say nothing, and no usual range is drawn


def case_history(episode: Episode) -> CaseHistory:
    """The sessions of an episode, with how the detector assesses them, as far as that may be shown."""
    shadow = is_in_shadow(episode.client.practice)
    ruptures = RUPTURES.models(episode=episode)
    sessions = with_marks(held_sessions(episode), ruptures)
    # The newest version that this episode was replayed under; a newer one may be on its way through the practice.
    row = next(iter(VERSIONS.models(episode=episode)), None) or detector_version(episode.client.practice)
    # Before the first replay of a practice there is none: it will have the defaults.
    version = version_for(row, episode) if row else evidence.Version()
    judged = {one.therapy_session_id: one for one in ASSESSMENTS.models(episode=episode, version=row)} if row else {}
    if all(therapy_session.row.pk in judged for therapy_session in sessions):
        assessments = [
            as_assessment(judged[therapy_session.row.pk], therapy_session.number) for therapy_session in sessions
        ]
    else:  # an import has brought sessions in, and its replay is on its way
        assessments = assess([therapy_session.evidence for therapy_session in sessions], version)
    return CaseHistory(
        sessions=sessions,
        assessments=told_assessments(assessments, shadow=shadow),
        ruptures=ruptures,
        version=version,
        leaves=leave_spans(episode),
        shadow=shadow,
    )


RUPTURES = Prepared(
    lambda episode: (
        Rupture.objects.told()
        .filter(episode=episode)
        .select_related("opened_session", "closed_session")
        .order_by("-opened_session__starts_at", "-pk")
    ),
    episode=Episode,
)
VERSIONS = Prepared(
    lambda episode: DetectorVersion.objects.filter(assessment__episode=episode).order_by("-valid_from")[:1],
    episode=Episode,
)
ASSESSMENTS = Prepared(
    lambda episode, version: Assessment.objects.filter(episode=episode, version=version),
    episode=Episode,
    version=DetectorVersion,
)


def sessions_in_words(rows: Collection[SessionRow]) -> str:
    """How many sessions were held, and apart from them what else is in the list."""
    count = Counter(row.therapy_session.attendance for row in rows)
    attended, unlogged = count[Attendance.ATTENDED], sum(row.is_unlogged for row in rows)
    others = (
        (count[Attendance.NO_SHOW], ngettext_lazy("%(n)s missed", "%(n)s missed", "n")),
        (
            count[Attendance.CANCELLED_LATE],
            ngettext_lazy("%(n)s late cancellation", "%(n)s late cancellations", "n"),
        ),
        (unlogged, ngettext_lazy("%(n)s not logged", "%(n)s not logged", "n")),
        (count[Attendance.PLANNED] - unlogged, ngettext_lazy("%(n)s planned", "%(n)s planned", "n")),
    )
    first = _("No session held")
    if attended:
        first = ngettext("%(n)s session", "%(n)s sessions", attended) % {"n": attended}
    return ", ".join([first, *(phrase % {"n": n} for n, phrase in others if n)])


def _latest_steps(episode: Episode) -> dict[int, RepairStep]:
    """Key of a rupture -> what was said last of its repair. One statement."""
    return {row.rupture_id: row for row in standing_steps([episode.pk]).order_by("said_at", "pk")}


def _entry(rupture: Rupture, standing: Standing, key: DataKey, latest_step: RepairStep | None) -> RuptureEntry:
    evidence, reason, is_its_own = evidence_of(rupture), rupture.rebased_reason, rupture == standing.rupture
    said = phrases.named(standing.said_by if is_its_own else OpenedBy(rupture.opened_by))
    return RuptureEntry(
        rupture=rupture,
        mark=standing.mark if is_its_own else rupture.mark,
        headline=said or phrases.headline(evidence.assessment if evidence else None),
        usual_reason=reason.shown(key) if reason else "",
        latest_step=latest_step,
    )


def _lead(
    name: str, standing: Standing, evidence: RuptureEvidence | None, history: CaseHistory, *, to_therapist: bool
) -> str:
    newest = next(iter(history.ruptures), None)
    is_strained = history.assessments and history.assessments[-1].state in STRAINED
    last = newest if newest and (is_strained or newest.state in BACK) else None
    flag, for_sessions = (evidence.assessment, evidence.for_sessions) if evidence else (None, 1)
    return phrases.case_lead(name, standing, flag, for_sessions, last=last, to_therapist=to_therapist)


def _waiting(last_session: HeldSession | None) -> CheckIn | None:
    """The check-in of the last session, where it is unanswered.

    Of no earlier one: what is answered through the head of the page would be taken for the latest.
    """
    if last_session and last_session.has_check_in and not last_session.client:
        return last_session.row.check_in
    return None
