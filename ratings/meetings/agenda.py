"""Reads: a meeting of a supervisor and a therapist, in four steps.

The order is that of supervision with PCOMS: clients who do not gain, and new ones; data and plans; the therapist's own
figures; reflection. The source is in docs/reference/science.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.advising import Adviser
from alliance.models import Episode
from alliance.names import folded
from alliance.scopes import supervised_episodes
from ratings.cases.lists import CaseRow, case_rows
from ratings.meetings.figures import OwnFigures, own_figures
from ratings.meetings.past import MeetingLine, NoteRow, code_of_next, lines_of, mark_of, meetings_of, notes_in
from ratings.psychometrics.standing import FEWEST_MISSING
from ratings.supervision.queries import kinds_of
from ratings.supervision.steps import Step, in_words, standing_steps
from ratings.supervision.words import Prompts, prompts_for
from sessions.models import Goal, Task, TherapySession

MOST_RAISED = 5  # by the list, beside what was put forward; convention of this app
NEW_FOR = timedelta(weeks=6)  # convention of this app


class Why(TextChoices):
    """Why a case is on the agenda."""

    PUT_FORWARD = "put_forward", _("Put forward")
    ADDED = "added", _("Added by you")
    RAISED = "raised", _("From the list")


@dataclass(frozen=True, slots=True)
class Said:
    """What a meeting has said of a case so far."""

    note: NoteRow | None
    step: Step | None

    @property
    def is_settled(self) -> bool:
        return bool(self.note or self.step)

    @property
    def mark(self) -> str:
        note, step = self.note or NoteRow("", "", is_for_both=False), self.step
        return mark_of(note.text, note.reader, step.text if step else "", step.due_on if step else None)


@dataclass(frozen=True, slots=True)
class AgendaCase:
    """A case on the agenda."""

    case: CaseRow
    why: Why
    said: Said


@dataclass(frozen=True, slots=True)
class Unlogged:
    """A case with sessions that are over and that nobody logged."""

    case: CaseRow
    count: int


@dataclass(frozen=True, slots=True)
class Agenda:
    """All that the page of the open meeting shows."""

    therapist: str
    therapist_code: str
    code: UUID  # of the open meeting, or of the one that closing it makes
    planned_for: date | None
    last_time: list[Step]  # done since, or still open
    cases: list[AgendaCase]
    more_raised: int
    new: list[CaseRow]
    others: list[CaseRow]  # which may be added
    gaps: list[CaseRow]
    unlogged: list[Unlogged]
    without_plan: list[CaseRow]
    open_cases: int
    figures: OwnFigures
    prompts: list[Prompts]
    past: list[MeetingLine]

    @property
    def put_forward(self) -> int:
        return sum(row.why == Why.PUT_FORWARD for row in self.cases)

    @property
    def raised(self) -> int:
        return sum(row.why == Why.RAISED for row in self.cases)

    @property
    def still_open(self) -> int:
        return sum(step.done_at is None for step in self.last_time)


def agenda_of(adviser: Adviser, added: str = "") -> Agenda:
    """The open meeting; `added`: the code of a case that is to be on it too.

    The cases are those that this supervisor reads: one with a supervisor of its own is in that one's meetings. Of those
    that have ended the figures alone tell, or the last 90 days would lack what was done in them.
    """
    reader = adviser.membership.user
    episodes = supervised_episodes(reader).filter(therapist=adviser.therapist.pk)
    own = list(episodes.values_list("pk", "starts_at", "ends_at"))
    started = {key: starts_at for key, starts_at, ends_at in own if ends_at is None}
    keys = list(started)
    rows = case_rows(keys)
    meeting = meetings_of(adviser).filter(closed_at__isnull=True).first()
    past = lines_of(meetings_of(adviser), reader)
    notes = notes_in(meeting, reader) if meeting else {}
    steps = in_words(standing_steps().filter(episode__in=keys))
    steps_now = {step.episode_key: step for step in steps if meeting and step.meeting_key == meeting.pk}
    cases, more = _cases(rows, notes, steps_now, added)
    shown = {item.case.code for item in cases}
    missing_plan = _without_plan(keys)
    strained = [row for row in rows if _is_at_risk(row)]
    unlogged = _unlogged(keys)
    return Agenda(
        therapist=adviser.therapist.display_name,
        therapist_code=str(adviser.therapist.code),
        code=meeting.code if meeting else code_of_next(adviser),
        planned_for=meeting.planned_for if meeting else None,
        last_time=_last_time(steps, steps_now, past[0].closed_at if past else None),
        cases=cases,
        more_raised=more,
        new=[row for row in rows if _is_new(row, started[row.standing.pk]) and row.code not in shown],
        others=sorted((row for row in rows if row.code not in shown), key=lambda row: folded(row.name)),
        gaps=[row for row in rows if row.standing.missing_in_a_row >= FEWEST_MISSING],
        unlogged=[Unlogged(row, unlogged[row.standing.pk]) for row in rows if row.standing.pk in unlogged],
        without_plan=[row for row in strained if row.standing.pk in missing_plan],
        open_cases=len(rows),
        figures=own_figures([key for key, _starts_at, _ends_at in own]),
        prompts=prompts_for(kinds_of([row.standing.pk for row in strained]).values()),
        past=past,
    )


def said_so_far(adviser: Adviser, episode: Episode) -> Said:
    """What the open meeting of the two has said of one case."""
    meeting = meetings_of(adviser).filter(closed_at__isnull=True).first()
    if meeting is None:
        return Said(None, None)
    steps = in_words(standing_steps().filter(meeting=meeting, episode=episode))
    note = notes_in(meeting, adviser.membership.user).get(episode.pk)
    return Said(note, steps[0] if steps else None)


def _is_at_risk(row: CaseRow) -> bool:
    return bool(row.standing.rupture or row.standing.settled_since)


def _is_new(row: CaseRow, started: datetime) -> bool:
    return started > timezone.now() - NEW_FOR and not _is_at_risk(row)


def _cases(
    rows: Sequence[CaseRow], notes: dict[int, NoteRow], steps: dict[int, Step], added: str
) -> tuple[list[AgendaCase], int]:
    """The cases of the agenda, what was put forward first; and how many more the list would raise."""
    found, raised = [], 0
    for row in rows:
        key = row.standing.pk
        if row.question:
            why = Why.PUT_FORWARD
        elif row.code == added or ((key in notes or key in steps) and not _is_at_risk(row)):
            why = Why.ADDED
        elif _is_at_risk(row):
            why, raised = Why.RAISED, raised + 1
        else:
            continue
        if why == Why.RAISED and raised > MOST_RAISED and key not in notes and key not in steps:
            continue
        found.append(AgendaCase(row, why, Said(notes.get(key), steps.get(key))))
    order = list(Why)
    found.sort(key=lambda item: order.index(item.why))  # stable: within each, what needs a look first
    return found, raised - sum(item.why == Why.RAISED for item in found)


def _last_time(steps: Sequence[Step], steps_now: dict[int, Step], since: datetime | None) -> list[Step]:
    """Steps of earlier meetings that are still open, or were done since the last one. The done ones first."""
    now = {step.code for step in steps_now.values()}
    earlier = [step for step in steps if step.code not in now]
    shown = [step for step in earlier if step.done_at is None or (since and step.done_at > since)]
    return sorted(shown, key=lambda step: step.done_at is None)


def _unlogged(episodes: Sequence[int]) -> dict[int, int]:
    """Episode key -> sessions that are over and not logged."""
    over = TherapySession.objects.planned().filter(episode__in=episodes, ends_at__lt=timezone.now())
    return dict(over.order_by().values_list("episode").annotate(Count("pk")))


def _without_plan(episodes: Sequence[int]) -> set[int]:
    """The episodes that have no goal and no task running."""
    planned = {
        key
        for model in (Goal, Task)
        for key in model.objects.filter(episode__in=episodes, ended_at__isnull=True).values_list("episode", flat=True)
    }
    return set(episodes) - planned
