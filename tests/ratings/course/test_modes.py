"""In person, video, phone: compared where there is enough, and called different only where that is clear."""

import pytest

from ratings.course.modes import FEWEST_SESSIONS, compare
from sessions.models import Mode

HERE, VIDEO, PHONE = Mode.IN_PERSON, Mode.VIDEO, Mode.PHONE
ENOUGH = [75.0] * FEWEST_SESSIONS


def test_two_modes_are_compared_once_each_has_enough():
    assert compare({}).means == []
    assert compare({VIDEO: ENOUGH * 3}).means == []
    assert compare({HERE: ENOUGH * 3, VIDEO: ENOUGH[1:]}).means == []
    compared = compare({PHONE: [75, 75, 50, 50], HERE: ENOUGH, VIDEO: ENOUGH[1:]})
    assert [(row.mode, row.sessions, row.mean) for row in compared.means] == [(HERE, 4, 75), (PHONE, 4, 62.5)]


@pytest.mark.parametrize(
    ("here", "video", "differ"),
    [
        ([75, 75, 75, 75], [75, 75, 75, 75], False),
        ([75, 75, 75, 75], [65, 65, 65, 65], False),  # less than half a step
        ([75, 75, 75, 75], [50, 50, 50, 50], True),
        ([50, 50, 50, 50], [75, 75, 75, 75], True),
        ([75, 50, 75, 50], [50, 75, 50, 50], False),  # within the usual spread
        ([90, 60, 90, 60], [70, 40, 70, 40], False),  # more than the spread, and chance can still do it with four each
        ([90, 60, 90, 60] * 3, [70, 40, 70, 40] * 3, True),
        ([90, 60] * 8, [77, 47] * 8, False),  # more than chance, and less than the usual spread
    ],
)
def test_a_difference_is_more_than_the_spread_than_chance_and_than_half_a_step(here, video, differ):
    assert compare({HERE: here, VIDEO: video}).differ is differ


def test_the_spread_is_that_within_a_mode():
    """What lies between the modes is what is asked about: counted in, it would hide itself."""
    assert compare({HERE: [100, 90] * 2, VIDEO: [70, 60] * 2}).differ


@pytest.mark.parametrize("lowest", [HERE, VIDEO, PHONE])
def test_of_three_the_two_furthest_apart_count(lowest):
    assert compare({mode: [40, 45] * 3 if mode == lowest else [75, 80] * 3 for mode in Mode}).differ
