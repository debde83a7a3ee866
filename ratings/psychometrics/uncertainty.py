"""Rates, means and medians with their uncertainty, for counts too small to be quoted bare. Shares: `proportion`."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, sqrt
from statistics import fmean, median, stdev

Z = 1.959963984540054  # of the normal distribution, two-sided 95 %


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the ends of a 95 % interval, all in the same unit."""

    value: float
    low: float
    high: float


def rate_per_100(count: int, of: int) -> Interval:
    """How many in 100, of events that can come more than once; by Byar's approximation to the Poisson limits.

    Parameters
    ----------
    count, of
        How many events in how many units; `of` is at least 1.

    Raises
    ------
    ValueError
        No units, or a negative count.

    References
    ----------
    Breslow, N. E., & Day, N. E. (1987). Statistical methods in cancer research, volume II. IARC, p. 69.

    Examples
    --------
    >>> rate = rate_per_100(10, 100)
    >>> round(rate.low, 1), round(rate.high, 1)
    (4.8, 18.4)
    """
    if of < 1 or count < 0:
        raise ValueError(f"{count} in {of} is no rate.")
    low = count * (1 - 1 / (9 * count) - Z / (3 * sqrt(count))) ** 3 if count else 0.0
    more = count + 1
    high = more * (1 - 1 / (9 * more) + Z / (3 * sqrt(more))) ** 3
    return Interval(100 * count / of, 100 * low / of, 100 * high / of)


def mean_of(values: Sequence[float]) -> Interval:
    """The mean, with the limits of Student's t; at least two values.

    Examples
    --------
    >>> mean = mean_of([70, 80, 75, 85, 65])
    >>> round(mean.low, 1), mean.value, round(mean.high, 1)
    (65.2, 75.0, 84.8)
    """
    mean, half = fmean(values), _t(len(values) - 1) * stdev(values) / sqrt(len(values))
    return Interval(mean, mean - half, mean + half)


def median_of(values: Sequence[float]) -> Interval | None:
    """The median, between the two values that hold it in at least 95 of 100 samples; None of fewer than six values.

    The k-th value from either end, with the largest k for which P(Binomial(n, 1/2) < k) is at most 2.5 %.

    Examples
    --------
    >>> median_of([1, 2, 2, 3, 4, 9])
    Interval(value=2.5, low=1, high=9)
    """
    ordered, n = sorted(values), len(values)
    below, k = 0.0, 0
    while k < n and (below := below + comb(n, k) / 2**n) <= 0.025:
        k += 1
    return Interval(median(ordered), ordered[k - 1], ordered[n - k]) if k else None


def _t(degrees: int) -> float:
    """The two-sided 95 % point of Student's t, within .001 from four degrees of freedom on.

    Abramowitz, M., & Stegun, I. A. (1964). Handbook of mathematical functions, 26.7.5.
    """
    powers = {power: Z**power for power in (3, 5, 7, 9)}
    return (
        Z
        + (powers[3] + Z) / (4 * degrees)
        + (5 * powers[5] + 16 * powers[3] + 3 * Z) / (96 * degrees**2)
        + (3 * powers[7] + 19 * powers[5] + 17 * powers[3] - 15 * Z) / (384 * degrees**3)
        + (79 * powers[9] + 776 * powers[7] + 1482 * powers[5] - 1920 * powers[3] - 945 * Z) / (92160 * degrees**4)
    )
