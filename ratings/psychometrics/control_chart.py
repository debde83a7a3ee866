"""Shares and rates over time: the average, limits, and the points that stand out (Laney's p' and u' charts)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import sqrt
from statistics import fmean

FEWEST_POINTS = 6  # "useful limits with as few as five or six values": Wheeler (1993), p. 60, as NHSRplotthedots quotes
ENOUGH_POINTS = 12  # fewer give trial limits: NHSRplotthedots, "Number of points required"
IN_A_ROW = 7  # on one side of the average, or rising, or falling: NHSRplotthedots, R/ptd_calculate_point_type.R
SIGMAS = 3  # from the average to a limit; textbook (Shewhart)
NEAR = 2 / 3  # of the way to a limit: NHSRplotthedots, R/ptd_spc_standard.R
MOVING_RANGE = 1.128  # d2 for two neighbours: mean moving range to SD; textbook constant
BY_ROUNDING = 1e-9  # no difference


class Law(StrEnum):
    """How much a value varies by chance alone."""

    SHARE = "share"  # so many of so many: binomial
    RATE = "rate"  # events that can come more than once: Poisson


class Signal(StrEnum):
    """Why a point stands out."""

    OUTSIDE = "outside"  # of the limits
    ONE_SIDE = "one_side"  # one of seven in a row on one side of the mean
    TREND = "trend"  # one of seven in a row that rise, or fall
    NEAR = "near"  # one of two in three that are near a limit, all three on its side


@dataclass(frozen=True, slots=True)
class Limits:
    """Between which a value is ordinary, in 100."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ControlChart:
    """The average, and the limits and signals of each point, in the order of the points."""

    mean: float  # in 100
    limits: tuple[Limits, ...]
    signals: tuple[tuple[Signal, ...], ...]
    is_trial: bool  # fewer than twelve points


def control_chart(values: Sequence[float], sizes: Sequence[int], law: Law) -> ControlChart | None:
    """Say which values of a series stand out from its ordinary ups and downs.

    A point's limits are three sigma from the average: wider where it was counted from less, and wider by as much as
    the points vary more than chance alone. A plain p or u chart takes each session for itself, and the sessions of one
    client hang together; a chart of single values (XmR) takes all points as equally sure. Values that carry over to
    the next point make the limits narrower than they should be.

    Parameters
    ----------
    values
        In 100, in the order of time. What is missing is left out: its neighbours then follow each other.
    sizes
        What each value was counted from, at least 1.
    law
        Of a share no limit is above 100; none is below 0.

    Returns
    -------
    None of fewer than six values.

    References
    ----------
    Laney, D. B. (2007). P-charts and u-charts work (but only sometimes). Quality Digest, February. That points never
    count as varying less than chance is a convention of this app. The rules are those of NHS England's Making Data
    Count as the R package NHSRplotthedots 0.2 has them.

    Examples
    --------
    >>> chart = control_chart([90, 92, 90, 92, 90, 92, 90, 70], [100] * 8, Law.SHARE)
    >>> round(chart.mean, 2), round(chart.limits[0].low, 2), round(chart.limits[0].high, 2)
    (88.25, 76.09, 100.0)
    >>> [position for position, signals in enumerate(chart.signals) if Signal.OUTSIDE in signals]
    [7]
    """
    if len(values) < FEWEST_POINTS:
        return None
    share = sum(value * size for value, size in zip(values, sizes, strict=True)) / sum(sizes) / 100
    by_chance = [_by_chance(share, size, law) for size in sizes]
    distances = [
        (value - 100 * share) / sigma if sigma else 0.0 for value, sigma in zip(values, by_chance, strict=True)
    ]
    more = max(fmean(abs(after - before) for before, after in pairwise(distances)) / MOVING_RANGE, 1.0)
    reach = SIGMAS * more
    sides = [_side(distance) for distance in distances]
    outside = [abs(distance) > reach + BY_ROUNDING for distance in distances]
    near = [NEAR * reach + BY_ROUNDING < abs(distance) <= reach + BY_ROUNDING for distance in distances]
    steps = [_side(after - before) for before, after in pairwise(values)]
    found = {
        Signal.OUTSIDE: {position for position, is_outside in enumerate(outside) if is_outside},
        Signal.ONE_SIDE: set(_in_windows(len(values), IN_A_ROW, lambda window: _is_one(sides[window]))),
        Signal.TREND: set(
            _in_windows(len(values), IN_A_ROW, lambda window: _is_one(steps[window.start : window.stop - 1]))
        ),
        Signal.NEAR: {
            position
            for position in _in_windows(
                len(values), 3, lambda window: _is_one(sides[window]) and sum(near[window]) >= 2
            )
            if near[position]
        },
    }
    return ControlChart(
        mean=100 * share,
        limits=tuple(_limits(100 * share, reach * sigma, law) for sigma in by_chance),
        signals=tuple(
            tuple(signal for signal, positions in found.items() if position in positions)
            for position in range(len(values))
        ),
        is_trial=len(values) < ENOUGH_POINTS,
    )


def _by_chance(share: float, size: int, law: Law) -> float:
    """The standard deviation of a value by chance alone, in 100."""
    variance = share * (1 - share) if law == Law.SHARE else share
    return 100 * sqrt(max(variance, 0.0) / size)


def _limits(mean: float, reach: float, law: Law) -> Limits:
    return Limits(max(mean - reach, 0.0), min(mean + reach, 100.0) if law == Law.SHARE else mean + reach)


def _side(distance: float) -> int:
    return 0 if abs(distance) < BY_ROUNDING else 1 if distance > 0 else -1


def _is_one(sides: Sequence[int]) -> bool:
    """Whether all are on the same side, and none in the middle."""
    return abs(sum(sides)) == len(sides)


def _in_windows(n: int, size: int, holds: Callable[[slice], bool]) -> Iterator[int]:
    """The positions in all windows of that size for which it holds."""
    for start in range(n - size + 1):
        if holds(slice(start, start + size)):
            yield from range(start, start + size)
