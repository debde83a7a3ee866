"""A course split into before and after."""

from collections.abc import Sequence
from statistics import fmean

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.criteria.series_rule import Judged


def partition(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """The best split into before and after: fall of the mean in units of its error.

    The highest, over splits into m ratings before and k after (k from 1 to 4), of
    (mean before - mean after) / (SD sqrt(1/k + 1/m)); the SD is pooled.

    References
    ----------
    Partitioning after Eubanks-Carter, Gorman & Muran (2012); the last part may hold one to four ratings.
    """
    series = (*past, now)
    best = (float("-inf"), fmean(past))
    for after in range(1, min(4, len(series) - 2) + 1):
        before = fmean(series[:-after])
        error = constants.sd_within * (1 / after + 1 / (len(series) - after)) ** 0.5
        best = max(best, ((before - fmean(series[-after:])) / error, before))
    return best
