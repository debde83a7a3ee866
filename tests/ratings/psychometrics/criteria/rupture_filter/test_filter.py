from dataclasses import replace

import pytest

from benchmarks.work import calls_of
from ratings.psychometrics.assess import assess
from ratings.psychometrics.change import fell_beyond_error
from ratings.psychometrics.constants import DEFAULTS
from ratings.psychometrics.criteria.rupture_filter.filter import RuptureFilter
from ratings.psychometrics.evaluation.simulate import BASE, simulate
from ratings.psychometrics.evidence import Kind, Note, Pillar, Scores, SessionEvidence, State, Version
from tests.ratings.psychometrics.episodes import episode, level, pillars

FILTER = Version(criterion="rupture_filter")
STEADY = (78, 83, 75, 85)


def both(*pairs):
    return [SessionEvidence(n, level(client), level(therapist)) for n, (client, therapist) in enumerate(pairs, start=1)]


def source(found, name):
    return next(points for points in found.points if points.source == name)


def test_whole_alliance_falls():
    found = assess(episode(*STEADY, 35, 35), FILTER)
    assert [one.alert for one in found] == [False] * 4 + [True, False]
    assert found[4].pillars == ()
    assert source(found[4], "client").seen == 35
    assert source(found[4], "client").usual == pytest.approx(80, abs=3)
    assert found[5].probability > found[4].probability > 0.4


def test_only_tasks_fall():
    steady = pillars(80, 79, 82)
    found = assess(episode(steady, steady, pillars(75, 79, 87), steady, pillars(80, 38, 82), pillars(80, 38, 80)))
    assert [one.alert for one in found] == [False] * 4 + [True, False]
    assert found[4].pillars == (Pillar.TASK,)
    assert (source(found[4], "client:task").seen, source(found[4], "client:task").usual) == pytest.approx(
        (38, 79), 0.05
    )
    assert source(found[4], "client:task").points > 7 > source(found[4], "client:goal").points


def test_noise_of_one_answer_step_is_no_rupture():
    base, step = 75, 12.5
    moves = [(0, 0, 0), (1, 0, 0), (0, -1, 0), (0, 0, 1), (-1, 0, 0), (0, 1, -1), (1, 0, -1), (0, -1, 1), (-1, 1, 0)]
    for start in range(len(moves)):
        order = moves[start:] + moves[:start]
        history = episode(*[pillars(*(base + step * move for move in moved)) for moved in order])
        assert not any(found.alert for found in assess(history, FILTER)), order


def test_what_only_the_therapist_sees_leans_to_withdrawal():
    found = assess(both(*((y, 70) for y in STEADY), (80, 30), (80, 35)), FILTER)
    assert found[4].state == State.OPEN
    assert found[4].kind == Kind.WITHDRAWAL
    assert source(found[4], "therapist").points > 5 > source(found[4], "client").points
    assert assess(both(*((y, 70) for y in STEADY), (80, 30)), Version(use="client"))[4].state == State.STEADY


def test_what_both_show_leans_to_confrontation():
    found = assess(both(*((y, 70) for y in STEADY), (50, 30)), FILTER)
    assert found[4].kind == Kind.CONFRONTATION


def test_two_raters_are_more_suspicious_than_one():
    alone = assess(both(*((y, 70) for y in STEADY), (55, 70)), FILTER)[4]
    together = assess(both(*((y, 70) for y in STEADY), (55, 50)), FILTER)[4]
    assert together.probability > alone.probability


def test_the_usual_is_frozen_in_a_rupture_and_taken_anew_after_four():
    found = assess(episode(*STEADY, *[35] * 8), FILTER)
    usual = [source(one, "client").usual for one in found[4:]]
    assert min(usual[:4]) > 70
    assert usual[-1] == pytest.approx(35, abs=2)
    assert sum(one.alert for one in found) == 1
    assert [one.state for one in found[8:]] == [State.UNREPAIRED] + [State.SETTLED_LOWER] * 3


