"""What becomes of the ruptures on record, from plain records alone."""

import doctest
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ratings.psychometrics import ruptures
from ratings.psychometrics.assess import assess
from ratings.psychometrics.constants import DEFAULTS
from ratings.psychometrics.evidence import (
    Assessment,
    OpenedBy,
    Pillar,
    Points,
    RuptureState,
    SessionEvidence,
    State,
)
from ratings.psychometrics.records import Run, RuptureRecord, SessionRecord
from ratings.psychometrics.ruptures import evidence_of_run, runs_of, settle, span_of
from tests.ratings.psychometrics.episodes import level

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
FEW, STEADY, OPEN, RECOVERING, UNREPAIRED, REPAIRED, BACK, LOWER = State
ONE_FALL = (FEW, FEW, STEADY, OPEN, OPEN)
ON_RECORD = RuptureRecord(
    7, RuptureState.OPEN, OpenedBy.DETECTOR, opened=3, closed=None, is_over=False, of_this_version=True
)


def at(position):
    return MONDAY + timedelta(weeks=position)


def assessed(*states):
    """One assessment a session; it alerts where a rupture opens."""
    before = (None, *states)
    return [
        Assessment(
            number,
            state,
            suspicion=0.5 if state == OPEN else 0.1,
            alert=state == OPEN and last not in (OPEN, RECOVERING, UNREPAIRED),
        )
        for number, (last, state) in enumerate(zip(before, states, strict=False), start=1)
    ]


def rated(*values):
    """One session a week, each rated at once with the same score everywhere; None: not rated."""
    return [
        SessionRecord(
            SessionEvidence(position + 1, client=None if value is None else level(value)),
            starts_at=at(position),
            has_check_in=True,
            by_client_at=None if value is None else at(position),
        )
        for position, value in enumerate(values)
    ]


def settled(assessments, *records, valid_from=MONDAY, ended=False, shadow=False, sessions=None):
    sessions = sessions or rated(*(30 if one.state == OPEN else 80 for one in assessments))
    return settle(sessions, assessments, records, DEFAULTS, valid_from=valid_from, ended=ended, shadow=shadow)


def test_doctests():
    assert doctest.testmod(ruptures).failed == 0


# --- Runs -------------------------------------------------------------------------------------------------------------


def test_a_run_goes_from_the_alert_to_what_closes_it():
    assert runs_of(assessed(STEADY, OPEN, RECOVERING, REPAIRED, STEADY, OPEN, OPEN)) == [
        Run(1, 3, REPAIRED),
        Run(5, 6, OPEN),
    ]


def test_what_settled_lower_is_back_to_usual_once_it_is_regained():
    assert runs_of(assessed(OPEN, LOWER, LOWER)) == [Run(0, 1, LOWER)]
    regained = assessed(OPEN, LOWER, OPEN, RECOVERING, REPAIRED, LOWER, BACK, STEADY)
    assert runs_of(regained) == [Run(0, 6, BACK), Run(2, 4, REPAIRED)]


def test_one_that_is_still_on_stays_open():
    course = assessed(*ONE_FALL, UNREPAIRED)
    assert runs_of(course) == [Run(3, 5, UNREPAIRED)]
    [update] = settled(course, ON_RECORD).updates
    assert (update.state, update.closed) == (RuptureState.OPEN, None)


def test_a_course_without_an_alert_has_no_run():
    assert runs_of(assessed(FEW, STEADY, STEADY)) == runs_of([]) == []


# --- What becomes of the ruptures on record ---------------------------------------------------------------------------


def test_a_run_without_a_record_opens_a_rupture():
    [update] = settled(assessed(*ONE_FALL)).updates
    assert (update.id, update.state, update.opened, update.closed) == (None, RuptureState.OPEN, 3, None)


