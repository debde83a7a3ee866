"""A chart that adds up small falls."""

from collections.abc import Sequence
from statistics import fmean

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.criteria.series_rule import Judged

CUSUM_SLACK = 0.5  # textbook: half a standard deviation


def cusum(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """Sum of the distances below the own mean, each less half a SD, never below 0.

    S_t = max(0, S_(t-1) + (mean - y_t) / SD - 0.5), over the earlier ratings and the present one; the SD is pooled.

    References
    ----------
    Textbook (CUSUM chart); signal at 4 to 5.
    """
    centre = fmean(past)
    total = 0.0
    for value in (*past, now):
        total = max(0.0, total + (centre - value) / constants.sd_within - CUSUM_SLACK)
    return total, centre
