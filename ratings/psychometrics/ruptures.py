"""Which runs of sessions are ruptures, and what becomes of those on record.

`assess` says after each session where things stand, under one detector version. Ratings come late, are corrected, and
sessions are voided, so each replay says it anew; here what it says is brought in line with what is stored. People's
words stand: no rating takes back what a person named, and what a therapist set aside stays aside until the ratings have
been steady again.

A report of strain opens a rupture where none is open; it is over by the same floor as the others.

In shadow mode nobody is told what the detector found. So it is kept back: what people name is settled as if there were
no detector, and the two may be open at once. What people work on already is theirs, and stays in sight.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.evidence import (
    CLOSING,
    IN_RUPTURE,
    NOTICEABLE_POINTS,
    STRAINED,
    Assessment,
    OpenedBy,
    RuptureState,
    State,
    report_of,
)
from ratings.psychometrics.named import Named, named_ruptures, one_to_go_on
from ratings.psychometrics.records import Run, RuptureEvidence, RuptureRecord, RuptureUpdate, SessionRecord
from ratings.psychometrics.series import value_of
from ratings.psychometrics.usual import UsualRange, usual_ranges


@dataclass(frozen=True, slots=True)
class Settlement:
    """What becomes of the ruptures on record; what is not named stays as it is."""

    withdrawn: tuple[int, ...]  # ids of those that nothing speaks for any more
    updates: tuple[RuptureUpdate, ...]  # in the order of the history


def settle(
    sessions: Sequence[SessionRecord],
    assessments: Sequence[Assessment],
    records: Sequence[RuptureRecord],
    constants: Constants,
    *,
    valid_from: datetime,
    ended: bool,
    shadow: bool = False,
) -> Settlement:
    """Bring the ruptures on record in line with what the detector says now.

    Parameters
    ----------
    sessions, assessments
        Of one episode, in the order in which the sessions were held; one assessment for each.
    records
        The ruptures stored so far, oldest first.
    constants
        Those of the detector version.
    valid_from
        Since when the version holds: it opens no rupture that rests on older ratings alone.
    ended
        The therapy has ended, so that no rupture stays open.
    shadow
        Nobody is told of what the detector finds.

    Returns
    -------
    Settlement
        A rupture on record belongs to the first run of sessions that it overlaps. A run without one opens a new
        rupture; a rupture without a run is withdrawn, if the detector opened it. One rupture at a time is open, and one
        that a person opened keeps the detector from opening another. A run that goes on after it was over opens one.

    Examples
    --------
    >>> from datetime import timedelta, timezone
    >>> from ratings.psychometrics.assess import assess
    >>> from ratings.psychometrics.constants import DEFAULTS
    >>> from ratings.psychometrics.evidence import Scores, SessionEvidence
    >>> start = datetime(2026, 1, 5, 9, tzinfo=timezone.utc)
    >>> history = [SessionEvidence(n, Scores(y, y, y, y)) for n, y in enumerate([80, 76, 84, 80, 35], start=1)]
    >>> times = [start + timedelta(weeks=week) for week in range(5)]
    >>> sessions = [SessionRecord(one, at, True, at) for one, at in zip(history, times)]
    >>> [update] = settle(sessions, assess(history), [], DEFAULTS, valid_from=start, ended=False).updates
    >>> update.id, str(update.state), update.opened, update.closed
    (None, 'open', 4, None)
    """
    if shadow:
        records = [_theirs(record, sessions) for record in records]
    aside = [record for record in records if record.state == RuptureState.SET_ASIDE]
    away = [span for record in aside if (span := span_of(record, assessments)) is not None]
    runs = [run for run in runs_of(assessments) if not any(run.overlaps(*span) for span in away)]
    if not shadow:
        records = _given_back(records, runs, sessions, assessments)
    on_record, lost = _on_record(runs, records, assessments)
    kept_back = {run for run in runs if shadow or (run in on_record and on_record[run].kept_back)}
    told = [
        run
        for run in runs
        if run not in kept_back and (run in on_record or _came_in_since(valid_from, run, sessions, assessments))
    ]
    heard = [record for record in records if record.opened_by != OpenedBy.DETECTOR or not (shadow or record.kept_back)]
    hidden = [one for one in on_record.values() if shadow and one.is_active and not one.kept_back]
    named = named_ruptures(
        sessions,
        assessments,
        heard,
        lambda position: (
            (assessments[position].state in IN_RUPTURE and any(run.overlaps(position, position) for run in told))
            or _is_put_away(position, sessions[position], aside)
        ),
        hidden if shadow else lost,
        taken=any(run in on_record and on_record[run].is_active and _is_on(run, ended) for run in told),
        ended=ended,
        shadow=shadow,
    )
    updates = [
        replace(one, evidence=evidence_of_run(joined, sessions, assessments, constants))
        if (joined := _joined(one, [run for run in runs if run not in kept_back], on_record)) is not None
        else one
        for one in named.updates
    ]
    if shadow:  # what was told before, and what a report goes on with now
        lost = [*lost, *(record for record in named.lost if record not in hidden)]
        on_record = {run: record for run, record in on_record.items() if record not in hidden or record in named.lost}
    else:
        lost = named.lost
    person_opened = any(one.is_active for one in named.updates)
    for run in runs:
        opener = on_record.get(run)
        if run in kept_back:
            if opener is None and not _came_in_since(valid_from, run, sessions, assessments):
                continue
            part: Run | None = run
        elif run not in told or (person_opened and _is_on(run, ended)):
            continue
        else:
            part = _untold(run, opener, named, assessments)
        if part is None:
            continue  # what a person named holds it
        if opener is None and not shadow and (before := one_to_go_on(lost, part.first)) is not None:
            opener = before
            lost.remove(before)
        active = _is_on(run, ended)
        state = RuptureState.OPEN if run.state == State.UNREPAIRED else RuptureState(run.state)  # it is still on
        if ended and run.state in IN_RUPTURE:
            state = _ended_as(run, assessments, constants)
        updates.append(
            RuptureUpdate(
                id=opener.id if opener else None,
                state=state,
                opened=part.first,
                closed=None if active else run.last,
                evidence=evidence_of_run(part, sessions, assessments, constants),
                # One that was told of before gives its place up only to what a person names meanwhile.
                kept_back=opener.kept_back or (run in kept_back and active and person_opened) if opener else shadow,
            )
        )
    return Settlement(tuple(record.id for record in lost), tuple(updates))


def _theirs(record: RuptureRecord, sessions: Sequence[SessionRecord]) -> RuptureRecord:
    """What the detector found and people work on, as what they named."""
    if record.opened_by != OpenedBy.DETECTOR or not (record.is_active and record.worked_on) or record.kept_back:
        return record
    said_by = report_of(sessions[record.opened].evidence) if record.opened is not None else None
    return replace(record, opened_by=said_by or OpenedBy.THERAPIST, by_hand=True)


def _given_back(
    records: Sequence[RuptureRecord],
    runs: Sequence[Run],
    sessions: Sequence[SessionRecord],
    assessments: Sequence[Assessment],
) -> list[RuptureRecord]:
    """The records; those first, as the detector's again, that `_theirs` made people's and that it still finds."""

    def is_its_own(record: RuptureRecord) -> bool:
        if record.opened_by != OpenedBy.THERAPIST or record.is_named or not (record.worked_on and record.is_active):
            return False
        if record.opened is None or report_of(sessions[record.opened].evidence) is not None:
            return False
        span = span_of(record, assessments)
        return span is not None and any(run.overlaps(*span) for run in runs)

    own = [replace(one, opened_by=OpenedBy.DETECTOR, by_hand=False) for one in records if is_its_own(one)]
    return [*own, *(one for one in records if not is_its_own(one))]


def _on_record(
    runs: Sequence[Run], records: Sequence[RuptureRecord], assessments: Sequence[Assessment]
) -> tuple[dict[Run, RuptureRecord], list[RuptureRecord]]:
    """The detector's ruptures on record by their runs, and those that no run speaks for any more."""
    # What a person opened is theirs to close. What an earlier version said and closed is history; what is still open
    # must stand under this one, and what the version before this one closed comes back with the one that it replaced.
    of_detector = [
        record
        for record in records
        if record.opened_by == OpenedBy.DETECTOR
        and record.state != RuptureState.SET_ASIDE
        and (record.of_this_version or record.is_active or record.may_return)
    ]
    found: dict[Run, RuptureRecord] = {}
    lost = []
    for record in of_detector:
        span = span_of(record, assessments)
        free = [run for run in runs if span is not None and run not in found and run.overlaps(*span)]
        if free:
            found[free[0]] = record
        elif record.state != RuptureState.WITHDRAWN and (record.of_this_version or record.is_active):
            lost.append(record)
    return found, lost


