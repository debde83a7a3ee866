"""A fixed level under which the alliance counts as weak."""

from collections.abc import Sequence

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.criteria.series_rule import Judged

SRS_CUT_OFF = 90.0  # 36 of 40


def level_cutoff(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """How far the rating lies below a fixed level: the SRS rule "36 of 40 or less".

    90 - y, in POMP.

    References
    ----------
    After Miller & Duncan's SRS manual as quoted in secondary sources; published cut-off: score 0.
    """
    return SRS_CUT_OFF - now, SRS_CUT_OFF
