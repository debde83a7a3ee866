"""Reads: meetings that are over, and whom one has supervision with."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from django.db.models import Exists, OuterRef, Q, QuerySet

from alliance.advising import Adviser
from alliance.crypto import keyed_hash
from alliance.models import Episode, Membership, User
from alliance.scopes import live_assignments, live_memberships, therapists_supervised_by, visible_episodes
from ratings.models import Meeting, SupervisionNote, SupervisionQuestion
from ratings.supervision.queries import Question, questions_of
from ratings.supervision.steps import Step, in_words, standing_steps, steps_to_do


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note on a case, as a reader may see it."""

    text: str
    reader: str
    is_for_both: bool


@dataclass(frozen=True, slots=True)
class MeetingLine:
    """A meeting as a line of a list."""

    code: str
    supervisor: str
    therapist: str
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class PastCase:
    """What a meeting said of one case."""

    code: str
    name: str
    question: str
    note: NoteRow | None
    step: Step | None


@dataclass(frozen=True, slots=True)
class PastMeeting:
    """A meeting that is over, for one reader."""

    line: MeetingLine
    reader_is_supervisor: bool
    therapist_code: str
    next_day: date | None  # of the next meeting of the two, where this is the last that is over
    reflection: str
    cases: list[PastCase]


@dataclass(frozen=True, slots=True)
class Supervisee:
    """Somebody whom a supervisor meets."""

    code: str
    name: str
    planned_for: date | None
    last_met: datetime | None
    questions: int


@dataclass(frozen=True, slots=True)
class AskedCase:
    """A case that the reader has put forward."""

    code: str
    name: str
    question: Question


@dataclass(frozen=True, slots=True)
class SupervisionPage:
    """Supervision as one person has it, in either part."""

    is_supervisor: bool
    is_therapist: bool
    supervisees: list[Supervisee]
    planned: list[tuple[str, date]]  # supervisor, day: as the therapist has them
    asked: list[AskedCase]
    to_do: list[Step]
    past: list[MeetingLine]


def meetings_of(adviser: Adviser) -> QuerySet[Meeting]:
    """The meetings of the two, closed or open."""
    return Meeting.objects.filter(supervisor=adviser.membership, therapist=adviser.therapist)


def code_of_next(adviser: Adviser) -> UUID:
    """The code of a meeting of the two that closing it is to make, where none is open.

    It follows from the meeting before, so that each page which was opened since then names the same, and the unique
    code lets one be made. The one before is the last that was made, whatever the clock said: by the clock it could be
    an older one, whose next is there already.
    """
    before = meetings_of(adviser).filter(closed_at__isnull=False).order_by("pk").last()
    return uuid5(before.code if before else adviser.membership.code, str(adviser.therapist.code))


def mark_of(note: str, reader: str, step: str, due_on: date | None) -> str:
    """What stands for what a meeting has said of a case: a page names what it showed, and shows it to nobody else."""
    said = [note, reader if note else "", step, str(due_on) if step else ""]
    return keyed_hash("said in a meeting", json.dumps(said))


def lines_of(meetings: QuerySet[Meeting], reader: User) -> list[MeetingLine]:
    """The meetings that are over and that the reader may read, newest first; one statement."""
    rows = meetings.filter(closed_at__isnull=False, pk__in=Meeting.objects.visible_to(reader).values("pk"))
    rows = rows.select_related("supervisor__practice__data_key", "therapist__practice__data_key")
    return [_line(row) for row in rows.order_by("-closed_at", "-pk")]


def _line(row: Meeting) -> MeetingLine:
    assert row.closed_at is not None
    return MeetingLine(str(row.code), row.supervisor.display_name, row.therapist.display_name, row.closed_at)


def notes_in(meeting: Meeting, reader: User) -> dict[int, NoteRow]:
    """Episode key -> the note of a meeting on it, as far as the reader may see it; one statement."""
    rows = SupervisionNote.objects.visible_to(reader).filter(meeting=meeting, replaced_at__isnull=True)
    both = SupervisionNote.Reader.BOTH
    return {
        row.episode_id: NoteRow(row.text.shown(row.episode.client.data_key), row.reader, row.reader == both)
        for row in rows.select_related("episode__client__data_key")
    }


