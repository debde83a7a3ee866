"""What people name: how it goes on, and what holds whatever they answer, correct, remove and set aside."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from ratings.psychometrics.assess import assess
from ratings.psychometrics.constants import DEFAULTS
from ratings.psychometrics.evidence import STRAINED, OpenedBy, RuptureState, SessionEvidence, State, report_of
from ratings.psychometrics.records import RuptureRecord, SessionRecord
from ratings.psychometrics.ruptures import settle
from tests.ratings.psychometrics.episodes import level
from tests.ratings.psychometrics.test_ruptures import (
    BY_HAND,
    ON_RECORD,
    ONE_FALL,
    assessed,
    at,
    rated,
    settled,
    with_reports,
)

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
SESSIONS = 10
CHANCES = {"answer": 8, "change": 2, "miss": 1, "void": 1, "unvoid": 1, "aside": 2, "back": 1, "work": 2, "shadow": 1}


# --- How such a one goes on -------------------------------------------------------------------------------------------


def test_answers_from_before_a_therapist_named_it_say_nothing_of_its_repair():
    for opened_at, state in ((at(0), RuptureState.REPAIRED), (at(2), RuptureState.RECOVERING), (at(9), "open")):
        [update] = settled(assessed(*[State.STEADY] * 3), replace(BY_HAND, opened_at=opened_at)).updates
        assert update.state == state


def test_answers_from_before_a_late_report_say_nothing_of_its_repair():
    sessions = with_reports("yes", "", "")
    late = [replace(sessions[0], by_client_at=at(9)), *sessions[1:]]
    [update] = settled(assessed(*[State.STEADY] * 3), sessions=late).updates
    assert update.state == RuptureState.OPEN
    on_record = replace(BY_HAND, by_hand=False, opened_by=OpenedBy.CLIENT, opened_at=at(0))  # and corrected since
    [update] = settled(assessed(*[State.STEADY] * 3), on_record, sessions=late).updates
    assert update.state == RuptureState.REPAIRED


def test_in_shadow_mode_what_the_detector_says_holds_up_no_repair():
    course = assessed(State.STEADY, State.OPEN, State.OPEN)
    [named, hidden] = settled(course, BY_HAND, sessions=rated(80, 40, 40), shadow=True).updates
    assert (named.id, named.state, named.evidence) == (7, RuptureState.REPAIRED, None)
    assert (hidden.id, hidden.kept_back) == (None, True)


def test_in_shadow_mode_what_people_work_on_stays_theirs():
    worked_on = replace(ON_RECORD, worked_on=True)
    named, hidden = settled(assessed(*ONE_FALL), worked_on, shadow=True).updates
    assert (named.id, named.opened_by, named.evidence) == (7, OpenedBy.THERAPIST, None)
    assert (hidden.id, hidden.kept_back) == (None, True)


def test_after_shadow_mode_what_nobody_named_is_the_detectors_again():
    worked_on = replace(ON_RECORD, opened_by=OpenedBy.THERAPIST, by_hand=True, worked_on=True)
    hidden = replace(ON_RECORD, id=8, kept_back=True)
    found = settled(assessed(*ONE_FALL), hidden, worked_on)
    [update] = found.updates
    assert (update.id, update.opened_by, update.state, update.kept_back) == (7, OpenedBy.DETECTOR, "open", False)
    assert found.withdrawn == (8,)


def test_what_a_therapist_named_or_reported_stays_theirs():
    worked_on = replace(ON_RECORD, opened_by=OpenedBy.THERAPIST, by_hand=True, worked_on=True)
    assert worked_on.opened == 3
    reported = rated(80, 80, 80, 30, 30)
    reported[3] = replace(reported[3], evidence=replace(reported[3].evidence, tension_therapist=True))
    for record, sessions in ((replace(worked_on, is_named=True), None), (worked_on, reported)):
        openers = {one.id: one.opened_by for one in settled(assessed(*ONE_FALL), record, sessions=sessions).updates}
        assert openers[7] == OpenedBy.THERAPIST


def test_in_shadow_mode_a_report_goes_on_with_the_flag_that_it_had_joined():
    sessions = with_reports("", "", "", "", "yes")
    found = settled(assessed(*ONE_FALL), ON_RECORD, sessions=sessions, shadow=True)
    assert found.withdrawn == ()
    assert [(one.id, one.opened_by) for one in found.updates] == [(7, OpenedBy.CLIENT), (None, OpenedBy.DETECTOR)]


# --- Whatever happens -------------------------------------------------------------------------------------------------


@dataclass
class Life:
    """An episode with what is stored of it, in memory; `now` counts what happens."""

    now: int = 0
    shadow: bool = False
    answers: dict[int, SessionEvidence] = field(default_factory=dict)  # by the key of the session
    came_in: dict[int, datetime] = field(default_factory=dict)
    missed: set[int] = field(default_factory=set)
    voided: set[int] = field(default_factory=set)
    ruptures: dict[int, tuple[RuptureRecord, int, int | None]] = field(default_factory=dict)  # opened, closed: keys

    @property
    def at(self):
        return MONDAY + timedelta(hours=self.now)

    @property
    def keys(self):
        return [key for key in range(SESSIONS) if key not in self.voided]

    def sessions(self):
        held, number = [], 0
        for key in self.keys:
            if key in self.missed:
                evidence, at = SessionEvidence(None, attended=False), None
            else:
                number += 1
                evidence = replace(self.answers.get(key, SessionEvidence(None)), number=number)
                at = self.came_in.get(key)
            held.append(SessionRecord(evidence, MONDAY + timedelta(weeks=key), True, at))
        return held

    def records(self):
        place = {key: position for position, key in enumerate(self.keys)}
        return [
            replace(
                row,
                opened=place.get(opened),
                by_hand=row.worked_on and row.opened_by == OpenedBy.THERAPIST,
                closed=None if closed is None else place.get(closed),
                next_held=sum(key < opened for key in self.keys),
            )
            for row, opened, closed in self.ruptures.values()
        ]

    def replay(self):
        """Stores what follows, as a replay does; the sessions and what the detector says of each."""
        sessions = self.sessions()
        assessments = assess([one.evidence for one in sessions])
        settled = settle(
            sessions,
            assessments,
            self.records(),
            DEFAULTS,
            valid_from=MONDAY - timedelta(weeks=9),
            ended=False,
            shadow=self.shadow,
        )
        for key in settled.withdrawn:
            row, opened, closed = self.ruptures[key]
            self.ruptures[key] = (replace(row, state=RuptureState.WITHDRAWN, is_over=True), opened, closed)
        for update in settled.updates:
            key = update.id or len(self.ruptures) + 1
            row = (
                self.ruptures[key][0] if update.id else RuptureRecord(key, *[None] * 4, False, True, opened_at=self.at)
            )
            row = replace(
                row,
                state=update.state,
                opened_by=update.opened_by,
                is_over=update.closed is not None,
                kept_back=update.kept_back,
            )
            closed = None if update.closed is None else self.keys[update.closed]
            self.ruptures[key] = (row, self.keys[update.opened], closed)
        return sessions, assessments

    def active(self):
        return [row for row, *_keys in self.ruptures.values() if row.is_active]

    def told(self):
        return [row for row in self.active() if not row.kept_back and not (self.shadow and by_detector(row))]

    # --- What happens -------------------------------------------------------------------------------------------------

    def answer(self, key, value, **said):
        self.answers[key] = SessionEvidence(None, client=level(value), checkin_answered=True, **said)
        self.came_in[key] = self.at
        self.missed.discard(key)

    def set_aside(self):
        for row in self.told():
            _row, opened, closed = self.ruptures[row.id]
            aside = replace(row, state=RuptureState.SET_ASIDE, is_over=True, aside_at=self.at)
            self.ruptures[row.id] = (aside, opened, closed)

    def bring_back(self):
        for row, opened, _closed in list(self.ruptures.values()):
            is_hidden = self.shadow and by_detector(row)
            if row.state == RuptureState.SET_ASIDE and not self.active() and not is_hidden:
                back = replace(row, state=RuptureState.OPEN, is_over=False, aside_at=None)
                self.ruptures[row.id] = (back, opened, None)

    def happen(self, chance):
        """One more thing happens, and all is replayed."""
        self.now += 1
        answered = len(self.answers)
        what = chance.choices(tuple(CHANCES), tuple(CHANCES.values()))[0]
        if what in ("answer", "change"):
            key = chance.randrange(SESSIONS) if what == "change" or answered >= SESSIONS else answered
            tension = chance.choice([None, False, True])
            talked = tension and chance.random() < 0.2
            helped = chance.choice([None, None, None, True, False])
            self.answer(key, chance.choice([83, 83, 75, 50, 33]), tension=tension, talked_about=talked, helped=helped)
        elif what == "miss":
            self.missed.add(chance.randrange(SESSIONS))
        elif what == "void" and len(self.voided) < 4:
            self.voided.add(chance.randrange(SESSIONS))
        elif what == "unvoid" and self.voided:
            self.voided.discard(chance.choice(sorted(self.voided)))
        elif what == "aside":
            self.set_aside()
        elif what == "back":
            self.bring_back()
        elif what == "work":
            for row in self.told():
                _row, opened, closed = self.ruptures[row.id]
                self.ruptures[row.id] = (replace(row, worked_on=True), opened, closed)
        elif what == "shadow":
            self.shadow = not self.shadow
        return self.replay()


def by_detector(row):
    return row.opened_by == OpenedBy.DETECTOR


def lives(seeds):
    """Some courses, after each thing that happens: the seed, the life, its sessions and assessments."""
    for seed in seeds:
        chance, life = Random(seed), Life()
        for key in range(4):
            life.answer(key, 83, tension=False)
        for _each in range(20):
            yield seed, life, *life.happen(chance)


SEEDS = [range(start, start + 20) for start in range(0, 40, 20)]


@pytest.mark.parametrize("seeds", SEEDS, ids=str)
def test_one_is_open_at_a_time(seeds):
    for seed, life, *_more in lives(seeds):
        for kept_back in (False, True):
            assert [row.kept_back for row in life.active()].count(kept_back) <= 1, seed


@pytest.mark.parametrize("seeds", SEEDS, ids=str)
def test_a_second_replay_changes_nothing(seeds):
    for seed, life, *_more in lives(seeds):
        before = dict(life.ruptures)
        life.replay()
        assert life.ruptures == before, seed


@pytest.mark.parametrize("seeds", SEEDS, ids=str)
def test_a_tick_of_the_newest_answer_is_never_lost(seeds):
    """What was set aside later than it came in, or was set aside itself, is the therapist's word on it."""
    for seed, life, sessions, _assessments in lives(seeds):
        newest = next((one for one in reversed(sessions) if one.rated), None)
        if newest is None or report_of(newest.evidence) is None:
            continue
        aside = [(row.aside_at, opened) for row, opened, _closed in life.ruptures.values() if row.aside_at]
        if not any(
            newest.reported_at <= at or MONDAY + timedelta(weeks=opened) == newest.starts_at for at, opened in aside
        ):
            assert life.told(), seed


@pytest.mark.parametrize("seeds", SEEDS, ids=str)
def test_a_strain_that_the_detector_sees_is_told_or_was_set_aside(seeds):
    for seed, life, _sessions, assessments in lives(seeds):
        is_aside = any(row.state == RuptureState.SET_ASIDE for row, *_keys in life.ruptures.values())
        is_kept = life.shadow or any(row.kept_back for row in life.active())
        if assessments[-1].state in STRAINED and not is_aside and not is_kept:
            assert life.told(), seed
