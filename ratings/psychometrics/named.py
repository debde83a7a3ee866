"""Ruptures that people name: by a report after a session, or by hand.

A report opens one where none is open. Such a one is over by the same floor as the others: a person named it, so that it
is called repaired when the ratings are back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ratings.psychometrics.evidence import STRAINED, Assessment, OpenedBy, RuptureState, State, report_of
from ratings.psychometrics.records import RuptureRecord, RuptureUpdate, SessionRecord
from ratings.psychometrics.spells import RATINGS_BACK

Span = tuple[int, int]  # the first and the last position


@dataclass(frozen=True, slots=True)
class Named:
    """What people named, as it stands now."""

    updates: list[RuptureUpdate]
    lost: list[RuptureRecord]  # whose report was taken back, or whose session was voided, and no other goes on with
    spans: list[Span]  # that people named; also of those that stay as they are

    def reach(self, first: int, last: int) -> int | None:
        """The last position of what reaches into these sessions; None where nothing does."""
        return max((end for start, end in self.spans if start <= last and first <= end), default=None)


def named_ruptures(
    sessions: Sequence[SessionRecord],
    assessments: Sequence[Assessment],
    records: Sequence[RuptureRecord],
    is_spoken_for: Callable[[int], bool],
    lost: Sequence[RuptureRecord],
    *,
    taken: bool,
    ended: bool,
    shadow: bool = False,
) -> Named:
    """What people named, as it stands now.

    One rupture is open at a time: a report joins it. `is_spoken_for`: whether something else holds a report of this
    session. `lost`: what the detector no longer speaks for, so that a report may go on with it. `taken`: the detector
    has one open. `shadow`: nobody is told what the detector says, so it says nothing here.
    """
    updates, spans, left = [], [], list(lost)
    last = len(sessions) - 1

    def lies_low(position: int) -> bool:
        return not shadow and assessments[position].state in (*STRAINED, State.SETTLED_LOWER)

    def follow(opened: int, by: OpenedBy, since: datetime | None, key: int | None = None) -> RuptureUpdate:
        state, closed = _goes_on(opened, since, sessions, lies_low, ended=ended)
        return RuptureUpdate(key, state, opened, closed, None, by)

    by_people = [one for one in records if one.opened_by != OpenedBy.DETECTOR and one.state != RuptureState.SET_ASIDE]
    # What is open now goes first, then the newest: another one that would open again stays as it is.
    for record in sorted(by_people, key=lambda one: (one.is_active, one.opened or 0, one.id), reverse=True):
        opened = record.opened
        if record.by_hand and record.begins is not None and sessions:
            opened = min(record.begins, last)
        if opened is None or not (record.by_hand or (report_of(sessions[opened].evidence) and not record.only_retold)):
            if record.state != RuptureState.WITHDRAWN:
                left.append(record)
            continue
        update = follow(opened, record.opened_by, _known_since(record, sessions[opened]), record.id)
        if update.is_active and taken:
            if record.closed is not None:
                spans.append((opened, record.closed))
            continue
        taken |= update.is_active
        updates.append(update)
        spans.append((update.opened, last if update.closed is None else update.closed))
    for position, therapy_session in enumerate(sessions):
        by = report_of(therapy_session.evidence)
        if by is None or is_spoken_for(position) or any(first <= position <= end for first, end in spans):
            continue
        before = one_to_go_on(left, position)
        since = _known_since(before, therapy_session) if before else therapy_session.reported_at
        update = follow(position, by, since, before.id if before else None)
        if update.is_active and taken:
            continue
        if before:
            left.remove(before)
        taken |= update.is_active
        updates.append(update)
        spans.append((position, last if update.closed is None else update.closed))
    return Named(updates, left, spans)


def one_to_go_on(lost: Sequence[RuptureRecord], opened: int) -> RuptureRecord | None:
    """Which of those that lost their session or their report goes on from this session, with what was done about it."""
    fitting = [
        record
        for record in lost
        if record.begins is not None
        and record.begins <= opened
        and (record.closed is None or opened <= record.closed)
        and not record.kept_back
    ]
    return max(fitting, key=lambda one: one.is_active, default=None)


def _known_since(record: RuptureRecord, opening: SessionRecord) -> datetime | None:
    """Since when people know of one on record: an answer that is corrected later tells of nothing new."""
    if record.by_hand or record.opened_at is None or opening.reported_at is None:
        return record.opened_at
    return min(record.opened_at, opening.reported_at)


def _goes_on(
    opened: int,
    since: datetime | None,
    sessions: Sequence[SessionRecord],
    lies_low: Callable[[int], bool],
    *,
    ended: bool,
) -> tuple[RuptureState, int | None]:
    """How a rupture that a person named in a session goes on, and where it is over.

    It is repaired when the client says that it was talked about and helped, or when two rated sessions in a row are
    back and nobody reports strain; never while the ratings lie low. Answers that came in before anybody knew of it say
    nothing of its repair.
    """
    back = 0
    for position in range(opened + 1, len(sessions)):
        evidence, came_in = sessions[position].evidence, sessions[position].by_client_at
        if evidence.tension or evidence.tension_therapist:
            back = 0
            continue
        if evidence.client is None or (since and came_in and came_in < since):
            continue
        back = 0 if lies_low(position) else back + 1
        if back and (evidence.helped or back >= RATINGS_BACK):
            return RuptureState.REPAIRED, position
    if ended:
        return RuptureState.OPEN_AT_END if back else RuptureState.UNREPAIRED, len(sessions) - 1
    return RuptureState.RECOVERING if back else RuptureState.OPEN, None
