"""Thresholds that keep a practice's budget with its own clients, from its own sessions, its ruptures unknown."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ratings.psychometrics.assess import of_therapist
from ratings.psychometrics.constants import Constants, resolve
from ratings.psychometrics.criteria.criterion import Finding
from ratings.psychometrics.criteria.registry import REGISTRY
from ratings.psychometrics.evidence import LAST_THIRD, STRETCHES, ByNumber, SessionEvidence, Version, stretch
from ratings.psychometrics.population import Case
from ratings.psychometrics.spells import Spells
from ratings.psychometrics.thresholds import ALERTS_PER_100, thresholds

SHIPPED_WEIGHT = 300.0  # quiet sessions of a stretch that the shipped thresholds count for; convention of this app
LEAST = 1e-6
HALVINGS = 20

Line = Sequence[tuple[float, float]]  # log rates of new alerts, and the log-odds of suspicion that give them


@dataclass(frozen=True, slots=True)
class _JudgedCase:
    """What the criterion finds in a case, whatever the thresholds are."""

    constants: Constants
    sessions: Sequence[tuple[SessionEvidence, Finding]]


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
        For each stretch of the course the lowest suspicion at which the rate of false flags is the budget's::

            rate = (sum of (1 - p) over new flags + k shipped) / (sum of (1 - p) over sessions + k)

        p is the stated probability of a rupture: a flag counts as false as far as it says so itself. New flags are
        those that the pages would show: none while one is open. k = 300. `shipped` is the rate under the shipped
        thresholds: it lies on the lines through those of the three budgets, log rate against log-odds. A rule that
        states no probability keeps the shipped ones.

    References
    ----------
    The share of false findings as their own stated probabilities give it: Newton, M. A., Noueiry, A., Sarkar, D. &
    Ahlquist, P. (2004). Detecting differential gene expression with a semiparametric hierarchical mixture method.
    Biostatistics, 5(2), 155-176. The weight k is the credibility formula's, as in `agreement.drawn`.
    """
    judged = [_judged(case.history, of_therapist(version, case.therapist)) for case in cases]
    if not any(finding.probability for case in judged for _held, finding in case.sessions):
        return thresholds(version.criterion, version.budget, version.use)
    rate = ALERTS_PER_100[version.budget] / 100
    found = [1.0, 1.0, 1.0]
    for place in range(len(STRETCHES)):
        found[place] = _lowest(judged, found, place, _line(version, place), rate)
    return ByNumber(*found)


def _judged(history: Sequence[SessionEvidence], version: Version) -> _JudgedCase:
    constants = resolve(version.constants, version.edition)
    rule = REGISTRY[version.criterion](constants, version.use)
    return _JudgedCase(constants, [(held, rule.step(held, in_rupture=False)) for held in history])


def _lowest(cases: Sequence[_JudgedCase], found: Sequence[float], place: int, line: Line, rate: float) -> float:
    """The lowest suspicion that keeps to the rate in a stretch, with the thresholds found for those before it."""
    low, high = LEAST, 1 - LEAST
    for _step in range(HALVINGS):
        tried = (low + high) / 2
        taus = [*found[:place], tried, *found[place + 1 :]]
        false, quiet = _false_flags(cases, ByNumber(*taus), place)
        keeps = (false + SHIPPED_WEIGHT * _shipped_rate(line, tried)) / (quiet + SHIPPED_WEIGHT) <= rate
        low, high = (low, tried) if keeps else (tried, high)
    return high


def _false_flags(cases: Sequence[_JudgedCase], taus: ByNumber, place: int) -> tuple[float, float]:
    """How many flags are false in a stretch, and how many of its sessions are quiet, both by what is stated."""
    false = quiet = 0.0
    for case in cases:
        spells = Spells(taus, case.constants)
        for held, finding in case.sessions:
            if held.number is not None and stretch(held.number) > place:
                break
            _state, is_new = spells.step(held, finding)
            if held.number is not None and held.number >= LAST_THIRD and stretch(held.number) == place:
                here = 1 - (finding.probability or 0.0)
                quiet += here
                false += here * is_new
    return false, quiet


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
