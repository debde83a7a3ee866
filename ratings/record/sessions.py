"""Reads: the list of all sessions of a case."""

from dataclasses import dataclass

from alliance import access
from alliance.models import Episode, User
from ratings.cases.case import sessions_in_words
from ratings.delivery.queries import SessionRow, session_rows
from ratings.models import Rating
from ratings.psychometrics.evidence import Rater
from sessions.models import Attendance, PrivateNote, TherapySession


@dataclass(frozen=True, slots=True)
class ListedSession:
    """One session of the list, and what there is to read of it."""

    therapy_session: TherapySession
    row: SessionRow | None  # None: it is removed
    has_comment: bool  # that this reader may read
    has_note: bool  # the therapist's own, for the therapist
    was_corrected: bool

    @property
    def is_planned(self) -> bool:
        return self.therapy_session.attendance == Attendance.PLANNED


@dataclass(frozen=True, slots=True)
class SessionList:
    """All sessions of a case, latest first, or those that were removed."""

    episode: Episode
    name: str
    therapist: str
    can_log: bool  # the reader is the therapist, or covers for them
    reader_is_therapist: bool
    removed: bool
    sessions: list[ListedSession]
    in_words: str
    removed_count: int


def session_list(episode: Episode, reader: User, *, removed: bool = False) -> SessionList:
    """The sessions on record, or those that were removed. The same statements, however many there are."""
    everything = TherapySession.objects.filter(episode=episode)
    gone = list(everything.filter(voided_at__isnull=False).order_by("-starts_at", "-pk"))
    rows = session_rows(episode, _numbers(episode))
    may_read = access.comments_readable_by(reader, episode)
    client_ratings = Rating.objects.filter(episode=episode, rater=Rater.CLIENT, comment__isnull=False)
    commented = {row.therapy_session_id for row in client_ratings.filter(replaced_at__isnull=True) if may_read(row)}
    notes = PrivateNote.objects.visible_to(reader).filter(episode=episode, replaced_at__isnull=True)
    noted = set(notes.values_list("therapy_session", flat=True))
    corrected = set(everything.filter(changes__isnull=False).values_list("pk", flat=True))
    listed = [(row, None) for row in gone] if removed else [(row.therapy_session, row) for row in rows]
    return SessionList(
        episode=episode,
        name=episode.client.display_name,
        therapist=episode.therapist.display_name,
        can_log=access.can_log(reader, episode),
        reader_is_therapist=access.can_edit(reader, episode),
        removed=removed,
        sessions=[
            ListedSession(
                therapy_session=therapy_session,
                row=row,
                has_comment=therapy_session.pk in commented,
                has_note=therapy_session.pk in noted,
                was_corrected=therapy_session.pk in corrected,
            )
            for therapy_session, row in listed
        ],
        in_words=sessions_in_words(rows),
        removed_count=len(gone),
    )


def _numbers(episode: Episode) -> dict[int, int | None]:
    """Session key -> its number: the attended ones, in order."""
    attended = TherapySession.objects.attended().filter(episode=episode).order_by("starts_at")
    return {key: number for number, key in enumerate(attended.values_list("pk", flat=True), 1)}
