"""More than the error of measurement, or not."""

import pytest

from ratings.psychometrics.change import error_of_change, fell_beyond_error
from ratings.psychometrics.evidence import Assessment, Points, State


def fell(source, by):
    return Assessment(number=5, state=State.OPEN, points=(Points(source, 12.0, seen=80.0 - by, usual=80.0),))


@pytest.mark.parametrize(("source", "series"), [("client", "overall"), ("client:task", "task")])
def test_only_a_fall_beyond_the_error_is_called_one(source, series):
    error = error_of_change(series)
    assert fell_beyond_error(fell(source, error + 0.1)) == [series]
    assert fell_beyond_error(fell(source, error - 0.1)) == []
    assert fell_beyond_error(fell(source, -40)) == []


def test_the_therapists_ratings_are_another_instrument():
    assert fell_beyond_error(fell("therapist", 60)) == []