def test_repair_is_followed_to_its_end():
    found = assess(episode(*STEADY, 20, 20, 80, 82, 80), FILTER)
    assert [one.state for one in found[4:]] == [
        State.OPEN, State.OPEN, State.RECOVERING, State.REPAIRED, State.STEADY
    ]  # fmt: skip


def test_a_client_who_varies_much_needs_a_deeper_fall():
    calm = assess(episode(80, 79, 81, 80, 79, 81, 62), FILTER)[-1]
    restless = assess(episode(80, 55, 95, 62, 98, 60, 62), FILTER)[-1]
    assert calm.probability > 1.5 * restless.probability


def test_behaviour_is_shown_but_counts_only_where_it_is_in_use():
    history = [*episode(*STEADY), SessionEvidence(None, attended=False)]
    shown, used = (assess(history, Version(use=use))[-1] for use in ("client+therapist", "all"))
    assert "behaviour:no_show" in [points.source for points in shown.points]
    assert used.probability > 0
    before = assess(history[:-1], FILTER)[-1]
    assert shown.probability == before.probability
    assert used.probability > assess(history[:-1], Version(use="all"))[-1].probability


def test_total_only_ratings_are_enough():
    history = [SessionEvidence(n, level(y).__class__(overall=y)) for n, y in enumerate([*STEADY, 35], start=1)]
    found = assess(history, FILTER)
    assert found[-1].alert
    assert [points.source for points in found[-1].points] == ["client"]


def test_another_questionnaire_keeps_the_usual_and_knows_it_less_well():
    def found(form):
        history = [
            SessionEvidence(n, client=level(y), instrument="alliance-6 1" if n < 5 else form)
            for n, y in enumerate((*STEADY, 70), start=1)
        ]
        return assess(history, FILTER)[-1]

    same, other = found("alliance-6 1"), found("srs-3 1")
    assert source(other, "client").usual == source(same, "client").usual
    assert other.probability < same.probability


def test_a_change_of_one_side_leaves_the_usual_of_the_other():
    history = [
        SessionEvidence(
            n, level(y), level(70), instrument="alliance-6 1", instrument_therapist="a 1" if n < 5 else "b 1"
        )
        for n, y in enumerate((*STEADY, 40), start=1)
    ]
    changed = assess(history, FILTER)[-1]
    kept = assess([replace(one, instrument_therapist="a 1") for one in history], FILTER)[-1]
    assert source(changed, "client").points == pytest.approx(source(kept, "client").points, abs=0.5)


def test_its_probabilities_sum_to_one():
    for one in simulate(BASE, 20, seed=3):
        rule = RuptureFilter(DEFAULTS, "all")
        for therapy_session in one.history:
            rule.step(therapy_session, in_rupture=False)
            for states in (rule.suspicion, rule.belief):
                assert states.steady + sum(states.rupture) == pytest.approx(1)


def test_a_replay_of_fifty_sessions_calls_few_functions_and_as_many_for_each():
    history = next(one.history for one in simulate(BASE, 5000, seed=9) if len(one.history) >= 50)[:50]
    calls = calls_of(lambda: assess(history, FILTER))
    assert calls < 15_000
    assert calls < 6 * calls_of(lambda: assess(history[:10], FILTER))


def test_a_total_that_nobody_answered_is_told_as_an_estimate():
    """Two pillars of three are answered, and low."""
    steady = pillars(80, 79, 82)
    partly = Scores(None, 30, 30)
    found = assess(episode(steady, steady, steady, steady, partly, steady))
    assert [one.notes for one in found] == [()] * 4 + [(Note.CLIENT_ESTIMATED,), ()]
    assert found[4].is_estimated(source(found[4], "client"))
    assert not found[5].is_estimated(source(found[5], "client"))
    assert fell_beyond_error(found[4]) == []


def test_a_rating_that_came_as_a_total_alone_is_no_estimate():
    found = assess(episode(80, 79, 82, Scores(overall=35)))
    assert found[3].notes == ()
