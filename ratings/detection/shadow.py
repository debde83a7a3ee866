"""Shadow mode: all is worked out and stored, and nothing of detection is shown.

Whoever shows a rupture, a standing or an assessment takes it from here, or from `Rupture.objects.told()`. What people
say themselves stays: answers, comments, ticks of tension, what a therapist notices or names, and its repair.
"""

from collections.abc import Collection, Iterable
from copy import copy

from alliance.models import Practice
from alliance.prepared import Prepared
from ratings.models import DetectorVersion, Rupture, Standing
from ratings.psychometrics.evidence import Assessment, State
from ratings.psychometrics.series import SERIES
from ratings.psychometrics.standing import Spark, attention_for_people
from ratings.psychometrics.usual import TrendWord


def in_shadow(practices: Collection[int]) -> frozenset[int]:
    """Those of the practices (their keys) that are in shadow mode now; one statement."""
    return frozenset(key for (key,) in IN_SHADOW.rows(practices=practices))


IN_SHADOW = Prepared(
    lambda practices: DetectorVersion.objects.in_shadow().filter(practice__in=practices).values_list("practice"),
    practices=list,
)


def is_in_shadow(practice: Practice) -> bool:
    """Whether nothing of detection may be shown in a practice now."""
    return bool(in_shadow([practice.pk]))


def told_standing(standing: Standing, *, shadow: bool) -> Standing:
    """The standing as pages may show it; in shadow mode a copy without all that detection says, not to be saved."""
    if not shadow:
        return standing
    told = copy(standing)
    if standing.rupture and not standing.rupture.is_told(shadow=True):
        told.rupture = None
    told.words = dict.fromkeys(SERIES, TrendWord.UNTOLD)
    told.spark = {
        series: Spark(Spark.from_json(spark).values).to_json() for series, spark in standing.spark.items()
    }  # without the usual range
    told.notes, told.settled_since = [], None
    told.attention = attention_for_people(standing.attention, standing.missing_in_a_row, recovering=_recovers(told))
    return told


def _recovers(standing: Standing) -> bool:
    return standing.rupture is not None and not standing.rupture.is_open


def told_assessments(assessments: Iterable[Assessment], *, shadow: bool) -> list[Assessment]:
    """The assessments as charts may be drawn from them; in shadow mode they say nothing."""
    return [Assessment(one.number, State.TOO_FEW) if shadow else one for one in assessments]


def keep_back(episode_key: int) -> None:
    """Takes its place from what is open and not told, so that a person can name what they see."""
    hidden = Rupture.objects.filter(episode=episode_key, state__in=Rupture.ACTIVE, kept_back=False)
    hidden.exclude(pk__in=Rupture.objects.at_work().filter(episode=episode_key)).update(kept_back=True)