def test_a_rupture_on_record_follows_its_run_to_the_end():
    found = settled(assessed(*ONE_FALL, RECOVERING, REPAIRED), ON_RECORD)
    [update] = found.updates
    assert (update.id, update.state, update.opened, update.closed) == (7, RuptureState.REPAIRED, 3, 6)
    assert found.withdrawn == ()


def test_one_that_nothing_speaks_for_any_more_is_withdrawn_once():
    steady = assessed(FEW, FEW, STEADY, STEADY, STEADY)
    assert settled(steady, ON_RECORD).withdrawn == (7,)
    gone = replace(ON_RECORD, state=RuptureState.WITHDRAWN, is_over=True)
    assert settled(steady, gone) == ruptures.Settlement((), ())


def test_one_whose_session_was_voided_goes_on_from_the_next_that_speaks_for_it():
    found = settled(assessed(*ONE_FALL), replace(ON_RECORD, opened=None, next_held=3))
    assert found.withdrawn == ()
    assert [(update.id, update.opened) for update in found.updates] == [(7, 3)]


def test_one_whose_session_was_voided_is_withdrawn_where_no_later_session_speaks_for_it():
    for course, lost in ((assessed(*[STEADY] * 5), 3), (assessed(*ONE_FALL), 4)):
        found = settled(course, replace(ON_RECORD, opened=None, next_held=lost))
        assert found.withdrawn == (7,)
        assert 7 not in [update.id for update in found.updates]


def test_one_that_lost_its_report_goes_on_from_the_next_report():
    told = replace(BY_HAND, by_hand=False, opened_by=OpenedBy.CLIENT)
    for lost in (told, replace(told, opened=None, next_held=0), replace(ON_RECORD, opened=None, next_held=0)):
        found = settled(assessed(*[STEADY] * 3), lost, sessions=with_reports("", "yes", "yes"))
        assert found.withdrawn == ()
        assert [(one.id, one.opened, one.opened_by) for one in found.updates] == [(7, 1, OpenedBy.CLIENT)]


def test_what_was_named_by_hand_stays_where_its_session_was_voided():
    for next_held, opened in ((1, 1), (3, 2)):
        lost = replace(BY_HAND, opened=None, next_held=next_held)
        assert [(one.id, one.opened) for one in settled(assessed(*[STEADY] * 3), lost).updates] == [(7, opened)]


def test_what_was_set_aside_stays_so_where_its_session_was_voided():
    aside = replace(ON_RECORD, state=RuptureState.SET_ASIDE, is_over=True, opened=None, next_held=3, aside_at=at(4))
    assert settled(assessed(*ONE_FALL), aside) == ruptures.Settlement((), ())


def test_a_withdrawn_one_opens_again_where_its_evidence_is_back():
    gone = replace(ON_RECORD, state=RuptureState.WITHDRAWN, is_over=True)
    assert [(update.id, update.state) for update in settled(assessed(*ONE_FALL), gone).updates] == [(7, "open")]


def test_of_two_on_record_in_one_run_the_first_follows_it():
    second = replace(ON_RECORD, id=8, opened=4)
    found = settled(assessed(*ONE_FALL), ON_RECORD, second)
    assert ([update.id for update in found.updates], found.withdrawn) == ([7], (8,))


BY_HAND = replace(ON_RECORD, opened_by=OpenedBy.THERAPIST, opened=0, by_hand=True)


def test_what_a_person_opened_keeps_the_detector_from_opening_another_and_takes_its_evidence():
    [update] = settled(assessed(*ONE_FALL), replace(BY_HAND, opened=2)).updates
    assert (update.id, update.state, update.opened_by) == (7, RuptureState.OPEN, OpenedBy.THERAPIST)
    assert update.evidence is not None


def test_what_a_person_named_is_repaired_when_two_rated_sessions_are_back():
    for count, state in ((1, RuptureState.OPEN), (2, RuptureState.RECOVERING), (3, RuptureState.REPAIRED)):
        [update] = settled(assessed(*[STEADY] * count), BY_HAND).updates
        assert (update.state, update.evidence) == (state, None)


