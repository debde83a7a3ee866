"""Levels on which ratings settle, and when the therapist takes one for the usual."""

from dataclasses import replace

from ratings.psychometrics.assess import assess
from ratings.psychometrics.evidence import State, Version
from ratings.psychometrics.usual import Level, level_of, settled_from
from tests.ratings.psychometrics.episodes import episode

FALL = [80, 80, 80, 40, 40, 40, 40, 40, 40]  # settles lower from the fourth session on


def taken_at(position, *levels):
    """An episode, and its assessments; the therapist took its level for the usual one after this position."""
    history = episode(*levels)
    history[position] = replace(history[position], rebased=True)
    return history, assess(history, Version())


def test_a_level_that_was_taken_is_not_said_to_be_lower_in_a_later_rupture():
    history, found = taken_at(8, *FALL, 41, 40, 39, 5, 4)
    assert found[-1].state == State.OPEN
    assert settled_from(history, found) is None
    assert level_of(history, found) == Level(fell=3, taken=True)


def test_after_a_level_was_taken_a_further_fall_begins_the_next():
    history, found = taken_at(8, *FALL, 41, 40, 39, *[5] * 8)
    assert found[-1].state == State.SETTLED_LOWER
    assert settled_from(history, found) == 12
    assert level_of(history, found) == Level(fell=12, taken=False)
