"""A fall from the best that there was."""

from collections.abc import Sequence
from statistics import fmean

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.criteria.series_rule import Judged


def drop_from_best(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """The fall from the mean of the two best ratings so far, in pooled SD.

    (mean of the two highest y before - y) / SD, the SD within persons.

    References
    ----------
    After Strauss et al. (2006): a drop from an earlier session; the mean of two is a convention of this app.
    """
    best = fmean(sorted(past)[-2:])
    return (best - now) / constants.sd_within, best