def test_what_a_person_named_is_repaired_when_the_client_says_that_it_helped():
    sessions = rated(80, 80, 80)
    said = replace(sessions[1], evidence=replace(sessions[1].evidence, helped=True))
    [update] = settled(assessed(STEADY, STEADY, STEADY), BY_HAND, sessions=[sessions[0], said, sessions[2]]).updates
    assert (update.state, update.closed) == (RuptureState.REPAIRED, 1)


@pytest.mark.parametrize("lies_low", [OPEN, UNREPAIRED, LOWER])
def test_what_a_person_named_is_not_repaired_while_the_ratings_lie_low(lies_low):
    sessions = rated(80, 40, 40)
    said = replace(sessions[2], evidence=replace(sessions[2].evidence, helped=True))
    course = [Assessment(number, state) for number, state in enumerate((STEADY, lies_low, lies_low), start=1)]
    [update] = settled(course, BY_HAND, sessions=[*sessions[:2], said]).updates
    assert (update.state, update.closed) == (RuptureState.OPEN, None)


def test_a_strain_that_goes_on_after_a_named_one_was_repaired_is_told():
    course = assessed(STEADY, STEADY, OPEN, RECOVERING, RECOVERING, OPEN, OPEN)
    over = replace(BY_HAND, opened=2, closed=4, state=RuptureState.REPAIRED, is_over=True)
    named, told = settled(course, over).updates
    assert (named.id, named.state, named.closed) == (7, RuptureState.REPAIRED, 4)
    assert (told.id, told.state, told.opened, told.closed) == (None, RuptureState.OPEN, 5, None)
    assert (named.evidence.assessment.number, told.evidence.assessment.number) == (3, 6)
    on_record = replace(ON_RECORD, id=8, opened=5)
    assert settled(course, over, on_record).updates == (named, replace(told, id=8))


def test_of_two_that_people_named_the_one_that_is_open_stays_so():
    """The earlier one is not over by its ratings any more, as an answer was corrected."""
    later = replace(BY_HAND, opened=4)
    earlier = replace(BY_HAND, id=8, opened=1, closed=3, state=RuptureState.REPAIRED, is_over=True)
    found = settled(assessed(*[STEADY] * 2, *[OPEN] * 4), later, earlier)
    assert [(update.id, update.state) for update in found.updates] == [(7, RuptureState.OPEN)]


def test_a_report_goes_on_at_once_with_the_flag_that_no_rating_speaks_for_any_more():
    found = settled(assessed(*[STEADY] * 5), ON_RECORD, sessions=with_reports("", "", "", "", "yes"))
    assert found.withdrawn == ()
    assert [(one.id, one.opened, one.opened_by) for one in found.updates] == [(7, 4, OpenedBy.CLIENT)]


def test_a_report_in_the_session_that_ends_a_flag_opens_one():
    course = assessed(STEADY, OPEN, OPEN, LOWER)
    updates = settled(course, replace(ON_RECORD, opened=1), sessions=with_reports("", "", "", "yes")).updates
    assert [(update.opened, update.state) for update in updates] == [(3, RuptureState.OPEN), (1, LOWER)]


@pytest.mark.parametrize(("days_later", "opens"), [(-1, 1), (0, 0), (1, 0)])
def test_a_report_that_came_in_after_something_was_set_aside_opens_one(days_later, opens):
    set_aside_at = at(4) + timedelta(days=days_later)
    aside = replace(ON_RECORD, state=RuptureState.SET_ASIDE, is_over=True, aside_at=set_aside_at)
    found = settled(assessed(*ONE_FALL), aside, sessions=with_reports("", "", "", "", "yes"))
    assert [update.opened for update in found.updates] == [4] * opens


