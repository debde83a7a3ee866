"""Reads an episode's sessions and ratings as the evidence that detection takes."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from alliance.models import Episode, Practice
from alliance.prepared import Prepared
from ratings.models import CheckIn, Rating
from ratings.psychometrics.evidence import Kind, Rater, Scores, SessionEvidence
from ratings.psychometrics.population import Case
from sessions.models import Attendance, TherapySession

EPISODES_AT_ONCE = 100
KINDS: dict[str, Kind] = {
    Rating.Noticed.PULLING_BACK: Kind.WITHDRAWAL,
    Rating.Noticed.PUSHING_BACK: Kind.CONFRONTATION,
    Rating.Noticed.BOTH: Kind.UNCLEAR,
}


@dataclass(frozen=True, slots=True)
class HeldSession:
    """One therapy session that was held or missed, with the ratings of both sides.

    One that the client has answered was held, also where nobody has logged it yet.
    """

    row: TherapySession
    number: int | None  # derived: attended sessions in order
    client: Rating | None
    therapist: Rating | None
    has_check_in: bool
    evidence: SessionEvidence
    first_reported_at: datetime | None = None  # as `SessionRecord` has it


def held_sessions(episode: Episode) -> list[HeldSession]:
    """All sessions of the episode that were held or missed, oldest first."""
    return held_by_episode([episode.pk])[episode.pk]


def held_by_episode(keys: Collection[int]) -> dict[int, list[HeldSession]]:
    """The held or missed sessions of each episode, oldest first.

    Three statements, whatever their number.
    """
    ratings = {(rating.therapy_session_id, rating.rater): rating for rating in RATINGS.models(keys=keys)}
    rows: dict[int, list[TherapySession]] = {key: [] for key in keys}
    for row in SESSIONS.models(keys=keys):
        if is_counted(row, ratings):
            rows[row.episode_id].append(row)
    with_check_in = {key for (key,) in WITH_CHECK_IN.rows(keys=keys)}
    return {key: join_ratings(rows[key], ratings, with_check_in) for key in keys}


RATINGS = Prepared(
    lambda keys: (
        Rating.objects.filter(episode__in=keys).current().select_related("instrument", "text", "episode", "check_in")
    ),
    keys=list,
)
SESSIONS = Prepared(
    lambda keys: TherapySession.objects.not_voided().filter(episode__in=keys).order_by("starts_at"), keys=list
)
WITH_CHECK_IN = Prepared(
    lambda keys: CheckIn.objects.filter(episode__in=keys).values_list("therapy_session_id"), keys=list
)


def is_counted(row: TherapySession, ratings: Mapping[tuple[int, str], Rating]) -> bool:
    """Whether a therapy session was held or missed; one that the client has answered was held."""
    if row.voided_at is not None:
        return False
    if row.attendance == Attendance.PLANNED:
        return (row.pk, Rater.CLIENT) in ratings
    return row.attendance in (Attendance.ATTENDED, Attendance.NO_SHOW)


def join_ratings(
    rows: Collection[TherapySession], ratings: Mapping[tuple[int, str], Rating], with_check_in: Collection[int]
) -> list[HeldSession]:
    """The therapy sessions (held or missed, in order) with their ratings.

    `ratings`: (session key, rater) -> rating; `with_check_in`: the keys of the sessions that have a check-in.
    """
    sessions, number = [], 0
    for position, row in enumerate(rows):
        attended = row.attendance != Attendance.NO_SHOW
        number += attended
        # A missed session may have both, where it was corrected to missed later: they are kept and do not count.
        client = ratings.get((row.pk, Rater.CLIENT)) if attended else None
        therapist = ratings.get((row.pk, Rater.THERAPIST)) if attended else None
        has_check_in = attended and row.pk in with_check_in
        is_latest = position + 1 == len(rows)
        sessions.append(
            HeldSession(
                row=row,
                number=number if attended else None,
                client=client,
                therapist=therapist,
                has_check_in=has_check_in,
                evidence=SessionEvidence(
                    number=number if attended else None,
                    client=_scores(client),
                    therapist=_scores(therapist),
                    attended=attended,
                    # A check-in of the latest session may still come; it is unanswered once another session was held.
                    checkin_answered=True if client else (False if has_check_in and not is_latest else None),
                    comment_words=client.comment_words if client else None,
                    tension=client.tension if client else None,
                    talked_about=client.tension_talked_about if client else None,
                    helped=_helped(client),
                    tension_therapist=_noticed(therapist),
                    kind_therapist=KINDS.get(therapist.noticed) if therapist else None,
                    instrument=str(client.instrument) if client else None,
                    instrument_therapist=str(therapist.instrument) if therapist else None,
                ),
            )
        )
    return sessions


def _noticed(therapist: Rating | None) -> bool | None:
    """Whether the therapist noticed something between the two; None where they left it out."""
    if therapist is None or not therapist.noticed:
        return None
    return therapist.noticed != Rating.Noticed.NOTHING


def _helped(client: Rating | None) -> bool | None:
    """Whether the client says that the talk about the strain helped; None where there was none, or they did not say."""
    if client is None or not client.repair_talked or not client.repair_helped:
        return None
    return client.repair_helped != Rating.RepairHelped.NO


def _scores(rating: Rating | None) -> Scores | None:
    if rating is None:
        return None
    return Scores(
        goal=rating.goal_pomp,
        task=rating.task_pomp,
        bond=rating.bond_pomp,
        overall=rating.overall_pomp,
        straight_line=rating.straight_line,
    )


def cases(practice: Practice, latest: int | None = None) -> Iterator[Case]:
    """Yields what the detector would read of each episode of a practice, the latest first, or of the latest ones.

    A hundred episodes are in memory at once.
    """
    rows = Episode.objects.filter(client__practice=practice).order_by("-starts_at", "-pk")
    therapists = dict(rows.values_list("pk", "therapist_id")[:latest])
    keys = list(therapists)
    for start in range(0, len(keys), EPISODES_AT_ONCE):
        for key, sessions in held_by_episode(keys[start : start + EPISODES_AT_ONCE]).items():
            yield Case([therapy_session.evidence for therapy_session in sessions], str(therapists[key]))