def _is_on(run: Run, ended: bool) -> bool:
    return run.state in IN_RUPTURE and not ended


def _joined(one: RuptureUpdate, runs: Sequence[Run], on_record: Mapping[Run, RuptureRecord]) -> Run | None:
    """The part of a run that speaks for what a person named; None where it has a rupture of its own."""
    for run in runs:
        last = run.last if one.closed is None else min(run.last, one.closed)
        opener = on_record.get(run)
        is_own = opener is not None and (opener.opened is None or opener.opened <= last)
        if run.overlaps(one.opened, last) and not is_own:
            return replace(run, last=last)
    return None


def _untold(run: Run, opener: RuptureRecord | None, named: Named, assessments: Sequence[Assessment]) -> Run | None:
    """The part of a run that opens a rupture of its own: what goes on after a named one was over.

    None where what a person named holds all of it.
    """
    until = named.reach(run.first, run.last)
    if until is None or (opener is not None and (opener.opened is None or opener.opened <= until)):
        return run
    first = next((p for p in _strained(run, assessments) if p > until), None)
    if first is None:
        return run if opener else None
    return replace(run, first=first)


def runs_of(assessments: Sequence[Assessment]) -> list[Run]:
    """The runs of sessions that the detector calls a rupture, in order."""
    runs: list[Run] = []
    first = None
    for position, assessment in enumerate(assessments):
        if assessment.alert:
            first = position
        if first is None:
            if assessment.state == State.BACK_TO_USUAL:  # regained, some sessions after it settled lower
                runs = [_regained(run, position) if run.state == State.SETTLED_LOWER else run for run in runs]
            continue
        if assessment.state in CLOSING:
            runs.append(Run(first, position, assessment.state))
            first = None
    if first is not None:
        runs.append(Run(first, len(assessments) - 1, assessments[-1].state))
    return runs


