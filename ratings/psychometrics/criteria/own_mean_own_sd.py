"""A chart with the own mean and the own spread."""

from collections.abc import Sequence
from statistics import fmean, stdev

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.criteria.series_rule import SMALLEST_SD, Judged


def own_mean_own_sd(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """Control chart per dyad: distance below the own mean in the own SD.

    (mean - y) / max(SD of the earlier ratings, 2 POMP).

    References
    ----------
    After Lipner et al. (2022), doi 10.1002/cpp.2606; their limits were not seen.
    """
    centre = fmean(past)
    return (centre - now) / max(stdev(past), SMALLEST_SD), centre
