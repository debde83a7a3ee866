"""A chart with the own mean and the population's spread."""

from collections.abc import Sequence
from statistics import fmean

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.criteria.series_rule import Judged


def own_mean_pooled_sd_total(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """Distance of the total below the own mean, in pooled SD: the plainest chart.

    (mean of the earlier ratings - y) / SD, the SD within persons.

    References
    ----------
    After Lipner et al. (2022), with a pooled SD; the best simple rule in science.md §7.
    """
    centre = fmean(past)
    return (centre - now) / constants.sd_within, centre
