"""Limits against published ones, and against how often they hold the truth."""

from random import Random

import pytest

from ratings.psychometrics.uncertainty import mean_of, median_of, rate_per_100


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(0, 0.0, 3.69), (1, 0.03, 5.57), (5, 1.62, 11.67), (20, 12.22, 30.89), (100, 81.36, 121.63)],
)
def test_a_rate_is_near_the_exact_limits_of_poisson(count, low, high):
    rate = rate_per_100(count, 100)
    assert (rate.low, rate.high) == (pytest.approx(low, abs=0.06), pytest.approx(high, abs=0.06))


@pytest.mark.parametrize(("count", "of"), [(1, 0), (-1, 9)])
def test_what_is_no_rate_is_refused(count, of):
    with pytest.raises(ValueError, match="is no rate"):
        rate_per_100(count, of)


def test_the_mean_of_five_has_the_limits_of_t():
    mean = mean_of([1.0, 2.0, 3.0, 4.0, 5.0])
    assert mean.high - mean.value == pytest.approx(2.776 * 2.5**0.5 / 5**0.5, abs=0.002)


@pytest.mark.parametrize("interval", [mean_of, median_of])
def test_the_true_middle_lies_within_in_at_least_94_of_100_samples(interval):
    chance = Random(1)
    held = 0
    for _sample in range(2000):
        found = interval([chance.gauss(50, 10) for _one in range(9)])
        held += found.low <= 50 <= found.high
    assert held >= 1880


def test_the_median_of_five_has_no_limits():
    assert median_of([1, 2, 3, 4, 5]) is None
