"""A fall below the client's own trend."""

from collections.abc import Sequence
from statistics import fmean

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.criteria.series_rule import Judged


def stiles(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """How far the rating lies below the client's own straight trend, in pooled SD.

    (a + b t - y_t) / SD, with a and b by least squares from the earlier ratings.

    References
    ----------
    After Stiles et al. (2004), J Couns Psychol 51, 81: there the whole course is detrended, here the earlier ratings.
    Published at 2 SD of the residuals; here the SD is the one within persons, so that its 2 is not this 2.
    """
    n = len(past)
    mean_x, mean_y = (n - 1) / 2, fmean(past)
    slope = 0.0
    if n > 2:  # two points fix a line and leave nothing to judge it by
        spread = sum((x - mean_x) ** 2 for x in range(n))
        slope = sum((x - mean_x) * (y - mean_y) for x, y in enumerate(past)) / spread
    expected = min(mean_y + slope * (n - mean_x), 100.0)
    return (expected - now) / constants.sd_within, expected