def _regained(run: Run, position: int) -> Run:
    return replace(run, last=position, state=State.BACK_TO_USUAL)


def _ended_as(run: Run, assessments: Sequence[Assessment], constants: Constants) -> RuptureState:
    """How a rupture that is open when the therapy ends is called: still on, only where it still was likely."""
    if run.state == State.RECOVERING:
        return RuptureState.OPEN_AT_END
    likely = (assessments[run.last].probability or 0) >= constants.still_on_from
    return RuptureState.UNREPAIRED if likely or run.state == State.UNREPAIRED else RuptureState.OPEN_AT_END


def span_of(record: RuptureRecord, assessments: Sequence[Assessment]) -> tuple[int, int] | None:
    """The first and last position that a rupture on record speaks for.

    None where the session that opened it was voided, unless it was set aside.
    """
    end = len(assessments) - 1
    first = record.begins if record.state == RuptureState.SET_ASIDE else record.opened
    if first is None:
        return None
    if record.state == RuptureState.SET_ASIDE:  # until the ratings have been steady again
        calm = (State.STEADY, State.SETTLED_LOWER)
        return first, next((p for p in range(first + 1, end + 1) if assessments[p].state in calm), end)
    if record.closed is not None:
        return first, record.closed
    return first, first if record.is_over else end


