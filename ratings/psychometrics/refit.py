"""Thresholds that keep a practice's budget with its own clients, from its own sessions, its ruptures unknown."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ratings.psychometrics.assess import of_therapist
from ratings.psychometrics.constants import resolve
from ratings.psychometrics.criteria.registry import REGISTRY
from ratings.psychometrics.evidence import LAST_THIRD, STRETCHES, ByNumber, SessionEvidence, Version, stretch
from ratings.psychometrics.population import Case
from ratings.psychometrics.thresholds import ALERTS_PER_100, thresholds

SHIPPED_WEIGHT = 300.0  # quiet sessions of a stretch that the shipped thresholds count for; convention of this app
NEVER = math.inf
LEAST = 1e-6
HALVINGS = 30

Judged = tuple[int, float]  # the stretch of a session, as a position in STRETCHES, and its suspicion
Line = Sequence[tuple[float, float]]  # log rates of new alerts, and the log-odds of suspicion that give them


@dataclass(frozen=True, slots=True)
class JudgedSession:
    """A session from the third on, and the two before it."""

    here: Judged
    before: tuple[Judged, Judged]
    quiet: float = 1.0  # how likely it is no rupture

    def is_new_alert(self, thresholds: Sequence[float]) -> bool:
        """At its threshold or above it, after two below theirs; one threshold for each stretch."""
        place, suspicion = self.here
        return suspicion >= thresholds[place] and all(other < thresholds[where] for where, other in self.before)


def refit(cases: Iterable[Case], version: Version) -> ByNumber:
    """Find the thresholds at which a practice's own sessions keep to its budget.

    Parameters
    ----------
    cases
        Of the practice, whole.
    version
        The detector whose thresholds are asked for, with all that was learned. Its own thresholds are not read.

    Returns
    -------
    ByNumber
        For each stretch of the course the lowest suspicion at which the rate of false alerts is the budget's::

            rate = (sum of (1 - p) over new alerts + k shipped) / (sum of (1 - p) over sessions + k)

        p is the stated probability of a rupture: an alert counts as false as far as it says so itself. k = 300.
        `shipped` is the rate under the shipped thresholds: it lies on the lines through those of the three budgets,
        log rate against log-odds. A rule that states no probability keeps the shipped ones.

    References
    ----------
    The share of false findings as their own stated probabilities give it: Newton, M. A., Noueiry, A., Sarkar, D. &
    Ahlquist, P. (2004). Detecting differential gene expression with a semiparametric hierarchical mixture method.
    Biostatistics, 5(2), 155-176. The weight k is the credibility formula's, as in `agreement.drawn`.
    """
    shipped = thresholds(version.criterion, version.budget, version.use)
    by_stretch: list[list[JudgedSession]] = [[], [], []]
    for case in cases:
        for one in _judged(case.history, of_therapist(version, case.therapist)):
            by_stretch[one.here[0]].append(one)
    if all(one.quiet == 1 for sessions in by_stretch for one in sessions):
        return shipped
    rate = ALERTS_PER_100[version.budget] / 100
    found = [NEVER, NEVER, NEVER]
    for place, sessions in enumerate(by_stretch):
        found[place] = _lowest(sessions, found, place, _line(version, place), rate)
    return ByNumber(*found)


def _judged(history: Sequence[SessionEvidence], version: Version) -> Iterable[JudgedSession]:
    rule = REGISTRY[version.criterion](resolve(version.constants, version.edition), version.use)
    before: tuple[Judged, Judged] = ((2, -NEVER), (2, -NEVER))
    for therapy_session in history:
        finding = rule.step(therapy_session, in_rupture=False)
        number = therapy_session.number
        here = stretch(number), -NEVER if finding.suspicion is None else finding.suspicion
        if number is not None and number >= LAST_THIRD:
            yield JudgedSession(here, before, 1 - (finding.probability or 0.0))
        before = (before[1], here)


def _lowest(sessions: Sequence[JudgedSession], found: Sequence[float], place: int, line: Line, rate: float) -> float:
    """The lowest suspicion that keeps to the rate in a stretch, with the thresholds found for those before it."""
    quiet = math.fsum(one.quiet for one in sessions)
    low, high = LEAST, 1 - LEAST
    for _step in range(HALVINGS):
        tried = (low + high) / 2
        taus = [*found[:place], tried, *found[place + 1 :]]
        false = math.fsum(one.quiet for one in sessions if one.is_new_alert(taus))
        keeps = (false + SHIPPED_WEIGHT * _shipped_rate(line, tried)) / (quiet + SHIPPED_WEIGHT) <= rate
        low, high = (low, tried) if keeps else (tried, high)
    return high


def _line(version: Version, place: int) -> Line:
    """Rates and thresholds of a stretch as shipped, the rarest first."""
    rows = sorted((per_100, budget) for budget, per_100 in ALERTS_PER_100.items())
    return [
        (
            math.log(per_100 / 100),
            _log_odds(getattr(thresholds(version.criterion, budget, version.use), STRETCHES[place])),
        )
        for per_100, budget in rows
    ]


def _shipped_rate(line: Line, suspicion: float) -> float:
    """New alerts per quiet session at this suspicion, as shipped; beyond the budgets the lines go on."""
    at = _log_odds(suspicion)
    (rate_a, at_a), (rate_b, at_b) = line[:2] if at > line[1][1] else line[1:]
    return math.exp(rate_a + (rate_b - rate_a) * (at - at_a) / (at_b - at_a))


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))
