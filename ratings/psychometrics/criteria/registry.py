"""The rules by name."""

from collections.abc import Callable

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.criteria.criterion import Criterion
from ratings.psychometrics.criteria.cusum import cusum
from ratings.psychometrics.criteria.drop_from_best import drop_from_best
from ratings.psychometrics.criteria.drop_from_previous import drop_from_previous
from ratings.psychometrics.criteria.ewma import ewma
from ratings.psychometrics.criteria.gap_change import GapCriterion
from ratings.psychometrics.criteria.gumz import gumz
from ratings.psychometrics.criteria.level_cutoff import level_cutoff
from ratings.psychometrics.criteria.own_mean_own_sd import own_mean_own_sd
from ratings.psychometrics.criteria.own_mean_pooled_sd import OwnMeanPooledSD
from ratings.psychometrics.criteria.own_mean_pooled_sd_total import own_mean_pooled_sd_total
from ratings.psychometrics.criteria.partition import partition
from ratings.psychometrics.criteria.rupture_filter.filter import RuptureFilter
from ratings.psychometrics.criteria.series_rule import Rule, SeriesCriterion
from ratings.psychometrics.criteria.shewhart import shewhart
from ratings.psychometrics.criteria.stiles import stiles
from ratings.psychometrics.evidence import Use

Build = Callable[[Constants, Use], Criterion]

SERIES_RULES: dict[str, tuple[Rule, str]] = {
    "level_cutoff": (level_cutoff, "client"),
    "drop_from_previous": (drop_from_previous, "client"),
    "drop_from_best": (drop_from_best, "client"),
    "gumz": (gumz, "client"),
    "stiles": (stiles, "client"),
    "shewhart": (shewhart, "client"),
    "own_mean_own_sd": (own_mean_own_sd, "client"),
    "own_mean_pooled_sd_total": (own_mean_pooled_sd_total, "client"),
    "ewma": (ewma, "client"),
    "cusum": (cusum, "client"),
    "partition": (partition, "client"),
    "therapist_shewhart": (shewhart, "therapist"),
    "therapist_own_mean": (own_mean_pooled_sd_total, "therapist"),
}


def _series(name: str) -> Build:
    rule, rater = SERIES_RULES[name]
    return lambda constants, use: SeriesCriterion(rule, constants, rater)


# Every criterion that can speak on the day itself.
# Each is made from the constants and whose evidence is in use; rules read one rater.
REGISTRY: dict[str, Build] = {
    "rupture_filter": RuptureFilter,
    "own_mean_pooled_sd": lambda constants, use: OwnMeanPooledSD(constants),
    **{name: _series(name) for name in SERIES_RULES},
    "gap_change": lambda constants, use: GapCriterion(constants),
}