def test_a_report_that_was_set_aside_stays_so_when_its_answer_is_corrected():
    aside = replace(BY_HAND, by_hand=False, opened_by=OpenedBy.CLIENT, state=RuptureState.SET_ASIDE, is_over=True)
    known = replace(aside, aside_at=MONDAY - timedelta(days=1))
    assert settled(assessed(STEADY, STEADY), known, sessions=with_reports("yes", "")).updates == ()


def with_reports(*reports):
    """A steady course, with what the client says after each session."""
    return [
        replace(one, evidence=replace(one.evidence, tension=bool(said), talked_about=said == "talked"))
        for one, said in zip(rated(*[80] * len(reports)), reports, strict=True)
    ]


@pytest.mark.parametrize(
    ("reports", "found"),
    [
        (("", "", "yes"), [(2, RuptureState.OPEN)]),
        (("yes", "yes", "yes"), [(0, RuptureState.OPEN)]),
        (("", "", "talked"), []),
        (("yes", "", ""), [(0, RuptureState.REPAIRED)]),
        (("yes", "", "", "yes", ""), [(0, RuptureState.REPAIRED), (3, RuptureState.RECOVERING)]),
    ],
)
def test_a_report_opens_one_where_none_is_open(reports, found):
    updates = settled(assessed(*[STEADY] * len(reports)), sessions=with_reports(*reports)).updates
    assert [(update.opened, update.state) for update in updates] == found
    assert all(update.opened_by == OpenedBy.CLIENT for update in updates)


def test_a_report_joins_the_one_that_the_detector_has_opened():
    course = assessed(*ONE_FALL)
    sessions = with_reports(*["" for _one in ONE_FALL[:-1]], "yes")
    [update] = settled(course, ON_RECORD, sessions=sessions).updates
    assert (update.id, update.opened_by) == (7, OpenedBy.DETECTOR)


def test_a_report_that_was_taken_back_takes_its_rupture_with_it():
    record = replace(BY_HAND, by_hand=False, opened_by=OpenedBy.CLIENT)
    found = settled(assessed(STEADY, STEADY), record, sessions=with_reports("", ""))
    assert (found.withdrawn, found.updates) == ((7,), ())


def test_at_the_end_of_a_therapy_no_named_one_stays_open():
    [update] = settled(assessed(STEADY), BY_HAND, ended=True).updates
    assert (update.state, update.closed) == (RuptureState.UNREPAIRED, 0)


def test_what_was_set_aside_stays_aside_until_the_ratings_are_steady():
    aside = replace(ON_RECORD, state=RuptureState.SET_ASIDE, is_over=True)
    still = assessed(*ONE_FALL, RECOVERING, OPEN)
    assert settled(still, aside) == ruptures.Settlement((), ())
    assert span_of(aside, still) == (3, 6)
    again = assessed(*ONE_FALL, BACK, STEADY, OPEN)
    assert [(update.id, update.opened) for update in settled(again, aside).updates] == [(None, 7)]


def test_an_active_rupture_reaches_to_the_last_session_and_one_that_is_over_to_its_closing_one():
    course = assessed(STEADY, STEADY, STEADY, OPEN, BACK, STEADY)
    assert span_of(replace(ON_RECORD, opened=1), course) == (1, 5)
    over = replace(ON_RECORD, opened=1, state=RuptureState.REPAIRED, is_over=True)
    assert span_of(replace(over, closed=4), course) == (1, 4)
    assert span_of(over, course) == (1, 1)  # its closing session was voided


def test_a_new_version_opens_no_rupture_on_older_ratings():
    assert settled(assessed(*ONE_FALL), valid_from=at(5)).updates == ()
    assert len(settled(assessed(*ONE_FALL), valid_from=at(4)).updates) == 1  # the last low rating came in since


def test_a_new_version_leaves_alone_what_an_earlier_one_closed():
    earlier = replace(ON_RECORD, state=RuptureState.REPAIRED, closed=4, is_over=True, of_this_version=False)
    assert settled(assessed(*[STEADY] * 5), earlier) == ruptures.Settlement((), ())


