"""A fall since the rating before."""

from collections.abc import Sequence

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.criteria.series_rule import Judged


def drop_from_previous(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """The fall since the previous rating, in pooled within-person SD.

    (y_(t-1) - y_t) / SD.

    References
    ----------
    One statistic with three published cut-offs: one SD (after Strauss et al. 2006, J Consult Clin Psychol 74, 337), one
    point on the SRS (2.5 POMP; origin not verified), and a reliable change (after Jacobson & Truax 1991).
    """
    return (past[-1] - now) / constants.sd_within, past[-1]
