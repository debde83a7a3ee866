"""Writes of meetings. A supervisor writes these, and nothing else about a case. Keyword-only, audit inside.

A write about a case locks the episode first, then the meeting; each asks its right again after the lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.advising import Adviser
from alliance.audit import Verb
from alliance.crypto import Sealed
from alliance.models import DataKey, Episode, Membership
from alliance.refusal import Refused
from ratings.detection.reassess import lock_episode
from ratings.meetings.past import code_of_next, mark_of, meetings_of
from ratings.models import Meeting, NextStep, SupervisionNote, SupervisionQuestion
from ratings.supervision.steps import standing_steps


@transaction.atomic
def plan_meeting(*, adviser: Adviser, day: date) -> Meeting:
    """Says on which day the two meet next."""
    meeting = _open_meeting(adviser)
    adviser.check_again()
    if meeting.planned_for != day:
        meeting.planned_for = day
        meeting.save(update_fields=["planned_for"])
        audit.record(Verb.CHANGED, meeting, by=adviser.membership)
    return meeting


@transaction.atomic
def write_down(
    *, adviser: Adviser, episode: Episode, note: str, reader: str, step: str, due_on: date | None, shown: str = ""
) -> None:
    """What the meeting says of a case: a note and a next step. An empty one takes away what stood there.

    What was there before stays as a row that was replaced. `shown`: the `mark_of` what the page showed to who wrote
    this, where it named any.

    Raises
    ------
    WrittenMeanwhile
        Something else stands there by now, and would be replaced unseen.
    """
    lock_episode(episode)
    adviser.check_again(episode.pk)
    meeting = _open_meeting(adviser)
    of_case, key = {"meeting": meeting, "episode": episode}, episode.client.data_key
    stood = SupervisionNote.objects.filter(**of_case, replaced_at__isnull=True).first()
    agreed = standing_steps().filter(**of_case).first()
    _check_shown(shown, stood, agreed, key, mark_of(note, reader, step, due_on))
    if (stood.text.shown(key), stood.reader) != (note, reader) if stood else note:
        _replace(stood)
        if note:
            row = SupervisionNote.objects.create(
                **of_case, text=Sealed(note, key), reader=reader, written_by=adviser.membership
            )
            audit.record(Verb.CREATED, row, by=adviser.membership)
    if (agreed.text.shown(key), agreed.due_on) != (step, due_on) if agreed else step:
        _replace(agreed)
        if step and due_on:
            made = NextStep.objects.create(
                **of_case, text=Sealed(step, key), due_on=due_on, agreed_by=adviser.membership
            )
            audit.record(Verb.CREATED, made, by=adviser.membership)


def _check_shown(shown: str, stood: SupervisionNote | None, agreed: NextStep | None, key: DataKey, wanted: str) -> None:
    """Raises where the page showed something else than what stands there, unless that is what is wanted."""
    stands = mark_of(
        stood.text.shown(key) if stood else "",
        stood.reader if stood else "",
        agreed.text.shown(key) if agreed else "",
        agreed.due_on if agreed else None,
    )
    if shown and shown != stands and wanted != stands:
        raise WrittenMeanwhile(
            _(
                "What the meeting says of this case was changed meanwhile, in another tab. Nothing is saved yet: look"
                " at what it says now, and press again to put yours in its place."
            )
        )


def _replace(row: SupervisionNote | NextStep | None) -> None:
    if row:
        row.replaced_at = timezone.now()
        row.save(update_fields=["replaced_at"])


class WrittenMeanwhile(Refused):
    """Of a case something else was written than the page showed."""


class NotThisMeeting(Refused):
    """The meeting that the page showed is closed, or another one is open than that."""


class NothingWritten(Refused):
    """There is no note, no next step and no reflection to close a meeting with."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of one meeting, of several that are closed at once."""

    adviser: Adviser
    reflection: str
    code: UUID | None = None  # of the meeting, as the page showed it


@transaction.atomic
def close_meetings(*, closings: Sequence[Closing], next_day: date | None) -> list[Meeting]:
    """Closes the meetings with several therapists, and plans the next of each; those that are closed now.

    One in which nothing was written stays open.

    Raises
    ------
    NothingWritten
        In none of them anything was written.
    NotThisMeeting
        One of them is not the open one.
    """
    closed = []
    for closing in sorted(closings, key=lambda one: one.adviser.therapist.pk):  # two at once lock in one order
        try:
            closed.append(
                close_meeting(
                    adviser=closing.adviser, reflection=closing.reflection, next_day=next_day, code=closing.code
                )
            )
        except NothingWritten:
            if next_day:
                plan_meeting(adviser=closing.adviser, day=next_day)
    if not closed:
        raise NothingWritten(_("Write a note, a next step or a reflection first."))
    return closed