def test_a_new_version_judges_what_an_earlier_one_left_open():
    earlier = replace(ON_RECORD, of_this_version=False)
    assert settled(assessed(*[STEADY] * 5), earlier).withdrawn == (7,)
    assert [update.id for update in settled(assessed(*ONE_FALL), earlier, valid_from=at(9)).updates] == [7]


def test_one_that_is_open_at_the_end_of_the_therapy_is_still_on_only_where_it_is_likely():
    likely = [*assessed(*ONE_FALL[:-1]), replace(assessed(*ONE_FALL)[-1], probability=0.6)]
    for course, state in ((likely, RuptureState.UNREPAIRED), (assessed(*ONE_FALL), RuptureState.OPEN_AT_END)):
        [update] = settled(course, ON_RECORD, ended=True).updates
        assert (update.state, update.closed) == (state, 4)


# --- What speaks for a rupture ----------------------------------------------------------------------------------------


def evidence(assessments, sessions, run=None):
    return evidence_of_run(run or runs_of(assessments)[-1], sessions, assessments, DEFAULTS)


def test_the_clearest_session_that_the_client_rated_speaks():
    assessments = assessed(STEADY, STEADY, OPEN, OPEN, OPEN)
    for position, suspicion in ((2, 0.4), (3, 0.6), (4, 0.9)):
        assessments[position] = replace(assessments[position], suspicion=suspicion)
    spoken = evidence(assessments, rated(80, 80, 40, 20, None))
    assert (spoken.assessment.number, spoken.held_at) == (4, at(3))
    unrated = evidence(assessments, rated(80, 80, None, None, None))
    assert unrated.assessment.number == 5


def test_its_numbers_stand_beside_what_was_usual_when_the_strain_began():
    assessments = assessed(STEADY, OPEN, OPEN)
    assessments[1] = replace(assessments[1], points=(Points("client", 6, seen=50, usual=80),))
    assessments[2] = replace(
        assessments[2], suspicion=0.9, points=(Points("client", 9, seen=20, usual=65), Points("therapist", 2, 40, 60))
    )
    points = evidence(assessments, rated(80, 50, 20)).assessment.points
    assert [(part.source, part.seen, part.usual) for part in points] == [("client", 20, 80), ("therapist", 40, 60)]


def test_the_sessions_in_which_the_ratings_lay_low_are_counted():
    assessments = assessed(*[STEADY] * 5, OPEN, OPEN, OPEN, OPEN)
    assessments[5] = replace(assessments[5], pillars=(Pillar.TASK,))  # named
    assessments[6] = replace(assessments[6], points=(Points("client", 5, 70, 80),))  # worth a clause
    assert evidence(assessments, rated(*[80] * 5, 80, 80, 20, 80)).for_sessions == 3  # the third: under the usual range


def test_the_session_in_which_the_ratings_settle_lower_counts_as_low():
    history = rated(*[83] * 4, *[33] * 6)
    assessments = assess([one.evidence for one in history])
    assert (assessments[-1].state, evidence(assessments, history).for_sessions) == ("settled_lower", 6)


def test_a_rupture_that_shows_in_no_rating_of_the_client_has_lasted_one_session():
    assert evidence(assessed(STEADY, OPEN), rated(80, None)).for_sessions == 1


def test_forms_with_the_same_answer_everywhere_are_told():
    sessions = rated(80, 80, 30, 30)
    for position in (1, 2):
        straight = replace(sessions[position].evidence, client=level(50, straight_line=True))
        sessions[position] = replace(sessions[position], evidence=straight)
    spoken = evidence(assessed(STEADY, STEADY, OPEN, OPEN), sessions)
    assert (spoken.hurried, spoken.straight_before) == ((3,), (1, 2))
