"""What flags state, fitted to what was found: against known truths, and without another flag."""

from dataclasses import replace
from random import Random

import pytest

from ratings.psychometrics.assess import assess
from ratings.psychometrics.evidence import Recalibration, Scores, SessionEvidence, Version, sureness
from ratings.psychometrics.recalibration import StatedAndFound, recalibrate

HISTORY = [SessionEvidence(n, Scores(y, y, y, y)) for n, y in enumerate([80, 76, 84, 80, 66, 35, 36, 78, 80], start=1)]


def answers(n, truth, seed=5):
    """Flags that state anything from .15 to .9, of which the share `truth(stated)` had strain."""
    random = Random(seed)
    stated = [random.uniform(0.15, 0.9) for _flag in range(n)]
    return [StatedAndFound(p, random.random() < truth(p)) for p in stated]


@pytest.mark.parametrize("true", [Recalibration(0.0, 1.0), Recalibration(-0.8, 1.0), Recalibration(0.3, 0.6)])
def test_with_many_answers_the_true_line_is_found(true):
    found = recalibrate(answers(20000, true.stated))
    assert (found.intercept, found.slope) == (
        pytest.approx(true.intercept, abs=0.1),
        pytest.approx(true.slope, abs=0.1),
    )


def test_the_fewer_answers_the_closer_to_what_was_stated():
    """None had strain: of 100 flags that is believed less than of 1000."""
    hundred, thousand = (recalibrate(answers(n, lambda stated: 0)).stated(0.5) for n in (100, 1000))
    assert 0 < thousand < hundred < 0.5


def test_a_surer_flag_stays_the_surer_one():
    found = recalibrate(answers(5000, lambda stated: 1 - stated))
    assert found.slope == 0.2
    assert found.stated(0.3) < found.stated(0.6)


def test_one_answer_below_a_hundred_teaches_nothing():
    assert recalibrate(answers(99, lambda stated: stated)) is None
    assert recalibrate(answers(100, lambda stated: stated)) is not None


@pytest.mark.parametrize("probability", [0.02, 0.35, 0.97])
def test_what_was_found_is_known_from_what_is_stated(probability):
    line = Recalibration(-0.4, 0.7)
    assert line.before(line.stated(probability)) == pytest.approx(probability)


def test_the_same_flags_come_and_the_same_ends_and_state_something_else():
    line = Recalibration(-1.0, 0.8)
    before, after = assess(HISTORY), assess(HISTORY, Version(recalibration=line))
    assert any(one.alert for one in before)
    assert [replace(one, probability=None) for one in after] == [replace(one, probability=None) for one in before]
    for old, new in zip(before, after, strict=True):
        assert new.probability == (None if old.probability is None else line.stated(old.probability))


@pytest.mark.parametrize("line", [Recalibration(-1.5, 1.0), Recalibration(1.0, 1.0)])
def test_clear_flags_only_are_those_that_state_it(line):
    version = Version(recalibration=line, clear_only=True)
    raised = [one for one in assess(HISTORY, version) if one.alert]
    assert raised and {sureness(one.probability) for one in raised} == {"clear"}
