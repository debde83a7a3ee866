"""Charts over time: limits and signals, against a worked example and a second way of reckoning."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.psychometrics.control_chart import FEWEST_POINTS, IN_A_ROW, Law, Signal, control_chart

SIZES = st.integers(5, 500)
SERIES = st.lists(st.tuples(st.integers(0, 100), SIZES), min_size=FEWEST_POINTS, max_size=24)


def signals(values, signal, size=100, law=Law.SHARE):
    chart = control_chart(values, [size] * len(values), law)
    return [position for position, found in enumerate(chart.signals) if signal in found]


def test_a_worked_example_of_shares():
    """Six months of 100, and one of 25. All points: 80 of 100 twice, 90 of 100 four times, 60 of 25.

    Average (2 * 80 + 4 * 90 + .25 * 60) / 6.25 = 85.6; sigma 3.5109 of 100 and 7.0218 of 25 sessions. In sigmas the
    points are -1.595, 1.253, -1.595, 1.253, 1.253, 1.253 and -3.646, their distances 2.848, 2.848, 2.848, 0, 0 and
    4.899; the mean of these, 2.241, over 1.128 is 1.986. So limits are 5.959 sigma away: 64.68 and 100, and of 25
    sessions 43.75 and 100.
    """
    chart = control_chart([80, 90, 80, 90, 90, 90, 60], [100] * 6 + [25], Law.SHARE)
    assert chart.mean == pytest.approx(85.6)
    assert chart.limits[0].low == pytest.approx(64.68, abs=0.01)
    assert chart.limits[6].low == pytest.approx(43.75, abs=0.02)
    assert {row.high for row in chart.limits} == {100}
    assert chart.is_trial and chart.signals == ((),) * 7, "the small month lies low, and may"


def test_a_worked_example_of_rates():
    """4, 6, 4, 6, 4, 6 in 100 of 400 sessions each: average 5, sigma 100 * sqrt(.05 / 400) = 1.118.

    Distances of 2 are 1.789 sigma, over 1.128 1.586: limits 5 less and more 5.319.
    """
    chart = control_chart([4, 6] * 3, [400] * 6, Law.RATE)
    assert (chart.limits[0].low, round(chart.limits[0].high, 2)) == (0, 10.32)


@given(SERIES)
def test_a_second_way_of_reckoning_finds_the_same_limits(points):
    values, sizes = zip(*points, strict=True)
    chart = control_chart(values, sizes, Law.SHARE)
    mean = sum(v * n for v, n in points) / sum(sizes)
    sigma = [sqrt(mean * (100 - mean) / n) for n in sizes]
    if mean in (0, 100):
        assert chart.limits == ((chart.limits[0],) * len(values))
        return
    ranges = [abs((values[n] - mean) / sigma[n] - (values[n - 1] - mean) / sigma[n - 1]) for n in range(1, len(values))]
    reach = 3 * max(1, sum(ranges) / len(ranges) / 1.128)
    for limits, one in zip(chart.limits, sigma, strict=True):
        assert limits.low == pytest.approx(max(0, mean - reach * one), abs=1e-6)
        assert limits.high == pytest.approx(min(100, mean + reach * one), abs=1e-6)


@given(SERIES)
def test_a_point_between_its_limits_is_not_outside_of_them(points):
    values, sizes = zip(*points, strict=True)
    chart = control_chart(values, sizes, Law.SHARE)
    for value, limits, found in zip(values, chart.limits, chart.signals, strict=True):
        assert (Signal.OUTSIDE in found) == (not limits.low - 1e-6 <= value <= limits.high + 1e-6)


def test_one_far_point_is_outside():
    assert signals([90, 92, 90, 92, 90, 92, 90, 70], Signal.OUTSIDE) == [7]


def test_points_that_vary_less_than_chance_get_no_narrower_limits():
    values = [80] * 11 + [88]  # 2 sigma of 100 sessions, and 11 months without a change
    assert signals(values, Signal.OUTSIDE) == []


def test_seven_in_a_row_on_one_side_and_not_six():
    assert signals([80] * IN_A_ROW + [90] * 6, Signal.ONE_SIDE) == list(range(IN_A_ROW))
    assert signals([80] * 6 + [90] * 6, Signal.ONE_SIDE) == []


def test_seven_that_rise_or_fall_and_not_six():
    assert signals([70, 72, 74, 76, 78, 80, 82, 82], Signal.TREND) == list(range(7))
    assert signals([82, 82, 80, 78, 76, 74, 72, 70], Signal.TREND) == list(range(1, 8))
    assert signals([70, 72, 74, 76, 78, 80, 80, 80], Signal.TREND) == []


def test_two_of_three_near_a_limit_on_its_side():
    quiet = [80, 81] * 8
    assert signals([*quiet, 90, 83, 90, *quiet], Signal.NEAR) == [16, 18]
    assert signals([*quiet, 90, 79, 90, *quiet], Signal.NEAR) == [], "the one between lies on the other side"
    assert signals([*quiet, 90, *quiet], Signal.NEAR) == []


@pytest.mark.parametrize("value", [0, 100])
def test_where_all_are_the_same_nothing_stands_out(value):
    chart = control_chart([value] * 12, list(range(10, 130, 10)), Law.SHARE)
    assert (chart.mean, set(chart.signals)) == (value, {()})


def test_there_is_no_chart_of_fewer_than_six_points_and_trial_limits_below_twelve():
    assert control_chart([90] * 5, [100] * 5, Law.SHARE) is None
    assert control_chart([90] * 11, [100] * 11, Law.SHARE).is_trial
    assert not control_chart([90] * 12, [100] * 12, Law.SHARE).is_trial
