"""A chart of single values."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.criteria.series_rule import SMALLEST_SD, Judged

MOVING_RANGE = 1.128  # d2 for two neighbours: mean moving range to SD; textbook constant


def shewhart(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """Individuals chart: distance below the own mean in SD from the moving range.

    (mean - y) / max(mean |y_t - y_(t-1)| / 1.128, 2 POMP).

    References
    ----------
    Textbook (Shewhart), signal at 3 SD; for alliance after Eubanks-Carter, Gorman & Muran (2012),
    doi 10.1080/10503307.2012.693772.
    """
    ranges = [abs(a - b) for a, b in pairwise(past)]
    centre = fmean(past)
    return (centre - now) / max(fmean(ranges) / MOVING_RANGE, SMALLEST_SD), centre
