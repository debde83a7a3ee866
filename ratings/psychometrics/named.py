"""Ruptures that people name: by a report after a session, or by hand.

A report opens one where none is open. Such a one is over by the same floor as the others: a person named it, so that it
is called repaired when the ratings are back.
"""

from collections.abc import Sequence

from ratings.psychometrics.evidence import STRAINED, Assessment, OpenedBy, RuptureState, State, report_of
from ratings.psychometrics.records import Run, RuptureRecord, RuptureUpdate, SessionRecord
from ratings.psychometrics.spells import RATINGS_BACK


def named_ruptures(
    sessions: Sequence[SessionRecord],
    assessments: Sequence[Assessment],
    records: Sequence[RuptureRecord],
    held: Sequence[tuple[int, int]],
    runs: Sequence[Run],
    ended: bool,
) -> tuple[list[RuptureUpdate], list[int]]:
    """What people named, as it stands now, oldest first; and the ids of those whose report was taken back.

    `held`: the spans that are spoken for. One rupture is open at a time: a report joins it.
    """
    named, taken_back = [], []
    taken = any(record.is_active and record.opened_by == OpenedBy.DETECTOR for record in records)
    for record in reversed(records):
        if record.opened_by == OpenedBy.DETECTOR or record.state == RuptureState.SET_ASIDE:
            continue
        says_so = record.opened is not None and report_of(sessions[record.opened].evidence) is not None
        if record.opened is None or not (says_so or record.by_hand):
            if record.state != RuptureState.WITHDRAWN:
                taken_back.append(record.id)
        else:
            update = _named_from(record.opened, sessions, assessments, record.opened_by, ended, record.id)
            if update.is_active and taken:
                continue
            taken |= update.is_active
            named.append(update)
    named.reverse()
    spans = [*held, *((one.opened, len(sessions) - 1 if one.closed is None else one.closed) for one in named)]
    for position, therapy_session in enumerate(sessions):
        by = report_of(therapy_session.evidence)
        if by is None or any(first <= position <= last for first, last in spans):
            continue
        if any(run.first <= position <= run.last for run in runs):
            continue
        update = _named_from(position, sessions, assessments, by, ended)
        if update.is_active and taken:
            continue
        taken |= update.is_active
        named.append(update)
        spans.append((position, len(sessions) - 1 if update.closed is None else update.closed))
    return named, taken_back


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
    back and nobody reports strain.
    """
    back = 0
    for position in range(opened + 1, len(sessions)):
        evidence = sessions[position].evidence
        if evidence.tension or evidence.tension_therapist:
            back = 0
            continue
        if evidence.client is not None:
            low = assessments[position].state in (*STRAINED, State.SETTLED_LOWER)
            back = 0 if low else back + 1
        if evidence.helped or back >= RATINGS_BACK:
            return RuptureUpdate(key, RuptureState.REPAIRED, opened, position, None, by)
    if ended:
        state = RuptureState.OPEN_AT_END if back else RuptureState.UNREPAIRED
        return RuptureUpdate(key, state, opened, len(sessions) - 1, None, by)
    return RuptureUpdate(key, RuptureState.RECOVERING if back else RuptureState.OPEN, opened, None, None, by)