def past_meeting(meeting: Meeting, reader: User) -> PastMeeting:
    """A closed meeting with what the reader may see of it: only of cases that are in their sight."""
    notes = notes_in(meeting, reader)
    visible = visible_episodes(reader)
    steps = {step.episode_key: step for step in in_words(standing_steps().filter(meeting=meeting, episode__in=visible))}
    asked = SupervisionQuestion.objects.filter(meeting=meeting, episode__in=visible)
    questions = {
        row.episode_id: row.text.shown(row.episode.client.data_key)
        for row in asked.select_related("episode__client__data_key")
    }
    episodes = Episode.objects.filter(pk__in={*notes, *steps, *questions}).select_related("client__data_key")
    key = meeting.supervisor.practice.data_key
    return PastMeeting(
        line=_line(meeting),
        reader_is_supervisor=meeting.supervisor.user_id == reader.pk,
        therapist_code=str(meeting.therapist.code),
        next_day=_day_after(meeting),
        reflection=meeting.reflection.shown(key) if meeting.reflection else "",
        cases=[
            PastCase(
                code=str(row.code),
                name=row.client.display_name,
                question=questions.get(row.pk, ""),
                note=notes.get(row.pk),
                step=steps.get(row.pk),
            )
            for row in episodes.order_by("pk")
        ],
    )


def _day_after(meeting: Meeting) -> date | None:
    of_two = Meeting.objects.filter(supervisor=meeting.supervisor_id, therapist=meeting.therapist_id)
    if of_two.filter(closed_at__gt=meeting.closed_at).exists():
        return None
    planned = of_two.filter(_can_be_held(), closed_at__isnull=True)
    return planned.values_list("planned_for", flat=True).first()


def _can_be_held() -> Exists:
    """The condition that the supervisor of a meeting still supervises its therapist, in all cases or in one."""
    of_the_two = Q(therapist=OuterRef("therapist")) | Q(episode__therapist=OuterRef("therapist"))
    return Exists(live_assignments().filter(of_the_two, supervisor=OuterRef("supervisor")))


def supervision_page(reader: User, *, is_supervisor: bool, is_therapist: bool) -> SupervisionPage:
    """Whom a supervisor meets, what a therapist has put forward and agreed, and the past meetings of both."""
    open_meetings = Meeting.objects.visible_to(reader).filter(closed_at__isnull=True, planned_for__isnull=False)
    open_meetings = open_meetings.filter(_can_be_held()).select_related("supervisor__practice__data_key")
    past = lines_of(Meeting.objects.all(), reader)
    return SupervisionPage(
        is_supervisor=is_supervisor,
        is_therapist=is_therapist,
        supervisees=supervisees_of(reader) if is_supervisor else [],
        planned=[
            (row.supervisor.display_name, row.planned_for)
            for row in open_meetings.filter(therapist__user=reader.pk).order_by("planned_for")
            if row.planned_for
        ],
        asked=_asked(reader) if is_therapist else [],
        to_do=steps_to_do(reader) if is_therapist else [],
        past=past,
    )


def supervisees_of(reader: User) -> list[Supervisee]:
    """The therapists whom a supervisor meets, the one whose meeting is next at the head.

    One whose supervised cases have all ended stays until their open meeting is closed.
    """
    places = live_memberships(reader, "supervisor")
    of_them = Q(therapist=OuterRef("pk"))
    of_an_open_case = Q(episode__therapist=OuterRef("pk"), episode__ends_at__isnull=True)
    open_meetings = Meeting.objects.filter(of_them, supervisor__in=places, closed_at__isnull=True)
    has_work = Exists(live_assignments(reader).filter(of_them | of_an_open_case)) | Exists(open_meetings)
    therapists = list(therapists_supervised_by(reader).filter(has_work).select_related("practice__data_key"))
    meetings: dict[int, list[Meeting]] = {member.pk: [] for member in therapists}
    for row in Meeting.objects.filter(supervisor__in=places, therapist__in=meetings):
        meetings[row.therapist_id].append(row)
    asked: dict[int, int] = dict.fromkeys(meetings, 0)
    standing = SupervisionQuestion.objects.visible_to(reader).filter(withdrawn_at__isnull=True)
    for key in standing.filter(episode__ends_at__isnull=True).values_list("episode__therapist", flat=True):
        if key in asked:
            asked[key] += 1
    found = [_supervisee(member, meetings[member.pk], asked[member.pk]) for member in therapists]
    return sorted(found, key=lambda one: (one.planned_for is None, one.planned_for or date.max, one.name))


def _supervisee(member: Membership, meetings: Sequence[Meeting], questions: int) -> Supervisee:
    closed = [row.closed_at for row in meetings if row.closed_at]
    planned = next((row.planned_for for row in meetings if row.closed_at is None), None)
    return Supervisee(str(member.code), member.display_name, planned, max(closed, default=None), questions)


def _asked(reader: User) -> list[AskedCase]:
    own = Episode.objects.filter(therapist__in=live_memberships(reader, "therapist"), ends_at__isnull=True)
    questions = questions_of(own.values_list("pk", flat=True))
    rows = Episode.objects.filter(pk__in=questions).select_related("client__data_key").order_by("pk")
    return [AskedCase(str(row.code), row.client.display_name, questions[row.pk]) for row in rows]