def evidence_of_run(
    run: Run, sessions: Sequence[SessionRecord], assessments: Sequence[Assessment], constants: Constants
) -> RuptureEvidence:
    """What speaks for a run of sessions: above all, its clearest session."""
    strained = _strained(run, assessments)
    clearest = _clearest(strained, sessions, assessments)
    forms = [
        rating for therapy_session in sessions[:clearest] if (rating := therapy_session.evidence.client) is not None
    ]
    return RuptureEvidence(
        assessment=_with_usual_before(assessments[run.first], assessments[clearest]),
        for_sessions=len(_low(strained, run, sessions, assessments, constants)) or 1,
        held_at=sessions[clearest].starts_at,
        hurried=tuple(
            evidence.number
            for evidence in (sessions[p].evidence for p in strained)
            if evidence.number and evidence.client and evidence.client.straight_line
        ),
        straight_before=(sum(rating.straight_line for rating in forms), len(forms)),
    )


def _is_put_away(position: int, therapy_session: SessionRecord, aside: Sequence[RuptureRecord]) -> bool:
    """Whether a report was on record when a therapist set such a rupture aside.

    A correction that keeps it tells of nothing new.
    """
    came_in = therapy_session.first_reported_at or therapy_session.reported_at
    for record in aside:
        if record.begins is None or record.aside_at is None or position < record.begins:
            continue
        is_its_own = record.opened == position and record.opened_by == report_of(therapy_session.evidence)
        if is_its_own or came_in is None or came_in <= record.aside_at:
            return True
    return False


def _strained(run: Run, assessments: Sequence[Assessment]) -> list[int]:
    """The sessions of a run after which it was open, and not on its way back."""
    return [p for p in range(run.first, run.last + 1) if assessments[p].state in STRAINED]


def _came_in_since(
    valid_from: datetime, run: Run, sessions: Sequence[SessionRecord], assessments: Sequence[Assessment]
) -> bool:
    """Whether a rating that speaks for the run came in since then.

    A new version raises no old alerts.
    """
    received = [at for p in _strained(run, assessments) if (at := sessions[p].received_at) is not None]
    return not received or max(received) >= valid_from


def _clearest(strained: list[int], sessions: Sequence[SessionRecord], assessments: Sequence[Assessment]) -> int:
    """The session in which the strain was clearest.

    It is among those that the client rated, if there is one: what people do not come to or do not answer shows least of
    it, and the last one is often the mildest.
    """
    suspicions = {p: suspicion for p in strained if (suspicion := assessments[p].suspicion) is not None}
    rated = [p for p in suspicions if sessions[p].rated]
    return max(rated or suspicions, key=suspicions.__getitem__)


def _low(
    strained: list[int],
    run: Run,
    sessions: Sequence[SessionRecord],
    assessments: Sequence[Assessment],
    constants: Constants,
) -> list[int]:
    """The sessions in which the client's ratings lay low.

    What is named or worth a clause, and what lies under the usual range before the fall, as a chart marks it. So does
    the session after which the ratings have settled lower.
    """
    history = [therapy_session.evidence for therapy_session in sessions[: run.last + 1]]
    settled = [p for p in range(run.first, run.last + 1) if assessments[p].state == State.SETTLED_LOWER]
    ranges = usual_ranges(history, assessments[: run.last + 1], constants, before=run.first if settled else None)

    def under(position: int, series: str, usual: UsualRange | None) -> bool:
        value = value_of(history[position].client, series)
        return usual is not None and value is not None and value < usual.low

    return [
        p
        for p in (*strained, *settled)
        if p in settled[:1]
        or assessments[p].pillars
        or any(part.source == "client" and part.points >= NOTICEABLE_POINTS for part in assessments[p].points)
        or any(under(p, series, usual) for series, usual in ranges.items())
    ]


def _with_usual_before(opening: Assessment, clearest: Assessment) -> Assessment:
    """The clearest assessment, beside what was usual when the strain began.

    Weeks of strain have made something else of the usual since.
    """
    before = {part.source: part.usual for part in opening.points}
    points = tuple(replace(part, usual=before.get(part.source, part.usual)) for part in clearest.points)
    return replace(clearest, points=points)
