"""The shipped thresholds, from simulated episodes: which sessions are quiet is known there."""

import math
from collections.abc import Callable, Sequence

from ratings.psychometrics.constants import DEFAULTS
from ratings.psychometrics.criteria.criterion import Criterion
from ratings.psychometrics.evaluation.outcome import Judge
from ratings.psychometrics.evaluation.simulate import Episode
from ratings.psychometrics.evidence import STRETCHES, ByNumber
from ratings.psychometrics.flag_budget import LOWEST, JudgedCase, JudgedSession, lowest

MOST_ABOVE = 3  # quiet sessions at a threshold or above it, for each false flag of its budget; convention of this app


def judged(episode: Episode, judge: Judge, anew: Callable[[], Criterion] | None = None) -> JudgedCase:
    """An episode as a criterion judges it; `anew` as in `JudgedCase`."""
    return JudgedCase(
        DEFAULTS,
        [
            JudgedSession(held, finding, quiet=float(episode.in_rupture(position) is None))
            for position, (held, finding) in enumerate(zip(episode.history, judge(episode.history), strict=True))
        ],
        anew,
    )


def fit(cases: Sequence[JudgedCase], per_100: float) -> ByNumber:
    """The lowest thresholds that keep to this many false flags per 100 quiet sessions in each stretch."""
    found: list[float] = []
    for place in range(len(STRETCHES)):
        tau = lowest(cases, _candidates(cases, place, per_100), found, per_100)
        found.append(math.inf if tau is None else tau)
    return ByNumber(*found)


def _candidates(cases: Sequence[JudgedCase], place: int, per_100: float) -> list[float]:
    """The suspicions of the quiet sessions of a stretch, down to where a rule would hardly ever be below its threshold.

    There it makes few new flags, too, as the one before does not end.
    """
    findings = [one.finding for case in cases for one in case.sessions if one.place == place and one.quiet]
    suspicions = sorted(one.suspicion for one in findings if one.suspicion is not None)
    if not suspicions:
        return []
    least = LOWEST if any(one.probability is not None for one in findings) else -math.inf
    floor = max(least, suspicions[-1 - int(MOST_ABOVE * per_100 / 100 * len(suspicions))])
    return sorted({one for one in suspicions if one > floor})
