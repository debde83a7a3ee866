"""What follows from an episode's history: assessments, ruptures, standing. Builds rows, reads and saves none.

Rows become plain records, `psychometrics` says what follows from them, and that becomes rows. One replay after an event
and a bulk fill of thousands of episodes share it, so that both say the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alliance.models import Episode
from ratings.detection.history import HeldSession
from ratings.detection.stored import evidence_of, version_for
from ratings.models import Assessment, DetectorVersion, Rupture, Standing
from ratings.psychometrics import assess
from ratings.psychometrics.evidence import OpenedBy, RuptureState
from ratings.psychometrics.records import RuptureRecord, RuptureUpdate, SessionRecord
from ratings.psychometrics.ruptures import Settlement, settle
from ratings.psychometrics.standing import ActiveRupture, StandingFigures, standing_figures


@dataclass(frozen=True, slots=True)
class Replay:
    """Rows to be stored, in this order."""

    assessments: list[Assessment]
    ruptures: list[Rupture]  # new or touched; those first that are over, or kept back: one may be open at a time
    standing: Standing


def replay(
    episode: Episode, version: DetectorVersion, held_sessions: list[HeldSession], stored: list[Rupture], at: datetime
) -> Replay:
    """The rows that follow from the whole history.

    `held_sessions` and the `stored` ruptures are in order of time, oldest first.
    """
    sessions = [_session_record(held) for held in with_marks(held_sessions, stored)]
    judged_by = version_for(version, episode)
    assessments = assess.assess([therapy_session.evidence for therapy_session in sessions], judged_by)
    constants, ended = assess.constants_of(judged_by), episode.ends_at is not None
    positions = {therapy_session.row.pk: position for position, therapy_session in enumerate(held_sessions)}
    settled = settle(
        sessions,
        assessments,
        [_rupture_record(row, version, positions, held_sessions, sessions) for row in stored],
        constants,
        valid_from=version.valid_from,
        ended=ended,
        shadow=version.shadow,
    )
    touched = _rupture_rows(settled, episode, version, held_sessions, stored, at)
    at_work = [row for row in [*stored, *(row for row in touched if row.pk is None)] if row.is_active]
    active = next((row for row in at_work if row.is_told(shadow=version.shadow) and not row.kept_back), None)
    figures = standing_figures(
        sessions,
        assessments,
        constants,
        rupture=_active_rupture(active, held_sessions) if active else None,
        ended=ended,
    )
    return Replay(
        assessments=[
            Assessment(
                episode_id=episode.pk,
                therapy_session_id=therapy_session.row.pk,
                version_id=version.pk,
                assessed_at=at,
                **assessment.to_json(),
            )
            for therapy_session, assessment in zip(held_sessions, assessments, strict=True)
        ],
        ruptures=sorted(touched, key=lambda row: (row.is_active, not row.kept_back)),
        standing=_standing_row(figures, episode, active, at),
    )


# --- Rows to records --------------------------------------------------------------------------------------------------


def with_marks(held_sessions: Sequence[HeldSession], stored: Sequence[Rupture]) -> list[HeldSession]:
    """The sessions with what the therapist said of the stored ruptures: one named by hand, a level taken for usual."""
    rebased = {row.rebased_session_id for row in stored}
    named = {row.opened_session_id for row in stored if row.named_by_id and row.state != Rupture.RuptureState.SET_ASIDE}
    return [
        replace(held, evidence=replace(held.evidence, rebased=held.row.pk in rebased, named=held.row.pk in named))
        for held in held_sessions
    ]


def _session_record(held: HeldSession) -> SessionRecord:
    return SessionRecord(
        evidence=held.evidence,
        starts_at=held.row.starts_at,
        has_check_in=held.has_check_in,
        by_client_at=held.client.received_at if held.client else None,
        by_therapist_at=held.therapist.received_at if held.therapist else None,
        first_reported_at=held.first_reported_at,
    )


def _rupture_record(
    row: Rupture,
    version: DetectorVersion,
    positions: Mapping[int, int],
    held_sessions: Sequence[HeldSession],
    sessions: Sequence[SessionRecord],
) -> RuptureRecord:
    opened = positions.get(row.opened_session_id)
    of_detector = row.opened_by == OpenedBy.DETECTOR or _is_given_back(row, version)
    opened_by = OpenedBy.DETECTOR if of_detector else OpenedBy(row.opened_by)
    return RuptureRecord(
        id=row.pk,
        state=RuptureState(row.state),
        opened_by=opened_by,
        opened=opened,
        closed=positions.get(row.closed_session_id) if row.closed_session_id else None,
        is_over=row.closed_at is not None,
        of_this_version=row.version_id == version.pk,
        opened_at=row.opened_at,
        aside_at=row.closed_at if row.state == Rupture.RuptureState.SET_ASIDE else None,
        next_held=sum(held.row.starts_at < row.opened_session.starts_at for held in held_sessions),
        by_hand=row.named_by_id is not None or (row.worked_on and opened_by == OpenedBy.THERAPIST),
        is_named=row.named_by_id is not None,
        worked_on=row.worked_on,
        kept_back=row.kept_back and not _is_given_back(row, version),
        only_retold=opened is not None and _is_only_retold(row, version, sessions[opened]),
        may_return=_is_given_back(row, version) or _is_of_what_came_back(row, version),
    )


def _is_taken_over(row: Rupture, update: RuptureUpdate) -> bool:
    """Whether what people say takes its place from here on: it goes on with it, or has it kept back."""
    is_ours = row.opened_by == OpenedBy.DETECTOR and not row.kept_back
    return is_ours and (update.opened_by != OpenedBy.DETECTOR or update.kept_back)


def _is_given_back(row: Rupture, version: DetectorVersion) -> bool:
    """Whether it was taken over under the version that is out of force again."""
    return row.taken_over_id in version.out_of_force


def _is_of_what_came_back(row: Rupture, version: DetectorVersion) -> bool:
    """Whether what spoke for it last is the version that this one brings back, one after that, or this one."""
    came_back = (version.restores_id, *version.out_of_force, version.pk)
    return version.restores_id is not None and row.version_id in came_back


def _is_only_retold(row: Rupture, version: DetectorVersion, opening: SessionRecord) -> bool:
    """Whether a version that is out of force again made it, of a report that was on record before.

    What somebody has worked on since stays theirs.
    """
    said_at = opening.first_reported_at or opening.reported_at
    if version.restores_id is None or said_at is None or row.worked_on:
        return False
    return any(said_at < since <= row.opened_at < until for since, until in version.taken_back)


def _active_rupture(row: Rupture, held_sessions: Sequence[HeldSession]) -> ActiveRupture:
    since = [held.evidence for held in held_sessions if held.row.starts_at >= row.opened_session.starts_at]
    said_by = None
    if row.opened_by == OpenedBy.CLIENT or any(evidence.tension for evidence in since):
        said_by = OpenedBy.CLIENT
    elif row.opened_by == OpenedBy.THERAPIST or any(evidence.tension_therapist for evidence in since):
        said_by = OpenedBy.THERAPIST
    return ActiveRupture(RuptureState(row.state), evidence_of(row), said_by)


# --- Records to rows --------------------------------------------------------------------------------------------------


def _rupture_rows(
    settled: Settlement,
    episode: Episode,
    version: DetectorVersion,
    held_sessions: Sequence[HeldSession],
    stored: Sequence[Rupture],
    at: datetime,
) -> list[Rupture]:
    """The new and the touched rows."""
    rows = {row.pk: row for row in stored}
    touched = []
    for key in settled.withdrawn:
        row = rows[key]
        row.state, row.closed_at = Rupture.RuptureState.WITHDRAWN, at
        touched.append(row)
    for update in settled.updates:
        row = rows[update.id] if update.id else Rupture(episode=episode, opened_at=at)
        if update.id and _is_taken_over(row, update):
            row.taken_over = version
        elif update.opened_by == OpenedBy.DETECTOR and not update.kept_back:
            row.taken_over = None
        row.opened_by = Rupture.OpenedBy(update.opened_by)
        row.opened_session = held_sessions[update.opened].row
        _set_evidence(row, update, version, held_sessions[update.opened])
        row.state = Rupture.RuptureState(update.state)
        row.kept_back = update.kept_back
        if update.closed is None:
            row.closed_session = row.closed_at = None
        else:
            row.closed_session = held_sessions[update.closed].row
            row.closed_at = row.closed_at or max(at, row.opened_at)
        touched.append(row)
    return touched


def _set_evidence(row: Rupture, update: RuptureUpdate, version: DetectorVersion, opening: HeldSession) -> None:
    """What speaks for a rupture. Kind and pillars that somebody named by hand stand."""
    assessment = update.evidence.assessment if update.evidence else None
    row.version = version if update.evidence else None
    row.evidence = update.evidence.to_json() if update.evidence else {}
    if row.named_by_id is None:
        row.kind = (assessment.kind if assessment else opening.evidence.kind_therapist) or ""
        row.pillars = list(assessment.pillars) if assessment else []


def _standing_row(figures: StandingFigures, episode: Episode, rupture: Rupture | None, at: datetime) -> Standing:
    return Standing(
        episode=episode,
        sessions_held=figures.sessions_held,
        check_ins_answered=figures.check_ins_answered,
        missing_in_a_row=figures.missing_in_a_row,
        last_session_at=figures.last_session_at,
        last_rated_at=figures.last_rated_at,
        **{f"{series}_pomp": score for series, score in figures.scores.items()},
        words=dict(figures.words),
        spark={series: spark.to_json() for series, spark in figures.spark.items()},
        notes=list(figures.notes),
        settled_since=figures.settled_since,
        rupture=rupture,
        attention=figures.attention,
        updated_at=at,
    )
