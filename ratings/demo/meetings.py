"""The supervision of the first therapist: a meeting twelve days ago, what became of it, and the day of the next one."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from alliance.crypto import Sealed, keyed_hash
from alliance.models import Episode, Membership, Supervision
from ratings.demo.calendar import ZONE, Calendar
from ratings.demo.people import address_of
from ratings.models import Meeting, NextStep, SupervisionNote, SupervisionQuestion

MET_AGO, MEETS_IN = timedelta(days=12), timedelta(days=2)
AT = timedelta(hours=15)  # on the day of the meeting
Reader = SupervisionNote.Reader


@dataclass(frozen=True, slots=True)
class StoryTalk:
    """What the meeting said of one story. Days are counted from the meeting."""

    name: str
    question: str = ""
    note: str = ""
    reader: SupervisionNote.Reader = Reader.BOTH
    step: str = ""
    due_after: int = 0
    done_after: int = 0  # 0: it is still open


TALKS = (
    StoryTalk(
        "Teasel",
        question="I said that I went too fast. How do I notice it before the next time?",
        note="We tried the sentence aloud. Ada hears how quickly she reassures.",
        step="Ask what would tell her that it is mended.",
        due_after=7,
        done_after=5,
    ),
    StoryTalk(
        "Rowan",
        note="Three check-ins without an answer. Ada thinks that the mail goes astray.",
        step="Ring, and ask whether the link arrives.",
        due_after=8,
    ),
    StoryTalk("Sloe", note="Ada speaks of Sloe only when I ask. Watch this.", reader=Reader.SUPERVISOR),
)
REFLECTION = "With those who praise us we ask least. Next time: one case that seems easy."


def add_meetings(therapist: Membership, calendar: Calendar) -> None:
    """Adds the meeting, with the cases that the practice has of the stories."""
    assignment = Supervision.objects.filter(therapist=therapist).select_related("supervisor").first()
    if assignment is None:
        return
    met_at = calendar.now - MET_AGO + AT
    pair = {"supervisor": assignment.supervisor, "therapist": therapist}
    key = therapist.practice.data_key
    meeting = Meeting.objects.create(
        **pair,
        planned_for=timezone.localdate(met_at, ZONE),
        created_at=met_at,
        closed_at=met_at,
        reflection=Sealed(REFLECTION, key),
    )
    for talk in TALKS:
        email_hash = keyed_hash("email", address_of(talk.name))
        own = Episode.objects.filter(therapist=therapist, client__email_hash=email_hash, ends_at__isnull=True)
        episode = own.select_related("client__data_key").first()
        if episode:
            _add(talk, meeting, episode)
    Meeting.objects.create(**pair, planned_for=timezone.localdate(calendar.now + MEETS_IN, ZONE), created_at=met_at)


def _add(talk: StoryTalk, meeting: Meeting, episode: Episode) -> None:
    at, key, of_case = meeting.created_at, episode.client.data_key, {"episode": episode, "meeting": meeting}
    if talk.question:
        SupervisionQuestion.objects.create(
            **of_case,
            text=Sealed(talk.question, key),
            asked_by_id=episode.therapist_id,
            asked_at=at - timedelta(days=1),
            withdrawn_at=at,
        )
    if talk.note:
        SupervisionNote.objects.create(
            **of_case, text=Sealed(talk.note, key), reader=talk.reader, written_by=meeting.supervisor, written_at=at
        )
    if talk.step:
        done = {"done_at": at + timedelta(days=talk.done_after), "done_by_id": episode.therapist_id}
        NextStep.objects.create(
            **of_case,
            text=Sealed(talk.step, key),
            due_on=timezone.localdate(at, ZONE) + timedelta(days=talk.due_after),
            agreed_by=meeting.supervisor,
            agreed_at=at,
            **(done if talk.done_after else {}),
        )
