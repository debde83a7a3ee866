"""Reads: what was written about a case: the client's comments for this reader, the therapist's private notes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from alliance.models import Episode, User
from alliance.prepared import Prepared
from ratings.check_in.unseen import is_new_to
from ratings.models import Rating
from ratings.psychometrics.evidence import Rater
from sessions.models import PrivateNote

COMMENTS_SHOWN = 3  # older ones that were read are left to the record
NOTES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Comment:
    """What the client wrote after a session, for this reader."""

    number: int | None  # None: the session counts as missed or cancelled
    session_at: datetime
    text: str
    for_supervisor: bool


@dataclass(frozen=True, slots=True)
class Note:
    """A private note of the therapist."""

    session_at: datetime
    text: str


def comments(
    episode: Episode,
    may_read: Callable[[Rating], bool],
    number_of: Mapping[int, int | None],
    marks_as_read: User | None,
) -> list[Comment]:
    """What the client wrote for this reader, newest first.

    All that nobody has read, or that is new to who marks it as read here, and the last few besides; also about a
    session that counts as missed or cancelled, where the answers themselves do not count. `number_of`: session key ->
    its number.
    """
    rows = WRITTEN.models(episode=episode)
    new = NEW.rows(episode=episode, user=marks_as_read, now=timezone.now()) if marks_as_read else ()
    new_keys = {key for (key,) in new}
    readable = [
        (rating, rating.comment.shown(episode.client.data_key))
        for rating in rows
        if rating.comment and may_read(rating)
    ]
    return [
        Comment(
            number=number_of.get(rating.therapy_session_id),
            session_at=rating.therapy_session.starts_at,
            text=text,
            for_supervisor=rating.comment_for == Rating.CommentFor.SUPERVISOR,
        )
        for position, (rating, text) in enumerate(readable)
        if position < COMMENTS_SHOWN or _is_unread(rating) or rating.pk in new_keys
    ]


def _written(episode: Episode) -> QuerySet[Rating]:
    return Rating.objects.current().filter(episode=episode, rater=Rater.CLIENT, comment__isnull=False)


WRITTEN = Prepared(
    lambda episode: (
        _written(episode).select_related("therapy_session", "check_in").order_by("-therapy_session__starts_at", "-pk")
    ),
    episode=Episode,
)
NEW = Prepared(
    lambda episode, user, now: _written(episode).filter(is_new_to(user, now)).values_list("pk"),
    episode=Episode,
    user=User,
    now=datetime,
)


def _is_unread(rating: Rating) -> bool:
    return rating.check_in is not None and rating.check_in.read_at is None


def latest_notes(episode: Episode, reader: User) -> list[Note]:
    latest, key = NOTES.models(episode=episode, reader=reader), episode.client.data_key
    notes = [Note(note.therapy_session.starts_at, note.text.shown(key)) for note in latest]
    return [note for note in notes if note.text]


def _notes(episode: Episode, reader: User) -> QuerySet[PrivateNote]:
    rows = PrivateNote.objects.visible_to(reader).current().filter(episode=episode).select_related("therapy_session")
    return rows.order_by("-therapy_session__starts_at")[:NOTES_SHOWN]


NOTES = Prepared(_notes, episode=Episode, reader=User)