@transaction.atomic
def close_meeting(*, adviser: Adviser, reflection: str, next_day: date | None, code: UUID | None = None) -> Meeting:
    """Closes the open meeting, settles the questions it was about, and plans the next one.

    `code`: that of the meeting as the page showed it, or of the one that is to be made: all pages that were opened
    before it name the same. Said a second time in the same words, it is the meeting that was closed the first time.

    Raises
    ------
    NothingWritten
        Nothing was written down.
    NotThisMeeting
        The meeting with this `code` was closed in other words, or it is neither the open one nor the next.
    """
    # Of a form that is sent twice, the second waits here.
    Membership.objects.select_for_update(no_key=True).get(pk=adviser.membership.pk)
    adviser.check_again()
    before = Meeting.objects.filter(code=code).first() if code else None
    if before and (before.closed_at or not _is_of(before, adviser)):
        if _is_of(before, adviser) and _says(before, reflection, next_day, adviser):
            return before
        raise NotThisMeeting(_closed_already(adviser))
    if code and not before and not meetings_of(adviser).filter(closed_at__isnull=True).exists():
        _check_next(code, adviser)
    meeting = _open_meeting(adviser, code=code)
    talked_about = Q(supervision_notes__meeting=meeting, supervision_notes__replaced_at__isnull=True) | Q(
        next_steps__meeting=meeting, next_steps__replaced_at__isnull=True
    )
    episodes = Episode.objects.filter(talked_about).distinct()
    if not reflection and not episodes.exists():
        raise NothingWritten(_("Write a note, a next step or a reflection first."))
    if code and meeting.code != code:
        sentence = _(
            "The meeting with %(name)s that is open now is not the one that this page showed. Nothing is saved yet:"
            " look at the agenda, and press again to close it."
        )
        raise NotThisMeeting(sentence % {"name": adviser.therapist.display_name})
    now = timezone.now()
    meeting.closed_at = now
    meeting.reflection = Sealed(reflection, adviser.membership.practice.data_key) if reflection else None
    meeting.save(update_fields=["closed_at", "reflection"])
    questions = SupervisionQuestion.objects.filter(withdrawn_at__isnull=True)
    questions.filter(Exists(episodes.filter(pk=OuterRef("episode")))).update(withdrawn_at=now, meeting=meeting)
    audit.record(Verb.ENDED, meeting, by=adviser.membership)
    if next_day:
        _open_meeting(adviser, planned_for=next_day)
    return meeting


def _is_of(meeting: Meeting, adviser: Adviser) -> bool:
    return (meeting.supervisor_id, meeting.therapist_id) == (adviser.membership.pk, adviser.therapist.pk)


def _check_next(code: UUID, adviser: Adviser) -> None:
    """Raises unless a page shown now would give the next meeting this code."""
    if code != code_of_next(adviser):
        sentence = _(
            "This page is out of date. Nothing is saved yet: look at the agenda, and press again to close the meeting"
            " with %(name)s."
        )
        raise NotThisMeeting(sentence % {"name": adviser.therapist.display_name})


def _says(meeting: Meeting, reflection: str, next_day: date | None, adviser: Adviser) -> bool:
    """Whether a closed meeting has this reflection, and this is the day of the next one."""
    planned = meetings_of(adviser).filter(closed_at__isnull=True).values_list("planned_for", flat=True).first()
    stood = meeting.reflection.shown(adviser.membership.practice.data_key) if meeting.reflection else ""
    return (stood, planned) == (reflection, next_day)


def _closed_already(adviser: Adviser) -> str:
    sentence = _(
        "The meeting with %(name)s is closed already. Nothing more was saved: press again only to close the next one."
    )
    return sentence % {"name": adviser.therapist.display_name}


def _open_meeting(adviser: Adviser, planned_for: date | None = None, code: UUID | None = None) -> Meeting:
    """The meeting of the two that is not closed, locked; it is made where there is none, with this `code`."""
    pair = {"supervisor": adviser.membership, "therapist": adviser.therapist, "closed_at": None}
    made = {"planned_for": planned_for, "code": code or uuid4()}
    meeting, is_new = Meeting.objects.get_or_create(**pair, defaults=made)
    if is_new:
        audit.record(Verb.CREATED, meeting, by=adviser.membership)
        return meeting
    locked = Meeting.objects.select_for_update(no_key=True).filter(pk=meeting.pk, closed_at__isnull=True).first()
    if locked is None:  # closed in another tab while this one waited
        raise Refused(_("This meeting was closed just now. Open it again to go on."))
    return locked
