"""Ruptures that people name: by a report after a session, or by hand.

A report opens one where none is open. Such a one is over by the same floor as the others: a person named it, so that it
is called repaired when the ratings are back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ratings.psychometrics.evidence import STRAINED, Assessment, OpenedBy, RuptureState, State, report_of
from ratings.psychometrics.records import RuptureRecord, RuptureUpdate, SessionRecord
from ratings.psychometrics.spells import RATINGS_BACK

Span = tuple[int, int]  # the first and the last position


@dataclass(frozen=True, slots=True)
class Named:
    """What people named, as it stands now."""

    updates: list[RuptureUpdate]
    lost: list[RuptureRecord]  # whose report was taken back, or whose session was voided
    spans: list[Span]  # that people named; also of those that stay as they are

    def reach(self, first: int, last: int) -> int | None:
        """The last position of what reaches into these sessions; None where nothing does."""
        return max((end for start, end in self.spans if start <= last and first <= end), default=None)


def named_ruptures(
    sessions: Sequence[SessionRecord],
    assessments: Sequence[Assessment],
    records: Sequence[RuptureRecord],
    is_spoken_for: Callable[[int], bool],
    *,
    taken: bool,
    ended: bool,
) -> Named:
    """What people named, as it stands now.

    One rupture is open at a time: a report joins it. `is_spoken_for`: whether something else holds a report of this
    session. `taken`: the detector has one open.
    """
    updates, lost, spans = [], [], []
    last = len(sessions) - 1
    by_people = [one for one in records if one.opened_by != OpenedBy.DETECTOR and one.state != RuptureState.SET_ASIDE]
    # What is open now goes first, then the newest: another one that would open again stays as it is.
    for record in sorted(by_people, key=lambda one: (one.is_active, one.opened or 0, one.id), reverse=True):
        says_so = record.opened is not None and report_of(sessions[record.opened].evidence) is not None
        if record.opened is None or not (says_so or record.by_hand):
            if record.state != RuptureState.WITHDRAWN:
                lost.append(record)
            continue
        update = _named_from(record.opened, sessions, assessments, record.opened_by, ended, record.id)
        if update.is_active and taken:
            if record.closed is not None:
                spans.append((record.opened, record.closed))
            continue
        taken |= update.is_active
        updates.append(update)
        spans.append((update.opened, last if update.closed is None else update.closed))
    for position, therapy_session in enumerate(sessions):
        by = report_of(therapy_session.evidence)
        if by is None or is_spoken_for(position) or any(first <= position <= end for first, end in spans):
            continue
        update = _named_from(position, sessions, assessments, by, ended)
        if update.is_active and taken:
            continue
        taken |= update.is_active
        updates.append(update)
        spans.append((position, last if update.closed is None else update.closed))
    return Named(updates, lost, spans)


def _named_from(
    opened: int,
    sessions: Sequence[SessionRecord],
    assessments: Sequence[Assessment],
    by: OpenedBy,
    ended: bool,
    key: int | None = None,
) -> RuptureUpdate:
    """How a rupture that a person named in a session goes on.

    It is repaired when the client says that it was talked about and helped, or when two rated sessions in a row are
    back and nobody reports strain; never while the ratings lie low.
    """
    back = 0
    for position in range(opened + 1, len(sessions)):
        evidence = sessions[position].evidence
        if evidence.tension or evidence.tension_therapist:
            back = 0
            continue
        low = assessments[position].state in (*STRAINED, State.SETTLED_LOWER)
        if evidence.client is not None:
            back = 0 if low else back + 1
        if (evidence.helped and not low) or back >= RATINGS_BACK:
            return RuptureUpdate(key, RuptureState.REPAIRED, opened, position, None, by)
    if ended:
        state = RuptureState.OPEN_AT_END if back else RuptureState.UNREPAIRED
        return RuptureUpdate(key, state, opened, len(sessions) - 1, None, by)
    return RuptureUpdate(key, RuptureState.RECOVERING if back else RuptureState.OPEN, opened, None, None, by)
