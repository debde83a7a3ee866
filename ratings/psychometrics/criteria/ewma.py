"""A chart that forgets slowly."""

from collections.abc import Sequence
from statistics import fmean

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.criteria.series_rule import Judged

EWMA_WEIGHT = 0.3  # textbook: .2-.4


def ewma(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """Exponentially weighted mean of the distances below the own mean, in its SD.

    z_t = 0.3 (mean - y_t) / SD + 0.7 z_(t-1) from z = 0 on, divided by its own SD, sqrt(0.3 / (2 - 0.3)).

    References
    ----------
    Textbook (EWMA chart); signal at 2.7 to 3.
    """
    centre = fmean(past)
    level = 0.0
    for value in (*past, now):
        level = EWMA_WEIGHT * (centre - value) / constants.sd_within + (1 - EWMA_WEIGHT) * level
    return level / (EWMA_WEIGHT / (2 - EWMA_WEIGHT)) ** 0.5, centre
