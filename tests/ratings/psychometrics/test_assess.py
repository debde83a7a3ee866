import doctest

import pytest

from ratings.psychometrics import assess as module
from ratings.psychometrics.assess import assess
from ratings.psychometrics.evidence import Pillar, SessionEvidence, State, Version
from tests.ratings.psychometrics.episodes import episode, level, pillars

RULE = Version(criterion="own_mean_pooled_sd")


def states(history, version=RULE):
    return [found.state for found in assess(history, version)]


def test_doctests():
    assert doctest.testmod(module).failed == 0


def test_whole_alliance_falls():
    found = assess(episode(78, 83, 75, 85, 35, 35), RULE)
    assert [f.alert for f in found] == [False] * 4 + [True, False]
    assert [f.state for f in found[4:]] == [State.OPEN, State.OPEN]
    assert found[4].pillars == ()
    overall = next(points for points in found[4].points if points.source == "client")
    assert (overall.seen, overall.usual) == (35, pytest.approx(80.25))
    assert next(p for p in found[5].points if p.source == "client").usual == pytest.approx(80.25)  # it stays frozen


def test_only_tasks_fall():
    steady = pillars(80, 79, 82)
    found = assess(episode(steady, steady, pillars(75, 79, 87), steady, pillars(80, 38, 82), pillars(80, 38, 80)), RULE)
    assert [f.alert for f in found] == [False] * 4 + [True, False]
    assert found[4].pillars == (Pillar.TASK,)
    tasks = max(found[4].points, key=lambda points: points.points)
    assert (tasks.source, tasks.seen, tasks.usual) == ("client:task", 38, pytest.approx(79))


def test_noise_of_one_answer_step_is_no_rupture():
    base, step = 75, 12.5  # one of a pillar's two items one answer up or down
    moves = [(0, 0, 0), (1, 0, 0), (0, -1, 0), (0, 0, 1), (-1, 0, 0), (0, 1, -1), (1, 0, -1), (0, -1, 1), (-1, 1, 0)]
    for start in range(len(moves)):
        order = moves[start:] + moves[:start]
        history = episode(*[pillars(*(base + step * move for move in moved)) for moved in order])
        assert not any(f.alert for f in assess(history, RULE)), order


def test_nothing_is_said_before_session_three_or_two_ratings():
    assert states(episode(80, 20)) == [State.TOO_FEW] * 2
    assert states(episode(80, None, 20)) == [State.TOO_FEW] * 3
    assert assess(episode(80, None, 20), RULE)[2].suspicion is None


def test_no_history_and_no_ratings():
    assert assess([], RULE) == []
    assert states(episode(None, None, None, None)) == [State.TOO_FEW] * 4


def test_repair_then_stronger():
    levels = [60, 60, 62, 61, 60, 20, 60, 60, 75]
    found = states(episode(*levels))
    assert found[5:8] == [State.OPEN, State.RECOVERING, State.REPAIRED]
    assert State.STRONGER not in found  # the mean of the three is 65: not enough above 60.6
    assert states(episode(*levels[:6], 85, 85, 85))[5:] == [
        State.OPEN,
        State.RECOVERING,
        State.REPAIRED,
        State.STRONGER,
    ]


def test_repair_near_the_top_is_said_not_to_be_judgeable():
    found = assess(episode(98, 98, 98, 98, 50, 98, 98, 100), RULE)
    assert [f.state for f in found[4:]] == [State.OPEN, State.RECOVERING, State.REPAIRED, State.STEADY]
    assert "repair_not_judgeable" in found[6].notes


def test_unrepaired_after_four_sessions_then_the_new_level_is_usual():
    found = assess(episode(80, 80, 80, 40, 40, 40, 40, 40, 40, 40, 40), RULE)
    assert [f.state for f in found[3:]] == [State.OPEN] * 4 + [State.UNREPAIRED] + [State.STEADY] * 3
    assert sum(f.alert for f in found) == 1


def test_one_good_session_is_not_a_repair():
    found = states(episode(80, 80, 80, 40, 80, 40, 80, 80))
    assert found[3:] == [State.OPEN, State.RECOVERING, State.OPEN, State.RECOVERING, State.REPAIRED]


def test_sessions_without_rating_and_no_shows_keep_the_state():
    history = episode(80, 80, 80, 40)
    history += [SessionEvidence(None, attended=False), SessionEvidence(5), SessionEvidence(6, client=level(80))]
    assert states(history)[3:] == [State.OPEN] * 3 + [State.RECOVERING]


def test_another_instrument_starts_a_new_usual():
    first = [SessionEvidence(n, client=level(90), instrument="srs-3 1") for n in (1, 2, 3, 4)]
    then = [SessionEvidence(n, client=level(50), instrument="alliance-6 1") for n in (5, 6, 7)]
    found = states(first + then)
    assert found[4:] == [State.TOO_FEW] * 2 + [State.STEADY]


def test_notes():
    perfect = level(100, straight_line=True)
    assert "ceiling" in assess(episode(perfect, perfect, perfect), RULE)[2].notes
    assert "early_low" in assess(episode(40, 45, 50), RULE)[2].notes
    assert not any("early_low" in f.notes for f in assess(episode(80, 80, 80, 20), RULE))
    assert "no_checkins" in assess(episode(80, None, None, None), RULE)[3].notes
    assert "no_checkins" not in assess(episode(80, None, None, 80), RULE)[3].notes


@pytest.mark.parametrize("version", [Version(criterion="tea_leaves"), Version(constants={"luck": 1})])
def test_an_unknown_part_of_a_version_is_refused(version):
    with pytest.raises(ValueError, match="tea_leaves|luck"):
        assess(episode(80), version)
