"""A fall since a decline began."""

from collections.abc import Sequence
from statistics import stdev

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.criteria.series_rule import Judged


def gumz(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """The fall since the present decline began, in the larger of own and pooled SD.

    (y where the decline began - y) / max(own SD, pooled SD); the own one from three earlier ratings on. Declines over
    several sessions count as one. Published at 1 and at 2 SD, with an inter-individual SD; the pooled one within
    persons stands for it here, so that its figures are not these.

    References
    ----------
    After Gumz, Brähler, Geyer & Erices (2012), BMC Med Res Methodol 12:10.
    """
    start = now
    for value in reversed(past):
        if value < start:
            break
        start = value
    intra = stdev(past) if len(past) > 2 else 0.0
    return (start - now) / max(intra, constants.sd_within), start
