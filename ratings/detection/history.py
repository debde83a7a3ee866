"""What was held, missed and rated in an episode: rows to the evidence that detection reads."""

from dataclasses import dataclass

from alliance.models import Episode
from ratings.models import CheckIn, Rating
from ratings.psychometrics.evidence import Rater, Scores, SessionEvidence
from sessions.models import Attendance, TherapySession


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
